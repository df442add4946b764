package domain

import (
	"slices"
	"strings"
)

var peopleRows = []*Definition{
	define(Definition{Name: "open-ledger", Title: Words{"开立账本", "Open the ledger"}, Stage: "ledger", Subject: "ledger", Events: []string{"ledger.opened.v1"}},
		(*decision).openLedger, foldLedgerOpened),
	define(Definition{Name: "enrol-user", Title: Words{"登记用户", "Enrol a user"}, Stage: "people", Roles: byAdmin, Subject: "user", Events: []string{"user.enrolled.v1"}},
		func(d *decision, c *enrolUser) *Refusal { return d.emit("user.enrolled.v1") }, foldUserEnrolled),
	define(Definition{Name: "grant-role", Title: Words{"授予角色", "Grant a role"}, Stage: "people", Roles: byAdmin, Subject: "user", Events: []string{"role.granted.v1"}},
		(*decision).grantRole, foldRoleGranted),
	define(Definition{Name: "revoke-role", Title: Words{"收回角色", "Revoke a role"}, Stage: "people", Roles: byAdmin, Subject: "user", Events: []string{"role.revoked.v1"}},
		(*decision).revokeRole, foldRoleRevoked),
}

type openLedger struct {
	Ledger   string `f:"ledger id"`
	Name     string `f:"name text"`
	District string `f:"district code"`
}

type enrolUser struct {
	User string `f:"user new=user"`
}

type grantRole struct {
	User  string   `f:"user ref=user"`
	Role  string   `f:"role enum=clerk|checker|approver|auditor|admin"`
	Funds []string `f:"funds texts max=50"`
}

type revokeRole struct {
	User string `f:"user ref=user"`
	Role string `f:"role enum=clerk|checker|approver|auditor|admin"`
}

// Opened tells whether the ledger has been opened.
func (l *Ledger) Opened() bool { return l.info.has("id") }

func (d *decision) openLedger(c *openLedger) *Refusal {
	if d.l.Opened() {
		return refuse(AlreadyExists, "ledger", "subject", "ledger/"+d.l.info.at("id"))
	}
	if d.l.position != 0 {
		return refuse(WrongState, "", "subject", "ledger/"+c.Ledger, "state", "-")
	}
	if err := d.validDistrict(c.District); err != nil {
		return err
	}
	d.subject = "ledger/" + c.Ledger
	return d.emit("ledger.opened.v1", member{"format", []byte("1")}, textMember("origin", d.l.genesis.Origin),
		textMember("trust", d.l.genesis.Trust), textMember("register_sha256", registerHash()))
}

func foldLedgerOpened(f *fold) {
	f.info.put("id", f.v.str("ledger"))
	f.info.put("name", f.v.str("name"))
	f.info.put("district", f.v.str("district"))
	f.info.put("origin", f.v.str("origin"))
	f.info.put("trust", f.v.str("trust"))
	id := strings.TrimPrefix(f.e.Actor, "user/")
	f.users.put(id, User{ID: id, Roles: []Grant{{Role: "admin", Funds: []string{"*"}}}})
}

func foldUserEnrolled(f *fold) {
	id := f.v.str("user")
	f.users.put(id, User{ID: id})
}

// excluded are the roles that cannot go with the given one (DOMAIN.md 4).
func excluded(role string) []string {
	if role == "admin" || role == "auditor" {
		return []string{"clerk", "checker", "approver"}
	}
	return []string{"admin", "auditor"}
}

func (d *decision) grantRole(c *grantRole) *Refusal {
	for _, id := range c.Funds {
		if id != "*" && !d.l.funds.has(id) {
			return refuse(UnknownSubject, "funds", "subject", "fund/"+id)
		}
	}
	if d.c.Actor == "user/"+c.User {
		return refuse(SamePerson, "user")
	}
	user := d.l.users.at(c.User)
	for _, g := range user.Roles {
		if slices.Contains(excluded(c.Role), g.Role) {
			return refuse(RoleConflict, "role", "role", c.Role, "other", g.Role)
		}
	}
	return d.emit("role.granted.v1")
}

// foldRoleGranted adds the funds to those the user holds the role for.
func foldRoleGranted(f *fold) {
	user, role, funds := f.users.at(f.v.str("user")), f.v.str("role"), f.v.strings("funds")
	roles := slices.Clone(user.Roles)
	at := slices.IndexFunc(roles, func(g Grant) bool { return g.Role == role })
	if at < 0 {
		roles = append(roles, Grant{Role: role, Funds: funds})
	} else {
		all := slices.Concat(roles[at].Funds, funds)
		slices.Sort(all)
		roles[at].Funds = slices.Compact(all)
	}
	user.Roles = roles
	f.users.put(user.ID, user)
}

func (d *decision) revokeRole(c *revokeRole) *Refusal {
	if d.c.Actor == "user/"+c.User {
		return refuse(SamePerson, "user")
	}
	user := d.l.users.at(c.User)
	if !slices.ContainsFunc(user.Roles, func(g Grant) bool { return g.Role == c.Role }) {
		return refuse(UnknownSubject, "role", "subject", "user/"+c.User+" "+c.Role)
	}
	return d.emit("role.revoked.v1")
}

func foldRoleRevoked(f *fold) {
	user, role := f.users.at(f.v.str("user")), f.v.str("role")
	user.Roles = slices.DeleteFunc(slices.Clone(user.Roles), func(g Grant) bool { return g.Role == role })
	f.users.put(user.ID, user)
}
