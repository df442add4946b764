package eventstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go"
)

// ahead is how many blocks may be read before the one that is applied.
const ahead = 64

// pending is a block on its way through the workers.
type pending struct {
	sequence uint64
	message  *nats.Msg
	block    *examined
	err      error
	done     chan struct{}
}

// readBlocks makes check 3 on the blocks 1 to last, with check 7 on the first of them. Parsing and hashing use all cores;
// what holds between blocks, and Apply, run in order on this goroutine.
func (l *Log) readBlocks(ctx context.Context, last uint64) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	work, ordered := make(chan *pending, ahead), make(chan *pending, ahead)
	spare := sync.Pool{New: func() any { return new(examined) }}
	var readErr error
	wg.Go(func() {
		defer close(work)
		defer close(ordered)
		readErr = readRange(ctx, l.replay, blocksStream(l.config.Name), 1, last, func(m *nats.Msg, sequence uint64) error {
			return hand(ctx, &pending{sequence: sequence, message: m, done: make(chan struct{})}, work, ordered)
		})
	})
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			var e record.Event
			for p := range work {
				p.block = spare.Get().(*examined)
				p.err = p.block.examine(p.sequence, p.message.Header, p.message.Data, &e)
				if p.err == nil && l.config.Ahead != nil {
					p.block.apply = l.config.Ahead(p.block.Block)
				}
				close(p.done)
			}
		})
	}
	for p := range ordered {
		<-p.done
		if err := l.accept(p.block, p.err); err != nil {
			return err
		}
		spare.Put(p.block)
	}
	return readErr
}

