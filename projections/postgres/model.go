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
	pool     *pgxpool.Pool // of Run and Verify
	reads    *pgxpool.Pool // of queries, which have little time

	mu       sync.RWMutex
	changed  chan struct{} // closed and replaced when anything below moves
	facts    *facts        // shown; nil until the log was read up to the tables' progress
	state    *facts        // whose rules State shows; goes on while PostgreSQL is away
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
	reads, err := s.connectReads(schema)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Model{source: source, settings: s, schema: schema, pool: pool, reads: reads, changed: make(chan struct{})}, nil
}

// Close lets the connections go; Run must have ended.
func (m *Model) Close() {
	m.reads.Close()
	m.pool.Close()
}

// set changes what queries see, and wakes those who wait for it.
func (m *Model) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
	m.wake()
}

// wake tells those who wait; the caller holds the lock.
func (m *Model) wake() {
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
	switch {
	case m.failed != nil:
		return m.failed
	case m.trouble == nil && m.facts == nil:
		return errStarting
	}
	return m.trouble
}

// Begin returns when State shows the rules at the position, and the tables have
// reached it, PostgreSQL is in trouble, or it has had its time to begin. A server
// may take commands from then on.
func (m *Model) Begin(ctx context.Context, position uint64) error {
	late := time.After(longestStart)
	for {
		m.mu.RLock()
		known := position == 0 || m.state != nil && m.state.position >= position
		there, changed, failed := m.facts != nil && m.progress >= position || m.trouble != nil, m.changed, m.failed
		m.mu.RUnlock()
		switch {
		case failed != nil:
			return fmt.Errorf("postgres: the read model has stopped: %w", failed)
		case known && there:
			return nil
		}
		expired := late
		if !known {
			expired = nil
		}
		select {
		case <-changed:
		case <-expired:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
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

// between narrows the positions of a span of recording time; see facts.between.
func (m *Model) between(from, to time.Time) (after, until uint64, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	f, err := m.ready()
	if err != nil {
		return 0, 0, err
	}
	after, until = f.between(from, to)
	return after, until, nil
}

// State shows the rules' state. It is that of the model's progress, or newer by
// the events that are just being written to the tables, or that wait for a
// PostgreSQL that is away: rights do not depend on it.
func (m *Model) State(show func(*domain.Ledger)) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.state == nil {
		show(domain.NewLedger(domain.Genesis{}))
		return
	}
	show(m.state.ledger)
}

// ready gives the facts for a query, or says why it cannot be answered. The
// caller holds the lock.
func (m *Model) ready() (*facts, error) {
	switch {
	case m.facts != nil && (m.trouble == nil || answered(m.trouble)):
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
