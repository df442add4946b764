package api

import (
	"slices"
	"strconv"
	"strings"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/projections"
)

// drawnSteps is how many events C5 draws; a longer history begins later.
const drawnSteps = 32

// projectPage is the page of one project.
func (s *Server) projectPage(c *call) error {
	v, err := c.visit()
	if err != nil {
		return err
	}
	id := c.echo.Param("id")
	subject, err := s.Model.Subject(c.context(), v.view, "project", id)
	if err != nil {
		return err
	}
	where := map[projections.Key][]string{projections.Project: {id}}
	sheet := web.Sheet{}
	awards, err := v.awardsOf(id)
	if err != nil {
		return err
	}
	children, err := v.childrenOf(id)
	if err != nil {
		return err
	}
	var name string
	v.naming(func(n namer) {
		p, _ := n.ledger.Project(id)
		name = orElse(p.Name, id)
		sheet.Facts = v.projectFacts(n, &p, awards)
		if len(awards) == 1 {
			sheet.Stage = v.stageBar(&awards[0], subject)
		}
	})
	for _, f := range projectMeasures {
		sheet.Figures = append(sheet.Figures, v.reader.HeadAmount(v.allYears(f), subject.Sums[f], v.figureLines(f, where)))
	}
	history, err := v.history("project/"+id, 0)
	if err != nil {
		return err
	}
	sheet.Charts = []web.Figure{history}
	parts := []func() (web.Section, error){
		func() (web.Section, error) { return v.instalments(awards), nil },
		func() (web.Section, error) { return v.sourcesOf(where) },
		func() (web.Section, error) { return v.shortStatement(where) },
		func() (web.Section, error) { return v.evidenceOf(id) },
	}
	if len(children) > 0 {
		parts = append(parts, func() (web.Section, error) { return v.round(children), nil })
	}
	for _, part := range parts {
		section, err := part()
		if err != nil {
			return err
		}
		sheet.Sections = append(sheet.Sections, section)
	}
	page := v.page(name, "/projects", web.Crumb{Label: v.reader.T("projects.title"), URL: v.reader.URL("/projects")}, web.Crumb{Label: name})
	page.Actions = []web.Action{{Label: v.reader.T("statement"), URL: v.reader.URL("/statements", "project", id)}, {Label: v.reader.T("nav.events"), URL: v.reader.URL("/events", "project", id)}, {Label: v.reader.T("fixed"), URL: v.reader.Fixed("/projects/" + id)}}
	return v.show("sheet", page, sheet)
}

// awardsOf are the awards of a project that the view shows.
func (v *visit) awardsOf(project string) ([]domain.Award, error) {
	answer, err := v.server.Model.Subjects(v.context(), v.view, projections.SubjectQuery{Filter: projections.Filter{Where: map[projections.Key][]string{projections.Project: {project}}}, Kind: "award"})
	if err != nil {
		return nil, err
	}
	var out []domain.Award
	v.naming(func(n namer) {
		for _, item := range answer.Items {
			w, _ := n.ledger.Award(item.ID)
			w.Instalments, w.Evaluations = slices.Clone(w.Instalments), slices.Clone(w.Evaluations)
			out = append(out, w)
		}
	})
	return out, nil
}

// childrenOf are the projects that name a round as parent, with figures.
func (v *visit) childrenOf(id string) ([]projections.Subject, error) {
	var names []string
	v.naming(func(n namer) {
		for p := range n.ledger.Projects() {
			if p.Parent == id {
				names = append(names, p.ID)
			}
		}
	})
	if len(names) == 0 {
		return nil, nil
	}
	answer, err := v.server.Model.Subjects(v.context(), v.view, projections.SubjectQuery{Filter: v.at(map[projections.Key][]string{projections.Project: names}), Kind: "project", Measures: domain.Figures()})
	if err != nil {
		return nil, err
	}
	return answer.Items, nil
}

// round is the table of a round's projects.
func (v *visit) round(children []projections.Subject) web.Section {
	r := v.reader
	t := web.Table{Caption: r.T("rounds"), Heads: []web.Head{{Label: r.T("project")}}}
	for _, f := range projectMeasures {
		t.Heads = append(t.Heads, web.Head{Label: v.allYears(f), Right: true})
	}
	for i := range children {
		s := &children[i]
		where := map[projections.Key][]string{projections.Project: {s.ID}}
		row := []web.Cell{web.Linked(orElse(s.Label, s.ID), r.URL("/projects/"+s.ID))}
		for _, f := range projectMeasures {
			row = append(row, web.Amount(s.Sums[f], v.figureLines(f, where)))
		}
		t.Rows = append(t.Rows, row)
	}
	return web.Section{ID: "round", Heading: r.T("rounds"), Table: t}
}

