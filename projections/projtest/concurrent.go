package projtest

import (
	"sync"
	"testing"

	"grantledger/domain"
	"grantledger/projections"
)

// testConcurrent asks while the model folds: every answer must reflect one
// position, at which each book sums to zero, and none goes back.
func testConcurrent(t *testing.T, open Open) {
	log := NewLog()
	m := start(t, open, log)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() { readUntil(t, m, stop) })
	}
	play(t, log, "xuancheng", nil)
	wait(t, m, log)
	close(stop)
	readers.Wait()
}

func readUntil(t *testing.T, m projections.Model, stop chan struct{}) {
	last := uint64(0)
	for {
		select {
		case <-stop:
			return
		default:
		}
		a, err := m.Balances(ctx, projections.Everything, projections.BalanceQuery{})
		if err != nil {
			t.Error(err)
			return
		}
		var sums [4]domain.Fen
		for i, account := range a.Accounts {
			sums[account.Book()] += a.Totals.Amounts[i]
		}
		if sums != [4]domain.Fen{} || a.Position < last {
			t.Errorf("position %d after %d, books sum to %v", a.Position, last, sums)
			return
		}
		last = a.Position
		st, err := m.Statement(ctx, projections.Everything, projections.StatementQuery{Filter: projections.Filter{Position: last}, Page: projections.Page{Limit: 1}})
		if err != nil || last > 0 && st.Position != last { // 0 asks for the newest
			t.Errorf("statement at %d: %v", last, err)
			return
		}
	}
}
