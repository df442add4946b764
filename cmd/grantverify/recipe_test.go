package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const recipe = "../../scripts/audit-recipe"

// runRecipe checks a package with stock tools and gives the exit status.
func runRecipe(t *testing.T, trust, pkg string) (status int, out string) {
	t.Helper()
	b, err := exec.Command("sh", recipe, trust, pkg).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), string(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, string(b)
}

func needTools(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"unzip", "sha256sum", "openssl", "jq", "awk"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: the recipe of stock tools is not tested", tool)
		}
	}
}

func TestRecipe(t *testing.T) {
	needTools(t)
	for _, name := range []string{"full", "project", "district", "year"} {
		status, out := runRecipe(t, vectors+"trust.txt", vectors+"sample-"+name+".zip")
		if status != 0 || !strings.Contains(out, "signed: ed25519, sm2; witnesses: audit.example.cn/witness") {
			t.Errorf("%s: %d %s", name, status, out)
		}
	}
	text := string(read(t, vectors+"trust.txt"))
	for name, c := range map[string]struct {
		status int
		trust  string
	}{
		"quorum":               {1, strings.Replace(text, "quorum 1", "quorum 2", 1)},
		"log key retired":      {1, strings.Replace(text, "log 0 -", "log 0 12", 1)},
		"witness not yet":      {1, strings.Replace(text, "witness 0 -", "witness 14 -", 1)},
		"another trust text":   {1, text + "# mine\n"},
		"another ledger":       {1, strings.Replace(text, "origin ledger.example.cn/grants", "origin ledger.example.cn/other", 1)},
		"a newer trust text":   {0, strings.Replace(text, "version 1", "version 2", 1)},
		"SM2 key not in force": {1, strings.Replace(text, "sm2 0 -", "sm2 0 7", 1)},
	} {
		if status, out := runRecipe(t, write(t, "trust.txt", []byte(c.trust)), vectors+"sample-full.zip"); status != c.status {
			t.Errorf("%s: %d %s", name, status, out)
		}
	}
	if status, out := runRecipe(t, vectors+"trust.txt", "no such file"); status != 2 {
		t.Errorf("%d %s", status, out)
	}
}

// Attacks with everything signed again, of the classes that the recipe checks.
func TestRecipeRefusesAttacks(t *testing.T) {
	needTools(t)
	if testing.Short() {
		t.Skip("slow")
	}
	dir, left := t.TempDir(), map[string]int{"": 3, "checkpoint": 3, "sm2": 1, "witness": 2, "root": 1, "balances": 3, "order": 2, "withheld": 2, "count": 3, "entries": 1}
	cmd := exec.Command("go", "test", "-count=1", "-run=^TestAttacks", "grantledger/eventstore/bundle")
	cmd.Env = append(os.Environ(), "GRANTLEDGER_CORPUS="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		var c struct {
			Package     []byte
			Trust, Code string
			Kept        [][]byte
		}
		if err := json.Unmarshal(read(t, name), &c); err != nil {
			t.Fatal(err)
		}
		if len(c.Kept) > 0 || left[c.Code] == 0 {
			continue
		}
		left[c.Code]--
		want := 1
		if c.Code == "" {
			want = 0
		}
		if status, out := runRecipe(t, write(t, "trust.txt", []byte(c.Trust)), write(t, "package.zip", c.Package)); status != want {
			t.Errorf("%s %q: %d %s", filepath.Base(name), c.Code, status, out)
		}
	}
	for code, n := range left {
		if code != "" && n > 2 {
			t.Errorf("no attack of code %s was tried", code)
		}
	}
}
