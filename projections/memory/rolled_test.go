package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/generate"
)

// moving is a small ledger in which districts move while money is posted on
// them: within their city, to another one, and to another province.
func moving(t *testing.T, seed uint64, events int) *Model {
	t.Helper()
	g, m := generate.Village(seed, events), New(nil)
	add := func(e domain.Event) {
		e.Position = m.progress() + 1
		if err := m.add(&e); err != nil {
			t.Fatal(e.Position, err)
		}
	}
	place := g.Event(uint64(events)).Entries[0].District
	moves := [][2]string{{"341882", "341899"}, {"341899", "340199"}, {"340199", "320199"}, {place, "340198"}}
	for p := 1; p <= events; p++ {
		e := g.Event(uint64(p))
		if at := p - events/2; at >= 0 && at%97 == 0 && at/97 < len(moves) {
			from, to := moves[at/97][0], moves[at/97][1]
			add(domain.Event{
				ID: e.ID, Time: e.Time, Version: 1, Actor: e.Actor, Key: e.Key, Type: "district.registered.v1", Subject: "district/" + to, Scopes: []string{"district/" + to},
				Data: fmt.Appendf(nil, `{"code":"%s","name":"新区","from":%d,"predecessor":"%s"}`, to, e.Time.Year()-1, from),
			})
			e.Key += "-later"
		}
		if e.On != 0 && p%11 == 0 { // long before its recording
			e.On -= domain.Date(p % 900)
		}
		add(e)
	}
	return m
}

// TestRolled compares answers from rolled up spaces with those that add up every
// line.
func TestRolled(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		m := moving(t, seed, 2000)
		r := rand.New(rand.NewPCG(seed, 1))
		spaces := map[*rolled]int{}
		for range 500 {
			q := someQuery(r, m)
			x, want := answers(t, m, q)
			if x.rolled != nil {
				spaces[x.rolled]++
			}
			got, err := m.balances(projections.Everything, q)
			if err != nil {
				t.Fatal(err)
			}
			if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
				t.Fatalf("seed %d %+v:\n got %s\nwant %s", seed, q, g, w)
			}
		}
		for i := range m.rolls {
			if n := spaces[&m.rolls[i]]; n < 5 {
				t.Errorf("seed %d: space %d was used %d times", seed, i, n)
			}
		}
	}
}

// answers are the matcher of the rolled up space that a query uses, and the
// answer without it.
func answers(t *testing.T, m *Model, q projections.BalanceQuery) (*matcher, *projections.Balances) {
	t.Helper()
	g, err := m.grouping(projections.Everything, &q)
	if err != nil {
		t.Fatal(err)
	}
	x := *g.matcher
	x.roll(g.keys)
	g.collect()
	want, err := g.finish()
	if err != nil {
		t.Fatal(err)
	}
	return &x, want
}

func someQuery(r *rand.Rand, m *Model) (q projections.BalanceQuery) {
	day := func() domain.Date {
		d := domain.NewDate(2014+r.IntN(6), 1+r.IntN(12), 1+r.IntN(28))
		if r.IntN(3) == 0 {
			d = domain.NewDate(d.Year(), d.Month(), 1) - domain.Date(r.IntN(2)) // first or last of a month
		}
		return d
	}
	if r.IntN(2) == 0 {
		q.AsOf = day()
	}
	if r.IntN(3) == 0 {
		q.From = day()
	}
	if q.From != 0 && r.IntN(3) == 0 {
		q.AsOf = q.From + domain.Date(r.IntN(40))
	}
	if r.IntN(3) == 0 {
		q.Position = 1 + r.Uint64N(m.progress())
		if r.IntN(2) == 0 {
			q.Position = m.progress() - r.Uint64N(200)
		}
	}
	q.Recorded = r.IntN(2) == 0
	if r.IntN(4) == 0 {
		q.Accounts = []domain.Account{domain.Disbursed, domain.Advance, domain.Available}[r.IntN(2):]
	}
	values := [...]struct {
		key  projections.Key
		list []string
	}{
		{projections.Fund, []string{"F-0", "F-1", "F-9", projections.None}}, {projections.Source, []string{"lottery", "venture"}},
		{projections.Year, []string{"2015", "2016", "2018"}}, {projections.City, []string{"341800", "340100", "320100"}},
		{projections.Province, []string{"340000", "320000", projections.None}}, {projections.District, []string{"341822", "341882", "340199", projections.None}},
	}
	for _, v := range values {
		if r.IntN(9) == 0 {
			from := r.IntN(len(v.list))
			q.Filter = q.With(v.key, v.list[from:from+1+r.IntN(len(v.list)-from)]...)
		}
		if r.IntN(6) == 0 {
			q.GroupBy = append(q.GroupBy, v.key)
		}
	}
	if r.IntN(3) == 0 {
		q.Measures = domain.Figures()
		if _, one := q.Only(projections.Year); !one && !slices.Contains(q.GroupBy, projections.Year) {
			q.GroupBy = append(q.GroupBy, projections.Year)
		}
		return q
	}
	q.Interval = []projections.Interval{"", projections.ByMonth, projections.ByQuarter, projections.ByYear}[r.IntN(4)]
	return q
}

// TestMonths adds up lines of random dates and positions by month.
func TestMonths(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var list []month
	want := map[uint16]month{}
	for position := uint32(1); position < 500; position++ {
		on := domain.DateOf(time.Date(2020, 1, 1+r.IntN(900), 0, 0, 0, 0, time.UTC))
		number := monthNumber(on)
		var at *month
		list, at = monthOf(list, number)
		w := want[number]
		w.number = number
		at.add(7, position%2 == 0, position)
		w.add(7, position%2 == 0, position)
		want[number] = w
	}
	for i := range list {
		if list[i] != want[list[i].number] || i > 0 && list[i].number <= list[i-1].number {
			t.Errorf("month %d: %+v, want %+v", i, list[i], want[list[i].number])
		}
	}
	if len(list) != len(want) {
		t.Errorf("%d months, want %d", len(list), len(want))
	}
}
