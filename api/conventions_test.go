package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"grantledger/domain"
	"grantledger/eventstore"
)

// TestConventions is what every answer has in common.
func TestConventions(t *testing.T) {
	f := newFixture(t, Config{Secure: true}).tell("lifecycle", "lifecycle-0013")
	seen := map[string]bool{}
	for _, path := range []string{"/api/v1/me", "/api/v1/events/1", "/api/v1/none", "/healthz", "/problems/busy"} {
		w := f.send("GET", path, "clerk-1", "")
		id := w.Header().Get("Request-Id")
		if len(id) != 26 || seen[id] {
			t.Errorf("%s: Request-Id %q", path, id)
		}
		seen[id] = true
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
			"Strict-Transport-Security": "max-age=31536000", "Access-Control-Allow-Origin": "",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'; ") {
			t.Errorf("%s: policy %q", path, w.Header().Get("Content-Security-Policy"))
		}
	}
	w := f.send("GET", "/api/v1/me", "clerk-1", "")
	if w.Header().Get("Ledger-Position") != "12" || w.Header().Get("Vary") == "" {
		t.Errorf("headers of a ledger answer: %v", w.Header())
	}
	tag := w.Header().Get("ETag")
	if w = f.send("GET", "/api/v1/me", "clerk-1", "", "If-None-Match: "+tag); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("with tag %q: %d %q", tag, w.Code, w.Body)
	}
	status(t, f.send("GET", "/api/v1/me?lang=fr", "clerk-1", ""), 422, "invalid_input")
	status(t, f.send("GET", "/api/v1/me?x=1", "clerk-1", ""), 422, "invalid_input")
	status(t, f.send("GET", "/api/v1/me?lang=en", "clerk-1", ""), 200, "")
	status(t, f.send("GET", "/api/v1/me?"+strings.Repeat("x", 9000), "clerk-1", ""), 400, "malformed_request")
	status(t, f.send("GET", "/api/v1/me", "clerk-1", "", "Authorization: Basic eDp5"), 401, "unauthenticated")
	status(t, f.send("GET", "/api/v1/me", "clerk-1", "", "Authorization: Bearer gl_x"), 401, "unauthenticated")
	status(t, f.send("GET", "/healthz", "clerk-1", "", "Authorization: Bearer gl_x"), 200, "")
}

// TestRoot is the answer that says what ledger this is.
func TestRoot(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0013")
	for _, path := range []string{"/api/v1/", "/api/v1"} {
		likeText(t, f.send("GET", path, "clerk-1", "").Body.Bytes(),
			`{"ledger":"lifecycle","name":"示例善款明账","origin":"grantledger.local/test","version":"test","position":12,"checkpoint_size":0,"public":false}`)
	}
}

// TestReady reads the checks, and stops.
func TestReady(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0013")
	got := status(t, f.send("GET", "/readyz", "admin-1", ""), 200, "")
	if got["ready"] != true || len(got["checks"].([]any)) != 6 {
		t.Errorf("readyz %v", got)
	}
	if got := status(t, f.send("GET", "/readyz", "", ""), 200, ""); len(got["checks"].([]any)) != 0 {
		t.Errorf("readyz to strangers: %v", got)
	}
	f.server.Stopping()
	status(t, f.send("GET", "/readyz", "", ""), 503, "")
	status(t, f.run("clerk-1", "allocate", "k", `{"on":"2023-01-03","fund":"GD","project":"P","amount":"1.00"}`), 503, "shutting_down")
	status(t, f.send("GET", "/api/v1/me", "clerk-1", ""), 200, "")
}

// TestMetrics is for this machine only.
func TestMetrics(t *testing.T) {
	f := newFixture(t, Config{})
	status(t, f.send("GET", "/metrics", "", ""), 404, "not_found")
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.RemoteAddr = "127.0.0.1:4711"
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "grantledger_position 0") {
		t.Errorf("metrics answered %d\n%.300s", w.Code, w.Body)
	}
}

