package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"grantledger/eventstore/merkle"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// sealEventAfter is how old the first event may get that no ledger.sealed.v1 event covers; the format asks for one a day.
const sealEventAfter = 12 * time.Hour

// Sealer signs checkpoints of a log and stores them (record format, section 8).
type Sealer struct {
	Log   *Log
	Every time.Duration // between two looks for news, 1 to 5 seconds
	// Record, optional, appends a ledger.sealed.v1 event with a checkpoint note through the writer. It is called when
	// the last such event leaves an event of more than 12 hours uncovered. Its failure is no failure of the sealer; it is
	// called again at the next look.
	Record func(ctx context.Context, note string) error
	// Failed, optional, is told of a seal or a record that did not work and will be tried again.
	Failed func(error)

	// RecordWitnessed, optional, is how old the first uncovered event may get when there is a checkpoint with witness
	// lines to cover it; 0 is 12 hours, as without witnesses.
	RecordWitnessed time.Duration

	mu      sync.Mutex // one seal at a time
	adding  sync.Mutex // one cosigned copy at a time
	copies  copies
	loading sync.Once // of what an earlier run kept
}

// Run seals until ctx ends, and once more then. It returns nil then, or an *IntegrityError when the log, the last seal
// and the anchor do not agree: that is an alarm, and nothing more may be written.
func (s *Sealer) Run(ctx context.Context) error {
	t := time.NewTicker(s.Every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if err := s.look(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), attempt)
			defer cancel()
			_, err := s.Seal(last)
			return s.report(last, err)
		}
	}
}

// look seals what is new and records a seal when one is due.
func (s *Sealer) look(ctx context.Context) error {
	seal, err := s.Seal(ctx)
	if err != nil || seal.Size == 0 || s.Record == nil || !s.due() {
		return s.report(ctx, err)
	}
	return s.report(ctx, s.Record(ctx, string(s.toRecord(seal).Note)))
}

// report passes on a failure that may go away, unless it is that of stopping, and gives back one that will not.
func (s *Sealer) report(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, alarm := errors.AsType[*IntegrityError](err); alarm {
		return err
	}
	if s.Failed != nil && ctx.Err() == nil {
		s.Failed(err)
	}
	return nil
}

// due reports whether a ledger.sealed.v1 event should be recorded.
func (s *Sealer) due() bool {
	after := sealEventAfter
	if _, ok := s.unrecorded(); ok && s.RecordWitnessed > 0 {
		after = s.RecordWitnessed
	}
	l := s.Log
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.uncovered != 0 && l.config.Clock().Sub(time.UnixMilli(l.uncovered)) >= after
}

// toRecord is the best checkpoint with witness lines when it is newer than the last recorded one, otherwise the newest.
func (s *Sealer) toRecord(newest Seal) Seal {
	if with, ok := s.unrecorded(); ok {
		return with
	}
	return newest
}

// Seal signs the events that are stored now and gives the checkpoint; without news it gives the last one, and for an
// empty log a zero Seal. The steps are those of section 8: compare the last seal and the anchor with the own tree, write
// the anchor, sign, append.
func (s *Sealer) Seal(ctx context.Context) (Seal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.Log
	if err := l.catchUpSeals(ctx); err != nil {
		return Seal{}, err
	}
	size := l.Position()
	if newest, ok := l.Newest(); ok && newest.Size >= size || size == 0 {
		return newest, nil
	}
	if err := l.room(); err != nil {
		return Seal{}, err
	}
	if err := l.checkAnchor(); err != nil {
		return Seal{}, err
	}
	frontier, err := l.Frontier(size)
	if err != nil {
		return Seal{}, err
	}
	c := merkle.Checkpoint{Origin: l.config.Origin, Size: size, Root: frontier.Root()}
	if err := l.anchor().Write(c); err != nil {
		return Seal{}, err
	}
	if err := l.keys.check(l.Trust(), size); err != nil {
		return Seal{}, fmt.Errorf("sign a checkpoint: %w", err)
	}
	note, err := merkle.SignNote(c.Text(), l.keys.signers()...)
	if err != nil {
		return Seal{}, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return s.append(ctx, frontier, note)
}

// append stores a seal. When another server was first, its seal is compared with the own tree and given back.
func (s *Sealer) append(ctx context.Context, f *merkle.Frontier, note []byte) (Seal, error) {
	l := s.Log
	l.mu.RLock()
	next := uint64(len(l.seals)) + 1
	l.mu.RUnlock()
	stream := sealsStream(l.config.Name)
	data := merkle.FormatSeal(f, note)
	m := &nats.Msg{Subject: subjectOf(stream), Data: data, Header: nats.Header{
		headerStream:   {stream},
		headerSequence: {strconv.FormatUint(next-1, 10)},
	}}
	_, err := l.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
	if caught := l.catchUpSeals(ctx); caught != nil {
		return Seal{}, caught
	}
	if newest, ok := l.Newest(); ok && newest.Size >= f.Size() {
		return newest, nil
	}
	return Seal{}, fmt.Errorf("store a checkpoint: %w", err)
}
