package projections

import (
	"grantledger/domain"
)

// Summary is the part of a subject that lists show and the state alone tells:
// label, state, what it belongs to, amount; ok is false when there is no such
// subject.
func Summary(l *domain.Ledger, kind, id string) (s Subject, ok bool) {
	s = Subject{Kind: kind, ID: id, Version: l.Version(kind + "/" + id)}
	switch kind {
	case "fund":
		f, found := l.Fund(id)
		s.Label, s.State, s.Fund, ok = f.Name, "open", id, found
	case "project":
		p, found := l.Project(id)
		s.Label, s.State, s.Project, ok = p.Name, "open", id, found
		if p.Closed {
			s.State = "closed"
		}
	case "organisation":
		o, found := l.Organisation(id)
		s.Label, s.State, ok = o.Name, o.Status, found
	case "district":
		s.Label, ok = l.Register().Name(id, domain.MaxYear), l.Register().Known(id)
		s.State = "ended"
		if row, _ := l.Register().Row(id, domain.MaxYear); row.To == 0 {
			s.State = "in_force"
		}
	case "user":
		_, ok = l.User(id)
	default:
		return s, s.summariseDeal(l, id)
	}
	return s, ok
}

// summariseDeal is Summary for the subjects that have an amount.
func (s *Subject) summariseDeal(l *domain.Ledger, id string) (ok bool) {
	s.HasAmount = true
	switch s.Kind {
	case "award":
		w, found := l.Award(id)
		p, _ := l.Project(w.Project)
		s.Label, s.State, s.Fund, s.Project, s.Amount, ok = p.Name, w.State, w.Fund, w.Project, w.Amount, found
	case "pledge":
		p, found := l.Pledge(id)
		o, _ := l.Organisation(p.Donor)
		s.Label, s.State, s.Fund, s.Amount, ok = o.Name, pledgeState(&p), p.Fund, p.Amount, found
	case "lot":
		lot, found := l.Lot(id)
		s.Label, s.State, s.Fund, s.Amount, ok = lot.Item, lotState(&lot), lot.Fund, lot.Value, found
	case "transfer":
		t, found := l.Transfer(id)
		s.State, s.Fund, s.Amount, ok = t.State, t.Fund, t.Amount(), found
	case "proposal":
		p, found := l.Proposal(id)
		s.State, s.Fund, s.Amount, ok = p.State, p.Fund, p.Amount, found
		if len(p.Refs.Projects) > 0 {
			s.Project = p.Refs.Projects[0]
		}
	}
	return ok
}

func pledgeState(p *domain.Pledge) string {
	switch {
	case p.Reversed:
		return "reversed"
	case p.Open() == p.Amount:
		return "open"
	case p.Open() > 0:
		return "part"
	case p.Fulfilled > 0:
		return "fulfilled"
	}
	return "released"
}

func lotState(l *domain.Lot) string {
	switch {
	case l.Reversed:
		return "reversed"
	case l.Out == 0:
		return "full"
	case l.Out < l.Quantity:
		return "part"
	}
	return "empty"
}
