package main

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"grantledger/domain"
)

// scenarioDir holds the golden scenarios.
const scenarioDir = "../../domain/testdata/scenarios"

// TestHledger lets hledger read the journal that the verifier makes of the
// lifecycle's package: its balances must be ours, account by account.
func TestHledger(t *testing.T) {
	hledger, err := exec.LookPath("hledger")
	if err != nil {
		t.Skip("hledger is not installed: scripts/test installs it from the distribution")
	}
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	p := start(t, "demo", "--json", "--listen", "127.0.0.1:0", "--data", data, "--load", scenarioDir+"/lifecycle/commands.ndjson")
	if code := p.stop(t); code != 0 {
		t.Fatalf("demo: exit %d %s", code, p.stderr)
	}
	zip, journal := filepath.Join(dir, "all.zip"), filepath.Join(dir, "all.journal")
	if code, _, stderr := command(t, "grantledger", "export", "--data", data, "--out", zip); code != 0 {
		t.Fatalf("export: exit %d %s", code, stderr)
	}
	if code, out, stderr := command(t, "grantverify", "--trust", filepath.Join(data, "trust.txt"), "--to", "hledger", "--out", journal, zip); code != 0 {
		t.Fatalf("grantverify: exit %d %s %s", code, out, stderr)
	}
	cmd := exec.Command(hledger, "-f", journal, "balance", "--flat", "--no-total", "-O", "csv")
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("hledger: %v %s", err, out)
	}
	got := hledgerBalances(t, string(out))
	want := accountTotals(t, scenarioDir+"/lifecycle/balances.tsv")
	for account, sum := range want {
		if got[account] != sum {
			t.Errorf("%s: hledger %s, ours %s", account, got[account], sum)
		}
	}
	for account, sum := range got {
		if want[account] != sum {
			t.Errorf("%s: hledger %s, ours %s", account, sum, want[account])
		}
	}
	if len(want) < 15 {
		t.Errorf("only %d accounts were compared", len(want))
	}
}

// hledgerBalances reads the two columns account, "CNY 12.00".
func hledgerBalances(t *testing.T, text string) map[string]domain.Fen {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]domain.Fen{}
	for _, r := range rows[1:] {
		amount := strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(r[1], "CNY", "")), ",", "")
		negative := strings.Contains(amount, "-")
		fen, err := strconv.ParseInt(strings.ReplaceAll(strings.Trim(amount, "- "), ".", ""), 10, 64)
		if err != nil {
			t.Fatalf("amount %q: %v", r[1], err)
		}
		if !strings.Contains(amount, ".") {
			fen *= 100
		}
		if negative {
			fen = -fen
		}
		if fen != 0 {
			all[r[0]] = domain.Fen(fen)
		}
	}
	return all
}

// accountTotals sums balances.tsv by account, named as in the journal.
func accountTotals(t *testing.T, path string) map[string]domain.Fen {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]domain.Fen{}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		f := strings.Split(line, "\t")
		fen, err := strconv.ParseInt(f[len(f)-1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		account := strings.ReplaceAll(f[0], ".", ":")
		if all[account] += domain.Fen(fen); all[account] == 0 {
			delete(all, account)
		}
	}
	return all
}
