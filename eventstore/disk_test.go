package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/storetest"
)

// diskServer is a log on a small disk with a few events.
func diskServer(t *testing.T, dir string, adjust func(*eventstore.Config)) *storetest.Server {
	t.Helper()
	s := storetest.Start(t, startTest(t, filepath.Join(dir, "data")).open, func(c *eventstore.Config) {
		c.Patience = 300 * time.Millisecond
		adjust(c)
	})
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, s, 1, 10)
	return s
}

// tooBig does not fit on a full disk.
func tooBig(key string) storetest.Command {
	return storetest.Command{Kind: storetest.Spam, Key: key, To: "a", Amount: 10, Text: fmt.Sprintf("%050000d", 0)}
}

// refusedOnDisk sends commands until one is refused, and asks for the right error.
func refusedOnDisk(t *testing.T, s *storetest.Server) (acknowledged []uint64) {
	t.Helper()
	for i := range 100 {
		_, r, err := s.Writer.Do(t.Context(), tooBig(fmt.Sprint("big-", i)))
		if err == nil {
			acknowledged = append(acknowledged, r.First)
			continue
		}
		if !errors.Is(err, eventstore.ErrUnavailable) && !errors.Is(err, eventstore.ErrOutcomeUnknown) {
			t.Fatalf("refused by another error: %v", err)
		}
		t.Logf("refused after %d: %v", i, err)
		break
	}
	_, _, err := s.Writer.Do(t.Context(), tooBig("next"))
	if !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("the next command: %v", err)
	}
	return acknowledged
}

// readable asks that everything that was acknowledged can be read.
func readable(t *testing.T, s *storetest.Server, positions []uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, p := range append([]uint64{1, s.Log.Position()}, positions...) {
		if _, _, err := s.Log.Event(ctx, p); err != nil {
			t.Errorf("position %d: %v", p, err)
		}
	}
	if root, _, err := storetest.Recompute(ctx, s.Log); err != nil {
		t.Error(err)
	} else if own, _ := s.Log.Root(s.Log.Position()); own != root {
		t.Errorf("root %s, recomputed %s", own, root)
	}
}

// recovers asks that commands are stored again without a restart, and that all of it passes the next start.
func recovers(t *testing.T, s *storetest.Server, dir string) {
	t.Helper()
	again(t, s, storetest.Command{Kind: storetest.Add, Key: "after", To: "a", Amount: 1})
	add(t, s, 20, 30)
	position := s.Log.Position()
	root, err := s.Log.Root(position)
	if err != nil {
		t.Fatal(err)
	}
	readable(t, s, nil)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	copied := copyOf(t, filepath.Join(dir, "data")) // as a crash leaves it now
	e, err := start(copied)
	if err != nil {
		t.Fatal(err)
	}
	defer e.stop()
	l, err := e.open(func(c *eventstore.Config) { c.Apply = storetest.NewMachine().Apply })
	if err != nil {
		t.Fatal(err)
	}
	if again, err := l.Root(position); err != nil || again != root || l.Position() != position {
		t.Errorf("position %d root %s, before %d %s: %v", l.Position(), again, position, root, err)
	}
}

// The disk runs full: commands are refused, reading goes on, nothing acknowledged is missing, and when there is space
// again commands are stored without a restart.
func TestDiskFull(t *testing.T) {
	dir := storetest.SmallDisk(t, 64)
	s := diskServer(t, dir, func(*eventstore.Config) {})
	ballast := storetest.FillDisk(t, dir)
	acknowledged := refusedOnDisk(t, s)
	readable(t, s, acknowledged)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	recovers(t, s, dir)
}

// NATS says that a block is stored, and the disk does not stand by it: nobody is told that it is, and once the disk is
// back what it holds counts.
func TestNotKept(t *testing.T) {
	dir := t.TempDir()
	var lost atomic.Bool
	failing := func(f func() error) func() error {
		return func() error {
			if lost.Load() {
				return eventstore.ErrUnavailable
			}
			return f()
		}
	}
	s := diskServer(t, dir, func(c *eventstore.Config) { c.Kept, c.Revive = failing(c.Kept), failing(c.Revive) })
	lost.Store(true)
	c := storetest.Command{Kind: storetest.Add, Key: "lost", To: "a", Amount: 1}
	if _, _, err := s.Writer.Do(t.Context(), c); !errors.Is(err, eventstore.ErrUnavailable) && !errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Fatalf("acknowledged without a disk: %v", err)
	}
	lost.Store(false)
	recovers(t, s, dir)
}

// Something else takes the last bytes between the look at the disk and the write: NATS gives up for good, what it was told
// is unknown, and it is started again when there is space.
func TestDiskFullBehind(t *testing.T) {
	dir := storetest.SmallDisk(t, 64)
	s := diskServer(t, dir, func(c *eventstore.Config) { c.Room = nil })
	ballast := storetest.FillDisk(t, dir)
	_, _, err := s.Writer.Do(t.Context(), tooBig("big"))
	if !errors.Is(err, eventstore.ErrUnavailable) && !errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Fatalf("on a full disk: %v", err)
	}
	readable(t, s, nil)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	recovers(t, s, dir)
}

// On a read-only disk nothing starts and nothing changes; writable again, it starts.
func TestReadOnlyDisk(t *testing.T) {
	dir := storetest.SmallDisk(t, 64)
	e, err := start(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	s := storetest.Start(t, e.open, nil)
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	e.stop()
	remount := func(flags uintptr) {
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	if e, err := start(filepath.Join(dir, "data")); !errors.Is(err, syscall.EROFS) {
		t.Errorf("on a read-only disk: %v", err)
		if err == nil {
			e.stop()
		}
	}
	remount(0)
	if l := storetest.Start(t, startTest(t, filepath.Join(dir, "data")).open, nil).Log; l.Position() != 1 {
		t.Errorf("position %d", l.Position())
	}
}
