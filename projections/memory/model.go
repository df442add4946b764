// Package memory is the embedded read model: everything that queries need, in
// the memory of one process, folded from the log at start and kept up block by
// block. It is the default, and the oracle of every other read model.
//
// Texts are numbered, lines lie in slices in the order of the log, and each
// balance (an account of a full tuple) keeps its sums and its lines. At the
// newest position answers come from the sums; for an earlier position or a date
// the lines of the balances concerned are added up again, so no figure is ever
// lost. Sums by month of funds, cities and provinces spare that for most
// questions. A fold takes the write lock for one block, a query the read lock, so an
// answer reflects one position.
package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/eventstore"
	"grantledger/projections"
)

// Source is the log as a model follows it.
type Source interface {
	// Follow calls fn for every block after a position in order, until ctx ends or
	// fn fails.
	Follow(ctx context.Context, after uint64, fn func(eventstore.Block) error) error
}

// Model is the read model in memory. It implements projections.Model.
type Model struct {
	source Source

	mu      sync.RWMutex
	changed chan struct{} // closed and replaced when the progress moves
	failed  error         // why Run ended

	decoder *domain.Decoder // used by Run only, with the events of one block
	block   []domain.Event

	ledger *domain.Ledger
	books
	journal
	publications
	meaning   []meaning // by scope
	registers []registerFrom
	current   []uint32 // by district: the newest code that took its place
	stored    []uint32 // by district: itself
	years     []yearFrom
	subjects  map[string]*roll // ids by kind
}

// registerFrom is the register of districts in force from a position on.
type registerFrom struct {
	position uint32
	register *division.Register
}

// yearFrom is the newest year with entries from a position on.
type yearFrom struct {
	position uint32
	year     int
}

var _ projections.Model = (*Model)(nil)

// New is a model without events. It follows source when Run is called.
func New(source Source) *Model {
	return &Model{
		source: source, changed: make(chan struct{}), decoder: domain.NewDecoder(), ledger: domain.NewLedger(domain.Genesis{}),
		books: newBooks(), journal: newJournal(), publications: newPublications(),
		registers: []registerFrom{{0, division.Base()}}, subjects: map[string]*roll{},
	}
}

// Run follows the log from the model's progress until ctx ends or a block cannot
// be applied.
func (m *Model) Run(ctx context.Context) error {
	err := m.source.Follow(ctx, m.Progress(), m.apply)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed = err
	close(m.changed)
	m.changed = make(chan struct{})
	return err
}

// apply folds one block: decoded first, then all of its events in one step.
func (m *Model) apply(b eventstore.Block) error {
	next := m.Progress() + 1
	if b.First != next {
		return fmt.Errorf("memory: block %d begins at event %d, expected %d", b.Sequence, b.First, next)
	}
	for len(m.block) < b.Count {
		m.block = append(m.block, domain.Event{})
	}
	events := m.block[:b.Count]
	err := b.Each(func(position uint64, head, body []byte) error {
		e := &events[position-b.First]
		if err := m.decoder.Decode(head, body, e); err != nil {
			return fmt.Errorf("memory: event %d: %w", position, err)
		}
		e.Position = position
		return nil
	})
	if err != nil {
		return err
	}
	return m.fold(events)
}

func (m *Model) fold(events []domain.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range events {
		if err := m.add(&events[i]); err != nil {
			return err
		}
	}
	close(m.changed)
	m.changed = make(chan struct{})
	return nil
}

// Expect makes room in an empty model for about so many events.
func (m *Model) Expect(events int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events, m.keys = slices.Grow(m.events, events), slices.Grow(m.keys, 8*events)
	lines := 3 * events
	m.lineCell, m.lineEvent = slices.Grow(m.lineCell, lines), slices.Grow(m.lineEvent, lines)
	m.lineAmount, m.lineDebit = slices.Grow(m.lineAmount, lines), slices.Grow(m.lineDebit, lines)
}

// Observe folds an event that the rules have folded into l just before. It saves
// the model a fold of its own while a log is being opened, before Run; Begin
// ends it.
func (m *Model) Observe(l *domain.Ledger, e *domain.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e.Position != m.progress()+1 {
		return fmt.Errorf("memory: event %d after %d", e.Position, m.progress())
	}
	m.ledger = l
	return m.addOwn(e)
}

// Begin ends Observe: the model takes the rules' state at its progress for its
// own, and follows source when Run is called.
func (m *Model) Begin(source Source, l *domain.Ledger) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.Position() != m.progress() {
		return fmt.Errorf("memory: rules at %d, model at %d", l.Position(), m.progress())
	}
	m.source, m.ledger = source, l
	return nil
}

// Progress is the position of the newest event applied.
func (m *Model) Progress() uint64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.progress()
}

// progress is Progress for those who hold the lock.
func (m *Model) progress() uint64 { return uint64(len(m.events)) }

// Wait returns when the model has reached the position.
func (m *Model) Wait(ctx context.Context, position uint64) error {
	for {
		m.mu.RLock()
		progress, changed, failed := m.progress(), m.changed, m.failed
		m.mu.RUnlock()
		if progress >= position {
			return nil
		}
		if failed != nil && !errors.Is(failed, context.Canceled) {
			return fmt.Errorf("memory: the read model has stopped: %w", failed)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// State shows the rules' state at the model's progress.
func (m *Model) State(show func(*domain.Ledger)) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	show(m.ledger)
}

// limit is the position that a query is answered at.
func (m *Model) limit(position uint64) (uint32, error) {
	if position > m.progress() {
		return 0, projections.ErrAhead
	}
	if position == 0 {
		position = m.progress()
	}
	return uint32(position), nil
}
