package projtest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections"
)

// Open makes a fresh model over the log; the suite runs it.
type Open func(t *testing.T, log *Log) projections.Model

// Run is the whole contract.
func Run(t *testing.T, open Open) {
	t.Run("Golden", func(t *testing.T) { testGolden(t, open) })
	t.Run("Reports", func(t *testing.T) { testReports(t, open) })
	t.Run("Concurrent", func(t *testing.T) { testConcurrent(t, open) })
	t.Run("Gap", func(t *testing.T) { testGap(t, open) })
	for _, name := range []string{"lifecycle", "corners", "xuancheng"} {
		t.Run(name, func(t *testing.T) { testStory(t, open, name) })
	}
}

// start runs a model until the test ends.
func start(t *testing.T, open Open, log *Log) projections.Model {
	t.Helper()
	m := open(t, log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := m.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return m
}

// wait waits until the model has reached the log's end.
func wait(t *testing.T, m projections.Model, log *Log) uint64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	last := uint64(len(log.Events()))
	if err := m.Wait(ctx, last); err != nil {
		t.Fatal(err)
	}
	return last
}

// testGolden compares both tables of each scenario byte for byte.
func testGolden(t *testing.T, open Open) {
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			log := NewLog()
			m := start(t, open, log)
			play(t, log, name, nil)
			wait(t, m, log)
			got, err := m.BalancesTSV(context.Background(), 0)
			if err != nil {
				t.Fatal(err)
			}
			diff(t, got, golden(t, name, "balances.tsv"))
			if got, err = m.ReportTSV(context.Background(), 0); err != nil {
				t.Fatal(err)
			}
			diff(t, got, golden(t, name, "report.tsv"))
		})
	}
}

// diff reports the lines that only one of two texts has, or that they differ in
// order.
func diff(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	count := 0
	report := func(what, a, b string) {
		other := map[string]bool{}
		for _, l := range strings.Split(b, "\n") {
			other[l] = true
		}
		for _, l := range strings.Split(a, "\n") {
			if !other[l] && count < 20 {
				count++
				t.Errorf("%s %q", what, l)
			}
		}
	}
	report("unexpected", got, want)
	report("missing", want, got)
	if count == 0 {
		t.Error("same lines in another order")
	}
}

// testGap gives a model a log with a hole: it must stop and say so.
func testGap(t *testing.T, open Open) {
	log := NewLog()
	play(t, log, "corners", nil)
	blocks := log.blocks
	log.blocks = append(blocks[:10:10], blocks[11:]...)
	m := open(t, log)
	err := m.Run(context.Background())
	if err == nil {
		t.Fatal("the model went over a gap")
	}
	if got, want := m.Progress(), blocks[9].Last(); got != want {
		t.Errorf("progress %d, want %d", got, want)
	}
	if m.Wait(context.Background(), blocks[11].Last()) == nil {
		t.Error("Wait does not tell that the model has stopped")
	}
	log.blocks = []eventstore.Block{{Sequence: 1, First: 1, Count: 1, Data: []byte("{}\n{}\n")}}
	if err := open(t, log).Run(context.Background()); err == nil {
		t.Error("the model took bytes that are no event")
	}
}

// amountOf is the sum of an account in a group.
func amountOf(b *projections.Balances, g *projections.Group, a domain.Account) domain.Fen {
	for i, account := range b.Accounts {
		if account == a {
			return g.Amounts[i]
		}
	}
	return 0
}
