package api

import (
	"slices"
	"strconv"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// projectMeasures are the figures of the columns of project tables.
var projectMeasures = []domain.Figure{domain.FigureArranged, domain.FigureDisbursed, domain.FigureSpent, domain.FigureAdvance}

// projectRows are projects as a table, a page of them, and where the next one
// begins.
func (v *visit) projectRows(q projections.SubjectQuery) (web.Table, *projections.Subjects, error) {
	r := v.reader
	q.Kind, q.Measures = "project", domain.Figures()
	answer, err := v.server.Model.Subjects(v.context(), v.view, q)
	if err != nil {
		return web.Table{}, nil, err
	}
	t := web.Table{Caption: r.T("projects.title"), Empty: r.T("projects.none"), Heads: []web.Head{{Label: r.T("project")}, {Label: r.T("district")}, {Label: r.T("purpose")}, {Label: r.T("state")}}}
	for _, f := range projectMeasures {
		t.Heads = append(t.Heads, web.Head{Label: v.allYears(f), Right: true})
	}
	t.Heads = append(t.Heads, web.Head{Label: r.T("rate"), Right: true})
	v.naming(func(n namer) {
		for i := range answer.Items {
			t.Rows = append(t.Rows, v.projectRow(n, &q, &answer.Items[i]))
		}
	})
	t.Total = []web.Cell{web.Plain(r.T("total")), web.Plain(""), web.Plain(""), web.Plain("")}
	for _, f := range projectMeasures {
		t.Total = append(t.Total, web.Amount(answer.Totals[f], ""))
	}
	t.Total = append(t.Total, web.Plain(""))
	return t, answer, nil
}

func (v *visit) projectRow(n namer, q *projections.SubjectQuery, s *projections.Subject) []web.Cell {
	r := v.reader
	p, _ := n.ledger.Project(s.ID)
	where := map[projections.Key][]string{projections.Project: {s.ID}}
	for _, k := range []projections.Key{projections.Fund, projections.Year} {
		if values := q.Where[k]; len(values) > 0 {
			where[k] = values
		}
	}
	row := []web.Cell{web.Named(orElse(s.Label, s.ID), s.ID, r.URL("/projects/"+s.ID)), web.Plain(n.label(projections.District, n.ledger.Register().Current(p.District), anyYear)), web.Plain(r.Purpose(p.Purpose)), web.Plain(r.State(s.State))}
	for _, f := range projectMeasures {
		row = append(row, web.Amount(s.Sums[f], v.figureLines(f, where)))
	}
	rate, ok := s.Figure(domain.FigureRate)
	return append(row, web.Rate(rate, ok, ""))
}

// allYears is the name of a figure that is not that of one year.
func (v *visit) allYears(f domain.Figure) string {
	if f == domain.FigureArranged {
		return v.reader.T("arranged")
	}
	return v.reader.Figure(f)
}

// figureLines is the address of the lines of a figure over all years, by its
// accounts; that of one year goes by the figure.
func (v *visit) figureLines(f domain.Figure, where map[projections.Key][]string) string {
	if len(where[projections.Year]) == 1 {
		return v.statement(f, where)
	}
	return v.accountLines(where, figureAccounts[f])
}

// projectTable is the section of a filter's projects.
func (v *visit) projectTable(heading string, where map[projections.Key][]string, limit int) (web.Section, error) {
	q := projections.SubjectQuery{Filter: v.at(where), Page: projections.Page{Limit: limit}}
	t, answer, err := v.projectRows(q)
	if err != nil {
		return web.Section{}, err
	}
	s := web.Section{ID: "projects", Heading: heading, Table: t}
	if answer.Next > 0 {
		s.More = web.Link{Text: v.reader.T("projects.all", answer.Count), URL: v.reader.URL("/projects", pairs(where)...)}
	}
	return s, nil
}

// projectsPage lists projects with filters.
func (s *Server) projectsPage(c *call) error {
	names := []string{"fund", "district", "city", "province", "source", "year", "purpose", "state", "q", "cursor"}
	v, err := c.visit(names)
	if err != nil {
		return err
	}
	q := projections.SubjectQuery{Page: projections.Page{Limit: usualLimit}}
	if v.params.has("cursor") {
		if projections.Resume("page/projects", v.params.text("cursor"), &q) != nil {
			return newProblem("invalid_cursor")
		}
		q.Limit = usualLimit
	} else {
		q.Filter = v.at(v.params.one(projections.Fund, projections.District, projections.City, projections.Province, projections.Source, projections.Year, projections.Purpose))
		q.State, q.Text = v.params.enum("state", "", "", "open", "closed"), v.params.text("q")
	}
	if err := v.params.problem(); err != nil {
		return err
	}
	t, answer, err := v.projectRows(q)
	if err != nil {
		return err
	}
	fields, err := v.projectFields(&q)
	if err != nil {
		return err
	}
	content := web.Listing{Action: "/projects", Fields: fields, Table: t, Note: v.reader.T("projects.count", answer.Count)}
	if answer.Next > 0 {
		next := q
		next.Offset = answer.Next
		content.More = v.reader.URL("/projects", "cursor", projections.Cursor("page/projects", next))
	}
	page := v.page(v.reader.T("projects.title"), "/projects", web.Crumb{Label: v.reader.T("projects.title")})
	page.Actions = v.files("/projects")
	return v.show("listing", page, content)
}

func (v *visit) projectFields(q *projections.SubjectQuery) ([]web.Field, error) {
	funds, err := v.fundField(q.Where[projections.Fund])
	if err != nil {
		return nil, err
	}
	years, err := v.yearField(q.Where[projections.Year])
	if err != nil {
		return nil, err
	}
	districts, err := v.districtField(q.Where[projections.District])
	if err != nil {
		return nil, err
	}
	r := v.reader
	purposes := web.Field{Name: "purpose", Label: r.T("purpose"), Options: []web.Choice{{Label: r.T("all")}}}
	for _, p := range division.Purposes() {
		purposes.Options = append(purposes.Options, web.Choice{Label: r.Purpose(p.Code), URL: p.Code, Here: slices.Contains(q.Where[projections.Purpose], p.Code)})
	}
	state := web.Field{Name: "state", Label: r.T("state"), Options: []web.Choice{{Label: r.T("all")}, {Label: r.State("open"), URL: "open", Here: q.State == "open"}, {Label: r.State("closed"), URL: "closed", Here: q.State == "closed"}}}
	return []web.Field{{Name: "q", Label: r.T("name"), Value: q.Text, Type: "text"}, state, funds, districts, years, purposes}, nil
}

// fundField, yearField and districtField are choices of filter forms; chosen
// are the values in force.
func (v *visit) fundField(chosen []string) (web.Field, error) {
	answer, err := v.server.Model.Subjects(v.context(), v.view, projections.SubjectQuery{Kind: "fund"})
	f := web.Field{Name: "fund", Label: v.reader.T("fund"), Options: []web.Choice{{Label: v.reader.T("all")}}}
	if err != nil {
		return f, err
	}
	for _, s := range answer.Items {
		f.Options = append(f.Options, web.Choice{Label: orElse(s.Label, s.ID), URL: s.ID, Here: slices.Contains(chosen, s.ID)})
	}
	return f, nil
}

func (v *visit) yearField(chosen []string) (web.Field, error) {
	years, err := v.years()
	f := web.Field{Name: "year", Label: v.reader.T("year"), Options: []web.Choice{{Label: v.reader.T("all")}}}
	for _, y := range years {
		text := strconv.Itoa(y)
		f.Options = append(f.Options, web.Choice{Label: text, URL: text, Here: slices.Contains(chosen, text)})
	}
	return f, err
}

func (v *visit) districtField(chosen []string) (web.Field, error) {
	f := web.Field{Name: "district", Label: v.reader.T("district"), Options: []web.Choice{{Label: v.reader.T("all")}}}
	filter := v.at(nil)
	filter.Accounts = []domain.Account{domain.Available}
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: filter, GroupBy: []projections.Key{projections.District}})
	if err != nil {
		return f, err
	}
	v.naming(func(n namer) {
		for _, g := range answer.Items {
			f.Options = append(f.Options, web.Choice{Label: n.label(projections.District, g.Key[0], anyYear) + " " + g.Key[0], URL: g.Key[0], Here: slices.Contains(chosen, g.Key[0])})
		}
	})
	return f, nil
}
