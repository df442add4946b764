package api

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/projections"
)

// latestEvents is how many events the first page shows.
const latestEvents = 10

// years are the years that the ledger has entries of at the visit's time,
// newest first.
func (v *visit) years() ([]int, error) {
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{
		Filter: projections.Filter{Position: v.filter.Position, AsOf: v.filter.AsOf, Accounts: []domain.Account{domain.Available}}, GroupBy: []projections.Key{projections.Year},
	})
	if err != nil {
		return nil, err
	}
	var years []int
	for _, g := range answer.Items {
		if y, err := strconv.Atoi(g.Key[0]); err == nil {
			years = append(years, y)
		}
	}
	slices.Sort(years)
	slices.Reverse(years)
	return years, nil
}

// year is the year that the address names, else the newest of the ledger.
func (v *visit) year() (year int, choices []web.Choice, path string, err error) {
	path = v.request.URL.Path
	years, err := v.years()
	if err != nil {
		return 0, nil, path, err
	}
	if text, ok := v.filter.Only(projections.Year); ok {
		year, _ = strconv.Atoi(text)
	} else if len(years) > 0 {
		year = years[0]
	} else {
		year = v.today().Year()
	}
	for _, y := range years {
		text := strconv.Itoa(y)
		choices = append(choices, web.Choice{Label: text, URL: v.reader.URL(path, "year", text), Here: y == year})
	}
	return year, choices, path, nil
}

// overviewPage is the first page: one year of the whole ledger.
func (s *Server) overviewPage(c *call) error {
	v, err := c.visit([]string{"year"})
	if err != nil {
		return err
	}
	v.filter.Where = v.params.one(projections.Year)
	if err := v.params.problem(); err != nil {
		return err
	}
	year, choices, _, err := v.year()
	if err != nil {
		return err
	}
	content := web.Overview{Years: choices}
	if content.Figures, err = v.headFigures(year, nil); err != nil {
		return err
	}
	for _, draw := range []func(int) (web.Figure, error){v.monthsChart, v.bulletsChart, v.flowChart, v.tilesChart} {
		f, err := draw(year)
		if err != nil {
			return err
		}
		content.Charts = append(content.Charts, f)
	}
	if content.Events, _, err = v.eventRows(projections.EventQuery{Filter: projections.Filter{Position: v.filter.Position, AsOf: v.filter.AsOf}, Limit: latestEvents}); err != nil {
		return err
	}
	if content.Notices, err = v.notices(); err != nil {
		return err
	}
	page := v.page(v.reader.T("overview.title", v.place(), year), "/")
	page.Actions = v.files("/reports/overview")
	return v.show("overview", page, content)
}

// place is the name of the ledger's district.
func (v *visit) place() (name string) {
	v.server.Model.State(func(l *domain.Ledger) { name = l.Register().Name(l.Info("district"), anyYear) })
	return name
}

// one are the filters of keys that the page takes.
func (p *params) one(keys ...projections.Key) map[projections.Key][]string {
	f := projections.Filter{Where: map[projections.Key][]string{}}
	for _, k := range keys {
		if p.has(string(k)) && p.text(string(k)) != "" {
			f.Where[k] = p.set(string(k))
		}
	}
	if f.Check() != nil {
		p.malformed(&f)
	}
	return f.Where
}

// at is the visit's time with a filter.
func (v *visit) at(where map[projections.Key][]string) projections.Filter {
	return projections.Filter{Position: v.filter.Position, AsOf: v.filter.AsOf, Where: where}
}

// yearly is the filter of a year with more demands.
func yearly(year int, where map[projections.Key][]string) map[projections.Key][]string {
	out := map[projections.Key][]string{projections.Year: {strconv.Itoa(year)}}
	for k, values := range where {
		out[k] = values
	}
	return out
}

// pairs writes a filter as parameters.
func pairs(where map[projections.Key][]string, more ...string) []string {
	var out []string
	for _, k := range projections.Keys() {
		if values := where[k]; len(values) > 0 {
			out = append(out, string(k), strings.Join(values, ","))
		}
	}
	return append(out, more...)
}

// statement is the address of a figure's lines.
func (v *visit) statement(f domain.Figure, where map[projections.Key][]string) string {
	return v.reader.URL("/statements", pairs(where, "figure", f.String())...)
}

// accountLines is the address of an account's lines.
func (v *visit) accountLines(where map[projections.Key][]string, accounts string, more ...string) string {
	return v.reader.URL("/statements", pairs(where, append([]string{"account", accounts}, more...)...)...)
}

