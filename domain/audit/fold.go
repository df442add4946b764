package audit

import (
	"slices"
	"strings"

	"grantledger/domain"
)

// folds are what the tests remember of each type of event. The rechecks of a
// type run in its fold, before it changes the state.
var folds = map[string]func(*step){
	"ledger.opened.v1":           func(s *step) { s.grant(s.e.Actor, "admin", []string{"*"}) },
	"role.granted.v1":            func(s *step) { s.grant("user/"+s.m.Text("user"), s.m.Text("role"), s.m.Texts("funds")) },
	"role.revoked.v1":            func(s *step) { delete(s.users["user/"+s.m.Text("user")], s.m.Text("role")) },
	"organisation.registered.v1": (*step).organisationRegistered,
	"organisation.changed.v1":    (*step).organisationChanged,
	"organisation.rated.v1":      (*step).organisationRated,
	"organisation.inspected.v1":  (*step).organisationInspected,
	"fund.opened.v1":             (*step).fundOpened,
	"fund.policy-set.v1":         (*step).policySet,
	"project.registered.v1":      (*step).projectRegistered,
	"proposal.made.v1":           (*step).proposalMade,
	"proposal.approved.v1":       (*step).proposalApproved,
	"appropriation.received.v1":  func(s *step) { s.use("document", s.v.fund, s.m.Text("document")) },
	"appropriation.reduced.v1":   func(s *step) { s.use("document", s.v.fund, s.m.Text("document")) },
	"fund.transferred.v1":        (*step).transferred,
	"fund.transfer-received.v1":  (*step).transferReceived,
	"donation.received.v1":       (*step).donationReceived,
	"goods.received.v1":          (*step).goodsReceived,
	"goods.revalued.v1":          (*step).goodsRevalued,
	"goods.delivered.v1":         (*step).goodsOut,
	"goods.written-off.v1":       (*step).goodsOut,
	"award.proposed.v1":          (*step).awardProposed,
	"objection.raised.v1":        func(s *step) { s.objection("") },
	"objection.resolved.v1":      func(s *step) { s.objection(s.m.Text("result")) },
	"award.confirmed.v1":         (*step).awardConfirmed,
	"agreement.signed.v1":        (*step).agreementSigned,
	"agreement.amended.v1":       (*step).agreementAmended,
	"award.terminated.v1":        func(s *step) { s.award().state = "terminated" },
	"award.evaluated.v1":         (*step).evaluated,
	"hold.placed.v1":             func(s *step) { s.hold(true) },
	"hold.released.v1":           func(s *step) { s.hold(false) },
	"award.disbursed.v1":         (*step).disbursed,
	"expenditure.accepted.v1":    (*step).accepted,
	"refund.demanded.v1":         (*step).refundDemanded,
	"refund.received.v1":         (*step).refundSettled,
	"refund.written-off.v1":      (*step).refundSettled,
	"expenditure.adjusted.v1":    (*step).adjusted,
	"entry.reversed.v1":          (*step).reversed,
	"year.closed.v1":             (*step).yearClosed,
}

func (s *step) organisationRegistered() {
	o := at(s.organisations, s.m.Text("organisation"))
	o.status, o.identifier, o.holds = "active", identifier(s.m.Text("uscc")), map[string]bool{}
}

func (s *step) organisationChanged() {
	o := at(s.organisations, s.m.Text("organisation"))
	if s.m.Has("status") {
		o.status, o.changed = s.m.Text("status"), s.e.Position
	}
	if s.m.Has("uscc") {
		o.identifier = identifier(s.m.Text("uscc"))
	}
}

func (s *step) organisationRated() {
	o := at(s.organisations, s.m.Text("organisation"))
	o.ratings = append(o.ratings, rating{int(s.m.Int("rating")), s.m.Date("from"), s.m.Date("until")})
}

func (s *step) organisationInspected() {
	o := at(s.organisations, s.m.Text("organisation"))
	o.inspections = append(o.inspections, inspection{int(s.m.Int("year")), s.m.Text("result")})
}

