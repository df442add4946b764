package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"grantledger/eventstore"
)

// Bounds of the follow loop.
const (
	batchEvents = 20_000                  // in one transaction, about
	queueBlocks = 64                      // decoded ahead
	firstPause  = 50 * time.Millisecond   // before PostgreSQL is tried again
	longPause   = 2000 * time.Millisecond // doubled up to this

	mostPending  = 50_000          // kept for a PostgreSQL that is away
	longestWrite = 2 * time.Minute // of a batch: a server that hangs is away
)

// stopError marks what trying again cannot mend.
type stopError struct{ error }

func (e stopError) Unwrap() error { return e.error }

// Run makes the tables where they are missing and follows the log until ctx
// ends, or an event that cannot be applied. It waits out a PostgreSQL that is
// away or refuses, and follows the log for State meanwhile.
func (m *Model) Run(ctx context.Context) error {
	p := &projector{m: m}
	defer p.unfollow()
	for pause := time.Duration(0); ; {
		err := p.run(ctx, pause)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s := (stopError{}); errors.As(err, &s) {
			m.set(func() { m.failed = err })
			return err
		}
		if p.moved || errors.Is(err, errMoved) {
			pause, p.moved = 0, false
		}
		if errors.Is(err, errMoved) {
			continue
		}
		pause = min(max(2*pause, firstPause), longPause)
		p.migrated = p.migrated && passing(err) // somebody may have taken the tables away
		m.set(func() { m.trouble = err })
		m.pool.Reset() // the other connections are broken as well
		m.reads.Reset()
	}
}

// projector is one Run at work.
type projector struct {
	m        *Model
	migrated bool
	moved    bool // the tables moved since the last error

	reader  *reader
	facts   *facts
	floor   progress // of the last event that is not pending, as far as folded
	stored  progress // of the tables
	pending []*event // folded and not stored
	broken  error    // why no more can be folded
}

// progress is the row of the table.
type progress struct {
	position       uint64
	chain, genesis []byte
}

// run connects, takes up where the tables are and writes until an error.
func (p *projector) run(ctx context.Context, pause time.Duration) error {
	found, err := p.ask(ctx, pause)
	if err != nil {
		return err
	}
	if err := p.adopt(found); err != nil {
		return err
	}
	if p.broken != nil {
		return errors.Join(p.store(ctx), p.broken)
	}
	p.follow(ctx)
	return p.loop(ctx, p.reader.blocks, p.reader.failed)
}

// adopt brings what is folded in line with the tables' progress.
func (p *projector) adopt(found progress) error {
	p.stored = found
	switch {
	case p.floor.position > found.position:
		p.restart()
	case p.floor.position == found.position && found.position > 0 && string(p.floor.chain) != string(found.chain):
		return p.stranger()
	}
	return p.settle()
}

// settle lets go of the pending events that the tables hold by now, and shows
// the facts as soon as they have reached the tables' progress.
func (p *projector) settle() error {
	done := 0
	for done < len(p.pending) && p.pending[done].Position <= p.stored.position {
		done++
	}
	if done > 0 {
		last := p.pending[done-1]
		if last.Position == p.stored.position && string(last.chain[:]) != string(p.stored.chain) {
			return p.stranger()
		}
		p.drop(done)
	}
	if p.facts.position < p.stored.position {
		return nil
	}
	p.m.set(func() {
		p.m.facts, p.m.progress, p.m.trouble = p.facts, p.stored.position, nil
		if p.facts.position >= p.m.state.position {
			p.m.state = p.facts
		}
	})
	return nil
}

// stranger says how the schema and the log differ.
func (p *projector) stranger() error {
	if string(p.facts.genesis[:]) != string(p.stored.genesis) {
		return stopError{fmt.Errorf("postgres: schema %s: %w", p.m.schema, ErrOtherLog)}
	}
	return stopError{fmt.Errorf("postgres: schema %s at event %d: %w", p.m.schema, p.stored.position, ErrFork)}
}

// send decodes a block and passes it on.
func send(ctx context.Context, to chan<- []*event, b eventstore.Block) error {
	out, err := decode(b)
	if err != nil {
		return err
	}
	select {
	case to <- out:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loop takes what is queued, folds it and stores it, over and over.
func (p *projector) loop(ctx context.Context, blocks <-chan []*event, failed chan error) error {
	if err := p.store(ctx); err != nil { // what an error left over
		return err
	}
	for {
		err := p.gather(blocks, failed)
		if errors.Is(err, ErrFork) || errors.Is(err, ErrOtherLog) {
			return err
		}
		if stored := p.store(ctx); stored != nil {
			return stored
		}
		if err != nil {
			return err
		}
	}
}

// gather waits for a block and takes it with all that is queued behind it. What
// was taken before an error is to be stored.
func (p *projector) gather(blocks <-chan []*event, failed chan error) error {
	select {
	case events := <-blocks:
		if err := p.take(events); err != nil {
			return err
		}
	case err := <-failed:
		failed <- err
		if err := p.queued(blocks, math.MaxInt); err != nil {
			return err
		}
		return stopError{err}
	}
	return p.queued(blocks, batchEvents)
}

// queued takes what is in the queue, while fewer than most events are pending.
func (p *projector) queued(blocks <-chan []*event, most int) error {
	for len(p.pending) < most {
		select {
		case events := <-blocks:
			if err := p.take(events); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// take folds a block. Queries may read the facts meanwhile.
func (p *projector) take(events []*event) error {
	if len(events) > 0 && events[0].Position != p.facts.position+1 {
		return stopError{fmt.Errorf("postgres: event %d follows event %d", events[0].Position, p.facts.position)}
	}
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	defer p.m.wake()
	before := len(p.pending)
	for _, e := range events {
		if err := p.facts.fold(e); err != nil {
			p.pending = p.pending[:before] // a block counts as a whole
			return stopError{fmt.Errorf("postgres: event %d: %w", e.Position, err)}
		}
		if e.Position == p.stored.position && string(e.chain[:]) != string(p.stored.chain) {
			return p.stranger()
		}
		if e.Position > p.stored.position {
			p.pending = append(p.pending, e)
		} else {
			p.floor = progress{position: e.Position, chain: e.chain[:]}
		}
	}
	return nil
}

// store writes the pending events in one transaction with the progress.
func (p *projector) store(ctx context.Context) error {
	if p.facts.position < p.stored.position {
		return nil
	}
	if len(p.pending) == 0 {
		return p.settle()
	}
	writing, cancel := context.WithTimeout(ctx, longestWrite)
	defer cancel()
	to, err := p.write(writing)
	if err != nil {
		return err
	}
	p.stored, p.moved = to, true
	return p.settle()
}
