package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Config is what a log needs. All fields without "optional" are required.
type Config struct {
	Conn      *nats.Conn // to the embedded server or an external one; stays the caller's to close
	Name      string     // of the ledger, [a-z][a-z0-9-]{0,31}; names the streams
	Origin    string     // ORIGIN of the record format; fixed by the first event
	KeyDir    string     // key files and anchor
	TrustFile string     // trust text of version 1
	Replicas  int        // optional, of the streams; 0 is 1
	Clock     func() time.Time
	Random    io.Reader // salts and ids; used by the writer's goroutine only
	Secret    io.Reader // cryptographic randomness, for keys and SM2 signatures

	// Patience, optional, is how long the writer tries to store a block, or to find out what became of it; 0 is 10 s.
	Patience time.Duration
	// CatchUp, optional, is how often an idle writer looks for blocks of other servers; 0 is never.
	CatchUp time.Duration
	// Room, optional, is asked before every block and checkpoint: with an error nothing is written (ErrUnavailable).
	Room func() error
	// Kept, optional, is asked after every block that was acknowledged: with an error it may not be stored.
	Kept func() error
	// Revive, optional, brings the server back after a block of unknown outcome, and while the log cannot be read. An
	// *IntegrityError ends the writer, after another error it is called again.
	Revive func() error
	// ClockConfirmed, optional, lets times jump ahead without asking, for demonstrations.
	ClockConfirmed bool
	// Apply takes every stored event in order; usually the Apply of the rules.
	Apply func(position uint64, head, body []byte) error
	// Expect, optional, is told about how many events the start will bring, so that room can be made for them.
	Expect func(events int)
	// Ahead, optional, reads a block of the start on any goroutine, before its position is known. What it returns stands
	// for Apply of that block and runs in order; at is the position of an event that is refused.
	Ahead func(Block) (apply func(first uint64) (at uint64, err error))
	// EverySeal, optional, lets the start verify the signatures of every seal; without it, of the newest 100.
	EverySeal bool
	// ReadModels, optional, says how far the read models got.
	ReadModels func(context.Context) ([]Progress, error)
}

// Progress is how far a read model got.
type Progress struct {
	Name     string
	Position uint64
}

// Open makes the eight start checks in their order (record format, section 8), streaming every block through Apply, and
// then creates the streams when they are missing. A failed check is an *IntegrityError, a key file with a wrong mode a
// *ModeError; then nothing was written, but for the keys of a trial ledger that has none and no event.
func Open(ctx context.Context, c Config) (*Log, error) {
	l, err := prepare(c)
	if err != nil {
		return nil, err
	}
	if err := l.check(ctx); err != nil {
		return nil, err
	}
	return l, l.createStreams(ctx)
}

// prepare is an empty log on a connection.
func prepare(c Config) (*Log, error) {
	c.Replicas = max(c.Replicas, 1)
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	if !validName(c.Name) || !merkle.IsOrigin(c.Origin) {
		return nil, fmt.Errorf("open log: %q or %q is not a name and an origin", c.Name, c.Origin)
	}
	l := &Log{config: c, chain: record.NewChain(0), changed: make(chan struct{})}
	l.history.Origin = c.Origin
	var err error
	if l.js, err = jetstream.New(c.Conn); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if l.replay, err = c.Conn.JetStream(); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return l, nil
}

// createStreams makes those that are missing. Where both are there nothing is asked for: in production the right to do it
// is an administrator's (Provision).
func (l *Log) createStreams(ctx context.Context) error {
	for _, stream := range []string{blocksStream(l.config.Name), sealsStream(l.config.Name)} {
		_, err := l.js.Stream(ctx, stream)
		if err == nil {
			continue
		}
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("look at stream %s: %w", stream, err)
		}
		if err := createStream(ctx, l.js, settings(stream, l.config.Replicas)); err != nil {
			return err
		}
	}
	return nil
}

// check makes the start checks. That the keys are in the trust text in force, the second half of check 1, can only be
// known after the blocks were read.
func (l *Log) check(ctx context.Context) error {
	blocks, seals, err := l.checkStreams(ctx)
	if err != nil {
		return err
	}
	if err := l.loadKeys(blocks); err != nil {
		return err
	}
	if err := l.readBlocks(ctx, blocks); err != nil {
		return err
	}
	if err := l.checkTrust(); err != nil {
		return err
	}
	if err := l.readSeals(ctx, seals); err != nil {
		return err
	}
	if err := l.checkAnchor(); err != nil {
		return err
	}
	if err := l.checkReadModels(ctx); err != nil {
		return err
	}
	return l.checkClock()
}

// checkStreams makes check 2 and gives the last sequence of both streams, 0 for one that is missing. The seals come
// first, so that another server that is writing now cannot seal a block which is not seen here.
func (l *Log) checkStreams(ctx context.Context) (blocks, seals uint64, err error) {
	if seals, err = l.checkStream(ctx, sealsStream(l.config.Name)); err != nil {
		return 0, 0, err
	}
	blocks, err = l.checkStream(ctx, blocksStream(l.config.Name))
	return blocks, seals, err
}

