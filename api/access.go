package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/projections"
)

// identity is who asks.
type identity struct {
	user    string   // id; "" = nobody signed in
	token   string   // id of the API token, or ""
	session string   // hash of the session, or ""
	roles   []string // that the token is limited to; nil = all the user has
}

// actor is the user as events name one.
func (i identity) actor() string { return "user/" + i.user }

// limited tells whether the token leaves the role out.
func (i identity) limited(role string) bool { return i.roles != nil && !slices.Contains(i.roles, role) }

// grants are the roles in force now, without those that the token leaves out.
// They come from the ledger each time: a role revoked is gone at once.
func (c *call) grants() []domain.Grant {
	if c.identity.user == "" {
		return nil
	}
	var grants []domain.Grant
	c.server.Model.State(func(l *domain.Ledger) {
		user, _ := l.User(c.identity.user)
		grants = slices.Clone(user.Roles)
	})
	return slices.DeleteFunc(grants, func(g domain.Grant) bool { return c.identity.limited(g.Role) })
}

// holds tells whether the caller has one of the roles on any fund.
func (c *call) holds(roles ...string) bool {
	return slices.ContainsFunc(c.grants(), func(g domain.Grant) bool { return slices.Contains(roles, g.Role) })
}

// need refuses a caller without any of the roles, judged on everything that is
// stored: a role granted a moment ago counts.
func (c *call) need(roles ...string) error {
	if err := c.reach(c.server.Log.Position(), patience); err != nil {
		return err
	}
	if c.holds(roles...) {
		return nil
	}
	return newProblem("not_authorised", "role", strings.Join(roles, "/"), "fund", "*")
}

// view is what the caller may see (API.md 2): auditors and admins all, others
// their funds and what is published.
func (c *call) view() projections.View {
	v := projections.View{Public: c.server.Config.PublicFunds}
	if c.identity.user == "" {
		return v
	}
	v.SignedIn = true
	for _, g := range c.grants() {
		if g.Role == "auditor" || g.Role == "admin" {
			v.All = true
		}
		v.Funds = append(v.Funds, g.Funds...)
	}
	slices.Sort(v.Funds)
	v.Funds = slices.Compact(v.Funds)
	return v
}

// opened tells whether the ledger has been opened.
func (s *Server) opened() (opened bool) {
	s.Model.State(func(l *domain.Ledger) { opened = l.Opened() })
	return opened
}

// reach waits until the read model has the position, at most for patience; 503
// position_not_reached otherwise.
func (c *call) reach(position uint64, patience time.Duration) error {
	m := c.server.Model
	if position == 0 || m.Progress() >= position {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.context(), patience)
	defer cancel()
	if err := m.Wait(ctx, position); err != nil {
		p := newProblem("position_not_reached", "position", position)
		p.cause = err
		return p
	}
	return nil
}

// patience is how long a read waits when the client does not say.
const patience = 5 * time.Second
