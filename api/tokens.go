package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"grantledger/domain"

	"github.com/danielgtaylor/huma/v2"
)

// tokenLife is the longest life of a token.
const tokenLife = 366 * 24 * time.Hour

// tokenInput is what one asks of a new token.
type tokenInput struct {
	Name    string     `json:"name" maxLength:"200" doc:"what the token is for"`
	Roles   []string   `json:"roles,omitempty" enum:"clerk,checker,approver,auditor,admin" maxItems:"5" nullable:"true" doc:"only these of the user's roles; absent: all that he holds at the time of use"`
	Expires *time.Time `json:"expires,omitempty" doc:"at most 366 days ahead; absent: then"`
}

// tokenMade is the only answer that ever shows the secret.
type tokenMade struct {
	ID      string    `json:"id"`
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// tokenShown is a token in lists.
type tokenShown struct {
	ID      string    `json:"id"`
	User    string    `json:"user"`
	Name    string    `json:"name"`
	Roles   []string  `json:"roles" nullable:"true"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
}

// IssueToken makes an API token for a user, whether or not the ledger knows
// him yet; roles nil means whatever he holds at the time of use, expires zero
// 366 days. The text is shown here and never again.
func (s *Server) IssueToken(ctx context.Context, user, name string, roles []string, expires time.Time) (id, text string, err error) {
	now := s.Clock().UTC().Truncate(time.Millisecond)
	if expires.IsZero() || expires.Sub(now) > tokenLife {
		expires = now.Add(tokenLife)
	}
	if id, err = s.tokenID(); err != nil {
		return "", "", err
	}
	secret, err := s.random(32)
	if err != nil {
		return "", "", err
	}
	t := &token{ID: id, User: user, Name: name, Roles: roles, Created: now, Expires: expires.UTC(), sum: sha256.Sum256([]byte(secret))}
	t.SHA256 = hex.EncodeToString(t.sum[:])
	if err := s.store(ctx, "token/"+id, t); err != nil {
		return "", "", fmt.Errorf("issue token: %w", err)
	}
	s.vault.mu.Lock()
	s.vault.tokens[id] = t
	s.vault.mu.Unlock()
	return id, tokenPrefix + id + "_" + secret, nil
}

// tokenID is ten letters and digits that no token has.
func (s *Server) tokenID() (string, error) {
	const letters = "0123456789abcdefghjkmnpqrstvwxyz"
	for {
		var b [tokenID]byte
		if _, err := io.ReadFull(s.Random, b[:]); err != nil {
			return "", fmt.Errorf("read randomness: %w", err)
		}
		for i := range b {
			b[i] = letters[b[i]%32]
		}
		s.vault.mu.RLock()
		_, taken := s.vault.tokens[string(b[:])]
		s.vault.mu.RUnlock()
		if !taken {
			return string(b[:]), nil
		}
	}
}

// make checks what was asked for and issues the token.
func (c *call) makeToken(user string, in *tokenInput) (*created[tokenMade], error) {
	now := c.server.Clock()
	var expires time.Time
	if in.Expires != nil {
		expires = *in.Expires
		if !expires.After(now) || expires.Sub(now) > tokenLife {
			return nil, invalid(faultAt("body.expires", "too_large", expires.Format(time.RFC3339)))
		}
	}
	if in.Name == "" {
		return nil, invalid(faultAt("body.name", "required", ""))
	}
	roles := in.Roles
	if err := c.server.heldBy(user, roles); err != nil {
		return nil, err
	}
	if user == c.identity.user && c.identity.roles != nil { // a limited token cannot make a stronger one
		if roles == nil {
			roles = c.identity.roles
		}
		for _, role := range roles {
			if c.identity.limited(role) {
				return nil, newProblem("not_authorised", "role", role, "fund", "*")
			}
		}
	}
	id, text, err := c.server.IssueToken(c.context(), user, in.Name, roles, expires)
	if err != nil {
		return nil, err
	}
	c.header().Set("Cache-Control", "no-store")
	c.server.vault.mu.RLock()
	expires = c.server.vault.tokens[id].Expires
	c.server.vault.mu.RUnlock()
	return &created[tokenMade]{201, base + "/tokens/" + id, tokenMade{id, text, expires}}, nil
}

// heldBy asks that a user holds all of the roles: those of a token are a subset
// of his.
func (s *Server) heldBy(user string, roles []string) error {
	var held []domain.Grant
	s.Model.State(func(l *domain.Ledger) {
		if u, ok := l.User(user); ok {
			held = slices.Clone(u.Roles)
		}
	})
	for i, role := range roles {
		if !slices.ContainsFunc(held, func(g domain.Grant) bool { return g.Role == role }) {
			return invalid(faultAt("body.roles["+strconv.Itoa(i)+"]", "enum", role))
		}
	}
	return nil
}

// listTokens are the tokens of a user, oldest first.
func (s *Server) listTokens(user string) []tokenShown {
	s.vault.mu.RLock()
	defer s.vault.mu.RUnlock()
	out := []tokenShown{}
	for t := range maps.Values(s.vault.tokens) {
		if t.User == user {
			out = append(out, tokenShown{t.ID, t.User, t.Name, t.Roles, t.Created, t.Expires})
		}
	}
	slices.SortFunc(out, func(a, b tokenShown) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// revokeToken takes a token away: one's own, or any as admin.
func (c *call) revokeToken(id string) error {
	s := c.server
	s.vault.mu.RLock()
	t := s.vault.tokens[id]
	s.vault.mu.RUnlock()
	if t == nil || t.User != c.identity.user && !c.holds("admin") {
		return newProblem("not_found")
	}
	if err := s.Vault.Delete(c.context(), "token/"+id); err != nil {
		return err
	}
	s.vault.mu.Lock()
	delete(s.vault.tokens, id)
	s.vault.mu.Unlock()
	return nil
}

// enrolled tells whether the ledger knows the user.
func (s *Server) enrolled(id string) (known bool) {
	s.Model.State(func(l *domain.Ledger) { _, known = l.User(id) })
	return known
}

type items[T any] struct {
	Items []T `json:"items"`
}

func (s *Server) routeTokens(r *router) {
	tokens := huma.Operation{Tags: []string{"people"}, Summary: "API tokens"}
	made := tokens
	made.DefaultStatus = 201
	operation(r, "GET", base+"/tokens", forUsers, tokens, func(c *call, _ *struct{}) (*struct{ Body items[tokenShown] }, error) {
		return &struct{ Body items[tokenShown] }{items[tokenShown]{s.listTokens(c.identity.user)}}, nil
	})
	operation(r, "POST", base+"/tokens", forUsers, made, func(c *call, in *struct{ Body tokenInput }) (*created[tokenMade], error) {
		return c.makeToken(c.identity.user, &in.Body)
	})
	operation(r, "DELETE", base+"/tokens/{id}", forUsers, tokens, func(c *call, in *struct {
		ID string `path:"id"`
	}) (*struct{}, error) {
		return nil, c.revokeToken(in.ID)
	})
	operation(r, "POST", base+"/users/{id}/tokens", forUsers, made, func(c *call, in *struct {
		ID   string `path:"id"`
		Body tokenInput
	}) (*created[tokenMade], error) {
		if err := c.need("admin"); err != nil {
			return nil, err
		}
		if !s.enrolled(in.ID) {
			return nil, newProblem("not_found")
		}
		return c.makeToken(in.ID, &in.Body)
	})
}