func (s *step) projectRegistered() {
	*at(s.projects, s.m.Text("project")) = project{purpose: s.m.Text("purpose"), parent: s.m.Text("parent"), ends: s.m.Date("ends")}
}

func (s *step) awardProposed() {
	m, w := s.m, s.award()
	*w = award{
		id: s.v.award, fund: m.Text("fund"), project: m.Text("project"), organisation: m.Text("organisation"),
		kind: m.Text("kind"), state: "proposed", amount: m.Fen("amount"), first: m.Fen("amount"), noticeUntil: m.Date("notice_until"),
		stages: map[string]string{}, objections: map[string]string{}, holds: map[string]bool{},
	}
	if round := at(s.projects, w.project).parent; round != "" {
		k := inRound{round, w.organisation}
		s.rounds[k] = append(s.rounds[k], w)
	}
}

func (s *step) objection(result string) {
	w := s.award()
	if w.objections == nil {
		w.objections = map[string]string{}
	}
	w.objections[s.m.Text("objection")] = result
}

func (s *step) evaluated() {
	w := s.award()
	if w.stages == nil {
		w.stages = map[string]string{}
	}
	stage := s.m.Text("stage")
	w.stages[stage] = s.m.Text("result")
	if stage == "final" {
		w.final = s.v
	}
}

// hold keeps the holds of an award or an organisation.
func (s *step) hold(inForce bool) {
	subject, hold := s.m.Text("subject"), s.m.Text("hold")
	var holds *map[string]bool
	if id, ok := strings.CutPrefix(subject, "award/"); ok {
		holds = &at(s.awards, id).holds
	} else {
		holds = &at(s.organisations, strings.TrimPrefix(subject, "organisation/")).holds
	}
	if *holds == nil {
		*holds = map[string]bool{}
	}
	(*holds)[hold] = inForce
}

func (s *step) yearClosed() {
	f := s.fund()
	s.v.year = int(s.m.Int("year"))
	f.closings = append(f.closings, s.v)
}

func (s *step) transferred() {
	s.use("document", s.v.fund, s.m.Text("document"))
	t := at(s.transfers, s.m.Text("transfer"))
	t.sent, t.inside, t.amount = s.v, s.m.Has("to_fund"), s.m.Fen("amount")
}

func (s *step) transferReceived() {
	t := at(s.transfers, s.m.Text("transfer"))
	t.receipts = append(t.receipts, s.v)
}

func (s *step) donationReceived() {
	s.receipt()
	s.use("bank_reference", "", s.m.Text("bank_reference"))
}

func (s *step) refundDemanded() {
	w := s.award()
	w.claims = append(w.claims, &claim{id: s.m.Text("refund"), v: s.v, amount: s.m.Fen("amount"), due: s.m.Date("due")})
	w.demands = append(w.demands, use{s.v, -sum(s.e, domain.Advance)})
}

// refundSettled takes a receipt or a write-off off its claim.
func (s *step) refundSettled() {
	s.use("bank_reference", "", s.m.Text("bank_reference"))
	w, id := s.award(), s.m.Text("refund")
	for _, c := range slices.Backward(w.claims) {
		if c.id == id && c.v.counts() {
			c.settled = append(c.settled, use{s.v, s.m.Fen("amount")})
			return
		}
	}
}

func (s *step) adjusted() {
	if s.m.Text("kind") == "disallowed" {
		w := s.award()
		w.claims = append(w.claims, &claim{id: s.m.Text("refund"), v: s.v, amount: s.m.Fen("amount")})
	}
}

// reversed takes back what the reversed voucher did beside its lines, which
// post takes back.
func (s *step) reversed() {
	s.reversals = append(s.reversals, s.v)
	v := s.vouchers[s.m.Text("reverses")]
	if v == nil || !v.counts() {
		return
	}
	v.reversed = s.e.Position
	s.v.award, s.v.lot = v.award, v.lot
	for _, p := range v.papers {
		if s.papers[p] == v {
			delete(s.papers, p)
		}
	}
	if v.typ == "award.disbursed.v1" {
		s.award().paid += sum(s.e, domain.Disbursed)
	}
	s.lotReversed(v)
}
