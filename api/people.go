package api

import (
	"slices"

	"grantledger/domain"

	"github.com/danielgtaylor/huma/v2"
)

// roleShown is a role with the funds it is held for.
type roleShown struct {
	Role  string   `json:"role"`
	Funds []string `json:"funds"`
}

func rolesShown(grants []domain.Grant) []roleShown {
	out := make([]roleShown, 0, len(grants))
	for _, g := range grants {
		out = append(out, roleShown{g.Role, g.Funds})
	}
	return out
}

// me says who the caller is.
type me struct {
	User     *string     `json:"user" doc:"id; null without sign-in"`
	Name     *string     `json:"name"`
	Roles    []roleShown `json:"roles" doc:"in force for this credential"`
	Coverage string      `json:"coverage" enum:"all,funds,published"`
}

func (c *call) me() me {
	out := me{Roles: rolesShown(c.grants()), Coverage: c.view().Coverage()}
	if user := c.identity.user; user != "" {
		name := c.server.name(user)
		out.User, out.Name = &user, &name
	}
	return out
}

// userShown is a user in the list for admins.
type userShown struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Roles    []roleShown `json:"roles"`
	Tokens   int         `json:"tokens"`
	Password bool        `json:"password" doc:"has one"`
}

func (s *Server) users() []userShown {
	out := []userShown{}
	s.Model.State(func(l *domain.Ledger) {
		for u := range l.Users() {
			out = append(out, userShown{ID: u.ID, Roles: rolesShown(slices.Clone(u.Roles))})
		}
	})
	for i := range out {
		out[i].Name = s.name(out[i].ID)
		out[i].Tokens = len(s.listTokens(out[i].ID))
		s.vault.mu.RLock()
		out[i].Password = s.vault.passwords[out[i].ID] != ""
		s.vault.mu.RUnlock()
	}
	return out
}

func (s *Server) routePeople(r *router) {
	people := huma.Operation{Tags: []string{"people"}}
	with := func(summary string) huma.Operation { o := people; o.Summary = summary; return o }
	operation(r, "GET", base+"/me", forReaders, with("who am I"), func(c *call, _ *struct{}) (*answer[me], error) {
		return ledgerAnswer(c, c.me()), nil
	})
	operation(r, "GET", base+"/users", forUsers, with("users and their roles"), func(c *call, _ *struct{}) (*answer[items[userShown]], error) {
		if err := c.need("admin"); err != nil {
			return nil, err
		}
		return ledgerAnswer(c, items[userShown]{s.users()}), nil
	})
	operation(r, "PUT", base+"/users/{id}/password", forUsers, with("set a password: one's own, or as admin"), func(c *call, in *struct {
		ID   string `path:"id"`
		Body struct {
			Password string  `json:"password" maxLength:"512"`
			Current  *string `json:"current,omitempty" doc:"the old one; needed with a session of one's own"`
			Name     *string `json:"name,omitempty" maxLength:"200" doc:"display name"`
		}
	}) (*struct{}, error) {
		return nil, c.changePassword(in.ID, in.Body.Password, in.Body.Current, in.Body.Name)
	})
	operation(r, "PUT", base+"/users/{id}/name", forUsers, with("set the display name of a user, which stays outside the log"), func(c *call, in *struct {
		ID   string `path:"id"`
		Body struct {
			Name string `json:"name" maxLength:"200"`
		}
	}) (*struct{}, error) {
		if err := c.need("admin"); err != nil {
			return nil, err
		}
		if !s.enrolled(in.ID) {
			return nil, newProblem("not_found")
		}
		return nil, s.SetName(c.context(), in.ID, in.Body.Name)
	})
	operation(r, "DELETE", base+"/users/{id}/sessions", forUsers, with("end all sessions of a user: one's own, or as admin"), func(c *call, in *struct {
		ID string `path:"id"`
	}) (*struct{}, error) {
		if in.ID != c.identity.user && !c.holds("admin") {
			return nil, newProblem("not_found")
		}
		return nil, s.endSessions(c.context(), in.ID)
	})
	s.routeTokens(r)
	s.routeSessions(r)
}

// changePassword lets users change their own and admins that of any user whom
// the ledger knows.
func (c *call) changePassword(id, password string, current, name *string) error {
	s := c.server
	own := id == c.identity.user
	switch {
	case !own && !c.holds("admin"), !own && !s.enrolled(id):
		return newProblem("not_found")
	case own && c.identity.session != "":
		if current == nil {
			return invalid(faultAt("body.current", "required", ""))
		}
		if err := s.signIn(id, *current, address(c.request)); err != nil {
			return err
		}
	}
	if err := s.SetPassword(c.context(), id, password); err != nil {
		return err
	}
	if name != nil {
		return s.SetName(c.context(), id, *name)
	}
	return nil
}

// ledgerAnswer is an answer that reflects the read model's present position.
func ledgerAnswer[T any](c *call, body T) *answer[T] {
	return answerAt(c.server.Model.Progress(), body)
}