func (v *visit) projectFacts(n namer, p *domain.Project, awards []domain.Award) []web.Fact {
	r := v.reader
	facts := []web.Fact{plainFact(r.T("code"), p.ID), {Label: r.T("district"), Values: []web.Link{v.districtLink(n, p.District)}}, plainFact(r.T("purpose"), r.Purpose(p.Purpose)), plainFact(r.T("state"), r.State(projectState(p)))}
	if p.Parent != "" {
		facts = append(facts, web.Fact{Label: r.T("parent"), Values: []web.Link{{Text: orElse(n.label(projections.Project, p.Parent, 0), p.Parent), URL: r.URL("/projects/" + p.Parent)}}})
	}
	if p.Place != "" {
		facts = append(facts, plainFact(r.T("place"), p.Place))
	}
	if p.Starts != 0 || p.Ends != 0 {
		facts = append(facts, plainFact(r.T("starts")+"–"+r.T("ends"), r.Day(p.Starts)+" – "+r.Day(p.Ends)))
	}
	var recipients []web.Link
	for _, w := range awards {
		recipients = append(recipients, web.Link{Text: orElse(n.label(projections.Organisation, w.Organisation, 0), w.Organisation) + "　" + w.ID + "　" + r.State(w.State) + "　" + web.Money(w.Amount)})
	}
	return append(facts, web.Fact{Label: r.T("organisation"), Values: recipients})
}

func projectState(p *domain.Project) string {
	if p.Closed {
		return "closed"
	}
	return "open"
}

// stageBar says how far an award has come (UX.md 9).
func (v *visit) stageBar(w *domain.Award, s *projections.Subject) []web.StageStep {
	passed := func(stage string) bool {
		return slices.ContainsFunc(w.Evaluations, func(e domain.Evaluation) bool { return e.Stage == stage && e.Result == "passed" })
	}
	steps := []struct {
		key  string
		done bool
	}{
		{"step.proposed", w.Proposed != 0}, {"step.notice", w.Confirmed != 0 && w.NoticeUntil != 0}, {"step.confirmed", w.Confirmed != 0}, {"step.signed", w.Signed != 0}, {"step.paid", w.Paid() > 0},
		{"step.midterm", passed("midterm")}, {"step.final", passed("final")}, {"step.accepted", s.Sums[domain.FigureSpent] > 0 && s.Sums[domain.FigureAdvance] == 0 && w.Paid() == w.Amount},
	}
	var out []web.StageStep
	here := false
	for _, step := range steps {
		if step.key == "step.notice" && w.NoticeUntil == 0 || (step.key == "step.midterm" || step.key == "step.final") && !step.done && !needs(w, strings.TrimPrefix(step.key, "step.")) {
			continue
		}
		state := "todo"
		switch {
		case step.done:
			state = "done"
		case !here && w.State == "terminated":
			state, here = "bad", true
		case !here:
			state, here = "here", true
		}
		out = append(out, web.StageStep{Label: v.reader.T(step.key), State: state})
	}
	return out
}

// needs tells whether an instalment waits for the stage.
func needs(w *domain.Award, stage string) bool {
	return slices.ContainsFunc(w.Instalments, func(i domain.Instalment) bool { return i.After == stage })
}

// history is C5 of a subject; here is the event of the page, 0 for none.
func (v *visit) history(subject string, here uint64) (web.Figure, error) {
	answer, err := v.server.Model.Timeline(v.context(), v.view, projections.TimelineQuery{Filter: v.at(nil), Subject: subject})
	if err != nil {
		return web.Figure{}, err
	}
	bare := web.Reader{Position: v.reader.Position}
	h := web.History{CSV: bare.Fixed(base+"/timeline", "subject", subject, "format", "csv")}
	items := answer.Items
	if len(items) > drawnSteps {
		h.More, items = len(items)-drawnSteps, items[len(items)-drawnSteps:]
	}
	for _, item := range items {
		on := item.On
		if on == 0 {
			on = domain.DateOf(item.Time)
		}
		step := web.Step{Position: item.Position, On: on, Stage: v.reader.In(item.Stage), Title: v.reader.In(item.Title), Amount: item.Amount, HasAmount: item.HasEntries,
			Correction: item.Corrects != 0, Corrected: len(item.CorrectedBy) > 0, Here: item.Position == here, URL: v.reader.Event(item.Position)}
		step.Stage = orElse(step.Stage, v.reader.Type(item.Type))
		if item.Type == "entry.reversed.v1" {
			step.Amount = -step.Amount
		}
		h.Items = append(h.Items, step)
	}
	return h.Figure(v.reader), nil
}

