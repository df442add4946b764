package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Source is the log as a model follows it.
type Source interface {
	// Follow calls fn for every block after a position in order, until ctx ends or
	// fn fails.
	Follow(ctx context.Context, after uint64, fn func(eventstore.Block) error) error
}

// Model is the read model in PostgreSQL. It implements projections.Model.
type Model struct {
	source   Source
	settings Settings
	schema   string
	pool     *pgxpool.Pool

	mu       sync.RWMutex
	changed  chan struct{} // closed and replaced when anything below moves
	facts    *facts        // shown; nil until the log was read up to the tables' progress
	progress uint64        // of the tables, as far as facts confirm it
	failed   error         // why Run ended
	trouble  error         // why PostgreSQL is not reached now; nil when it is
}

// New is a model of the log in the schema of the settings. It needs no server
// yet: Run makes the tables and follows the log.
func New(source Source, s Settings) (*Model, error) {
	if s.URL == "" {
		return nil, ErrNoURL
	}
	schema, err := s.schema()
	if err != nil {
		return nil, err
	}
	pool, err := s.connect(schema)
	if err != nil {
		return nil, err
	}
	return &Model{source: source, settings: s, schema: schema, pool: pool, changed: make(chan struct{})}, nil
}

// Close lets the connections go; Run must have ended.
func (m *Model) Close() { m.pool.Close() }

// set changes what queries see, and wakes those who wait for it.
func (m *Model) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
	close(m.changed)
	m.changed = make(chan struct{})
}

// Progress is the position of the newest event in the tables.
func (m *Model) Progress() uint64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.progress
}

// Trouble is why PostgreSQL is not reached now, or why the model has stopped;
// nil when all is well. The model goes on trying while it has not stopped.
func (m *Model) Trouble() error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.failed != nil {
		return m.failed
	}
	return m.trouble
}

// Wait returns when the model has reached the position.
func (m *Model) Wait(ctx context.Context, position uint64) error {
	for {
		m.mu.RLock()
		progress, changed, failed := m.progress, m.changed, m.failed
		m.mu.RUnlock()
		if progress >= position {
			return nil
		}
		if failed != nil {
			return fmt.Errorf("postgres: the read model has stopped: %w", failed)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// State shows the rules' state. It is that of the model's progress, or newer by
// the events that are just being written to the tables.
func (m *Model) State(show func(*domain.Ledger)) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.facts == nil {
		show(domain.NewLedger(domain.Genesis{}))
		return
	}
	show(m.facts.ledger)
}

// ready gives the facts for a query, or says why it cannot be answered. The
// caller holds the lock.
func (m *Model) ready() (*facts, error) {
	switch {
	case m.facts != nil:
		return m.facts, nil
	case m.failed != nil:
		return nil, &UnavailableError{m.failed}
	case m.trouble != nil:
		return nil, &UnavailableError{m.trouble}
	}
	return nil, &UnavailableError{errStarting}
}

// longestStart bounds how long a query waits for a model that is starting.
const longestStart = 5 * time.Second

// begin waits while the model is only starting.
func (m *Model) begin(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, longestStart)
	defer cancel()
	for {
		m.mu.RLock()
		starting, changed := m.facts == nil && m.failed == nil && m.trouble == nil, m.changed
		m.mu.RUnlock()
		if !starting {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
