package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// decode reads the JSON object that a command printed.
func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

// must runs a command that has to end with the exit code, and gives stdout.
func must(t *testing.T, want int, args ...string) string {
	t.Helper()
	code, out, errs := command(t, "grantledger", args...)
	if code != want {
		t.Fatalf("%s: exit %d, want %d: %s %s", args[0], code, want, out, errs)
	}
	return out
}

// grown starts the ledger of a directory again, adds one event, and stops it.
func grown(t *testing.T, data, user string) {
	t.Helper()
	p := start(t, "demo", "--json", "--listen", "127.0.0.1:0", "--data", data)
	p.issue(t, "admin-1")
	status, body := p.do(t, "admin-1", http.MethodPost, "/api/v1/commands/enrol-user", user, `{"on":"2026-01-05","user":"`+user+`"}`)
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	if code := p.stop(t); code != 0 {
		t.Fatalf("exit %d %s", code, p.stderr)
	}
}

// TestRestore makes two backups, one older than the other, and restores them:
// the same root, and keys, users and sessions again; the older one is refused
// by the anchor and by the newer checkpoint.
func TestRestore(t *testing.T) {
	data, dir := story(t), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	trust := filepath.Join(data, "trust.txt")
	older := decode[backup](t, must(t, 0, "backup", "--json", "--data", data, "--out", in("older"), "--with-secrets"))
	grown(t, data, "late-1")
	newer := decode[backup](t, must(t, 0, "backup", "--json", "--data", data, "--out", in("newer"), "--with-secrets"))
	if newer.Size <= older.Size || len(newer.Files) != 2 {
		t.Fatalf("%+v after %+v", newer, older)
	}
	if info, err := os.Stat(in("newer/secrets.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("secrets: %v %v", info, err)
	}
	before := decode[replayed](t, must(t, 0, "replay", "--json", "--data", data))

	fresh := in("fresh")
	got := decode[restored](t, must(t, 0, "restore", "--json", "--data", fresh, "--from", in("newer"), "--trust", trust, "--kept", in("older/checkpoint"), "--kept", in("newer/checkpoint")))
	if got.Root != before.Root || got.Position != before.Position || !got.Secrets || len(got.Kept) != 2 {
		t.Errorf("%+v, want root %s", got, before.Root)
	}
	if after := decode[replayed](t, must(t, 0, "replay", "--json", "--data", fresh)); after.Root != before.Root {
		t.Errorf("replay: root %s, want %s", after.Root, before.Root)
	}
	grown(t, fresh, "late-2") // goes on with the same keys
	must(t, exitRefused, "restore", "--data", fresh, "--from", in("newer"), "--trust", trust)

	if code, _, errs := command(t, "grantledger", "restore", "--data", in("kept"), "--from", in("older"), "--trust", trust, "--kept", in("newer/checkpoint")); code != exitIntegrity || !strings.Contains(errs, "rollback") {
		t.Errorf("an older backup against a kept checkpoint: exit %d %s", code, errs)
	}
	if err := os.RemoveAll(filepath.Join(fresh, "jetstream")); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"older", "newer"} { // the anchor has seen one event more than the newer one
		if code, _, errs := command(t, "grantledger", "restore", "--data", fresh, "--from", in(from), "--trust", trust); code != exitIntegrity || !strings.Contains(errs, "anchor") {
			t.Errorf("%s against the anchor: exit %d %s", from, code, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(fresh, "jetstream")); err == nil {
		t.Error("a refused restore left a store")
	}
	must(t, 0, "restore", "--data", in("bare"), "--from", in("older/package.zip"), "--trust", trust)
	must(t, exitUsage, "serve", "--check", "--data", in("bare"), "--origin", older.Origin) // no keys

	edit(t, in("newer/package.zip"))
	must(t, exitIntegrity, "restore", "--data", in("bad"), "--from", in("newer"), "--trust", trust)
	must(t, exitUsage, "restore", "--data", in("bad"), "--from", in("newer"))
}

// edit flips one bit in the middle of a file.
func edit(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBackupRunning takes a backup of a running server over HTTP.
func TestBackupRunning(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	p := start(t, "demo", "--json", "--listen", "127.0.0.1:0", "--data", data)
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(p.Users["auditor-1"].Token), 0o600); err != nil {
		t.Fatal(err)
	}
	b := decode[backup](t, must(t, 0, "backup", "--json", "--server", p.URL, "--token-file", token, "--out", filepath.Join(dir, "b")))
	if b.Size < p.Position || b.Secrets {
		t.Errorf("%+v", b)
	}
	got := decode[restored](t, must(t, 0, "restore", "--json", "--data", filepath.Join(dir, "new"), "--from", filepath.Join(dir, "b"),
		"--trust", filepath.Join(data, "trust.txt"), "--kept", filepath.Join(dir, "b", "checkpoint")))
	if got.Position != b.Size || got.Secrets {
		t.Errorf("%+v", got)
	}
	must(t, exitUsage, "backup", "--server", p.URL, "--out", filepath.Join(dir, "c"), "--with-secrets")
	d := decode[diagnosis](t, must(t, 0, "doctor", "--json", "--data", data, "--server", p.URL))
	if level(d, "server") != levelOK || level(d, "anchor") != levelOK {
		t.Errorf("%+v", d)
	}
}

// level is that of the first finding of a name.
func level(d diagnosis, name string) string {
	for _, f := range d.Findings {
		if f.Name == name {
			return f.Level
		}
	}
	return ""
}

// TestDoctor examines a sound ledger, one with open modes, and a damaged one.
func TestDoctor(t *testing.T) {
	data := story(t)
	d := decode[diagnosis](t, must(t, 0, "doctor", "--json", "--data", data))
	for _, name := range []string{"configuration", "clock", "directory", "disk", "modes", "lock", "stream", "blocks", "keys", "checkpoints", "anchor", "sealed"} {
		if level(d, name) != levelOK {
			t.Errorf("%s is %q", name, level(d, name))
		}
	}
	if level(d, "trial") != levelWarn || level(d, "backup") != levelWarn {
		t.Errorf("%+v", d)
	}
	if err := os.Chmod(filepath.Join(data, "keys", "log.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, exitFailed, "doctor", "--data", data)
	must(t, 0, "doctor", "--data", data, "--fix")
	edit(t, blockFile(t, data))
	d = decode[diagnosis](t, must(t, exitIntegrity, "doctor", "--json", "--data", data))
	if d.OK || level(d, "blocks") != levelFail {
		t.Errorf("%+v", d)
	}
	must(t, exitFailed, "doctor", "--data", filepath.Join(data, "none"))
}
