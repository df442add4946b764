package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"
)

// build makes the real program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "grantverify")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// process runs the program; after delay, if there is one, it is killed as by kill -9. What it printed before counts.
func process(program string, delay time.Duration, args ...string) (out string) {
	ctx := context.Background()
	if delay > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, delay)
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	_ = cmd.Run() // a killed process and a refusal are what is tested
	return stdout.String()
}

func signedLine(out string) bool {
	return strings.HasPrefix(out, "— ") && strings.HasSuffix(out, "\n")
}

// A witness that is killed at any moment never gives out lines of two histories: what it gave out it remembers.
func TestKilledWitness(t *testing.T) {
	program := build(t)
	one, other := newHistory(t, 12, 12), newHistory(t, 12, 3)
	shared, first, second := write(t, "3", one.checkpoint(3)), write(t, "12", one.checkpoint(12)), write(t, "12", other.checkpoint(12))
	firstProof, secondProof := write(t, "p", one.proof(3, 12)), write(t, "p", other.proof(3, 12))
	started := time.Now()
	process(program, 0, newBooth(t).args("--first", shared)...)
	whole := time.Since(started)
	given, refused := 0, 0
	for round := range 25 {
		b := newBooth(t)
		if out := process(program, 0, b.args("--first", shared)...); !signedLine(out) {
			t.Fatalf("the shared part: %q", out)
		}
		delay := whole * time.Duration(round+1) / 18
		lines := map[string]bool{}
		if signedLine(process(program, delay, b.args("--consistency", firstProof, first)...)) {
			lines["one"] = true
			given++
		}
		if signedLine(process(program, 0, b.args("--consistency", secondProof, second)...)) {
			lines["other"] = true
		} else {
			refused++
		}
		if signedLine(process(program, 0, b.args("--consistency", firstProof, first)...)) {
			lines["one"] = true
		}
		if len(lines) != 1 {
			t.Errorf("round %d: lines of %v", round, lines)
		}
	}
	t.Logf("of 25 killed runs %d gave their line out; the other history was refused %d times", given, refused)
}

// Two processes over one state directory do not sign two histories.
func TestTwoWitnessProcesses(t *testing.T) {
	program := build(t)
	one, other := newHistory(t, 9, 9), newHistory(t, 9, 0)
	for range 10 {
		b := newBooth(t)
		var out [2]string
		var both sync.WaitGroup
		for i, note := range []string{write(t, "9", one.checkpoint(9)), write(t, "9", other.checkpoint(9))} {
			both.Go(func() { out[i] = process(program, 0, b.args("--first", note)...) })
		}
		both.Wait()
		if signedLine(out[0]) == signedLine(out[1]) {
			t.Errorf("%q", out)
		}
	}
}

// request is a submission of the protocol.
func request(from uint64, proof []merkle.Hash, note []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", from)
	for _, h := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	return b.String() + "\n" + string(note)
}

