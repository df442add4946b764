package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"grantledger/eventstore/record"
	"grantledger/eventstore/storetest"
)

// diskWorld is a server whose data lies on a disk that the test does harm to,
// and clients that send it commands without end and note what they were told.
type diskWorld struct {
	*process
	data string
	args []string
	load workload

	mu     sync.Mutex
	stored map[string]uint64 // by key, the position that was answered
	codes  map[string]string // by key, of what was not stored
	counts map[string]int    // by code, "" for stored
	change chan struct{}     // closed at the next answer
	stop   chan struct{}
	group  sync.WaitGroup
}

// newDiskWorld opens a ledger on the disk and lets the clients begin.
func newDiskWorld(t *testing.T, disk string, clients int) *diskWorld {
	t.Helper()
	data := filepath.Join(disk, "data")
	w := &diskWorld{
		data: data, args: []string{"demo", "--empty", "--json", "--listen", "127.0.0.1:0", "--data", data},
		load:   workload{prefix: "D", funds: 3, projects: 20, on: time.Now().UTC().Format(time.DateOnly)},
		stored: map[string]uint64{}, codes: map[string]string{}, counts: map[string]int{}, change: make(chan struct{}), stop: make(chan struct{}),
	}
	w.process = start(t, w.args...)
	openWorkload(t, w.process, &w.load)
	connections, err := dialAll(clients, w.address(), "/api/v1/commands/allocate", w.Users["clerk-1"].Token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(connections) })
	for i, c := range connections {
		w.group.Go(func() {
			for n := 0; ; n++ {
				stored, gone := w.send(c, i*1_000_000+n)
				pause := rest
				if stored {
					pause = 0
				}
				select {
				case <-w.stop:
					return
				case <-time.After(pause):
				}
				if gone {
					return
				}
			}
		})
	}
	w.wait(t, "", 200)
	if status, body := w.do(t, "admin-1", http.MethodPost, "/api/v1/checkpoints", "", ""); status != http.StatusOK && status != http.StatusCreated {
		t.Fatalf("seal: %d %s", status, body)
	}
	return w
}

// send sends one command and notes the answer.
func (w *diskWorld) send(c *loadClient, n int) (stored, gone bool) {
	key := w.load.key(n)
	status, body, err := c.post(key, w.load.data(n))
	var got struct {
		Code  string
		First uint64 `json:"first_position"`
	}
	if err == nil {
		err = json.Unmarshal(body, &got)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil:
		got.Code = "connection"
	case status == http.StatusCreated:
		w.stored[key] = got.First
	}
	if got.First == 0 {
		w.codes[key] = got.Code
	}
	w.counts[got.Code]++
	close(w.change)
	w.change = make(chan struct{})
	return got.First != 0, err != nil
}

// rest is how long a client waits after a refusal.
const rest = 20 * time.Millisecond

// wait waits for so many answers more with a code, "" for stored ones.
func (w *diskWorld) wait(t *testing.T, code string, more int) {
	t.Helper()
	w.mu.Lock()
	want := w.counts[code] + more
	w.mu.Unlock()
	for deadline := time.After(20 * time.Second); ; {
		w.mu.Lock()
		have, change := w.counts[code], w.change
		w.mu.Unlock()
		if have >= want {
			return
		}
		select {
		case <-change:
		case <-deadline:
			t.Fatalf("%d of %d answers %q; %v, %s", have, want, code, w.counts, w.stderr)
		}
	}
}

