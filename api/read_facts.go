package api

import (
	"encoding/json"
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// fact is a member of a subject's facts.
type fact struct {
	name string
	kind kind
	cell cell
}

// facts are the members of a subject's facts in order; a subject that is not
// there has the same ones without values.
type facts []fact

func (f *facts) next(name string, k kind) *cell {
	*f = append(*f, fact{name: name, kind: k})
	return &(*f)[len(*f)-1].cell
}

func (f *facts) text(name, v string)              { f.next(name, textCell).say(v) }
func (f *facts) date(name string, d domain.Date)  { f.next(name, textCell).say(d.String()) }
func (f *facts) amount(name string, a domain.Fen) { f.next(name, amountCell).amount(a) }
func (f *facts) count(name string, n int64)       { f.next(name, integerCell).count(n) }
func (f *facts) year(name string, y int)          { f.next(name, integerCell).position(uint64(y)) }
func (f *facts) flag(name string, yes bool)       { f.next(name, flagCell).flag(yes) }
func (f *facts) texts(name string, list []string) { f.next(name, listCell).list = list }

// cap is an amount of which 0 means none.
func (f *facts) cap(name string, a domain.Fen) {
	if c := f.next(name, amountCell); a != 0 {
		c.amount(a)
	}
}

// records is a list of objects.
func records[T any](f *facts, name string, list []T, record func(T) map[string]any) {
	all := make([]string, len(list))
	for i, v := range list {
		text, err := json.Marshal(record(v))
		if err != nil {
			panic("api: facts " + name + ": " + err.Error())
		}
		all[i] = string(text)
	}
	f.next(name, recordsCell).list = all
}

// dateOrNull is a date as an object has it.
func dateOrNull(d domain.Date) any {
	if d == 0 {
		return nil
	}
	return d.String()
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// facts are what the rules know of a subject now.
func (n namer) facts(kind, id string) facts {
	var f facts
	switch kind {
	case "fund":
		v, _ := n.ledger.Fund(id)
		f.fund(&v)
	case "project":
		v, _ := n.ledger.Project(id)
		f.project(&v)
	case "organisation":
		v, _ := n.ledger.Organisation(id)
		if !n.signedIn {
			v.Holds = nil // events of an organisation alone are not public
		}
		f.organisation(&v)
	case "district":
		f.district(n.ledger.Register(), id)
	case "award":
		v, _ := n.ledger.Award(id)
		f.award(&v)
	case "pledge":
		v, _ := n.ledger.Pledge(id)
		f.pledge(&v)
	case "lot":
		v, _ := n.ledger.Lot(id)
		f.lot(&v)
	case "transfer":
		v, _ := n.ledger.Transfer(id)
		f.transfer(&v)
	case "proposal":
		v, _ := n.ledger.Proposal(id)
		f.proposal(&v)
	case "user":
		v, _ := n.ledger.User(id)
		records(&f, "roles", v.Roles, func(g domain.Grant) map[string]any { return map[string]any{"role": g.Role, "funds": g.Funds} })
	}
	return f
}

func (f *facts) fund(v *domain.Fund) {
	f.text("source", v.Source)
	f.text("custody", v.Custody)
	f.text("district", v.District)
	f.text("budget_subject", v.Subject)
	f.year("last_closed", v.LastClosed)
	p := &v.Policy
	f.texts("purposes", p.Purposes)
	f.flag("lapses", p.Lapses)
	f.count("notice_days", int64(p.NoticeDays))
	f.cap("award_cap", p.AwardCap)
	f.count("share_percent", int64(p.SharePercent))
	f.count("min_rating", int64(p.MinRating))
	f.flag("inspection", p.Inspection)
	f.flag("one_award", p.OneAward)
	f.count("supplement_percent", int64(p.SupplementPercent))
	records(f, "approval", p.Approval, func(r domain.ApprovalRule) map[string]any {
		upTo := any(nil)
		if r.UpTo != nil {
			upTo = r.UpTo.String()
		}
		return map[string]any{"commands": r.Commands, "up_to": upTo, "steps": r.Steps}
	})
}

func (f *facts) project(v *domain.Project) {
	f.text("district", v.District)
	f.text("purpose", v.Purpose)
	f.text("parent", v.Parent)
	f.text("place", v.Place)
	f.date("starts", v.Starts)
	f.date("ends", v.Ends)
	f.flag("closed", v.Closed)
}

func (f *facts) organisation(v *domain.Organisation) {
	f.text("kind", v.Kind)
	f.text("uscc", v.USCC)
	f.text("identifier", v.Identifier)
	f.text("district", v.District)
	f.text("status", v.Status)
	records(f, "ratings", v.Ratings, func(r domain.Rating) map[string]any {
		return map[string]any{"value": r.Value, "from": dateOrNull(r.From), "until": dateOrNull(r.Until)}
	})
	records(f, "inspections", v.Inspections, func(i domain.Inspection) map[string]any {
		return map[string]any{"year": i.Year, "result": i.Result}
	})
	records(f, "holds", v.Holds, holdRecord)
}

func holdRecord(h domain.Hold) map[string]any {
	return map[string]any{"id": h.ID, "reason": textOrNull(h.Reason), "placed": dateOrNull(h.Placed), "released": dateOrNull(h.Released)}
}

// district shows the rows of a code in the register.
func (f *facts) district(register *division.Register, code string) {
	f.text("level", division.Level(code))
	f.text("province", above(code, division.ProvinceOf(code)))
	f.text("city", above(code, division.PrefectureOf(code)))
	records(f, "history", register.Rows(code), func(r division.Row) map[string]any {
		to := any(nil)
		if r.To != 0 {
			to = r.To
		}
		return map[string]any{"name": r.Name, "level": r.Level, "province": r.Province, "prefecture": textOrNull(r.Prefecture), "from": r.From, "to": to}
	})
}

// above is the code above another, "" when they are the same.
func above(code, parent string) string {
	if parent == code || strings.HasSuffix(code, "0000") {
		return ""
	}
	return parent
}

func (f *facts) award(v *domain.Award) {
	f.text("kind", v.Kind)
	f.text("fund", v.Fund)
	f.text("organisation", v.Organisation)
	f.text("from_project", v.From)
	f.amount("first_amount", v.First)
	f.cap("budget", v.Budget)
	f.amount("paid", v.Paid())
	f.date("proposed", v.Proposed)
	f.date("confirmed", v.Confirmed)
	f.date("signed", v.Signed)
	f.date("notice_from", v.NoticeFrom)
	f.date("notice_until", v.NoticeUntil)
	f.text("agreement", v.Agreement)
	f.date("starts", v.Starts)
	f.date("ends", v.Ends)
	f.amount("promised", v.Promised)
	records(f, "instalments", v.Instalments, func(i domain.Instalment) map[string]any {
		return map[string]any{"amount": i.Amount.String(), "paid": i.Paid.String(), "after": textOrNull(i.After)}
	})
	records(f, "claims", v.Claims, func(c domain.Claim) map[string]any {
		return map[string]any{"id": c.ID, "year": c.Year, "amount": c.Amount.String(), "received": c.Received.String(), "waived": c.Waived.String(),
			"due": dateOrNull(c.Due), "demanded": dateOrNull(c.Demanded)}
	})
	records(f, "evaluations", v.Evaluations, func(e domain.Evaluation) map[string]any {
		return map[string]any{"stage": e.Stage, "score": e.Score, "result": e.Result, "on": dateOrNull(e.On)}
	})
	records(f, "objections", v.Objections, func(o domain.Objection) map[string]any {
		return map[string]any{"id": o.ID, "text": textOrNull(o.Text), "result": textOrNull(o.Result)}
	})
	records(f, "holds", v.Holds, holdRecord)
}

func (f *facts) pledge(v *domain.Pledge) {
	f.text("fund", v.Fund)
	f.text("donor", v.Donor)
	f.text("form", v.Form)
	f.amount("fulfilled", v.Fulfilled)
	f.amount("released", v.Released)
	f.amount("open", v.Open())
	f.date("made", v.Made)
	f.date("due", v.Due)
	f.flag("reversed", v.Reversed)
}

func (f *facts) lot(v *domain.Lot) {
	f.text("fund", v.Fund)
	f.text("donor", v.Donor)
	f.text("item", v.Item)
	f.text("unit", v.Unit)
	f.text("basis", v.Basis)
	f.count("quantity", v.Quantity)
	f.count("quantity_out", v.Out)
	f.amount("value", v.Value)
	f.amount("value_out", v.ValueOut)
	f.date("received", v.Received)
	f.flag("reversed", v.Reversed)
}

func (f *facts) transfer(v *domain.Transfer) {
	f.text("fund", v.Fund)
	f.text("to_fund", v.To)
	f.text("to_district", v.District)
	f.text("transfer_kind", v.Kind)
	f.date("sent", v.Sent)
	records(f, "parts", v.Parts, func(p domain.Part) map[string]any {
		return map[string]any{"vintage": p.Vintage, "amount": p.Amount.String()}
	})
}

func (f *facts) proposal(v *domain.Proposal) {
	f.text("command", v.Command)
	f.text("fund", v.Fund)
	f.text("subject", v.Subject)
	f.date("on", v.On)
	f.text("maker", v.Maker)
	f.text("checker", v.Checker)
	f.text("approver", v.Approver)
	f.count("step", int64(v.Step))
	f.count("steps", int64(v.Steps))
	f.text("sha256", v.SHA256)
}

// subjectLinks are the addresses of what belongs to a subject.
func subjectLinks(kind, id string) []string {
	links := []string{"timeline", base + "/timeline?subject=" + kind + "/" + id, "events", base + "/events?scope=" + kind + "/" + id}
	for _, k := range tupleKeys {
		if string(k) == kind {
			links = append(links, "statement", base+"/statements?"+kind+"="+id, "balances", base+"/balances?"+kind+"="+id+"&group_by="+string(projections.Year))
		}
	}
	return links
}
