package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"
)

// follow: every follower sees every block in order, from any position, live and from the past.
func follow(t *testing.T, open Opener) {
	s := begin(t, open)
	const total = 200
	enough := errors.New("enough")
	results := make(chan error, 3)
	for _, after := range []uint64{0, 3, 150} { // the last one waits for what is not written yet
		go func() {
			next := after + 1
			err := s.Log.Follow(t.Context(), after, func(b eventstore.Block) error {
				if b.First != next || b.Count == 0 {
					return fmt.Errorf("block of %d events at %d, expected %d", b.Count, b.First, next)
				}
				err := b.Each(func(position uint64, head, body []byte) error {
					if position != next {
						return fmt.Errorf("event %d, expected %d", position, next)
					}
					next++
					return nil
				})
				if err == nil && next > total {
					err = enough
				}
				return err
			})
			results <- err
		}()
	}
	for i := 1; i < total; i += 3 {
		if _, _, err := s.Writer.Do(t.Context(),
			Command{Kind: Add, Key: fmt.Sprint("a", i), To: "a", Amount: 1},
			Command{Kind: Add, Key: fmt.Sprint("b", i), To: "a", Amount: 1},
			Command{Kind: Add, Key: fmt.Sprint("c", i), To: "a", Amount: 1}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if err := <-results; !errors.Is(err, enough) {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Log.Follow(ctx, s.Log.Position(), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	again := Start(t, open, nil) // has no block in memory but those it read
	for _, position := range []uint64{1, 2, 7, total} {
		head, _, err := again.Log.Event(t.Context(), position)
		leaf, _ := s.Log.Leaf(position)
		if err != nil || merkle.Leaf(head) != leaf {
			t.Errorf("event %d: %s, error %v", position, head, err)
		}
	}
	if _, _, err := s.Log.Event(t.Context(), s.Log.Position()+1); !errors.Is(err, eventstore.ErrNotFound) {
		t.Error(err)
	}
}

// proofs: inclusion and consistency verify against roots of any size.
func proofs(t *testing.T, open Opener) {
	s := begin(t, open)
	for i := range 40 {
		s.do(t, Command{Kind: Add, Key: fmt.Sprint(i), To: "a", Amount: 1})
	}
	size := s.Log.Position()
	root, _ := s.Log.Root(size)
	for position := uint64(1); position <= size; position++ {
		proof, err := s.Log.Inclusion(position, size)
		if err != nil {
			t.Fatal(err)
		}
		leaf, _ := s.Log.Leaf(position)
		if err := merkle.VerifyInclusion(proof, position-1, size, leaf, root); err != nil {
			t.Errorf("inclusion of %d: %v", position, err)
		}
		older, _ := s.Log.Root(position)
		proof, err = s.Log.Consistency(position, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := merkle.VerifyConsistency(proof, position, size, older, root); err != nil {
			t.Errorf("consistency from %d: %v", position, err)
		}
	}
	if _, err := s.Log.Root(size + 1); err == nil {
		t.Error("there is a root of a size that is not reached")
	}
}

// reopen: a later start finds everything and goes on.
func reopen(t *testing.T, open Opener) {
	s := begin(t, open)
	for i := range 50 {
		s.do(t, Command{Kind: Add, Key: fmt.Sprint(i), To: "a", Amount: 2})
	}
	s.Stop()
	position := s.Log.Position()
	root, _ := s.Log.Root(position)
	again := Start(t, open, nil)
	if now, _ := again.Log.Root(again.Log.Position()); now != root || !again.Log.LastTime().Equal(s.Log.LastTime()) {
		t.Fatalf("reopened at position %d with another root or time", again.Log.Position())
	}
	if a, _ := again.do(t, Command{Kind: Read, To: "a"}); a.Balance != 100 {
		t.Errorf("balance %d", a.Balance)
	}
	if _, r := again.do(t, Command{Kind: Add, Key: "more", To: "a", Amount: 1}); r.First != position+1 {
		t.Errorf("went on at %d after %d", r.First, position)
	}
	again.sound(t)
}

// readModels: one that is ahead of the log keeps it closed.
func readModels(t *testing.T, open Opener) {
	s := begin(t, open)
	s.Stop()
	for at, want := range map[uint64]int{1: 0, 2: eventstore.CheckReadModels} {
		_, err := open(func(c *eventstore.Config) {
			c.Apply = NewMachine().Apply
			c.ReadModels = func(context.Context) ([]eventstore.Progress, error) {
				return []eventstore.Progress{{Name: "postgres", Position: at}}, nil
			}
		})
		var failed *eventstore.IntegrityError
		if errors.As(err, &failed); want == 0 && err != nil || want != 0 && (failed == nil || failed.Check != want) {
			t.Errorf("position %d: %v", at, err)
		}
	}
}
