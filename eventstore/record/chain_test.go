package record

import (
	"bytes"
	"testing"
)

func parsedHeads(t *testing.T) []Head {
	t.Helper()
	lines, _ := sample()
	heads := make([]Head, len(lines))
	for i := range lines {
		if err := heads[i].Parse(lines[i]); err != nil {
			t.Fatal(err)
		}
	}
	return heads
}

func TestChainRefusals(t *testing.T) {
	heads := parsedHeads(t)
	for _, c := range []struct {
		name  string
		start uint64
		order []int // indexes of sample heads; the last is refused
		code  string
	}{
		{"not opened", 0, []int{1}, CodeHead},
		{"opened later", 5, []int{0}, CodeHead},
		{"same id", 0, []int{0, 1, 1}, CodeOrder},
		{"smaller id", 0, []int{0, 2, 1}, CodeOrder},
		{"version skipped", 0, []int{0, 4, 10}, CodeOrder},
		{"version 2 first", 0, []int{0, 5}, CodeOrder},
		{"version skipped after a start", 4, []int{4, 10}, CodeOrder},
	} {
		chain := NewChain(c.start)
		for n, i := range c.order {
			err := chain.Next(&heads[i])
			if last := n == len(c.order)-1; last && codeOf(err) != c.code || !last && err != nil {
				t.Errorf("%s: event %d: %v", c.name, n, err)
			}
		}
	}
}

func TestChainFreeVersionAfterStart(t *testing.T) {
	heads := parsedHeads(t)
	chain := NewChain(7)
	for i := 7; i < 13; i++ {
		if err := chain.Next(&heads[i]); err != nil {
			t.Fatal(err)
		}
	}
	if chain.Position() != 13 {
		t.Errorf("position %d", chain.Position())
	}
}

func TestChainGroups(t *testing.T) {
	heads := parsedHeads(t)
	chain := NewChain(0)
	next := func(from, to int) {
		for i := from; i < to; i++ {
			if err := chain.Next(&heads[i]); err != nil {
				t.Fatal(err)
			}
		}
		chain.Cut()
	}
	next(0, 5)
	next(5, 8)
	chain.Confirm()
	next(8, 13)
	chain.Rollback()
	last, _ := chain.Last()
	if chain.Position() != 5 || chain.Version("award/W-2024-0001") != 1 || chain.Version("ledger/seal") != 0 || !bytes.Equal(last[:], heads[4].ID) {
		t.Fatalf("position %d, id %s", chain.Position(), last)
	}
	next(5, 13)
	chain.Confirm()
	chain.Rollback()
	if chain.Position() != 13 || chain.Version("award/W-2024-0001") != 3 {
		t.Errorf("position %d", chain.Position())
	}
}
