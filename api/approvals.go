package api

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/projections"

	"github.com/danielgtaylor/huma/v2"
)

// person is an actor with the name that people know.
type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (s *Server) person(actor string) person { return person{actor, s.name(actor)} }

// blocked says why the caller may not decide a proposal.
type blocked struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// approvalShown is a proposal in lists (API.md 7.2).
type approvalShown struct {
	Proposal   string   `json:"proposal"`
	Command    string   `json:"command"`
	Title      string   `json:"title"`
	Subject    *string  `json:"subject"`
	Fund       string   `json:"fund"`
	Project    *string  `json:"project"`
	Amount     *string  `json:"amount"`
	State      string   `json:"state" enum:"open,approved,rejected,withdrawn"`
	Step       int      `json:"step"`
	Steps      int      `json:"steps"`
	Role       *string  `json:"role" doc:"who decides the step; null once it is closed"`
	Maker      person   `json:"maker"`
	ApprovedBy []person `json:"approved_by"`
	Position   uint64   `json:"position"`
	Since      string   `json:"since"`
	Group      *string  `json:"group" doc:"import that the row came from"`
	Docs       int      `json:"docs"`
	Blocked    *blocked `json:"blocked"`
	Commands   []string `json:"commands" doc:"what the caller may do"`
}

// approvalDetail is a proposal in full.
type approvalDetail struct {
	approvalShown
	Version  uint64          `json:"version"`
	Data     json.RawMessage `json:"data" doc:"the command's data as sent"`
	Evidence []docShown      `json:"evidence"`
	Effects  json.RawMessage `json:"effects" doc:"if it took effect now"`
	Problem  *problemJSON    `json:"problem" doc:"set if it would be refused now"`
}

type docShown struct {
	SHA256 string  `json:"sha256"`
	Name   string  `json:"name"`
	Kind   string  `json:"kind"`
	Number *string `json:"number"`
	Stored bool    `json:"stored"`
	URL    string  `json:"url"`
}

