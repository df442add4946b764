package eventstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go"
)

// Headers of a block (record format, section 1). Those with Nats- are instructions to the server as well.
const (
	headerID       = "Nats-Msg-Id"
	headerStream   = "Nats-Expected-Stream"
	headerSequence = "Nats-Expected-Last-Sequence"
	headerFirst    = "Ledger-First"
	headerCount    = "Ledger-Count"
	headerPrevRoot = "Ledger-Prev-Root"
)

// Block is one group commit as it is stored: the events First to First+Count-1.
type Block struct {
	Sequence uint64 // of the block in its stream, from 1
	First    uint64 // position of the first event
	Count    int    // number of events, at least 1
	Data     []byte // head LF body LF, for each event; not to be changed
}

// Last is the position of the last event.
func (b Block) Last() uint64 { return b.First + uint64(b.Count) - 1 }

// Each calls fn for the events in order, with lines without LF that are views into Data. It ends with the first error.
func (b Block) Each(fn func(position uint64, head, body []byte) error) error {
	position := b.First
	for rest := b.Data; len(rest) > 0; position++ {
		head, body, after, err := record.CutPair(rest)
		if err != nil {
			return err
		}
		if err := fn(position, head, body); err != nil {
			return err
		}
		rest = after
	}
	return nil
}

// hashOf is the hash of a body line in its head.
func hashOf(body []byte) [32]byte { return sha256.Sum256(body) }

// blockID is the id of a message: hex SHA-256 of its data.
func blockID(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// blockHeaders are the headers of a block in a stream; id is that of its data, prevRoot the root of all events before it.
func blockHeaders(b Block, id, stream string, prevRoot merkle.Hash) nats.Header {
	return nats.Header{
		headerID:       {id},
		headerStream:   {stream},
		headerSequence: {strconv.FormatUint(b.Sequence-1, 10)},
		headerFirst:    {strconv.FormatUint(b.First, 10)},
		headerCount:    {strconv.Itoa(b.Count)},
		headerPrevRoot: {hex.EncodeToString(prevRoot[:])},
	}
}

// sameHeaders asks that the headers of a stored block are those recomputed, and no others. Headers are transport: a
// difference means that somebody else wrote the block, or that it was damaged.
func sameHeaders(have, want nats.Header) error {
	if len(have) != len(want) {
		return fmt.Errorf("block has %d headers, not %d", len(have), len(want))
	}
	for name, values := range want {
		if h := have[name]; len(h) != 1 || h[0] != values[0] {
			return fmt.Errorf("header %s is %q, recomputed %q", name, h, values[0])
		}
	}
	return nil
}

// note is an event by which the ledger speaks about itself and that verification looks into (section 5).
type note struct {
	position uint64
	kind     string // its type
	data     []byte
	millis   int64 // its time
}

// Types of the events that verification looks into.
const (
	openedType  = "ledger.opened.v1"
	changedType = "ledger.trust.changed.v1"
	sealedType  = "ledger.sealed.v1"
)

// noteOf gives the note of an event; ok is false for all but three types.
func noteOf(position uint64, e *record.Event) (n note, ok bool) {
	if !e.Head.Meta {
		return n, false
	}
	switch kind := string(e.Head.Type); kind {
	case openedType, changedType, sealedType:
		return note{position, kind, bytes.Clone(e.Body.Data), e.Head.Millis}, true
	}
	return n, false
}

// examined is a block that passed every check which concerns it alone, with what the checks between blocks need.
type examined struct {
	Block
	headers nats.Header
	id      string        // of the data
	leaves  []merkle.Hash // one per event
	heads   []record.Head // id, type, subject and version only; views into the data
	notes   []note
	apply   func(first uint64) (at uint64, err error) // of Config.Ahead; nil without it
	begin   int64                                     // time of the first event, in milliseconds since 1970
	end     int64                                     // time of the last one
}

// examine parses the events of a block. Its first position is not known yet: it follows from the blocks before.
func examine(sequence uint64, headers nats.Header, data []byte, e *record.Event) (*examined, error) {
	x := new(examined)
	return x, x.examine(sequence, headers, data, e)
}

// examine is examine in memory that is used again.
func (x *examined) examine(sequence uint64, headers nats.Header, data []byte, e *record.Event) error {
	*x = examined{
		Block: Block{Sequence: sequence, Data: data}, headers: headers, id: blockID(data),
		leaves: x.leaves[:0], heads: x.heads[:0],
	}
	guess := len(data) / 400 // events are seldom shorter
	x.leaves, x.heads = slices.Grow(x.leaves, guess), slices.Grow(x.heads, guess)
	return record.ParseBlock(data, e, func(e *record.Event, head, _ []byte) error {
		h := &e.Head
		x.heads = append(x.heads, record.Head{ID: h.ID, Type: h.Type, Subject: h.Subject, Version: h.Version})
		x.take(e, merkle.Leaf(head))
		return nil
	})
}

// take adds one parsed event.
func (x *examined) take(e *record.Event, leaf merkle.Hash) {
	if n, ok := noteOf(x.First+uint64(x.Count), e); ok {
		x.notes = append(x.notes, n)
	}
	if x.Count == 0 {
		x.begin = e.Head.Millis
	}
	x.end = e.Head.Millis
	x.leaves = append(x.leaves, leaf)
	x.Count++
}

// place gives a block that was examined its first position.
func (x *examined) place(first uint64) {
	x.First = first
	for i := range x.notes {
		x.notes[i].position += first
	}
}
