package postgres_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/generate"
	"grantledger/projections/postgres"
	"grantledger/projections/postgres/pgtest"
	"grantledger/projections/projtest"

	"github.com/jackc/pgx/v5"
)

// scale is how many events the scale test has; GRANTLEDGER_SCALE sets it, and
// without it the test is a small one. The figures of PERFORMANCE.md are those of
// 1,000,000.
func scale() int {
	if n, err := strconv.Atoi(os.Getenv("GRANTLEDGER_SCALE")); err == nil {
		return n
	}
	return 20_000
}

// TestScale rebuilds a province, compares with bare COPY, measures the lag of
// following and the time of usual questions. It reports, and asserts only what
// does not hang on the machine.
func TestScale(t *testing.T) {
	pg := pgtest.Start(t)
	n := scale()
	g := projtest.Province(n)
	if n < 500_000 {
		g.Projects, g.PerBlock = n/20, 100
	}
	s := postgres.Settings{URL: pg.URL(), MaxConns: 20, Schema: "scale"}
	k := generate.Keep(g) // what making the events takes is not the rebuild
	began := time.Now()
	if err := postgres.Rebuild(ctx, k, s, uint64(n)); err != nil {
		t.Fatal(err)
	}
	rebuilt := time.Since(began)
	bare, rows := bareCopy(t, pg)
	t.Logf("%d events: rebuild %v; bare COPY of %d journal rows %v", n, rebuilt.Round(time.Millisecond), rows, bare.Round(time.Millisecond))
	m := open(t, k, s)
	run(t, m)
	began = time.Now()
	reach(t, m, uint64(n))
	t.Logf("start: %v", time.Since(began).Round(time.Millisecond))
	for _, q := range questions(g) {
		var took []time.Duration
		for i := range 200 {
			begin := time.Now()
			if err := q.ask(m, i); err != nil {
				t.Fatal(q.name, err)
			}
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		t.Logf("%-28s p50 %8v p99 %8v", q.name, took[100].Round(time.Microsecond), took[197].Round(time.Microsecond))
	}
	paced(t, m, questions(g))
}

// bareCopy copies the journal out and into a table without keys.
func bareCopy(t *testing.T, pg *pgtest.Server) (took time.Duration, rows int64) {
	t.Helper()
	c, err := pgx.Connect(ctx, pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var out strings.Builder
	if _, err := c.PgConn().CopyTo(ctx, &out, "COPY scale.journal TO STDOUT"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(ctx, "CREATE TABLE bare (LIKE scale.journal)"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	tag, err := c.PgConn().CopyFrom(ctx, strings.NewReader(out.String()), "COPY bare FROM STDIN")
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(began), tag.RowsAffected()
}

// paced asks from 16 clients together, 1,500 questions a second, and reports the
// time from when each was due.
func paced(t *testing.T, m *postgres.Model, questions []question) {
	const clients, each, pace = 16, 150, 16 * time.Second / 1500
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			clock := time.NewTicker(pace)
			defer clock.Stop()
			for i := range each {
				due := <-clock.C
				if q := questions[(c+i)%len(questions)]; q.paced {
					if err := q.ask(m, c*each+i); err != nil {
						t.Error(q.name, err)
						return
					}
				}
				mu.Lock()
				took = append(took, time.Since(due))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	t.Logf("16 clients, 1,500/s: p50 %v p99 %v", took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond))
}

// question is one that is often asked.
type question struct {
	name  string
	paced bool // among those of PERFORMANCE.md
	ask   func(m *postgres.Model, i int) error
}

func questions(g *projtest.Generator) []question {
	f := projections.Filter{}
	project := func(i int) string { return fmt.Sprint("P-", i*7%g.Projects) }
	balances := func(m *postgres.Model, q projections.BalanceQuery) error {
		_, err := m.Balances(context.Background(), projections.Everything, q)
		return err
	}
	year := []projections.Key{projections.Year}
	return []question{
		{"project by year", true, func(m *postgres.Model, i int) error {
			return balances(m, projections.BalanceQuery{Filter: f.With(projections.Project, project(i)), GroupBy: year, Measures: domain.Figures()})
		}},
		{"project statement", true, func(m *postgres.Model, i int) error {
			_, err := m.Statement(context.Background(), projections.Everything, projections.StatementQuery{Filter: f.With(projections.Project, project(i)), Page: projections.Page{Limit: 50}})
			return err
		}},
		{"fund by year", true, func(m *postgres.Model, i int) error {
			return balances(m, projections.BalanceQuery{Filter: f.With(projections.Fund, "F-"+strconv.Itoa(i%g.Funds)), GroupBy: year, Measures: domain.Figures()})
		}},
		{"city by district, year", true, func(m *postgres.Model, i int) error {
			return balances(m, projections.BalanceQuery{Filter: f.With(projections.City, "341800"), GroupBy: []projections.Key{projections.District, projections.Year}, Measures: domain.Figures()})
		}},
		{"all by year", true, func(m *postgres.Model, _ int) error {
			return balances(m, projections.BalanceQuery{GroupBy: year, Measures: domain.Figures()})
		}},
		{"provinces as of a month", true, func(m *postgres.Model, i int) error {
			return balances(m, projections.BalanceQuery{Filter: projections.Filter{AsOf: domain.NewDate(2015+i%g.Years, 1+i%12, 1) - 1}, GroupBy: []projections.Key{projections.Province}})
		}},
		{"events of a project", true, func(m *postgres.Model, i int) error {
			_, err := m.Events(context.Background(), projections.Everything, projections.EventQuery{Filter: f.With(projections.Project, project(i)), Limit: 50})
			return err
		}},
		{"newest events", true, func(m *postgres.Model, _ int) error {
			_, err := m.Events(context.Background(), projections.Everything, projections.EventQuery{Limit: 50})
			return err
		}},
		{"event", false, func(m *postgres.Model, i int) error {
			_, err := m.Event(context.Background(), projections.Everything, uint64(i*50+1))
			return err
		}},
	}
}
