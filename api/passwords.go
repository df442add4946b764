package api

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of a password hash (API.md 10.5): argon2id, 19 MiB, two passes, one lane.
const (
	hashMemory = 19 * 1024
	hashPasses = 2
	hashLanes  = 1
	hashBytes  = 32
)

// commonPasswords are long enough and known to everyone, in lower case.
//
//go:embed common_passwords.txt
var commonPasswords string

// hashPassword gives `argon2id$<salt>$<hash>`, both base64url.
func hashPassword(password string, random io.Reader) (string, error) {
	var salt [16]byte
	if _, err := io.ReadFull(random, salt[:]); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return "argon2id$" + enc(salt[:]) + "$" + enc(stretch(password, salt[:])), nil
}

func stretch(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, hashBytes)
}

// checkPassword takes the same time whether or not there is a hash.
func checkPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 3 {
		stretch(password, make([]byte, 16))
		return false
	}
	salt, err1 := base64.RawURLEncoding.DecodeString(parts[1])
	want, err2 := base64.RawURLEncoding.DecodeString(parts[2])
	got := stretch(password, salt)
	return err1 == nil && err2 == nil && subtle.ConstantTimeCompare(got, want) == 1
}

// weak refuses a password that cannot be taken: too short, too long, or common.
func weak(password string) error {
	f := faultAt("body.password", "pattern", "")
	switch n := utf8.RuneCountInString(password); {
	case n < 12:
		f.message = say("至少 12 个字符", "needs 12 characters at least")
	case n > 128:
		f = faultAt("body.password", "too_long", "")
	case strings.Contains("\n"+commonPasswords, "\n"+strings.ToLower(password)+"\n"):
		f.message = say("太常见，请换一个", "is too common, choose another")
	default:
		return nil
	}
	return invalid(f)
}

// SetPassword stores the hash of a user's password and ends his sessions. The
// error is a refusal when the password is too short, too long or too common.
func (s *Server) SetPassword(ctx context.Context, user, password string) error {
	if err := weak(password); err != nil {
		return err
	}
	hash, err := hashPassword(password, s.Random)
	if err != nil {
		return err
	}
	if err := s.Vault.Put(ctx, "password/"+user, []byte(hash)); err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	s.vault.mu.Lock()
	s.vault.passwords[user] = hash
	s.vault.mu.Unlock()
	return s.endSessions(ctx, user)
}

// SetName stores the display name of a user, which stays outside the log.
func (s *Server) SetName(ctx context.Context, user, name string) error {
	if err := s.Vault.Put(ctx, "name/"+user, []byte(name)); err != nil {
		return fmt.Errorf("store name: %w", err)
	}
	s.vault.mu.Lock()
	s.vault.names[user] = name
	s.vault.mu.Unlock()
	return nil
}

// name is the display name of an actor ("user/clerk-1"); the id when there is
// none. The public gets roles, see actorName.
func (s *Server) name(actor string) string {
	id := strings.TrimPrefix(actor, "user/")
	s.vault.mu.RLock()
	defer s.vault.mu.RUnlock()
	return orElse(s.vault.names[id], id)
}

// signIn checks user and password. After five failures the next try has to
// wait, longer each time up to a minute; nothing is locked for good.
func (s *Server) signIn(user, password, from string) error {
	now := s.Clock()
	limits := s.Config.Limits
	if n := limits.LoginsUser; n > 0 && !s.limits.take("l:u:"+user, per(n, 15*time.Minute), n, now) {
		return newProblem("rate_limited").with("Retry-After", retryAfter(900/n))
	}
	if n := limits.LoginsServer; n > 0 && !s.limits.take("l:a:"+from, per(n, 15*time.Minute), n, now) {
		return newProblem("rate_limited").with("Retry-After", retryAfter(900/n))
	}
	if wait := s.failures.wait(user, now); wait > 0 {
		return newProblem("rate_limited").with("Retry-After", retryAfter(int(wait.Seconds())+1))
	}
	s.vault.mu.RLock()
	hash := s.vault.passwords[user]
	s.vault.mu.RUnlock()
	if !checkPassword(hash, password) {
		s.failures.note(user, now)
		return newProblem("bad_credentials")
	}
	s.failures.forget(user)
	return nil
}
