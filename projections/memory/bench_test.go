package memory

import (
	"context"
	"flag"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/generate"
)

var benchEvents = flag.Int("events", 200_000, "events of the benchmarks' ledger")

// province is the generated ledger of the benchmarks: 50,000 projects, or fewer
// in a small one.
func province() *generate.Generator {
	g := generate.Province(*benchEvents)
	if g.Events < 500_000 {
		g.Projects = max(g.Events/20, 10)
	}
	return g
}

func events(tb testing.TB, g *generate.Generator, first, n int) []domain.Event {
	tb.Helper()
	list := make([]domain.Event, n)
	for i := range list {
		list[i] = g.Event(uint64(first + i))
	}
	return list
}

var benchModel = sync.OnceValue(func() *Model {
	g := province()
	m := New(generate.Keep(g))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	err := m.Wait(ctx, uint64(g.Events))
	cancel()
	<-done
	if err != nil {
		panic(err)
	}
	return m
})

// BenchmarkQuery asks what readers often ask; i chooses what about.
func BenchmarkQuery(b *testing.B) {
	m, g := benchModel(), province()
	for _, q := range questions(g) {
		b.Run(q.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				if err := q.ask(m, i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFold folds decoded events into all but the rules' state, and reports
// what the model takes of memory.
func BenchmarkFold(b *testing.B) {
	g := province()
	list := events(b, g, 1, g.Events)
	ledger := benchModel().ledger
	before := heap()
	for b.Loop() {
		m := New(nil)
		m.Expect(g.Events)
		m.ledger = ledger
		for i := range list {
			if err := m.addOwn(&list[i]); err != nil {
				b.Fatal(i, err)
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/float64(g.Events), "B/event")
		runtime.KeepAlive(m)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(g.Events), "ns/event")
}

func heap() int64 {
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return int64(mem.HeapAlloc)
}

type benchQuestion struct {
	name string
	ask  func(m *Model, i int) error
}

func questions(g *generate.Generator) []benchQuestion {
	f, everything, page := projections.Filter{}, projections.Everything, projections.Page{Limit: 50}
	project := func(i int) string { return "P-" + strconv.Itoa(i*7%g.Projects) }
	fund := func(i int) string { return "F-" + strconv.Itoa(i%g.Funds) }
	asOf := func(i int) projections.Filter {
		return projections.Filter{AsOf: domain.NewDate(2015+i%g.Years, 1+i%12, 1) - 1}
	}
	within := func(i int) projections.Filter {
		from := domain.NewDate(2015+i%g.Years, 1+i%12, 1+i%28)
		return projections.Filter{From: from, AsOf: from + 100}
	}
	earlier := func(i int) projections.Filter { return projections.Filter{Position: uint64(g.Events - 500 - i%500)} }
	balances := func(name string, q func(i int) projections.BalanceQuery) benchQuestion {
		return benchQuestion{name, func(m *Model, i int) error {
			_, err := m.Balances(context.Background(), everything, q(i))
			return err
		}}
	}
	by := func(f projections.Filter, keys ...projections.Key) projections.BalanceQuery {
		return projections.BalanceQuery{Filter: f, GroupBy: keys}
	}
	figures := func(f projections.Filter, keys ...projections.Key) projections.BalanceQuery {
		return projections.BalanceQuery{Filter: f, GroupBy: append(keys, projections.Year), Measures: domain.Figures()}
	}
	subject := func(kind string, id func(int) string) benchQuestion {
		return benchQuestion{kind + " page", func(m *Model, i int) error {
			_, err := m.Subject(context.Background(), everything, kind, id(i))
			return err
		}}
	}
	return []benchQuestion{
		balances("project by year", func(i int) projections.BalanceQuery { return figures(f.With(projections.Project, project(i))) }),
		{"project statement", func(m *Model, i int) error {
			_, err := m.Statement(context.Background(), everything, projections.StatementQuery{Filter: f.With(projections.Project, project(i)), Page: page})
			return err
		}},
		balances("fund by year", func(i int) projections.BalanceQuery { return figures(f.With(projections.Fund, fund(i))) }),
		subject("project", project),
		balances("city by district and year", func(int) projections.BalanceQuery {
			return figures(f.With(projections.City, "341800"), projections.District)
		}),
		balances("by year", func(int) projections.BalanceQuery { return figures(f) }),
		subject("fund", fund),
		balances("by province as of month end", func(i int) projections.BalanceQuery { return by(asOf(i), projections.Province) }),
		balances("by province", func(int) projections.BalanceQuery { return by(f, projections.Province) }),
		balances("by city", func(int) projections.BalanceQuery { return by(f, projections.City) }),
		balances("by district", func(int) projections.BalanceQuery { return by(f, projections.District) }),
		balances("by province within dates", func(i int) projections.BalanceQuery { return by(within(i), projections.Province) }),
		balances("by fund within dates", func(i int) projections.BalanceQuery { return figures(within(i), projections.Fund) }),
		balances("by month", func(int) projections.BalanceQuery {
			return projections.BalanceQuery{Interval: projections.ByMonth}
		}),
		balances("by province, 1000 events ago", func(i int) projections.BalanceQuery { return by(earlier(i), projections.Province) }),
		balances("city as of month end", func(i int) projections.BalanceQuery {
			return by(asOf(i).With(projections.City, "341800"), projections.Year)
		}),
	}
}
