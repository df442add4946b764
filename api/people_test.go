package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRights is the table of section 2: who may use what at all.
func TestRights(t *testing.T) {
	f := newFixture(t, Config{PublicEnabled: true, PublicFunds: []string{"GD"}}).tell("lifecycle", "lifecycle-0048")
	const publicEvent, otherEvent = "/api/v1/events/44", "/api/v1/events/12" // a confirmation in GD; the opening of CITY
	for _, row := range []struct {
		method, path                                     string
		public, clerk, checker, approver, auditor, admin int
	}{
		{"GET", "/api/v1/", 200, 200, 200, 200, 200, 200},
		{"GET", "/api/v1/me", 200, 200, 200, 200, 200, 200},
		{"GET", publicEvent, 200, 200, 200, 200, 200, 200},
		{"GET", publicEvent + "/raw", 200, 200, 200, 200, 200, 200},
		{"GET", otherEvent, 404, 200, 200, 200, 200, 200},
		{"GET", "/api/v1/events/1", 200, 200, 200, 200, 200, 200},
		{"GET", "/api/v1/trust", 200, 200, 200, 200, 200, 200},
		{"GET", "/api/v1/checkpoints", 200, 200, 200, 200, 200, 200},
		{"GET", "/api/v1/commands", 200, 200, 200, 200, 200, 200},
		{"GET", "/api/v1/approvals", 401, 200, 200, 200, 200, 200},
		{"GET", "/api/v1/users", 401, 403, 403, 403, 403, 200},
		{"GET", "/api/v1/exports", 401, 403, 403, 403, 200, 200},
		{"POST", "/api/v1/checkpoints", 401, 403, 403, 403, 403, 201},
		{"POST", "/api/v1/clock/confirm", 401, 403, 403, 403, 403, 204},
		{"GET", "/healthz", 200, 200, 200, 200, 200, 200},
		{"GET", "/version", 200, 200, 200, 200, 200, 200},
		{"GET", "/problems/key_reused", 200, 200, 200, 200, 200, 200},
	} {
		for user, want := range map[string]int{
			"": row.public, "clerk-1": row.clerk, "checker-1": row.checker, "approver-1": row.approver, "auditor-1": row.auditor, "admin-1": row.admin,
		} {
			if w := f.send(row.method, row.path, user, ""); w.Code != want {
				t.Errorf("%s %s as %q: %d, want %d\n%s", row.method, row.path, user, w.Code, want, w.Body)
			}
		}
	}
}

// TestNoPublic asks without signing in where nothing is public.
func TestNoPublic(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0013")
	for _, path := range []string{"/api/v1/", "/api/v1/events/1", "/api/v1/commands"} {
		w := f.send("GET", path, "", "")
		status(t, w, 401, "unauthenticated")
		if w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: no WWW-Authenticate", path)
		}
	}
	status(t, f.send("GET", "/healthz", "", ""), 200, "")
}

