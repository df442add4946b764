package api

import (
	"net/url"
	"strconv"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// readBalances answers sums by group (API.md 7.3).
func readBalances(c *call) error {
	r, err := c.read("balances", filterNames, pageNames, []string{"group_by", "interval", "measures", "sort"})
	if err != nil {
		return err
	}
	var q projections.BalanceQuery
	err = r.bind(&q, &q.Filter, func(p *params) { p.balances(&q) })
	if err != nil {
		return err
	}
	if !soundFigures(q.Measures) || q.Check() != nil && r.params.has("cursor") {
		return newProblem("invalid_cursor")
	}
	q.Page = r.page(q.Offset)
	found, err := r.server.Model.Balances(r.context(), r.view, q)
	if err != nil {
		return modelError(err)
	}
	t := r.balanceTable(&q, found)
	e := envelope{position: found.Position, filter: &q.Filter, before: appendGrouping(nil, &q), totals: appendBalanceTotals(nil, &q, found)}
	if found.Next > 0 {
		next := q
		next.Position, next.Offset = found.Position, found.Next
		e.next = projections.Cursor(r.list, next)
	}
	return r.answer(t, words{ZH: "余额表", EN: "Balances"}, e)
}

// balances reads the parameters of balances that are not part of the filter.
func (p *params) balances(q *projections.BalanceQuery) {
	q.GroupBy = p.keys("group_by", projections.Keys()...)
	q.Measures = p.figures("measures")
	q.Interval = projections.Interval(p.enum("interval", "", "month", "quarter", "year"))
	if len(p.faults) > 0 {
		return // the names that sort may have are not known
	}
	if err := q.Check(); err != nil {
		p.query(err)
	}
	sortable := []string{"key"}
	for _, k := range q.KeyNames() {
		sortable = append(sortable, string(k))
	}
	for _, a := range q.Asked() {
		sortable = append(sortable, a.String())
	}
	for _, f := range q.Measures {
		sortable = append(sortable, f.String())
	}
	q.Sort = p.order(sortable...)
}

// query notes what a query's own check found.
func (p *params) query(err error) {
	if e, ok := err.(*projections.QueryError); ok {
		p.fault("query."+e.Parameter, e.Reason, strings.Join(p.values[e.Parameter], ","))
	}
}

// balanceTable has one row a group.
func (r *reading) balanceTable(q *projections.BalanceQuery, found *projections.Balances) *table {
	var cs columns
	names := named(found.Keys)
	cs.keys("key", found.Keys)
	cs.keys("labels", names)
	cs.accounts("accounts", found.Accounts)
	cs.figures("measures", q.Measures)
	cs.plain(integerCell, "lines", "last_position")
	cs.plain(textCell, "statement")
	labels := r.groupLabels(found, names)
	links := newStatementLinks(&q.Filter, found.Position)
	return &table{columns: cs, rows: len(found.Items), fill: func(row int, cells []cell) {
		g := &found.Items[row]
		cells = fillKeys(cells, found.Keys, g.Key)
		for i := range names {
			cells[i].say(labels[row*len(names)+i])
		}
		cells = cells[max(len(names), 1):]
		for i := range found.Accounts {
			cells[i].amount(g.Amounts[i])
		}
		cells = cells[max(len(found.Accounts), 1):]
		for i, f := range q.Measures {
			cells[i].figure(g.Figure(f))
		}
		cells = cells[max(len(q.Measures), 1):]
		cells[0].count(int64(g.Lines))
		cells[1].position(g.LastPosition)
		cells[2].say(links.of(found.Keys, g.Key))
	}}
}

// fillKeys fills the cells of a key and gives the cells behind it.
func fillKeys(cells []cell, keys []projections.Key, values []string) []cell {
	for i, k := range keys {
		if k != projections.Year && k != projections.Vintage {
			cells[i].say(values[i])
		} else if n, err := strconv.Atoi(values[i]); err == nil {
			cells[i].count(int64(n))
		}
	}
	return cells[max(len(keys), 1):]
}

// groupLabels are the names of the named keys' values, row by row.
func (r *reading) groupLabels(found *projections.Balances, names []projections.Key) []string {
	if len(names) == 0 {
		return nil
	}
	labels := make([]string, 0, len(found.Items)*len(names))
	r.naming(func(n namer) {
		for i := range found.Items {
			g := &found.Items[i]
			year := yearOf(found.Keys, g.Key)
			for at, k := range found.Keys {
				if k != projections.Year && k != projections.Vintage && k != projections.Period {
					labels = append(labels, n.label(k, g.Key[at], year))
				}
			}
		}
	})
	return labels
}

// yearOf is the year of a key, or one later than all.
func yearOf(keys []projections.Key, values []string) int {
	for i, k := range keys {
		if k == projections.Year {
			if y, err := strconv.Atoi(values[i]); err == nil {
				return y
			}
		}
	}
	return anyYear
}

func appendGrouping(b []byte, q *projections.BalanceQuery) []byte {
	b = appendNames(append(b, `,"group_by":`...), q.GroupBy, func(k projections.Key) string { return string(k) })
	return appendOptional(append(b, `,"interval":`...), string(q.Interval))
}

func appendBalanceTotals(b []byte, q *projections.BalanceQuery, found *projections.Balances) []byte {
	b = append(b, `{"accounts":{`...)
	for i, a := range found.Accounts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, a.String()), ':')
		b = appendAmount(b, found.Totals.Amounts[i])
	}
	b = appendFigures(append(b, `},"measures":`...), q.Measures, found.Totals.Figure)
	b = strconv.AppendInt(append(b, `,"lines":`...), int64(found.Totals.Lines), 10)
	b = strconv.AppendInt(append(b, `,"groups":`...), int64(found.Groups), 10)
	return append(b, '}')
}