// headFigures are the four figures of a year.
func (v *visit) headFigures(year int, where map[projections.Key][]string) ([]web.HeadFigure, error) {
	where = yearly(year, where)
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: v.at(where), Measures: domain.Figures()})
	if err != nil {
		return nil, err
	}
	total, r := answer.Totals, v.reader
	amount := func(label string, f domain.Figure) web.HeadFigure {
		return r.HeadAmount(label, total.Sums[f], v.statement(f, where))
	}
	left, in, paid := amount(r.T("remaining"), domain.FigureRemaining), amount(r.T("income"), domain.FigureAppropriated), amount(r.T("disbursed"), domain.FigureDisbursed)
	left.Note = r.T("overview.remaining.note", r.Short(total.Sums[domain.FigureAvailable]))
	if out := total.Sums[domain.FigureCarriedOut]; out != 0 {
		left.Note = r.T("overview.carried.note", r.Short(out))
	}
	paid.Note = r.T("overview.paid.note", r.Short(total.Sums[domain.FigureCommitted]))
	rate := web.HeadFigure{Label: r.T("rate"), Big: "—", URL: v.statement(domain.FigureRate, where), Note: r.T("overview.rate.note")}
	if value, ok := total.Figure(domain.FigureRate); ok {
		rate.Big = web.PercentHTML(value)
	}
	return []web.HeadFigure{left, in, paid, rate}, nil
}

// eventRows are events as lists show them, and the query for the next page.
func (v *visit) eventRows(q projections.EventQuery) ([]web.EventRow, uint64, error) {
	answer, err := v.server.Model.Events(v.context(), v.view, q)
	if err != nil {
		return nil, 0, err
	}
	rows := make([]web.EventRow, 0, len(answer.Items))
	v.naming(func(n namer) {
		for _, item := range answer.Items {
			rows = append(rows, v.eventRow(n, item))
		}
	})
	return rows, answer.Next, nil
}

func (v *visit) eventRow(n namer, item projections.EventItem) web.EventRow {
	row := web.EventRow{EventItem: item, Shown: item.Amount}
	if item.Type == "entry.reversed.v1" {
		row.Shown = -item.Amount
	}
	year := item.Year
	if year == 0 {
		year = anyYear
	}
	for _, scope := range item.Scopes {
		kind, id, _ := strings.Cut(scope, "/")
		switch {
		case kind == "project" && row.Project == "":
			row.Project, row.ProjectURL = orElse(n.label(projections.Project, id, 0), id), v.reader.Subject(scope)
		case kind == "district" && row.District == "":
			row.District = orElse(n.label(projections.District, id, year), id)
		}
	}
	if row.Project == "" {
		row.Project, row.ProjectURL = v.subjectName(n, item.Subject), v.reader.Subject(item.Subject)
	}
	if leaf, err := v.server.Log.Leaf(item.Position); err == nil {
		row.Leaf = hex.EncodeToString(leaf[:])
	}
	return row
}

// subjectName is the name of a subject, its reference when it has none.
func (v *visit) subjectName(n namer, ref string) string {
	kind, id, _ := strings.Cut(ref, "/")
	switch kind {
	case "fund", "project", "organisation", "district":
		return orElse(n.label(projections.Key(kind), id, anyYear), id)
	case "award":
		w, _ := n.ledger.Award(id)
		return orElse(n.label(projections.Project, w.Project, 0), id)
	case "ledger":
		return n.ledger.Info("name")
	}
	return id
}

// notices are the awards on notice at the visit's date.
func (v *visit) notices() ([]web.Notice, error) {
	answer, err := v.server.Model.Subjects(v.context(), v.view, projections.SubjectQuery{Filter: projections.Filter{Position: v.filter.Position}, Kind: "award", State: "proposed"})
	if err != nil {
		return nil, err
	}
	today := v.today()
	var out []web.Notice
	v.naming(func(n namer) {
		for _, item := range answer.Items {
			w, _ := n.ledger.Award(item.ID)
			if w.NoticeUntil < today || w.NoticeFrom > today {
				continue
			}
			out = append(out, web.Notice{
				Award: w.ID, Project: orElse(n.label(projections.Project, w.Project, 0), w.Project), ProjectURL: v.reader.URL("/projects/" + w.Project),
				Organisation: n.label(projections.Organisation, w.Organisation, 0), Amount: w.Amount, From: w.NoticeFrom, Until: w.NoticeUntil, Days: int(w.NoticeUntil - today + 1),
			})
		}
	})
	return out, nil
}
