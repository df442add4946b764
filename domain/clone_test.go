package domain_test

import (
	"testing"

	"grantledger/domain"
)

// TestClone forks a ledger in the middle of a story: what the first goes on to
// do is not seen by the second, and both end alike.
func TestClone(t *testing.T) {
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			var all []storedLines
			var c clock
			play(t, name, func(cmd line, a domain.Answer) {
				at := c.at(cmd)
				if a.Replayed != 0 {
					return
				}
				for _, e := range a.Events {
					head, body := stored(e, at)
					all = append(all, storedLines{head, body})
				}
			})
			for _, fork := range []int{len(all) / 4, len(all) / 2, len(all) - 1} {
				cloneAt(t, all, fork)
			}
		})
	}
}

func cloneAt(t *testing.T, all []storedLines, fork int) {
	t.Helper()
	apply := func(l *domain.Ledger, from, to int) {
		for i := from; i < to; i++ {
			if err := l.Apply(uint64(i+1), all[i].head, all[i].body); err != nil {
				t.Fatal(err)
			}
		}
	}
	first := domain.NewLedger(domain.Genesis{})
	apply(first, 0, fork)
	second := first.Clone()
	before := second.BalancesTSV()
	apply(first, fork, len(all))
	if after := second.BalancesTSV(); after != before {
		diff(t, after, before)
	}
	apply(second, fork, len(all))
	if got, want := second.BalancesTSV(), first.BalancesTSV(); got != want {
		diff(t, got, want)
	}
	second = second.Clone()
	for p := range first.Proposals() {
		if q, _ := second.Proposal(p.ID); q.State != p.State || q.Amount != p.Amount {
			t.Errorf("fork at %d: proposal %s is %s, want %s", fork, p.ID, q.State, p.State)
		}
	}
	for a := range first.Awards() {
		if b, _ := second.Award(a.ID); b.State != a.State || b.Paid() != a.Paid() {
			t.Errorf("fork at %d: award %s is %s, want %s", fork, a.ID, b.State, a.State)
		}
	}
}
