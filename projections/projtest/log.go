// Package projtest is the contract that every read model passes: given events,
// the same balances, statements, lists and reports, at any position, for ever.
// It plays the golden scenarios of the rules, checks the answers against sums
// made here line by line, and against balances.tsv and report.tsv byte for byte.
package projtest

import (
	"context"
	"sync"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections/generate"
)

// Log is a log in memory with the bytes that a real one stores. It is a source
// for read models.
type Log struct {
	mu      sync.Mutex
	blocks  []eventstore.Block
	events  []domain.Event // stored, with position, id and time
	changed chan struct{}
}

// NewLog is an empty log.
func NewLog() *Log { return &Log{changed: make(chan struct{})} }

// Append stores the events as one block at the recording time and returns the
// position of the last one. It gives positions, ids and times.
func (l *Log) Append(at time.Time, events ...*domain.Event) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := uint64(len(l.events)) + 1
	var data []byte
	for i, e := range events {
		stored := *e
		stored.Position = first + uint64(i)
		stored.ID, stored.Time = generate.ID(at, stored.Position), at.UTC()
		head, body := generate.Encode(&stored)
		data = append(append(append(append(data, head...), '\n'), body...), '\n')
		l.events = append(l.events, stored)
	}
	l.AppendBlock(eventstore.Block{Sequence: uint64(len(l.blocks)) + 1, First: first, Count: len(events), Data: data})
	return first + uint64(len(events)) - 1
}

// AppendBlock stores a block as it is; the caller holds the lock or is alone.
func (l *Log) AppendBlock(b eventstore.Block) {
	l.blocks = append(l.blocks, b)
	close(l.changed)
	l.changed = make(chan struct{})
}

// Events lists the stored events.
func (l *Log) Events() []domain.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events[:len(l.events):len(l.events)]
}

// Follow calls fn for every block after a position until ctx ends or fn fails.
func (l *Log) Follow(ctx context.Context, after uint64, fn func(eventstore.Block) error) error {
	for n := 0; ; n++ {
		b, err := l.block(ctx, n)
		if err != nil {
			return err
		}
		if b.Last() <= after {
			continue
		}
		if err := fn(b); err != nil {
			return err
		}
	}
}

// block waits for the block of an index.
func (l *Log) block(ctx context.Context, n int) (eventstore.Block, error) {
	for {
		l.mu.Lock()
		blocks, changed := l.blocks, l.changed
		l.mu.Unlock()
		if n < len(blocks) {
			return blocks[n], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return eventstore.Block{}, ctx.Err()
		}
	}
}
