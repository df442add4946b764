package api

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/projections"
)

// csv is the address of a chart's numbers.
func (v *visit) csv(where map[projections.Key][]string, more ...string) string {
	bare := web.Reader{Position: v.reader.Position}
	if v.filter.AsOf != 0 {
		more = append(more, "as_of", v.filter.AsOf.String())
	}
	return bare.Fixed(base+"/balances", pairs(where, append(more, "format", "csv")...)...)
}

// monthsChart is C1.
func (v *visit) monthsChart(year int) (web.Figure, error) {
	where := yearly(year, nil)
	f := v.at(where)
	f.Accounts = []domain.Account{domain.Authority, domain.Available, domain.Allocated, domain.Committed, domain.Disbursed}
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: f, Interval: projections.ByMonth})
	if err != nil {
		return web.Figure{}, err
	}
	m := web.Months{Year: year, CSV: v.csv(where, "interval", "month", "account", "budget.authority,budget.available,budget.allocated,budget.committed,budget.disbursed")}
	m.Values = months(year, v.today(), answer)
	m.URL = func(month int, what string) string { return v.monthLines(where, year, month, what) }
	return m.Figure(v.reader), nil
}

// months sums the answer by month; what was posted to the year before its
// first month counts as there from the beginning.
func months(year int, today domain.Date, answer *projections.Balances) (out [12]web.Month) {
	var left domain.Fen
	index := map[string]projections.Group{}
	for _, g := range answer.Items {
		if g.Key[0] < strconv.Itoa(year) {
			left += g.Amounts[1] + g.Amounts[2] + g.Amounts[3]
		}
		index[g.Key[0]] = g
	}
	for i := range out {
		if out[i].Begun = domain.NewDate(year, i+1, 1) <= today; !out[i].Begun {
			continue
		}
		if g, ok := index[fmt.Sprintf("%d-%02d", year, i+1)]; ok {
			out[i].In, out[i].Out = -g.Amounts[0], g.Amounts[4]
			left += g.Amounts[1] + g.Amounts[2] + g.Amounts[3]
		}
		out[i].Left = left
	}
	return out
}

// monthLines is the statement of a mark of C1.
func (v *visit) monthLines(where map[projections.Key][]string, year, month int, what string) string {
	last := domain.NewDate(year, month+1, 1) - 1
	if v.filter.AsOf != 0 {
		last = min(last, v.filter.AsOf)
	}
	from := domain.NewDate(year, month, 1).String()
	switch what {
	case "in":
		return v.accountLines(where, "budget.authority", "from", from, "as_of", last.String())
	case "out":
		return v.accountLines(where, "budget.disbursed", "from", from, "as_of", last.String())
	}
	return v.accountLines(where, "budget.available,budget.allocated,budget.committed", "as_of", last.String())
}

// fundGroups are the figures of a year by fund.
func (v *visit) fundGroups(year int) (*projections.Balances, error) {
	return v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{
		Filter: v.at(yearly(year, nil)), GroupBy: []projections.Key{projections.Source, projections.Fund}, Measures: domain.Figures(),
	})
}

// broughtIn is what the money of a group is measured by: the left side of the proof
// line.
func broughtIn(g *projections.Group) domain.Fen {
	came, _ := g.Sums.Proof()
	return came
}

// bulletsChart is C2.
func (v *visit) bulletsChart(year int) (web.Figure, error) {
	answer, err := v.fundGroups(year)
	if err != nil {
		return web.Figure{}, err
	}
	b := web.Bullets{Elapsed: elapsed(year, v.today()), CSV: v.csv(yearly(year, nil), "group_by", "fund", "measures", "appropriated,carried_in,recovered,transferred,disbursed,rate")}
	v.naming(func(n namer) {
		for _, g := range answer.Items {
			where := yearly(year, map[projections.Key][]string{projections.Fund: {g.Key[1]}})
			row := web.Bullet{ID: g.Key[1], Name: orElse(n.label(projections.Fund, g.Key[1], 0), g.Key[1]), Source: g.Key[0], Paid: g.Sums[domain.FigureDisbursed], Base: broughtIn(&g),
				PaidURL: v.statement(domain.FigureDisbursed, where), BaseURL: v.reader.URL("/statements", pairs(where, "figure", "base")...)}
			row.Rate, row.HasRate = g.Figure(domain.FigureRate)
			b.Rows = append(b.Rows, row)
		}
	})
	slices.SortStableFunc(b.Rows, func(x, y web.Bullet) int { return cmp.Compare(y.Base, x.Base) })
	return b.Figure(v.reader), nil
}

// arrangedAccounts are those that make up what is arranged on a project.
var arrangedAccounts = []domain.Account{domain.Allocated, domain.Committed, domain.Disbursed, domain.Lapsed, domain.Carried}