// usualBytes is what a usual event takes in the stream; it only decides how much room is made.
const usualBytes = 800

func (l *Log) checkStream(ctx context.Context, name string) (last uint64, err error) {
	exists, err := checkSettings(ctx, l.config.Conn, settings(name, l.config.Replicas))
	if err != nil || !exists {
		return 0, err
	}
	s, err := l.js.Stream(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("look at stream %s: %w", name, err)
	}
	state := s.CachedInfo().State
	if state.Msgs != state.LastSeq || state.NumDeleted > 0 || state.Lost != nil {
		return 0, &IntegrityError{
			Check: checkOf(name), Sequence: state.FirstSeq,
			Reason: fmt.Sprintf("stream %s holds %d messages of %d: some are missing", name, state.Msgs, state.LastSeq),
		}
	}
	if name == blocksStream(l.config.Name) && l.config.Expect != nil {
		l.config.Expect(int(state.Bytes / usualBytes))
	}
	return state.LastSeq, nil
}

// loadKeys makes the first half of check 1. An empty trial ledger without keys gets them here.
func (l *Log) loadKeys(blocks uint64) (err error) {
	c := l.config
	l.keys, err = LoadKeys(c.KeyDir, c.Origin, c.Secret)
	if errors.Is(err, ErrNoKeys) && blocks == 0 && IsTrial(c.Origin) {
		if err := GenerateTrial(c.KeyDir, c.TrustFile, c.Origin, c.Secret); err != nil {
			return err
		}
		l.keys, err = LoadKeys(c.KeyDir, c.Origin, c.Secret)
	}
	return err
}

// checkTrust makes the second half of check 1, with the trust text in force.
func (l *Log) checkTrust() error {
	l.trust = l.history.Trust
	if l.trust == nil {
		text, err := os.ReadFile(l.config.TrustFile)
		if err != nil {
			return fmt.Errorf("read trust text: %w", err)
		}
		if l.trust, err = merkle.ParseTrust(text); err != nil {
			return &IntegrityError{Check: CheckKeys, Reason: err.Error()}
		}
	}
	if l.trust.Origin != l.config.Origin {
		return &IntegrityError{Check: CheckKeys, Reason: fmt.Sprintf("the trust text is of %s", l.trust.Origin)}
	}
	next := l.tree.Size() + 1
	if n, err := InstallKeys(l.config.KeyDir, l.trust, next, l.config.Secret); err != nil {
		return err
	} else if n > 0 { // a rotation that was cut off after its event
		if l.keys, err = LoadKeys(l.config.KeyDir, l.config.Origin, l.config.Secret); err != nil {
			return err
		}
	}
	if err := l.keys.check(l.trust, next); err != nil {
		return &IntegrityError{Check: CheckKeys, Reason: err.Error()}
	}
	return nil
}

// anchor is the anchor of this server.
func (l *Log) anchor() Anchor { return Anchor{filepath.Join(l.config.KeyDir, anchorFile)} }

// checkAnchor makes check 5.
func (l *Log) checkAnchor() error {
	a, ok, err := l.anchor().Read()
	if err != nil {
		return &IntegrityError{Check: CheckAnchor, Reason: err.Error()}
	}
	if !ok {
		return nil
	}
	return l.reaches(a)
}

// reaches asks that the log holds what a checkpoint of its own says.
func (l *Log) reaches(c merkle.Checkpoint) error {
	size := l.Position()
	if c.Size > size {
		return shortOfAnchor(l.Sequence(), size, c.Size)
	}
	root, err := l.Root(c.Size)
	if err != nil {
		return err
	}
	if c.Origin != l.config.Origin || root != c.Root {
		return &IntegrityError{
			Check:  CheckAnchor,
			Reason: fmt.Sprintf("%s signed root %s at size %d, the log has %s", c.Origin, c.Root, c.Size, root),
		}
	}
	return nil
}

// checkReadModels makes check 6.
func (l *Log) checkReadModels(ctx context.Context) error {
	if l.config.ReadModels == nil {
		return nil
	}
	models, err := l.config.ReadModels(ctx)
	if err != nil {
		return fmt.Errorf("ask the read models: %w", err)
	}
	for _, m := range models {
		if m.Position > l.Position() {
			return &IntegrityError{
				Check: CheckReadModels, Position: l.Position() + 1,
				Reason: fmt.Sprintf("read model %s is at position %d, the log ends at %d", m.Name, m.Position, l.Position()),
			}
		}
	}
	return nil
}

// checkClock makes check 8. A clock far ahead is no failure here: an operator confirms it on the running server.
func (l *Log) checkClock() error {
	last := l.LastTime()
	if now := l.config.Clock(); !last.IsZero() && now.Before(last.Add(-clockBehind)) {
		return &IntegrityError{
			Check: CheckClock, Position: l.Position(),
			Reason: fmt.Sprintf("the clock says %s, the last event %s", now.UTC().Format(time.RFC3339), last.Format(time.RFC3339)),
		}
	}
	return nil
}
