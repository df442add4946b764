package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/postgres"
	"grantledger/projections/projtest"
)

// TestPlans asks on generated data that the usual questions go through no whole
// table of lines or events: PostgreSQL counts such scans.
func TestPlans(t *testing.T) {
	const events = 20_000
	pg, g := server(t), projtest.Province(events)
	g.Projects, g.PerBlock = 1000, 100
	s := settings(pg)
	if err := postgres.Rebuild(ctx, g, s, events); err != nil {
		t.Fatal(err)
	}
	m, err := postgres.New(g, s)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, m)
	reach(t, m, events)
	before := scans(t, s)
	f := projections.Filter{}
	ask := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	for _, f := range []projections.Filter{f.With(projections.Project, "P-7"), f.With(projections.Organisation, "O-7"), f.With(projections.District, "341882"), {Position: events - 9, Where: map[projections.Key][]string{projections.Project: {"P-8"}}}} {
		_, err := m.Statement(ctx, projections.Everything, projections.StatementQuery{Filter: f, Page: projections.Page{Offset: 5, Limit: 20}})
		ask(err)
		_, err = m.Balances(ctx, projections.Everything, projections.BalanceQuery{Filter: f, GroupBy: []projections.Key{projections.Project, projections.Year}, Measures: domain.Figures()})
		ask(err)
		_, err = m.Report(ctx, projections.Everything, projections.ReportQuery{Filter: f.With(projections.Year, "2016"), Name: projections.TrialBalance})
		ask(err)
	}
	_, err = m.Report(ctx, projections.Everything, projections.ReportQuery{Filter: f.With(projections.Project, "P-7"), Name: projections.ProjectLedger})
	ask(err)
	_, err = m.Balances(ctx, projections.Everything, projections.BalanceQuery{GroupBy: []projections.Key{projections.Fund, projections.Year}, Measures: domain.Figures()})
	ask(err)
	_, err = m.Events(ctx, projections.Everything, projections.EventQuery{Filter: f.With(projections.Project, "P-7"), Limit: 20})
	ask(err)
	_, err = m.Events(ctx, projections.Everything, projections.EventQuery{Limit: 20})
	ask(err)
	_, err = m.Event(ctx, projections.Everything, events/2)
	ask(err)
	middle := g.Event(events / 2)
	_, err = m.Locate(ctx, middle.ID)
	ask(err)
	if _, err = m.Locate(ctx, strings.ToLower(middle.ID)); !errors.Is(err, projections.ErrNotFound) {
		t.Error(err)
	}
	_, err = m.Events(ctx, projections.Everything, projections.EventQuery{RecordedFrom: middle.Time, RecordedTo: middle.Time, Limit: 20})
	ask(err)
	_, err = m.Events(ctx, projections.Everything, projections.EventQuery{Key: "system:" + middle.ID, Limit: 20})
	ask(err)
	stop()
	m.Close() // a session reports its scans at its end
	for server(t).Psql(t, "postgres", "postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'grantledger'") != "0\n" {
	}
	after := scans(t, s)
	if before != after {
		t.Errorf("whole tables were read:\nbefore %s\nafter %s", before, after)
	}
}

// scans is how often each table was read from end to end.
func scans(t *testing.T, s postgres.Settings) string {
	return strings.ReplaceAll(server(t).Psql(t, "postgres", "postgres",
		"SELECT relname, seq_scan FROM pg_stat_user_tables WHERE schemaname = '"+s.Schema+"' AND relname IN ('journal', 'events') ORDER BY 1"), "\n", " ")
}
