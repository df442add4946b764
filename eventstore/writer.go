package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

// waiting is how many requests may wait to be decided.
const waiting = 4096

// Writer is the only one that appends to a log. One goroutine decides the commands of all callers in the order of
// arrival and packs what waits into one block; while a block is in flight it goes on deciding the next one. Every event
// passes the whole record format before it is published.
type Writer[C any, E Pending, A any] struct {
	log       *Log
	rules     Rules[C, E, A]
	queue     chan *request[C, A]
	confirmed atomic.Bool // an operator confirmed the clock
	away      atomic.Bool // the log cannot be read: all requests are refused

	mu      sync.RWMutex
	refusal error // set when no more requests are taken

	// Used by Run only.
	ids     stamper
	history merkle.History // after everything that is decided
	event   record.Event
	body    []byte
	head    []byte
	names   []byte           // of the event: id, type, subject
	alone   bool             // nothing came during the last flight: a block is stored without a goroutine, which a lone caller waits less for
	careful bool             // a block was malformed: events are parsed one by one
	again   []*request[C, A] // to be decided before the queue
	open    *group[C, A]     // being decided; nil when empty
	flight  *group[C, A]     // being stored; nil when none is
	outcome chan outcome
	revived chan error // of the Revive under way; nil when none is

	inspected record.Event // used by the goroutine of the block in flight

	largest int // bytes of the largest request of late, to cut a block in time
}

// request is one call of Do.
type request[C, A any] struct {
	commands []C
	state    atomic.Int32 // of its caller and the writer, one of the states
	begins   bool         // it begins a block, because it did not fit into the one before
	done     chan struct{}

	answers  []A
	from, to int // its events in the group
	receipt  Receipt
	err      error
}

// States of a request.
const (
	queued  = iota
	taken   // by the writer
	givenUp // by its caller
)

// NewWriter makes the writer of an open log with rules whose Apply took its events. Run must be running for Do to answer.
func NewWriter[C any, E Pending, A any](l *Log, rules Rules[C, E, A]) *Writer[C, E, A] {
	w := &Writer[C, E, A]{log: l, rules: rules, queue: make(chan *request[C, A], waiting), outcome: make(chan outcome, 1)}
	w.ids.random = l.config.Random
	w.confirmed.Store(l.config.ClockConfirmed)
	return w
}

// Do decides commands, all or none, and returns when their events are on disk: one answer per command and where the
// events are. A refusal is the error of the rules, and says nothing about events that may still be lost. Other errors are
// those of this package; of them only ErrOutcomeUnknown, which also a context that ends too late gives, leaves open
// whether the events were stored.
func (w *Writer[C, E, A]) Do(ctx context.Context, commands ...C) ([]A, Receipt, error) {
	r := &request[C, A]{commands: commands, done: make(chan struct{})}
	if err := w.enqueue(r); err != nil {
		return nil, Receipt{}, err
	}
	select {
	case <-r.done:
		return r.answers, r.receipt, r.err
	case <-ctx.Done():
	}
	if r.state.CompareAndSwap(queued, givenUp) {
		return nil, Receipt{}, fmt.Errorf("wait for the writer, nothing was stored: %w", ctx.Err())
	}
	select {
	case <-r.done:
		return r.answers, r.receipt, r.err
	default:
		return nil, Receipt{}, errors.Join(ErrOutcomeUnknown, ctx.Err())
	}
}

func (w *Writer[C, E, A]) enqueue(r *request[C, A]) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.refusal != nil {
		return w.refusal
	}
	select {
	case w.queue <- r:
		return nil
	default:
		return ErrBusy
	}
}

// ConfirmClock lets the next block be recorded although the clock is more than 30 days ahead of the last event.
func (w *Writer[C, E, A]) ConfirmClock() { w.confirmed.Store(true) }

// ClockError says what the writer would answer for its clock's sake: nil, ErrClockBehind or ErrClockUnconfirmed.
func (w *Writer[C, E, A]) ClockError() error {
	var s stamper
	if last := w.log.LastTime(); !last.IsZero() {
		if err := s.last.SetTime(uint64(last.UnixMilli())); err != nil {
			return err
		}
	}
	_, err := s.now(w.log.config.Clock(), w.confirmed.Load())
	return err
}

// Trouble says why commands are refused now: ErrUnavailable when the log has no room or cannot be read, else nil.
func (w *Writer[C, E, A]) Trouble() error {
	if w.away.Load() {
		return ErrUnavailable
	}
	return w.log.room()
}

// Run writes until ctx ends; then new and waiting requests get ErrShuttingDown, and what was decided is still stored. It
// returns nil then, or an error when the log itself can no longer be trusted.
func (w *Writer[C, E, A]) Run(ctx context.Context) error {
	w.reset()
	var tick <-chan time.Time
	if w.log.config.CatchUp > 0 {
		t := time.NewTicker(w.log.config.CatchUp)
		defer t.Stop()
		tick = t.C
	}
	for {
		if err := w.step(ctx, tick); err != nil {
			w.refuse(ErrUnavailable)
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	w.refuse(ErrShuttingDown)
	for w.flight != nil || w.open != nil {
		if w.flight == nil {
			w.send()
		}
		if err := w.settle(ctx, <-w.outcome); err != nil {
			w.refuse(ErrUnavailable)
			return err
		}
		w.refuse(ErrShuttingDown)
	}
	return nil
}

// step does what is there to do, or waits for it.
func (w *Writer[C, E, A]) step(ctx context.Context, tick <-chan time.Time) error {
	select {
	case o := <-w.outcome:
		if err := w.settle(ctx, o); err != nil || w.open == nil {
			return err
		}
		w.send() // the disk is never idle while something is decided
	default:
	}
	if r := w.next(); r != nil {
		return w.take(ctx, r)
	}
	if w.flight == nil && w.open != nil {
		w.send()
	}
	queue := w.queue
	if w.full() {
		queue = nil
	}
	select {
	case r := <-queue:
		return w.take(ctx, r)
	case o := <-w.outcome:
		return w.settle(ctx, o)
	case <-tick:
		if w.flight == nil && w.open == nil {
			return w.catchUp(ctx)
		}
		return nil
	case <-ctx.Done():
		return nil
	}
}

// next is a request that waits and may still go into the open group; nil when there is none. A request of one command
// that is waiting now shares the block: the group is sent when nothing waits.
func (w *Writer[C, E, A]) next() *request[C, A] {
	if w.full() {
		return nil
	}
	if len(w.again) > 0 {
		r := w.again[0]
		w.again = w.again[1:]
		return r
	}
	select {
	case r := <-w.queue:
		return r
	default:
		return nil
	}
}

// full reports whether the open group must be sent before another request is decided.
func (w *Writer[C, E, A]) full() bool {
	if w.open == nil {
		return false
	}
	return len(w.again) > 0 && w.again[0].begins || len(w.open.Data)+w.largest > record.MaxBlock
}

// refuse answers everything that waits, and all that comes, with an error.
func (w *Writer[C, E, A]) refuse(err error) {
	w.mu.Lock()
	w.refusal = err
	w.mu.Unlock()
	for _, r := range w.again {
		r.fail(err)
	}
	w.again = nil
	w.drain(err)
}

// drain answers everything that waits in the queue with an error.
func (w *Writer[C, E, A]) drain(err error) {
	for {
		select {
		case r := <-w.queue:
			r.fail(err)
		default:
			return
		}
	}
}

func (r *request[C, A]) fail(err error) {
	r.answers, r.receipt, r.err = nil, Receipt{}, err
	close(r.done)
}