// instalments are those of a project's awards, with condition and state.
func (v *visit) instalments(awards []domain.Award) web.Section {
	r := v.reader
	t := web.Table{Caption: r.T("instalments"), Empty: r.T("instalments.none"), Heads: []web.Head{{Label: r.T("instalment")}, {Label: r.T("award")}, {Label: r.T("condition")}, {Label: r.T("amount.yuan"), Right: true}, {Label: r.T("paid"), Right: true}, {Label: r.T("state")}}}
	for _, w := range awards {
		lines := v.accountLines(map[projections.Key][]string{projections.Project: {w.Project}, projections.Fund: {w.Fund}, projections.Organisation: {w.Organisation}}, "budget.disbursed")
		for i, part := range w.Instalments {
			state := "inst.open"
			switch {
			case part.Paid >= part.Amount:
				state = "inst.paid"
			case part.Paid > 0:
				state = "inst.part"
			}
			t.Rows = append(t.Rows, []web.Cell{web.Plain(strconv.Itoa(i + 1)), web.Plain(w.ID), web.Plain(r.T("after." + orElse(part.After, "signing"))), web.Amount(part.Amount, ""), web.Amount(part.Paid, lines), web.Plain(r.T(state))})
		}
	}
	return web.Section{ID: "instalments", Heading: r.T("instalments"), Table: t, Note: r.T("state.now")}
}

// sourcesOf are the funds that a project's money came from.
func (v *visit) sourcesOf(where map[projections.Key][]string) (web.Section, error) {
	r := v.reader
	f := v.at(where)
	f.Accounts = append(slices.Clone(arrangedAccounts), domain.Spent)
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: f, GroupBy: []projections.Key{projections.Fund, projections.Vintage}})
	if err != nil {
		return web.Section{}, err
	}
	column := map[domain.Account]int{}
	for i, a := range answer.Accounts {
		column[a] = i
	}
	t := web.Table{Caption: r.T("sources"), Empty: r.T("sources.none"), Heads: []web.Head{{Label: r.T("fund")}, {Label: r.T("vintage")}, {Label: r.T("arranged"), Right: true}, {Label: r.T("disbursed"), Right: true}, {Label: r.T("spent"), Right: true}}}
	v.naming(func(n namer) {
		for _, g := range answer.Items {
			at := map[projections.Key][]string{projections.Project: where[projections.Project], projections.Fund: {g.Key[0]}, projections.Vintage: {orElse(g.Key[1], projections.None)}}
			var sum domain.Fen
			for _, a := range arrangedAccounts {
				sum += g.Amounts[column[a]]
			}
			t.Rows = append(t.Rows, []web.Cell{web.Linked(orElse(n.label(projections.Fund, g.Key[0], 0), g.Key[0]), r.URL("/funds/"+g.Key[0])), web.Plain(orElse(g.Key[1], "—")), web.Amount(sum, v.accountLines(at, arrangedNames)), web.Amount(g.Amounts[column[domain.Disbursed]], v.accountLines(at, "budget.disbursed")), web.Amount(g.Amounts[column[domain.Spent]], v.accountLines(at, "money.spent"))})
		}
	})
	return web.Section{ID: "sources", Heading: r.T("sources"), Table: t}, nil
}

// shortStatement sums up the accounts of a project, and leads to the lines.
func (v *visit) shortStatement(where map[projections.Key][]string) (web.Section, error) {
	answer, err := v.server.Model.Statement(v.context(), v.view, projections.StatementQuery{Filter: v.at(where), Page: projections.Page{Limit: 1}})
	if err != nil {
		return web.Section{}, err
	}
	s := web.Section{ID: "statement", Heading: v.reader.T("statement"), Table: v.summary(answer, where)}
	s.More = web.Link{Text: v.reader.T("statement.all"), URL: v.reader.URL("/statements", pairs(where)...)}
	return s, nil
}

// evidenceOf are the documents that the events of a project name.
func (v *visit) evidenceOf(project string) (web.Section, error) {
	r := v.reader
	answer, err := v.server.Model.Events(v.context(), v.view, projections.EventQuery{Filter: v.at(nil), Scopes: []string{"project/" + project}, Ascending: true})
	if err != nil {
		return web.Section{}, err
	}
	t := web.Table{Caption: r.T("evidence"), Empty: r.T("evidence.none"), Heads: []web.Head{{Label: r.T("number")}, {Label: r.T("kind")}, {Label: r.T("file")}, {Label: r.T("voucher.number")}, {Label: r.T("digest")}}}
	for _, item := range answer.Items {
		if item.Docs == 0 || len(t.Rows) >= 50 {
			continue
		}
		e, err := v.stored(item.Position)
		if err != nil {
			return web.Section{}, err
		}
		for _, d := range e.Docs {
			t.Rows = append(t.Rows, []web.Cell{web.Linked(r.Number(item.Position), r.Event(item.Position)), web.Plain(r.T("kind." + d.Kind)), web.Plain(d.Name), web.Plain(orElse(d.Number, "—")), web.Code(d.SHA256)})
		}
	}
	return web.Section{ID: "evidence", Heading: r.T("evidence"), Table: t}, nil
}

// stored is an event as it lies in the log.
func (v *visit) stored(position uint64) (*domain.Event, error) {
	head, body, err := v.server.Log.Event(v.context(), position)
	if err != nil {
		return nil, err
	}
	var e domain.Event
	if err := domain.DecodeEvent(head, body, &e); err != nil {
		return nil, err
	}
	e.Position = position
	return &e, nil
}
