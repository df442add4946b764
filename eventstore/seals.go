package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"grantledger/eventstore/merkle"

	"github.com/nats-io/nats.go/jetstream"
)

// Checkpoints are the sizes of the stored checkpoints, ascending.
func (l *Log) Checkpoints() []uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.seals)
}

// Newest is the last stored checkpoint; ok is false before the first one.
func (l *Log) Newest() (s Seal, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.newest, len(l.seals) > 0
}

// Checkpoint is the stored checkpoint of exactly a size. The error is ErrNotFound when there is none.
func (l *Log) Checkpoint(ctx context.Context, size uint64) (Seal, error) {
	l.mu.RLock()
	i, ok := slices.BinarySearch(l.seals, size)
	newest := l.newest
	l.mu.RUnlock()
	if !ok {
		return Seal{}, ErrNotFound
	}
	if size == newest.Size {
		return newest, nil
	}
	m, err := l.message(ctx, sealsStream(l.config.Name), uint64(i)+1)
	if err != nil {
		return Seal{}, fmt.Errorf("read seal %d: %w", i+1, err)
	}
	_, n, err := merkle.ParseSeal(m.Data)
	if err != nil {
		return Seal{}, fmt.Errorf("read seal %d: %w", i+1, err)
	}
	c, err := merkle.ParseCheckpoint(n.Text)
	return Seal{c, n.Bytes()}, err
}

// catchUpSeals takes the seals that other servers stored; each is compared with the own tree. A seal of blocks that are
// stored and not taken in yet is an error that goes away; one of blocks that nobody has is an *IntegrityError.
func (l *Log) catchUpSeals(ctx context.Context) error {
	for {
		l.mu.RLock()
		next := uint64(len(l.seals)) + 1
		l.mu.RUnlock()
		m, err := l.message(ctx, sealsStream(l.config.Name), next)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read seal %d: %w", next, err)
		}
		had, trust := l.Sequence(), l.Trust()
		if err := l.acceptSeal(next, m.Data, true); err != nil {
			last, lookErr := lastSequence(ctx, l.js, blocksStream(l.config.Name))
			if lookErr != nil || last > had || l.Trust() != trust { // it was judged by less than there is
				return errors.Join(fmt.Errorf("seal %d: this server had block %d of %d", next, had, last), lookErr)
			}
			return err
		}
	}
}