// statementLinks makes the addresses of the statements whose closing figures
// are the amounts of a group.
type statementLinks struct {
	filter *projections.Filter
	tail   string // accounts, books, district view and position
}

func newStatementLinks(f *projections.Filter, position uint64) statementLinks {
	var b []byte
	for i, a := range f.Accounts {
		b = append(b, separator(i, "&account=")...)
		b = append(b, a.String()...)
	}
	for i, book := range f.Books {
		b = append(b, separator(i, "&book=")...)
		b = append(b, book.String()...)
	}
	if f.Recorded {
		b = append(b, "&district_view=recorded"...)
	}
	b = append(b, "&position="...)
	return statementLinks{f, string(strconv.AppendUint(b, position, 10))}
}

func separator(i int, first string) string {
	if i == 0 {
		return first
	}
	return ","
}

// of is the address for the group with these values of the keys: the filter's
// own demands, then the group's.
func (s statementLinks) of(keys []projections.Key, values []string) string {
	b := append(make([]byte, 0, 160), base+"/statements?"...)
	begin := len(b)
	from, to := s.filter.From, s.filter.AsOf
	demand := func(name string, values ...string) {
		if len(b) > begin {
			b = append(b, '&')
		}
		b = append(append(b, name...), '=')
		for i, v := range values {
			b = append(b, separator(i, "")...)
			b = append(b, url.QueryEscape(v)...)
		}
	}
	for _, k := range projections.Keys() {
		if v, ok := s.filter.Where[k]; ok && !contains(keys, k) {
			demand(string(k), v...)
		}
	}
	for i, k := range keys {
		switch {
		case k == projections.Period:
			from, to = within(values[i], from, to)
		case values[i] == "":
			demand(string(k), projections.None)
		default:
			demand(string(k), values[i])
		}
	}
	if from != 0 {
		demand("from", from.String())
	}
	if to != 0 {
		demand("as_of", to.String())
	}
	tail := s.tail
	if len(b) == begin {
		tail = strings.TrimPrefix(tail, "&")
	}
	return string(append(b, tail...))
}

func contains(keys []projections.Key, k projections.Key) bool {
	for _, have := range keys {
		if have == k {
			return true
		}
	}
	return false
}

// within narrows from and to, 0 = open, to a period: 2026-09, 2026-Q3 or 2026.
func within(period string, from, to domain.Date) (domain.Date, domain.Date) {
	if len(period) < 4 {
		return from, to
	}
	year, _ := strconv.Atoi(period[:4])
	first, months := 1, 12
	switch {
	case len(period) == 7 && period[5] == 'Q':
		first, months = int(period[6]-'0')*3-2, 3
	case len(period) == 7:
		first, _ = strconv.Atoi(period[5:])
		months = 1
	}
	begin, end := domain.NewDate(year, first, 1), domain.NewDate(year, first+months, 1)-1
	if to == 0 || end < to {
		to = end
	}
	return max(from, begin), to
}
