package postgres_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"grantledger/projections"
	"grantledger/projections/postgres"
	"grantledger/projections/projtest"

	"github.com/jackc/pgx/v5"
)

// TestLocked holds a table locked: a query is told within its time that the
// model is not available, and is answered when the lock is gone.
func TestLocked(t *testing.T) {
	s := settings(server(t))
	s.Patience = 900 * time.Millisecond
	m := open(t, projtest.Village(41, 60), s)
	run(t, m)
	reach(t, m, 60)
	conn, err := pgx.Connect(ctx, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "BEGIN; LOCK TABLE "+s.Schema+".tuples, "+s.Schema+".events, "+s.Schema+".areas"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = m.Events(ctx, projections.Everything, projections.EventQuery{Limit: 10})
	if away := (*postgres.UnavailableError)(nil); !errors.As(err, &away) || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Events(ctx, projections.Everything, projections.EventQuery{Limit: 10}); err != nil {
		t.Error(err)
	}
}

// TestAnalystsPage runs what the page for analysts says, as an account made by it.
func TestAnalystsPage(t *testing.T) {
	pg := server(t)
	s := settings(pg)
	m := open(t, projtest.Village(42, 400), s)
	run(t, m)
	reach(t, m, 400)
	page, err := os.ReadFile("ANALYSTS.md")
	if err != nil {
		t.Fatal(err)
	}
	as := "postgres"
	blocks := strings.Split(string(page), "```sql\n")[1:]
	for _, b := range blocks {
		text, _, _ := strings.Cut(b, "```")
		out := pg.Psql(t, as, "postgres", strings.ReplaceAll(text, "search_path = grantledger", "search_path = "+s.Schema))
		if as == "analyst" && strings.Count(out, "\n") < 3 {
			t.Errorf("%s gives %q", text, out)
		}
		as = "analyst"
	}
	pg.Psql(t, "postgres", "postgres", "DROP ROLE analyst")
}
