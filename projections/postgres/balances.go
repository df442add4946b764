package postgres

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// grouping is a BalanceQuery at work. PostgreSQL sums the lines by what the keys
// need; the keys themselves, which hang on the register of districts, are made
// here.
type grouping struct {
	*matcher
	q       *projections.BalanceQuery
	keys    []projections.Key
	answer  *projections.Balances
	column  [32]int                       // by account: its column, -1 when it is not asked for
	groups  map[string]*projections.Group // by the texts of their keys
	id      []byte                        // of the group that is looked for
	sources map[string]string
	stocks  bool // stock figures are asked for
}

// Balances sums lines by group.
func (m *Model) Balances(ctx context.Context, v projections.View, q projections.BalanceQuery) (*projections.Balances, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	for try := range areaTries {
		x, err := m.matcher(ctx, v, &q.Filter)
		if err != nil {
			return nil, err
		}
		g := newGrouping(x, &q)
		order, err := q.Order()
		if err != nil {
			return nil, err
		}
		if slices.Contains(g.keys, projections.Source) {
			g.sources = m.sources()
		}
		moved, err := m.collectAreas(ctx, g, try == areaTries-1)
		if err != nil {
			return nil, err
		}
		if moved == 0 {
			return g.finish(order), nil
		}
		if err := m.Wait(ctx, moved); err != nil {
			return nil, err
		}
	}
	panic("postgres: the last try does not depend on the progress")
}

func newGrouping(x *matcher, q *projections.BalanceQuery) *grouping {
	g := &grouping{matcher: x, q: q, keys: q.KeyNames(), groups: map[string]*projections.Group{}}
	g.answer = &projections.Balances{Position: x.limit, Keys: g.keys, Accounts: q.Asked()}
	for a := range g.column {
		g.column[a] = slices.Index(g.answer.Accounts, domain.Account(a))
	}
	g.stocks = slices.ContainsFunc(q.Measures, domain.Figure.Stock)
	if len(g.keys) == 0 {
		g.group(&cell{}, "", 0)
	}
	return g
}

// sources are the sources of the funds.
func (m *Model) sources() map[string]string {
	sources := map[string]string{}
	m.State(func(l *domain.Ledger) {
		for f := range l.Funds() {
			sources[f.ID] = f.Source
		}
	})
	return sources
}

// dims are what the query needs kept apart.
func (g *grouping) dims() dims {
	measured := len(g.q.Measures) > 0
	d := dims{flags: measured, period: g.q.Interval, year: measured, district: measured && g.district}
	for _, k := range g.keys {
		switch k {
		case projections.Fund, projections.Source:
			d.fund = true
		case projections.Project:
			d.project = true
		case projections.Organisation:
			d.organisation = true
		case projections.District, projections.Province, projections.City:
			d.district = true
		case projections.Year:
			d.year = true
		case projections.Vintage:
			d.vintage = true
		case projections.Purpose:
			d.purpose = true
		}
	}
	return d
}

// collect asks for the cells and adds them to the groups.
func (m *Model) collect(ctx context.Context, g *grouping) error {
	return m.cells(ctx, g.matcher, g.conditions(), g.dims(), g.take)
}

// conditions are those on tuples t and the account.
func (g *grouping) conditions() *clauses {
	s := &clauses{}
	if len(g.q.Measures) == 0 {
		s.tuple(g.matcher, false)
		s.accounts("account", g.answer.Accounts)
		return s
	}
	s.tuple(g.matcher, true)
	last := g.newest()
	years, asked := g.filter.Where[projections.Year]
	switch {
	case asked && !g.stocks:
		s.add("t.year = ANY(%s)", s.arg(yearNumbers(years)))
	case asked:
		s.add("(t.year = ANY(%s) OR t.year <= %s AND account = ANY(%s))", s.arg(yearNumbers(years)), s.arg(int16(last)), s.arg(stockAccounts()))
	}
	if g.district {
		s.districts(g.matcher, func(code string) bool { return g.mayPass(code) })
	}
	return s
}

// take adds a cell to the groups that it counts in.
func (g *grouping) take(c *cell) {
	if len(g.q.Measures) == 0 {
		g.add(c)
		return
	}
	if g.year(c.Year) && (!g.district || g.passes(g.shown(c.District))) {
		g.add(c)
		g.addFigures(c)
	}
	if g.stocks {
		g.addStocks(c)
	}
}

