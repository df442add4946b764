package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

var approvalRows = []*Definition{
	define(Definition{Name: "approve-proposal", Title: Words{"复核通过或批准", "Approve a proposal"}, Stage: "approval", Subject: "proposal", Events: []string{"proposal.approved.v1"}},
		(*decision).approveProposal, foldProposalApproved),
	define(Definition{Name: "reject-proposal", Title: Words{"退回", "Reject a proposal"}, Stage: "approval", Subject: "proposal", Events: []string{"proposal.rejected.v1"}},
		(*decision).rejectProposal, func(f *fold) { f.settle("rejected") }),
	define(Definition{Name: "withdraw-proposal", Title: Words{"撤回", "Withdraw a proposal"}, Stage: "approval", Subject: "proposal", Events: []string{"proposal.withdrawn.v1"}},
		(*decision).withdrawProposal, func(f *fold) { f.settle("withdrawn") }),
	{Name: "make-proposal", Events: []string{"proposal.made.v1"}, system: true, evolve: foldProposalMade},
}

type approveProposal struct {
	Proposal string `f:"proposal key"`
}

type rejectProposal struct {
	Proposal string `f:"proposal key"`
	Reason   string `f:"reason text"`
}

type withdrawProposal struct {
	Proposal string `f:"proposal key"`
}

// propose turns a decided command into a proposal when the fund's policy asks
// for more persons than the maker; with no step it leaves it as it is.
func (d *decision) propose() *Refusal {
	steps := d.fund.Policy.Steps(d.c.Name, d.amount, d.priced)
	if steps == 0 {
		return nil
	}
	sum := sha256.Sum256(d.c.payload)
	e := &Event{
		Position: d.l.position + 1, Type: "proposal.made.v1", Subject: "proposal/" + d.c.Key,
		Version: 1, Actor: d.c.Actor, Key: d.c.Key, On: d.c.On, Memo: d.c.Memo, Docs: d.c.Docs,
	}
	b := appendString([]byte(`{"command":`), d.c.Name)
	b = append(append(b, `,"payload":`...), d.c.payload...)
	b = appendString(append(b, `,"sha256":`...), hex.EncodeToString(sum[:]))
	e.Data = append(append(append(b, `,"steps":`...), byte('0'+steps)), '}')
	subject := d.subject
	d.subject = e.Subject
	e.Scopes = d.scopes(e)
	d.subject = subject
	if err := e.oversize(); err != nil {
		return err
	}
	d.events = []*Event{e}
	d.next = &Next{Proposal: d.c.Key, Step: 1, Steps: steps, Role: roleOf(1)}
	return nil
}

// roleOf is the role that decides a step.
func roleOf(step int) string { return [...]string{"", "checker", "approver"}[step] }

func foldProposalMade(f *fold) {
	p := Proposal{
		ID: strings.TrimPrefix(f.e.Subject, "proposal/"), Command: f.v.str("command"),
		Payload: appendValue(nil, f.v.member("payload")), SHA256: f.v.str("sha256"),
		On: f.e.On, Maker: f.e.Actor, Steps: int(f.v.int("steps")), Step: 1, State: "open", Position: f.e.Position,
	}
	for _, s := range f.e.Scopes {
		if id, ok := strings.CutPrefix(s, "fund/"); ok {
			p.Fund = id
		}
	}
	p.Refs = refsOf(f.e, p.Fund)
	f.describe(&p)
	f.proposals.put(p.ID, p)
	f.pending.put(p.Fund, append(slices.Clone(f.pending.at(p.Fund)), p.ID))
}

// describe adds what lists show of a proposal: its subject and amount, found
// by deciding it on the state it was made on.
func (f *fold) describe(p *Proposal) {
	if f.command == nil {
		return
	}
	c := *f.command
	c.Actor, c.Key, c.Docs = p.Maker, p.ID, f.e.Docs
	d := decision{l: f.Ledger, c: &c, at: f.e.Time, today: DateOf(f.e.Time), trail: &trail{}}
	_ = d.resolve()
	p.Subject = d.subject
	if d.fund != nil && c.def.decide(&d) == nil {
		p.Amount = d.amount
	}
}

