package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections/memory"
)

// fixture is a server on a real embedded log, with tokens of every role.
type fixture struct {
	t       testing.TB
	server  *Server
	handler http.Handler
	tokens  map[string]string // by user
	writer  *eventstore.Writer[domain.Command, *domain.Event, domain.Answer]
	clock   *testClock
	dir     string
}

// testClock stands where the test puts it.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

const testOrigin = "grantledger.local/test"

// newFixture opens an empty ledger.
func newFixture(t testing.TB, config Config) *fixture {
	t.Helper()
	f := &fixture{t: t, tokens: map[string]string{}, clock: &testClock{now: time.Date(2023, 1, 3, 2, 0, 0, 0, time.UTC)}, dir: t.TempDir()}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	dir, err := eventstore.LockDirectory(f.dir)
	must(t, err)
	srv, err := eventstore.StartServer(dir, "test")
	must(t, err)
	conn, err := srv.Connect()
	must(t, err)
	ledger := domain.NewLedger(domain.Genesis{})
	log, err := eventstore.Open(ctx, eventstore.Config{
		Conn: conn, Name: "test", Origin: testOrigin, KeyDir: dir.Keys(), TrustFile: dir.Trust(),
		Clock: f.clock.read, Random: rand.Reader, Secret: rand.Reader, ClockConfirmed: true, Apply: ledger.Apply,
	})
	must(t, err)
	ledger.Found(domain.Genesis{Origin: testOrigin, Trust: log.Trust().Format()})
	f.writer = eventstore.NewWriter[domain.Command, *domain.Event, domain.Answer](log, ledger)
	model := memory.New(log)
	bucket, err := eventstore.OpenBucket(ctx, conn, "test", 1)
	must(t, err)
	config.DataDir, config.Version = f.dir, "test"
	f.server = &Server{
		Config: config, Writer: f.writer, Log: log, Sealer: &eventstore.Sealer{Log: log, Every: time.Hour}, Model: model, Vault: bucket,
		Clock: f.clock.read, Random: rand.Reader, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	must(t, f.server.Start(ctx))
	for _, run := range []func(context.Context) error{f.writer.Run, model.Run, f.server.Run} {
		running.Go(func() { _ = run(ctx) })
	}
	f.handler = f.server.Handler()
	t.Cleanup(func() {
		stop()
		running.Wait()
		conn.Close()
		srv.Stop()
		_ = dir.Unlock()
	})
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scenarioLine is one command of a golden scenario.
type scenarioLine struct {
	Key     string          `json:"key"`
	Command string          `json:"command"`
	Actor   string          `json:"actor"`
	Data    json.RawMessage `json:"data"`
	Expect  string          `json:"expect"`
	At      string          `json:"at"`
}

func readScenario(t testing.TB, name string) (lines []scenarioLine) {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "domain", "testdata", "scenarios", name, "commands.ndjson"))
	must(t, err)
	defer file.Close()
	for s := bufio.NewScanner(file); s.Scan(); {
		var l scenarioLine
		must(t, json.Unmarshal(s.Bytes(), &l))
		lines = append(lines, l)
	}
	return lines
}

// tell runs the accepted lines of a scenario before the one with the key
// "until" ("": all), each at its own date, and gives its people tokens.
func (f *fixture) tell(name, until string) *fixture {
	f.t.Helper()
	for _, l := range readScenario(f.t, name) {
		if l.Expect == "ok" {
			f.advance(l)
		}
		if l.Key == until {
			break
		}
		if l.Expect == "ok" {
			cmd, err := domain.Bind(l.Command, l.Data)
			must(f.t, err)
			cmd.Key, cmd.Actor = l.Key, l.Actor
			if _, _, err = f.writer.Do(context.Background(), cmd); err != nil {
				f.t.Fatalf("%s: %v", l.Key, err)
			}
		}
	}
	must(f.t, f.server.Model.Wait(context.Background(), f.server.Log.Position()))
	for _, user := range []string{"admin-1", "clerk-1", "clerk-2", "checker-1", "approver-1", "auditor-1"} {
		f.issue(user)
	}
	return f
}

// advance sets the clock to the line's date; it never goes back.
func (f *fixture) advance(l scenarioLine) {
	var data struct{ On string }
	must(f.t, json.Unmarshal(l.Data, &data))
	on, _ := domain.ParseDate(data.On)
	if l.At != "" {
		on, _ = domain.ParseDate(l.At)
	}
	at := time.Unix(int64(on)*86400, 0).UTC().Add(2 * time.Hour)
	if at.After(f.clock.read()) {
		f.clock.set(at)
	}
}

func (f *fixture) issue(user string, roles ...string) string {
	f.t.Helper()
	_, token, err := f.server.IssueToken(context.Background(), user, "test", roles, time.Time{})
	must(f.t, err)
	f.tokens[user] = token
	return token
}

// send sends a request; headers are "Name: value".
func (f *fixture) send(method, path, user, body string, headers ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if user != "" {
		r.Header.Set("Authorization", "Bearer "+f.tokens[user])
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// run issues a command over HTTP.
func (f *fixture) run(user, command, key, data string, headers ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.send("POST", "/api/v1/commands/"+command, user, data, append(headers, "Idempotency-Key: "+key)...)
}

// settle waits until the read model has all events.
func (f *fixture) settle() {
	f.t.Helper()
	must(f.t, f.server.Model.Wait(context.Background(), f.server.Log.Position()))
}

// status checks status and, of a problem, the code.
func status(t testing.TB, w *httptest.ResponseRecorder, want int, code string) map[string]any {
	t.Helper()
	var body map[string]any
	if strings.Contains(w.Header().Get("Content-Type"), "json") && w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("answer is no JSON object: %v\n%s", err, w.Body)
		}
	}
	got, _ := body["code"].(string)
	if w.Code != want || got != code {
		t.Fatalf("answered %d %q, want %d %q\n%s", w.Code, got, want, code, w.Body)
	}
	return body
}

// like compares JSON: "*" in want stands for anything.
func like(t testing.TB, got, want any, at string) {
	t.Helper()
	if want == "*" {
		return
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s: got %v, want an object", at, got)
			return
		}
		for name := range g {
			if _, ok := w[name]; !ok {
				t.Errorf("%s.%s: not expected", at, name)
			}
		}
		for name, v := range w {
			if _, ok := g[name]; !ok {
				t.Errorf("%s.%s: missing", at, name)
				continue
			}
			like(t, g[name], v, at+"."+name)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			t.Errorf("%s: got %v, want %d items", at, got, len(w))
			return
		}
		for i := range w {
			like(t, g[i], w[i], at)
		}
	default:
		if got != want {
			t.Errorf("%s: got %v, want %v", at, got, want)
		}
	}
}

// likeText is like for JSON texts.
func likeText(t testing.TB, got []byte, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	d := json.NewDecoder(bytes.NewBufferString(want))
	if err := d.Decode(&w); err != nil {
		t.Fatalf("%v in expected %s", err, want)
	}
	like(t, g, w, "answer")
	if t.Failed() {
		t.Logf("answer: %s", got)
	}
}
