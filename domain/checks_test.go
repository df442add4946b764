package domain_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/eventstore/record"
)

// check is a property of a log: nil when it holds.
type check struct {
	name string
	of   func([]fact) error
}

// checks are the properties that every log of the rules has (DOMAIN.md 7).
var checks = []check{
	{"books", booksSumToZero},
	{"guards", func(facts []fact) error { return neverNegative(facts) }},
	{"guards by date", neverNegativeByDate},
	{"proof", proofLineHolds},
	{"vouchers", vouchersGapless},
	{"versions", versionsContinue},
	{"scopes", scopesCover},
	{"record", recordAccepts},
	{"closed years", closedYearsRest},
	{"persons", personsDiffer},
	{"papers", papersCountOnce},
	{"reversals", reversalsNegate},
	{"two years", oldMoneyLapses},
	{"districts", districtsInForce},
}

// booksSumToZero: each book in every event, the budget also per fund, district
// and year; one fund per event.
func booksSumToZero(facts []fact) error {
	for i := range facts {
		f := &facts[i]
		sums := map[string]int64{}
		f.each(func(e *factEntry, account string, fen int64) {
			book, _, _ := strings.Cut(account, ".")
			sums[book] += fen
			if book == "budget" {
				sums[fmt.Sprint("budget of ", e.Fund, " ", e.District, " ", e.Year)] += fen
			}
			if e.Fund != f.Body.Entries[0].Fund {
				sums["a second fund"]++
			}
		})
		for what, sum := range sums {
			if sum != 0 {
				return fmt.Errorf("event %d %s: %s is off by %d", f.position, f.Head.Type, what, sum)
			}
		}
	}
	return nil
}

// guardedAccounts may never fall below zero (DOMAIN.md 7.3).
var guardedAccounts = map[string]bool{
	"budget.available": true, "budget.allocated": true, "budget.committed": true, "budget.disbursed": true, "budget.lapsed": true,
	"money.cash": true, "money.advance": true, "money.refund_due": true, "money.goods": true, "money.spent": true, "money.delivered": true,
	"pledge.open": true, "match.open": true,
}

// guarded adds up guarded accounts: budget per full tuple, the others over all
// years under the latest code of their district.
type guarded struct {
	register *division.Register
	exact    map[place]map[string]int64 // tuple -> account -> fen
	merged   map[place]map[string]int64
}

// place is a tuple as a key.
type place struct {
	fund, project, organisation, district string
	year, vintage                         int
	purpose                               string
}

func newGuarded() *guarded {
	return &guarded{division.Base(), map[place]map[string]int64{}, map[place]map[string]int64{}}
}

func (g *guarded) key(k place, account string) place {
	if !strings.HasPrefix(account, "budget.") {
		k.year, k.district = 0, g.register.Current(k.district)
	}
	return k
}

func plus(sums map[place]map[string]int64, k place, account string, fen int64) int64 {
	if sums[k] == nil {
		sums[k] = map[string]int64{}
	}
	sums[k][account] += fen
	return sums[k][account]
}

// add posts the event and finds a guarded balance below zero.
func (g *guarded) add(f *fact) error {
	if f.Head.Type == "district.registered.v1" {
		d := &f.Body.Data
		from, _ := d.From.(float64)
		g.register = g.register.With(d.Code, d.Name, int(from), d.Predecessor)
		g.merged = map[place]map[string]int64{}
		for k, sums := range g.exact {
			for account, fen := range sums {
				plus(g.merged, g.key(k, account), account, fen)
			}
		}
		for k, sums := range g.merged {
			for account, fen := range sums {
				if fen < 0 {
					return fmt.Errorf("event %d %s: %s%v falls to %d", f.position, f.Head.Type, account, k, fen)
				}
			}
		}
	}
	below := map[string]int64{}
	f.each(func(e *factEntry, account string, fen int64) {
		if !guardedAccounts[account] {
			return
		}
		k := place{e.Fund, e.Project, e.Organisation, e.District, e.Year, e.Vintage, e.Purpose}
		plus(g.exact, k, account, fen)
		k = g.key(k, account)
		below[fmt.Sprint(account, k)] = plus(g.merged, k, account, fen)
	})
	for what, sum := range below {
		if sum < 0 {
			return fmt.Errorf("event %d %s: %s falls to %d", f.position, f.Head.Type, what, sum)
		}
	}
	return nil
}

