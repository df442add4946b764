// Package pgtest gives tests a real PostgreSQL server. Where it is not installed
// the test is skipped and says so.
package pgtest

import (
	"errors"
	"testing"

	"grantledger/projections/postgres/pgserver"
)

// Server is a PostgreSQL server of its own; what fails ends the test.
type Server struct{ *pgserver.Server }

// Start makes a cluster and runs it until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartIn(t, "")
}

// StartIn is Start with the cluster in a directory, "" for the usual one.
func StartIn(t testing.TB, parent string) *Server {
	t.Helper()
	s, err := pgserver.StartIn(parent)
	if errors.Is(err, pgserver.ErrNone) {
		t.Skipf("test skipped: %v", err)
	}
	fatal(t, err)
	t.Cleanup(s.Remove)
	return &Server{s}
}

// Run starts the server again.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	fatal(t, s.Server.Run())
}

// Stop ends the server by a mode of pg_ctl: smart, fast or immediate.
func (s *Server) Stop(t testing.TB, mode string) {
	t.Helper()
	fatal(t, s.Server.Stop(mode))
}

// Psql is what a script prints, unaligned and without headers.
func (s *Server) Psql(t testing.TB, as, database, script string) string {
	t.Helper()
	out, err := s.Server.Psql(as, database, script)
	fatal(t, err)
	return out
}

// Freeze stops all processes of the server until thaw.
func (s *Server) Freeze(t testing.TB) (thaw func()) {
	t.Helper()
	unfreeze, err := s.Server.Freeze()
	fatal(t, err)
	return func() { t.Helper(); fatal(t, unfreeze()) }
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
