package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"

	"grantledger/domain"
	"grantledger/eventstore"
)

// decoding is a block that is being decoded; err is set before events comes.
type decoding struct {
	block  eventstore.Block
	events chan []*event
	err    error
}

// decodeAll follows the log from its first event and decodes on all cores. The
// blocks come in order.
func decodeAll(ctx context.Context, source Source, to chan<- *decoding) error {
	work := make(chan *decoding, queueBlocks)
	defer close(work)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for d := range work {
				var events []*event
				events, d.err = decode(d.block)
				d.events <- events
			}
		}()
	}
	return source.Follow(ctx, 0, func(b eventstore.Block) error {
		d := &decoding{block: b, events: make(chan []*event, 1)}
		for _, c := range [...]chan<- *decoding{work, to} {
			select {
			case c <- d:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
}

// rowWriter writes the rows of folded events into a COPY, in a goroutine of its
// own.
type rowWriter struct {
	lists chan []*event
	ended chan struct{}
	err   error // set before ended is closed
}

func startRows(c *copying, row func(*rowText, *event)) *rowWriter {
	w := &rowWriter{lists: make(chan []*event, queueBlocks), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		var b rowText
		for list := range w.lists {
			for _, e := range list {
				row(&b, e)
			}
			if w.err = c.pass(&b, false); w.err != nil {
				return
			}
		}
		w.err = c.pass(&b, true)
	}()
	return w
}

// pass hands folded events over.
func (w *rowWriter) pass(list []*event) error {
	select {
	case w.lists <- list:
		return nil
	case <-w.ended:
		return w.err
	}
}

// end waits until all rows are handed over.
func (w *rowWriter) end() error {
	close(w.lists)
	<-w.ended
	return w.err
}

// decode reads the events of a block.
func decode(b eventstore.Block) ([]*event, error) {
	events := make([]event, 0, b.Count)
	out := make([]*event, 0, b.Count)
	err := b.Each(func(position uint64, head, body []byte) error {
		events = append(events, event{hash: sha256.Sum256(head)})
		e := &events[len(events)-1]
		if err := domain.DecodeEvent(head, body, &e.Event); err != nil {
			return fmt.Errorf("postgres: event %d: %w", position, err)
		}
		e.Position = position
		out = append(out, e)
		return nil
	})
	if err != nil {
		return nil, stopError{err}
	}
	return out, nil
}
