package projections

import (
	"bytes"
	"encoding/json"

	"grantledger/domain"
	"grantledger/domain/division"
)

// Facts are what is known of a subject, in the order in which they are shown.
// As JSON they are an object: amounts with two decimals, dates as 2026-09-30,
// absent ones null, lists never null.
type Facts []Fact

// Fact is one of them. Value is a string, bool, int, int64, domain.Fen,
// domain.Date (zero = absent), []string, Facts, []Facts or nil.
type Fact struct {
	Name  string
	Value any
}

// Get is the value of a name, nil without it.
func (f Facts) Get(name string) any {
	for _, fact := range f {
		if fact.Name == name {
			return fact.Value
		}
	}
	return nil
}

// MarshalJSON writes the facts as an object in their order.
func (f Facts) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, fact := range f {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(fact.Name)
		if err != nil {
			return nil, err
		}
		value, err := marshalFact(fact.Value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

func marshalFact(value any) ([]byte, error) {
	switch v := value.(type) {
	case domain.Fen:
		value = v.String()
	case domain.Date:
		if value = v.String(); v == 0 {
			value = nil
		}
	case []string:
		if v == nil {
			value = []string{}
		}
	case []Facts:
		if v == nil {
			value = []Facts{}
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// FactsOf tells what the state says of a subject; ok is false when there is no
// such subject.
func FactsOf(l *domain.Ledger, kind, id string) (facts Facts, ok bool) {
	switch kind {
	case "fund":
		f, ok := l.Fund(id)
		return fundFacts(&f), ok
	case "project":
		p, ok := l.Project(id)
		return projectFacts(l, &p), ok
	case "organisation":
		o, ok := l.Organisation(id)
		return organisationFacts(&o), ok
	case "district":
		return districtFacts(l.Register(), id), l.Register().Known(id)
	case "award":
		w, ok := l.Award(id)
		return awardFacts(&w), ok
	case "pledge":
		p, ok := l.Pledge(id)
		return pledgeFacts(&p), ok
	case "lot":
		lot, ok := l.Lot(id)
		return lotFacts(&lot), ok
	case "transfer":
		t, ok := l.Transfer(id)
		return transferFacts(&t), ok
	case "proposal":
		p, ok := l.Proposal(id)
		return proposalFacts(&p), ok
	case "user":
		u, ok := l.User(id)
		return userFacts(&u), ok
	}
	return nil, false
}

// textOrNil is nil for an absent text.
func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func fundFacts(f *domain.Fund) Facts {
	p := &f.Policy
	var approval []Facts
	for _, r := range p.Approval {
		rule := Facts{{"commands", r.Commands}, {"up_to", nil}, {"steps", r.Steps}}
		if r.UpTo != nil {
			rule[1].Value = *r.UpTo
		}
		approval = append(approval, rule)
	}
	facts := Facts{
		{"name", f.Name}, {"source", f.Source}, {"custody", f.Custody}, {"district", f.District}, {"subject", textOrNil(f.Subject)},
		{"last_closed", nil}, {"purposes", p.Purposes}, {"lapses", p.Lapses}, {"notice_days", p.NoticeDays}, {"award_cap", nil},
		{"share_percent", p.SharePercent}, {"min_rating", p.MinRating}, {"inspection", p.Inspection}, {"one_award", p.OneAward},
		{"supplement_percent", p.SupplementPercent}, {"approval", approval},
	}
	if f.LastClosed != 0 {
		facts[5].Value = f.LastClosed
	}
	if p.AwardCap != 0 {
		facts[9].Value = p.AwardCap
	}
	return facts
}

func projectFacts(l *domain.Ledger, p *domain.Project) Facts {
	class := ""
	if purpose, ok := division.PurposeOf(p.Purpose); ok {
		class = purpose.Class
	}
	return Facts{
		{"name", p.Name}, {"district", p.District}, {"district_now", l.Register().Current(p.District)}, {"purpose", p.Purpose}, {"class", class},
		{"parent", textOrNil(p.Parent)}, {"place", textOrNil(p.Place)}, {"starts", p.Starts}, {"ends", p.Ends}, {"closed", p.Closed},
	}
}

func organisationFacts(o *domain.Organisation) Facts {
	var ratings, inspections []Facts
	for _, r := range o.Ratings {
		ratings = append(ratings, Facts{{"rating", r.Value}, {"from", r.From}, {"until", r.Until}})
	}
	for _, i := range o.Inspections {
		inspections = append(inspections, Facts{{"year", i.Year}, {"result", i.Result}})
	}
	return Facts{
		{"name", o.Name}, {"kind", o.Kind}, {"uscc", textOrNil(o.USCC)}, {"identifier", o.Identifier}, {"district", o.District},
		{"status", o.Status}, {"ratings", ratings}, {"inspections", inspections}, {"holds", holdFacts(o.Holds)},
	}
}

func holdFacts(holds []domain.Hold) []Facts {
	var out []Facts
	for _, h := range holds {
		out = append(out, Facts{{"hold", h.ID}, {"reason", h.Reason}, {"placed", h.Placed}, {"released", h.Released}})
	}
	return out
}

func districtFacts(r *division.Register, code string) Facts {
	row, _ := r.Row(code, domain.MaxYear)
	var rows []Facts
	for _, row := range r.Rows(code) {
		f := Facts{{"name", row.Name}, {"from", row.From}, {"to", nil}}
		if row.To != 0 {
			f[2].Value = row.To
		}
		rows = append(rows, f)
	}
	return Facts{
		{"name", row.Name}, {"level", division.Level(code)}, {"province", textOrNil(row.Province)}, {"prefecture", textOrNil(row.Prefecture)},
		{"rows", rows}, {"predecessors", movedFacts(r.Predecessors(code))}, {"successors", movedFacts(r.Successors(code))},
	}
}

func movedFacts(list []division.Successor) []Facts {
	var out []Facts
	for _, s := range list {
		out = append(out, Facts{{"code", s.Code}, {"year", s.Year}})
	}
	return out
}

func awardFacts(w *domain.Award) Facts {
	facts := Facts{
		{"fund", w.Fund}, {"project", w.Project}, {"organisation", w.Organisation}, {"kind", w.Kind}, {"from", w.From},
		{"amount", w.Amount}, {"first_amount", w.First}, {"paid", w.Paid()}, {"project_budget", nil}, {"state", w.State},
		{"proposed", w.Proposed}, {"notice_from", w.NoticeFrom}, {"notice_until", w.NoticeUntil}, {"confirmed", w.Confirmed},
		{"signed", w.Signed}, {"agreement", textOrNil(w.Agreement)}, {"starts", w.Starts}, {"ends", w.Ends}, {"match", w.Promised},
	}
	if w.Budget != 0 {
		facts[8].Value = w.Budget
	}
	var instalments, claims, evaluations, objections []Facts
	for i, p := range w.Instalments {
		instalments = append(instalments, Facts{{"instalment", i + 1}, {"amount", p.Amount}, {"paid", p.Paid}, {"after", p.After}, {"state", paidState(p)}})
	}
	for _, c := range w.Claims {
		claims = append(claims, Facts{{"refund", c.ID}, {"year", c.Year}, {"amount", c.Amount}, {"received", c.Received}, {"written_off", c.Waived}, {"open", c.Open()}, {"due", c.Due}, {"demanded", c.Demanded}})
	}
	for _, e := range w.Evaluations {
		evaluations = append(evaluations, Facts{{"stage", e.Stage}, {"score", e.Score}, {"result", e.Result}, {"on", e.On}})
	}
	for _, o := range w.Objections {
		objections = append(objections, Facts{{"objection", o.ID}, {"text", o.Text}, {"result", textOrNil(o.Result)}})
	}
	return append(facts, Fact{"instalments", instalments}, Fact{"claims", claims}, Fact{"evaluations", evaluations},
		Fact{"objections", objections}, Fact{"holds", holdFacts(w.Holds)})
}

func paidState(i domain.Instalment) string {
	switch i.Paid {
	case 0:
		return "open"
	case i.Amount:
		return "paid"
	}
	return "part"
}

func pledgeFacts(p *domain.Pledge) Facts {
	return Facts{
		{"fund", p.Fund}, {"donor", p.Donor}, {"form", p.Form}, {"amount", p.Amount}, {"fulfilled", p.Fulfilled}, {"released", p.Released},
		{"open", p.Open()}, {"due", p.Due}, {"made", p.Made}, {"reversed", p.Reversed},
	}
}

func lotFacts(l *domain.Lot) Facts {
	return Facts{
		{"fund", l.Fund}, {"donor", l.Donor}, {"item", l.Item}, {"unit", l.Unit}, {"basis", l.Basis}, {"quantity", l.Quantity}, {"out", l.Out},
		{"left", l.Quantity - l.Out}, {"value", l.Value}, {"value_out", l.ValueOut}, {"received", l.Received}, {"reversed", l.Reversed},
	}
}

func transferFacts(t *domain.Transfer) Facts {
	var parts []Facts
	for _, p := range t.Parts {
		parts = append(parts, Facts{{"vintage", p.Vintage}, {"amount", p.Amount}})
	}
	return Facts{
		{"fund", t.Fund}, {"to_fund", textOrNil(t.To)}, {"to_district", textOrNil(t.District)}, {"kind", t.Kind}, {"amount", t.Amount()},
		{"parts", parts}, {"sent", t.Sent}, {"state", t.State},
	}
}

func proposalFacts(p *domain.Proposal) Facts {
	return Facts{
		{"command", p.Command}, {"fund", textOrNil(p.Fund)}, {"subject", textOrNil(p.Subject)}, {"amount", p.Amount}, {"on", p.On},
		{"maker", p.Maker}, {"checker", textOrNil(p.Checker)}, {"approver", textOrNil(p.Approver)}, {"steps", p.Steps}, {"step", p.Step},
		{"state", p.State}, {"payload_sha256", p.SHA256},
	}
}

func userFacts(u *domain.User) Facts {
	var roles []Facts
	for _, g := range u.Roles {
		roles = append(roles, Facts{{"role", g.Role}, {"funds", g.Funds}})
	}
	return Facts{{"roles", roles}}
}

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
