package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/generate"
	"grantledger/projections/memory"
	"grantledger/projections/postgres"
	"grantledger/projections/postgres/pgserver"

	"github.com/spf13/cobra"
)

// queryFlags are the flags of bench query.
type queryFlags struct {
	events  int
	seconds float64
	urlFile string
	only    string // lag, query, rebuild; "" = all
}

const urlFileAbout = "file with the address of a PostgreSQL to measure in schemas of their own; without it one is started and ended"

func (c *console) benchQueryCommand() *cobra.Command {
	var f queryFlags
	query := &cobra.Command{
		Use: "query", Short: "查询与跟进速度 / live lag, queries, a rebuild, of both read models", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.benchQuery(cmd.Context(), f) },
	}
	flags := query.Flags()
	flags.IntVar(&f.events, "events", 1_000_000, "events in the generated ledger; about 700 bytes of memory each")
	flags.Float64Var(&f.seconds, "seconds", 10, "time of each paced measurement")
	flags.StringVar(&f.urlFile, "postgres-url-file", "", urlFileAbout)
	flags.StringVar(&f.only, "only", "", "lag, query or rebuild")
	return query
}

// benchQuery measures what readers see: live lag, queries, a rebuild. Without a
// PostgreSQL only the model in memory is measured.
func (c *console) benchQuery(ctx context.Context, f queryFlags) error {
	switch f.only {
	case "", "lag", "query", "rebuild":
	default:
		return usagef("--only is lag, query or rebuild")
	}
	if f.events < 1000 {
		return usagef("--events is at least 1000")
	}
	rows, err := c.readRows(ctx, f)
	if err != nil {
		return err
	}
	c.printTable(rows)
	return nil
}

// readRows are the rows of bench query, also those at the end of bench table.
func (c *console) readRows(ctx context.Context, f queryFlags) (rows []tableRow, err error) {
	s, closed, err := benchSettings(f.urlFile)
	tables := err == nil
	switch {
	case errors.Is(err, pgserver.ErrNone):
		c.note("%v; or give --postgres-url-file", err)
	case err != nil:
		return nil, err
	default:
		defer closed()
	}
	if f.only == "" || f.only == "lag" {
		c.note("live lag …")
		row, err := memoryLag(ctx, f.seconds)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
		if tables {
			if row, err = tablesLag(ctx, s, f.seconds); err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	if f.only == "lag" {
		return rows, nil
	}
	more, err := c.generated(ctx, f, s, tables)
	return append(rows, more...), err
}

// generated measures both models on a generated ledger.
func (c *console) generated(ctx context.Context, f queryFlags, s postgres.Settings, tables bool) (rows []tableRow, err error) {
	g := generate.Province(f.events)
	if f.events < 500_000 {
		g.Projects = max(f.events/20, 10)
	}
	c.note("a generated ledger of %d events, %d projects, %d districts, %d years …", f.events, g.Projects, g.Districts, g.Years)
	log := generate.Keep(g)
	var rebuild tableRow
	if tables {
		s.Schema = "grantledger_bench_query"
		if err := postgres.Drop(ctx, s); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, postgres.Drop(ctx, s)) }()
		if rebuild, err = rebuildRow(ctx, log, s, f.events); err != nil {
			return nil, err
		}
	}
	if f.only != "rebuild" {
		c.note("queries …")
		if rows, err = queryRows(ctx, f, g, log, s, tables); err != nil {
			return nil, err
		}
	}
	if tables {
		rows = append(rows, rebuild)
	}
	return rows, nil
}

// rebuildRow builds the tables from the log, beside a bare COPY of their rows.
func rebuildRow(ctx context.Context, log *generate.Kept, s postgres.Settings, events int) (row tableRow, err error) {
	began := time.Now()
	if err := postgres.Rebuild(ctx, log, s, uint64(events)); err != nil {
		return row, err
	}
	took := time.Since(began)
	bare, journal, err := postgres.RawCopy(ctx, s)
	if err != nil {
		return row, err
	}
	return tableRow{
		What: fmt.Sprintf("rebuild of PostgreSQL, %d events", events), Aim: "<= 8 s a million, >= 0.25 of bare COPY",
		Figure: fmt.Sprintf("%.2f s, %.0f events/s", took.Seconds(), float64(events)/took.Seconds()),
		Raw: fmt.Sprintf("bare COPY of its %d rows %.2f s; of them %d of the journal %.2f s (ratio %.2f)",
			bare.Rows, bare.Took.Seconds(), journal.Rows, journal.Took.Seconds(), journal.Took.Seconds()/took.Seconds()),
		Ratio: bare.Took.Seconds() / took.Seconds(), Met: took.Seconds()*1e6/float64(events) <= 8 && bare.Took.Seconds()/took.Seconds() >= 0.25,
	}, nil
}

