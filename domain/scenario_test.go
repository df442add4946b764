package domain_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"grantledger/domain"
)

// line is one command of a golden scenario (testdata/scenarios/README.md).
type line struct {
	Key     string          `json:"key"`
	Command string          `json:"command"`
	Actor   string          `json:"actor"`
	Data    json.RawMessage `json:"data"`
	Expect  string          `json:"expect"`
	At      string          `json:"at"`
}

func scenario(t testing.TB, name string) []line {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "scenarios", name, "commands.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []line
	for s := bufio.NewScanner(f); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// clock stands at the later of the command's date and the line before; at
// overrides it. It never goes back.
type clock struct{ day domain.Date }

func (c *clock) at(l line) time.Time {
	var data struct{ On string }
	_ = json.Unmarshal(l.Data, &data)
	on, _ := domain.ParseDate(data.On)
	if l.At != "" {
		on, _ = domain.ParseDate(l.At)
	}
	c.day = max(c.day, on)
	return time.Unix(int64(c.day)*86400, 0).UTC().Add(2 * time.Hour)
}

// play runs the scenario and returns the ledger; every answer must be as expected.
func play(t testing.TB, name string, each func(line, domain.Answer)) *domain.Ledger {
	t.Helper()
	l := domain.NewLedger(domain.Genesis{Origin: "ledger.example.cn/test", Trust: "test\n"})
	var c clock
	for _, cmd := range scenario(t, name) {
		answer, code := run(l, cmd, c.at(cmd))
		if code != cmd.Expect {
			t.Errorf("%s %s: got %s, want %s", cmd.Key, cmd.Command, code, cmd.Expect)
		}
		if each != nil {
			each(cmd, answer)
		}
	}
	return l
}

// run binds and executes one line; the code is "ok" or that of the refusal.
func run(l *domain.Ledger, cmd line, at time.Time) (domain.Answer, string) {
	c, err := domain.Bind(cmd.Command, cmd.Data)
	var answers []domain.Answer
	if err == nil {
		c.Key, c.Actor = cmd.Key, cmd.Actor
		_, answers, err = l.Execute([]domain.Command{c}, at)
	}
	if err != nil {
		return domain.Answer{}, string(err.(*domain.Refusal).Code)
	}
	l.Cut()
	l.Confirm()
	return answers[0], "ok"
}

var scenarios = []string{"first-slice", "xuancheng", "lifecycle", "corners", "refusals"}

func TestScenarios(t *testing.T) {
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			l := play(t, name, nil)
			want, err := os.ReadFile(filepath.Join("testdata", "scenarios", name, "balances.tsv"))
			if err != nil {
				t.Fatal(err)
			}
			if got := l.BalancesTSV(); got != string(want) {
				diff(t, got, string(want))
			}
		})
	}
}
