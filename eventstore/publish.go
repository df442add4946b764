package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// outcome is what became of a block.
type outcome int

const (
	committed outcome = iota // stored
	fenced                   // another block has its sequence
	refused                  // not stored
	unknown                  // cannot be found out now
	malformed                // not sent: verification would refuse an event in it
)

// Error codes of the server that a publish may meet.
const (
	codeConflict   = jetstream.JSErrCodeStreamWrongLastSequenceConstant // another publish is on its way: send again
	codeInProgress = jetstream.ErrorCode(10158)                         // the same one is on its way: send again
)

// attempt bounds one publish and one read of its outcome.
const attempt = 5 * time.Second

// publish sends a block until it knows what became of it, or patience is over. The server refuses a block that is not
// the next one; and it compares the expected sequence before it looks whether it knows the message id, so that a repeated
// send of a stored block looks like a conflict. What is stored under the sequence decides: our bytes, other bytes, or
// nothing, and then the same bytes are sent again.
func (l *Log) publish(b Block, id string) outcome {
	root, err := l.Root(b.First - 1)
	if err != nil || l.room() != nil {
		return refused
	}
	stream := blocksStream(l.config.Name)
	m := &nats.Msg{Subject: subjectOf(stream), Header: blockHeaders(b, id, stream, root), Data: b.Data}
	sent := false // some attempt may have stored it
	deadline := time.Now().Add(l.config.Patience)
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		if o, done := l.tryPublish(m, b, &sent); done {
			if o == committed && l.kept() != nil {
				return unknown
			}
			return o
		}
		if time.Now().After(deadline) {
			if sent {
				return unknown
			}
			return refused
		}
		time.Sleep(pause)
	}
}

// room is an error when nothing more should be written.
func (l *Log) room() error {
	if l.config.Room == nil {
		return nil
	}
	return l.config.Room()
}

// kept is an error when what was acknowledged may not be stored. On a disk that hangs it is not waited for.
func (l *Log) kept() error {
	if l.config.Kept == nil {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- l.config.Kept() }()
	late := time.NewTimer(min(attempt, l.config.Patience))
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		return ErrUnavailable
	}
}

// tryPublish sends once; done is false when it must be sent again.
func (l *Log) tryPublish(m *nats.Msg, b Block, sent *bool) (o outcome, done bool) {
	if l.config.Conn.IsClosed() {
		if *sent {
			return unknown, true
		}
		return refused, true
	}
	ctx, cancel := context.WithTimeout(context.Background(), min(attempt, l.config.Patience))
	defer cancel()
	ack, err := l.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
	if err == nil && ack.Sequence == b.Sequence {
		return committed, true
	}
	if errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrReconnectBufExceeded) {
		return refused, false // it did not reach the stream
	}
	*sent = true // a refusal too may be that of a second copy of our own block, whose first was stored
	if e, ok := errors.AsType[*jetstream.APIError](err); ok && (e.ErrorCode == codeConflict || e.ErrorCode == codeInProgress) {
		return refused, false
	}
	return l.lookUp(b)
}

// lookUp reads what is stored under the sequence of a block; done is false when that is nothing, or cannot be read.
func (l *Log) lookUp(b Block) (o outcome, done bool) {
	ctx, cancel := context.WithTimeout(context.Background(), min(attempt, l.config.Patience))
	defer cancel()
	have, err := l.message(ctx, blocksStream(l.config.Name), b.Sequence)
	switch {
	case err != nil:
		return unknown, false
	case bytes.Equal(have.Data, b.Data):
		return committed, true
	}
	return fenced, true
}

// catchUp takes the blocks that others stored. Nothing unconfirmed may be there.
func (w *Writer[C, E, A]) catchUp(ctx context.Context) error {
	for {
		err := w.takeForeign(context.WithoutCancel(ctx))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			w.reset()
			return nil
		case err == nil:
			continue
		}
		if _, damaged := errors.AsType[*IntegrityError](err); damaged {
			return err
		}
		return w.recover(ctx)
	}
}

// takeForeign takes the next stored block.
func (w *Writer[C, E, A]) takeForeign(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	sequence := w.log.Sequence() + 1
	m, err := w.log.message(ctx, blocksStream(w.log.config.Name), sequence)
	if err != nil {
		return fmt.Errorf("read block %d: %w", sequence, err)
	}
	var e record.Event
	return w.log.accept(examine(sequence, nats.Header(m.Header), m.Data, &e))
}

// recover waits until the log can be read again and takes what was stored, our own block perhaps. Until then requests
// get ErrUnavailable.
func (w *Writer[C, E, A]) recover(ctx context.Context) error {
	w.away.Store(true)
	defer w.away.Store(false)
	var revived time.Time
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := w.revive(&revived)
		if err == nil {
			err = w.takeForeign(context.WithoutCancel(ctx))
		}
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			w.reset()
			return nil
		}
		if _, damaged := errors.AsType[*IntegrityError](err); damaged {
			return err
		}
		if err == nil {
			continue
		}
		for _, r := range w.again {
			r.fail(ErrUnavailable)
		}
		w.again = nil
		w.drain(ErrUnavailable)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// revive lets the server be brought back, and leaves connections the time to come back too. On a disk that hangs it takes
// as long as the disk: it goes on by itself then, and is asked for again after a refusal of what waits.
func (w *Writer[C, E, A]) revive(last *time.Time) error {
	if w.log.config.Revive == nil || time.Since(*last) < 2*attempt {
		return nil
	}
	if w.revived == nil {
		done := make(chan error, 1)
		go func() { done <- w.log.config.Revive() }()
		w.revived = done
	}
	select {
	case err := <-w.revived:
		w.revived = nil
		if err == nil {
			*last = time.Now()
		}
		return err
	case <-time.After(time.Second):
		return ErrUnavailable
	}
}
