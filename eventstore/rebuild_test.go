package eventstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/storetest"
)

// rebuilder is one on the server of an embedded store.
func (e *embedded) rebuilder(ctx context.Context, keyDir string) (*eventstore.Rebuilder, error) {
	conn, err := e.srv.Connect()
	if err != nil {
		return nil, err
	}
	return eventstore.NewRebuilder(ctx, eventstore.Config{
		Conn: conn, Name: ledger, Origin: origin, KeyDir: keyDir, Clock: time.Now, Random: rand.Reader, Secret: rand.Reader,
		Apply: storetest.NewMachine().Apply,
	})
}

// A log rebuilt from its events and its newest checkpoint has the same root, keeps commands whole, and goes on with the
// keys of the old one; where the anchor is ahead, or the events are others, it is refused.
func TestRebuild(t *testing.T) {
	path := t.TempDir()
	e := startTest(t, path)
	s := storetest.Start(t, e.open, nil)
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	big := storetest.Command{Kind: storetest.Spam, To: "a", Amount: 40, Text: fmt.Sprintf("%016000d", 0)}
	for i := range 5 { // 640 KB each
		big.Key = fmt.Sprint("big-", i)
		if _, _, err := s.Writer.Do(t.Context(), big); err != nil {
			t.Fatal(err)
		}
		add(t, s, 10*i, 10*i+9)
	}
	seal, err := (&eventstore.Sealer{Log: s.Log}).Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := func(r *eventstore.Rebuilder, last uint64) error { return s.Log.Events(t.Context(), 1, last, r.Add) }

	fresh := startTest(t, t.TempDir())
	r, err := fresh.rebuilder(t.Context(), e.dir.Keys())
	if err != nil {
		t.Fatal(err)
	}
	if err := all(r, seal.Size); err != nil {
		t.Fatal(err)
	}
	log, err := r.Finish(t.Context(), seal.Note)
	if err != nil {
		t.Fatal(err)
	}
	if root, err := log.Root(seal.Size); err != nil || root != seal.Root || len(log.Checkpoints()) != 1 {
		t.Errorf("root %s, want %s; %v", root, seal.Root, err)
	}
	if _, err := fresh.rebuilder(t.Context(), e.dir.Keys()); !errors.Is(err, eventstore.ErrExists) {
		t.Errorf("a second time: %v", err)
	}
	again := storetest.Start(t, fresh.open, func(c *eventstore.Config) { c.KeyDir = e.dir.Keys() })
	add(t, again, 1000, 1010)
	if _, err := (&eventstore.Sealer{Log: again.Log}).Seal(t.Context()); err != nil {
		t.Error(err)
	}

	// The anchor now knows more than the old checkpoint.
	r, err = startTest(t, t.TempDir()).rebuilder(t.Context(), e.dir.Keys())
	if err != nil {
		t.Fatal(err)
	}
	if err := all(r, seal.Size); err != nil {
		t.Fatal(err)
	}
	_, err = r.Finish(t.Context(), seal.Note)
	if failed := integrity(t, err); failed.Check != eventstore.CheckAnchor {
		t.Error(failed)
	}
	r, err = startTest(t, t.TempDir()).rebuilder(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := all(r, seal.Size-1); err != nil {
		t.Fatal(err)
	}
	_, err = r.Finish(t.Context(), seal.Note)
	if failed := integrity(t, err); failed.Check != eventstore.CheckSeals {
		t.Error(failed)
	}
}
