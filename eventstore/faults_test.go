package eventstore_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"
	"grantledger/eventstore/storetest"
)

// written makes a data directory with 30 events in 30 blocks, of which the first 20 are sealed, and stops it.
func written(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	e := startTest(t, path)
	s := storetest.Start(t, e.open, nil)
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, s, 2, 20)
	if _, err := (&eventstore.Sealer{Log: s.Log}).Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, s, 21, 30)
	s.Stop()
	e.stop()
	return path
}

// add stores the events first to last, each in a block of its own.
func add(t *testing.T, s *storetest.Server, first, last int) {
	t.Helper()
	for i := first; i <= last; i++ {
		c := storetest.Command{Kind: storetest.Add, Key: fmt.Sprint("key-", i), To: "a", Amount: 1}
		if _, _, err := s.Writer.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// blockFile is the one file that holds the blocks, or the seals, of the test ledger.
func blockFile(path, stream string) string {
	return filepath.Join(path, "jetstream", "$G", "streams", stream, "msgs", "1.blk")
}

// sums gives the SHA-256 of every file of a directory but the lock.
func sums(t *testing.T, path string) map[string][32]byte {
	t.Helper()
	found := make(map[string][32]byte)
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		found[name] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// edit changes a file.
func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// integrity gives the failed check of an error.
func integrity(t *testing.T, err error) *eventstore.IntegrityError {
	t.Helper()
	failed, ok := errors.AsType[*eventstore.IntegrityError](err)
	if !ok {
		t.Fatalf("expected a failed check, got %v", err)
	}
	return failed
}

func TestDamagedFiles(t *testing.T) {
	flip := func(at func(b []byte) int) func([]byte) []byte {
		return func(b []byte) []byte {
			b[at(b)] ^= 0x10
			return b
		}
	}
	middle := flip(func(b []byte) int { return len(b) / 2 })
	for _, c := range []struct {
		name, stream string
		change       func([]byte) []byte
		check        int
		sequence     uint64 // 0: some
	}{
		{"flipped bit", "LEDGER_TEST", middle, eventstore.CheckBlocks, 0},
		{"flipped bit in a length", "LEDGER_TEST", flip(func([]byte) int { return 1 }), eventstore.CheckBlocks, 1},
		{"flipped bit in the headers", "LEDGER_TEST", flip(func(b []byte) int { return bytes.Index(b, []byte("Ledger-First: 12")) }), eventstore.CheckBlocks, 12},
		{"flipped bit in the only seal", "LEDGER_TEST_SEALS", middle, eventstore.CheckSeals, 1},
		{"flipped bit in the last block", "LEDGER_TEST", flip(func(b []byte) int { return len(b) - 100 }), eventstore.CheckBlocks, 30},
		{"cut behind the anchor", "LEDGER_TEST", func(b []byte) []byte {
			return b[:bytes.Index(b, []byte("Ledger-First: 15"))]
		}, eventstore.CheckBlocks, 15},
		{"nothing left", "LEDGER_TEST", func([]byte) []byte { return nil }, eventstore.CheckBlocks, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := written(t)
			edit(t, blockFile(path, c.stream), c.change)
			before := sums(t, path)
			_, err := start(path)
			failed := integrity(t, err)
			if failed.Check != c.check || failed.Sequence == 0 || c.sequence != 0 && failed.Sequence != c.sequence {
				t.Errorf("%v", failed)
			}
			if after := sums(t, path); !maps.Equal(after, before) {
				t.Error("files were changed")
			}
		})
	}
}

// Without the server's own index, as after a crash, the anchor tells that the end is missing.
func TestCutBehindAnchor(t *testing.T) {
	path := written(t)
	file := blockFile(path, "LEDGER_TEST")
	edit(t, file, func(b []byte) []byte { return b[:bytes.Index(b, []byte("Ledger-First: 15"))] })
	if err := os.Remove(filepath.Join(filepath.Dir(file), "index.db")); err != nil {
		t.Fatal(err)
	}
	before := sums(t, path)
	_, err := start(path)
	if failed := integrity(t, err); failed.Check != eventstore.CheckAnchor || failed.Sequence != 15 || failed.Position != 15 {
		t.Error(failed)
	}
	if after := sums(t, path); !maps.Equal(after, before) {
		t.Error("files were changed")
	}
}

// A bit flips after the anchor, and NATS keeps no index: what stands behind the damage tells that it is no torn write.
func TestFlippedBehindAnchor(t *testing.T) {
	path := written(t)
	file := blockFile(path, "LEDGER_TEST")
	edit(t, file, func(b []byte) []byte {
		b[bytes.Index(b, []byte("Ledger-First: 25"))] ^= 1
		return b
	})
	if err := os.Remove(filepath.Join(filepath.Dir(file), "index.db")); err != nil {
		t.Fatal(err)
	}
	_, err := start(path)
	if failed := integrity(t, err); failed.Check != eventstore.CheckBlocks || failed.Sequence != 25 {
		t.Error(failed)
	}
}

// A record that a crash left half written was never acknowledged: the log starts without it.
func TestTornTail(t *testing.T) {
	for name, tail := range map[string]func(b []byte) []byte{
		"half a record": func(b []byte) []byte { return append(b, b[:300]...) },
		"zeros":         func(b []byte) []byte { return append(b, make([]byte, 4096)...) },
		"last one cut":  func(b []byte) []byte { return b[:len(b)-40] },
	} {
		t.Run(name, func(t *testing.T) {
			path := written(t)
			edit(t, blockFile(path, "LEDGER_TEST"), tail)
			if err := os.Remove(filepath.Join(filepath.Dir(blockFile(path, "LEDGER_TEST")), "index.db")); err != nil {
				t.Fatal(err)
			}
			s := storetest.Start(t, startTest(t, path).open, nil)
			position := s.Log.Position()
			if position != 30 && !(name == "last one cut" && position == 29) {
				t.Fatalf("position %d", position)
			}
			add(t, s, 100, 100)
			if s.Log.Position() != position+1 {
				t.Errorf("position %d after %d", s.Log.Position(), position)
			}
		})
	}
}

func TestLostStreams(t *testing.T) {
	path := written(t)
	if err := os.RemoveAll(filepath.Join(path, "jetstream")); err != nil {
		t.Fatal(err)
	}
	_, err := start(path)
	if failed := integrity(t, err); failed.Check != eventstore.CheckAnchor || failed.Position != 1 {
		t.Error(failed)
	}
	if _, err := os.Stat(filepath.Join(path, "jetstream")); err == nil {
		t.Error("the store was made anew")
	}
}

// NATS drops a stream whose description is damaged, without an error.
func TestLostDescription(t *testing.T) {
	path := written(t)
	meta := filepath.Join(path, "jetstream", "$G", "streams", "LEDGER_TEST", "meta.inf")
	edit(t, meta, func(b []byte) []byte { return b[:len(b)/2] })
	_, err := start(path)
	if failed := integrity(t, err); failed.Check != eventstore.CheckBlocks || failed.Sequence != 1 {
		t.Error(failed)
	}
}

func TestAnchor(t *testing.T) {
	path := written(t)
	e := startTest(t, path)
	anchor := eventstore.Anchor{Path: filepath.Join(path, "keys", "anchor")}
	signed, ok, err := anchor.Read()
	if err != nil || !ok || signed.Size != 20 {
		t.Fatalf("%+v, %v", signed, err)
	}
	ahead, other := signed, signed
	ahead.Size, other.Root = 31, merkle.EmptyRoot()
	foreign := signed
	foreign.Origin = "grantledger.local/other"
	for name, c := range map[string]merkle.Checkpoint{"ahead": ahead, "another root": other, "another ledger": foreign} {
		if err := anchor.Write(c); err != nil {
			t.Fatal(err)
		}
		_, err := e.open(func(c *eventstore.Config) { c.Apply = storetest.NewMachine().Apply })
		if failed := integrity(t, err); failed.Check != eventstore.CheckAnchor {
			t.Errorf("%s: %v", name, failed)
		}
	}
	edit(t, anchor.Path, func(b []byte) []byte { return b[:10] })
	_, err = e.open(func(c *eventstore.Config) { c.Apply = storetest.NewMachine().Apply })
	if failed := integrity(t, err); failed.Check != eventstore.CheckAnchor {
		t.Error(failed)
	}
	if err := anchor.Write(signed); err != nil {
		t.Fatal(err)
	}
	s := storetest.Start(t, e.open, nil)
	if err := anchor.Write(ahead); err != nil {
		t.Fatal(err)
	}
	add(t, s, 50, 50) // the log reaches size 31 with another root than the anchor names
	_, err = (&eventstore.Sealer{Log: s.Log}).Seal(t.Context())
	if failed := integrity(t, err); failed.Check != eventstore.CheckAnchor {
		t.Error(failed)
	}
}

func TestInUse(t *testing.T) {
	path := t.TempDir()
	startTest(t, path)
	if _, err := start(path); !errors.Is(err, eventstore.ErrInUse) {
		t.Errorf("%v", err)
	}
}

func TestOtherOrigin(t *testing.T) {
	e := startTest(t, written(t))
	_, err := e.open(func(c *eventstore.Config) {
		c.Apply, c.Origin = storetest.NewMachine().Apply, "grantledger.local/other"
	})
	if failed := integrity(t, err); failed.Check != eventstore.CheckOrigin {
		t.Error(failed)
	}
}

func TestKeyFiles(t *testing.T) {
	path := written(t)
	e := startTest(t, path)
	open := func() error {
		_, err := e.open(func(c *eventstore.Config) { c.Apply = storetest.NewMachine().Apply })
		return err
	}
	for _, name := range []string{eventstore.LogKeyFile, eventstore.SM2KeyFile, eventstore.ExportKeyFile, eventstore.RootKeyFile} {
		info, err := os.Stat(filepath.Join(path, "keys", name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	key := filepath.Join(path, "keys", eventstore.LogKeyFile)
	if err := os.Chmod(key, 0o640); err != nil {
		t.Fatal(err)
	}
	if mode, ok := errors.AsType[*eventstore.ModeError](open()); !ok || mode.Path != key || mode.Mode.Perm() != 0o640 {
		t.Errorf("readable by the group: %v", mode)
	}
	os.Chmod(key, 0o600)
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if err := open(); !errors.Is(err, eventstore.ErrNoKeys) {
		t.Errorf("without a log key: %v", err)
	}
	if _, err := eventstore.GenerateKey(key, origin, merkle.Ed25519, strings.NewReader(strings.Repeat("k", 32))); err != nil {
		t.Fatal(err)
	}
	if failed := integrity(t, open()); failed.Check != eventstore.CheckKeys {
		t.Errorf("a key that the trust text lacks: %v", failed)
	}
	if err := os.WriteFile(key, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(); err != nil {
		t.Error(err)
	}
}

func TestGenerateTrial(t *testing.T) {
	dir := t.TempDir()
	random := rand.Reader
	keys, trust := filepath.Join(dir, "keys"), filepath.Join(dir, "trust.txt")
	if err := eventstore.GenerateTrial(keys, trust, "ledger.example.cn/grants", random); !errors.Is(err, eventstore.ErrNoKeys) {
		t.Errorf("keys for a real ledger: %v", err)
	}
	if err := eventstore.GenerateTrial(keys, trust, origin, random); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(trust)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := merkle.ParseTrust(text)
	if err != nil || parsed.Version != 1 || parsed.Quorum != 0 || !parsed.RequireSM2 || len(parsed.Keys) != 4 {
		t.Errorf("%s, %v", text, err)
	}
	if err := eventstore.GenerateTrial(keys, trust, origin, random); err == nil {
		t.Error("keys were made twice")
	}
}
