package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// silence is how long a read waits for the next message before it gives up.
const silence = 30 * time.Second

// readRange calls fn for the messages from to to, both inclusive, by a push consumer with flow control, which is the
// fastest way to read a stream. Messages come in order; a missing one is an *IntegrityError.
func readRange(ctx context.Context, js nats.JetStreamContext, stream string, from, to uint64, fn func(m *nats.Msg, sequence uint64) error) error {
	if from > to {
		return nil
	}
	sub, err := js.SubscribeSync(subjectOf(stream), nats.OrderedConsumer(), nats.BindStream(stream), nats.StartSequence(from))
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	defer sub.Unsubscribe()
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	for next := from; next <= to; next++ {
		m, err := nextMessage(ctx, sub)
		if errors.Is(err, nats.ErrTimeout) {
			return missing(stream, next, "nothing comes after the message before it")
		}
		if err != nil {
			return fmt.Errorf("read stream %s at %d: %w", stream, next, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read stream %s at %d: %w", stream, next, err)
		}
		if meta.Sequence.Stream != next {
			return missing(stream, next, fmt.Sprintf("sequence %d follows %d", meta.Sequence.Stream, next-1))
		}
		if err := fn(m, next); err != nil {
			return err
		}
	}
	return nil
}

func missing(stream string, sequence uint64, reason string) error {
	return &IntegrityError{Check: checkOf(stream), Sequence: sequence, Reason: fmt.Sprintf("a message of %s is missing: %s", stream, reason)}
}

// nextMessage waits for a message, at most for the time of silence.
func nextMessage(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	for deadline := time.Now().Add(silence); ; {
		m, err := sub.NextMsg(time.Second)
		if err == nil || !errors.Is(err, nats.ErrTimeout) || time.Now().After(deadline) {
			return m, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}
