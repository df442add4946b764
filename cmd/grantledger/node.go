package main

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections/memory"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// writer is the log's writer with the rules of the domain.
type writer = eventstore.Writer[domain.Command, *domain.Event, domain.Answer]

// node is an open ledger in this process: directory, server, log,
// rules and writer. Its parts run in a group until the context ends.
type node struct {
	dir    *eventstore.Directory
	server *eventstore.Server
	conn   *nats.Conn
	log    *eventstore.Log
	ledger *domain.Ledger // the writer's own
	writer *writer
	model  *memory.Model // nil unless asked for; it has the events of the start, Run goes on
	sealer *eventstore.Sealer
	cosign *eventstore.Cosigner // nil without witnesses
	alarms *slog.Logger

	replicas int // of streams, bucket and files

	telling atomic.Bool // a story is being told: no seals among its events
}

// nodeConfig is what a node is opened with.
type nodeConfig struct {
	data, name, origin, keyDir string
	clock                      func() time.Time
	random                     io.Reader // ids and salts; nil: the system's
	confirmed                  bool      // the clock may jump ahead without asking
	sealEvery                  time.Duration
	sealRecord                 time.Duration // of cosigned checkpoints; 0: as of the others
	witnesses                  []string      // addresses
	nats                       *natsConfig   // nil: embedded
	everySeal                  bool          // verify the signatures of all seals
	inMemory                   bool          // make the read model in memory, with the start checks
	alarms                     *slog.Logger
	readModels                 func(context.Context) ([]eventstore.Progress, error) // optional: how far they got
}

// startGC is the GOGC of a start. A higher one takes as much time, for fresh
// memory, and more of it.
const startGC = 150

// openNode locks the directory, starts or reaches the server and makes the start
// checks of the log. What it opened it closes again when a later step fails.
func openNode(ctx context.Context, c nodeConfig) (*node, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(startGC)) // almost all that a start allocates stays
	n := &node{ledger: domain.NewLedger(domain.Genesis{}), alarms: c.alarms, replicas: 1}
	if err := n.open(ctx, c); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

func (n *node) open(ctx context.Context, c nodeConfig) (err error) {
	if n.dir, err = eventstore.LockDirectory(c.data); err != nil {
		return err
	}
	if err = n.connect(c); err != nil {
		return err
	}
	random := c.random
	if random == nil {
		random = rand.Reader
	}
	config := eventstore.Config{
		Conn: n.conn, Name: c.name, Origin: c.origin, KeyDir: c.keyDir, TrustFile: n.dir.Trust(),
		Clock: c.clock, Random: random, Secret: rand.Reader, ClockConfirmed: c.confirmed, Apply: n.ledger.Apply,
		Replicas: n.replicas, EverySeal: c.everySeal, CatchUp: c.nats.catchUp(), ReadModels: c.readModels,
	}
	if n.server != nil {
		config.Room, config.Kept, config.Revive = n.server.Room, n.server.Kept, n.server.Revive
	}
	if c.inMemory {
		n.model = memory.New(nil)
		config.Ahead = n.ahead()
		config.Expect = func(events int) {
			n.ledger.Expect(events)
			n.model.Expect(events)
		}
	}
	if n.log, err = eventstore.Open(ctx, config); err != nil {
		return err
	}
	if n.model != nil {
		if err := n.model.Begin(n.log, n.ledger.Clone()); err != nil {
			return err
		}
	}
	n.ledger.Found(domain.Genesis{Origin: c.origin, Trust: n.log.Trust().Format()})
	n.writer = eventstore.NewWriter[domain.Command, *domain.Event, domain.Answer](n.log, n.ledger)
	n.sealer = &eventstore.Sealer{Log: n.log, Every: c.sealEvery, Record: n.recordSeal, RecordWitnessed: c.sealRecord, Failed: func(err error) {
		n.alarms.Warn("sealing failed, will be tried again", "error", err)
	}}
	n.cosign = n.cosigner(c)
	return nil
}

// ahead decodes the blocks of the start on all cores and folds them, in order,
// into the rules and by the way into the read model: each event is read once.
func (n *node) ahead() func(eventstore.Block) func(uint64) (uint64, error) {
	type reader struct {
		decoder *domain.Decoder
		events  []domain.Event
	}
	readers := sync.Pool{New: func() any { return &reader{decoder: domain.NewDecoder()} }}
	return func(b eventstore.Block) func(uint64) (uint64, error) {
		r := readers.Get().(*reader)
		for len(r.events) < b.Count {
			r.events = append(r.events, domain.Event{})
		}
		b.First = 0
		failed := b.Each(func(i uint64, head, body []byte) error { return r.decoder.Decode(head, body, &r.events[i]) })
		return func(first uint64) (at uint64, err error) {
			defer readers.Put(r)
			if failed != nil {
				return first, failed
			}
			for i := range r.events[:b.Count] {
				e := &r.events[i]
				e.Position = first + uint64(i)
				if err := n.ledger.ApplyEvent(e); err != nil {
					return e.Position, err
				}
				if err := n.model.Observe(n.ledger, e); err != nil {
					return e.Position, err
				}
			}
			return 0, nil
		}
	}
}

// connect starts the embedded server, or reaches the external one.
func (n *node) connect(c nodeConfig) (err error) {
	if c.nats != nil {
		n.replicas = c.nats.replicas
		n.conn, err = c.nats.Connect()
		return err
	}
	if n.server, err = eventstore.StartServer(n.dir, c.name); err != nil {
		return err
	}
	n.conn, err = n.server.Connect()
	return err
}

// recordSeal puts a checkpoint back into the log; while a story is told it
// waits, so that the same seed gives the same events.
func (n *node) recordSeal(ctx context.Context, note string) error {
	if n.telling.Load() {
		return nil
	}
	_, _, err := n.writer.Do(ctx, domain.RecordSeal(note))
	return err
}

// runStore starts writer and sealer. When writing ends, the block in flight is
// finished, and after it the sealer signs the last checkpoint.
func (n *node) runStore(group *errgroup.Group, writing context.Context) {
	sealing, stopSealing := context.WithCancel(context.WithoutCancel(writing))
	group.Go(func() error {
		defer stopSealing()
		return n.writer.Run(writing)
	})
	group.Go(func() error { return n.sealer.Run(sealing) })
	if n.cosign != nil {
		group.Go(func() error { return n.cosign.Run(writing) })
	}
}

// close gives everything back in the order of the house: connection, server, lock.
func (n *node) close() {
	if n.conn != nil {
		n.conn.Close()
	}
	if n.server != nil {
		n.server.Stop()
	}
	if n.dir != nil {
		_ = n.dir.Unlock()
	}
}
