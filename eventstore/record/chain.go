package record

import (
	"bytes"
	"strings"
)

// Chain is the running check of what holds between the events of a ledger (sections 3 and 5): ids strictly increase,
// and so times never decrease; versions of a subject are 1, 2, 3…; ledger.opened.v1 is position 1 and only it.
//
// A reader of stored events calls Next for each, and Keep now and then. A writer calls Next for each event of a block
// before it publishes, Cut at the end of the block, and Confirm or Rollback when it knows what became of it; several
// blocks may be cut before the first is confirmed. A Chain holds one short string per subject. It is not safe for
// concurrent use.
type Chain struct {
	position uint64
	start    uint64
	id       [26]byte // of the last event; zero before the first
	index    map[string]uint32
	versions []uint64 // by index; 0 when the subject was rolled back
	arena    strings.Builder
	undo     []step
	groups   []int // steps of each group that was cut and is not confirmed
	open     int   // steps since the last cut
}

// step is what Rollback needs to take one event back.
type step struct {
	subject uint32
	version uint64 // before
	id      [26]byte
}

// NewChain starts after position start. From 0 every subject begins with version 1; from a later start the first
// version seen of a subject is free, because what came before was not examined.
func NewChain(start uint64) *Chain {
	return &Chain{position: start, start: start, index: make(map[string]uint32)}
}

// Position is that of the last event that Next took, rolled back ones not counted.
func (c *Chain) Position() uint64 { return c.position }

// Last is the id of that event and false before the first one.
func (c *Chain) Last() (id [26]byte, ok bool) { return c.id, c.id != [26]byte{} }

// Version is the last version of a subject, 0 when it was not seen.
func (c *Chain) Version(subject string) uint64 {
	if i, ok := c.index[subject]; ok {
		return c.versions[i]
	}
	return 0
}

// Next checks the head of the next position and takes it. The error is an *Invalid with code order or head; then
// nothing changed.
func (c *Chain) Next(h *Head) error {
	if bytes.Compare(h.ID, c.id[:]) <= 0 {
		return invalid(CodeOrder, "id is not larger than the one before")
	}
	if (string(h.Type) == openedType) != (c.position == 0) {
		return invalid(CodeHead, "ledger.opened.v1 belongs to position 1 and only there")
	}
	i, seen := c.index[string(h.Subject)]
	var before uint64
	if seen {
		before = c.versions[i]
	}
	if h.Version != before+1 && (before != 0 || c.start == 0) {
		return invalid(CodeOrder, "version does not continue the subject's")
	}
	if !seen {
		i = c.add(h.Subject)
	}
	c.undo = append(c.undo, step{i, before, c.id})
	c.open++
	c.versions[i] = h.Version
	c.position++
	copy(c.id[:], h.ID)
	return nil
}

// add gives a new subject its index. Its name lies in an arena: a string of its own would cost an object each.
func (c *Chain) add(subject []byte) uint32 {
	if c.arena.Cap()-c.arena.Len() < len(subject) {
		c.arena = strings.Builder{}
		c.arena.Grow(64 << 10)
	}
	from := c.arena.Len()
	c.arena.Write(subject)
	i := uint32(len(c.versions))
	c.index[c.arena.String()[from:]] = i
	c.versions = append(c.versions, 0)
	return i
}

// Cut closes the group of events taken since the last Cut.
func (c *Chain) Cut() {
	c.groups = append(c.groups, c.open)
	c.open = 0
}

// Confirm makes the oldest group that was cut final. It panics when there is none.
func (c *Chain) Confirm() {
	n := c.groups[0]
	c.groups = c.groups[1:]
	c.undo = append(c.undo[:0], c.undo[n:]...)
}

// Rollback forgets every event that is not final.
func (c *Chain) Rollback() {
	for i := len(c.undo) - 1; i >= 0; i-- {
		s := c.undo[i]
		c.versions[s.subject], c.id = s.version, s.id
		c.position--
	}
	c.Keep()
}

// Keep makes every event taken so far final.
func (c *Chain) Keep() {
	c.undo, c.groups, c.open = c.undo[:0], c.groups[:0], 0
}
