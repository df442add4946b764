package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections"

	"github.com/jackc/pgx/v5/pgxpool"
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
	copying *copying
	lists   chan *folded
	ended   chan struct{}
	err     error // set before ended is closed
}

func startRows(ctx context.Context, pool *pgxpool.Pool, table string, rows func(*rowText, *folded)) *rowWriter {
	w := &rowWriter{copying: startCopy(ctx, pool, table), lists: make(chan *folded, queueBlocks), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		var b rowText
		for f := range w.lists {
			rows(&b, f)
			if w.err = w.copying.pass(&b, false); w.err != nil {
				return
			}
		}
		w.err = w.copying.pass(&b, true)
	}()
	return w
}

// pass hands folded events over.
func (w *rowWriter) pass(f *folded) error {
	select {
	case w.lists <- f:
		return nil
	case <-w.ended:
		return w.err
	}
}

// end waits until the table is filled; lists must be closed. A failure before it
// is passed in, and nothing is stored then.
func (w *rowWriter) end(failed error) error {
	<-w.ended
	if failed == nil {
		failed = w.err
	}
	return w.copying.finish(failed)
}

// decode reads the events of a block.
func decode(b eventstore.Block) ([]*event, error) {
	events := make([]event, 0, b.Count)
	out := make([]*event, 0, b.Count)
	entries, lines := 0, 0
	err := b.Each(func(position uint64, head, body []byte) error {
		events = append(events, event{})
		e := &events[len(events)-1]
		e.hash = sha256.Sum256(head)
		if err := domain.DecodeEvent(head, body, &e.Event); err != nil {
			return fmt.Errorf("postgres: event %d: %w", position, err)
		}
		e.Position = position
		e.read()
		out = append(out, e)
		entries += len(e.Entries)
		lines += e.count()
		return nil
	})
	if err != nil {
		return nil, stopError{err}
	}
	ids, all := make([]identity, 0, entries), make([]line, lines)
	for _, e := range out {
		first := len(ids)
		for i := range e.Entries {
			ids = append(ids, identityOf(e.Entries[i].Dimensions))
		}
		e.entryIDs = ids[first:]
		e.lines, all = all[:e.count()], all[e.count():]
	}
	return out, nil
}

// read finds out what the event says by itself.
func (e *event) read() {
	e.scopes = strings.Join(e.Scopes, " ")
	e.scopesID = identityOf(e.scopes)
	e.detail = int16(projections.StageDetail(&e.Event))
	if len(e.Entries) > 0 {
		e.voucher = projections.StoredText(e.Data, "voucher")
		e.amends = slices.ContainsFunc(amending[:], func(member string) bool { return projections.StoredText(e.Data, member) != "" })
	}
}

// count is the number of the event's lines.
func (e *event) count() (n int) {
	for i := range e.Entries {
		n += len(e.Entries[i].Lines)
	}
	return n
}
