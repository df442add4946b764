package projtest

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"grantledger/domain"
)

// scenarioRoot holds the golden scenarios, seen from the package of a model.
const scenarioRoot = "../../domain/testdata/scenarios"

// scenarios are the golden scenarios.
var scenarios = []string{"first-slice", "xuancheng", "lifecycle", "corners", "refusals"}

// commandLine is one line of a scenario's commands.ndjson.
type commandLine struct {
	Key, Command, Actor string
	Data                json.RawMessage
	Expect, At          string
}

// play runs a scenario into the log, a block for each accepted command, and
// calls each after it with the answer and the position of its last event.
func play(t *testing.T, log *Log, name string, each func(a domain.Answer, last uint64)) {
	t.Helper()
	f, err := os.Open(filepath.Join(scenarioRoot, name, "commands.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rules := domain.NewLedger(domain.Genesis{Origin: "ledger.example.cn/test", Trust: "test\n"})
	var day domain.Date
	for s := bufio.NewScanner(f); s.Scan(); {
		var c commandLine
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		day = max(day, dateOf(t, &c))
		at := time.Unix(int64(day)*86400, 0).UTC().Add(2 * time.Hour)
		answer, events := execute(rules, &c, at)
		if len(events) == 0 {
			continue
		}
		last := log.Append(at, events...)
		if each != nil {
			each(answer, last)
		}
	}
}

// Story is the log of a scenario, with the position of the last event of each
// of its blocks.
func Story(t *testing.T, name string) (log *Log, ends []uint64) {
	t.Helper()
	log = NewLog()
	play(t, log, name, func(_ domain.Answer, last uint64) { ends = append(ends, last) })
	return log, ends
}

// dateOf is the recording date that the line asks for.
func dateOf(t *testing.T, c *commandLine) domain.Date {
	t.Helper()
	var data struct{ On string }
	if err := json.Unmarshal(c.Data, &data); err != nil {
		t.Fatal(err)
	}
	on, _ := domain.ParseDate(data.On)
	if c.At != "" {
		on, _ = domain.ParseDate(c.At)
	}
	return on
}

// execute decides one line; a refused one gives no events.
func execute(rules *domain.Ledger, line *commandLine, at time.Time) (domain.Answer, []*domain.Event) {
	c, err := domain.Bind(line.Command, line.Data)
	if err != nil {
		return domain.Answer{}, nil
	}
	c.Key, c.Actor = line.Key, line.Actor
	events, answers, err := rules.Execute([]domain.Command{c}, at)
	if err != nil {
		return domain.Answer{}, nil
	}
	rules.Cut()
	rules.Confirm()
	return answers[0], events
}

// golden reads a file of a scenario.
func golden(t *testing.T, scenario, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(scenarioRoot, scenario, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
