package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"grantledger/eventstore"
	"grantledger/eventstore/record"
)

// groupCommit has many callers move money in a ring; every receipt is its own place, and blocks are shared.
func groupCommit(t *testing.T, open Opener, callers, each int) {
	s := begin(t, open)
	s.do(t, Command{Kind: Add, Key: "fill", To: "a0", Amount: int64(callers * each)})
	before, blocks := s.Log.Position(), s.Log.Sequence()
	receipts := make([][]eventstore.Receipt, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := range each {
				c := Command{Kind: Move, Key: fmt.Sprintf("k-%d-%d", i, n), From: "a0", To: fmt.Sprintf("b%d", i), Amount: 1}
				_, r, err := s.Writer.Do(t.Context(), c)
				if err != nil {
					t.Error(err)
					return
				}
				receipts[i] = append(receipts[i], r)
			}
		})
	}
	wg.Wait()
	seen := []uint64{}
	for _, rs := range receipts {
		last := uint64(0)
		for _, r := range rs {
			if r.Last != r.First+1 || r.First <= last || len(r.Stamps) != 2 || r.Stamps[1].Position != r.Last {
				t.Fatalf("receipt %+v after position %d", r, last)
			}
			last = r.Last
			seen = append(seen, r.First)
		}
	}
	slices.Sort(seen)
	for i, first := range seen {
		if first != before+1+uint64(2*i) {
			t.Fatalf("command %d is at position %d", i, first)
		}
	}
	if used := s.Log.Sequence() - blocks; used > uint64(callers*each)*3/4 {
		t.Errorf("%d commands took %d blocks", callers*each, used)
	}
	s.sound(t)
}

// refusal: position, root and state stay, and the answer of a read has no receipt.
func refusal(t *testing.T, open Opener) {
	s := begin(t, open)
	s.do(t, Command{Kind: Add, Key: "1", To: "a", Amount: 5})
	position := s.Log.Position()
	root, _ := s.Log.Root(position)
	_, receipt, err := s.Writer.Do(t.Context(),
		Command{Kind: Move, Key: "2", From: "a", To: "b", Amount: 5},
		Command{Kind: Move, Key: "3", From: "a", To: "b", Amount: 5})
	if !errors.Is(err, ErrOverdrawn) || receipt.First != 0 {
		t.Fatalf("receipt %+v, error %v", receipt, err)
	}
	if now, _ := s.Log.Root(s.Log.Position()); s.Log.Position() != position || now != root {
		t.Fatalf("the refusal moved the log to position %d", s.Log.Position())
	}
	if a, r := s.do(t, Command{Kind: Read, To: "a"}); a.Balance != 5 || r.First != 0 || r.Stamps != nil {
		t.Fatalf("answer %+v, receipt %+v", a, r)
	}
	if a, r := s.do(t, Command{Kind: Add, Key: "1", To: "a", Amount: 5}); !a.Repeated || r.First != 0 {
		t.Fatalf("a known key gave %+v, %+v", a, r)
	}
	s.sound(t)
}

// formatRefusal: an event that verification would refuse is not stored, and does not harm its neighbours.
func formatRefusal(t *testing.T, open Opener) {
	s := begin(t, open)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			c := Command{Kind: Add, Key: fmt.Sprintf("good-%d", i), To: "a", Amount: 1}
			if i%4 == 0 {
				c = Command{Kind: Spam, Key: fmt.Sprintf("bad-%d", i), To: "a", Amount: 1, Text: "\u202e"}
			}
			_, _, err := s.Writer.Do(t.Context(), c)
			var invalid *record.Invalid
			if refused := errors.As(err, &invalid); refused != (i%4 == 0) || !refused && err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if a, _ := s.do(t, Command{Kind: Read, To: "a"}); a.Balance != 24 || s.Log.Position() != 25 {
		t.Errorf("balance %d at position %d", a.Balance, s.Log.Position())
	}
	s.sound(t)
}

// foreignBlock: what another server stored is taken in, and the command is decided again on it.
func foreignBlock(t *testing.T, open Opener) {
	a := begin(t, open)
	a.do(t, Command{Kind: Add, Key: "1", To: "x", Amount: 10})
	b := Start(t, open, nil)
	b.do(t, Command{Kind: Move, Key: "2", From: "x", To: "y", Amount: 10})
	if _, _, err := a.Writer.Do(t.Context(), Command{Kind: Move, Key: "3", From: "x", To: "z", Amount: 10}); !errors.Is(err, ErrOverdrawn) {
		t.Fatalf("decided on the old state: %v", err)
	}
	if a.Log.Position() != b.Log.Position() {
		t.Fatalf("positions %d and %d", a.Log.Position(), b.Log.Position())
	}
	if _, r := a.do(t, Command{Kind: Move, Key: "4", From: "y", To: "z", Amount: 10}); r.First != b.Log.Position()+1 {
		t.Fatalf("receipt %+v", r)
	}
	if balance, _ := b.do(t, Command{Kind: Add, Key: "5", To: "z", Amount: 1}); balance.Balance != 11 {
		t.Fatalf("the other server has %d", balance.Balance)
	}
	a.Stop()
	b.sound(t)
}

