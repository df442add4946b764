package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"

	"github.com/oklog/ulid/v2"
)

// group is a block being made, with the requests that are answered when it is stored.
type group[C, A any] struct {
	Block
	requests []*request[C, A]
	ids      []ulid.ULID    // of the events
	careful  bool           // every event was parsed when it was added
	history  merkle.History // after the group
	found    examined       // the block as inspect reads it
}

// errFull means that an event does not fit into the open group any more.
var errFull = errors.New("block is full")

// take decides one request.
func (w *Writer[C, E, A]) take(ctx context.Context, r *request[C, A]) error {
	if !r.state.CompareAndSwap(queued, taken) && r.state.Load() != taken {
		return nil // its caller has gone
	}
	at, err := w.ids.now(w.log.config.Clock(), w.confirmed.Load())
	if err != nil {
		r.fail(err)
		return nil
	}
	events, answers, err := w.rules.Execute(r.commands, at)
	r.answers, r.err = answers, err
	if err != nil || len(events) == 0 {
		r.from, r.to = 0, 0
		w.hold(r)
		return nil
	}
	if w.open == nil {
		w.open = w.newGroup()
	}
	before, began := len(w.open.Data), w.open.Count
	for _, e := range events {
		if err := w.encode(w.open, e, at); err != nil {
			return w.takeBack(ctx, r, err, began > 0)
		}
	}
	w.largest = max(len(w.open.Data)-before, w.largest*15/16) // a large one is forgotten after some small ones
	r.from, r.to = began, w.open.Count
	w.open.requests = append(w.open.requests, r)
	return nil
}

func (w *Writer[C, E, A]) newGroup() *group[C, A] {
	g := &group[C, A]{careful: w.careful}
	g.First = w.log.chain.Position() + 1
	if w.flight != nil {
		g.Data = make([]byte, 0, min(len(w.flight.Data)*5/4, record.MaxBlock))
	}
	return g
}

// hold answers a request without events, at once or, when it saw events that are not stored yet, after those are.
func (w *Writer[C, E, A]) hold(r *request[C, A]) {
	switch {
	case w.open != nil:
		w.open.requests = append(w.open.requests, r)
	case w.flight != nil:
		w.flight.requests = append(w.flight.requests, r)
	default:
		close(r.done)
	}
}

// encode gives an event its id and salt and adds its lines to the group. It asks what holds between events; that the lines
// themselves are what an auditor accepts is asked of the whole block on its way to the disk (inspect).
func (w *Writer[C, E, A]) encode(g *group[C, A], e E, at time.Time) error {
	h := record.Heading{}
	h.Type, h.Subject, h.Version, h.Scopes = e.Header()
	id, err := w.ids.next(at)
	if err != nil {
		return err
	}
	if err := id.MarshalTextTo(h.ID[:]); err != nil {
		return fmt.Errorf("write an id: %w", err)
	}
	var salt [16]byte
	if _, err := io.ReadFull(w.ids.random, salt[:]); err != nil {
		return fmt.Errorf("make a salt: %w", err)
	}
	actor, key := e.Author()
	if key == "" {
		key = "system:" + string(h.ID[:])
	}
	w.body = e.AppendTail(record.AppendBodyStart(w.body[:0], salt, actor, key))
	h.Body = hashOf(w.body)
	w.head = record.AppendHead(w.head[:0], h)
	if len(w.head) > record.MaxHead || len(w.body) > record.MaxBody || len(h.Scopes) > record.MaxScopes {
		return ErrTooLarge
	}
	if err := w.admit(g, &h, w.head, w.body); err != nil {
		return err
	}
	if len(g.Data)+len(w.head)+len(w.body)+2 > record.MaxBlock {
		return errFull
	}
	g.Data = record.AppendPair(g.Data, w.head, w.body)
	g.ids = append(g.ids, id)
	g.Count++
	return nil
}

// ledgerTypes begins the types of the events by which the ledger speaks about itself.
const ledgerTypes = "ledger."

// admit asks that verification would accept the event after those before it. The lines are parsed only where something in
// them depends on the events before, and in a careful group.
func (w *Writer[C, E, A]) admit(g *group[C, A], h *record.Heading, head, body []byte) error {
	next := &w.event.Head
	if g.careful || strings.HasPrefix(h.Type, ledgerTypes) {
		if err := w.event.Parse(head, body); err != nil {
			return fmt.Errorf("event refused by the record format: %w", err)
		}
	} else {
		w.names = append(append(append(w.names[:0], h.ID[:]...), h.Type...), h.Subject...)
		of := len(h.ID) + len(h.Type)
		*next = record.Head{ID: w.names[:len(h.ID)], Type: w.names[len(h.ID):of], Subject: w.names[of:], Version: h.Version}
	}
	if err := w.log.chain.Next(next); err != nil {
		return fmt.Errorf("event refused by the record format: %w", err)
	}
	if n, ok := noteOf(g.First+uint64(g.Count), &w.event); ok {
		if _, err := enter(&w.history, []note{n}, w.log.Root); err != nil {
			return fmt.Errorf("event refused by the record format: %w", err)
		}
	}
	return nil
}

