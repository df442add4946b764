package audit

import (
	"strings"

	"grantledger/domain"
)

func (s *step) grant(user, role string, funds []string) {
	roles := s.users[user]
	if roles == nil {
		roles = map[string]map[string]bool{}
		s.users[user] = roles
	}
	if roles[role] == nil {
		roles[role] = map[string]bool{}
	}
	for _, f := range funds {
		roles[role][f] = true
	}
}

func (a *Audit) holds(user, role, fund string) bool {
	funds := a.users[user][role]
	return funds["*"] || funds[fund]
}

func (s *step) proposalMade() {
	id := strings.TrimPrefix(s.e.Subject, "proposal/")
	s.proposals[id] = &proposal{command: s.m.Text("command"), maker: s.e.Actor, fund: s.v.fund, bands: s.fund().bands}
}

func (s *step) proposalApproved() {
	p := at(s.proposals, s.m.Text("proposal"))
	role := "checker"
	if len(p.approvals) > 0 {
		role = "approver"
	}
	p.approvals = append(p.approvals, approval{s.e.Actor, s.e.Key, role, s.holds(s.e.Actor, role, p.fund)})
}

// fourEyes is A14: of every effect it asks who made, checked and approved it,
// by the events of the log, and how many of them the policy wanted. The policy
// is that of the day on which the maker proposed, as the writer applies it.
func (s *step) fourEyes() {
	command := effects[s.e.Type]
	if command == "" {
		return
	}
	faults, taken, bands := []domain.Words(nil), 0, s.fund().bands
	if s.m.Has("approval") {
		p := s.proposals[s.m.Object("approval").Text("proposal")]
		if p == nil {
			p = &proposal{}
			faults = append(faults, say("日志中没有该待审事项", "the log has no such proposal"))
		}
		taken, bands = len(p.approvals), p.bands
		faults = append(faults, s.trail(p, command)...)
	}
	if !s.holds(s.v.maker, "clerk", s.v.fund) {
		faults = append(faults, say("经办 %s 当时不是该资金的经办人", "maker %s was no clerk of the fund then", s.v.maker))
	}
	amount, priced := s.priced()
	want := required(bands, command, amount, priced)
	if taken < want {
		faults = append(faults, say("审批步骤 %d 步, 规则要求 %d 步", "%d approvals, the policy wanted %d", taken, want))
	}
	if len(faults) == 0 {
		return
	}
	var all domain.Words
	for i, f := range faults {
		if i > 0 {
			all.ZH, all.EN = all.ZH+"; ", all.EN+"; "
		}
		all.ZH, all.EN = all.ZH+f.ZH, all.EN+f.EN
	}
	s.hit("A14", stepCount(taken), stepCount(want), all)
}

// trail compares the event's member approval with the approvals in the log.
func (s *step) trail(p *proposal, command string) (faults []domain.Words) {
	trail := s.m.Object("approval")
	maker, checker, approver := trail.Text("maker"), trail.Text("checker"), trail.Text("approver")
	if p.maker != maker || p.command != command {
		faults = append(faults, say("经办或命令与待审事项不符: %s %s", "maker or command differ from the proposal: %s %s", maker, command))
	}
	if maker == checker || maker == approver || checker == approver {
		faults = append(faults, say("经办 %s、复核 %s、审批 %s 不是不同的人", "maker %s, checker %s, approver %s are not different people", maker, checker, approver))
	}
	named := []string{checker}
	if approver != "" {
		named = append(named, approver)
	}
	for i, who := range named {
		if i >= len(p.approvals) || p.approvals[i].actor != who {
			faults = append(faults, say("日志中没有 %s 的审批", "the log has no approval by %s", who))
		} else if a := p.approvals[i]; !a.holder {
			faults = append(faults, say("%s 当时没有 %s 角色", "%s did not hold the role %s then", who, a.role))
		}
	}
	if n := len(p.approvals); n != len(named) || p.approvals[n-1].key != s.e.Key || p.approvals[n-1].actor != s.e.Actor {
		faults = append(faults, say("不是紧随最后一步审批生效", "did not take effect by the last approval"))
	}
	return faults
}

// priced is the amount that the policy goes by (DOMAIN.md 4), on the state
// before the event; false for a command without one.
func (s *step) priced() (amount domain.Fen, ok bool) {
	switch s.e.Type {
	case "year.lapsed.v1", "year.carried.v1", "year.closed.v1":
		return 0, false
	case "award.disbursed.v1":
		return sum(s.e, domain.Disbursed), true
	case "award.confirmed.v1", "agreement.signed.v1":
		return s.award().amount, true
	case "agreement.amended.v1":
		change := s.m.Fen("amount") - s.award().amount
		return max(change, -change), true
	case "award.terminated.v1":
		if w := s.award(); w.state != "proposed" {
			return w.amount - w.paid, true
		}
		return 0, true
	case "expenditure.accepted.v1":
		return -sum(s.e, domain.Advance), true
	case "goods.received.v1":
		return s.m.Fen("value"), true
	case "goods.revalued.v1":
		change := sum(s.e, domain.Goods)
		return max(change, -change), true
	case "goods.delivered.v1", "goods.written-off.v1":
		return -sum(s.e, domain.Goods), true
	case "entry.reversed.v1":
		if v := s.vouchers[s.m.Text("reverses")]; v != nil {
			return v.amount, true
		}
	}
	return s.m.Fen("amount"), true
}
