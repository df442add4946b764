package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// rebuiltBlock is about how large a rebuilt block gets, in bytes. Where the blocks of the lost stream were cut is not
// known any more, and does not matter: the root is that of the events, and the events of one command stay together.
const rebuiltBlock = 256 << 10

// Inspect makes the start checks 2, 3, 4, 5, 7 and 8 and creates nothing: it needs no keys, and reads no trust text. The
// log can be read; a writer or a sealer must not be given it.
func Inspect(ctx context.Context, c Config) (*Log, error) {
	l, err := prepare(c)
	if err != nil {
		return nil, err
	}
	blocks, seals, err := l.checkStreams(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.readBlocks(ctx, blocks); err != nil {
		return nil, err
	}
	if err := l.readSeals(ctx, seals); err != nil {
		return nil, err
	}
	if err := l.checkAnchor(); err != nil {
		return nil, err
	}
	return l, l.checkClock()
}

// Rebuilder stores events that were stored before into empty streams, block by block. It makes the checks of the writer
// on every event, and needs no keys: nothing is signed.
type Rebuilder struct {
	log   *Log
	event record.Event
	block []byte // whole commands
	run   []byte // the command being taken: neighbours with one actor and one key
	actor []byte
	key   []byte
}

// NewRebuilder makes the streams. The error is ErrExists when one is there and holds something. Apply of the
// configuration takes every stored event; Origin is that of the events.
func NewRebuilder(ctx context.Context, c Config) (*Rebuilder, error) {
	l, err := prepare(c)
	if err != nil {
		return nil, err
	}
	blocks, seals, err := l.checkStreams(ctx)
	if err != nil {
		return nil, err
	}
	if blocks > 0 || seals > 0 {
		return nil, fmt.Errorf("rebuild the log: %w: the streams hold %d blocks and %d checkpoints", ErrExists, blocks, seals)
	}
	return &Rebuilder{log: l}, l.createStreams(ctx)
}

// Add takes the next event, its lines without LF.
func (r *Rebuilder) Add(_ uint64, head, body []byte) error {
	if err := r.event.Parse(head, body); err != nil {
		return fmt.Errorf("rebuild the log: %w", err)
	}
	if b := &r.event.Body; !bytes.Equal(b.Key, r.key) || !bytes.Equal(b.Actor, r.actor) {
		if err := r.endCommand(); err != nil {
			return err
		}
		r.actor, r.key = append(r.actor[:0], b.Actor...), append(r.key[:0], b.Key...)
	}
	r.run = record.AppendPair(r.run, head, body)
	return nil
}

// endCommand puts a whole command into the block, after storing the block when it is large enough.
func (r *Rebuilder) endCommand() error {
	if len(r.block)+len(r.run) > rebuiltBlock && len(r.block) > 0 {
		if err := r.store(); err != nil {
			return err
		}
	}
	r.block, r.run = append(r.block, r.run...), r.run[:0]
	return nil
}

// store publishes the block and takes it into the log.
func (r *Rebuilder) store() error {
	l := r.log
	root, err := l.Root(l.Position())
	if err != nil {
		return err
	}
	b := Block{Sequence: l.Sequence() + 1, First: l.Position() + 1, Data: bytes.Clone(r.block)}
	r.block = r.block[:0]
	x, err := examine(b.Sequence, nil, b.Data, &r.event)
	if err != nil {
		return fmt.Errorf("rebuild block %d: %w", b.Sequence, err)
	}
	b.Count = x.Count
	x.headers = blockHeaders(b, x.id, blocksStream(l.config.Name), root)
	if o := l.publish(b, x.id); o != committed {
		return fmt.Errorf("rebuild block %d: %w", b.Sequence, ErrUnavailable)
	}
	return l.accept(x, nil)
}

// Finish stores the rest, and the checkpoint of exactly these events as the first seal. Then everything is read back
// from the streams, and the log that it gives must have the root of the checkpoint; it is returned for reading, as by
// Inspect. The error is an *IntegrityError when the events do not give that root.
func (r *Rebuilder) Finish(ctx context.Context, checkpoint []byte) (*Log, error) {
	if err := r.endCommand(); err != nil {
		return nil, err
	}
	if len(r.block) > 0 {
		if err := r.store(); err != nil {
			return nil, err
		}
	}
	c, err := r.seal(ctx, checkpoint)
	if err != nil {
		return nil, err
	}
	read := r.log.config
	read.Apply = func(uint64, []byte, []byte) error { return nil } // the rules have seen them
	l, err := Inspect(ctx, read)
	if err != nil {
		return nil, err
	}
	if root, err := l.Root(l.Position()); err != nil || l.Position() != c.Size || root != c.Root {
		return nil, &IntegrityError{Check: CheckBlocks, Reason: fmt.Sprintf("the rebuilt stream has root %s at size %d, not %s at size %d", root, l.Position(), c.Root, c.Size)}
	}
	return l, nil
}

// seal compares the checkpoint with what was stored, and stores it.
func (r *Rebuilder) seal(ctx context.Context, checkpoint []byte) (c merkle.Checkpoint, err error) {
	n, err := merkle.ParseNote(checkpoint)
	if err == nil {
		c, err = merkle.ParseCheckpoint(n.Text)
	}
	if err != nil {
		return c, fmt.Errorf("rebuild the log: %w", err)
	}
	l := r.log
	f, err := l.Frontier(l.Position())
	if err != nil {
		return c, err
	}
	if c.Origin != l.config.Origin || c.Size != f.Size() || c.Root != f.Root() {
		return c, &IntegrityError{Check: CheckSeals, Reason: fmt.Sprintf("the events give root %s at size %d, the checkpoint has %s at size %d", f.Root(), f.Size(), c.Root, c.Size)}
	}
	stream := sealsStream(l.config.Name)
	m := &nats.Msg{Subject: subjectOf(stream), Data: merkle.FormatSeal(f, checkpoint), Header: nats.Header{
		headerStream: {stream}, headerSequence: {"0"},
	}}
	if _, err := l.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0)); err != nil {
		return c, errors.Join(ErrUnavailable, fmt.Errorf("store the checkpoint: %w", err))
	}
	return c, nil
}
