package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

// clock: times never go back, a clock far behind stops the writer, one far ahead waits for an operator.
func clock(t *testing.T, open Opener) {
	now := time.Date(2024, 3, 5, 9, 0, 0, 123456789, time.UTC)
	s := Start(t, open, func(c *eventstore.Config) { c.Clock = func() time.Time { return now } })
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	start := now.Truncate(time.Millisecond)
	try := func(step time.Duration, want error, at time.Time) {
		t.Helper()
		now = start.Add(step)
		_, r, err := s.Writer.Do(t.Context(), Command{Kind: Add, Key: step.String() + fmt.Sprint(s.Log.Position()), To: "a", Amount: 1})
		if !errors.Is(err, want) || err == nil && !r.Stamps[0].Time.Equal(at) {
			t.Errorf("clock %s: receipt %+v, error %v", step, r, err)
		}
		if want != nil && !errors.Is(s.Writer.ClockError(), want) {
			t.Errorf("clock %s: the writer would say %v", step, s.Writer.ClockError())
		}
	}
	day := 24 * time.Hour
	try(-4*time.Minute, nil, start)
	try(-6*time.Minute, eventstore.ErrClockBehind, start)
	try(30*day, nil, start.Add(30*day))
	try(61*day, eventstore.ErrClockUnconfirmed, start)
	s.Writer.ConfirmClock()
	try(61*day, nil, start.Add(61*day))
	try(122*day, eventstore.ErrClockUnconfirmed, start) // confirmed once, not for ever
	try(60*day, eventstore.ErrClockBehind, start)
	s.Stop()
	now = start
	_, err := open(func(c *eventstore.Config) { c.Apply, c.Clock = NewMachine().Apply, func() time.Time { return now } })
	var failed *eventstore.IntegrityError
	if !errors.As(err, &failed) || failed.Check != eventstore.CheckClock {
		t.Errorf("opened with a clock that is behind: %v", err)
	}
}

// clockHeld: ids increase while the clock stands.
func clockHeld(t *testing.T, open Opener) {
	now := time.Date(2024, 3, 5, 9, 0, 0, 0, time.UTC)
	s := Start(t, open, func(c *eventstore.Config) {
		c.Clock, c.ClockConfirmed = func() time.Time { return now }, true
	})
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := ""
	for i := range 20 {
		_, r := s.do(t, Command{Kind: Add, Key: fmt.Sprint(i), To: "a", Amount: 1})
		if id := r.Stamps[0].ID; id <= last || !r.Stamps[0].Time.Equal(now) {
			t.Errorf("stamp %+v after id %s", r.Stamps[0], last)
		} else {
			last = id
		}
	}
	now = now.AddDate(3, 0, 0)
	s.do(t, Command{Kind: Add, Key: "later", To: "a", Amount: 1})
	now = now.AddDate(3, 0, 0)
	s.do(t, Command{Kind: Add, Key: "latest", To: "a", Amount: 1})
}

// seal: a checkpoint verifies with the trust text, is stored, and stays the same without news.
func seal(t *testing.T, open Opener) {
	s := begin(t, open)
	sealer := &eventstore.Sealer{Log: s.Log, Every: time.Second}
	for i := range 5 {
		s.do(t, Command{Kind: Add, Key: fmt.Sprint(i), To: "a", Amount: 1})
		made, err := sealer.Seal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		signed, err := s.Log.Trust().OpenCheckpoint(made.Note)
		if err != nil || !signed.SM2 {
			t.Fatalf("%s: SM2 %v, error %v", made.Note, signed.SM2, err)
		}
		if root, _ := s.Log.Root(signed.Size); signed.Size != s.Log.Position() || signed.Root != root {
			t.Errorf("sealed size %d", signed.Size)
		}
		if again, err := sealer.Seal(t.Context()); err != nil || string(again.Note) != string(made.Note) {
			t.Errorf("sealed again without news: %v", err)
		}
	}
	reader := Start(t, open, nil)
	if sizes := reader.Log.Checkpoints(); fmt.Sprint(sizes) != "[2 3 4 5 6]" {
		t.Errorf("checkpoints %v", sizes)
	}
	kept, err := reader.Log.Checkpoint(t.Context(), 3)
	if err != nil || kept.Size != 3 {
		t.Errorf("checkpoint 3: %+v, %v", kept, err)
	}
	if _, err := reader.Log.Checkpoint(t.Context(), 1); !errors.Is(err, eventstore.ErrNotFound) {
		t.Error(err)
	}
}

// twoSealers: a server that is later takes the other's seal, after comparing it with its own tree.
func twoSealers(t *testing.T, open Opener) {
	a := begin(t, open)
	b := Start(t, open, nil)
	first, second := &eventstore.Sealer{Log: a.Log}, &eventstore.Sealer{Log: b.Log}
	one, err := first.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if two, err := second.Seal(t.Context()); err != nil || string(two.Note) != string(one.Note) {
		t.Errorf("%s, error %v", two.Note, err)
	}
	a.do(t, Command{Kind: Add, Key: "1", To: "a", Amount: 1})
	if _, err := first.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	var failed *eventstore.IntegrityError
	if _, err := second.Seal(t.Context()); err == nil || errors.As(err, &failed) {
		t.Errorf("a seal of a block that is not taken in yet gave %v", err)
	}
	b.do(t, Command{Kind: Add, Key: "2", To: "a", Amount: 1}) // takes the other server's block in
	if three, err := second.Seal(t.Context()); err != nil || three.Size != 3 {
		t.Errorf("%+v, error %v", three, err)
	}
}