// TestLimits counts requests of a user.
func TestLimits(t *testing.T) {
	f := newFixture(t, Config{Limits: Limits{Reads: 1, Commands: 1}}).tell("lifecycle", "lifecycle-0013")
	status(t, f.send("GET", "/api/v1/me", "clerk-1", ""), 200, "")
	status(t, f.send("GET", "/api/v1/me", "clerk-1", ""), 200, "")
	w := f.send("GET", "/api/v1/me", "clerk-1", "")
	status(t, w, 429, "rate_limited")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	status(t, f.send("GET", "/api/v1/me", "checker-1", ""), 200, "")
}

// failing is a writer that gives an error.
type failing struct {
	Writer
	err error
}

func (w failing) Do(context.Context, ...domain.Command) ([]domain.Answer, eventstore.Receipt, error) {
	return nil, eventstore.Receipt{}, w.err
}

// TestLogErrors maps the errors of the log.
func TestLogErrors(t *testing.T) {
	f := newFixture(t, Config{})
	f.issue("admin-1")
	for err, want := range map[error]struct {
		status int
		code   string
	}{
		eventstore.ErrBusy: {503, "busy"}, eventstore.ErrUnavailable: {503, "ledger_unavailable"}, eventstore.ErrShuttingDown: {503, "shutting_down"},
		eventstore.ErrClockUnconfirmed: {503, "clock_unconfirmed"}, eventstore.ErrClockBehind: {503, "clock_unconfirmed"},
		eventstore.ErrOutcomeUnknown: {504, "outcome_unknown"}, eventstore.ErrTooLarge: {422, "too_large"}, errors.New("secret path /x"): {500, "internal"},
		errors.Join(eventstore.ErrOutcomeUnknown, context.Canceled): {504, "outcome_unknown"},
	} {
		f.server.Writer = failing{f.writer, err}
		w := f.run("admin-1", "enrol-user", "k", `{"on":"2023-01-03","user":"u"}`)
		status(t, w, want.status, want.code)
		if strings.Contains(w.Body.String(), "secret") {
			t.Error("the cause is shown to the caller")
		}
	}
}

// TestEveryProblem explains every code in both languages.
func TestEveryProblem(t *testing.T) {
	f := newFixture(t, Config{})
	for _, code := range problemCodes() {
		w := f.send("GET", "/problems/"+code, "", "")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `lang="en"`) {
			t.Errorf("%s: %d", code, w.Code)
		}
	}
	status(t, f.send("GET", "/problems/none", "", ""), 404, "not_found")
}

// TestPanic answers 500 and goes on.
func TestPanic(t *testing.T) {
	f := newFixture(t, Config{})
	f.issue("admin-1")
	f.server.Writer = nil
	status(t, f.run("admin-1", "enrol-user", "k", `{"on":"2023-01-03","user":"u"}`), 500, "internal")
	status(t, f.send("GET", "/healthz", "", ""), 200, "")
}

// TestStrictJSON refuses what encoding/json would let through.
func TestStrictJSON(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"a":1,"b":[true,null,"x"]}`: true, ` {"a" : {"b":1}} `: true, `[]`: true, `"x"`: true, `0`: true,
		`{"a":1,"a":2}`: false, `{"a":{"b":1,"b":2}}`: false, `{"a":1,"\u0061":2}`: false, `{} {}`: false, `{"a":1,}`: false, `[1,]`: false,
		`{"a"}`: false, `{a:1}`: false, "\"\xff\"": false, `01`: false, `nul`: false, ``: false, `{"a":"` + "\n" + `"}`: false,
		strings.Repeat("[", 100) + strings.Repeat("]", 100): false, `{"a":1`: false, `"x`: false, `[1 2]`: false,
	} {
		if got := checkJSON([]byte(text)) == nil; got != ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzJSON asks that what passes is JSON, and that its parts are.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\u00e9"}],"c":null}`))
	f.Add([]byte(`[{"a":1},2,"x"]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkJSON(data) != nil {
			return
		}
		list, _ := members(data)
		rows, _ := elements(data)
		for _, m := range list {
			rows = append(rows, m.raw)
		}
		for _, row := range rows {
			if err := checkJSON(row); err != nil {
				t.Errorf("part %q of %q", row, data)
			}
		}
	})
}
