package domain

import "maps"

// table is a map whose changes can be taken back. Values are replaced whole:
// a slice inside a value is never changed in place, only copied or appended to.
type table[K comparable, V any] struct {
	m     map[K]V
	undo  []undone[K, V]
	final bool // changes are not to be taken back
}

type undone[K comparable, V any] struct {
	key K
	old V
	had bool
}

// journal is what the ledger needs of its tables to take a group of commands back.
type journal interface {
	mark() int      // how many changes are remembered
	rollback(n int) // take back all but the first n
	drop(n int)     // forget the first n for good
	finally(bool)   // from now on changes are final, or not
}

func newTable[K comparable, V any]() table[K, V] {
	return table[K, V]{m: make(map[K]V)}
}

func (t *table[K, V]) get(k K) (V, bool) {
	v, ok := t.m[k]
	return v, ok
}

// at is the value of k, or the zero value.
func (t *table[K, V]) at(k K) V { return t.m[k] }

func (t *table[K, V]) has(k K) bool {
	_, ok := t.m[k]
	return ok
}

func (t *table[K, V]) put(k K, v V) {
	if !t.final {
		old, had := t.m[k]
		t.undo = append(t.undo, undone[K, V]{k, old, had})
	}
	t.m[k] = v
}

func (t *table[K, V]) finally(final bool) { t.final = final }

func (t *table[K, V]) mark() int { return len(t.undo) }

func (t *table[K, V]) rollback(n int) {
	for i := len(t.undo) - 1; i >= n; i-- {
		if u := &t.undo[i]; u.had {
			t.m[u.key] = u.old
		} else {
			delete(t.m, u.key)
		}
	}
	clear(t.undo[n:])
	t.undo = t.undo[:n]
}

func (t *table[K, V]) drop(n int) {
	kept := copy(t.undo, t.undo[n:])
	clear(t.undo[kept:])
	t.undo = t.undo[:kept]
}

// clone shares the values with t.
func (t *table[K, V]) clone() table[K, V] { return table[K, V]{m: maps.Clone(t.m)} }
