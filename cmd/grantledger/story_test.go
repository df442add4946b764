package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// TestStories plays every golden scenario through the real writer and log at
// its own dates: answers as expected, balances.tsv and report.tsv byte for byte.
func TestStories(t *testing.T) {
	for _, name := range []string{"first-slice", "xuancheng", "lifecycle", "corners", "refusals"} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			clock := &storyClock{}
			n, err := openNode(t.Context(), nodeConfig{
				data: data, name: "main", origin: "grantledger.local/story", keyDir: filepath.Join(data, "keys"), clock: clock.Now,
				random: seeded(1), confirmed: true, sealEvery: time.Second, alarms: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer n.close()
			n.telling.Store(true)
			group, running := errgroup.WithContext(t.Context())
			writing, stop := context.WithCancel(running)
			defer stop()
			n.runStore(group, writing)
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
			stop()
			if err := group.Wait(); err != nil {
				t.Error(err)
			}
		})
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
