package postgres_test

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"grantledger/projections"
	"grantledger/projections/postgres"
	"grantledger/projections/postgres/pgtest"
	"grantledger/projections/projtest"
)

// shared is one server for the tests that leave it alone.
var shared struct {
	sync.Mutex
	server *pgtest.Server
	schema atomic.Int64
}

// outlasting is a test whose clean-up is left to TestMain.
type outlasting struct {
	testing.TB
	ends []func()
}

func (o *outlasting) Cleanup(f func()) { o.ends = append(o.ends, f) }

var atEnd outlasting

func TestMain(m *testing.M) {
	if setting := os.Getenv("GRANTLEDGER_FOLLOW"); setting != "" {
		follow(setting)
	}
	code := m.Run()
	for _, f := range atEnd.ends {
		f()
	}
	os.Exit(code)
}

// server is the shared server.
func server(t testing.TB) *pgtest.Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		atEnd.TB = t
		shared.server = pgtest.Start(&atEnd)
	}
	return shared.server
}

// settings are those of a schema of its own.
func settings(s *pgtest.Server) postgres.Settings {
	return postgres.Settings{URL: s.URL(), MaxConns: 4, Schema: fmt.Sprintf("test_%d", shared.schema.Add(1))}
}

// open makes a model in a schema of its own.
func open(t testing.TB, source postgres.Source, s postgres.Settings) *postgres.Model {
	t.Helper()
	m, err := postgres.New(source, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestContract(t *testing.T) {
	s := server(t)
	projtest.Run(t, func(t *testing.T, log *projtest.Log) projections.Model { return open(t, log, settings(s)) })
}
