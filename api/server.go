package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections"
)

// Writer is what commands need: *eventstore.Writer of the domain's commands.
type Writer interface {
	// Do decides the commands, all or none, and returns when they are stored.
	Do(ctx context.Context, commands ...domain.Command) ([]domain.Answer, eventstore.Receipt, error)
	// ConfirmClock accepts a clock far ahead of the last event.
	ConfirmClock()
	// ClockError says whether the writer doubts its clock.
	ClockError() error
}

// Server answers HTTP for one ledger. Every exported field without "optional"
// is required; Start comes before Handler.
type Server struct {
	Config Config
	Writer Writer
	Log    *eventstore.Log
	Sealer *eventstore.Sealer
	Model  projections.Model
	Vault  *eventstore.Bucket // token and password hashes, sessions, names
	Clock  func() time.Time
	Random io.Reader    // cryptographic
	Logger *slog.Logger // one record a request that failed; all at level debug

	requests  atomic.Uint64
	stopping  atomic.Bool
	trusted   atomic.Pointer[[]netip.Prefix] // nil: those of Config
	vault     vault
	limits    limiters
	failures  failures
	exports   exportJobs
	metrics   metrics
	catalogue catalogueTexts
	auditor   auditor
}

// Config is what an operator sets (API.md 9).
type Config struct {
	Version, Commit string         // of the program
	DataDir         string         // exports/ and setup-token are in it
	PublicURL       string         // optional; address under which people reach the server
	Secure          bool           // requests come over TLS, here or at a proxy in front
	TrustedProxies  []netip.Prefix // whose X-Forwarded-For is believed, until TrustProxies
	PasswordsOff    bool           // nobody signs in with a password (login.local false)
	Demo            bool           // an illustrative ledger: every page says so
	Title           string         // optional; title on pages

	PublicEnabled bool     // reading without signing in
	PublicFunds   []string // funds that are published; "*" = all

	ExportsKeep time.Duration // how long a package is kept; 0 = 168 h
	SessionIdle time.Duration // 0 = 30 min
	SessionMax  time.Duration // 0 = 12 h
	Limits      Limits
}

// Start reads tokens, passwords, sessions and export jobs. Nothing is served
// before it.
func (s *Server) Start(ctx context.Context) error {
	c := &s.Config
	c.ExportsKeep = orElse(c.ExportsKeep, 7*24*time.Hour)
	c.SessionIdle = orElse(c.SessionIdle, 30*time.Minute)
	c.SessionMax = orElse(c.SessionMax, 12*time.Hour)
	s.requests.Store(uint64(s.Clock().UnixNano()))
	s.metrics.start(s)
	var err error
	if s.catalogue, err = newCatalogueTexts(); err != nil {
		return fmt.Errorf("read examples: %w", err)
	}
	if err := s.openVault(ctx); err != nil {
		return fmt.Errorf("read identities: %w", err)
	}
	if err := s.openExports(); err != nil {
		return fmt.Errorf("read exports: %w", err)
	}
	return nil
}

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// Handler is everything the server answers.
func (s *Server) Handler() http.Handler { return &entrance{server: s, router: s.routes()} }

// Run works on export jobs until ctx ends.
func (s *Server) Run(ctx context.Context) error { return s.runExports(ctx) }

// Stopping makes readyz answer 503 and refuses new commands with
// shutting_down; reading goes on.
func (s *Server) Stopping() { s.stopping.Store(true) }
