package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

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
	r = s.behindProxy(r)
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
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet // the same headers; net/http sends no body
	}
	c.request = r
	setDeadlines(w, r)
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

// Times of API.md 9: to read a body, and to write an answer that is no download.
const (
	bodyTime   = 30 * time.Second
	answerTime = 60 * time.Second
)

// setDeadlines gives a request its deadlines.
func setDeadlines(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(answerTime))
	if r.Body != nil && r.Body != http.NoBody {
		_ = control.SetReadDeadline(time.Now().Add(bodyTime))
		r.Body = &boundBody{r.Body, control}
	}
}

// boundBody lifts the deadline of the body when its end was read: the handler
// may take longer.
type boundBody struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read reads the body.
func (b *boundBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// unbounded lets a download take its time.
func (c *call) unbounded() {
	_ = http.NewResponseController(c.echo.Response()).SetWriteDeadline(time.Time{})
}

// behindProxy takes the client's address from X-Forwarded-For when a trusted
// proxy sent the request: the last one that is no trusted proxy itself.
func (s *Server) behindProxy(r *http.Request) *http.Request {
	if !s.trusts(address(r)) {
		return r
	}
	named := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, from := range slices.Backward(named) {
		from = strings.TrimSpace(from)
		if _, err := netip.ParseAddr(from); err != nil {
			break
		}
		if !s.trusts(from) {
			r = r.WithContext(r.Context())
			r.RemoteAddr = net.JoinHostPort(from, "0")
			break
		}
	}
	return r
}

// TrustProxies replaces Config.TrustedProxies while the server runs.
func (s *Server) TrustProxies(proxies []netip.Prefix) { s.trusted.Store(&proxies) }

func (s *Server) trusts(from string) bool {
	proxies := s.Config.TrustedProxies
	if now := s.trusted.Load(); now != nil {
		proxies = *now
	}
	if len(proxies) == 0 {
		return false
	}
	ip, err := netip.ParseAddr(from)
	return err == nil && slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}

// languageOf is that of lang, else the one of zh and en that the client ranks
// first, else zh.
func languageOf(r *http.Request) string {
	if q := r.URL.RawQuery; q != "" && strings.Contains(q, "lang=") {
		switch r.URL.Query().Get("lang") {
		case "en":
			return "en"
		case "zh":
			return "zh"
		}
	}
	language, best := "zh", 0.0
	for item := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, weight, weighted := strings.Cut(strings.TrimSpace(item), ";")
		q := 1.0
		if weighted {
			q, _ = strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		}
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if primary = strings.TrimSpace(primary); (primary == "zh" || primary == "en") && q > best {
			language, best = primary, q
		}
	}
	return language
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
	switch {
	case code == "setup_required":
		level = slog.LevelInfo // a ledger that is not opened yet is no fault
	case status >= 500:
		level = slog.LevelError
	}
	if log := c.server.Logger; log.Enabled(c.context(), level) {
		log.LogAttrs(c.context(), level, "request", slog.String("code", code), slog.String("request_id", c.id),
			slog.String("user", c.identity.user), slog.String("method", c.echo.Request().Method), slog.String("path", c.echo.Request().URL.Path),
			slog.Int("status", status), slog.Duration("duration", took), slog.String("position", c.header().Get("Ledger-Position")))
	}
}