// TestTokens makes, limits, lists and revokes tokens.
func TestTokens(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	made := status(t, f.send("POST", "/api/v1/users/clerk-1/tokens", "admin-1", `{"name":"check"}`), 201, "")
	f.tokens["x"] = made["token"].(string)
	if n := len(f.tokens["x"]); n != tokenLength {
		t.Errorf("token of %d characters", n)
	}
	got := status(t, f.send("GET", "/api/v1/me", "x", ""), 200, "")
	like(t, got, map[string]any{"user": "clerk-1", "name": "clerk-1", "coverage": "all",
		"roles": []any{map[string]any{"role": "clerk", "funds": []any{"*"}}}}, "me")

	status(t, f.send("POST", "/api/v1/users/nobody/tokens", "admin-1", `{"name":"check"}`), 404, "not_found")
	status(t, f.send("POST", "/api/v1/users/clerk-1/tokens", "checker-1", `{"name":"check"}`), 403, "not_authorised")
	status(t, f.send("POST", "/api/v1/users/clerk-1/tokens", "admin-1", `{"name":"check","role":"clerk"}`), 422, "invalid_input")
	status(t, f.send("POST", "/api/v1/users/clerk-1/tokens", "admin-1", `{}`), 422, "invalid_input")
	status(t, f.send("POST", "/api/v1/users/clerk-1/tokens", "admin-1", `{"name":"a","name":"b"}`), 400, "malformed_json")
	status(t, f.send("POST", "/api/v1/users/clerk-1/tokens", "admin-1", `{"name":"a","roles":["clark"]}`), 422, "invalid_input")
	for _, other := range []string{"admin", "checker"} { // roles of somebody else
		status(t, f.send("POST", "/api/v1/tokens", "clerk-1", `{"name":"a","roles":["clerk","`+other+`"]}`), 422, "invalid_input")
		status(t, f.send("POST", "/api/v1/users/clerk-1/tokens", "admin-1", `{"name":"a","roles":["`+other+`"]}`), 422, "invalid_input")
	}
	status(t, f.send("POST", "/api/v1/tokens", "clerk-1", `{"name":"old","expires":"2020-01-01T00:00:00Z"}`), 422, "invalid_input")

	f.issue("clerk-1", "auditor") // a role that he does not hold
	status(t, f.run("clerk-1", "allocate", "t-1", `{"on":"2023-07-16","fund":"GD","project":"P-A","amount":"1.00"}`), 403, "not_authorised")
	got = status(t, f.send("GET", "/api/v1/me", "clerk-1", ""), 200, "")
	like(t, got["roles"], []any{}, "roles")
	status(t, f.send("POST", "/api/v1/tokens", "clerk-1", `{"name":"more","roles":["clerk"]}`), 403, "not_authorised")

	status(t, f.send("GET", "/api/v1/tokens", "x", ""), 200, "")
	status(t, f.send("DELETE", "/api/v1/tokens/"+made["id"].(string), "checker-1", ""), 404, "not_found")
	status(t, f.send("DELETE", "/api/v1/tokens/"+made["id"].(string), "x", ""), 204, "")
	status(t, f.send("GET", "/api/v1/me", "x", ""), 401, "unauthenticated")
	f.clock.set(f.clock.read().Add(tokenLife))
	status(t, f.send("GET", "/api/v1/me", "admin-1", ""), 401, "token_expired")
}

// TestTokenStep limits a token of a checker who is an approver too.
func TestTokenStep(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0037") // step 2 waits
	f.issue("approver-1", "checker")
	status(t, f.run("approver-1", "approve-proposal", "s-1", `{"on":"2023-06-26","proposal":"lifecycle-0035"}`), 403, "not_authorised")
	f.issue("approver-1", "approver")
	status(t, f.run("approver-1", "approve-proposal", "s-1", `{"on":"2023-06-26","proposal":"lifecycle-0035"}`), 201, "")
}

// TestRevokedRole uses a role that was taken away.
func TestRevokedRole(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	status(t, f.run("admin-1", "revoke-role", "r-1", `{"on":"2023-07-16","user":"auditor-1","role":"auditor"}`), 201, "")
	f.settle()
	status(t, f.send("POST", "/api/v1/exports", "auditor-1", `{"kind":"package","filter":"all"}`), 403, "not_authorised")
}

// TestStored starts a second server on the bucket of the first.
func TestStored(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0013")
	must(t, f.server.SetPassword(context.Background(), "clerk-1", "a long enough one"))
	must(t, f.server.SetName(context.Background(), "clerk-1", "经办一"))
	old := f.server
	f.server = &Server{Config: old.Config, Writer: old.Writer, Log: old.Log, Sealer: old.Sealer, Model: old.Model, Vault: old.Vault, Clock: old.Clock, Random: old.Random, Logger: old.Logger}
	must(t, f.server.Start(context.Background()))
	f.handler = f.server.Handler()
	got := status(t, f.send("GET", "/api/v1/me", "clerk-1", ""), 200, "")
	if got["name"] != "经办一" {
		t.Errorf("name %v", got["name"])
	}
	must(t, f.server.signIn("clerk-1", "a long enough one", "x"))
}

