package postgres_test

import (
	"slices"
	"testing"

	"grantledger/projections/memory"
	"grantledger/projections/postgres"
	"grantledger/projections/projtest"
)

// verified asks that the tables are what memory says, row by row.
func verified(t testing.TB, m *postgres.Model, g *projtest.Generator, position uint64) {
	t.Helper()
	oracle := memory.New(g)
	stop := run(t, oracle)
	defer stop()
	reach(t, oracle, position)
	at, differences, err := m.Verify(ctx, oracle)
	if err != nil {
		t.Fatal(err)
	}
	if at != position {
		t.Errorf("verified at %d, want %d", at, position)
	}
	for _, d := range differences {
		t.Errorf("%s: have %s want %s", d.Check, d.Have, d.Want)
	}
}

// TestRebuild rebuilds a schema while it is followed and read: the model goes on
// in the new one, and both ways to fill the tables give the same rows.
func TestRebuild(t *testing.T) {
	pg, g := server(t), projtest.Village(11, 600)
	s := settings(pg)
	m := open(t, g, s)
	run(t, m)
	reach(t, m, 600)
	verified(t, m, g, 600)
	before := dump(t, pg.Psql(t, "postgres", "postgres", rowsOf(s.Schema)))
	if err := postgres.Rebuild(ctx, g, s, 300); err != nil { // the rest is caught up with
		t.Fatal(err)
	}
	verified(t, m, g, 600)
	if after := dump(t, pg.Psql(t, "postgres", "postgres", rowsOf(s.Schema))); after != before {
		t.Error("a rebuild gives other rows than following")
	}
	if left := pg.Psql(t, "postgres", "postgres", "SELECT nspname FROM pg_namespace WHERE nspname LIKE '"+s.Schema+"\\_%'"); left != "" {
		t.Errorf("schemas left behind: %s", left)
	}
}

// TestRebuildFirst rebuilds where there is nothing yet, and leaves nothing for
// autovacuum.
func TestRebuildFirst(t *testing.T) {
	g := projtest.Village(12, 300)
	s := settings(server(t))
	if err := postgres.Rebuild(ctx, g, s, 300); err != nil {
		t.Fatal(err)
	}
	left := server(t).Psql(t, "postgres", "postgres", "SELECT relname FROM pg_stat_user_tables WHERE schemaname = '"+s.Schema+
		"' AND vacuum_count > 0 AND (n_ins_since_vacuum > 0 OR n_mod_since_analyze > 0)")
	if left != "" && server(t).Psql(t, "postgres", "postgres", "SELECT 1 FROM pg_proc WHERE proname = 'pg_stat_force_next_flush'") != "" {
		t.Errorf("left for autovacuum: %s", left)
	}
	m := open(t, g, s)
	run(t, m)
	reach(t, m, 300)
	verified(t, m, g, 300)
}

// TestVerify plants a wrong amount: it is found.
func TestVerify(t *testing.T) {
	pg, g := server(t), projtest.Village(13, 200)
	s := settings(pg)
	m, oracle := open(t, g, s), memory.New(g)
	run(t, m)
	run(t, oracle)
	reach(t, m, 200)
	reach(t, oracle, 200)
	for check, plant := range map[string]string{
		"tuples":      "UPDATE tuples SET first_position = first_position + 1 WHERE id = 2",
		"areas":       "UPDATE areas SET credits = credits - 1 WHERE id = 3",
		"area_months": "UPDATE area_months SET lines = lines + 1 WHERE area = 0",
		"events":      "DELETE FROM events WHERE position = 7",
	} {
		pg.Psql(t, "postgres", "postgres", "SET search_path = "+s.Schema+"; "+plant)
		_, differences, err := m.Verify(ctx, oracle)
		if err != nil || !slices.ContainsFunc(differences, func(d postgres.Difference) bool { return d.Check == check }) {
			t.Errorf("%s: not found, %v", plant, err)
		}
	}
}

// rowsOf prints all rows of all tables in order.
func rowsOf(schema string) string {
	script := "SET search_path = " + schema + ";\n"
	for _, table := range []string{"events", "journal", "scope_sets", "tuples", "areas", "area_months", "publications"} {
		script += "SELECT '" + table + "', t FROM " + table + " t ORDER BY 2;\n"
	}
	return script + "SELECT position, chain, genesis FROM progress;\n"
}

func dump(t *testing.T, text string) string {
	t.Helper()
	if len(text) < 10_000 {
		t.Fatalf("only %d bytes of rows", len(text))
	}
	return text
}
