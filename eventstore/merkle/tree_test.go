package merkle

import (
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// The tree against the reference construction of RFC 6962 in tlog, over sizes that cross several kept levels.
func TestTreeAgainstReference(t *testing.T) {
	const n = 530
	var tree Tree
	var f Frontier
	var store []Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []Hash, err error) {
		for _, x := range indexes {
			out = append(out, store[x])
		}
		return out, nil
	})
	for i := range n {
		data := fmt.Appendf(nil, "event %d", i)
		hashes, err := tlog.StoredHashes(int64(i), data, reader)
		if err != nil {
			t.Fatal(err)
		}
		store = append(store, hashes...)
		leaf := Leaf(data)
		if leaf != tlog.RecordHash(data) {
			t.Fatal("leaf differs")
		}
		tree.Append(leaf)
		f.Append(leaf)
		want, err := tlog.TreeHash(int64(i+1), reader)
		if err != nil || f.Root() != want {
			t.Fatalf("root of %d", i+1)
		}
	}
	root, _ := tree.Root(n)
	for size := uint64(0); size <= n; size++ {
		older, err := tree.Root(size)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := tree.Consistency(size, n)
		if err != nil || VerifyConsistency(proof, size, n, older, root) != nil {
			t.Fatalf("consistency of %d: %v", size, err)
		}
		if size > 0 && VerifyConsistency(proof, size, n, Leaf([]byte("other")), root) == nil {
			t.Fatalf("consistency of %d holds for another root", size)
		}
		back, err := tree.Frontier(size)
		if err != nil || back.Root() != older || back.Size() != size {
			t.Fatalf("frontier of %d: %v", size, err)
		}
	}
	for index := uint64(0); index < n; index += 7 {
		leaf, _ := tree.Leaf(index)
		proof, err := tree.Inclusion(index, n)
		if err != nil || VerifyInclusion(proof, index, n, leaf, root) != nil {
			t.Fatalf("inclusion of %d: %v", index, err)
		}
		if VerifyInclusion(proof, index, n, Leaf(nil), root) == nil {
			t.Fatalf("inclusion of %d holds for another leaf", index)
		}
	}
}

func TestTreeBounds(t *testing.T) {
	var tree Tree
	tree.Append(Leaf(nil))
	if _, err := tree.Root(2); err == nil {
		t.Error("root beyond the size")
	}
	if _, err := tree.Inclusion(1, 1); err == nil {
		t.Error("inclusion of an absent leaf")
	}
	if _, err := tree.Consistency(1, 2); err == nil {
		t.Error("consistency beyond the size")
	}
	if _, err := tree.Leaf(1); err == nil {
		t.Error("leaf beyond the size")
	}
	if root, err := tree.Root(0); err != nil || root != EmptyRoot() {
		t.Error("root of nothing")
	}
	if _, err := NewFrontier(7, make([]Hash, 2)); err == nil {
		t.Error("frontier with a hash too few")
	}
}

func TestLongLeaf(t *testing.T) {
	long := make([]byte, 8192)
	if Leaf(long) != tlog.RecordHash(long) {
		t.Error("leaf of the longest head differs")
	}
}

func BenchmarkAppend(b *testing.B) {
	var tree Tree
	head := make([]byte, 330)
	b.ReportAllocs()
	for b.Loop() {
		tree.Append(Leaf(head))
	}
}
