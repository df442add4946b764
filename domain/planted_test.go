package domain_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// long is a fixed history with everything in it that the planted faults need:
// the first of a few that has.
func long(t *testing.T) *history {
	t.Helper()
	for seed := range uint64(50) {
		o := newHistory(t, false, func(string, string) {})
		o.furnish()
		r := rand.New(rand.NewPCG(20261125, seed))
		for range 400 {
			o.step(r.Uint64(), registerDistrict)
		}
		o.finish()
		if !slices.ContainsFunc(plants, func(p plant) bool { return p.at(o.facts) < 0 }) {
			return o
		}
	}
	t.Fatal("no history has all that the planted faults need")
	return nil
}

// plant is a fault in a copy of the facts, and the check that must report it.
type plant struct {
	what, check string
	in          func(*fact) bool // the last such event that was not reversed is broken
	breaks      func(facts []fact, at int) []fact
}

// at is the last event to break that was not reversed; -1 when there is none.
func (p *plant) at(facts []fact) int {
	reversed := map[string]bool{}
	for i := len(facts) - 1; i >= 0; i-- {
		f := &facts[i]
		reversed[f.Body.Data.Reverses] = true
		if p.in(f) && (f.Body.Data.Voucher == "" || !reversed[f.Body.Data.Voucher]) {
			return i
		}
	}
	return -1
}

func typed(types ...string) func(*fact) bool {
	return func(f *fact) bool { return slices.Contains(types, f.Head.Type) }
}

// change breaks the one event.
func change(fn func(*fact)) func([]fact, int) []fact {
	return func(facts []fact, at int) []fact {
		fn(&facts[at])
		return facts
	}
}

func drop(facts []fact, at int) []fact { return slices.Delete(facts, at, at+1) }

func repeatAtEnd(facts []fact, at int) []fact { return append(facts, facts[at].clone()) }

// between is an allocation that moves authority between two districts.
func between(f *fact) bool {
	e := f.Body.Entries
	return f.Head.Type == "allocation.made.v1" && len(e) == 2 && e[0].District == e[1].District
}

var plants = []plant{
	{"a line is missing", "books", typed("award.disbursed.v1"), change(func(f *fact) { f.Body.Entries[0].Lines = f.Body.Entries[0].Lines[1:] })},
	{"a sign is flipped", "books", typed("award.disbursed.v1"), change(func(f *fact) { f.Body.Entries[0].Lines[0].fen *= -1 })},
	{"a district is wrong", "books", between, change(func(f *fact) { f.Body.Entries[1].District = "341823" })},
	{"a year is wrong", "books", between, change(func(f *fact) { f.Body.Entries[1].Year++ })},
	{"a second fund", "books", typed("allocation.made.v1"), change(func(f *fact) { f.Body.Entries[1].Fund = "OTHER" })},
	{"authority never came", "guards", typed("allocation.made.v1"), func(facts []fact, at int) []fact {
		fund := facts[at].Body.Entries[0].Fund
		return slices.DeleteFunc(facts, func(f fact) bool {
			return f.Head.Type == "appropriation.received.v1" && f.Body.Entries[0].Fund == fund
		})
	}},
	{"accepted before it was paid", "guards", typed("expenditure.accepted.v1"), func(facts []fact, at int) []fact {
		return slices.Insert(facts, 1, facts[at])
	}},
	{"another district pays", "guards by date", typed("expenditure.accepted.v1"), func(facts []fact, at int) []fact {
		for i := range facts[at].Body.Entries {
			facts[at].Body.Entries[i].District = "341821"
		}
		for i := range facts { // all on one day: the order of dates is kept
			facts[i].Body.On = "2018-01-02"
		}
		return facts
	}},
	{"a line is missing", "proof", typed("appropriation.received.v1"), change(func(f *fact) { f.Body.Entries[0].Lines = f.Body.Entries[0].Lines[1:] })},
	{"a district is wrong", "proof", between, change(func(f *fact) { f.Body.Entries[1].District = "341823" })},
	{"a number is skipped", "vouchers", typed("allocation.made.v1"), change(func(f *fact) { f.Body.Data.Voucher = fmt.Sprint(f.Body.Data.Voucher, "9") })},
	{"a voucher is lost", "vouchers", func(f *fact) bool { return f.Body.Data.Voucher == "CITY/2018/1" }, drop},
	{"entries without voucher", "vouchers", typed("allocation.made.v1"), change(func(f *fact) { f.Body.Data.Voucher = "" })},
	{"a version is skipped", "versions", typed("award.disbursed.v1"), change(func(f *fact) { f.Head.Version++ })},
	{"a scope is missing", "scopes", typed("award.disbursed.v1"), change(func(f *fact) {
		f.Head.Scopes = slices.DeleteFunc(f.Head.Scopes, func(s string) bool { return strings.HasPrefix(s, "purpose/") })
	})},
	{"scopes are not sorted", "scopes", typed("award.disbursed.v1"), change(func(f *fact) { slices.Reverse(f.Head.Scopes) })},
	{"a scope is there twice", "scopes", typed("award.disbursed.v1"), change(func(f *fact) { f.Head.Scopes = slices.Insert(f.Head.Scopes, 0, f.Head.Scopes[0]) })},
	{"too many scopes", "scopes", typed("award.disbursed.v1"), change(func(f *fact) {
		for i := range 64 {
			f.Head.Scopes = append(f.Head.Scopes, fmt.Sprintf("zone/%02d", i))
		}
	})},
	{"a byte of a body", "record", typed("award.disbursed.v1"), change(func(f *fact) {
		f.body = bytes.Replace(f.body, []byte(`"budget.committed",-`), []byte(`"budget.committed",-1`), 1)
	})},
	{"an event is lost", "record", typed("award.confirmed.v1"), drop},
	{"an entry in a closed year", "closed years", typed("year.carried.v1"), repeatAtEnd},
	{"the year beside", "closed years", typed("allocation.made.v1"), change(func(f *fact) { f.Body.Year++ })},
	{"the maker approves", "persons", func(f *fact) bool {
		return f.Head.Type != "fund.opened.v1" && f.Head.Type != "fund.policy-set.v1" && f.Body.Data.Approval != nil
	}, change(func(f *fact) {
		f.Body.Data.Approval = []byte(`{"maker":"user/a","checker":"user/b","approver":"user/a"}`)
	})},
	{"an invoice counts twice", "papers", typed("expenditure.accepted.v1"), repeatAtEnd},
	{"a receipt counts twice", "papers", typed("donation.received.v1"), repeatAtEnd},
	{"a reversal of less", "reversals", typed("entry.reversed.v1"), change(func(f *fact) {
		for i := range f.Body.Entries {
			for j := range f.Body.Entries[i].Lines {
				f.Body.Entries[i].Lines[j].fen *= 2
			}
		}
	})},
	{"old money is free again", "two years", typed("award.terminated.v1", "agreement.amended.v1", "allocation.released.v1"), change(func(f *fact) {
		e := f.Body.Entries[0]
		e.Vintage, e.Lines = e.Year-2, []factLine{{"budget.allocated", 1}}
		f.Body.Entries = append(f.Body.Entries, e)
	})},
	{"a district that has ended", "districts", func(f *fact) bool { return f.Head.Type == "allocation.made.v1" && f.Body.Year > 2019 }, change(func(f *fact) {
		f.Body.Entries[1].District = "341822"
	})},
	{"a voucher reversed twice", "reversals", typed("entry.reversed.v1"), repeatAtEnd},
}

