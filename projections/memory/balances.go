package memory

import (
	"context"
	"slices"
	"strconv"

	"grantledger/domain"
	"grantledger/projections"
)

// maxKeys is the number of keys a group can have: eight, and the period.
const maxKeys = 9

// groupKey is the key of a group by numbers, in the order of the query's keys.
type groupKey [maxKeys]uint32

// grouping is a BalanceQuery at work.
type grouping struct {
	*matcher
	q       *projections.BalanceQuery
	keys    []projections.Key
	answer  *projections.Balances
	column  [32]int // by account: its column, -1 when it is not asked for
	numbers map[groupKey]int
	groups  []projections.Group
	keyOf   []groupKey   // by group
	amounts []domain.Fen // room for those of further groups
	seen    []bool

	sources  names
	sourceOf []uint32 // by fund, when source is a key
}

// Balances sums lines by group.
func (m *Model) Balances(_ context.Context, v projections.View, q projections.BalanceQuery) (*projections.Balances, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.balances(v, q)
}

func (m *Model) balances(v projections.View, q projections.BalanceQuery) (*projections.Balances, error) {
	g, err := m.grouping(v, &q)
	if err != nil {
		return nil, err
	}
	g.roll(g.keys)
	g.collect()
	return g.finish()
}

func (m *Model) grouping(v projections.View, q *projections.BalanceQuery) (*grouping, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	x, err := m.matcher(v, &q.Filter)
	if err != nil {
		return nil, err
	}
	g := &grouping{matcher: x, q: q, keys: q.KeyNames(), numbers: map[groupKey]int{}, sources: newNames()}
	g.answer = &projections.Balances{Position: uint64(x.limit), Keys: g.keys, Accounts: q.Asked()}
	for a := range g.column {
		g.column[a] = slices.Index(g.answer.Accounts, domain.Account(a))
	}
	if len(g.keys) == 0 {
		g.group(groupKey{})
	}
	if slices.Contains(g.keys, projections.Source) {
		for fund := range m.funds.len() {
			g.sourceOf = append(g.sourceOf, g.sources.add(m.sourceOf(uint32(fund))))
		}
	}
	return g, nil
}

// collect goes over the tuples that pass.
func (g *grouping) collect() {
	if len(g.q.Measures) == 0 {
		g.tuples(asTheyStand, func(n uint32, t *tuple) { g.addTuple(n, t) })
		return
	}
	years := g.stockYears()
	g.tuples(anyYear, func(n uint32, t *tuple) {
		if g.year.has(uint32(t.year)) && (!g.byDistrict || g.shownOK[g.shown[t.district]]) {
			g.addTuple(n, t)
			g.addFigures(n, t)
		}
		g.addStocks(n, t, years)
	})
}

// stockYears are the years for which stock figures are asked: those of the
// filter, or all up to the ledger's newest; nil when no such figure is asked.
func (g *grouping) stockYears() []int {
	if !slices.ContainsFunc(g.q.Measures, domain.Figure.Stock) {
		return nil
	}
	var years []int
	last := g.m.lastYear(g.limit)
	if g.year.any {
		for y := g.firstYear(); y <= last; y++ {
			years = append(years, y)
		}
		return years
	}
	for _, y := range g.year.ids {
		years = append(years, int(y))
	}
	return years
}

// firstYear is the oldest year with entries.
func (g *grouping) firstYear() int {
	for y, tuples := range g.m.byYear {
		if y > 0 && len(tuples) > 0 {
			return y
		}
	}
	return domain.MaxYear
}

// group finds or makes the group of a key.
func (g *grouping) group(k groupKey) *projections.Group {
	i, ok := g.numbers[k]
	if !ok {
		i = len(g.groups)
		g.numbers[k] = i
		n := len(g.answer.Accounts)
		if len(g.amounts) < n {
			room := n * (len(g.groups) + 8)
			g.amounts, g.seen = make([]domain.Fen, room), make([]bool, room)
		}
		g.groups = append(g.groups, projections.Group{Amounts: g.amounts[:n:n], Seen: g.seen[:n:n]})
		g.amounts, g.seen = g.amounts[n:], g.seen[n:]
		g.keyOf = append(g.keyOf, k)
	}
	return &g.groups[i]
}

// addTuple adds the asked accounts of a tuple to its group.
func (g *grouping) addTuple(n uint32, t *tuple) {
	k := g.key(t, g.shown[t.district], int(t.year))
	var to *projections.Group
	for _, c := range g.in.cellsOf.at(n) {
		cell := &g.in.cells[c]
		column := g.column[cell.account]
		if column < 0 {
			continue
		}
		if g.q.Interval != projections.NoInterval {
			g.addPeriods(c, k, column)
			continue
		}
		p := g.of(c)
		if p.lines == 0 {
			continue
		}
		if to == nil {
			to = g.group(k)
		}
		count(to, column, p.debits+p.credits, p.lines, p.last)
	}
}