// newest is the newest year of the rows: of the filter, or else with entries.
func (g *grouping) newest() (last int) {
	values, asked := g.filter.Where[projections.Year]
	if !asked {
		return g.lastYear
	}
	for _, v := range values {
		y, _ := strconv.Atoi(v)
		last = max(last, y)
	}
	return last
}

// mayPass tells whether the filter lets a recorded code through in the row of
// any year.
func (g *grouping) mayPass(code string) bool {
	if g.passes(g.shown(code)) {
		return true
	}
	if !g.stocks || !g.filter.Recorded {
		return false
	}
	for next := g.register.Replacement(code); next != "" && next != code; next = g.register.Replacement(next) {
		if g.passes(next) {
			return true
		}
	}
	return false
}

func stockAccounts() (list []int16) {
	for _, a := range domain.Accounts() {
		if _, ok := domain.StockFigure(a); ok {
			list = append(list, int16(a))
		}
	}
	return list
}

// group finds or makes the group of a cell, with the district as shown and the
// year of the row.
func (g *grouping) group(c *cell, district string, year int) *projections.Group {
	g.id = g.id[:0]
	for i, name := range g.keys {
		if i > 0 {
			g.id = append(g.id, 0)
		}
		g.id = g.appendKey(g.id, name, c, district, year)
	}
	group := g.groups[string(g.id)]
	if group == nil {
		n := len(g.answer.Accounts)
		group = &projections.Group{Key: []string{}, Amounts: make([]domain.Fen, n), Seen: make([]bool, n)}
		if len(g.keys) > 0 {
			group.Key = strings.Split(string(g.id), "\x00")
		}
		g.groups[string(g.id)] = group
	}
	return group
}

func (g *grouping) appendKey(b []byte, name projections.Key, c *cell, district string, year int) []byte {
	switch name {
	case projections.Fund:
		return append(b, c.Fund...)
	case projections.Source:
		return append(b, g.sources[c.Fund]...)
	case projections.Project:
		return append(b, c.Project...)
	case projections.Organisation:
		return append(b, c.Organisation...)
	case projections.District:
		return append(b, district...)
	case projections.Province:
		return append(b, division.ProvinceOf(district)...)
	case projections.City:
		return append(b, division.PrefectureOf(district)...)
	case projections.Year:
		return append(b, projections.YearText(year)...)
	case projections.Vintage:
		return append(b, projections.YearText(c.Vintage)...)
	case projections.Purpose:
		return append(b, c.Purpose...)
	case projections.Period:
		return append(b, projections.PeriodText(c.period, g.q.Interval)...)
	}
	return b
}

// add adds a cell to the amounts of its group.
func (g *grouping) add(c *cell) {
	column := g.column[c.account]
	if column < 0 {
		return
	}
	to := g.group(c, g.shown(c.District), c.Year)
	to.Amounts[column] += c.debits + c.credits
	to.Seen[column] = true
	to.Lines += c.lines
	to.LastPosition = max(to.LastPosition, c.last)
}

// addFigures adds the flows of a cell to the figures of its group.
func (g *grouping) addFigures(c *cell) {
	g.group(c, g.shown(c.District), c.Year).Sums.Add(c.account, c.debits, c.credits, c.hasProject, c.organisation)
}

// addStocks adds the stocks of a cell to its own year and to those after it.
func (g *grouping) addStocks(c *cell) {
	sum := c.debits + c.credits
	if _, stock := domain.StockFigure(c.account); !stock || sum == 0 {
		return
	}
	last := g.newest()
	for y := c.Year; y <= last; y++ {
		shown := g.shownIn(c.District, y)
		if g.year(y) && (!g.district || g.passes(shown)) {
			g.group(c, shown, y).Sums.AddStock(c.account, sum)
		}
	}
}

// finish makes the answer.
func (g *grouping) finish(order func(a, b *projections.Group) int) *projections.Balances {
	groups := make([]projections.Group, 0, len(g.groups))
	for _, group := range g.groups {
		groups = append(groups, *group)
	}
	g.answer.Arrange(g.q, groups, order)
	return g.answer
}
