package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"grantledger/domain"
)

// cookieName has the __Host- prefix wherever the cookie is Secure.
func (s *Server) cookieName() string {
	if s.Config.Secure {
		return "__Host-grantledger"
	}
	return "grantledger"
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// cookie is the identity of the session that the request's cookie names; a
// session that is over, or whose user's roles changed, is none.
func (s *Server) cookie(r *http.Request) identity {
	sent, err := r.Cookie(s.cookieName())
	if err != nil {
		return identity{}
	}
	hash, now := hashOf(sent.Value), s.Clock()
	s.vault.mu.RLock()
	x, ok := s.vault.sessions[hash]
	var user, roles string
	var begun, seen time.Time
	if ok {
		user, roles, begun, seen = x.User, x.Roles, x.Begun, x.seen
	}
	s.vault.mu.RUnlock()
	if !ok {
		return identity{}
	}
	if now.Sub(begun) > s.Config.SessionMax || now.Sub(seen) > s.Config.SessionIdle || s.rolesText(user) != roles {
		_ = s.endSession(r.Context(), hash)
		return identity{}
	}
	if now.Sub(seen) > time.Second {
		s.vault.mu.Lock()
		x.seen = now
		s.vault.mu.Unlock()
	}
	return identity{user: user, session: hash}
}

// rolesText is the user's roles in one line, to see a change.
func (s *Server) rolesText(user string) string {
	var grants []domain.Grant
	s.Model.State(func(l *domain.Ledger) {
		u, _ := l.User(user)
		grants = u.Roles
	})
	var b strings.Builder
	for _, g := range grants {
		b.WriteString(g.Role + ":" + strings.Join(g.Funds, ",") + ";")
	}
	return b.String()
}

// beginSession makes a session and its cookie.
func (s *Server) beginSession(ctx context.Context, h http.Header, user string) error {
	secret, err := s.random(32)
	if err != nil {
		return err
	}
	x := &session{User: user, Begun: s.Clock().UTC(), Roles: s.rolesText(user), seen: s.Clock()}
	hash := hashOf(secret)
	if err := s.store(ctx, "session/"+hash, x); err != nil {
		return err
	}
	s.vault.mu.Lock()
	s.vault.sessions[hash] = x
	s.vault.mu.Unlock()
	s.setCookie(h, secret, int(s.Config.SessionMax.Seconds()))
	return nil
}

func (s *Server) setCookie(h http.Header, value string, age int) {
	h.Add("Set-Cookie", (&http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.Config.Secure, SameSite: http.SameSiteLaxMode,
	}).String())
}

func (s *Server) endSession(ctx context.Context, hash string) error {
	s.vault.mu.Lock()
	delete(s.vault.sessions, hash)
	s.vault.mu.Unlock()
	return s.Vault.Delete(ctx, "session/"+hash)
}

// endSessions ends all sessions of a user.
func (s *Server) endSessions(ctx context.Context, user string) error {
	return s.endWhere(ctx, func(x *session) bool { return x.User == user })
}

// endOldSessions ends those whose browser went away.
func (s *Server) endOldSessions(ctx context.Context) error {
	now := s.Clock()
	return s.endWhere(ctx, func(x *session) bool {
		return now.Sub(x.Begun) > s.Config.SessionMax || now.Sub(x.seen) > s.Config.SessionIdle
	})
}

// endWhere ends the sessions that over chooses.
func (s *Server) endWhere(ctx context.Context, over func(*session) bool) error {
	var hashes []string
	s.vault.mu.RLock()
	for hash, x := range s.vault.sessions {
		if over(x) {
			hashes = append(hashes, hash)
		}
	}
	s.vault.mu.RUnlock()
	for _, hash := range hashes {
		if err := s.endSession(ctx, hash); err != nil {
			return err
		}
	}
	return nil
}

// failures counts wrong passwords in a row by user.
type failures struct {
	mu    sync.Mutex
	users map[string]failed
}

type failed struct {
	count int
	last  time.Time
}

// freeFailures come without a wait.
const freeFailures = 5

// wait is how long the user's next try has to wait.
func (f *failures) wait(user string, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.users[user]
	if x.count < freeFailures {
		return 0
	}
	pause := min(time.Second<<min(x.count-freeFailures, 6), time.Minute)
	return max(0, x.last.Add(pause).Sub(now))
}

func (f *failures) note(user string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users == nil || len(f.users) > maxLimiters {
		f.users = map[string]failed{}
	}
	f.users[user] = failed{f.users[user].count + 1, now}
}

func (f *failures) forget(user string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.users, user)
}
