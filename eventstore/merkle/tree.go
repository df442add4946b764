package merkle

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// stride is the distance of the levels that a Tree keeps: the hashes between are made again when a proof needs them,
// at most 15 of them, which brings the memory from 64 to 34 bytes a leaf.
const stride = 4

// chunk is the number of hashes that a row grows by.
const chunk = 4096

// Tree holds the hashes of a whole tree, for roots, proofs and frontiers of any size up to its own. The zero value is
// empty. Not safe for concurrent use: hold a lock around Append, a read lock around the rest.
type Tree struct {
	frontier Frontier
	rows     []row // level 0, stride, 2·stride…
}

// row is the hashes of one level, in chunks, so that growing moves nothing.
type row struct{ chunks [][]Hash }

func (r *row) append(h Hash) {
	if n := len(r.chunks); n == 0 || len(r.chunks[n-1]) == chunk {
		r.chunks = append(r.chunks, make([]Hash, 0, chunk))
	}
	last := &r.chunks[len(r.chunks)-1]
	*last = append(*last, h)
}

func (r *row) at(i uint64) Hash { return r.chunks[i/chunk][i%chunk] }

// Append adds the next leaf.
func (t *Tree) Append(leaf Hash) {
	t.frontier.Append(leaf)
	size := t.frontier.size
	for level := 0; size&(1<<level-1) == 0; level += stride {
		if level/stride == len(t.rows) {
			t.rows = append(t.rows, row{})
		}
		h := leaf
		if level > 0 {
			h = t.fold(level, size>>level-1)
		}
		t.rows[level/stride].append(h)
	}
}

// hash is the root of the perfect subtree number index of a level.
func (t *Tree) hash(level int, index uint64) Hash {
	if level%stride == 0 {
		return t.rows[level/stride].at(index)
	}
	return t.fold(level, index)
}

func (t *Tree) fold(level int, index uint64) Hash {
	return Node(t.hash(level-1, 2*index), t.hash(level-1, 2*index+1))
}

// Size is the number of leaves.
func (t *Tree) Size() uint64 { return t.frontier.size }

// Leaf is the hash of the leaf of an index less than the size.
func (t *Tree) Leaf(index uint64) (Hash, error) {
	if index >= t.Size() {
		return Hash{}, fmt.Errorf("leaf %d of a tree of %d", index, t.Size())
	}
	return t.hash(0, index), nil
}

// Frontier is the frontier of a size up to the tree's.
func (t *Tree) Frontier(size uint64) (*Frontier, error) {
	if size > t.Size() {
		return nil, fmt.Errorf("size %d of a tree of %d", size, t.Size())
	}
	f := &Frontier{size: size}
	for rest := size; rest > 0; {
		level := bits.Len64(rest) - 1
		rest -= 1 << level
		f.hashes = append(f.hashes, t.hash(level, (size-rest)>>level-1))
	}
	return f, nil
}

// Root is the root of a size up to the tree's.
func (t *Tree) Root(size uint64) (Hash, error) {
	f, err := t.Frontier(size)
	if err != nil {
		return Hash{}, err
	}
	return f.Root(), nil
}

// Inclusion proves that the leaf of an index is in the tree of a size (RFC 6962, 2.1.1); see VerifyInclusion.
func (t *Tree) Inclusion(index, size uint64) ([]Hash, error) {
	if size > t.Size() || index >= size {
		return nil, fmt.Errorf("leaf %d in size %d of a tree of %d", index, size, t.Size())
	}
	return tlog.ProveRecord(int64(size), int64(index), stored{t})
}

// Consistency proves that the tree of size to begins with the tree of size from (RFC 6962, 2.1.2); see VerifyConsistency.
func (t *Tree) Consistency(from, to uint64) ([]Hash, error) {
	if to > t.Size() || from > to {
		return nil, fmt.Errorf("sizes %d and %d of a tree of %d", from, to, t.Size())
	}
	if from == 0 {
		return []Hash{}, nil
	}
	return tlog.ProveTree(int64(to), int64(from), stored{t})
}

// stored reads a tree by the indexes that tlog gives to hashes.
type stored struct{ t *Tree }

func (s stored) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		out[i] = s.t.hash(level, uint64(n))
	}
	return out, nil
}

// VerifyInclusion checks a proof that the leaf of an index is in the tree of a size with a root.
func VerifyInclusion(proof []Hash, index, size uint64, leaf, root Hash) error {
	return tlog.CheckRecord(proof, int64(size), root, int64(index), leaf)
}

// VerifyConsistency checks a proof that the tree of size to with root newer begins with the tree of size from with root
// older.
func VerifyConsistency(proof []Hash, from, to uint64, older, newer Hash) error {
	if from == 0 && len(proof) == 0 && older == EmptyRoot() {
		return nil
	}
	return tlog.CheckTree(proof, int64(to), newer, int64(from), older)
}
