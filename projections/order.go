package projections

import (
	"cmp"
	"slices"
	"strings"

	"grantledger/domain"
)

// Order is the comparison that the query's sort asks for; equal groups stand in
// the order of their keys. The error is a *QueryError.
func (q *BalanceQuery) Order() (func(a, b *Group) int, error) {
	name, descending := strings.CutPrefix(q.Sort, "-")
	by, err := q.orderBy(name)
	if err != nil {
		return nil, err
	}
	return func(a, b *Group) int {
		c := by(a, b)
		if descending {
			c = -c
		}
		return cmp.Or(c, compareKeys(a.Key, b.Key))
	}, nil
}

func (q *BalanceQuery) orderBy(name string) (func(a, b *Group) int, error) {
	if name == "" || name == "key" {
		return func(a, b *Group) int { return compareKeys(a.Key, b.Key) }, nil
	}
	if i := slices.Index(q.KeyNames(), Key(name)); i >= 0 {
		return func(a, b *Group) int { return CompareText(a.Key[i], b.Key[i]) }, nil
	}
	if account, ok := domain.ParseAccount(name); ok {
		if i := slices.Index(q.Asked(), account); i >= 0 {
			return func(a, b *Group) int { return cmp.Compare(a.Amounts[i], b.Amounts[i]) }, nil
		}
	}
	if f, ok := domain.ParseFigure(name); ok && slices.Contains(q.Measures, f) {
		return func(a, b *Group) int { return compareFigure(f, a, b) }, nil
	}
	return nil, &QueryError{Parameter: "sort", Reason: "enum"}
}

// Order is the comparison that the query's sort asks for; equal subjects stand
// in the order of their ids. The error is a *QueryError.
func (q *SubjectQuery) Order() (func(a, b Subject) int, error) {
	name, descending := strings.CutPrefix(q.Sort, "-")
	var by func(a, b *Subject) int
	f, isFigure := domain.ParseFigure(name)
	switch {
	case name == "" || name == "key":
		by = func(a, b *Subject) int { return strings.Compare(a.ID, b.ID) }
	case name == "label":
		by = func(a, b *Subject) int { return CompareText(a.Label, b.Label) }
	case name == "state":
		by = func(a, b *Subject) int { return strings.Compare(a.State, b.State) }
	case name == "amount":
		by = func(a, b *Subject) int { return cmp.Compare(a.Amount, b.Amount) }
	case isFigure && slices.Contains(q.Measures, f):
		by = func(a, b *Subject) int { return compareFigure(f, a, b) }
	default:
		return nil, &QueryError{Parameter: "sort", Reason: "enum"}
	}
	return func(a, b Subject) int {
		c := by(&a, &b)
		if descending {
			c = -c
		}
		return cmp.Or(c, strings.Compare(a.ID, b.ID))
	}, nil
}

// figured is what has figures.
type figured interface {
	Figure(domain.Figure) (value int64, ok bool)
}

// compareFigure puts a rate without base before all others, so that it is last
// in the descending order in which rates are read.
func compareFigure[T figured](f domain.Figure, a, b T) int {
	x, okX := a.Figure(f)
	y, okY := b.Figure(f)
	if okX != okY {
		if okX {
			return 1
		}
		return -1
	}
	return cmp.Compare(x, y)
}

func compareKeys(a, b []string) int {
	for i := range a {
		if c := CompareText(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// CompareText is bytewise with absent texts last.
func CompareText(a, b string) int {
	if (a == "") != (b == "") {
		if a == "" {
			return 1
		}
		return -1
	}
	return strings.Compare(a, b)
}
