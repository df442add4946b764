package api

import (
	"slices"
	"strconv"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/projections"
)

// yearGroups are all figures of a filter by year, oldest first.
func (v *visit) yearGroups(where map[projections.Key][]string) ([]projections.Group, error) {
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: v.at(where), GroupBy: []projections.Key{projections.Year}, Measures: domain.Figures()})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(answer.Items, func(g projections.Group) bool { return g.Key[0] == "" }), nil
}

// newestYear is the last year of the groups, that of the date when there is
// none.
func newestYear(groups []projections.Group, today domain.Date) int {
	if n := len(groups); n > 0 {
		if y, err := strconv.Atoi(groups[n-1].Key[0]); err == nil {
			return y
		}
	}
	return today.Year()
}

// in is the filter of a group's year.
func in(where map[projections.Key][]string, year string) map[projections.Key][]string {
	y, _ := strconv.Atoi(year)
	return yearly(y, where)
}

// yearsChart is C8: up to five years beside each other.
func (v *visit) yearsChart(groups []projections.Group, where map[projections.Key][]string) web.Figure {
	r := v.reader
	chart := web.Years{ID: "c8", Heading: r.T("c8"), Names: []string{r.T("base"), r.T("disbursed"), r.T("remaining")}, Classes: []string{"in", "out", "left"},
		CSV: v.csv(where, "group_by", "year", "measures", "appropriated,carried_in,recovered,transferred,disbursed,remaining")}
	for _, g := range groups[max(0, len(groups)-5):] {
		year, err := strconv.Atoi(g.Key[0])
		if err != nil {
			continue
		}
		at := in(where, g.Key[0])
		chart.Rows = append(chart.Rows, web.YearRow{Year: year, Values: []domain.Fen{broughtIn(&g), g.Sums[domain.FigureDisbursed], g.Sums[domain.FigureRemaining]},
			URLs: []string{r.URL("/statements", pairs(at, "figure", "base")...), v.statement(domain.FigureDisbursed, at), v.statement(domain.FigureRemaining, at)}})
	}
	return chart.Figure(r)
}

// byYear is the table of all years with the proof line (DOMAIN.md 11).
func (v *visit) byYear(groups []projections.Group, where map[projections.Key][]string) web.Section {
	r := v.reader
	figures := []domain.Figure{domain.FigureAppropriated, domain.FigureCarriedIn, domain.FigureRecovered, domain.FigureTransferred, domain.FigureArranged, domain.FigureDisbursed, domain.FigureSpent, domain.FigureLapsed, domain.FigureCarriedOut, domain.FigureRemaining}
	t := web.Table{Caption: r.T("by.year"), Empty: r.T("c8.none"), Heads: []web.Head{{Label: r.T("year")}}}
	for _, f := range figures {
		t.Heads = append(t.Heads, web.Head{Label: r.Figure(f), Right: true})
	}
	t.Heads = append(t.Heads, web.Head{Label: r.T("rate"), Right: true}, web.Head{Label: r.T("proof.line")})
	_, project := where[projections.Project]
	for _, g := range groups {
		at := in(where, g.Key[0])
		row := []web.Cell{web.Plain(g.Key[0])}
		for _, f := range figures {
			cell := web.Amount(g.Sums[f], v.statement(f, at))
			if g.Sums[f] == 0 {
				cell = web.Plain("—")
			}
			row = append(row, cell)
		}
		rate, ok := g.Figure(domain.FigureRate)
		came, is := g.Sums.Proof()
		row = append(row, web.Rate(rate, ok, v.statement(domain.FigureRate, at)), web.Tick(came == is || project))
		t.Rows = append(t.Rows, row)
	}
	return web.Section{ID: "years", Heading: r.T("by.year"), Table: t, Note: r.T("proof.text") + r.T("sentence.unit")}
}

// stages is C7 of a filter.
func (v *visit) stages(where map[projections.Key][]string) (web.Figure, error) {
	f := v.at(where)
	f.Accounts = []domain.Account{domain.Available, domain.Allocated, domain.Committed, domain.Disbursed}
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: f})
	if err != nil {
		return web.Figure{}, err
	}
	s := web.Stages{CSV: v.csv(where, "account", "budget.available,budget.allocated,budget.committed,budget.disbursed")}
	for i, a := range answer.Accounts {
		s.Parts = append(s.Parts, web.Part{Class: "s" + strconv.Itoa(i+1), Name: v.reader.Account(a), Amount: answer.Totals.Amounts[i], URL: v.accountLines(where, a.String())})
	}
	return s.Figure(v.reader), nil
}

// byPurpose is what was arranged and paid for each purpose, over all years.
func (v *visit) byPurpose(where map[projections.Key][]string) (web.Section, error) {
	r := v.reader
	f := v.at(where)
	f.Accounts = append(slices.Clone(arrangedAccounts), domain.Spent)
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: f, GroupBy: []projections.Key{projections.Purpose}})
	if err != nil {
		return web.Section{}, err
	}
	column := map[domain.Account]int{}
	for i, a := range answer.Accounts {
		column[a] = i
	}
	t := web.Table{Caption: r.T("by.purpose"), Empty: r.T("c3.none"), Heads: []web.Head{{Label: r.T("purpose")}, {Label: r.T("arranged"), Right: true}, {Label: r.T("disbursed"), Right: true}, {Label: r.T("spent"), Right: true}}}
	for _, g := range answer.Items {
		if g.Key[0] == "" {
			continue
		}
		at := map[projections.Key][]string{projections.Purpose: {g.Key[0]}}
		for k, values := range where {
			at[k] = values
		}
		var sum domain.Fen
		for _, a := range arrangedAccounts {
			sum += g.Amounts[column[a]]
		}
		t.Rows = append(t.Rows, []web.Cell{web.Plain(r.Purpose(g.Key[0])), web.Amount(sum, v.accountLines(at, arrangedNames)), web.Amount(g.Amounts[column[domain.Disbursed]], v.accountLines(at, "budget.disbursed")), web.Amount(g.Amounts[column[domain.Spent]], v.accountLines(at, "money.spent"))})
	}
	return web.Section{ID: "purposes", Heading: r.T("by.purpose"), Table: t, Note: r.T("all.years")}, nil
}
