package api

import (
	"strconv"
	"strings"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/projections"
)

// yearOf reads the year of a page that chooses one.
func (v *visit) yearOf() (year int, choices []web.Choice, err error) {
	v.filter.Where = v.params.one(projections.Year)
	if err := v.params.problem(); err != nil {
		return 0, nil, err
	}
	year, choices, _, err = v.year()
	return year, choices, err
}

// fundsPage lists the funds with the figures of a year.
func (s *Server) fundsPage(c *call) error {
	v, err := c.visit([]string{"year"})
	if err != nil {
		return err
	}
	year, choices, err := v.yearOf()
	if err != nil {
		return err
	}
	answer, err := v.fundGroups(year)
	if err != nil {
		return err
	}
	sparks, err := v.sparks(year)
	if err != nil {
		return err
	}
	rows, err := v.withIdleFunds(answer.Items)
	if err != nil {
		return err
	}
	r := v.reader
	t := web.Table{Caption: r.T("funds.title"), Heads: v.fundHeads(), Empty: r.T("funds.none")}
	v.naming(func(n namer) {
		for _, g := range rows {
			t.Rows = append(t.Rows, v.fundRow(n, year, g, sparks[g.Key[1]]))
		}
	})
	page := v.page(r.T("funds.title"), "/funds", web.Crumb{Label: r.T("funds.title")})
	page.Actions = v.files("/funds")
	return v.show("listing", page, web.Listing{Years: choices, Table: t, Note: r.T("funds.note")})
}

// withIdleFunds adds to the groups of a year, keyed by source and fund, the
// funds that have no line in it.
func (v *visit) withIdleFunds(groups []projections.Group) ([]projections.Group, error) {
	all, err := v.server.Model.Subjects(v.context(), v.view, projections.SubjectQuery{Filter: projections.Filter{Position: v.filter.Position}, Kind: "fund"})
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(groups))
	for _, g := range groups {
		seen[g.Key[1]] = true
	}
	for _, s := range all.Items {
		if !seen[s.ID] {
			groups = append(groups, projections.Group{Key: []string{"", s.ID}})
		}
	}
	return groups, nil
}

func (v *visit) fundHeads() []web.Head {
	r := v.reader
	return []web.Head{{Label: r.T("fund")}, {Label: r.T("source")}, {Label: r.T("district")}, {Label: r.T("income") + r.T("in.yuan"), Right: true},
		{Label: r.T("remaining") + r.T("in.yuan"), Right: true}, {Label: r.T("disbursed") + r.T("in.yuan"), Right: true}, {Label: r.T("rate"), Right: true}, {Label: r.T("spark")}}
}

func (v *visit) fundRow(n namer, year int, g projections.Group, spark web.Cell) []web.Cell {
	id := g.Key[1]
	f, _ := n.ledger.Fund(id)
	where := yearly(year, map[projections.Key][]string{projections.Fund: {id}})
	cell := func(figure domain.Figure) web.Cell { return web.Amount(g.Sums[figure], v.statement(figure, where)) }
	rate, ok := g.Figure(domain.FigureRate)
	return []web.Cell{web.Linked(orElse(f.Name, id), v.reader.URL("/funds/"+id)), web.Plain(v.reader.Source(f.Source)), web.Plain(n.label(projections.District, n.ledger.Register().Normalise(f.District, year), year)),
		cell(domain.FigureAppropriated), cell(domain.FigureRemaining), cell(domain.FigureDisbursed), web.Rate(rate, ok, v.statement(domain.FigureRate, where)), spark}
}

// sparks are the sparklines of paid money by fund.
func (v *visit) sparks(year int) (map[string]web.Cell, error) {
	f := v.at(yearly(year, nil))
	f.Accounts = []domain.Account{domain.Disbursed}
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: f, GroupBy: []projections.Key{projections.Fund}, Interval: projections.ByMonth})
	if err != nil {
		return nil, err
	}
	values := map[string]*[12]domain.Fen{}
	for _, g := range answer.Items {
		month, err := strconv.Atoi(strings.TrimPrefix(g.Key[1], strconv.Itoa(year)+"-"))
		if err != nil || month < 1 || month > 12 {
			continue
		}
		if values[g.Key[0]] == nil {
			values[g.Key[0]] = new([12]domain.Fen)
		}
		values[g.Key[0]][month-1] += g.Amounts[0]
	}
	out := map[string]web.Cell{}
	for fund, list := range values {
		out[fund] = web.Spark(v.reader, list[:])
	}
	return out, nil
}