// hand gives a block to the workers and to the end of the line.
func hand(ctx context.Context, p *pending, queues ...chan *pending) error {
	for _, q := range queues {
		select {
		case q <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// accept checks a block that was read from the stream, and examined with err, against those before it, takes it and
// applies it.
func (l *Log) accept(x *examined, err error) error {
	position := l.tree.Size()
	damage := func(at uint64, err error) error {
		return &IntegrityError{Check: CheckBlocks, Sequence: x.Sequence, Position: at, Reason: err.Error()}
	}
	if err != nil {
		return damage(position+uint64(x.Count)+1, err)
	}
	x.place(position + 1)
	root, err := l.tree.Root(position)
	if err != nil {
		return err
	}
	if err := sameHeaders(x.headers, blockHeaders(x.Block, x.id, blocksStream(l.config.Name), root)); err != nil {
		return damage(x.First, err)
	}
	for i := range x.heads {
		if err := l.chain.Next(&x.heads[i]); err != nil {
			return damage(x.First+uint64(i), err)
		}
	}
	l.chain.Keep()
	l.add(x)
	if at, err := enter(&l.history, x.notes, l.Root); err != nil {
		if errors.Is(err, errOrigin) {
			return &IntegrityError{Check: CheckOrigin, Sequence: x.Sequence, Position: at, Reason: err.Error()}
		}
		return damage(at, err)
	}
	l.inForce(l.history.Trust, l.history.Sealed)
	if at, err := l.applyBlock(x); err != nil {
		return damage(at, fmt.Errorf("the rules do not know the event: %w", err))
	}
	return nil
}

func (l *Log) applyBlock(x *examined) (at uint64, err error) {
	if x.apply != nil {
		return x.apply(x.First)
	}
	err = x.Each(func(position uint64, head, body []byte) error {
		at = position
		return l.config.Apply(position, head, body)
	})
	return at, err
}

// inForce sets what the notes of a block changed.
func (l *Log) inForce(t *merkle.Trust, sealed uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t != nil {
		l.trust = t
	}
	l.sealed = sealed
}

// errOrigin is check 7.
var errOrigin = errors.New("the log is of another origin")

// enter checks the events by which the ledger speaks about itself (section 5) against those before them; root gives the
// roots of the own tree. at is the position of the one refused.
func enter(h *merkle.History, notes []note, root func(size uint64) (merkle.Hash, error)) (at uint64, err error) {
	for _, n := range notes {
		switch n.kind {
		case openedType:
			o := record.ParseOpened(n.data)
			if o.Origin != h.Origin {
				return n.position, fmt.Errorf("%w: %q", errOrigin, o.Origin)
			}
			err = h.Opened(o.Format, o.Origin, o.Trust)
		case changedType:
			err = h.Changed(record.ParseTrust(n.data))
		case sealedType:
			err = enterSeal(h, n, root)
		}
		if err != nil {
			return n.position, err
		}
	}
	return 0, nil
}

// witnessSlack is how much later than an event the witness of the checkpoint in it may have signed, in seconds.
const witnessSlack = 300

func enterSeal(h *merkle.History, n note, root func(uint64) (merkle.Hash, error)) error {
	s, err := h.Seal(n.position, record.ParseSeal(n.data))
	if err != nil {
		return err
	}
	own, err := root(s.Size)
	if err != nil {
		return err
	}
	if own != s.Root {
		return fmt.Errorf("the seal of size %d has root %s, the log %s", s.Size, s.Root, own)
	}
	for _, w := range s.Witnesses {
		if n.millis < (w.Time-witnessSlack)*1000 {
			return fmt.Errorf("witness %s signed later than the event says", w.Name)
		}
	}
	return nil
}

// Seal is a stored checkpoint.
type Seal struct {
	merkle.Checkpoint
	Note []byte // the signed note
}

// newestSeals is how many seals have their signatures verified at a usual start.
const newestSeals = 100

// readSeals makes check 4 on the seals 1 to last.
func (l *Log) readSeals(ctx context.Context, last uint64) error {
	return readRange(ctx, l.replay, sealsStream(l.config.Name), 1, last, func(m *nats.Msg, sequence uint64) error {
		return l.acceptSeal(sequence, m.Data, l.config.EverySeal || sequence+newestSeals > last)
	})
}

// acceptSeal compares a stored seal with the own tree, verifies its signatures when asked to, and takes it.
func (l *Log) acceptSeal(sequence uint64, data []byte, verify bool) error {
	damage := func(format string, args ...any) error {
		return &IntegrityError{Check: CheckSeals, Sequence: sequence, Reason: fmt.Sprintf(format, args...)}
	}
	f, n, err := merkle.ParseSeal(data)
	if err != nil {
		return damage("the seal is malformed: %v", err)
	}
	c, err := merkle.ParseCheckpoint(n.Text)
	if err != nil {
		return damage("the seal is malformed: %v", err)
	}
	if c.Size > l.Position() {
		return damage("size %d was sealed, the log ends at position %d: acknowledged events are lost", c.Size, l.Position())
	}
	root, err := l.Root(c.Size)
	if err != nil {
		return err
	}
	if c.Origin != l.config.Origin || root != f.Root() {
		return damage("%s sealed root %s at size %d, the log has %s", c.Origin, c.Root, c.Size, root)
	}
	if newest, ok := l.Newest(); ok && c.Size <= newest.Size {
		return damage("size %d was sealed after %d", c.Size, newest.Size)
	}
	if verify {
		if err := signedByLog(l.Trust(), n); err != nil {
			return damage("the seal of size %d: %v", c.Size, err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seals, l.newest = append(l.seals, c.Size), Seal{c, n.Bytes()}
	return nil
}

// signedByLog asks that a log key of the trust text signed the checkpoint, and that no line of a known key is false. The
// range of the key is not asked for: a key found compromised later has signed seals that stay.
func signedByLog(t *merkle.Trust, n *merkle.Note) error {
	lines, err := t.Verify(n)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(lines, func(l merkle.Verified) bool { return l.Role == merkle.RoleLog }) {
		return errors.New("no log key of the trust text signed it")
	}
	return nil
}