// idle: a server without commands takes in what others store, when it is told to look.
func idle(t *testing.T, open Opener) {
	a := begin(t, open)
	b := Start(t, open, func(c *eventstore.Config) { c.CatchUp = time.Millisecond })
	for i := range 5 {
		a.do(t, Command{Kind: Add, Key: fmt.Sprint(i), To: "a", Amount: 1})
	}
	b.until(t, 6)
	if answer, _ := b.do(t, Command{Kind: Read, To: "a"}); answer.Balance != 5 {
		t.Errorf("balance %d", answer.Balance)
	}
}

// dailySeal: the sealer records a ledger.sealed.v1 event once events are old enough, and only then.
func dailySeal(t *testing.T, open Opener) {
	now := time.Date(2024, 3, 5, 9, 0, 0, 0, time.UTC)
	clock := make(chan time.Time, 1)
	clock <- now
	read := func() time.Time {
		at := <-clock
		clock <- at
		return at
	}
	s := Start(t, open, func(c *eventstore.Config) { c.Clock = read })
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	sealer := &eventstore.Sealer{Log: s.Log, Every: 5 * time.Millisecond, Failed: func(err error) { t.Error(err) }}
	sealer.Record = func(ctx context.Context, note string) error {
		_, _, err := s.Writer.Do(ctx, Command{Kind: Seal, Text: note})
		return err
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sealer.Run(ctx) }()
	s.do(t, Command{Kind: Add, Key: "1", To: "a", Amount: 1})
	<-clock
	clock <- now.Add(13 * time.Hour)
	s.until(t, 3)
	s.do(t, Command{Kind: Add, Key: "2", To: "a", Amount: 1})
	<-clock
	clock <- now.Add(26 * time.Hour)
	s.until(t, 5)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	last := uint64(0)
	for _, position := range []uint64{3, 5} {
		head, body, err := s.Log.Event(t.Context(), position)
		if err != nil || !strings.Contains(string(head), `"ledger.sealed.v1"`) || !strings.Contains(string(body), `"key":"system:`) {
			t.Fatalf("event %d: %s, error %v", position, head, err)
		}
		var e record.Event
		if err := e.Parse(head, body); err != nil {
			t.Fatal(err)
		}
		c, err := s.Log.Trust().OpenCheckpoint([]byte(record.ParseSeal(e.Body.Data)))
		if err != nil || c.Size <= last || c.Size >= position {
			t.Errorf("event %d seals %+v, error %v", position, c, err)
		}
		last = c.Size
	}
	if s.Log.Position() != 5 {
		t.Errorf("position %d", s.Log.Position())
	}
	if newest, _ := s.Log.Newest(); newest.Size != 5 {
		t.Errorf("the end was sealed at %d", newest.Size)
	}
}

// ledgerEvents: events about the ledger itself are checked as an auditor would, before they are stored.
func ledgerEvents(t *testing.T, open Opener) {
	s := Start(t, open, nil)
	trust := s.Log.Trust()
	later := *trust
	later.Version = 2
	foreign := merkle.Checkpoint{Origin: s.Log.Origin(), Size: 1, Root: merkle.EmptyRoot()}
	note, err := merkle.SignNote(foreign.Text(), s.Log.Keys().Log)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		c    Command
		good bool
	}{
		{"not opened", Command{Kind: Add, Key: "0", To: "a", Amount: 1}, false},
		{"other origin", Command{Kind: Open, Key: "1", To: "grantledger.local/other", Text: trust.Text}, false},
		{"no trust", Command{Kind: Open, Key: "2", To: trust.Origin, Text: "trust me"}, false},
		{"opened", Command{Kind: Open, Key: "3", To: trust.Origin, Text: trust.Text}, true},
		{"opened twice", Command{Kind: Open, Key: "4", To: trust.Origin, Text: trust.Text}, false},
		{"same version", Command{Kind: Trust, Key: "5", Text: trust.Text}, false},
		{"next version", Command{Kind: Trust, Key: "6", Text: later.Format()}, true},
		{"seal of another root", Command{Kind: Seal, Text: string(note)}, false},
		{"seal of nothing", Command{Kind: Seal, Text: "sealed\n"}, false},
		{"an event", Command{Kind: Add, Key: "7", To: "a", Amount: 1}, true},
	} {
		before := s.Log.Position()
		if _, _, err := s.Writer.Do(t.Context(), step.c); (err == nil) != step.good || !step.good && s.Log.Position() != before {
			t.Errorf("%s: %v, position %d after %d", step.name, err, s.Log.Position(), before)
		}
	}
	if s.Log.Trust().Version != 2 {
		t.Errorf("trust text version %d in force", s.Log.Trust().Version)
	}
	if made, err := (&eventstore.Sealer{Log: s.Log}).Seal(t.Context()); err != nil {
		t.Error(err)
	} else if _, _, err := s.Writer.Do(t.Context(), Command{Kind: Seal, Text: string(made.Note)}); err != nil {
		t.Error(err)
	} else if _, _, err := s.Writer.Do(t.Context(), Command{Kind: Seal, Text: string(made.Note)}); err == nil {
		t.Error("the same seal was recorded twice")
	}
	s.sound(t)
	reopened := Start(t, open, nil)
	if reopened.Log.Trust().Version != 2 {
		t.Errorf("trust text version %d after opening again", reopened.Log.Trust().Version)
	}
}