// form posts a form and gives the answer.
func (f *fixture) form(path, body string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// TestSession signs in by form and out again.
func TestSession(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	status(t, f.send("PUT", "/api/v1/users/clerk-1/password", "admin-1", `{"password":"short","name":"经办一"}`), 422, "invalid_input")
	status(t, f.send("PUT", "/api/v1/users/clerk-1/password", "admin-1", `{"password":"Password1234"}`), 422, "invalid_input")
	status(t, f.send("PUT", "/api/v1/users/clerk-1/password", "checker-1", `{"password":"correct horse battery"}`), 404, "not_found")
	status(t, f.send("PUT", "/api/v1/users/clerk-1/password", "admin-1", `{"password":"correct horse battery","name":"经办一"}`), 204, "")
	wrong := status(t, f.form("/login", "user=clerk-1&password=wrong"), 401, "bad_credentials")
	unknown := status(t, f.form("/login", "user=nobody&password=wrong"), 401, "bad_credentials")
	if wrong["detail"] != unknown["detail"] {
		t.Error("an unknown user is told apart from a wrong password")
	}
	w := f.form("/login", "user=clerk-1&password=correct+horse+battery&next=//evil.example/")
	if w.Code != 303 || w.Header().Get("Location") != "/" {
		t.Fatalf("login answered %d to %q", w.Code, w.Header().Get("Location"))
	}
	cookie := w.Result().Cookies()[0]
	if cookie.Name != "grantledger" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("cookie %v", cookie)
	}
	me := func() map[string]any {
		r := httptest.NewRequest("GET", "/api/v1/me", nil)
		r.AddCookie(cookie)
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		var body map[string]any
		must(t, json.Unmarshal(w.Body.Bytes(), &body))
		return body
	}
	if got := me(); got["user"] != "clerk-1" || got["name"] != "经办一" {
		t.Fatalf("me %v", got)
	}
	if w := f.form("/logout", "", cookie); w.Code != 303 {
		t.Errorf("logout answered %d", w.Code)
	}
	if got := me(); got["code"] != "unauthenticated" {
		t.Errorf("after logout: %v", got)
	}
}

// TestSessionEnds lets sessions end by idling, and by a change of roles.
func TestSessionEnds(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	must(t, f.server.SetPassword(context.Background(), "clerk-1", "correct horse battery"))
	user := func(c *http.Cookie) string {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(c)
		return f.server.cookie(r).user
	}
	login := func() *http.Cookie {
		return f.form("/login", "user=clerk-1&password=correct+horse+battery").Result().Cookies()[0]
	}
	c := login()
	f.clock.set(f.clock.read().Add(29 * time.Minute))
	if user(c) == "" {
		t.Error("session ended too early")
	}
	f.clock.set(f.clock.read().Add(31 * time.Minute))
	if user(c) != "" {
		t.Error("session did not end by idling")
	}
	c = login()
	status(t, f.run("admin-1", "grant-role", "g-1", `{"on":"2023-07-16","user":"clerk-1","role":"checker","funds":["GD"]}`), 201, "")
	f.settle()
	if user(c) != "" {
		t.Error("session went on with other roles")
	}
}

// TestLoginDelay waits longer after each failure, and is no lasting lock.
func TestLoginDelay(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0013")
	must(t, f.server.SetPassword(context.Background(), "clerk-1", "correct horse battery"))
	for range freeFailures {
		status(t, f.form("/login", "user=clerk-1&password=wrong"), 401, "bad_credentials")
	}
	w := f.form("/login", "user=clerk-1&password=correct+horse+battery")
	status(t, w, 429, "rate_limited")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	f.clock.set(f.clock.read().Add(2 * time.Second))
	if w := f.form("/login", "user=clerk-1&password=correct+horse+battery"); w.Code != 303 {
		t.Errorf("after the wait: %d", w.Code)
	}
}