// inspect parses the whole block, as those do who verify it.
func (g *group[C, A]) inspect(e *record.Event) bool {
	err := g.found.examine(g.Sequence, nil, g.Data, e)
	g.found.place(g.First)
	return err == nil && g.found.Count == g.Count
}

// takeBack undoes a request whose events cannot be in the open group. The rules can only forget everything that is not
// confirmed, so the block in flight is waited for and the group decided again: without the request, which is answered
// with the error, or, when it is only the block that is full, with the request in a block of its own.
func (w *Writer[C, E, A]) takeBack(ctx context.Context, r *request[C, A], err error, others bool) error {
	switch {
	case errors.Is(err, errFull) && others:
		r.begins = true
		w.requeue(r)
	case errors.Is(err, errFull):
		r.fail(ErrTooLarge)
	default:
		r.fail(err)
	}
	w.requeue(w.open.requests...)
	w.open = nil
	if w.flight != nil {
		if err := w.settle(ctx, <-w.outcome); err != nil {
			return err
		}
	}
	w.rollback()
	return nil
}

// requeue puts requests in front of all that wait.
func (w *Writer[C, E, A]) requeue(rs ...*request[C, A]) {
	w.again = append(append(make([]*request[C, A], 0, len(rs)+len(w.again)), rs...), w.again...)
}

// rollback forgets all that is decided and not stored.
func (w *Writer[C, E, A]) rollback() {
	w.rules.Rollback()
	w.log.chain.Rollback()
	w.reset()
}

// reset takes ids and notes from the stored events.
func (w *Writer[C, E, A]) reset() {
	w.ids.set(w.log.chain.Last())
	w.history = w.log.history
}

// send cuts the open group and publishes it.
func (w *Writer[C, E, A]) send() {
	g := w.open
	w.open, w.flight = nil, g
	w.rules.Cut()
	w.log.chain.Cut()
	g.Sequence, g.history = w.log.Sequence()+1, w.history
	if w.alone {
		w.outcome <- w.store(g)
		return
	}
	go func() { w.outcome <- w.store(g) }()
}

// store publishes a group that passes inspection.
func (w *Writer[C, E, A]) store(g *group[C, A]) outcome {
	if !g.inspect(&w.inspected) {
		return malformed
	}
	return w.log.publish(g.Block, g.found.id)
}

// settle takes what became of the block in flight.
func (w *Writer[C, E, A]) settle(ctx context.Context, o outcome) error {
	g := w.flight
	w.flight = nil
	w.alone = len(g.requests) == 1 && w.open == nil && len(w.queue) == 0 && len(w.again) == 0
	switch o {
	case committed:
		w.commit(g)
		return nil
	case fenced:
		w.requeueOpen()
		w.requeue(g.requests...)
		w.rollback()
		return w.catchUp(ctx)
	case malformed:
		w.requeueOpen()
		w.requeueSlowly(g)
		w.rollback()
		return nil
	case refused:
		g.fail(ErrUnavailable)
		w.failOpen()
		w.rollback()
		return nil
	}
	g.fail(ErrOutcomeUnknown)
	w.failOpen()
	w.rollback()
	return w.recover(ctx)
}

// requeueSlowly decides a malformed group again, event by event, so that only the request is refused whose event it is.
func (w *Writer[C, E, A]) requeueSlowly(g *group[C, A]) {
	if g.careful {
		g.fail(ErrUnavailable)
		return
	}
	w.careful = true
	w.requeue(g.requests...)
}

func (w *Writer[C, E, A]) requeueOpen() {
	if w.open != nil {
		w.requeue(w.open.requests...)
		w.open = nil
	}
}

func (w *Writer[C, E, A]) failOpen() {
	if w.open != nil {
		w.open.fail(ErrUnavailable)
		w.open = nil
	}
}

func (g *group[C, A]) fail(err error) {
	for _, r := range g.requests {
		r.fail(err)
	}
}

// commit takes a stored group into the log and answers its requests.
func (w *Writer[C, E, A]) commit(g *group[C, A]) {
	w.rules.Confirm()
	w.log.chain.Confirm()
	w.log.history = g.history
	w.log.add(&g.found)
	w.log.inForce(g.history.Trust, g.history.Sealed)
	w.confirmed.Store(w.log.config.ClockConfirmed)
	w.careful = w.careful && !g.careful
	for _, r := range g.requests {
		r.receipt = g.receipt(r.from, r.to)
		close(r.done)
	}
}

// receipt is that of some events of the group.
func (g *group[C, A]) receipt(from, to int) Receipt {
	if from == to {
		return Receipt{}
	}
	stamps := make([]Stamp, 0, to-from)
	for i := from; i < to; i++ {
		stamps = append(stamps, Stamp{g.First + uint64(i), g.ids[i].String(), ulid.Time(g.ids[i].Time()).UTC()})
	}
	return Receipt{First: g.First + uint64(from), Last: g.First + uint64(to) - 1, Stamps: stamps}
}
