package eventstore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/storetest"
)

// sample is how many cases a test draws: by the environment for a soak, else the given number.
func sample(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// seeded gives the randomness of a test and prints how to repeat it.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("GRANTLEDGER_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("GRANTLEDGER_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// streamFile is a file of the ledger's streams, its path below the data directory.
type streamFile struct {
	path string
	size int64
}

// streamFiles lists every file below the streams of the ledger.
func streamFiles(t *testing.T, path string) (files []streamFile) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(path, "jetstream"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > 0 {
			local, _ := filepath.Rel(path, name)
			files = append(files, streamFile{local, info.Size()})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// contents is everything that a log says about its events.
func contents(t *testing.T, l *eventstore.Log) string {
	t.Helper()
	root, balances, err := storetest.Recompute(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	own, err := l.Root(l.Position())
	if err != nil || own != root {
		t.Fatalf("root %s, recomputed %s: %v", own, root, err)
	}
	seal, err := (&eventstore.Sealer{Log: l}).Seal(t.Context()) // what a crash may take of the last seals is signed again
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(l.Position(), root, balances.Balances, seal.Checkpoint)
}

// verdict starts a damaged copy: "refused", or "harmless" when the log says the same as before. Anything else is silent damage.
func verdict(t *testing.T, path, want string) string {
	t.Helper()
	refused := func(err error) string {
		if _, ok := errors.AsType[*eventstore.IntegrityError](err); !ok {
			t.Errorf("refused by another error: %v", err)
		}
		return "refused"
	}
	e, err := start(path)
	if err != nil {
		return refused(err)
	}
	defer e.stop()
	l, err := e.open(func(c *eventstore.Config) { c.Apply = storetest.NewMachine().Apply })
	if err != nil {
		return refused(err)
	}
	if have := contents(t, l); have != want {
		t.Errorf("silent: the log says %s, not %s", have, want)
		return "silent"
	}
	return "harmless"
}

// damage draws a file by its share of all bytes or, every other time, by its share of all files, so that small ones have
// their turn, and changes it with fn.
func damage(t *testing.T, whole string, cases int, fn func(r *rand.Rand, b []byte) (changed []byte, what string)) {
	t.Helper()
	r, files := seeded(t), streamFiles(t, whole)
	e := startTest(t, copyOf(t, whole))
	l, err := e.open(func(c *eventstore.Config) { c.Apply = storetest.NewMachine().Apply })
	if err != nil {
		t.Fatal(err)
	}
	want := contents(t, l)
	counts := make(map[string]int)
	for i := range cases {
		f := files[r.IntN(len(files))]
		if i%2 == 0 {
			f = bySize(r, files)
		}
		path := copyOf(t, whole)
		var what string
		edit(t, filepath.Join(path, f.path), func(b []byte) []byte {
			b, what = fn(r, b)
			return b
		})
		v := verdict(t, path, want)
		if counts[v]++; t.Failed() {
			t.Fatalf("%s of %s", what, f.path)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d cases over %d files: %v", cases, len(files), counts)
}

func bySize(r *rand.Rand, files []streamFile) streamFile {
	var all int64
	for _, f := range files {
		all += f.size
	}
	at := r.Int64N(all)
	for _, f := range files {
		if at -= f.size; at < 0 {
			return f
		}
	}
	return files[0]
}

// copyOf copies a data directory; keys keep their mode.
func copyOf(t *testing.T, path string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(path)); err != nil {
		t.Fatal(err)
	}
	keys, err := filepath.Glob(filepath.Join(to, "keys", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if err := os.Chmod(k, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// crashed is a directory as a crash leaves it: NATS wrote no index, and the newest event is sealed.
func crashed(t *testing.T) string {
	t.Helper()
	path := written(t)
	e := startTest(t, path)
	s := storetest.Start(t, e.open, nil)
	if _, err := (&eventstore.Sealer{Log: s.Log}).Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	e.stop()
	for _, stream := range []string{"LEDGER_TEST", "LEDGER_TEST_SEALS"} {
		if err := os.Remove(filepath.Join(filepath.Dir(blockFile(path, stream)), "index.db")); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// flip changes one bit.
func flip(r *rand.Rand, b []byte) ([]byte, string) {
	at, bit := r.IntN(len(b)), r.IntN(8)
	b[at] ^= 1 << bit
	return b, fmt.Sprintf("bit %d of byte %d", bit, at)
}

// cut takes the end away.
func cut(r *rand.Rand, b []byte) ([]byte, string) {
	to := r.IntN(len(b))
	return b[:to], fmt.Sprintf("cut to %d of %d bytes", to, len(b))
}

// One bit is flipped somewhere in the files of the streams: the start is refused, or the log says the same as before.
// GRANTLEDGER_FLIPS says how often.
func TestFlips(t *testing.T) {
	n := sample("GRANTLEDGER_FLIPS", 500)
	t.Run("stopped", func(t *testing.T) { damage(t, written(t), n-n/4, flip) })
	t.Run("crashed", func(t *testing.T) { damage(t, crashed(t), n/4, flip) })
}

// A file is cut somewhere: the start is refused, or the log says the same as before. GRANTLEDGER_TRUNCATIONS says how often.
func TestTruncations(t *testing.T) {
	n := sample("GRANTLEDGER_TRUNCATIONS", 100)
	t.Run("stopped", func(t *testing.T) { damage(t, written(t), n-n/4, cut) })
	t.Run("crashed", func(t *testing.T) { damage(t, crashed(t), n/4, cut) })
}
