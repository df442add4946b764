package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// story makes a data directory with the demo's story in it, the server stopped.
func story(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "demo", "--json", "--listen", "127.0.0.1:0", "--data", data)
	if code := p.stop(t); code != 0 {
		t.Fatalf("demo: exit %d %s", code, p.stderr)
	}
	return data
}

// blockFile is the largest block file of the stream of events.
func blockFile(t *testing.T, data string) string {
	t.Helper()
	var largest string
	var size int64
	err := filepath.WalkDir(filepath.Join(data, "jetstream"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".blk") || !strings.Contains(path, "LEDGER_MAIN"+string(filepath.Separator)) {
			return err
		}
		if info, err := d.Info(); err == nil && info.Size() > size {
			largest, size = path, info.Size()
		}
		return nil
	})
	if err != nil || largest == "" {
		t.Fatalf("no block file under %s: %v", data, err)
	}
	return largest
}

// files reads every file below the streams and keys, by path.
func files(t *testing.T, data string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, part := range []string{"jetstream", "keys", "trust.txt"} {
		err := filepath.WalkDir(filepath.Join(data, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			all[path], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestDamage flips one bit of a block file, and cuts a tail off it: the start
// must be refused with exit code 3, name what is missing, and change nothing.
func TestDamage(t *testing.T) {
	cases := map[string]func([]byte) []byte{
		"one bit in the middle": func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"one bit near the end":  func(b []byte) []byte { b[len(b)-200] ^= 1; return b },
		"a cut tail":            func(b []byte) []byte { return b[:len(b)-1000] },
	}
	whole := story(t)
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(data, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			private(t, data)
			path := blockFile(t, data)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			before := files(t, data)
			code, _, stderr := command(t, "grantledger", "demo", "--listen", "127.0.0.1:0", "--data", data)
			if code != exitIntegrity {
				t.Errorf("exit %d, want 3: %s", code, stderr)
			}
			if !strings.Contains(stderr, "sequence") && !strings.Contains(stderr, "position") {
				t.Errorf("the error names no place: %s", stderr)
			}
			t.Logf("%s", strings.TrimSpace(stderr))
			for path, was := range before {
				if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, was) {
					t.Errorf("%s was changed", path)
				}
			}
		})
	}
}

// private gives copied keys their mode back.
func private(t *testing.T, data string) {
	t.Helper()
	keys, err := filepath.Glob(filepath.Join(data, "keys", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if err := os.Chmod(k, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestInUse starts a second process on a directory that is in use: exit 6.
func TestInUse(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	start(t, "demo", "--empty", "--json", "--listen", "127.0.0.1:0", "--data", data)
	code, _, stderr := command(t, "grantledger", "demo", "--listen", "127.0.0.1:0", "--data", data)
	if code != exitInUse {
		t.Errorf("exit %d, want 6: %s", code, stderr)
	}
}

// TestUsage gives exit code 2 for what no configuration can mean.
func TestUsage(t *testing.T) {
	t.Setenv("GRANTLEDGER_HTTP_LISTEN", "0.0.0.0:8080")
	if code, _, stderr := command(t, "grantledger", "config", "check"); code != exitUsage || !strings.Contains(stderr, "loopback") {
		t.Errorf("open listener without TLS: exit %d %s", code, stderr)
	}
	t.Setenv("GRANTLEDGER_HTTP_LISTEN", "127.0.0.1:8080")
	t.Setenv("GRANTLEDGER_HTTP_LISTNE", "x")
	if code, _, stderr := command(t, "grantledger", "config", "check"); code != exitUsage || !strings.Contains(stderr, "http.listne") {
		t.Errorf("unknown setting: exit %d %s", code, stderr)
	}
	if code, _, _ := command(t, "grantledger", "bench", "write", "--no-such-flag"); code != exitUsage {
		t.Errorf("unknown flag: exit %d", code)
	}
}

// TestPackage exports everything and one project of a stopped ledger; the
// verifier accepts both, and refuses each after a bit of its content changed.
func TestPackage(t *testing.T) {
	data := story(t)
	dir := t.TempDir()
	for name, args := range map[string][]string{"all.zip": nil, "one.zip": {"--scope", "project/GD-R3-05"}} {
		path := filepath.Join(dir, name)
		code, out, stderr := command(t, "grantledger", append([]string{"export", "--data", data, "--out", path}, args...)...)
		if code != 0 {
			t.Fatalf("export: exit %d %s", code, stderr)
		}
		t.Log(strings.ReplaceAll(strings.TrimSpace(out), dir, ""))
		verify := func(path string) (int, string) {
			code, out, stderr := command(t, "grantverify", "--trust", filepath.Join(data, "trust.txt"), path)
			return code, out + stderr
		}
		if code, out := verify(path); code != 0 {
			t.Errorf("%s: exit %d %s", name, code, out)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{100, len(b) / 3, len(b) / 2, len(b) - 3000} {
			changed := bytes.Clone(b)
			changed[at] ^= 16
			bad := filepath.Join(dir, "bad.zip")
			if err := os.WriteFile(bad, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if code, out := verify(bad); code != 1 {
				t.Errorf("%s with a flipped bit at %d: exit %d %s", name, at, code, out)
			}
		}
	}
}
