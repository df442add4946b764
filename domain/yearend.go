package domain

import (
	"slices"
	"strings"
)

var yearRows = []*Definition{
	define(Definition{Name: "lapse", Title: Words{"结余收回", "Lapse"}, Stage: "yearend", Roles: byClerk, Subject: "fund", Approval: true, Events: []string{"year.lapsed.v1"}},
		(*decision).lapse, func(*fold) {}),
	define(Definition{Name: "close-year", Title: Words{"年度关账", "Close the year"}, Stage: "yearend", Roles: byClerk, Subject: "fund", Approval: true, Events: []string{"year.carried.v1", "year.closed.v1"}},
		(*decision).closeYear, foldYearClosed),
}

type lapse struct {
	Fund string `f:"fund ref=fund"`
	Year int    `f:"year year"`
}

type closeYear struct {
	Fund string `f:"fund ref=fund"`
	Year int    `f:"year year"`
}

const (
	maxCarried       = 2000 // balances of one close
	balancesPerEvent = 100
	scopesPerEvent   = 64
	entryOverhead    = 160    // names and punctuation of an entry in the body
	bodyRoom         = 60_000 // bytes of entries in one body of 64 KiB
)

// ending refuses what must be settled before a fund year can end.
func (d *decision) ending(year int) *Refusal {
	if err := d.posts(year); err != nil {
		return err
	}
	if last := NewDate(year, 12, 31); d.c.On < last {
		return refuse(TooEarly, "on", "date", last.String())
	}
	for _, id := range d.l.pending.at(d.fund.ID) {
		if p := d.l.proposals.at(id); p.On.Year() <= year && (d.trail == nil || d.trail.proposal != id) {
			return refuse(OpenProposals, "", "proposal", id)
		}
	}
	return nil
}

// stages lists the balances of the accounts in the fund year, sorted as in
// balances.tsv.
func (d *decision) stages(year int, keep func(*cell) bool) []posting {
	b := &d.l.books
	var list []posting
	for _, id := range b.byFund[d.fund.ID] {
		if c := &b.cells[id]; c.Year == year && b.amount[id] != 0 && keep(c) {
			list = append(list, posting{id, b.amount[id]})
		}
	}
	slices.SortFunc(list, func(x, y posting) int {
		return strings.Compare(string(b.cells[x.cell].row(nil)), string(b.cells[y.cell].row(nil)))
	})
	return list
}

// lapsing tells which balances must lapse at the end of the year.
func lapsing(year int) func(*cell) bool {
	return func(c *cell) bool {
		return (c.account == Available || c.account == Allocated) && c.Vintage <= year-1
	}
}

func carrying(c *cell) bool {
	return c.account == Available || c.account == Allocated || c.account == Committed
}

// inGroups emits the balances in events of at most 100 of them, and no more
// than fit into 64 scopes and one body. years are those that the event's
// entries have.
func (d *decision) inGroups(list []posting, event string, years int, post func(posting)) *Refusal {
	if len(list) > maxCarried {
		return refuse(TooLarge, "fund", "limit", maxCarried)
	}
	for len(list) > 0 {
		n := d.fitting(list, years)
		for _, p := range list[:n] {
			post(p)
		}
		if err := d.emit(event); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// fitting is how many of the first balances go into one event.
func (d *decision) fitting(list []posting, years int) int {
	scopes, size := map[string]bool{}, 0
	for n, p := range list {
		c := &d.l.books.cells[p.cell]
		for i := range years {
			scopes["district/"+d.l.register().Normalise(c.District, d.year+i)] = true
		}
		scopes["project/"+c.Project], scopes["organisation/"+c.Organisation], scopes["purpose/"+c.Purpose] = true, true, true
		size += years * (len(c.row(nil)) + entryOverhead)
		fixed := 2 + years - absent(scopes) // fund and source, the years
		if n == balancesPerEvent || n > 0 && (len(scopes)+fixed > scopesPerEvent || size > bodyRoom) {
			return n
		}
	}
	return len(list)
}

// absent counts the empty dimensions among the scopes.
func absent(scopes map[string]bool) int {
	n := 0
	for _, kind := range [...]string{"project/", "organisation/", "purpose/"} {
		if scopes[kind] {
			n++
		}
	}
	return n
}

func (d *decision) lapse(c *lapse) *Refusal {
	if err := d.ending(c.Year); err != nil {
		return err
	}
	var list []posting
	if d.fund.Policy.Lapses {
		list = d.stages(c.Year, lapsing(c.Year))
	}
	if len(list) == 0 {
		return refuse(NothingToLapse, "fund")
	}
	return d.inGroups(list, "year.lapsed.v1", 1, func(p posting) {
		at := &d.l.books.cells[p.cell]
		d.post(at.Dimensions, at.account, -p.amount)
		d.post(at.Dimensions, Lapsed, p.amount)
	})
}

func (d *decision) closeYear(c *closeYear) *Refusal {
	if err := d.ending(c.Year); err != nil {
		return err
	}
	for year := max(d.fund.LastClosed+1, d.firstYear()); year < c.Year; year++ {
		if len(d.stages(year, carrying)) > 0 {
			return refuse(PreviousYearOpen, "year", "year", year)
		}
	}
	if d.fund.Policy.Lapses && len(d.stages(c.Year, lapsing(c.Year))) > 0 {
		return refuse(LapseDue, "year", "year", c.Year)
	}
	list := d.stages(c.Year, carrying)
	if err := d.inGroups(list, "year.carried.v1", 2, d.carry); err != nil {
		return err
	}
	var carried []Entry
	for _, e := range d.events {
		if e.Type == "year.carried.v1" {
			carried = append(carried, e.Entries...)
		}
	}
	return d.emit("year.closed.v1", textMember("balances_sha256", d.l.books.tsvHash(d.fund.ID, carried)))
}

// firstYear is the earliest year in which the fund has a balance.
func (d *decision) firstYear() int {
	first := MaxYear
	for _, id := range d.l.books.byFund[d.fund.ID] {
		first = min(first, d.l.books.cells[id].Year)
	}
	return first
}

// carry moves a balance over budget.carried into the next year, where the
// district is the one then in force.
func (d *decision) carry(p posting) {
	at := d.l.books.cells[p.cell]
	d.post(at.Dimensions, at.account, -p.amount)
	d.post(at.Dimensions, Carried, p.amount)
	at.Year++
	at.District = d.l.register().Normalise(at.District, at.Year)
	d.post(at.Dimensions, Carried, -p.amount)
	d.post(at.Dimensions, at.account, p.amount)
}

func foldYearClosed(f *fold) {
	if f.e.Type != "year.closed.v1" {
		return
	}
	fund := f.funds.at(f.v.str("fund"))
	fund.LastClosed = int(f.v.int("year"))
	f.funds.put(fund.ID, fund)
}