// neverNegative: guarded accounts after every event.
func neverNegative(facts []fact) error {
	g := newGuarded()
	for i := range facts {
		if err := g.add(&facts[i]); err != nil {
			return err
		}
	}
	return nil
}

// neverNegativeByDate: guarded accounts at the end of every business date, of
// the funds whose entries were recorded in the order of their dates. Districts
// registered later are followed from the beginning, because an entry approved
// after the registration may bear a date before it.
func neverNegativeByDate(facts []fact) error {
	last, back := map[string]string{}, map[string]bool{}
	for i := range facts {
		for _, e := range facts[i].Body.Entries {
			back[e.Fund] = back[e.Fund] || facts[i].Body.On < last[e.Fund]
			last[e.Fund] = facts[i].Body.On
		}
	}
	byDate := slices.DeleteFunc(slices.Clone(facts), func(f fact) bool { return len(f.Body.Entries) > 0 && back[f.Body.Entries[0].Fund] })
	slices.SortStableFunc(byDate, func(a, b fact) int { return cmp.Compare(dayOf(&a), dayOf(&b)) })
	return neverNegative(byDate)
}

func dayOf(f *fact) string {
	if f.Head.Type == "district.registered.v1" {
		return ""
	}
	return f.Body.On
}

// proofLineHolds per fund, district and year (DOMAIN.md 11).
func proofLineHolds(facts []fact) error {
	types := map[string]string{} // of vouchers
	sums := map[[3]string]*domain.Sums{}
	for i := range facts {
		f := &facts[i]
		types[f.Body.Data.Voucher] = f.Head.Type
		f.each(func(e *factEntry, account string, fen int64) {
			k := [3]string{e.Fund, e.District, fmt.Sprint(e.Year)}
			if sums[k] == nil {
				sums[k] = new(domain.Sums)
			}
			a, _ := domain.ParseAccount(account)
			debit, credit := domain.Fen(fen), domain.Fen(0)
			if !domain.Debit(f.Head.Type, types[f.Body.Data.Reverses], a, debit) {
				debit, credit = credit, debit
			}
			sums[k].Add(a, debit, credit, e.Project != "", e.Organisation != "")
		})
	}
	for k, s := range sums {
		if came, is := s.Proof(); came != is {
			return fmt.Errorf("%v: %s came in, %s is there", k, came, is)
		}
	}
	return nil
}

// vouchersGapless: 1, 2, 3… per fund and year, in log order, one per event with entries.
func vouchersGapless(facts []fact) error {
	next := map[string]int{}
	for i := range facts {
		f := &facts[i]
		number := f.Body.Data.Voucher
		if f.Head.Type == "entry.reversed.v1" && f.Body.Data.Reverses == "" {
			return fmt.Errorf("event %d: a reversal of nothing", f.position)
		}
		if (len(f.Body.Entries) > 0) != (number != "") {
			return fmt.Errorf("event %d %s: %d entries under voucher %q", f.position, f.Head.Type, len(f.Body.Entries), number)
		}
		if number == "" {
			continue
		}
		series := fmt.Sprintf("%s/%d", f.Body.Entries[0].Fund, f.Body.Year)
		next[series]++
		if want := fmt.Sprintf("%s/%d", series, next[series]); number != want {
			return fmt.Errorf("event %d %s: voucher %s, want %s", f.position, f.Head.Type, number, want)
		}
	}
	return nil
}

