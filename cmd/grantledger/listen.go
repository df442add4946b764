package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"grantledger/api"
)

// listen opens an address: with TLS when a certificate is configured.
func (s *service) listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil || s.certificate == nil {
		return listener, err
	}
	return tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: s.certificate.get, NextProtos: []string{"http/1.1"},
	}), nil
}

// scheme is that of the listener's addresses.
func (s *service) scheme() string {
	if s.certificate != nil {
		return "https"
	}
	return "http"
}

// server is an HTTP server with the limits of API.md 9.
func (s *service) server(running context.Context, handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return running },
	}
}

// requests counts those that run, so that a server that stops answers new ones
// (readyz 503, shutting_down) for as long as old ones run.
type requests struct {
	mu       sync.Mutex
	running  int
	draining bool
	last     chan struct{} // closed when draining and none of the old ones is left
}

// counted is the handler whose requests are counted, until draining begins.
func (q *requests) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q.begin() {
			defer q.end()
		}
		next.ServeHTTP(w, r)
	})
}

func (q *requests) begin() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.draining {
		return false
	}
	q.running++
	return true
}

func (q *requests) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running--; q.running == 0 && q.draining {
		close(q.last)
	}
}

// drain waits until the requests that run now are answered, or ctx ends.
func (q *requests) drain(ctx context.Context) {
	q.mu.Lock()
	q.draining = true
	running := q.running
	q.last = make(chan struct{})
	q.mu.Unlock()
	if running == 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-q.last:
	}
}

// serveMetrics answers /metrics on the second listener until ctx ends.
func (s *service) serveMetrics(ctx context.Context, address string) error {
	listener, err := s.listen(ctx, address)
	if err != nil {
		return err
	}
	server := s.server(ctx, s.api.Metrics())
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// limits are those of the configuration; a demo has none.
func (s *service) limits() api.Limits {
	k := s.settings
	if s.demo {
		return api.Limits{}
	}
	return api.Limits{
		Reads: k.Float64("limits.reads"), PublicReads: k.Float64("limits.publicreads"), Commands: k.Float64("limits.commands"),
		Exports: k.Int("limits.exports"), LoginsUser: k.Int("limits.logins"), LoginsServer: k.Int("limits.addresslogins"),
	}
}

// certificate is the server's TLS certificate, which SIGHUP reads again.
type certificate struct {
	cert, key string
	now       atomic.Pointer[tls.Certificate]
}

// loadCertificate reads the pair; nil when none is configured. One that cannot
// be read is an error of the configuration.
func loadCertificate(cert, key string) (*certificate, error) {
	if cert == "" {
		return nil, nil
	}
	c := &certificate{cert: cert, key: key}
	if err := c.load(); err != nil {
		return nil, usagef("http.tls: %w", err)
	}
	return c, nil
}

func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil {
		c.now.Store(&pair)
	}
	return err
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.now.Load(), nil }

// rereadAtHangup takes up changed TLS files, trusted proxies and the log level at every SIGHUP
// (API.md 9), until stop is called or ctx ends.
func (s *service) rereadAtHangup(ctx context.Context) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
				s.reread()
			}
		}
	}()
	return stop
}

// reread is one SIGHUP. What cannot be read leaves the old in force.
func (s *service) reread() {
	if s.certificate != nil {
		if err := s.certificate.load(); err != nil {
			s.log.Error("certificate not read again, the old one stays", "error", err)
		}
	}
	k, err := s.console.settingsFrom(map[string]any{})
	if err != nil {
		s.log.Error("configuration not read again", "error", err)
		return
	}
	s.setLevel(k.String("log.level"))
	if trusted, err := proxies(k); err == nil && s.reached.Load() != nil {
		s.reached.Load().TrustProxies(trusted)
	}
	s.log.Info("configuration read again")
}

// setLevel changes the log level; validate has seen the name.
func (s *service) setLevel(name string) {
	var level slog.Level
	if level.UnmarshalText([]byte(name)) == nil {
		s.level.Set(level)
	}
}
