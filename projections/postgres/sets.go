package postgres

import (
	"slices"
	"strings"
)

// setIndex finds sets by the scopes that they have. The lists only grow, so that
// it is taken under the model's lock and used without it.
type setIndex struct {
	list    []set
	holders map[string][]uint32 // of the scopes asked for, in order of appearance
	limit   uint64
}

// hold notes which scopes a new set has.
func (f *facts) hold(scopes string, n uint32) {
	if f.holders == nil {
		return
	}
	for scope := range strings.SplitSeq(scopes, " ") {
		f.holders[scope] = append(f.holders[scope], n)
	}
}

// setsOf is the index of some scopes at a position.
func (m *Model) setsOf(limit uint64, scopes ...[]string) *setIndex {
	m.mu.RLock()
	defer m.mu.RUnlock()
	x := &setIndex{list: m.facts.setList, holders: map[string][]uint32{}, limit: limit}
	for _, some := range scopes {
		for _, s := range some {
			x.holders[s] = m.facts.holders[s]
		}
	}
	return x
}

// known are the sets of a scope that had appeared.
func (x *setIndex) known(scope string) []uint32 { return until(x.holders[scope], x.list, x.limit) }

// held are the sets of a scope that had appeared at a position.
func (f *facts) held(scope string, limit uint64) []uint32 {
	return until(f.holders[scope], f.setList, limit)
}

// until are the first of some sets, up to a position.
func until(sets []uint32, list []set, limit uint64) []uint32 {
	return sets[:newer(sets, limit, func(n uint32) uint64 { return list[n].first })]
}

// any are the sets with one of the scopes, in order.
func (x *setIndex) any(scopes []string) (sets []uint32) {
	for _, s := range scopes {
		sets = append(sets, x.known(s)...)
	}
	slices.Sort(sets)
	return slices.Compact(sets)
}

// all are the sets with all of the scopes.
func (x *setIndex) all(scopes []string) []uint32 {
	sets := x.any(scopes[:1])
	for _, s := range scopes[1:] {
		sets = both(sets, x.known(s))
	}
	return sets
}

// both are the numbers that two ordered lists have in common.
func both(a, b []uint32) []uint32 {
	if len(a) > len(b) {
		a, b = b, a
	}
	out := make([]uint32, 0, len(a))
	for _, n := range a {
		if _, ok := slices.BinarySearch(b, n); ok {
			out = append(out, n)
		}
	}
	return out
}

// has tells whether the set has a scope of the kind.
func (s *set) has(kind string) bool {
	return strings.HasPrefix(s.scopes, kind+"/") || strings.Contains(s.scopes, " "+kind+"/")
}

// several tells whether the set has more than one scope of the kind.
func (s *set) several(kind string) bool {
	return strings.Count(" "+s.scopes, " "+kind+"/") > 1
}