// versionsContinue: the versions of a subject are 1, 2, 3…
func versionsContinue(facts []fact) error {
	versions := map[string]uint64{}
	for i := range facts {
		h := &facts[i].Head
		if versions[h.Subject]++; h.Version != versions[h.Subject] {
			return fmt.Errorf("event %d: version %d of %s, want %d", facts[i].position, h.Version, h.Subject, versions[h.Subject])
		}
	}
	return nil
}

// scopesCover: sorted, unique, at most 64, and all that the entries need.
func scopesCover(facts []fact) error {
	for i := range facts {
		f := &facts[i]
		scopes := f.Head.Scopes
		if n := len(scopes); n == 0 || n > 64 {
			return fmt.Errorf("event %d %s: %d scopes", f.position, f.Head.Type, n)
		}
		need := []string{f.Head.Subject}
		if strings.HasPrefix(f.Head.Type, "ledger.") {
			need = []string{"ledger/meta"}
		}
		for _, e := range f.Body.Entries {
			need = append(need, "fund/"+e.Fund, "district/"+e.District, fmt.Sprintf("year/%d", e.Year), fmt.Sprintf("year/%d", f.Body.Year))
			for kind, id := range map[string]string{"project/": e.Project, "organisation/": e.Organisation, "purpose/": e.Purpose} {
				if id != "" {
					need = append(need, kind+id)
				}
			}
		}
		for j, s := range scopes {
			if j > 0 && s <= scopes[j-1] {
				return fmt.Errorf("event %d %s: %s behind %s", f.position, f.Head.Type, s, scopes[j-1])
			}
		}
		for _, s := range need {
			if _, ok := slices.BinarySearch(scopes, s); !ok {
				return fmt.Errorf("event %d %s: no scope %s", f.position, f.Head.Type, s)
			}
		}
	}
	return nil
}

// recordAccepts: what the store checks before it appends, in full.
func recordAccepts(facts []fact) error {
	chain := record.NewChain(0)
	var e record.Event
	for i := range facts {
		err := e.Parse(facts[i].head, facts[i].body)
		if err == nil {
			err = chain.Next(&e.Head)
		}
		if err != nil {
			return fmt.Errorf("event %d: %w: %s %s", facts[i].position, err, facts[i].head, facts[i].body)
		}
	}
	return nil
}

// closedYearsRest: no entry in a closed fund year. The close's own carry stands
// before its year.closed.v1.
func closedYearsRest(facts []fact) error {
	closed := map[string]int{}
	for i := range facts {
		f := &facts[i]
		for _, e := range f.Body.Entries {
			if e.Year <= closed[e.Fund] {
				return fmt.Errorf("event %d %s: entry in the closed year %d of %s", f.position, f.Head.Type, e.Year, e.Fund)
			}
			if e.Year != f.Body.Year && f.Head.Type != "year.carried.v1" {
				return fmt.Errorf("event %d %s: entry of %d in the year %d", f.position, f.Head.Type, e.Year, f.Body.Year)
			}
		}
		if f.Head.Type == "year.closed.v1" {
			closed[f.Body.Data.Fund] = f.Body.Data.Year
		}
	}
	return nil
}

// personsDiffer: maker, checker and approver of an effect.
func personsDiffer(facts []fact) error {
	for i := range facts {
		if t := facts[i].Head.Type; t == "fund.opened.v1" || t == "fund.policy-set.v1" || facts[i].Body.Data.Approval == nil {
			continue
		}
		var a struct{ Maker, Checker, Approver string }
		if err := json.Unmarshal(facts[i].Body.Data.Approval, &a); err != nil {
			return err
		}
		if a.Maker == a.Checker || a.Maker == a.Approver || a.Checker == a.Approver || a.Maker == "" || a.Checker == "" {
			return fmt.Errorf("event %d: %v", facts[i].position, a)
		}
	}
	return nil
}
