package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grantledger/api"
	"grantledger/eventstore"
	"grantledger/eventstore/record"
)

// movedClock is the real clock, moved: that of the machine is not a test's to set.
type movedClock struct{ by atomic.Int64 }

func (m *movedClock) move(by time.Duration) { m.by.Store(int64(by)) }
func (m *movedClock) Now() time.Time        { return time.Now().UTC().Add(time.Duration(m.by.Load())) }

// serveMoved runs the whole server with a clock of its own in this process until
// stop. The error is that of a start that failed.
func serveMoved(t *testing.T, data string, m *movedClock, load *workload) (p *process, stop func(), err error) {
	t.Helper()
	quiet := &console{out: io.Discard, err: &bytes.Buffer{}, json: true, data: data}
	k, err := quiet.settingsFrom(map[string]any{"http.listen": "127.0.0.1:0", "ledger.origin": "grantledger.local/demo", "log.level": "error"})
	if err != nil {
		t.Fatal(err)
	}
	s := service{console: quiet, settings: k, clock: m.Now, demo: true}
	ready := make(chan string, 1)
	s.listening = func(address string) { ready <- address }
	users := map[string]demoUser{}
	s.prepare = func(ctx context.Context, n *node, a *api.Server) (map[string]any, error) {
		if n.log.Position() == 0 {
			if err := write(ctx, n.writer, append(load.open(), load.fill()...)); err != nil {
				return nil, err
			}
		}
		if err := s.model.Wait(ctx, n.log.Position()); err != nil {
			return nil, err
		}
		_, token, err := a.IssueToken(ctx, "clerk-1", "test", nil, time.Time{})
		users["clerk-1"] = demoUser{Token: token}
		return nil, err
	}
	running, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.run(running) }()
	select {
	case address := <-ready:
		return &process{URL: "http://" + address, Users: users}, func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}, nil
	case err := <-done:
		cancel()
		return nil, nil, err
	}
}

// TestClockGoesBack moves the clock back while the server runs and over a
// restart. A little: events are stored, at the time of the one before them.
// More than five minutes: commands are refused, reading goes on; and no start.
// In the end no time and no id went back, and the package verifies.
func TestClockGoesBack(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	load := workload{prefix: "C", funds: 2, projects: 4, on: time.Now().UTC().Format(time.DateOnly)}
	var m movedClock
	p, stop, err := serveMoved(t, data, &m, &load)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	stored := func() {
		t.Helper()
		count++
		p.post(t, "clerk-1", "allocate", load.key(count), load.data(count))
	}
	stored()
	m.move(-4 * time.Minute)
	stored()
	stored()
	m.move(-2 * time.Hour)
	for lang, title := range map[string]string{"zh": "时钟待确认", "en": "Clock unconfirmed"} {
		status, body := p.do(t, "clerk-1", http.MethodPost, "/api/v1/commands/allocate?lang="+lang, "late-"+lang, load.data(9))
		var problem struct{ Code, Title string }
		if err := json.Unmarshal(body, &problem); err != nil || status != http.StatusServiceUnavailable || problem.Code != "clock_unconfirmed" || problem.Title != title {
			t.Errorf("two hours back: %d %s", status, body)
		}
		if status, _ := p.do(t, "clerk-1", http.MethodGet, "/api/v1/command-results/late-"+lang, "", ""); status != http.StatusNotFound {
			t.Errorf("a refused command has a result: %d", status)
		}
	}
	for path, want := range map[string]int{"/api/v1/balances": 200, "/api/v1/events/1": 200, "/readyz": 503} {
		if status, body := p.do(t, "clerk-1", http.MethodGet, path, "", ""); status != want {
			t.Errorf("%s: %d %.300s", path, status, body)
		}
	}
	m.move(0)
	stored()
	stop()

	m.move(-4 * time.Minute)
	if p, stop, err = serveMoved(t, data, &m, &load); err != nil {
		t.Fatal(err)
	}
	stored()
	stop()
	m.move(-2 * time.Hour)
	_, _, err = serveMoved(t, data, &m, &load)
	if failed, ok := errors.AsType[*eventstore.IntegrityError](err); !ok || failed.Check != eventstore.CheckClock || exitCode(err) != exitIntegrity {
		t.Errorf("started two hours back: %v", err)
	}
	onward(t, data, count)
	pkg := filepath.Join(dir, "package.zip")
	must(t, 0, "export", "--data", data, "--out", pkg)
	if out := succeed(t, "grantverify", "--trust", filepath.Join(data, "trust.txt"), pkg); !strings.HasPrefix(out, "VERIFIED") {
		t.Error(out)
	}
}

// onward reads the log of a stopped server: times and ids never go back, there
// are so many allocations, and those of a clock that was behind have the time of
// the event before them.
func onward(t *testing.T, data string, want int) {
	t.Helper()
	id, at, allocations, held := "", "", 0, 0
	readLog(t, data, func(position uint64, e *record.Event) {
		nextID, now := string(e.Head.ID), string(e.Head.Time)
		if nextID <= id || now < at {
			t.Errorf("position %d: %s at %s after %s at %s", position, nextID, now, id, at)
		}
		if string(e.Head.Type) == "allocation.made.v1" {
			allocations++
			if now == at {
				held++
			}
		}
		id, at = nextID, now
	})
	if allocations != want || held < 3 {
		t.Errorf("%d allocations of %d, %d at the time of the event before", allocations, want, held)
	}
	t.Logf("%d allocations, %d of them at the time of the event before", allocations, held)
}