// TestCrossOrigin refuses a form that another site sends.
func TestCrossOrigin(t *testing.T) {
	f := newFixture(t, Config{})
	r := httptest.NewRequest("POST", "/logout", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	status(t, w, 403, "cross_origin")
}

// TestSetup makes the first admin with the one-time token.
func TestSetup(t *testing.T) {
	f := newFixture(t, Config{})
	status(t, f.send("GET", "/api/v1/", "", ""), 503, "setup_required")
	path := filepath.Join(f.dir, SetupTokenFile)
	token, err := f.server.OfferSetup()
	must(t, err)
	if again, err := f.server.OfferSetup(); again != token || err != nil || len(token) != 43 {
		t.Errorf("offered %q, then %q, %v", token, again, err)
	}
	must(t, os.WriteFile(path, []byte("one-time\n"), 0o600))
	status(t, f.send("GET", "/setup?token=other", "", "", "Accept: application/json"), 404, "not_found")
	status(t, f.send("GET", "/setup", "", "", "Accept: application/json"), 404, "not_found")
	for target, want := range map[string]int{"/setup": 200, "/setup?token=other": 404} {
		w := f.send("GET", target, "", "", "Accept: text/html")
		if w.Code != want || w.Header().Get("Content-Type") != typeHTML {
			t.Errorf("a browser asks for %s: %d %s", target, w.Code, w.Header().Get("Content-Type"))
		}
	}
	status(t, f.send("GET", "/setup?token=one-time", "", ""), 200, "")
	const rest = "&user=boss&ledger=main&name=%E5%B8%82%E7%BA%A7&district=341800"
	status(t, f.form("/setup", "token=one-time&password=short"+rest), 422, "invalid_input")
	w := f.form("/setup", "token=one-time&password=correct+horse+battery"+rest)
	if w.Code != 303 || len(w.Result().Cookies()) != 1 {
		t.Fatalf("set-up answered %d: %s", w.Code, w.Body)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the token is still there")
	}
	if token, err := f.server.OfferSetup(); token != "" || err != nil {
		t.Errorf("set-up offered again: %q, %v", token, err)
	}
	f.issue("boss")
	got := status(t, f.send("GET", "/api/v1/me", "boss", ""), 200, "")
	like(t, got["roles"], []any{map[string]any{"role": "admin", "funds": []any{"*"}}}, "roles")
	status(t, f.form("/setup", "token=one-time&password=correct+horse+battery"+rest), 404, "not_found")
}

// TestPasswordsOff takes no password, right or wrong, and says so to a browser.
func TestPasswordsOff(t *testing.T) {
	f := newFixture(t, Config{PasswordsOff: true}).tell("lifecycle", "lifecycle-0013")
	must(t, f.server.SetPassword(t.Context(), "clerk-1", "correct horse battery"))
	if w := f.form("/login", "user=clerk-1&password=correct+horse+battery"); w.Code != 404 || len(w.Result().Cookies()) != 0 {
		t.Errorf("sign-in: %d", w.Code)
	}
	if w := f.send("GET", "/login?lang=en", "", "", "Accept: text/html"); w.Code != 200 || !strings.Contains(w.Body.String(), "takes no passwords") {
		t.Errorf("page: %d %s", w.Code, w.Body)
	}
}

// TestBeforeOpening uses the token of the set-up administrator.
func TestBeforeOpening(t *testing.T) {
	f := newFixture(t, Config{})
	f.issue("admin-1")
	status(t, f.run("admin-1", "enrol-user", "k-1", `{"on":"2023-01-03","user":"clerk-1"}`), 409, "ledger_not_open")
	if _, err := f.server.exportSeal(t.Context(), nil); !isProblem(problemOf(err), "ledger_not_open") {
		t.Errorf("an export of nothing: %v", err)
	}
	status(t, f.run("admin-1", "open-ledger", "k-2", `{"on":"2023-01-03","ledger":"main","name":"账","district":"341800"}`), 201, "")
	status(t, f.run("admin-1", "enrol-user", "k-3", `{"on":"2023-01-03","user":"clerk-1"}`), 201, "")
	status(t, f.send("POST", "/api/v1/users/clerk-1/tokens", "admin-1", `{"name":"at once"}`), 201, "")
}

// TestPersonal finds numbers of persons in free text only.
func TestPersonal(t *testing.T) {
	for text, want := range map[string]bool{
		"13800138000": true, "电话13912345678。": true, "身份证 11010519491231002X": true, "11010519491231002x": true,
		"110105194912310021": false, "12345678901": false, "138001380001": false, "20240101123456789": false, "票号 3418001300138000": false, "": false,
	} {
		if got := holdsPersonal(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