// queryRows asks the same questions of both models at the pace of the aim.
func queryRows(ctx context.Context, f queryFlags, g *generate.Generator, log *generate.Kept, s postgres.Settings, tables bool) ([]tableRow, error) {
	end := uint64(f.events)
	inMemory := memory.New(log)
	var raw, slow []time.Duration
	err := during(ctx, inMemory, end, func() (err error) {
		slow, err = ask(ctx, f.seconds, inMemory, questionsOf(g))
		return err
	})
	if err != nil {
		return nil, err
	}
	rows := []tableRow{{What: queriesOf(f.events, "memory"), Aim: "p99 < 1 ms", Raw: "-", Figure: fmt.Sprintf("p50 %.2f ms, p99 %.2f ms", quantile(slow, 0.5), quantile(slow, 0.99)), Met: quantile(slow, 0.99) < readInMemory}}
	if !tables {
		return rows, nil
	}
	m, err := postgres.New(log, s)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	var found []time.Duration
	err = during(ctx, m, end, func() (err error) {
		if raw, err = atPace(ctx, queryPace, f.seconds, timed(func(ctx context.Context, _ int) error { return m.RawSelect(ctx) })); err == nil {
			found, err = ask(ctx, f.seconds, m, questionsOf(g))
		}
		return err
	})
	rows[0] = timesRow(rows[0].What, rows[0].Aim, slow, "select 1", raw, readInMemory)
	return append(rows, timesRow(queriesOf(f.events, "PostgreSQL"), "p99 < 5 ms", found, "select 1", raw, readInTables)), err
}

func queriesOf(events int, model string) string {
	return fmt.Sprintf("balances, statements, subjects, %d clients at %d/s, %d events, %s", paceClients, queryPace, events, model)
}

// during runs a model until it has reached a position and fn is done.
func during(ctx context.Context, m projections.Model, position uint64, fn func() error) error {
	following, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- m.Run(following) }()
	err := m.Wait(ctx, position)
	if err == nil {
		err = fn()
	}
	stop()
	return errors.Join(err, unlessEnded(following, <-done))
}

// ask asks all questions in turn, once each to warm, then at the pace.
func ask(ctx context.Context, seconds float64, m projections.Model, questions []question) ([]time.Duration, error) {
	one := func(ctx context.Context, i int) error { return questions[i%len(questions)](ctx, m, i/len(questions)) }
	if _, err := atPace(ctx, queryPace, min(seconds, 1), timed(one)); err != nil {
		return nil, err
	}
	return atPace(ctx, queryPace, seconds, timed(one))
}

// question is one that readers often ask; i chooses what about.
type question func(ctx context.Context, m projections.Model, i int) error

func questionsOf(g *generate.Generator) []question {
	everything, f := projections.Everything, projections.Filter{}
	project := func(i int) string { return "P-" + strconv.Itoa(i*7%g.Projects) }
	fund := func(i int) string { return "F-" + strconv.Itoa(i%g.Funds) }
	page := projections.Page{Limit: 50}
	balances := func(q func(i int) projections.BalanceQuery) question {
		return func(ctx context.Context, m projections.Model, i int) error {
			_, err := m.Balances(ctx, everything, q(i))
			return err
		}
	}
	byYear := func(f projections.Filter) projections.BalanceQuery {
		return projections.BalanceQuery{Filter: f, GroupBy: []projections.Key{projections.Year}, Measures: domain.Figures()}
	}
	return []question{
		balances(func(i int) projections.BalanceQuery { return byYear(f.With(projections.Project, project(i))) }),
		func(ctx context.Context, m projections.Model, i int) error {
			_, err := m.Statement(ctx, everything, projections.StatementQuery{Filter: f.With(projections.Project, project(i)), Page: page})
			return err
		},
		balances(func(i int) projections.BalanceQuery { return byYear(f.With(projections.Fund, fund(i))) }),
		func(ctx context.Context, m projections.Model, i int) error {
			_, err := m.Subject(ctx, everything, "project", project(i))
			return err
		},
		balances(func(int) projections.BalanceQuery {
			q := byYear(f.With(projections.City, "341800"))
			q.GroupBy = []projections.Key{projections.District, projections.Year}
			return q
		}),
		balances(func(int) projections.BalanceQuery { return byYear(f) }),
		func(ctx context.Context, m projections.Model, i int) error {
			_, err := m.Subject(ctx, everything, "fund", fund(i))
			return err
		},
		balances(func(i int) projections.BalanceQuery {
			return projections.BalanceQuery{Filter: projections.Filter{AsOf: domain.NewDate(2015+i%g.Years, 1+i%12, 1) - 1}, GroupBy: []projections.Key{projections.Province}}
		}),
	}
}
