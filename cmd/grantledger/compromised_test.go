package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grantledger/eventstore/merkle"
)

// TestCompromisedLogKey has the log key stolen with a copy of everything. The
// thief goes on with the copy and exports packages that verify by the trust text
// of before. Once the key is marked compromised at size N, a package of size N
// is accepted as it was, what the thief signed beyond it is refused, full and
// filtered, and the ledger goes on under a new key.
func TestCompromisedLogKey(t *testing.T) {
	data, dir := story(t), t.TempDir()
	export := func(data, name string, more ...string) (string, exported) {
		path := filepath.Join(dir, name)
		return path, decode[exported](t, must(t, 0, append([]string{"export", "--json", "--data", data, "--out", path}, more...)...))
	}
	before, last := export(data, "before.zip")
	thief := filepath.Join(dir, "thief")
	if err := os.CopyFS(thief, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	private(t, thief)
	grown(t, thief, "friend-1")
	full, forged := export(thief, "full.zip")
	filtered, _ := export(thief, "filtered.zip", "--scope", "year/2024")
	if forged.Size != last.Size+1 {
		t.Fatalf("size %d after %d", forged.Size, last.Size)
	}
	must(t, 0, "keys", "rotate", "--data", data, "--kind", "log", "--compromised", "--last", fmt.Sprint(last.Size))
	old, now := filepath.Join(data, "trust-1.txt"), filepath.Join(data, "trust.txt")
	for _, path := range []string{before, full, filtered} { // nothing but the mark tells
		succeed(t, "grantverify", "--trust", old, path)
	}
	succeed(t, "grantverify", "--trust", now, before)
	for _, path := range []string{full, filtered} {
		code, out, errs := command(t, "grantverify", "--trust", now, path)
		if code != 1 || !strings.HasPrefix(out, "REFUSED checkpoint: ") || !strings.Contains(out, merkle.BeyondRange) || !strings.Contains(errs, "停用或作废") {
			t.Errorf("%s: exit %d %s%s", filepath.Base(path), code, out, errs)
		}
	}
	grown(t, data, "clerk-9")
	after, size := export(data, "after.zip")
	text := succeed(t, "grantverify", "--trust", now, after)
	t.Logf("compromised at size %d: accepted, %d by the thief refused, %d under the new key accepted\n%s", last.Size, forged.Size, size.Size, text)
	if key, err := os.ReadFile(filepath.Join(thief, "keys", "log.key")); err == nil { // nor does the server take the stolen key again
		writeText(t, filepath.Join(data, "keys", "log.key"), string(key))
	}
	if code, _, errs := command(t, "grantledger", "serve", "--check", "--data", data, "--origin", "grantledger.local/demo"); code != exitIntegrity {
		t.Errorf("started with the stolen key: exit %d %s", code, errs)
	}
}
