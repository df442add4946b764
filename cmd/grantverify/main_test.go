package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grantledger/eventstore/merkle"
)

// vectors is where package bundle keeps the sample packages.
const vectors = "../../eventstore/bundle/testdata/"

func runIn(args ...string) (status int, stdout, stderr string) {
	var out, fail bytes.Buffer
	status = run(args, &out, &fail)
	return status, out.String(), fail.String()
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVerified(t *testing.T) {
	for _, name := range []string{"full", "project", "district", "year"} {
		pkg := vectors + "sample-" + name + ".zip"
		status, out, fail := runIn("--trust", vectors+"trust.txt", "--kept", vectors+"kept.checkpoint", pkg)
		if status != 0 || fail != "" || !strings.HasPrefix(out, "VERIFIED 核验通过  ledger.example.cn/grants\n") {
			t.Errorf("%s: %d %s%s", name, status, out, fail)
		}
		if strings.Contains(out, "were not examined") != (name == "year") || !strings.Contains(out, "kept checkpoints matched: 7\n") {
			t.Errorf("%s: %s", name, out)
		}
		status, out, _ = runIn("--json", "--trust", vectors+"trust.txt", "--require-sm2", "--quorum", "1", pkg)
		var got map[string]any
		if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 || got["verdict"] != "ok" || len(got) != 16 {
			t.Errorf("%s: %d %s", name, status, out)
		}
	}
}

func TestRefused(t *testing.T) {
	full := vectors + "sample-full.zip"
	broken := read(t, full)
	broken[len(broken)-1] = 1
	for _, c := range []struct {
		code string
		args []string
	}{
		{"witness", []string{"--quorum", "2", full}},
		{"stale", []string{"--max-age", "24h", full}},
		{"stale", []string{"--max-age=7d", full}},
		{"kept", []string{"--kept", vectors + "trust.txt", full}},
		{"container", []string{write(t, "broken.zip", broken)}},
		{"container", []string{write(t, "empty.zip", nil)}},
	} {
		status, out, fail := runIn(append(c.args, "--trust", vectors+"trust.txt")...)
		if status != 1 || !strings.HasPrefix(fail, "怎么办 / what to do: ") || !strings.HasPrefix(out, "REFUSED "+c.code+": ") || !strings.HasSuffix(out, "核验未通过 / do not rely on this package\n") {
			t.Errorf("%v: %d %s%s", c.args, status, out, fail)
		}
		status, out, _ = runIn(append(c.args, "--trust", vectors+"trust.txt", "--json")...)
		var got struct{ Verdict, Code, Reason string }
		if err := json.Unmarshal([]byte(out), &got); err != nil || status != 1 || got.Verdict != "refused" || got.Code != c.code || got.Reason == "" {
			t.Errorf("%v: %d %s", c.args, status, out)
		}
	}
}

func TestNoVerdict(t *testing.T) {
	full, trust := vectors+"sample-full.zip", vectors+"trust.txt"
	for _, args := range [][]string{
		{},
		{full},
		{"--trust", trust},
		{"--trust", trust, full, full},
		{"--trust", "no such file", full},
		{"--trust", vectors + "kept.checkpoint", full},
		{"--trust", trust, "no such file"},
		{"--trust", trust, vectors},
		{"--trust", trust, "--kept", "no such file", full},
		{"--trust", trust, "--quorum", "-1", full},
		{"--trust", trust, "--quorum", "x", full},
		{"--trust", trust, "--max-age", "24", full},
		{"--trust", trust, "--max-age", "1w", full},
		{"--trust", trust, "--max-age", "0h", full},
		{"--trust", trust, "--to", "xlsx", "--out", "x", full},
		{"--trust", trust, "--to", "csv", full},
		{"--trust", trust, "--out", "x", full},
		{"--trust", trust, "--unknown", full},
		{"trust", trust},
		{"trust", "no such file", trust},
		{"trust", trust, "no such file"},
		{"trust", full, trust},
	} {
		if status, out, fail := runIn(args...); status != 2 || out != "" || fail == "" {
			t.Errorf("%v: %d %s%s", args, status, out, fail)
		}
	}
}

// Help goes to standard output, and is no verdict.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"cosign", "--help"}} {
		if status, out, fail := runIn(args...); status != 2 || out != usage || fail != "" {
			t.Errorf("%v: %d %s%s", args, status, out, fail)
		}
	}
}

func TestViews(t *testing.T) {
	full, trust, dir := vectors+"sample-full.zip", vectors+"trust.txt", t.TempDir()
	journal, table := filepath.Join(dir, "journal"), filepath.Join(dir, "table")
	for _, args := range [][]string{{"--to", "hledger", "--out", journal}, {"--to", "csv", "--out", table}} {
		args = append(args, "--trust", trust, full)
		if status, out, fail := runIn(args...); status != 0 || !strings.HasPrefix(out, "VERIFIED") {
			t.Errorf("%v: %d %s%s", args, status, out, fail)
		}
		if status, _, _ := runIn(args...); status != 2 {
			t.Errorf("%v: overwrites", args)
		}
	}
	if !bytes.HasPrefix(read(t, journal), []byte("2024-03-05 (2) appropriation.received.v1 ")) {
		t.Error("journal")
	}
	if n := bytes.Count(read(t, filepath.Join(table, "postings.csv")), []byte("\r\n")); n != 1+28 {
		t.Errorf("%d rows", n)
	}
	if !json.Valid(read(t, filepath.Join(table, "datapackage.json"))) {
		t.Error("datapackage.json")
	}
	refused := filepath.Join(dir, "refused")
	if status, _, _ := runIn("--trust", trust, "--quorum", "2", "--to", "hledger", "--out", refused, full); status != 1 {
		t.Errorf("status %d", status)
	}
	if _, err := os.Stat(refused); err == nil {
		t.Error("a view of a refused package")
	}
}

func TestTrust(t *testing.T) {
	trust := vectors + "trust.txt"
	next := strings.Replace(string(read(t, trust)), "version 1", "version 2", 1)
	seed := sha256.Sum256([]byte("GrantLedger test key, never use: root"))
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	root, err := merkle.ParseSigner("ledger.example.cn/root", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	note, err := merkle.SignNote(next, root)
	if err != nil {
		t.Fatal(err)
	}
	if status, out, fail := runIn("trust", trust, write(t, "next", note)); status != 0 || !strings.Contains(out, "version 2 follows version 1") {
		t.Errorf("%d %s%s", status, out, fail)
	}
	for name, content := range map[string][]byte{"unsigned": []byte(next), "same": read(t, trust), "garbage": []byte("x")} {
		if status, out, fail := runIn("trust", trust, write(t, name, content)); status != 1 || !strings.HasPrefix(out, "REFUSED trust: ") {
			t.Errorf("%s: %d %s%s", name, status, out, fail)
		}
	}
	if status, _, _ := runIn("--trust", write(t, "note", note), vectors+"sample-full.zip"); status != 0 {
		t.Errorf("the new trust file as a note: %d", status)
	}
}