func submit(t *testing.T, address, body string) (status int, contentType, text string) {
	t.Helper()
	r, err := http.Post(address+"/add-checkpoint", "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header.Get("Content-Type"), string(b)
}

// listening reads the address off the program's output.
func listening(t *testing.T, out io.Reader) string {
	t.Helper()
	s := bufio.NewScanner(out)
	for s.Scan() {
		if address, ok := strings.CutPrefix(s.Text(), "listening "); ok {
			return address
		}
	}
	t.Fatal("the witness does not listen")
	return ""
}

// The statuses of C2SP tlog-witness, from a real process; killed and started again it goes on where it was.
func TestWitnessProtocol(t *testing.T) {
	program, b := build(t), newBooth(t)
	one, other := newHistory(t, 20, 20), newHistory(t, 20, 5)
	run := func(more ...string) (string, func()) {
		cmd := exec.Command(program, append([]string{"witness", "--listen", "127.0.0.1:0", "--trust", b.trust, "--key", b.key, "--state", b.state}, more...)...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return listening(t, out), func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	}
	if status, _, fail := runIn("witness", "--listen", "127.0.0.1:0", "--trust", b.trust, "--key", b.key, "--state", b.state); status != 2 || !strings.Contains(fail, "--first") {
		t.Errorf("without --first: %d %s", status, fail)
	}
	address, kill := run("--first")
	stranger, err := merkle.SignNote("ledger.example.cn/other\n5\n"+merkle.EmptyRoot().String()+"\n", one.log)
	if err != nil {
		t.Fatal(err)
	}
	status, _, line := submit(t, address, request(0, nil, one.checkpoint(5)))
	if status != 200 || !signedLine(line) {
		t.Fatalf("first: %d %q", status, line)
	}
	b.counts(one.checkpoint(5), line)
	for name, c := range map[string]struct {
		status int
		text   string
		body   string
	}{
		"unknown origin":  {404, "", request(5, nil, stranger)},
		"unsigned":        {403, "", request(5, nil, bytes.Replace(one.checkpoint(8), []byte("gCRCW"), []byte("hCRCW"), 1))},
		"another old":     {409, "5\n", request(0, nil, one.checkpoint(8))},
		"two roots":       {409, "5\n", request(5, nil, newHistory(t, 5, 0).checkpoint(5))},
		"old too large":   {400, "", request(9, nil, one.checkpoint(8))},
		"no checkpoint":   {400, "", "old 5\n\n"},
		"no old":          {400, "", string(one.checkpoint(8))},
		"not a hash":      {400, "", "old 5\nx\n\n" + string(one.checkpoint(8))},
		"no proof":        {422, "", request(5, nil, one.checkpoint(8))},
		"another history": {422, "", request(5, other.hashes(6, 8), other.checkpoint(8))},
	} {
		status, kind, text := submit(t, address, c.body)
		if status != c.status || c.text != "" && (text != c.text || kind != "text/x.tlog.size") {
			t.Errorf("%s: %d %s %q", name, status, kind, text)
		}
	}
	kill()
	address, kill = run()
	defer kill()
	status, _, line = submit(t, address, request(5, one.hashes(5, 20), one.checkpoint(20)))
	if status != 200 {
		t.Fatalf("after a kill: %d %q", status, line)
	}
	b.counts(one.checkpoint(20), line)
	if status, _, text := submit(t, address, request(5, one.hashes(5, 20), one.checkpoint(20))); status != 409 || text != "20\n" {
		t.Errorf("%d %q", status, text)
	}
}

// A served witness stops when it is told to.
func TestWitnessStops(t *testing.T) {
	b := newBooth(t)
	w, err := (&cosignOptions{trust: b.trust, key: b.key, state: b.state}).witness()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- serve(ctx, listener, w.handler(func() bundle.Policy { return bundle.Policy{Trust: w.trust} }, true))
	}()
	if status, _, _ := submit(t, "http://"+listener.Addr().String(), request(0, nil, newHistory(t, 3, 3).checkpoint(3))); status != 200 {
		t.Errorf("%d", status)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A running witness goes on with the trust file that follows its own, and with no other.
func TestWitnessFollowsRotation(t *testing.T) {
	b := newBooth(t)
	w, err := (&cosignOptions{trust: b.trust, key: b.key, state: b.state}).witness()
	if err != nil {
		t.Fatal(err)
	}
	held := &heldTrust{path: b.trust, trust: w.trust}
	server := httptest.NewServer(w.handler(func() bundle.Policy { return bundle.Policy{Trust: held.inForce()} }, true))
	defer server.Close()

	one, second := newHistory(t, 20, 20), newHistory(t, 20, 20)
	if second.log, err = merkle.ParseSigner(testOrigin, keyPEM(t, "second"), rand.Reader); err != nil {
		t.Fatal(err)
	}
	replace := func(by string) {
		t.Helper()
		root, err := merkle.ParseSigner("ledger.example.cn/root", keyPEM(t, by), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("version 1", "version 2", "log 0 -", "log 0 7").Replace(w.trust.Text) + "log 8 - " + second.log.VKey().String() + "\n"
		note, err := merkle.SignNote(text, root)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(b.trust, note, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asked := func(want int, body string) {
		t.Helper()
		if status, _, text := submit(t, server.URL, body); status != want {
			t.Errorf("%d %q, expected %d", status, text, want)
		}
	}
	asked(200, request(0, nil, one.checkpoint(5)))
	asked(403, request(5, one.hashes(5, 20), second.checkpoint(20)))
	replace("other")
	asked(403, request(5, one.hashes(5, 20), second.checkpoint(20)))
	replace("root")
	asked(403, request(5, one.hashes(5, 20), one.checkpoint(20)))
	asked(200, request(5, one.hashes(5, 20), second.checkpoint(20)))
}