// TestPlantedFaults breaks copies of a history: its check reports every fault,
// and so does the comparison with the balances of the ledger where lines differ.
func TestPlantedFaults(t *testing.T) {
	o := long(t)
	for _, p := range plants {
		t.Run(p.check+": "+p.what, func(t *testing.T) {
			facts := make([]fact, len(o.facts))
			for i := range o.facts {
				facts[i] = o.facts[i].clone()
			}
			at := p.at(facts)
			c := checks[slices.IndexFunc(checks, func(c check) bool { return c.name == p.check })]
			if err := c.of(facts); err != nil {
				t.Fatalf("before: %v", err)
			}
			if err := c.of(p.breaks(facts, at)); err == nil {
				t.Error("not reported")
			} else {
				t.Log(err)
			}
		})
	}
}

// TestPlantedDifferences shows that the comparisons of whole ledgers bite: one
// line more or less, one event lost or stored otherwise.
func TestPlantedDifferences(t *testing.T) {
	o := long(t)
	at := slices.IndexFunc(o.facts, func(f fact) bool { return f.Head.Type == "award.disbursed.v1" })
	broken := slices.Clone(o.facts)
	broken[at] = o.facts[at].clone()
	broken[at].Body.Entries[0].Lines[0].fen++
	if difference(o.l.BalancesTSV(), naiveTSV(broken)) == nil {
		t.Error("naive sums: one fen more is not reported")
	}
	whole := fingerprint(o.replay())
	f := &o.facts[at]
	f.body = bytes.Replace(f.body, []byte(`"budget.committed",-`), []byte(`"budget.committed",-1`), 1)
	if difference(fingerprint(o.replay()), whole) == nil {
		t.Error("replay: another amount is not reported")
	}
	quiet := slices.IndexFunc(o.facts, func(f fact) bool { return f.Head.Type == "organisation.rated.v1" })
	f = &o.facts[quiet]
	f.body = bytes.Replace(f.body, []byte(`"rating":`), []byte(`"rating":1`), 1)
	if difference(fingerprint(o.replay()), whole) == nil {
		t.Error("replay: another rating is not reported")
	}
}
