package postgres

// table numbers identities. They are random bits, so a slot follows from them,
// with the next free one after it (linear probing): one look at memory, where a
// map needs three. A third of the slots stays free.
type table struct {
	slots []slot // a power of two of them
	used  int
}

// slot is free while its number is 0.
type slot struct {
	identity
	number uint32 // from 1
}

const fewestSlots = 64

// newTable has room for some identities.
func newTable(expected int) table {
	size := fewestSlots
	for size/3*2 < expected {
		size *= 2
	}
	return table{slots: make([]slot, size)}
}

// number finds or makes the number of an identity, from 0 in order of appearance.
func (t *table) number(id identity) (number uint32, made bool) {
	s := t.find(id)
	if s.number != 0 {
		return s.number - 1, false
	}
	t.used++
	*s = slot{id, uint32(t.used)}
	if t.used > len(t.slots)/3*2 {
		t.grow()
	}
	return uint32(t.used - 1), true
}

// find is the slot of an identity, or the free one where it belongs.
func (t *table) find(id identity) *slot {
	last := uint64(len(t.slots) - 1)
	for i := id[0] & last; ; i = (i + 1) & last {
		if s := &t.slots[i]; s.number == 0 || s.identity == id {
			return s
		}
	}
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for i := range old {
		if s := &old[i]; s.number != 0 {
			*t.find(s.identity) = *s
		}
	}
}