const arrangedNames = "budget.allocated,budget.committed,budget.disbursed,budget.lapsed,budget.carried"

// flowChart is C3: what came to the funds, and what it was arranged for.
func (v *visit) flowChart(year int) (web.Figure, error) {
	into, err := v.fundGroups(year)
	if err != nil {
		return web.Figure{}, err
	}
	f := v.at(yearly(year, nil))
	f.Accounts = arrangedAccounts
	out, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{Filter: f, GroupBy: []projections.Key{projections.Source, projections.Fund, projections.Purpose}})
	if err != nil {
		return web.Figure{}, err
	}
	flow := web.Flow{CSV: v.csv(yearly(year, nil), "group_by", "source,fund,purpose", "account", arrangedNames)}
	v.naming(func(n namer) {
		for _, g := range into.Items {
			flow.Into = append(flow.Into, v.intoBand(n, year, g))
		}
		for _, g := range out.Items {
			if g.Key[2] != "" {
				flow.Out = append(flow.Out, v.outBand(n, year, g))
			}
		}
	})
	return flow.Figure(v.reader), nil
}

func (v *visit) intoBand(n namer, year int, g projections.Group) web.Band {
	where := yearly(year, map[projections.Key][]string{projections.Fund: {g.Key[1]}})
	return web.Band{From: g.Key[0], To: g.Key[1], FromName: v.reader.Source(g.Key[0]), ToName: orElse(n.label(projections.Fund, g.Key[1], 0), g.Key[1]),
		Source: g.Key[0], Amount: broughtIn(&g), URL: v.reader.URL("/statements", pairs(where, "figure", "base")...)}
}

func (v *visit) outBand(n namer, year int, g projections.Group) web.Band {
	where := yearly(year, map[projections.Key][]string{projections.Fund: {g.Key[1]}, projections.Purpose: {g.Key[2]}})
	var sum domain.Fen
	for _, a := range g.Amounts {
		sum += a
	}
	return web.Band{From: g.Key[1], To: g.Key[2], FromName: orElse(n.label(projections.Fund, g.Key[1], 0), g.Key[1]), ToName: v.reader.Purpose(g.Key[2]),
		Source: g.Key[0], Amount: sum, URL: v.accountLines(where, arrangedNames)}
}

// tilesChart is C4.
func (v *visit) tilesChart(year int) (web.Figure, error) {
	t, err := v.tiles(year)
	if err != nil {
		return web.Figure{}, err
	}
	return t.Figure(v.reader), nil
}

func (v *visit) tiles(year int) (*web.Tiles, error) {
	answer, err := v.server.Model.Balances(v.context(), v.view, projections.BalanceQuery{
		Filter: v.at(yearly(year, nil)), GroupBy: []projections.Key{projections.District}, Measures: domain.Figures(),
	})
	if err != nil {
		return nil, err
	}
	t := &web.Tiles{CSV: v.csv(yearly(year, nil), "group_by", "district", "measures", "appropriated,carried_in,recovered,transferred,disbursed,rate")}
	v.naming(func(n namer) {
		for _, g := range answer.Items {
			code := g.Key[0]
			where := yearly(year, map[projections.Key][]string{projections.District: {code}})
			tile := web.Tile{Code: code, Name: n.own(code), URL: v.statement(domain.FigureRate, where), Page: v.reader.URL("/districts/"+code, "year", strconv.Itoa(year)), Cells: []web.Cell{
				web.Amount(broughtIn(&g), v.reader.URL("/statements", pairs(where, "figure", "base")...)),
				web.Amount(g.Sums[domain.FigureDisbursed], v.statement(domain.FigureDisbursed, where)),
			}}
			tile.Rate, tile.HasRate = g.Figure(domain.FigureRate)
			t.Tiles = append(t.Tiles, tile)
		}
		v.empty(n, year, t)
	})
	return t, nil
}

// empty adds the districts of the grid that had no money in the year, when the
// grid is that of the ledger.
func (v *visit) empty(n namer, year int, t *web.Tiles) {
	codes := web.Places()
	if !slices.Contains(codes, n.ledger.Info("district")) {
		return
	}
	for _, code := range codes {
		if !n.ledger.Register().Valid(code, year) || n.ledger.Register().Current(code) != code || slices.ContainsFunc(t.Tiles, func(tile web.Tile) bool { return tile.Code == code }) {
			continue
		}
		where := yearly(year, map[projections.Key][]string{projections.District: {code}})
		t.Tiles = append(t.Tiles, web.Tile{Code: code, Name: n.own(code), URL: v.statement(domain.FigureRate, where), Page: v.reader.URL("/districts/" + code), Cells: []web.Cell{web.Plain("—"), web.Plain("—")}})
	}
}
