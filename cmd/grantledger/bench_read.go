package main

import (
	"compress/flate"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// readResult is what bench replay and bench export print: rates of events a
// second beside the raw limit of the same run.
type readResult struct {
	Mode            string  `json:"mode"`
	Events          uint64  `json:"events"`
	Seconds         float64 `json:"seconds"`
	EventsPerSecond float64 `json:"events_per_second"`
	RawPerSecond    float64 `json:"raw_events_per_second"`
	Raw             string  `json:"raw"`                               // what the raw limit does
	Garbage         float64 `json:"garbage_bytes_per_event,omitempty"` // allocated and let go
	Kept            float64 `json:"kept_bytes_per_event,omitempty"`    // still held at the end
	Machine         string  `json:"machine"`

	*exportFigures // of bench export
}

func (c *console) printRead(r readResult) {
	if c.json {
		c.write(r)
		return
	}
	c.say("%-8s %d events in %.2f s: %.0f events/s (%s)", r.Mode, r.Events, r.Seconds, r.EventsPerSecond, r.Machine)
	c.say("  raw limit of this run (%s): %.0f events/s, ratio %.2f", r.Raw, r.RawPerSecond, r.EventsPerSecond/r.RawPerSecond)
	if r.Kept > 0 {
		c.say("  garbage %.0f bytes an event, memory %.0f bytes an event", r.Garbage, r.Kept)
	}
	if r.exportFigures != nil {
		r.exportFigures.print(c)
	}
}

// benchNode is how bench opens a directory.
func benchNode(dir string) nodeConfig {
	return nodeConfig{
		data: dir, name: "bench", origin: "grantledger.local/bench", keyDir: filepath.Join(dir, "keys"),
		clock: func() time.Time { return time.Now().UTC() }, confirmed: true, sealEvery: time.Second, alarms: slog.New(slog.DiscardHandler),
	}
}

// benchLedger writes a ledger of about so many events into a new directory and
// gives it to fn, closed.
func benchLedger(ctx context.Context, events int64, fn func(dir string) error) error {
	tmp, err := os.MkdirTemp("", "grantledger-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "data")
	n, err := openNode(ctx, benchNode(dir))
	if err != nil {
		return err
	}
	group, running := errgroup.WithContext(ctx)
	writing, stop := context.WithCancel(running)
	defer stop()
	n.runStore(group, writing)
	load := workload{prefix: "B", funds: 1, projects: 1, on: time.Now().UTC().Format(time.DateOnly)}
	if err = write(ctx, n.writer, load.open()); err == nil {
		err = generateEvents(ctx, n.writer, events, time.Now())
	}
	stop()
	err = errors.Join(err, group.Wait())
	n.close()
	if err != nil {
		return err
	}
	return fn(dir)
}

// measureReplay times a start: all checks, the rules and the read model.
func measureReplay(ctx context.Context, dir string) (r readResult, err error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	config := benchNode(dir)
	config.inMemory = true
	n, err := openNode(ctx, config)
	if err != nil {
		return r, err
	}
	defer n.close()
	r = readResult{Mode: "replay", Events: n.log.Position(), Seconds: time.Since(began).Seconds(), Raw: "SHA-256 of every line, all cores", Machine: machine()}
	runtime.GC()
	runtime.ReadMemStats(&after)
	r.EventsPerSecond = float64(r.Events) / r.Seconds
	r.Kept = float64(after.HeapAlloc-before.HeapAlloc) / float64(r.Events)
	r.Garbage = float64(after.TotalAlloc-before.TotalAlloc)/float64(r.Events) - r.Kept
	r.RawPerSecond, err = rawHash(ctx, n)
	return r, err
}

// rawHash hashes the lines of up to 100,000 events with all cores.
func rawHash(ctx context.Context, n *node) (perSecond float64, err error) {
	var lines [][]byte
	if err := n.log.Events(ctx, 1, 100_000, func(_ uint64, head, body []byte) error {
		lines = append(lines, head, body)
		return nil
	}); err != nil {
		return 0, err
	}
	cores := runtime.GOMAXPROCS(0)
	began := time.Now()
	var wg sync.WaitGroup
	for core := range cores {
		wg.Go(func() {
			for i := core; i < len(lines); i += cores {
				sha256.Sum256(lines[i])
			}
		})
	}
	wg.Wait()
	return float64(len(lines)/2) / time.Since(began).Seconds(), nil
}

// rawDeflate packs the lines of up to 100,000 events.
func rawDeflate(ctx context.Context, n *node) (perSecond float64, err error) {
	w, err := flate.NewWriter(io.Discard, 5)
	if err != nil {
		return 0, err
	}
	count, began := 0, time.Now()
	err = n.log.Events(ctx, 1, 100_000, func(_ uint64, head, body []byte) error {
		count++
		_, err := w.Write(head)
		if err == nil {
			_, err = w.Write(body)
		}
		return err
	})
	if err := errors.Join(err, w.Close()); err != nil {
		return 0, err
	}
	return float64(count) / time.Since(began).Seconds(), nil
}

func machine() string {
	return fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}
