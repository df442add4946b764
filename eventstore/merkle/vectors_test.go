package merkle

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
)

//go:embed testdata
var files embed.FS

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := files.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// secret gives the test key of a role, made as the vectors say.
func secret(label string) []byte {
	sum := sha256.Sum256([]byte("GrantLedger test key, never use: " + label))
	return sum[:]
}

func signer(t testing.TB, label, name string) Signer {
	t.Helper()
	var key any = ed25519.NewKeyFromSeed(secret(label))
	if label == "log-sm2" {
		private, err := sm2.NewPrivateKey(secret(label))
		if err != nil {
			t.Fatal(err)
		}
		key = private
	}
	text, err := marshalPEM(key)
	if err != nil {
		t.Fatal(err)
	}
	var s Signer
	if label == "witness" {
		s, err = ParseWitness(name, text, func() time.Time { return time.Unix(0x65e6ab44, 0) })
	} else {
		s, err = ParseSigner(name, text, rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	origin      = "ledger.example.cn/grants"
	witnessName = "audit.example.cn/witness"
)

func trust(t testing.TB) *Trust {
	t.Helper()
	tr, err := ParseTrust(read(t, "trust.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestVectorKeys(t *testing.T) {
	tr := trust(t)
	if tr.Format() != string(read(t, "trust.txt")) || tr.Text != tr.Format() {
		t.Errorf("trust text is written as\n%s", tr.Format())
	}
	names := []string{"ledger.example.cn/root", origin, origin, origin + "/export", witnessName}
	for i, label := range []string{"root", "log", "log-sm2", "export", "witness"} {
		if got := signer(t, label, names[i]).VKey(); got != tr.Keys[i].Key {
			t.Errorf("%s: %s, want %s", label, got, tr.Keys[i].Key)
		}
		line := strings.Split(string(read(t, "keys.txt")), "\n")
		role := strings.TrimPrefix(label, "log-")
		if !strings.Contains(strings.Join(line, "\n"), "\n"+role+" "+hex.EncodeToString(secret(label))) {
			t.Errorf("%s: the secret is not in keys.txt", label)
		}
	}
	if tr.Version != 1 || tr.Quorum != 1 || !tr.RequireSM2 || tr.Origin != origin {
		t.Errorf("%+v", tr)
	}
}

func TestVectorRoots(t *testing.T) {
	heads := bytes.Split(bytes.TrimSpace(read(t, "heads.ndjson")), []byte("\n"))
	if got := EmptyRoot(); hex.EncodeToString(got[:]) != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("root of nothing %x", got)
	}
	var f Frontier
	var tree Tree
	for i, line := range strings.Split(strings.TrimSpace(string(read(t, "roots.txt"))), "\n")[1:] {
		leaf := Leaf(heads[i])
		f.Append(leaf)
		tree.Append(leaf)
		root := f.Root()
		if got := fmt.Sprintf("%d %x %x %s", i+1, leaf[:], root[:], root); got != line {
			t.Errorf("got  %s\nwant %s", got, line)
		}
		if again, err := tree.Root(uint64(i + 1)); err != nil || again != root {
			t.Errorf("root of the tree at %d: %s, %v", i+1, again, err)
		}
	}
	want := []string{"KM9K4qSYtq4IZhBeNsdns7lRqhUtpVVFOlwM6/yHX1s=", "B84jWy9O73ahln5tfNMtRz3fI7XQbnEpHWw9Fg3EupY=", "IqyiGhYGrM7BtYtPFm3SMlPgx9OhoZKnB4zeWr+avfE="}
	for i, h := range f.Hashes() {
		if h.String() != want[i] {
			t.Errorf("frontier of 13: %s", h)
		}
	}
	f6, err := tree.Frontier(6)
	if err != nil || string(f6.AppendLines(nil)) != "frontier 2ZeBe5DhzTNjsIevdSVE0577v3zu2hj7NHpwac29UDk=\nfrontier QJ0o7J4S3RMfuDTmHChIjjQokRBlEcLAicRHErsbNRg=\n" {
		t.Errorf("frontier of 6: %s %v", f6.AppendLines(nil), err)
	}
}

func TestVectorCheckpoints(t *testing.T) {
	tr := trust(t)
	for name, size := range map[string]uint64{"package.checkpoint": 13, "kept.checkpoint": 7} {
		raw := read(t, name)
		s, err := tr.OpenCheckpoint(raw)
		if err != nil {
			t.Fatal(err)
		}
		if s.Size != size || !s.SM2 || s.Witnessed() != 1 || s.Witnesses[0].Name != witnessName || !bytes.Equal(s.Note.Bytes(), raw) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	s, err := tr.OpenCheckpoint(read(t, "package.checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	if at := time.Unix(s.Witnesses[0].Time, 0).UTC().Format(time.RFC3339); at != "2025-01-08T06:12:00Z" {
		t.Errorf("witness time %s", at)
	}
}

// The Ed25519 and witness lines are the bytes of the vectors; SM2 signatures are random and only verify.
func TestVectorSignatures(t *testing.T) {
	kept := read(t, "kept.checkpoint")
	want, err := ParseNote(kept)
	if err != nil {
		t.Fatal(err)
	}
	made, err := SignNote(want.Text, signer(t, "log", origin), signer(t, "log-sm2", origin), signer(t, "witness", witnessName))
	if err != nil {
		t.Fatal(err)
	}
	got, want2 := strings.Split(string(made), "\n"), strings.Split(string(kept), "\n")
	for i := range want2 {
		if i != 5 && got[i] != want2[i] { // line 5 is SM2
			t.Errorf("line %d: %s, want %s", i, got[i], want2[i])
		}
	}
	if s, err := trust(t).OpenCheckpoint(made); err != nil || !s.SM2 {
		t.Errorf("our own SM2 line: %v", err)
	}
}

func TestVectorSeal(t *testing.T) {
	message := read(t, "seal-7")
	f, note, err := ParseSeal(message)
	if err != nil {
		t.Fatal(err)
	}
	if f.Size() != 7 || !bytes.Equal(FormatSeal(f, note.Bytes()), message) {
		t.Errorf("size %d", f.Size())
	}
	wrong := bytes.Replace(message, []byte("frontier 2Z"), []byte("frontier 3Z"), 1)
	if _, _, err := ParseSeal(wrong); err == nil {
		t.Error("a seal with another frontier is accepted")
	}
}
