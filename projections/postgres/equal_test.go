package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/memory"
	"grantledger/projections/postgres"
	"grantledger/projections/projtest"
)

var ctx = context.Background()

// run follows the log until the test ends, or the function it returns is called.
func run(t testing.TB, m projections.Model) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	ended := false
	stop = func() {
		if cancel(); !ended {
			ended = true
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// reach waits for a position.
func reach(t testing.TB, m projections.Model, position uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := m.Wait(ctx, position); err != nil {
		t.Fatal(err)
	}
}

// TestEqual asks both models the same random questions about random events, at
// random positions and dates.
func TestEqual(t *testing.T) {
	s := server(t)
	for seed := uint64(1); seed <= 4; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			g := projtest.Village(seed, 400)
			oracle, m := memory.New(g), open(t, g, settings(s))
			run(t, oracle)
			run(t, m)
			reach(t, oracle, 400)
			reach(t, m, 400)
			r := rand.New(rand.NewPCG(seed, 7))
			for range 40 {
				askBoth(t, r, g, oracle, m)
			}
		})
	}
}

// askBoth makes one filter and asks everything about it.
func askBoth(t *testing.T, r *rand.Rand, g *projtest.Generator, oracle, m projections.Model) {
	t.Helper()
	f, v := someFilter(r, g), someView(r)
	same := func(what string, ask func(projections.Model) (any, error)) {
		t.Helper()
		want, err := ask(oracle)
		got, errToo := ask(m)
		if err != nil || errToo != nil {
			t.Fatalf("%s: %v, %v", what, err, errToo)
		}
		if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
			t.Fatalf("%s %+v %+v:\n got %+v\nwant %+v", what, f, v, got, want)
		}
	}
	q := projections.BalanceQuery{Filter: f}
	for _, k := range projections.Keys() {
		if r.IntN(4) == 0 {
			q.GroupBy = append(q.GroupBy, k)
		}
	}
	q.Interval = []projections.Interval{"", "", projections.ByMonth, projections.ByQuarter, projections.ByYear}[r.IntN(5)]
	if r.IntN(2) == 0 {
		q.GroupBy, q.Interval = []projections.Key{projections.Year}, ""
		for _, k := range []projections.Key{projections.Fund, projections.Project, projections.District, projections.City} {
			if r.IntN(2) == 0 {
				q.GroupBy = append(q.GroupBy, k)
			}
		}
		q.Measures = domain.Figures()
	}
	same("balances", func(m projections.Model) (any, error) { return m.Balances(ctx, v, q) })
	page := projections.Page{Offset: r.IntN(30), Limit: 10}
	same("statement", func(m projections.Model) (any, error) {
		return m.Statement(ctx, v, projections.StatementQuery{Filter: f, ByPosition: true, Page: page})
	})
	same("statement by date", func(m projections.Model) (any, error) {
		return m.Statement(ctx, v, projections.StatementQuery{Filter: f})
	})
	eq := someEvents(r, g, f)
	same("events", func(m projections.Model) (any, error) { return m.Events(ctx, v, eq) })
	same("timeline", func(m projections.Model) (any, error) {
		return m.Timeline(ctx, v, projections.TimelineQuery{Filter: f, Page: page})
	})
	p := 1 + r.Uint64N(uint64(g.Events))
	same("event", func(m projections.Model) (any, error) { return m.Event(ctx, projections.Everything, p) })
	same("effects", func(m projections.Model) (any, error) { return m.Effects(ctx, max(p, 9)-8, p) })
	same("locate", func(m projections.Model) (any, error) { e := g.Event(p); return m.Locate(ctx, e.ID) })
	same("districts", func(m projections.Model) (any, error) {
		return m.Subjects(ctx, v, projections.SubjectQuery{Filter: f, Kind: "district", Measures: domain.Figures()})
	})
	same("trial balance", func(m projections.Model) (any, error) {
		return m.Report(ctx, v, projections.ReportQuery{Filter: f, Name: projections.TrialBalance})
	})
	same("tables", func(m projections.Model) (any, error) { return m.BalancesTSV(ctx, f.Position) })
	same("report", func(m projections.Model) (any, error) { return m.ReportTSV(ctx, f.Position) })
}

func someView(r *rand.Rand) projections.View {
	return []projections.View{projections.Everything, {SignedIn: true, Funds: []string{"F-1"}}, {Public: []string{"*"}}, {SignedIn: true, Funds: []string{"F-0"}, Public: []string{"F-2"}}, {}}[r.IntN(5)]
}

func someFilter(r *rand.Rand, g *projtest.Generator) (f projections.Filter) {
	if r.IntN(2) == 0 {
		f.Position = 1 + r.Uint64N(uint64(g.Events))
	}
	day := func() domain.Date { return domain.NewDate(2015+r.IntN(g.Years), 1+r.IntN(12), 1+r.IntN(28)) }
	if r.IntN(3) == 0 {
		f.AsOf = day()
	}
	if r.IntN(4) == 0 {
		f.From = day()
	}
	f.Recorded = r.IntN(2) == 0
	values := map[projections.Key][]string{
		projections.Fund: {"F-0", "F-1", "F-9"}, projections.Project: {"P-1", "P-2", "P-3", projections.None}, projections.Organisation: {"O-1", "O-2", projections.None},
		projections.District: {"341822", "341882", projections.None}, projections.City: {"341800", "110000"}, projections.Province: {"340000"},
		projections.Year: {"2015", "2016", "2018"}, projections.Vintage: {"2014", "2016", projections.None}, projections.Purpose: {"elderly", projections.None},
	}
	for k, list := range values {
		if r.IntN(8) != 0 {
			continue
		}
		from := r.IntN(len(list))
		f = f.With(k, list[from:from+1+r.IntN(len(list)-from)]...)
	}
	if r.IntN(5) == 0 {
		f.Accounts = []domain.Account{domain.Disbursed, domain.Advance, domain.Available}[r.IntN(2):]
	}
	return f
}

func someEvents(r *rand.Rand, g *projtest.Generator, f projections.Filter) projections.EventQuery {
	q := projections.EventQuery{Filter: f, Ascending: r.IntN(2) == 0, Limit: r.IntN(20)}
	if r.IntN(4) == 0 {
		q.Types = []string{"award.*", "entry.reversed.v1"}
	}
	if r.IntN(4) == 0 {
		q.Scopes = []string{"project/P-" + strconv.Itoa(r.IntN(12))}
	}
	if r.IntN(6) == 0 {
		q.AmountMin = domain.Fen(r.IntN(500_000))
	}
	if r.IntN(6) == 0 {
		q.AmountMax = domain.Fen(r.IntN(900_000) + 1)
	}
	recorded := func() time.Time { // of an event, or close to it
		p := []uint64{1, 2, 255, 256, 257, 258, 1 + r.Uint64N(uint64(g.Events))}[r.IntN(7)]
		return g.Event(min(p, uint64(g.Events))).Time.Add(time.Duration(r.IntN(3)-1) * time.Millisecond)
	}
	if r.IntN(4) == 0 {
		q.RecordedFrom = recorded()
	}
	if r.IntN(4) == 0 {
		q.RecordedTo = recorded()
	}
	if r.IntN(6) == 0 {
		q.Actor = "user/clerk-1"
	}
	if r.IntN(6) == 0 {
		q.After = r.Uint64N(300)
	}
	if r.IntN(9) == 0 {
		q.Key = "k-" + strconv.Itoa(1+r.IntN(400))
	}
	return q
}

var _ projections.Model = (*postgres.Model)(nil)
