package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore/merkle"
)

const (
	testOrigin  = "ledger.example.cn/grants"
	testWitness = "audit.example.cn/witness"
)

// keyPEM is a test key of the vectors, made from its label.
func keyPEM(t testing.TB, label string) []byte {
	t.Helper()
	seed := sha256.Sum256([]byte("GrantLedger test key, never use: " + label))
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// history is a ledger of leaves whose checkpoints the log key signs.
type history struct {
	t    testing.TB
	tree *merkle.Tree
	log  merkle.Signer
}

// newHistory has size leaves; from fork on they are those of another history.
func newHistory(t testing.TB, size, fork int) *history {
	t.Helper()
	log, err := merkle.ParseSigner(testOrigin, keyPEM(t, "log"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h := &history{t, &merkle.Tree{}, log}
	for i := range size {
		name := "one"
		if i >= fork {
			name = "other"
		}
		h.tree.Append(merkle.Leaf(fmt.Appendf(nil, "%s %d", name, i)))
	}
	return h
}

func (h *history) checkpoint(size uint64) []byte {
	h.t.Helper()
	root, err := h.tree.Root(size)
	if err != nil {
		h.t.Fatal(err)
	}
	note, err := merkle.SignNote(merkle.Checkpoint{Origin: testOrigin, Size: size, Root: root}.Text(), h.log)
	if err != nil {
		h.t.Fatal(err)
	}
	return note
}

func (h *history) hashes(from, to uint64) []merkle.Hash {
	h.t.Helper()
	hashes, err := h.tree.Consistency(from, to)
	if err != nil {
		h.t.Fatal(err)
	}
	return hashes
}

// proof is what the server answers about two sizes.
func (h *history) proof(from, to uint64) []byte {
	texts := []string{}
	for _, x := range h.hashes(from, to) {
		texts = append(texts, hex.EncodeToString(x[:]))
	}
	b, err := json.Marshal(map[string]any{"from": from, "to": to, "hashes": texts})
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

// booth is the place of a witness: its trust file without SM2, its key, its state.
type booth struct {
	t                 testing.TB
	trust, key, state string
}

func newBooth(t *testing.T) *booth {
	text := strings.Replace(string(read(t, vectors+"trust.txt")), "require sm2\n", "", 1)
	return &booth{t, write(t, "trust.txt", []byte(text)), write(t, "witness.key", keyPEM(t, "witness")), filepath.Join(t.TempDir(), "state")}
}

func (b *booth) args(more ...string) []string {
	return append([]string{"cosign", "--trust", b.trust, "--key", b.key, "--state", b.state}, more...)
}

// counts checks that a line is this witness's over a checkpoint.
func (b *booth) counts(note []byte, line string) {
	b.t.Helper()
	text, err := os.ReadFile(b.trust)
	if err != nil {
		b.t.Fatal(err)
	}
	trust, err := merkle.ParseTrust(text)
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := trust.OpenCheckpoint(append(bytes.Clone(note), line...))
	if err != nil || len(s.Witnesses) != 1 || s.Witnesses[0].Name != testWitness || time.Since(time.Unix(s.Witnesses[0].Time, 0)) > time.Hour {
		b.t.Errorf("%q: %+v %v", line, s, err)
	}
}

func TestCosign(t *testing.T) {
	one, other, b := newHistory(t, 20, 20), newHistory(t, 20, 5), newBooth(t)
	five, eight, forked := write(t, "5", one.checkpoint(5)), write(t, "8", one.checkpoint(8)), write(t, "8", other.checkpoint(8))
	if status, out, fail := runIn(b.args(five)...); status != 2 || out != "" || !strings.Contains(fail, "--first") {
		t.Errorf("without --first: %d %s%s", status, out, fail)
	}
	status, out, fail := runIn(b.args("--first", five)...)
	if status != 0 || !strings.Contains(fail, "COSIGNED") {
		t.Fatalf("first: %d %s%s", status, out, fail)
	}
	b.counts(one.checkpoint(5), out)
	if status, out, fail = runIn(b.args(five)...); status != 0 {
		t.Errorf("again: %d %s%s", status, out, fail)
	}
	if status, out, _ = runIn(b.args(eight)...); status != 2 || out != "" {
		t.Errorf("without a proof: %d %s", status, out)
	}
	if status, out, _ = runIn(b.args("--consistency", write(t, "p", one.proof(4, 8)), eight)...); status != 2 || out != "" {
		t.Errorf("proof of other sizes: %d %s", status, out)
	}
	copyOut := filepath.Join(t.TempDir(), "cosigned")
	status, out, fail = runIn(b.args("--consistency", write(t, "p", one.proof(5, 8)), "--out", copyOut, eight)...)
	if status != 0 {
		t.Fatalf("grown: %d %s%s", status, out, fail)
	}
	b.counts(read(t, copyOut), "")
	for name, c := range map[string]struct {
		code string
		args []string
	}{
		"two roots":                   {"fork", []string{forked}},
		"fork":                        {"fork", []string{"--consistency", write(t, "p", other.proof(8, 12)), write(t, "12", other.checkpoint(12))}},
		"rollback":                    {"rollback", []string{five}},
		"unsigned":                    {"checkpoint", []string{write(t, "x", bytes.Replace(one.checkpoint(8), []byte("gCRCW"), []byte("hCRCW"), 1))}},
		"fork, --first does not help": {"fork", []string{"--first", forked}},
	} {
		if status, out, _ := runIn(b.args(c.args...)...); status != 1 || !strings.HasPrefix(out, "REFUSED "+c.code) {
			t.Errorf("%s: %d %s", name, status, out)
		}
	}
	if err := os.WriteFile(filepath.Join(b.state, "ledger.example.cn+grants.checkpoint"), one.checkpoint(3), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := runIn(b.args("--first", eight)...); status != 2 || out != "" {
		t.Errorf("state that the witness did not sign: %d %s", status, out)
	}
}

func TestCosignPackage(t *testing.T) {
	b := newBooth(t)
	b.trust = vectors + "trust.txt"
	if status, out, _ := runIn(b.args("--first", vectors+"kept.checkpoint")...); status != 0 || !strings.HasPrefix(out, "— "+testWitness+" ") {
		t.Fatalf("%d %s", status, out)
	}
	for _, name := range []string{"full", "year", "project"} {
		status, out, fail := runIn(b.args(vectors + "sample-" + name + ".zip")...)
		if status != 0 || !strings.Contains(fail, "size 13 (before: ") {
			t.Errorf("%s: %d %s%s", name, status, out, fail)
		}
	}
	broken := read(t, vectors+"sample-full.zip")
	broken[2000] ^= 1
	if status, out, _ := runIn(b.args(write(t, "broken.zip", broken))...); status != 1 || !strings.HasPrefix(out, "REFUSED") {
		t.Errorf("%d %s", status, out)
	}
	status, out, _ := runIn(b.args("--json", vectors+"sample-full.zip")...)
	var got struct {
		Verdict, Line string
		From, Size    uint64
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 || got.Verdict != "cosigned" || got.From != 13 || got.Size != 13 {
		t.Errorf("%d %s", status, out)
	}
}

func TestKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "witness.key")
	status, out, fail := runIn("key", "--name", "audit.example.cn/second", path)
	if status != 0 || !strings.HasPrefix(out, "witness 0 - audit.example.cn/second+") {
		t.Fatalf("%d %s%s", status, out, fail)
	}
	if status, _, _ := runIn("key", "--name", "x", path); status != 2 {
		t.Error("overwrites a key")
	}
	b := newBooth(t)
	b.key = path
	note := write(t, "5", newHistory(t, 5, 5).checkpoint(5))
	if status, _, _ := runIn(b.args("--first", note)...); status != 2 {
		t.Errorf("a key without a name: %d", status)
	}
	if status, out, _ := runIn(b.args("--first", "--name", "audit.example.cn/second", note)...); status != 0 || !strings.HasPrefix(out, "— audit.example.cn/second ") {
		t.Errorf("%d %s", status, out)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := runIn(b.args("--name", "audit.example.cn/second", note)...); status != 2 {
		t.Errorf("a key that others may read: %d", status)
	}
}