func count(to *projections.Group, column int, amount domain.Fen, lines int, last uint32) {
	to.Amounts[column] += amount
	to.Seen[column] = true
	to.Lines += lines
	to.LastPosition = max(to.LastPosition, uint64(last))
}

// addPeriods adds a cell to the groups of its periods: by month if it is rolled
// up, else line by line.
func (g *grouping) addPeriods(c uint32, k groupKey, column int) {
	if g.rolled != nil {
		g.months(c, func(m *month) {
			k[len(g.keys)-1] = uint32(periodOf(m.number, g.q.Interval))
			count(g.group(k), column, m.debits+m.credits, int(m.lines), m.last)
		})
		return
	}
	for _, line := range g.m.lines.at(c) {
		position := g.m.lineEvent[line]
		if position > g.limit {
			break
		}
		on := g.m.at(position).on
		if g.within(on) {
			k[len(g.keys)-1] = uint32(period(on, g.q.Interval))
			count(g.group(k), column, g.m.lineAmount[line], 1, position)
		}
	}
}

// addFigures adds the flows of a tuple to the figures of its group.
func (g *grouping) addFigures(n uint32, t *tuple) {
	k := g.key(t, g.shown[t.district], int(t.year))
	var to *projections.Group
	for _, c := range g.in.cellsOf.at(n) {
		cell := &g.in.cells[c]
		if p := g.of(c); p.lines > 0 {
			if to == nil {
				to = g.group(k)
			}
			to.Sums.Add(cell.account, p.debits, p.credits, t.project != 0, t.organisation != 0)
		}
	}
}

// addStocks adds the stocks of a tuple to its own year and to those after it.
func (g *grouping) addStocks(n uint32, t *tuple, years []int) {
	if len(years) == 0 {
		return
	}
	var stocks [32]domain.Fen
	some := false
	for _, c := range g.in.cellsOf.at(n) {
		account := g.in.cells[c].account
		if _, stock := domain.StockFigure(account); stock {
			p := g.of(c)
			stocks[account] = p.debits + p.credits
			some = some || stocks[account] != 0
		}
	}
	if !some {
		return
	}
	for _, y := range years {
		if shown := g.shownIn(t.district, y); y >= int(t.year) && (!g.byDistrict || g.shownOK[shown]) {
			to := g.group(g.key(t, shown, y))
			for account, sum := range stocks {
				if sum != 0 {
					to.Sums.AddStock(domain.Account(account), sum)
				}
			}
		}
	}
}

// key is the tuple's group, with the district as shown and the year of the row.
func (g *grouping) key(t *tuple, district uint32, year int) (k groupKey) {
	for i, name := range g.keys {
		switch name {
		case projections.Fund:
			k[i] = t.fund
		case projections.Source:
			k[i] = g.sourceOf[t.fund]
		case projections.Project:
			k[i] = t.project
		case projections.Organisation:
			k[i] = t.organisation
		case projections.District:
			k[i] = district
		case projections.Province:
			k[i] = g.m.areas[district].province
		case projections.City:
			k[i] = g.m.areas[district].city
		case projections.Year:
			k[i] = uint32(year)
		case projections.Vintage:
			k[i] = uint32(t.vintage)
		case projections.Purpose:
			k[i] = t.purpose
		}
	}
	return k
}

// finish writes the keys out and makes the answer.
func (g *grouping) finish() (*projections.Balances, error) {
	order, err := g.q.Order()
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(g.groups)*len(g.keys))
	for i := range g.groups {
		g.groups[i].Key, texts = texts[:len(g.keys):len(g.keys)], texts[len(g.keys):]
		g.write(g.groups[i].Key, g.keyOf[i])
	}
	g.answer.Arrange(g.q, g.groups, order)
	return g.answer, nil
}

// write writes a key out.
func (g *grouping) write(out []string, k groupKey) {
	for i, name := range g.keys {
		switch name {
		case projections.Fund:
			out[i] = g.m.funds.text(k[i])
		case projections.Source:
			out[i] = g.sources.text(k[i])
		case projections.Project:
			out[i] = g.m.projects.text(k[i])
		case projections.Organisation:
			out[i] = g.m.organisations.text(k[i])
		case projections.District, projections.Province, projections.City:
			out[i] = g.m.districts.text(k[i])
		case projections.Purpose:
			out[i] = g.m.purposes.text(k[i])
		case projections.Period:
			out[i] = projections.PeriodText(int(k[i]), g.q.Interval)
		default:
			if k[i] != 0 {
				out[i] = strconv.Itoa(int(k[i]))
			}
		}
	}
}

// period numbers the span that a date lies in.
func period(on domain.Date, i projections.Interval) int { return periodOf(monthNumber(on), i) }

// periodOf numbers the span that a month lies in.
func periodOf(month uint16, i projections.Interval) int {
	switch i {
	case projections.ByMonth:
		return int(month)
	case projections.ByQuarter:
		return int(month) / 3
	}
	return int(month) / 12
}