// fundPage is the page of one fund.
func (s *Server) fundPage(c *call) error {
	v, err := c.visit()
	if err != nil {
		return err
	}
	id := c.echo.Param("id")
	if _, err := s.Model.Subject(c.context(), v.view, "fund", id); err != nil {
		return err
	}
	where := map[projections.Key][]string{projections.Fund: {id}}
	years, err := v.yearGroups(where)
	if err != nil {
		return err
	}
	sheet := web.Sheet{}
	var fund domain.Fund
	v.naming(func(n namer) {
		fund, _ = n.ledger.Fund(id)
		sheet.Facts = v.fundFacts(n, &fund)
	})
	year := newestYear(years, v.today())
	if sheet.Figures, err = v.headFigures(year, where); err != nil {
		return err
	}
	stages, err := v.stages(yearly(year, where))
	if err != nil {
		return err
	}
	sheet.Charts = []web.Figure{v.yearsChart(years, where), stages}
	parts := []func() (web.Section, error){
		func() (web.Section, error) { return v.byYear(years, where), nil },
		func() (web.Section, error) { return v.vintages(&fund) },
		func() (web.Section, error) { return v.byPurpose(where) },
		func() (web.Section, error) { return v.documents(id) },
		func() (web.Section, error) { return v.projectTable(v.reader.T("projects.title"), where, 30) },
	}
	for _, part := range parts {
		section, err := part()
		if err != nil {
			return err
		}
		sheet.Sections = append(sheet.Sections, section)
	}
	page := v.page(orElse(fund.Name, id), "/funds", web.Crumb{Label: v.reader.T("funds.title"), URL: v.reader.URL("/funds")}, web.Crumb{Label: orElse(fund.Name, id)})
	page.Actions = []web.Action{{Label: v.reader.T("statement"), URL: v.reader.URL("/statements", "fund", id)}, {Label: v.reader.T("nav.events"), URL: v.reader.URL("/events", "fund", id)}, {Label: v.reader.T("fixed"), URL: v.reader.Fixed("/funds/" + id)}}
	return v.show("sheet", page, sheet)
}

func (v *visit) fundFacts(n namer, f *domain.Fund) []web.Fact {
	r := v.reader
	purposes := make([]string, len(f.Policy.Purposes))
	for i, code := range f.Policy.Purposes {
		purposes[i] = r.Purpose(code)
	}
	lapse := r.T("lapses.never")
	if f.Policy.Lapses {
		lapse = r.T("lapses.rule")
	}
	closed := r.T("none.yet")
	if f.LastClosed > 0 {
		closed = strconv.Itoa(f.LastClosed)
	}
	facts := []web.Fact{
		plainFact(r.T("code"), f.ID), plainFact(r.T("source"), r.Source(f.Source)), plainFact(r.T("custody"), r.T("custody."+f.Custody)),
		{Label: r.T("district"), Values: []web.Link{v.districtLink(n, f.District)}},
		plainFact(r.T("subject.code"), orElse(f.Subject, "—")), plainFact(r.T("purpose"), r.List(purposes)), plainFact(r.T("lapses"), lapse), plainFact(r.T("last.closed"), closed),
	}
	if f.Policy.NoticeDays > 0 {
		facts = append(facts, plainFact(r.T("notice.days"), r.T("days", f.Policy.NoticeDays)))
	}
	if f.Policy.AwardCap > 0 {
		facts = append(facts, plainFact(r.T("cap"), web.Money(f.Policy.AwardCap)))
	}
	return facts
}

// plainFact is a fact of one plain text.
func plainFact(label, text string) web.Fact {
	return web.Fact{Label: label, Values: []web.Link{{Text: text}}}
}

// districtLink names a district as it is now, with the code that was recorded
// when it is another one (UX.md 7).
func (v *visit) districtLink(n namer, code string) web.Link {
	register := n.ledger.Register()
	now := register.Current(code)
	text := register.Name(now, anyYear) + " " + now
	if now != code {
		rows := register.Rows(code)
		text = v.reader.T("renamed", text, rows[len(rows)-1].To, register.Name(code, anyYear), code)
	}
	return web.Link{Text: text, URL: v.reader.URL("/districts/" + now)}
}