// refuses asks for the refusal in both languages, and of everything else that
// writes too.
func (w *diskWorld) refuses(t *testing.T) {
	t.Helper()
	for lang, title := range map[string]string{"zh": "账本暂不可用", "en": "Ledger unavailable"} {
		status, body := w.do(t, "clerk-1", http.MethodPost, "/api/v1/commands/allocate?lang="+lang, "refused-"+lang, w.load.data(0))
		var p struct {
			Type, Title, Code, Detail, Instance string
			Status                              int
			RequestID                           string `json:"request_id"`
		}
		if err := json.Unmarshal(body, &p); err != nil || status != http.StatusServiceUnavailable || p.Status != status || p.Code != "ledger_unavailable" ||
			p.Title != title || p.Detail == "" || p.Type != "/problems/ledger_unavailable" || p.Instance != "/api/v1/commands/allocate" || p.RequestID == "" {
			t.Errorf("%s: %d %s", lang, status, body)
		}
	}
	for range 50 { // tokens and sessions lie beside the log, on the same disk
		status, body := w.do(t, "admin-1", http.MethodPost, "/api/v1/users/clerk-1/tokens", "", `{"name":"on a full disk"}`)
		if status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"ledger_unavailable"`) {
			t.Errorf("a token: %d %.200s", status, body)
		}
	}
	if status, _ := w.do(t, "admin-1", http.MethodGet, "/readyz", "", ""); status != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d", status)
	}
}

// reads asks, while nothing is stored, that everything can be read, and that
// what is shown is what was answered: no command behind the last position that
// a client was told.
func (w *diskWorld) reads(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	last := uint64(0)
	for _, p := range w.stored {
		last = max(last, p)
	}
	w.mu.Unlock()
	for _, path := range []string{"/", "/healthz", "/api/v1/balances", "/api/v1/funds", "/api/v1/events?order=asc", "/api/v1/events/1", "/api/v1/checkpoint",
		fmt.Sprintf("/api/v1/events/%d", last), fmt.Sprintf("/api/v1/events/%d/raw", last), fmt.Sprintf("/api/v1/balances?min_position=%d", last)} {
		if status, body := w.do(t, "admin-1", http.MethodGet, path, "", ""); status != http.StatusOK {
			t.Errorf("%s: %d %.300s", path, status, body)
		}
	}
	if status, body := w.do(t, "admin-1", http.MethodGet, fmt.Sprintf("/api/v1/events/%d", last+1), "", ""); status != http.StatusNotFound && !strings.Contains(string(body), "ledger.sealed.v1") {
		t.Errorf("an event that nobody was told of: %d %.300s", status, body)
	}
}

// finish ends clients and server, and reads the whole log: what was answered is
// there where the answer said, what was refused is not.
func (w *diskWorld) finish(t *testing.T, data string) {
	t.Helper()
	close(w.stop)
	w.group.Wait()
	if code := w.process.stop(t); code != 0 {
		t.Errorf("stop: exit %d, %s", code, w.stderr)
	}
	w.compare(t, data)
}

func (w *diskWorld) compare(t *testing.T, data string) {
	t.Helper()
	r := decode[replayed](t, must(t, 0, "replay", "--json", "--compare", "--data", data))
	at := map[string]uint64{}
	readLog(t, data, func(position uint64, e *record.Event) { at[string(e.Body.Key)] = position })
	for key, position := range w.stored {
		if at[key] != position {
			t.Errorf("%s was answered at %d, it is at %d", key, position, at[key])
		}
	}
	for key, code := range w.codes {
		if p := at[key]; p != 0 && code != "outcome_unknown" && code != "connection" {
			t.Errorf("%s was refused by %s, it is at %d", key, code, p)
		}
	}
	t.Logf("answers %v, replay %d events", w.counts, r.Position)
}

// TestDiskFull fills the disk under clients: commands are refused, reading goes
// on, and when there is space again commands are stored without a restart.
func TestDiskFull(t *testing.T) {
	disk := storetest.SmallDisk(t, 96)
	w := newDiskWorld(t, disk, 16)
	ballast := storetest.FillDisk(t, disk)
	w.wait(t, "ledger_unavailable", 50)
	w.refuses(t)
	w.reads(t)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	w.wait(t, "", 200)
	w.finish(t, w.data)
}

// TestDiskReadOnly makes the disk read-only under clients, and writable again.
func TestDiskReadOnly(t *testing.T) {
	disk := storetest.SmallDisk(t, 96)
	w := newDiskWorld(t, disk, 16)
	uncover := storetest.Cover(t, disk)
	w.wait(t, "ledger_unavailable", 50)
	w.refuses(t)
	w.reads(t)
	uncover()
	w.wait(t, "", 200)
	w.finish(t, w.data)
}

// TestDiskFails lets the file system meet an error under clients, at which it
// goes read-only at once, open files included. What is in flight then has an
// unknown outcome. Mounted anew, everything acknowledged is there.
func TestDiskFails(t *testing.T) {
	disk, image := storetest.Ext4Disk(t, 96)
	w := newDiskWorld(t, disk, 16)
	storetest.FailDisk(t, disk)
	w.wait(t, "ledger_unavailable", 50)
	w.refuses(t)
	w.reads(t)
	close(w.stop)
	w.group.Wait()
	w.kill()
	if err := syscall.Unmount(disk, 0); err != nil {
		t.Fatal(err)
	}
	storetest.MountImage(t, image, disk)
	w.compare(t, w.data)
}
