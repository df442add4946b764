package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"
)

// witnessProcess is a running grantverify witness.
type witnessProcess struct {
	t       testing.TB
	cmd     *exec.Cmd
	address string
}

// startWitness runs a witness on an address and waits until it listens.
func startWitness(t testing.TB, listen string, args ...string) *witnessProcess {
	t.Helper()
	cmd := exec.Command(program(t, "grantverify"), append([]string{"witness", "--listen", listen}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := &witnessProcess{t: t, cmd: cmd}
	t.Cleanup(w.kill)
	for s := bufio.NewScanner(out); s.Scan(); {
		if address, ok := strings.CutPrefix(s.Text(), "listening "); ok {
			w.address = address
			return w
		}
	}
	t.Fatal("the witness does not listen")
	return nil
}

// kill ends it as by kill -9.
func (w *witnessProcess) kill() {
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}

func succeed(t testing.TB, name string, args ...string) string {
	t.Helper()
	code, out, errs := command(t, name, args...)
	if code != 0 {
		t.Fatalf("%s %v: %d\n%s%s", name, args, code, out, errs)
	}
	return out
}

// tokenFile holds the token of a user of a demo.
func (p *process) tokenFile(t testing.TB, user string) string {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(p.Users[user].Token), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// event stores one more event, so that there is news to seal.
func (p *process) event(t testing.TB, round int) {
	t.Helper()
	p.post(t, "admin-1", "enrol-user", fmt.Sprintf("witness-test-%d", round), fmt.Sprintf(`{"on":"%s","user":"clerk-w%d"}`, time.Now().UTC().Format(time.DateOnly), round))
}

// witnessed waits until the newest checkpoint carries the lines of witnesses.
func (p *process) witnessed(t testing.TB, trust *merkle.Trust, atLeast uint64) *merkle.Signed {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		status, note := p.do(t, "admin-1", http.MethodGet, "/api/v1/checkpoint", "", "")
		if signed, err := trust.OpenCheckpoint(note); status == 200 && err == nil && len(signed.Witnesses) > 0 && signed.Size >= atLeast {
			return signed
		}
		pause := time.NewTimer(50 * time.Millisecond)
		<-pause.C
	}
	t.Fatalf("no witness signed size %d or more: %s", atLeast, p.stderr)
	return nil
}

// A witness in another process cosigns what a running server seals. Its line is served, returns into the log, survives a
// restart of both, is in the package that needs it; killed at any moment it signs no second history.
func TestWitnessedLedger(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	demo := []string{"demo", "--json", "--listen", "127.0.0.1:0", "--data", data}
	start(t, demo...).stop(t)
	key, state, trustFile := filepath.Join(dir, "witness.key"), filepath.Join(dir, "state"), filepath.Join(data, "trust.txt")
	line := strings.TrimSpace(succeed(t, "grantverify", "key", "--name", "audit.example.cn/w1", key))
	offline := filepath.Join(dir, "offline.key")
	second := strings.TrimSpace(succeed(t, "grantverify", "key", "--name", "audit.example.cn/w2", offline))
	succeed(t, "grantledger", "keys", "rotate", "--data", data, "--add-witness", line, "--add-witness", second, "--quorum", "1")
	trust, err := readTrust(trustFile)
	if err != nil || trust.Version != 2 || trust.Quorum != 1 {
		t.Fatalf("%+v %v", trust, err)
	}
	w := startWitness(t, "127.0.0.1:0", "--first", "--trust", trustFile, "--key", key, "--state", state)
	t.Setenv("GRANTLEDGER_SEAL_WITNESSES", w.address)
	t.Setenv("GRANTLEDGER_SEAL_EVERY", "100ms")
	t.Setenv("GRANTLEDGER_SEAL_RECORD", "1s")
	p := start(t, demo...)
	first := p.witnessed(t, trust, p.Position)
	for round := range 4 { // kill -9 while it signs; the next one goes on from what is on disk
		p.event(t, round)
		pause := time.NewTimer(time.Duration(30+40*round) * time.Millisecond)
		<-pause.C
		w.kill()
		w = startWitness(t, strings.TrimPrefix(w.address, "http://"), "--trust", trustFile, "--key", key, "--state", state)
		p.witnessed(t, trust, first.Size+uint64(round)+1)
	}
	newest := p.witnessed(t, trust, first.Size+4)
	p.refusesForkAndRollback(t, w.address, first, newest, filepath.Join(data, "keys"))
	token := p.tokenFile(t, "admin-1")
	p.takesOffline(t, token, offline, trustFile, dir)
	p.stop(t)
	w.kill()
	p = start(t, demo...) // the witness is away: what it signed is still there
	status, list := p.do(t, "admin-1", http.MethodGet, "/api/v1/checkpoints?limit=500", "", "")
	if status != 200 || !strings.Contains(string(list), "witness audit.example.cn/w1") || !strings.Contains(string(list), "witness audit.example.cn/w2") {
		t.Errorf("after a restart: %d %.300s", status, list)
	}
	startWitness(t, strings.TrimPrefix(w.address, "http://"), "--trust", trustFile, "--key", key, "--state", state)
	p.event(t, 9) // this server does not know what the witness signed last: 409, then the proof
	p.witnessed(t, trust, newest.Size+2)
	if code, _, errs := command(t, "grantledger", "keys", "rotate", "--data", data); code != exitInUse {
		t.Errorf("rotated under a running server: %d %s", code, errs)
	}
	token = p.tokenFile(t, "auditor-1")
	out := filepath.Join(dir, "package.zip")
	succeed(t, "grantledger", "export", "--server", p.URL, "--token-file", token, "--out", out)
	text := succeed(t, "grantverify", "--trust", trustFile, out)
	if !strings.Contains(text, "audit.example.cn/w") || strings.Contains(text, "seals checked: 0") {
		t.Error(text)
	}
}

// refusesForkAndRollback asks the witness, with the keys stolen from the server, for what it must not sign.
func (p *process) refusesForkAndRollback(t testing.TB, address string, first, newest *merkle.Signed, keys string) {
	t.Helper()
	thief, err := eventstore.LoadKeys(keys, newest.Origin, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	fork := newest.Checkpoint
	fork.Root[0]++
	forked, err := merkle.SignNote(fork.Text(), thief.Log, thief.SM2)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"fork":     fmt.Sprintf("old %d\n\n%s", newest.Size, forked),
		"rollback": fmt.Sprintf("old %d\n\n%s", first.Size, first.Note.Bytes()),
	} {
		answer, err := http.Post(address+"/add-checkpoint", "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusConflict {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
}

// takesOffline: the line of a witness that was handed a checkpoint on a stick comes back by seal --cosign, once.
func (p *process) takesOffline(t testing.TB, token, key, trustFile, dir string) {
	t.Helper()
	note := succeed(t, "grantledger", "seal", "--server", p.URL, "--token-file", token)
	checkpoint := filepath.Join(dir, "checkpoint")
	if err := os.WriteFile(checkpoint, []byte(note), 0o600); err != nil {
		t.Fatal(err)
	}
	line := filepath.Join(dir, "line")
	given := succeed(t, "grantverify", "cosign", "--first", "--trust", trustFile, "--key", key, "--state", filepath.Join(dir, "state2"), checkpoint)
	if err := os.WriteFile(line, []byte(given), 0o600); err != nil {
		t.Fatal(err)
	}
	with := succeed(t, "grantledger", "seal", "--server", p.URL, "--token-file", token, "--cosign", line)
	if !strings.Contains(with, given) {
		t.Errorf("%s without %s", with, given)
	}
	if err := os.WriteFile(line, []byte(strings.Replace(given, "w2 ", "w3 ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := command(t, "grantledger", "seal", "--server", p.URL, "--token-file", token, "--cosign", line); code != exitRefused {
		t.Errorf("a stranger's line: %d %s", code, errs)
	}
}

// A rotation from end to end: the ledger starts again with new keys, packages across it verify, full and filtered, what
// the old or a stolen key signs afterwards is refused with words for a person.
func TestRotation(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	demo := []string{"demo", "--json", "--listen", "127.0.0.1:0", "--data", data}
	start(t, demo...).stop(t)
	trustFile, keys := filepath.Join(data, "trust.txt"), filepath.Join(data, "keys")
	export := func(name string, more ...string) string {
		path := filepath.Join(dir, name)
		succeed(t, "grantledger", append([]string{"export", "--data", data, "--out", path}, more...)...)
		return path
	}
	before := export("before.zip")
	oldLog, err := os.ReadFile(filepath.Join(keys, "log.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(keys, "root.key"), filepath.Join(dir, "root.key")); err != nil {
		t.Fatal(err)
	}
	succeed(t, "grantledger", "keys", "rotate", "--data", data) // only stages: the root key is off line
	note := filepath.Join(dir, "note.txt")
	succeed(t, "grantledger", "keys", "trust", "--sign", filepath.Join(dir, "root.key"), "--in", filepath.Join(data, stagedTrust), "--out", note)
	if code, _, errs := command(t, "grantledger", "keys", "rotate", "--data", data, "--note", filepath.Join(data, stagedTrust)); code != exitRefused {
		t.Errorf("an unsigned text: %d %s", code, errs)
	}
	var rotated struct{ Position uint64 }
	if err := json.Unmarshal([]byte(succeed(t, "grantledger", "keys", "rotate", "--json", "--data", data, "--note", note)), &rotated); err != nil {
		t.Fatal(err)
	}
	succeed(t, "grantverify", "trust", filepath.Join(data, "trust-1.txt"), note)
	cutOff(t, keys)
	p := start(t, demo...)
	p.event(t, 1)
	p.stop(t)
	succeed(t, "grantverify", "--trust", trustFile, before)
	succeed(t, "grantverify", "--trust", trustFile, export("full.zip"))
	succeed(t, "grantverify", "--trust", trustFile, export("filtered.zip", "--scope", "year/2024"))
	if code, out, _ := command(t, "grantverify", "--trust", filepath.Join(data, "trust-1.txt"), filepath.Join(dir, "full.zip")); code != 1 {
		t.Errorf("the old trust file: %d %s", code, out)
	}
	list := succeed(t, "grantledger", "keys", "list", "--data", data)
	for _, want := range []string{"停用 retired", fmt.Sprintf("0 – %d", rotated.Position-1), fmt.Sprintf("%d –", rotated.Position)} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is not in\n%s", want, list)
		}
	}
	sheet := succeed(t, "grantledger", "keys", "trust", "--html", "--data", data)
	if !regexp.MustCompile(`(?s)信任核对单.*版本 version +2.*指纹 fingerprint +[0-9a-f]{4} `).MatchString(sheet) {
		t.Error(sheet)
	}
	refusesOutOfUse(t, dir, trustFile, oldLog, rotated.Position+1)
	succeed(t, "grantledger", "keys", "rotate", "--data", data, "--kind", "export", "--compromised", "--sign", filepath.Join(dir, "root.key"))
	if code, _, errs := command(t, "grantledger", "keys", "rotate", "--data", data, "--quorum", "1", "--sign", filepath.Join(dir, "root.key")); code != exitRefused {
		t.Errorf("a quorum without witnesses: %d %s", code, errs)
	}
	for _, stolen := range []string{"full.zip", "filtered.zip"} { // signed by the key that was stolen, never witnessed
		code, out, errs := command(t, "grantverify", "--trust", trustFile, filepath.Join(dir, stolen))
		if code != 1 || !strings.Contains(out, merkle.BeyondRange) || !strings.Contains(errs, "停用或作废") {
			t.Errorf("%s: %d %s%s", stolen, code, out, errs)
		}
	}
	succeed(t, "grantverify", "--trust", trustFile, export("after.zip"))
}

// cutOff makes the key directory that of a rotation which ended after its event: the log key waits, the old one stands.
func cutOff(t testing.TB, keys string) {
	t.Helper()
	retired, err := filepath.Glob(filepath.Join(keys, "log.key.retired-*"))
	if err != nil || len(retired) != 1 {
		t.Fatalf("%v %v", retired, err)
	}
	path := filepath.Join(keys, eventstore.LogKeyFile)
	for _, move := range [][2]string{{path, path + eventstore.NextKey}, {retired[0], path}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
	}
}

// refusesOutOfUse: a retired log key signs a checkpoint of a later size.
func refusesOutOfUse(t testing.TB, dir, trustFile string, key []byte, size uint64) {
	t.Helper()
	trust, err := readTrust(trustFile)
	if err != nil {
		t.Fatal(err)
	}
	thief, err := merkle.ParseSigner(trust.Origin, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	note, err := merkle.SignNote(merkle.Checkpoint{Origin: trust.Origin, Size: size, Root: merkle.EmptyRoot()}.Text(), thief)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, "forged")
	if err := os.WriteFile(kept, note, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := command(t, "grantverify", "--trust", trustFile, "--kept", kept, filepath.Join(dir, "full.zip"))
	if code != 1 || !strings.Contains(out, merkle.BeyondRange) || !strings.Contains(errs, "停用或作废") {
		t.Errorf("a retired key: %d %s%s", code, out, errs)
	}
}
