package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"
)

// Opener opens the same store again, as another server would. adjust may change the configuration, which is complete but
// for Apply.
type Opener func(adjust func(*eventstore.Config)) (*eventstore.Log, error)

// Run runs the contract. fresh makes an empty store for one test, with a trial origin; it cleans up after the test.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	for name, test := range map[string]func(*testing.T, Opener){
		"group commit, 64 callers":   func(t *testing.T, o Opener) { groupCommit(t, o, 64, 40) },
		"group commit, 1024 callers": func(t *testing.T, o Opener) { groupCommit(t, o, 1024, 4) },
		"refusal changes nothing":    refusal,
		"format refusal":             formatRefusal,
		"foreign block":              foreignBlock,
		"foreign block under load":   foreignUnderLoad,
		"nothing unconfirmed":        nothingUnconfirmed,
		"too large":                  tooLarge,
		"large commands":             largeCommands,
		"clock":                      clock,
		"clock held":                 clockHeld,
		"follow":                     follow,
		"proofs":                     proofs,
		"seal":                       seal,
		"seals of two servers":       twoSealers,
		"idle server":                idle,
		"daily seal":                 dailySeal,
		"shutdown":                   shutdown,
		"caller gone":                callerGone,
		"ledger events":              ledgerEvents,
		"reopen":                     reopen,
		"read models":                readModels,
	} {
		t.Run(name, func(t *testing.T) { test(t, fresh(t)) })
	}
}

// Server is an open log with its writer running.
type Server struct {
	Log    *eventstore.Log
	Writer *eventstore.Writer[Command, *Event, Answer]
	Rules  *Machine
	Stop   func() error // stops the writer and waits for it
}

// Start opens the store and runs a writer until the test ends.
func Start(t *testing.T, open Opener, adjust func(*eventstore.Config)) *Server {
	t.Helper()
	s, err := Serve(t.Context(), open, adjust)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

// Serve opens the store and runs a writer until Stop.
func Serve(ctx context.Context, open Opener, adjust func(*eventstore.Config)) (*Server, error) {
	s := &Server{Rules: NewMachine()}
	var err error
	s.Log, err = open(func(c *eventstore.Config) {
		c.Apply = s.Rules.Apply
		if adjust != nil {
			adjust(c)
		}
	})
	if err != nil {
		return nil, err
	}
	s.Writer = eventstore.NewWriter(s.Log, s.Rules)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- s.Writer.Run(ctx) }()
	var stopped bool
	var result error
	s.Stop = func() error {
		cancel()
		if !stopped {
			stopped, result = true, <-done
		}
		return result
	}
	return s, nil
}

// Genesis records the opening event of an empty log.
func (s *Server) Genesis(ctx context.Context) error {
	_, _, err := s.Writer.Do(ctx, Command{Kind: Open, Key: "open", To: s.Log.Origin(), Text: s.Log.Trust().Text})
	return err
}

// begin starts a server on an empty store and opens the ledger.
func begin(t *testing.T, open Opener) *Server {
	t.Helper()
	s := Start(t, open, nil)
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// do is Do with one command that must succeed.
func (s *Server) do(t *testing.T, c Command) (Answer, eventstore.Receipt) {
	t.Helper()
	answers, receipt, err := s.Writer.Do(t.Context(), c)
	if err != nil || len(answers) != 1 {
		t.Fatalf("%+v: %d answers, error %v", c, len(answers), err)
	}
	return answers[0], receipt
}

// Recompute reads all events and gives the root of their heads and the balances they add up to.
func Recompute(ctx context.Context, l *eventstore.Log) (merkle.Hash, *Machine, error) {
	var f merkle.Frontier
	m := NewMachine()
	err := l.Events(ctx, 1, l.Position(), func(position uint64, head, body []byte) error {
		if position != f.Size()+1 {
			return fmt.Errorf("position %d after %d", position, f.Size())
		}
		f.Append(merkle.Leaf(head))
		return m.Apply(position, head, body)
	})
	return f.Root(), m, err
}

// sound asks that the log is what its events make of it, and that the rules agree.
func (s *Server) sound(t *testing.T) {
	t.Helper()
	root, m, err := Recompute(t.Context(), s.Log)
	if err != nil {
		t.Fatal(err)
	}
	if own, err := s.Log.Root(s.Log.Position()); err != nil || own != root {
		t.Fatalf("root is %s, recomputed %s, error %v", own, root, err)
	}
	for name, want := range m.Balances {
		if have, _ := s.do(t, Command{Kind: Read, To: name}); have.Balance != want {
			t.Errorf("account %s is %d, recomputed %d", name, have.Balance, want)
		}
	}
}

// until waits for a condition that changes with the log's position.
func (s *Server) until(t *testing.T, position uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	enough := errors.New("enough")
	err := s.Log.Follow(ctx, 0, func(b eventstore.Block) error {
		if b.Last() >= position {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatalf("position %d was not reached: %v", position, err)
	}
}
