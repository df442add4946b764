package memory

// names gives texts dense numbers in order of appearance; 0 is the empty text.
type names struct {
	ids  map[string]uint32
	list []string
}

func newNames() names { return names{ids: map[string]uint32{"": 0}, list: []string{""}} }

// add is the number of a text, given now if it is new.
func (n *names) add(s string) uint32 {
	if id, ok := n.ids[s]; ok {
		return id
	}
	id := uint32(len(n.list))
	n.ids[s] = id
	n.list = append(n.list, s)
	return id
}

// find is the number of a text that was added before.
func (n *names) find(s string) (id uint32, ok bool) {
	id, ok = n.ids[s]
	return id, ok
}

func (n *names) text(id uint32) string { return n.list[id] }

func (n *names) len() int { return len(n.list) }

// index lists numbers by a number.
type index [][]uint32

func (x *index) add(key, value uint32) {
	for uint32(len(*x)) <= key {
		*x = append(*x, nil)
	}
	(*x)[key] = append((*x)[key], value)
}

func (x index) at(key uint32) []uint32 {
	if key < uint32(len(x)) {
		return x[key]
	}
	return nil
}
