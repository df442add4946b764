package eventstore

import (
	"sync"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// recentBytes is how much of the newest blocks stays in memory for the followers that keep up.
const recentBytes = 8 << 20

// Log is an open ledger log: what its start checks read, and what was written since. Its methods may be called from any
// goroutine. It holds about 40 bytes of memory an event.
type Log struct {
	config Config
	keys   Keys
	js     jetstream.JetStream
	replay nats.JetStreamContext // push consumers

	// What follows from all stored blocks and is used by one goroutine: Open, then the writer.
	chain   *record.Chain
	history merkle.History

	mu        sync.RWMutex
	changed   chan struct{} // closed and replaced when something is added
	tree      merkle.Tree
	firsts    []uint64 // position of the first event of each block
	recent    []Block  // the newest blocks, all of one run of sequences
	size      int      // bytes of data in recent
	last      int64    // time of the last event, in milliseconds since 1970
	trust     *merkle.Trust
	sealed    uint64   // size of the last ledger.sealed.v1 event
	uncovered int64    // time of the first event after that one; 0 when there is none
	seals     []uint64 // sizes of the stored checkpoints
	recorded  []recordedSeal
	newest    Seal
}

// Origin is the name of the ledger in checkpoints and packages.
func (l *Log) Origin() string { return l.config.Origin }

// Keys are the signers that the start checks accepted.
func (l *Log) Keys() Keys { return l.keys }

// Position is that of the last event, 0 when there is none.
func (l *Log) Position() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.tree.Size()
}

// Sequence is that of the last block, 0 when there is none.
func (l *Log) Sequence() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return uint64(len(l.firsts))
}

// LastTime is the recording time of the last event, zero when there is none.
func (l *Log) LastTime() time.Time {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.last == 0 {
		return time.Time{}
	}
	return time.UnixMilli(l.last).UTC()
}

// Trust is the trust text in force: that of the last event which changed it, or of the trust file while the log is empty.
func (l *Log) Trust() *merkle.Trust {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.trust
}

// Root is the Merkle root of the first size events.
func (l *Log) Root(size uint64) (merkle.Hash, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.tree.Root(size)
}

// Frontier is the Merkle frontier of the first size events.
func (l *Log) Frontier(size uint64) (*merkle.Frontier, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.tree.Frontier(size)
}

// Leaf is the leaf hash of an event.
func (l *Log) Leaf(position uint64) (merkle.Hash, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.tree.Leaf(position - 1)
}

// Inclusion proves that the event of a position is among the first size events; see merkle.VerifyInclusion.
func (l *Log) Inclusion(position, size uint64) ([]merkle.Hash, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.tree.Inclusion(position-1, size)
}

// Consistency proves that the first to events begin with the first from events; see merkle.VerifyConsistency.
func (l *Log) Consistency(from, to uint64) ([]merkle.Hash, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.tree.Consistency(from, to)
}

// add takes a stored block whose checks are done. Only the owner of the chain calls it.
func (l *Log) add(x *examined) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, leaf := range x.leaves {
		l.tree.Append(leaf)
	}
	l.firsts = append(l.firsts, x.First)
	l.last = x.end
	l.remember(x.Block)
	l.noteSeals(x)
	close(l.changed)
	l.changed = make(chan struct{})
}

// remember keeps a block in memory and lets the oldest go.
func (l *Log) remember(b Block) {
	l.recent, l.size = append(l.recent, b), l.size+len(b.Data)
	drop := 0
	for l.size > recentBytes && drop < len(l.recent)-1 {
		l.size -= len(l.recent[drop].Data)
		l.recent[drop] = Block{} // lets the data go before the array does
		drop++
	}
	l.recent = l.recent[drop:]
}

// noteSeals keeps account of what the ledger.sealed.v1 events cover, for the sealer.
func (l *Log) noteSeals(x *examined) {
	covering := uint64(0)
	for _, n := range x.notes {
		if n.kind == sealedType {
			l.noteWitnessed(n)
			covering = n.position
		}
	}
	switch {
	case covering == x.Last():
		l.uncovered = 0
	case covering > 0:
		l.uncovered = x.end
	case l.uncovered == 0:
		l.uncovered = x.begin
	}
}