// documents are the papers by which money came to a fund.
func (v *visit) documents(fund string) (web.Section, error) {
	r := v.reader
	answer, err := v.server.Model.Events(v.context(), v.view, projections.EventQuery{
		Filter: v.at(nil), Scopes: []string{"fund/" + fund}, Limit: 50,
		Types: []string{"appropriation.received.v1", "appropriation.reduced.v1", "fund.transfer_received.v1", "fund.transferred.v1", "donation.received.v1", "goods.received.v1"},
	})
	if err != nil {
		return web.Section{}, err
	}
	t := web.Table{Caption: r.T("documents"), Empty: r.T("documents.none"), Heads: []web.Head{{Label: r.T("number")}, {Label: r.T("on")}, {Label: r.T("type")}, {Label: r.T("document")}, {Label: r.T("voucher")}, {Label: r.T("amount.yuan"), Right: true}}}
	for _, item := range answer.Items {
		data, err := v.data(item.Position)
		if err != nil {
			return web.Section{}, err
		}
		t.Rows = append(t.Rows, []web.Cell{web.Linked(r.Number(item.Position), r.Event(item.Position)), web.Plain(r.Day(item.On)), web.Plain(r.Type(item.Type)),
			web.Plain(orElse(data["document"], orElse(data["receipt"], orElse(data["transfer"], "—")))), web.Plain(item.Voucher), web.Amount(item.Amount, r.Event(item.Position))})
	}
	return web.Section{ID: "documents", Heading: r.T("documents"), Table: t}, nil
}

// data are the texts among the members of an event's data.
func (v *visit) data(position uint64) (map[string]string, error) {
	e, err := v.stored(position)
	if err != nil {
		return nil, err
	}
	return texts(e.Data), nil
}

// texts are the members of an object that are strings.
func texts(object []byte) map[string]string {
	out := map[string]string{}
	list, _ := members(object)
	for _, m := range list {
		if text, ok := textOf(m.raw); ok {
			out[m.name] = text
		}
	}
	return out
}

// vintages are the years of origin of a fund's authority, each with what is
// left of it and when that lapses.
func (v *visit) vintages(fund *domain.Fund) (web.Section, error) {
	r := v.reader
	f := v.at(map[projections.Key][]string{projections.Fund: {fund.ID}})
	f.Accounts = []domain.Account{domain.Authority, domain.Available, domain.Allocated, domain.Committed, domain.Disbursed, domain.Transferred, domain.Lapsed}
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: f, GroupBy: []projections.Key{projections.Vintage}})
	if err != nil {
		return web.Section{}, err
	}
	t := web.Table{Caption: r.T("vintages"), Empty: r.T("vintages.none"), Heads: []web.Head{{Label: r.T("vintage")}, {Label: r.In(domain.FigureAppropriated.Words()), Right: true}, {Label: r.Account(domain.Transferred), Right: true}, {Label: r.Account(domain.Disbursed), Right: true}, {Label: r.Account(domain.Lapsed), Right: true}, {Label: r.T("left.over"), Right: true}, {Label: r.T("lapses")}}}
	for _, g := range answer.Items {
		vintage, err := strconv.Atoi(g.Key[0])
		if err != nil {
			continue
		}
		at := map[projections.Key][]string{projections.Fund: {fund.ID}, projections.Vintage: {g.Key[0]}}
		lapses := r.T("lapses.never")
		if fund.Policy.Lapses {
			lapses = r.Day(domain.NewDate(vintage+1, 12, 31))
		}
		t.Rows = append(t.Rows, []web.Cell{web.Plain(g.Key[0]), web.Amount(-g.Amounts[0], v.accountLines(at, "budget.authority")), web.Amount(g.Amounts[5], v.accountLines(at, "budget.transferred")), web.Amount(g.Amounts[4], v.accountLines(at, "budget.disbursed")), web.Amount(g.Amounts[6], v.accountLines(at, "budget.lapsed")),
			web.Amount(g.Amounts[1]+g.Amounts[2]+g.Amounts[3], v.accountLines(at, "budget.available,budget.allocated,budget.committed")), web.Plain(lapses)})
	}
	return web.Section{ID: "vintages", Heading: r.T("vintages"), Table: t}, nil
}
