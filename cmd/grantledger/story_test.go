package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"grantledger/eventstore/merkle"

	"golang.org/x/sync/errgroup"
)

// TestStories plays every golden scenario through the real writer and log at
// its own dates: answers as expected, balances.tsv and report.tsv byte for byte.
func TestStories(t *testing.T) {
	for _, name := range []string{"first-slice", "xuancheng", "lifecycle", "corners", "refusals"} {
		t.Run(name, func(t *testing.T) {
			n, clock := storyNode(t)
			story, err := os.Open(filepath.Join(scenarioDir, name, "commands.ndjson"))
			if err != nil {
				t.Fatal(err)
			}
			defer story.Close()
			if _, err := tell(t.Context(), n.writer, clock, story); err != nil {
				t.Fatal(err)
			}
			model, err := fold(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			balances, err := model.BalancesTSV(t.Context(), 0)
			sameFile(t, filepath.Join(scenarioDir, name, "balances.tsv"), balances, err)
			report, err := model.ReportTSV(t.Context(), 0)
			sameFile(t, filepath.Join(scenarioDir, name, "report.tsv"), report, err)
		})
	}
}

// storyNode is a store that runs until the end of the test, with no seals among
// the events of a story.
func storyNode(t *testing.T) (*node, *storyClock) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	clock := &storyClock{}
	n, err := openNode(t.Context(), nodeConfig{
		data: data, name: "main", origin: "grantledger.local/story", keyDir: filepath.Join(data, "keys"), clock: clock.Now,
		random: seeded(1), confirmed: true, sealEvery: time.Second, alarms: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	n.telling.Store(true)
	group, running := errgroup.WithContext(context.WithoutCancel(t.Context()))
	writing, stop := context.WithCancel(running)
	n.runStore(group, writing)
	t.Cleanup(func() {
		stop()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		n.close()
	})
	return n, clock
}

// TestRefusalsKeepTheRoot plays the refused commands of the golden scenarios
// and finds position and root of the real log as they were before each.
func TestRefusalsKeepTheRoot(t *testing.T) {
	refused := 0
	for _, name := range []string{"refusals", "corners", "lifecycle"} {
		n, clock := storyNode(t)
		story, err := os.ReadFile(filepath.Join(scenarioDir, name, "commands.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		state := func() (uint64, merkle.Hash) {
			position := n.log.Position()
			root, err := n.log.Root(position)
			if err != nil {
				t.Fatal(err)
			}
			return position, root
		}
		for line := range bytes.Lines(story) {
			position, root := state()
			if _, err := tell(t.Context(), n.writer, clock, bytes.NewReader(line)); err != nil {
				t.Fatal(err)
			}
			after, newRoot := state()
			if bytes.Contains(line, []byte(`"expect":"ok"`)) {
				continue
			}
			refused++
			if after != position || newRoot != root {
				t.Errorf("%s: %s: position %d to %d, root %x to %x", name, line, position, after, root, newRoot)
			}
		}
	}
	if refused < 80 {
		t.Errorf("only %d refusals", refused)
	}
}

// sameFile compares a text with a golden file, byte for byte.
func sameFile(t *testing.T, path, got string, err error) {
	t.Helper()
	want, readErr := os.ReadFile(path)
	if err != nil || readErr != nil {
		t.Fatal(err, readErr)
	}
	if got != string(want) {
		t.Errorf("%s: %d bytes, want %d, or other ones", filepath.Base(path), len(got), len(want))
	}
}
