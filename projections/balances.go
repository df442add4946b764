package projections

import (
	"fmt"
	"slices"
	"strconv"

	"grantledger/domain"
)

// Interval is a span of business dates.
type Interval string

// The intervals; their periods are written 2026-09, 2026-Q3 and 2026.
const (
	NoInterval Interval = ""
	ByMonth    Interval = "month"
	ByQuarter  Interval = "quarter"
	ByYear     Interval = "year"
)

// BalanceQuery asks for sums of lines by group.
type BalanceQuery struct {
	Filter
	GroupBy  []Key           `json:"g,omitempty"` // at most 8, order kept
	Interval Interval        `json:"i,omitempty"` // adds the key Period, last
	Measures []domain.Figure `json:"m,omitempty"`
	Sort     string          `json:"s,omitempty"` // "key", a key, an account or a measure; "-" before it: descending
	Page
}

// Check refuses what API.md 3 and 7.3 do not allow.
func (q *BalanceQuery) Check() error {
	if len(q.GroupBy) > 8 {
		return &QueryError{"group_by", "too_large"}
	}
	for i, k := range q.GroupBy {
		if !slices.Contains(Keys(), k) || slices.Contains(q.GroupBy[:i], k) {
			return &QueryError{"group_by", "enum"}
		}
	}
	if len(q.Measures) > 0 {
		if err := q.checkMeasures(); err != nil {
			return err
		}
	}
	return q.Filter.Check()
}

// checkMeasures: figures need a year, and no keys but those of reports.
func (q *BalanceQuery) checkMeasures() error {
	for _, k := range q.GroupBy {
		if k == Organisation || k == Vintage || k == Purpose {
			return &QueryError{"group_by", "enum"}
		}
	}
	if q.Interval != NoInterval {
		return &QueryError{"interval", "enum"}
	}
	if _, ok := q.Only(Year); !ok && !slices.Contains(q.GroupBy, Year) {
		return &QueryError{"year", "required"}
	}
	return nil
}

// KeyNames are the names of a group's key values: GroupBy, then Period.
func (q *BalanceQuery) KeyNames() []Key {
	if q.Interval == NoInterval {
		return q.GroupBy
	}
	return append(slices.Clone(q.GroupBy), Period)
}

// Balances is the answer to a BalanceQuery.
type Balances struct {
	Position uint64
	Keys     []Key            // names of the groups' key values
	Accounts []domain.Account // asked for; all when the filter names none
	Items    []Group
	Totals   Group // of the whole filter; no key
	Groups   int   // number of groups of the whole filter
	Next     int   // offset of the next page, 0 at the end
}

// Group is a set of lines with the same key.
type Group struct {
	Key          []string     // as Balances.Keys; "" = without
	Amounts      []domain.Fen // signed sums, as Balances.Accounts
	Seen         []bool       // as Amounts: whether the group has a line of the account
	Sums         domain.Sums  // the figures, when measures were asked for
	OneProject   bool         // the rate of this row goes by the project's base
	Lines        int
	LastPosition uint64
}

// Figure is the group's value of a figure, an amount or, for the rate, basis
// points; ok is false for a rate without base.
func (g *Group) Figure(f domain.Figure) (value int64, ok bool) {
	if f == domain.FigureRate {
		return g.Sums.Rate(g.OneProject)
	}
	return int64(g.Sums[f]), true
}

// Arrange makes items and totals of the groups found: empty ones go, the rest is
// summed up, sorted and cut to the page.
func (b *Balances) Arrange(q *BalanceQuery, groups []Group, order func(a, b *Group) int) {
	_, one := q.Only(Project)
	project := slices.Index(b.Keys, Project)
	n := len(b.Accounts)
	b.Totals = Group{Amounts: make([]domain.Fen, n), Seen: make([]bool, n), OneProject: one}
	kept := make([]*Group, 0, len(groups)) // a group is large: it is not moved to be sorted
	for i := range groups {
		g := &groups[i]
		if len(b.Keys) > 0 && g.Lines == 0 && g.Sums.Zero() {
			continue
		}
		g.OneProject = one || project >= 0 && g.Key[project] != ""
		b.Totals.plus(g)
		kept = append(kept, g)
	}
	b.stockTotals(kept)
	slices.SortFunc(kept, order)
	b.Groups = len(kept)
	from, to, next := q.Slice(len(kept))
	b.Items, b.Next = make([]Group, 0, to-from), next
	for _, g := range kept[from:to] {
		b.Items = append(b.Items, *g)
	}
}

func (g *Group) plus(other *Group) {
	for i, v := range other.Amounts {
		g.Amounts[i] += v
		g.Seen[i] = g.Seen[i] || other.Seen[i]
	}
	g.Sums.Plus(&other.Sums)
	g.Lines += other.Lines
	g.LastPosition = max(g.LastPosition, other.LastPosition)
}

// stockTotals puts right the stocks of the totals when the groups are of several
// years: a stock counts once, in the newest of them.
func (b *Balances) stockTotals(groups []*Group) {
	at := slices.Index(b.Keys, Year)
	if at < 0 {
		return
	}
	newest := ""
	for _, g := range groups {
		newest = max(newest, g.Key[at])
	}
	for _, f := range domain.Figures() {
		if !f.Stock() {
			continue
		}
		b.Totals.Sums[f] = 0
		for _, g := range groups {
			if g.Key[at] == newest {
				b.Totals.Sums[f] += g.Sums[f]
			}
		}
	}
}

// PeriodText writes a period: a month, quarter or year that is counted from the
// year 0.
func PeriodText(p int, i Interval) string {
	switch i {
	case ByMonth:
		return fmt.Sprintf("%d-%02d", p/12, p%12+1)
	case ByQuarter:
		return fmt.Sprintf("%d-Q%d", p/4, p%4+1)
	}
	return strconv.Itoa(p)
}