func showDocs(docs []domain.Doc) []docShown {
	out := make([]docShown, 0, len(docs))
	for _, d := range docs {
		out = append(out, docShown{d.SHA256, d.Name, d.Kind, optional(d.Number), false, base + "/evidence/" + d.SHA256})
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// approvalQuery are the filters of GET /approvals.
type approvalQuery struct {
	State   string `query:"state" enum:"open,approved,rejected,withdrawn"`
	Mine    string `query:"mine" enum:"true,false" doc:"true: made by the caller; false: made by others"`
	Fund    string `query:"fund"`
	Project string `query:"project"`
	Command string `query:"command"`
	Group   string `query:"group"`
}

func (s *Server) routeApprovals(r *router) {
	op := huma.Operation{Tags: []string{"commands"}, Summary: "proposals"}
	operation(r, "GET", base+"/approvals", forUsers, op, func(c *call, in *approvalQuery) (*answer[items[approvalShown]], error) {
		out, err := c.approvals(in)
		if err != nil {
			return nil, err
		}
		return ledgerAnswer(c, items[approvalShown]{out}), nil
	})
	op.Summary = "one proposal with its data, evidence and present effects"
	operation(r, "GET", base+"/approvals/{id}", forUsers, op, func(c *call, in *struct {
		ID string `path:"id"`
	}) (*versioned[approvalDetail], error) {
		out, err := c.approval(in.ID)
		if err != nil {
			return nil, err
		}
		a := ledgerAnswer(c, *out)
		return &versioned[approvalDetail]{a.Position, a.Vary, versionTag(out.Version), a.Body}, nil
	})
}

// approvals lists the proposals that the caller may see, oldest first.
func (c *call) approvals(in *approvalQuery) ([]approvalShown, error) {
	view, grants := c.view(), c.grants()
	var chosen []domain.Proposal
	c.server.Model.State(func(l *domain.Ledger) {
		for p := range l.Proposals() {
			if in.fits(&p, c.identity.actor()) && sees(view, p.Fund) {
				chosen = append(chosen, p)
			}
		}
	})
	slices.SortFunc(chosen, func(a, b domain.Proposal) int { return int(a.Position) - int(b.Position) })
	out := make([]approvalShown, 0, len(chosen))
	for i := range chosen {
		shown, err := c.showApproval(&chosen[i], grants)
		if err != nil {
			return nil, err
		}
		out = append(out, *shown)
	}
	return out, nil
}

func (q *approvalQuery) fits(p *domain.Proposal, actor string) bool {
	return (q.State == "" || q.State == p.State) && (q.Fund == "" || q.Fund == p.Fund) && (q.Command == "" || q.Command == p.Command) &&
		(q.Project == "" || slices.Contains(p.Refs.Projects, q.Project)) && (q.Mine == "" || (q.Mine == "true") == (p.Maker == actor)) &&
		(q.Group == "" || q.Group == groupOf(p.ID))
}

// sees tells whether the view shows unpublished things of a fund.
func sees(v projections.View, fund string) bool {
	return v.All || slices.Contains(v.Funds, "*") || slices.Contains(v.Funds, fund)
}

// groupOf is the import that a key names: im-<32 hex>-<row>.
func groupOf(key string) string {
	if !strings.HasPrefix(key, "im-") {
		return ""
	}
	if at := strings.LastIndexByte(key, '-'); at > 2 {
		return key[:at]
	}
	return ""
}

func (c *call) showApproval(p *domain.Proposal, grants []domain.Grant) (*approvalShown, error) {
	s := c.server
	facts, err := s.Model.Event(c.context(), projections.Everything, p.Position)
	if err != nil {
		return nil, err
	}
	out := &approvalShown{
		Proposal: p.ID, Command: p.Command, Subject: optional(p.Subject), Fund: p.Fund, State: p.State, Step: p.Step, Steps: p.Steps,
		Maker: s.person(p.Maker), ApprovedBy: []person{}, Position: p.Position, Since: timeText(facts.Time), Group: optional(groupOf(p.ID)),
		Docs: facts.Docs, Commands: []string{},
	}
	if def := domain.Find(p.Command); def != nil {
		_, id, _ := strings.Cut(p.Subject, "/")
		out.Title = strings.TrimSpace(def.Title.In(c.lang) + " " + id)
	}
	if len(p.Refs.Projects) > 0 {
		out.Project = &p.Refs.Projects[0]
	}
	if p.Amount != 0 {
		out.Amount = optional(p.Amount.String())
	}
	for _, who := range []string{p.Checker, p.Approver} {
		if who != "" {
			out.ApprovedBy = append(out.ApprovedBy, s.person(who))
		}
	}
	if p.State == "open" {
		out.Role = optional(roleOfStep(p.Step))
		c.maySettle(p, grants, out)
	}
	return out, nil
}

// maySettle fills in what the caller may do with an open proposal.
func (c *call) maySettle(p *domain.Proposal, grants []domain.Grant, out *approvalShown) {
	actor, role := c.identity.actor(), roleOfStep(p.Step)
	user := domain.User{Roles: grants}
	switch {
	case actor == p.Maker:
		out.Commands = append(out.Commands, "withdraw-proposal")
		out.Blocked = c.blockedBy(&domain.Refusal{Code: domain.SamePerson})
	case actor == p.Checker:
		out.Blocked = c.blockedBy(&domain.Refusal{Code: domain.SamePerson})
	case user.Holds(role, p.Fund):
		out.Commands = append(out.Commands, "approve-proposal")
	default:
		out.Blocked = c.blockedBy(&domain.Refusal{Code: domain.NotAuthorised, Details: map[string]any{"role": role, "fund": p.Fund}})
	}
	if actor != p.Maker && (user.Holds("checker", p.Fund) || user.Holds("approver", p.Fund)) {
		out.Commands = append(out.Commands, "reject-proposal")
	}
}

func (c *call) blockedBy(r *domain.Refusal) *blocked {
	_, detail := r.Text()
	return &blocked{string(r.Code), detail.In(c.lang)}
}

// approval is one proposal with what it would do now.
func (c *call) approval(id string) (*approvalDetail, error) {
	var p domain.Proposal
	var found bool
	var version uint64
	c.server.Model.State(func(l *domain.Ledger) {
		if p, found = l.Proposal(id); found {
			version = l.Version("proposal/" + id)
		}
	})
	if !found || !sees(c.view(), p.Fund) {
		return nil, newProblem("not_found")
	}
	shown, err := c.showApproval(&p, c.grants())
	if err != nil {
		return nil, err
	}
	docs, err := c.docsOf(p.Position)
	if err != nil {
		return nil, err
	}
	effects, problem := c.preview(&p)
	return &approvalDetail{*shown, version, p.Payload, showDocs(docs), appendEffects(nil, effects), problem}, nil
}

// preview is what an open proposal would do now, by a dry run, or the problem
// that it would meet.
func (c *call) preview(p *domain.Proposal) ([]domain.Effect, *problemJSON) {
	if p.State != "open" {
		return nil, nil
	}
	cmd, err := domain.Preview(p)
	var answers []domain.Answer
	if err == nil {
		answers, _, err = c.server.Writer.Do(c.context(), cmd)
	}
	if err != nil {
		wire := problemOf(err).wire(c)
		return nil, &wire
	}
	return answers[0].Effects, nil
}

// docsOf are the papers of an event.
func (c *call) docsOf(position uint64) ([]domain.Doc, error) {
	head, body, err := c.server.Log.Event(c.context(), position)
	if err != nil {
		return nil, err
	}
	var e domain.Event
	err = domain.DecodeEvent(head, body, &e)
	return e.Docs, err
}

// versionTag is the strong ETag of a subject.
func versionTag(version uint64) string { return `"v` + strconv.FormatUint(version, 10) + `"` }

// timeText writes a recording time as API.md 1.4.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
