package domain

import (
	"hash/maphash"
	"slices"
)

// keyID stands for an idempotency key: 128 bits under two seeds that nobody
// else knows, so that a million keys are no million texts in memory and two of
// them are not taken for one.
type keyID [2]uint64

func (l *Ledger) keyID(key string) keyID {
	return keyID{maphash.String(l.seeds[0], key), maphash.String(l.seeds[1], key)}
}

// keyUse remembers the command that used an idempotency key.
type keyUse struct {
	position uint64 // of its first event
	print    uint64 // of command, actor and data
}

// keyTable holds the used keys. Their ids are random bits, so a slot follows
// from the id, with the next free one after it (linear probing); a quarter of
// the slots stays free.
type keyTable struct {
	slots []keySlot // a power of two of them
	used  int
	undo  []keyID // in the order they were added
	final bool    // changes are not to be taken back
}

// keySlot is free while its position is 0.
type keySlot struct {
	id keyID
	keyUse
}

const fewestKeys = 64

func newKeyTable() keyTable { return keyTable{slots: make([]keySlot, fewestKeys)} }

// expect makes room in an empty table for n keys.
func (t *keyTable) expect(n int) {
	size := fewestKeys
	for size/4*3 < n {
		size *= 2
	}
	t.slots = make([]keySlot, size)
}

// find is the slot of an id, or the free one where it belongs.
func (t *keyTable) find(id keyID) *keySlot {
	last := uint64(len(t.slots) - 1)
	for i := id[0] & last; ; i = (i + 1) & last {
		if s := &t.slots[i]; s.position == 0 || s.id == id {
			return s
		}
	}
}

func (t *keyTable) get(id keyID) (keyUse, bool) {
	s := t.find(id)
	return s.keyUse, s.position != 0
}

// add keeps the use of a key that is new; free is its slot, as find gave it.
func (t *keyTable) add(free *keySlot, id keyID, use keyUse) {
	if !t.final {
		t.undo = append(t.undo, id)
	}
	*free = keySlot{id, use}
	if t.used++; t.used > len(t.slots)/4*3 {
		t.grow()
	}
}

func (t *keyTable) grow() {
	old := t.slots
	t.slots = make([]keySlot, 2*len(old))
	for i := range old {
		if old[i].position != 0 {
			*t.find(old[i].id) = old[i]
		}
	}
}

// remove frees the slot of an id, and moves up those behind it that would not
// be found any more.
func (t *keyTable) remove(id keyID) {
	last := uint64(len(t.slots) - 1)
	hole := id[0] & last
	for t.slots[hole].id != id {
		hole = (hole + 1) & last
	}
	for i := (hole + 1) & last; t.slots[i].position != 0; i = (i + 1) & last {
		if home := t.slots[i].id[0] & last; (i-home)&last >= (i-hole)&last {
			t.slots[hole], hole = t.slots[i], i
		}
	}
	t.slots[hole] = keySlot{}
	t.used--
}

func (t *keyTable) mark() int { return len(t.undo) }

func (t *keyTable) rollback(n int) {
	for _, id := range slices.Backward(t.undo[n:]) {
		t.remove(id)
	}
	t.undo = t.undo[:n]
}

func (t *keyTable) drop(n int) { t.undo = slices.Delete(t.undo, 0, n) }

func (t *keyTable) finally(final bool) { t.final = final }

func (t *keyTable) clone() keyTable {
	return keyTable{slots: slices.Clone(t.slots), used: t.used}
}
