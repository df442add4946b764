package api

import (
	"strconv"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// districtsPage lists the districts with the figures of a year.
func (s *Server) districtsPage(c *call) error {
	v, err := c.visit([]string{"year"})
	if err != nil {
		return err
	}
	year, choices, err := v.yearOf()
	if err != nil {
		return err
	}
	chart, err := v.tilesChart(year)
	if err != nil {
		return err
	}
	answer, err := s.Model.Balances(c.context(), v.view, projections.BalanceQuery{Filter: v.at(yearly(year, nil)), GroupBy: []projections.Key{projections.District}, Measures: domain.Figures()})
	if err != nil {
		return err
	}
	r := v.reader
	columns := []domain.Figure{domain.FigureAppropriated, domain.FigureTransferred, domain.FigureArranged, domain.FigureDisbursed, domain.FigureSpent, domain.FigureRemaining}
	t := web.Table{Caption: r.T("districts.title"), Empty: r.T("districts.none"), Heads: []web.Head{{Label: r.T("district")}}}
	for _, f := range columns {
		t.Heads = append(t.Heads, web.Head{Label: r.Figure(f), Right: true})
	}
	t.Heads = append(t.Heads, web.Head{Label: r.T("rate"), Right: true})
	row := func(first web.Cell, g *projections.Group, where map[projections.Key][]string) []web.Cell {
		cells := []web.Cell{first}
		for _, f := range columns {
			cells = append(cells, web.Amount(g.Sums[f], v.statement(f, where)))
		}
		rate, ok := g.Figure(domain.FigureRate)
		return append(cells, web.Rate(rate, ok, v.statement(domain.FigureRate, where)))
	}
	v.naming(func(n namer) {
		for i := range answer.Items {
			g := &answer.Items[i]
			where := yearly(year, map[projections.Key][]string{projections.District: {g.Key[0]}})
			t.Rows = append(t.Rows, row(web.Named(n.own(g.Key[0]), g.Key[0], r.URL("/districts/"+g.Key[0])), g, where))
		}
	})
	t.Total = row(web.Plain(r.T("total")), &answer.Totals, yearly(year, nil))
	page := v.page(r.T("districts.title"), "/districts", web.Crumb{Label: r.T("districts.title")})
	page.Actions = v.files("/districts")
	return v.show("listing", page, web.Listing{Years: choices, Charts: []web.Figure{chart}, Table: t, Note: r.T("unit.yuan")})
}

// districtPage is the page of one district.
func (s *Server) districtPage(c *call) error {
	v, err := c.visit([]string{"year"})
	if err != nil {
		return err
	}
	v.filter.Where = v.params.one(projections.Year)
	if err := v.params.problem(); err != nil {
		return err
	}
	code := c.echo.Param("id")
	where := map[projections.Key][]string{districtKey(code): {code}}
	if f := (projections.Filter{Where: where}); f.Check() != nil {
		return newProblem("not_found")
	}
	sheet := web.Sheet{}
	var name string
	v.naming(func(n namer) {
		name = n.label(projections.District, code, anyYear)
		sheet.Facts = v.districtFacts(n, code)
		sheet.Sections = append(sheet.Sections, v.codeHistory(n, code))
	})
	if name == "" {
		return newProblem("not_found")
	}
	years, err := v.yearGroups(where)
	if err != nil {
		return err
	}
	year := newestYear(years, v.today())
	if text, ok := v.filter.Only(projections.Year); ok {
		year, _ = strconv.Atoi(text)
	}
	if sheet.Figures, err = v.headFigures(year, where); err != nil {
		return err
	}
	stages, err := v.stages(yearly(year, where))
	if err != nil {
		return err
	}
	sheet.Charts = []web.Figure{v.yearsChart(years, where), stages}
	projects, err := v.projectTable(v.reader.T("projects.title"), where, 30)
	if err != nil {
		return err
	}
	sheet.Sections = append([]web.Section{v.byYear(years, where), projects}, sheet.Sections...)
	page := v.page(v.reader.T("district.title", name, year), "/districts", web.Crumb{Label: v.reader.T("districts.title"), URL: v.reader.URL("/districts")}, web.Crumb{Label: name})
	page.Actions = []web.Action{{Label: v.reader.T("statement"), URL: v.reader.URL("/statements", pairs(where)...)}, {Label: v.reader.T("nav.events"), URL: v.reader.URL("/events", pairs(where)...)}, {Label: v.reader.T("fixed"), URL: v.reader.Fixed("/districts/" + code)}}
	return v.show("sheet", page, sheet)
}

// districtKey is the key that chooses a code with all below it (DOMAIN.md 10).
func districtKey(code string) projections.Key {
	switch division.Level(code) {
	case division.Province:
		return projections.Province
	case division.Prefecture:
		return projections.City
	}
	return projections.District
}

// own is the name of a district where only its own money is meant, not that of
// the districts below it.
func (n namer) own(code string) string {
	name := orElse(n.label(projections.District, code, anyYear), code)
	switch {
	case division.Level(code) == division.County:
		return name
	case n.lang == "en":
		return name + " (own level)"
	}
	return name + "本级"
}

func (v *visit) districtFacts(n namer, code string) []web.Fact {
	r, register := v.reader, n.ledger.Register()
	facts := []web.Fact{plainFact(r.T("code"), code), plainFact(r.T("level"), r.T("level."+division.Level(code)))}
	if districtKey(code) != projections.District {
		facts = append(facts, plainFact(r.T("covers"), r.T("covers.below")))
	}
	above := []web.Link{}
	if province := division.ProvinceOf(code); province != code {
		above = append(above, web.Link{Text: register.Name(province, anyYear) + " " + province})
	}
	if prefecture := division.PrefectureOf(code); prefecture != code && register.Known(prefecture) {
		above = append(above, web.Link{Text: register.Name(prefecture, anyYear) + " " + prefecture, URL: r.URL("/districts/" + prefecture)})
	}
	if len(above) > 0 {
		facts = append(facts, web.Fact{Label: r.T("belongs"), Values: above})
	}
	for _, s := range register.Predecessors(code) {
		facts = append(facts, web.Fact{Label: r.T("predecessor"), Values: []web.Link{{Text: register.Name(s.Code, s.Year) + " " + s.Code, URL: r.URL("/districts/" + s.Code)}}})
	}
	for _, s := range register.Successors(code) {
		facts = append(facts, web.Fact{Label: r.T("successor"), Values: []web.Link{{Text: register.Name(s.Code, anyYear) + " " + s.Code, URL: r.URL("/districts/" + s.Code)}}})
	}
	return facts
}

// codeHistory is the register's rows of a code and of the codes before it.
func (v *visit) codeHistory(n namer, code string) web.Section {
	r, register := v.reader, n.ledger.Register()
	t := web.Table{Caption: r.T("history.code"), Empty: r.T("none"), Heads: []web.Head{{Label: r.T("code")}, {Label: r.T("name")}, {Label: r.T("valid")}, {Label: r.T("successor")}}}
	add := func(code string) {
		for _, row := range register.Rows(code) {
			to := r.T("now")
			if row.To != 0 {
				to = strconv.Itoa(row.To)
			}
			next := "—"
			for i, s := range row.Successors {
				if i == 0 {
					next = ""
				} else {
					next += r.T("and")
				}
				next += register.Name(s.Code, anyYear) + " " + s.Code
			}
			t.Rows = append(t.Rows, []web.Cell{web.Linked(row.Code, r.URL("/districts/"+row.Code)), web.Plain(row.Name), web.Plain(strconv.Itoa(row.From) + "–" + to), web.Plain(next)})
		}
	}
	for _, s := range register.Predecessors(code) {
		add(s.Code)
	}
	add(code)
	return web.Section{ID: "codes", Heading: r.T("history.code"), Table: t}
}