// foreignUnderLoad: two servers write at once; both keep every promise, though they get in each other's way.
func foreignUnderLoad(t *testing.T, open Opener) {
	a := begin(t, open)
	b := Start(t, open, nil)
	var wg sync.WaitGroup
	for i := range 16 {
		s := []*Server{a, b}[i%2]
		wg.Go(func() {
			for n := range 20 {
				c := Command{Kind: Add, Key: fmt.Sprintf("%d-%d", i, n), To: "x", Amount: 1}
				_, r, err := s.Writer.Do(t.Context(), c)
				if err != nil {
					t.Error(err)
					return
				}
				head, body, err := s.Log.Event(t.Context(), r.First)
				if err != nil || !strings.Contains(string(body), `"key":"`+c.Key+`"`) || !strings.Contains(string(head), r.Stamps[0].ID) {
					t.Errorf("position %d is not %s: %s, error %v", r.First, c.Key, body, err)
				}
			}
		})
	}
	wg.Wait()
	a.do(t, Command{Kind: Add, Key: "last-a", To: "x", Amount: 1})
	b.do(t, Command{Kind: Add, Key: "last-b", To: "x", Amount: 1})
	if balance, _ := b.do(t, Command{Kind: Read, To: "x"}); balance.Balance != 322 {
		t.Errorf("balance %d", balance.Balance)
	}
	b.sound(t)
}

// nothingUnconfirmed: an answer or a refusal never shows an event that is not stored yet.
func nothingUnconfirmed(t *testing.T, open Opener) {
	s := begin(t, open)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for n := range 60 {
				c := Command{Kind: Add, Key: fmt.Sprintf("%d-%d", i, n), To: "a", Amount: 1}
				if i%2 == 0 {
					c = Command{Kind: Read, To: "a"}
				}
				answers, _, err := s.Writer.Do(t.Context(), c)
				if err != nil {
					t.Error(err)
					return
				}
				if at := s.Log.Position(); at < 1+uint64(answers[0].Balance) {
					t.Errorf("an answer shows %d events, the log ends at %d", 1+answers[0].Balance, at)
				}
			}
		})
	}
	wg.Wait()
}

// tooLarge: an event and a block have limits, and the commands beside a large one are stored.
func tooLarge(t *testing.T, open Opener) {
	s := begin(t, open)
	for name, c := range map[string]Command{
		"event": {Kind: Spam, Key: "event", To: "a", Amount: 1, Text: strings.Repeat("x", record.MaxBody)},
		"block": {Kind: Spam, Key: "block", To: "a", Amount: 20, Text: strings.Repeat("x", 50000)},
	} {
		var wg sync.WaitGroup
		wg.Go(func() { s.do(t, Command{Kind: Add, Key: "beside-" + name, To: "b", Amount: 1}) })
		if _, _, err := s.Writer.Do(t.Context(), c); !errors.Is(err, eventstore.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		wg.Wait()
	}
	if s.Log.Position() != 3 {
		t.Errorf("position %d", s.Log.Position())
	}
	s.sound(t)
}

// largeCommands: commands of 600 KB do not fit into one block together and are all stored.
func largeCommands(t *testing.T, open Opener) {
	s := begin(t, open)
	blocks := s.Log.Sequence()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s.do(t, Command{Kind: Spam, Key: fmt.Sprint("large-", i), To: "a", Amount: 12, Text: strings.Repeat("x", 50000)})
			s.do(t, Command{Kind: Add, Key: fmt.Sprint("small-", i), To: "b", Amount: 1})
		})
	}
	wg.Wait()
	if s.Log.Position() != 1+8*13 || s.Log.Sequence()-blocks < 8 {
		t.Errorf("position %d in %d blocks", s.Log.Position(), s.Log.Sequence()-blocks)
	}
	s.sound(t)
}

// shutdown: what was decided is stored, what waits and what comes is refused.
func shutdown(t *testing.T, open Opener) {
	s := begin(t, open)
	var mu sync.Mutex
	stored := 0
	var wg sync.WaitGroup
	first := make(chan struct{})
	var once sync.Once
	for i := range 64 {
		wg.Go(func() {
			for n := 0; ; n++ {
				_, _, err := s.Writer.Do(t.Context(), Command{Kind: Move, Key: fmt.Sprintf("%d-%d", i, n), From: "a", To: "a"})
				if errors.Is(err, eventstore.ErrShuttingDown) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				stored++
				mu.Unlock()
				once.Do(func() { close(first) })
			}
		})
	}
	<-first
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if s.Log.Position() != uint64(1+2*stored) {
		t.Errorf("%d commands acknowledged, position %d", stored, s.Log.Position())
	}
}

// callerGone: a context that ended before the writer took the command stores nothing.
func callerGone(t *testing.T, open Opener) {
	s := begin(t, open)
	s.Stop()
	log, err := open(func(c *eventstore.Config) { c.Apply = NewMachine().Apply })
	if err != nil {
		t.Fatal(err)
	}
	idle := eventstore.NewWriter(log, NewMachine()) // nobody runs it
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = idle.Do(ctx, Command{Kind: Add, Key: "1", To: "a", Amount: 1})
	if !errors.Is(err, context.Canceled) || errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Fatal(err)
	}
	for range 4095 {
		idle.Do(ctx, Command{})
	}
	if _, _, err := idle.Do(ctx, Command{}); !errors.Is(err, eventstore.ErrBusy) {
		t.Fatalf("the queue has no bound: %v", err)
	}
}