// openProposal gives the proposal, which must be open.
func (d *decision) openProposal(id string) (*Proposal, *Refusal) {
	p, ok := d.l.proposals.get(id)
	if !ok {
		return nil, refuse(UnknownSubject, "proposal", "subject", "proposal/"+id)
	}
	d.refs, d.subject = p.Refs, "proposal/"+id
	if f, ok := d.l.funds.get(p.Fund); ok {
		d.fund = &f
	}
	if v := d.l.versions.at(d.subject); d.c.Expect != 0 && d.c.Expect != v {
		return nil, refuse(VersionMismatch, "", "current_version", v)
	}
	if p.State != "open" {
		return nil, wrongState("proposal/"+id, p.State)
	}
	return &p, nil
}

// mayDecide checks one of the roles for the proposal's fund, and that the
// actor is not its maker.
func (d *decision) mayDecide(p *Proposal, roles ...string) *Refusal {
	user := d.l.users.at(strings.TrimPrefix(d.c.Actor, "user/"))
	if !slices.ContainsFunc(roles, func(role string) bool { return user.Holds(role, p.Fund) }) {
		return d.notAuthorised(strings.Join(roles, "/"), p.Fund)
	}
	if d.c.Actor == p.Maker {
		return refuse(SamePerson, "")
	}
	return nil
}

func (d *decision) approveProposal(c *approveProposal) *Refusal {
	p, err := d.openProposal(c.Proposal)
	if err != nil {
		return err
	}
	if err := d.mayDecide(p, roleOf(p.Step)); err != nil {
		return err
	}
	if d.c.Actor == p.Checker {
		return refuse(SamePerson, "")
	}
	if err := d.emit("proposal.approved.v1"); err != nil {
		return err
	}
	if p.Step < p.Steps {
		d.next = &Next{Proposal: p.ID, Step: p.Step + 1, Steps: p.Steps, Role: roleOf(p.Step + 1)}
		return nil
	}
	return d.effect(p)
}

// effect decides the maker's command again, on the state of this moment, and
// appends its events behind the approval.
func (d *decision) effect(p *Proposal) *Refusal {
	v, _ := parseJSON(p.Payload)
	c, bad := bindValue(d.l.rows[p.Command], &v)
	if bad != nil {
		return refuse(InvalidInput, "proposal", "field", "payload", "reason", "pattern")
	}
	c.Actor, c.Key = p.Maker, p.ID
	t := &trail{proposal: p.ID, maker: p.Maker, checker: d.c.Actor, key: d.c.Key, actor: d.c.Actor}
	if p.Step == 2 {
		t.checker, t.approver = p.Checker, d.c.Actor
	}
	inner := decision{l: d.l, c: &c, at: d.at, today: d.today, trail: t, events: d.events}
	if err := inner.decide(); err != nil {
		return err
	}
	d.events = inner.events
	return nil
}

// json is the member approval of an effect's data.
func (t *trail) json() []byte {
	b := appendString([]byte(`{"proposal":`), t.proposal)
	b = appendString(append(b, `,"maker":`...), t.maker)
	b = appendString(append(b, `,"checker":`...), t.checker)
	if t.approver != "" {
		b = appendString(append(b, `,"approver":`...), t.approver)
	}
	return append(b, '}')
}

// foldProposalApproved takes the proposal one step on. The effect's events
// follow in the same command, so the last step approves it.
func foldProposalApproved(f *fold) {
	p := f.proposals.at(f.v.str("proposal"))
	if p.Step == 1 {
		p.Checker = f.e.Actor
	} else {
		p.Approver = f.e.Actor
	}
	if p.Step < p.Steps {
		p.Step++
		f.proposals.put(p.ID, p)
		return
	}
	f.proposals.put(p.ID, p)
	f.settle("approved")
}

// settle closes the proposal that the event names.
func (f *fold) settle(state string) {
	p := f.proposals.at(f.v.str("proposal"))
	p.State = state
	f.proposals.put(p.ID, p)
	f.pending.put(p.Fund, slices.DeleteFunc(slices.Clone(f.pending.at(p.Fund)), func(id string) bool { return id == p.ID }))
}

func (d *decision) rejectProposal(c *rejectProposal) *Refusal {
	p, err := d.openProposal(c.Proposal)
	if err != nil {
		return err
	}
	if err := d.mayDecide(p, byCheckers...); err != nil {
		return err
	}
	return d.emit("proposal.rejected.v1")
}

func (d *decision) withdrawProposal(c *withdrawProposal) *Refusal {
	p, err := d.openProposal(c.Proposal)
	if err != nil {
		return err
	}
	if d.c.Actor != p.Maker {
		return d.notAuthorised("maker", p.Fund)
	}
	return d.emit("proposal.withdrawn.v1")
}
