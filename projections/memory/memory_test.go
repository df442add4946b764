package memory_test

import (
	"context"
	"testing"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/memory"
	"grantledger/projections/projtest"
)

func TestContract(t *testing.T) {
	projtest.Run(t, func(_ *testing.T, log *projtest.Log) projections.Model { return memory.New(log) })
}

// TestObserved compares models that took over from the rules of a start, in the
// middle of a story, with one that followed it from the beginning.
func TestObserved(t *testing.T) {
	for _, name := range []string{"lifecycle", "corners", "xuancheng"} {
		log, ends := projtest.Story(t, name)
		want := tables(t, memory.New(log), log)
		for i := len(ends) % 97; i < len(ends); i += 97 {
			if got := tables(t, observed(t, log, int(ends[i])), log); got != want {
				t.Errorf("%s taken over at %d: the tables differ", name, ends[i])
			}
		}
	}
}

// observed is a model of which the first events of the log were folded by the
// rules, as a start does it.
func observed(t *testing.T, log *projtest.Log, part int) *memory.Model {
	t.Helper()
	m, l := memory.New(nil), domain.NewLedger(domain.Genesis{})
	m.Expect(part)
	l.Expect(part)
	for _, e := range log.Events()[:part] {
		if err := l.ApplyEvent(&e); err != nil {
			t.Fatal(err)
		}
		if err := m.Observe(l, &e); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Begin(log, l.Clone()); err != nil {
		t.Fatal(err)
	}
	return m
}

// tables are both tables of a model at the log's end, and of the rules it shows.
func tables(t *testing.T, m *memory.Model, log *projtest.Log) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	if err := m.Wait(ctx, uint64(len(log.Events()))); err != nil {
		t.Fatal(err)
	}
	balances, err := m.BalancesTSV(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	report, err := m.ReportTSV(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	m.State(func(l *domain.Ledger) { balances += l.BalancesTSV() })
	cancel()
	<-done
	return balances + report
}
