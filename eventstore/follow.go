package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Event is one event by its position, its lines without LF. The error is ErrNotFound when the log ends before it.
func (l *Log) Event(ctx context.Context, position uint64) (head, body []byte, err error) {
	err = l.Events(ctx, position, position, func(_ uint64, h, b []byte) error {
		head, body = h, b
		return nil
	})
	if err == nil && head == nil {
		err = ErrNotFound
	}
	return head, body, err
}

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// Events calls fn for the events first to last, both inclusive, as far as they are stored. The lines are without LF and
// stay valid.
func (l *Log) Events(ctx context.Context, first, last uint64, fn func(position uint64, head, body []byte) error) error {
	last = min(last, l.Position())
	if first == 0 || first > last {
		return nil
	}
	err := l.blocks(ctx, first, last, func(b Block) error {
		return b.Each(func(position uint64, head, body []byte) error {
			if position < first {
				return nil
			}
			if position > last {
				return errEnough
			}
			return fn(position, head, body)
		})
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// blocks calls fn for the blocks that hold the events first to last; both are stored.
func (l *Log) blocks(ctx context.Context, first, last uint64, fn func(Block) error) error {
	from, to := l.blockOf(first), l.blockOf(last)
	for from <= to {
		if b, ok := l.inMemory(from); ok {
			if err := fn(b); err != nil {
				return err
			}
			from++
			continue
		}
		until := min(to, l.oldestInMemory()-1)
		if from == until {
			b, err := l.fetch(ctx, from)
			if err == nil {
				err = fn(b)
			}
			if err != nil {
				return err
			}
		} else if err := l.stream(ctx, from, until, fn); err != nil {
			return err
		}
		from = until + 1
	}
	return nil
}

// blockOf is the sequence of the block that holds a stored position.
func (l *Log) blockOf(position uint64) uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return uint64(sort.Search(len(l.firsts), func(i int) bool { return l.firsts[i] > position }))
}

// inMemory gives a block when it is among the newest.
func (l *Log) inMemory(sequence uint64) (Block, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.recent) == 0 || sequence < l.recent[0].Sequence || sequence > uint64(len(l.firsts)) {
		return Block{}, false
	}
	return l.recent[sequence-l.recent[0].Sequence], true
}

func (l *Log) oldestInMemory() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.recent) == 0 {
		return uint64(len(l.firsts)) + 1
	}
	return l.recent[0].Sequence
}

// fetch reads one block from the stream.
func (l *Log) fetch(ctx context.Context, sequence uint64) (Block, error) {
	m, err := l.message(ctx, blocksStream(l.config.Name), sequence)
	if err != nil {
		return Block{}, fmt.Errorf("read block %d: %w", sequence, err)
	}
	return l.stored(sequence, m.Data), nil
}

// stored makes a block of the data of a sequence that is in the index.
func (l *Log) stored(sequence uint64, data []byte) Block {
	l.mu.RLock()
	defer l.mu.RUnlock()
	first, next := l.firsts[sequence-1], l.tree.Size()+1
	if sequence < uint64(len(l.firsts)) {
		next = l.firsts[sequence]
	}
	return Block{Sequence: sequence, First: first, Count: int(next - first), Data: data}
}

// stream reads blocks from the stream in order.
func (l *Log) stream(ctx context.Context, from, to uint64, fn func(Block) error) error {
	return readRange(ctx, l.replay, blocksStream(l.config.Name), from, to, func(m *nats.Msg, sequence uint64) error {
		return fn(l.stored(sequence, m.Data))
	})
}

// message reads one message; the error is jetstream.ErrMsgNotFound when there is none.
func (l *Log) message(ctx context.Context, stream string, sequence uint64) (*jetstream.RawStreamMsg, error) {
	s, err := l.js.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	return s.GetMsg(ctx, sequence)
}

// Follow calls fn for every block after a position, those stored before it was called and those to come, in order,
// until ctx ends or fn gives an error. Of a block that holds the position, only the events after it are given.
func (l *Log) Follow(ctx context.Context, after uint64, fn func(Block) error) error {
	for {
		l.mu.RLock()
		size, changed := l.tree.Size(), l.changed
		l.mu.RUnlock()
		if after >= size {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := l.blocks(ctx, after+1, size, func(b Block) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			b, err := b.after(after)
			if err == nil {
				err = fn(b)
			}
			after = b.Last()
			return err
		})
		if err != nil {
			return err
		}
	}
}

// after cuts the events up to a position off the front of a block.
func (b Block) after(position uint64) (Block, error) {
	for b.First <= position && b.Count > 0 {
		_, _, rest, err := record.CutPair(b.Data)
		if err != nil {
			return b, err
		}
		b.Data, b.First, b.Count = rest, b.First+1, b.Count-1
	}
	return b, nil
}
