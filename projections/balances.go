package projections

import (
	"slices"

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
