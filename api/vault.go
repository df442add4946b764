package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"grantledger/eventstore"
)

// What stands outside the log, in the bucket that no export reads:
//
//	token/<id>       {user, name, roles, sha256, created, expires}
//	password/<user>  argon2id hash
//	session/<hash>   {user, begun}; the name is hex SHA-256 of the cookie
//	name/<user>      display name
//
// The server holds all of it in memory too; every change goes to the bucket
// first.
type vault struct {
	mu        sync.RWMutex
	tokens    map[string]*token   // by id
	sessions  map[string]*session // by hash
	passwords map[string]string   // by user
	names     map[string]string   // by user
}

// token is an API token without its secret.
type token struct {
	ID      string    `json:"-"`
	User    string    `json:"user"`
	Name    string    `json:"name"`
	Roles   []string  `json:"roles"` // nil = whatever the user holds
	SHA256  string    `json:"sha256"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	sum     [sha256.Size]byte
}

type session struct {
	User  string    `json:"user"`
	Begun time.Time `json:"begun"`
	Roles string    `json:"roles"` // in force when it began; another set ends it
	seen  time.Time
}

// openVault reads the bucket.
func (s *Server) openVault(ctx context.Context) error {
	v := &s.vault
	v.tokens, v.sessions = map[string]*token{}, map[string]*session{}
	v.passwords, v.names = map[string]string{}, map[string]string{}
	keys, err := s.Vault.Keys(ctx, "")
	if err != nil {
		return err
	}
	for _, key := range keys {
		value, err := s.Vault.Get(ctx, key)
		if errors.Is(err, eventstore.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := v.take(key, value, s.Clock()); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// take puts one stored value into memory.
func (v *vault) take(key string, value []byte, now time.Time) error {
	kind, id, _ := strings.Cut(key, "/")
	switch kind {
	case "token":
		t := &token{ID: id}
		if err := json.Unmarshal(value, t); err != nil {
			return err
		}
		if n, err := hex.Decode(t.sum[:], []byte(t.SHA256)); err != nil || n != len(t.sum) {
			return errors.New("no SHA-256")
		}
		v.tokens[id] = t
	case "session":
		x := &session{seen: now}
		if err := json.Unmarshal(value, x); err != nil {
			return err
		}
		v.sessions[id] = x
	case "password":
		v.passwords[id] = string(value)
	case "name":
		v.names[id] = string(value)
	}
	return nil
}

// store writes v under key as JSON.
func (s *Server) store(ctx context.Context, key string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.Vault.Put(ctx, key, value)
}

// identify reads the credentials of a request: a bearer token before a cookie.
// Bad ones are 401; a cookie that is no longer good counts as none.
func (s *Server) identify(r *http.Request) (identity, error) {
	if header := r.Header["Authorization"]; len(header) > 0 {
		secret, ok := strings.CutPrefix(header[0], "Bearer ")
		if !ok {
			return identity{}, newProblem("unauthenticated")
		}
		return s.bearer(strings.TrimSpace(secret))
	}
	if len(r.Header["Cookie"]) == 0 {
		return identity{}, nil
	}
	return s.cookie(r), nil
}

// Form of a token: gl_<10 id characters>_<43 base64url characters>.
const (
	tokenPrefix = "gl_"
	tokenID     = 10
	tokenLength = len(tokenPrefix) + tokenID + 1 + 43
)

// bearer is the identity of an API token.
func (s *Server) bearer(text string) (identity, error) {
	if len(text) != tokenLength || !strings.HasPrefix(text, tokenPrefix) || text[len(tokenPrefix)+tokenID] != '_' {
		return identity{}, newProblem("unauthenticated")
	}
	id := text[len(tokenPrefix) : len(tokenPrefix)+tokenID]
	s.vault.mu.RLock()
	t := s.vault.tokens[id]
	s.vault.mu.RUnlock()
	if t == nil || sha256.Sum256([]byte(text[len(tokenPrefix)+tokenID+1:])) != t.sum { // a hash of 256 random bits: nothing to learn from its timing
		return identity{}, newProblem("unauthenticated")
	}
	if !s.Clock().Before(t.Expires) {
		return identity{}, newProblem("token_expired")
	}
	return identity{user: t.User, token: t.ID, roles: t.Roles}, nil
}

// random gives n bytes as base64url.
func (s *Server) random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := s.Random.Read(b); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
