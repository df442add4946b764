package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"grantledger/eventstore"
)

// reader follows the log in a goroutine of its own and decodes ahead.
type reader struct {
	blocks chan []*event
	failed chan error // one error: why it ended
	cancel context.CancelFunc
}

// follow makes sure that a reader goes on behind what is folded.
func (p *projector) follow(ctx context.Context) {
	if p.facts == nil {
		p.restart()
	}
	if p.reader != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{make(chan []*event, queueBlocks), make(chan error, 1), cancel}
	after := p.facts.position
	go func() {
		r.failed <- p.m.source.Follow(ctx, after, func(b eventstore.Block) error { return send(ctx, r.blocks, b) })
	}()
	p.reader = r
}

// unfollow ends the reader; it has ended when another one begins.
func (p *projector) unfollow() {
	if p.reader == nil {
		return
	}
	p.reader.cancel()
	<-p.reader.failed
	p.reader = nil
}

// restart folds the log from its first event again. What is shown stays until
// the new facts have reached it.
func (p *projector) restart() {
	p.unfollow()
	p.facts, p.pending, p.floor = newFacts(), nil, progress{}
	p.m.set(func() {
		if p.m.state == nil {
			p.m.state = p.facts
		}
	})
}

// drop lets the first n pending events go.
func (p *projector) drop(n int) {
	last := p.pending[n-1]
	p.floor = progress{position: last.Position, chain: last.chain[:]}
	p.pending = p.pending[n:]
}

// found is what PostgreSQL says of its tables.
type found struct {
	progress
	err error
}

// ask makes the tables where they are missing and reads their progress, after a
// pause. Meanwhile, however long that takes, the log is folded, so that rights
// are judged by its end. Pending events are kept up to a bound; a PostgreSQL
// that was away for longer is answered by folding the log again.
func (p *projector) ask(ctx context.Context, pause time.Duration) (progress, error) {
	p.follow(ctx)
	asking, cancel := context.WithCancel(ctx)
	answer := make(chan found, 1)
	go func() {
		at, err := p.m.asked(asking, pause, p.migrated)
		answer <- found{at, err}
	}()
	defer cancel()
	for {
		blocks, failed := p.reader.blocks, p.reader.failed
		if p.broken != nil {
			blocks, failed = nil, nil
		}
		select {
		case a := <-answer:
			p.migrated = p.migrated || a.err == nil
			if a.err != nil && p.broken != nil {
				return a.progress, p.broken
			}
			return a.progress, a.err
		case events := <-blocks:
			p.broken = p.take(events)
			if len(p.pending) > mostPending {
				p.drop(len(p.pending))
			}
		case err := <-failed:
			failed <- err
			if p.broken = p.queued(blocks, math.MaxInt); p.broken == nil {
				p.broken = stopError{err}
			}
		}
	}
}

// asked waits, migrates unless that was done, and reads the progress.
func (m *Model) asked(ctx context.Context, pause time.Duration, migrated bool) (at progress, err error) {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
		return at, ctx.Err()
	}
	if err := checkLayout(ctx, m.pool, m.schema); errors.Is(err, ErrLayout) {
		return at, stopError{err}
	} else if err != nil {
		return at, fmt.Errorf("postgres: layout: %w", err)
	}
	if !migrated {
		if err := migrate(ctx, m.pool.Config().ConnConfig, m.schema, 0); err != nil {
			return at, err
		}
	}
	row := m.pool.QueryRow(ctx, "SELECT position, chain, genesis FROM progress")
	if err := row.Scan(&at.position, &at.chain, &at.genesis); err != nil {
		return at, fmt.Errorf("postgres: progress: %w", err)
	}
	return at, nil
}
