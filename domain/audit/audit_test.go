package audit

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"grantledger/domain"
)

// line is one command of a golden scenario (domain/testdata/scenarios/README.md).
type line struct {
	Key, Command, Actor, At string
	Data                    json.RawMessage
}

// ledger plays commands on the real rules and keeps the events as the log
// would: with position and time.
type ledger struct {
	rules  *domain.Ledger
	day    domain.Date
	events []*domain.Event
}

func newLedger() *ledger {
	return &ledger{rules: domain.NewLedger(domain.Genesis{Origin: "ledger.example.cn/test", Trust: "test\n"})}
}

// do executes the command on its day; the error is the refusal.
func (l *ledger) do(c line) error {
	cmd, err := domain.Bind(c.Command, c.Data)
	if err != nil {
		return err
	}
	cmd.Key, cmd.Actor = c.Key, c.Actor
	day := cmd.On
	if c.At != "" {
		day, _ = domain.ParseDate(c.At)
	}
	l.day = max(l.day, day)
	at := time.Unix(int64(l.day)*86400, 0).UTC().Add(2 * time.Hour)
	events, _, err := l.rules.Execute([]domain.Command{cmd}, at)
	if err != nil {
		return err
	}
	l.rules.Cut()
	l.rules.Confirm()
	for _, e := range events {
		e.Time = at
		l.events = append(l.events, e)
	}
	return nil
}

// scenario plays a golden scenario; what it refuses leaves no event.
func scenario(t *testing.T, name string) []*domain.Event {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "scenarios", name, "commands.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := newLedger()
	for s := bufio.NewScanner(f); s.Scan(); {
		var c line
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		_ = l.do(c)
	}
	return l.events
}

// show writes a finding as the golden files do.
func show(f Finding) string {
	positions := strings.Trim(fmt.Sprint(f.Positions), "[]")
	return strings.Join([]string{f.Test, string(f.Kind), f.Subject, strings.ReplaceAll(positions, " ", ","),
		strings.Join(f.Vouchers, ","), f.Figure.String(), f.Limit.String(), f.Detail.EN}, " | ")
}

// TestLifecycle compares the findings of the scenario with the golden file, in
// which a line that begins with # explains the finding above it.
func TestLifecycle(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "lifecycle.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	explained := true
	for _, l := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if strings.HasPrefix(l, "#") {
			explained = true
			continue
		}
		if !explained {
			t.Errorf("not explained: %s", want[len(want)-1])
		}
		want, explained = append(want, l), false
	}
	var got []string
	for _, f := range Run(scenario(t, "lifecycle"), Defaults(), 0) {
		got = append(got, show(f))
	}
	if !slices.Equal(got, want) {
		t.Errorf("findings:\n%s", strings.Join(got, "\n"))
	}
}

// TestScenarios: the rules' own events give no recheck hit, and the same
// position gives the same findings.
func TestScenarios(t *testing.T) {
	for _, name := range []string{"first-slice", "xuancheng", "lifecycle", "corners", "refusals"} {
		events := scenario(t, name)
		if len(events) < 20 {
			t.Fatalf("%s: only %d events", name, len(events))
		}
		a := New()
		for i, e := range events {
			a.Apply(e)
			if i%50 != 0 && i != len(events)-1 {
				continue
			}
			first := a.Findings(Defaults(), 0)
			for _, f := range first {
				if f.Kind == Recheck {
					t.Errorf("%s at %d: %s", name, e.Position, show(f))
				}
			}
			again := Run(events[:i+1], Defaults(), 0)
			if !slices.EqualFunc(first, again, func(x, y Finding) bool { return show(x) == show(y) }) {
				t.Errorf("%s at %d: findings differ from run to run", name, e.Position)
			}
		}
	}
}
