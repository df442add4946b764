package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/projtest"
)

// TestComments asks that every table, view and column explains itself in both
// languages.
func TestComments(t *testing.T) {
	pg := server(t)
	s := settings(pg)
	m := open(t, projtest.Village(31, 50), s)
	run(t, m)
	reach(t, m, 50)
	list := pg.Psql(t, "postgres", "postgres", `SELECT c.relname || coalesce('.' || a.attname, ''), coalesce(col_description(c.oid, a.attnum), obj_description(c.oid), '')
FROM pg_class c LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped UNION ALL SELECT NULL, 0) a ON true
WHERE c.relnamespace = '`+s.Schema+`'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname <> 'migrations'`)
	lines := strings.Split(strings.TrimSpace(list), "\n")
	if len(lines) < 150 {
		t.Fatalf("only %d names", len(lines))
	}
	for _, l := range lines {
		name, text, _ := strings.Cut(l, "|")
		zh, en, ok := strings.Cut(text, " | ")
		if !ok || !strings.HasSuffix(zh, "。") || !strings.HasSuffix(en, ".") {
			t.Errorf("%s: comment %q", name, text)
		}
	}
}

// TestAnalyst plays an analyst's session: three questions in psql, as the role
// that reads only, and the same figures as the queries give.
func TestAnalyst(t *testing.T) {
	pg := server(t)
	s := settings(pg)
	m := open(t, projtest.Village(32, 600), s)
	run(t, m)
	reach(t, m, 600)
	as := func(question string) string {
		return pg.Psql(t, "postgres", "postgres", "SET ROLE grantledger_reader; SET search_path = "+s.Schema+"; "+question)
	}
	figures := func(by ...projections.Key) *projections.Balances {
		a, err := m.Balances(context.Background(), projections.Everything, projections.BalanceQuery{
			Filter: projections.Filter{Recorded: true}, GroupBy: append(by, projections.Year), Measures: domain.Figures(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	rate := func(g *projections.Group) string {
		if v, ok := g.Figure(domain.FigureRate); ok {
			return fmt.Sprint(v)
		}
		return ""
	}
	want := ""
	a := figures(projections.Project)
	for i := range a.Items {
		if g := &a.Items[i]; g.Key[0] != "" {
			want += fmt.Sprintf("%s|%s|%s|%s|%s\n", g.Key[0], g.Key[1], g.Sums[domain.FigureArranged], g.Sums[domain.FigureDisbursed], rate(g))
		}
	}
	same(t, "by project", as(`SELECT project, year, arranged, disbursed, rate_bp FROM v_project_years ORDER BY project, year`), want)

	want = ""
	a = figures(projections.Fund)
	for i := range a.Items {
		g := &a.Items[i]
		want += fmt.Sprintf("%s|%s|%s|%s|%s\n", g.Key[0], g.Key[1], g.Sums[domain.FigureAppropriated], g.Sums[domain.FigureRemaining], rate(g))
	}
	same(t, "execution rate by fund", as("SELECT fund, year, appropriated, remaining, rate_bp FROM v_fund_years ORDER BY fund, year"), want)

	want = ""
	b, err := m.Balances(context.Background(), projections.Everything, projections.BalanceQuery{
		Filter:  projections.Filter{Recorded: true, AsOf: domain.NewDate(2017, 6, 15), Accounts: []domain.Account{domain.Disbursed}},
		GroupBy: []projections.Key{projections.District, projections.Year},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Items {
		want += fmt.Sprintf("%s|%s|%s\n", b.Items[i].Key[0], b.Items[i].Key[1], b.Items[i].Amounts[0])
	}
	same(t, "by district and year as of a date", as("SELECT district, year, sum(disbursed) FROM district_years_as_of('2017-06-15') GROUP BY 1, 2 HAVING sum(disbursed) <> 0 ORDER BY 1, 2"), want)
	if strings.Count(want, "\n") < 5 {
		t.Errorf("too little to compare:\n%s", want)
	}
	for _, forbidden := range []string{"DELETE FROM journal", "UPDATE progress SET position = 0", "CREATE TABLE mine ()"} {
		got := pg.Psql(t, "postgres", "postgres", "SET ROLE grantledger_reader; SET search_path = "+s.Schema+"; DO $$ BEGIN "+forbidden+"; RAISE NOTICE 'done'; EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'refused'; END $$")
		if !strings.Contains(got, "refused") {
			t.Errorf("%s: %s", forbidden, got)
		}
	}
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}
