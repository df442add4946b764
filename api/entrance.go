package api

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/oklog/ulid/v2"
)

// entrance does what every request has in common before its route is known.
type entrance struct {
	server *Server
	router *echo.Echo
	origin http.CrossOriginProtection
}

// Longest request line that is read.
const maxURL = 8 << 10

// ServeHTTP gives the request its id, language, headers and identity.
func (e *entrance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := e.server
	c := &call{server: s, id: s.requestID(), lang: languageOf(r), begun: s.Clock()}
	h := w.Header()
	h["Request-Id"] = []string{c.id}
	secure(h, s.Config.Secure)
	switch {
	case len(r.RequestURI) > maxURL:
		c.refused = newProblem("malformed_request", "reason", "URL")
	case e.origin.Check(r) != nil:
		c.refused = newProblem("cross_origin")
	default:
		c.identity, c.refused = s.identify(r)
	}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	c.request = r
	defer c.rescue()
	e.router.ServeHTTP(w, r)
}

// rescue answers 500 when a handler panicked: that is our bug, and the others'
// requests go on.
func (c *call) rescue() {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler {
		panic(cause)
	}
	c.server.Logger.Error("handler panicked", "request_id", c.id, "path", c.request.URL.Path, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
	if c.echo == nil || c.echo.Response().Committed {
		panic(http.ErrAbortHandler)
	}
	c.fail(fmt.Errorf("panic: %v", cause))
}

// requestID is a ULID of the clock and a counter that is never used twice.
func (s *Server) requestID() string {
	var id ulid.ULID
	if err := id.SetTime(uint64(s.Clock().UnixMilli())); err != nil {
		return ""
	}
	n := s.requests.Add(1)
	for i := 15; i > 7; i-- {
		id[i] = byte(n)
		n >>= 8
	}
	return id.String()
}

// Headers of API.md 10.4. The values are shared and never changed.
var (
	csp            = []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}
	nosniff        = []string{"nosniff"}
	sameOrigin     = []string{"same-origin"}
	noPermissions  = []string{"camera=(), microphone=(), geolocation=()"}
	strictSecurity = []string{"max-age=31536000"}
)

func secure(h http.Header, tls bool) {
	h["Content-Security-Policy"] = csp
	h["Cache-Control"] = noCache
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = sameOrigin
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Permissions-Policy"] = noPermissions
	if tls {
		h["Strict-Transport-Security"] = strictSecurity
	}
}

// languageOf is zh unless lang=en or the first language that the client names
// is English.
func languageOf(r *http.Request) string {
	if q := r.URL.RawQuery; q != "" && strings.Contains(q, "lang=") {
		switch r.URL.Query().Get("lang") {
		case "en":
			return "en"
		case "zh":
			return "zh"
		}
	}
	accepted := r.Header.Get("Accept-Language")
	if len(accepted) >= 2 && strings.EqualFold(accepted[:2], "en") {
		return "en"
	}
	return "zh"
}

// local tells whether the request comes from this machine and not through a
// proxy.
func local(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == ""
}

// address is the peer, for limits of those who did not sign in.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// finish counts and logs a request. It never logs queries, bodies or secrets.
func (c *call) finish(status int, code string) {
	took := c.server.Clock().Sub(c.begun)
	c.server.metrics.request(status, took)
	level := slog.LevelDebug
	if status >= 500 {
		level = slog.LevelError
	}
	if log := c.server.Logger; log.Enabled(c.context(), level) {
		log.LogAttrs(c.context(), level, "request", slog.String("code", code), slog.String("request_id", c.id),
			slog.String("user", c.identity.user), slog.String("method", c.echo.Request().Method), slog.String("path", c.echo.Request().URL.Path),
			slog.Int("status", status), slog.Duration("duration", took), slog.String("position", c.header().Get("Ledger-Position")))
	}
}
