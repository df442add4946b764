package memory

import (
	"cmp"
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// order is the comparison that the query's sort asks for; equal groups stand in
// the order of their keys.
func (g *grouping) order() (func(a, b projections.Group) int, error) {
	byKey := func(a, b projections.Group) int { return compareKeys(a.Key, b.Key) }
	name, descending := strings.CutPrefix(g.q.Sort, "-")
	by, err := g.sortBy(name)
	if err != nil {
		return nil, err
	}
	return func(a, b projections.Group) int {
		c := by(a, b)
		if descending {
			c = -c
		}
		if c == 0 {
			c = byKey(a, b)
		}
		return c
	}, nil
}

func (g *grouping) sortBy(name string) (func(a, b projections.Group) int, error) {
	if name == "" || name == "key" {
		return func(a, b projections.Group) int { return compareKeys(a.Key, b.Key) }, nil
	}
	if i := slices.Index(g.keys, projections.Key(name)); i >= 0 {
		return func(a, b projections.Group) int { return compareText(a.Key[i], b.Key[i]) }, nil
	}
	if account, ok := domain.ParseAccount(name); ok && g.column[account] >= 0 {
		i := g.column[account]
		return func(a, b projections.Group) int { return cmp.Compare(a.Amounts[i], b.Amounts[i]) }, nil
	}
	if f, ok := domain.ParseFigure(name); ok && slices.Contains(g.q.Measures, f) {
		return func(a, b projections.Group) int { return compareFigure(f, &a, &b) }, nil
	}
	return nil, &projections.QueryError{Parameter: "sort", Reason: "enum"}
}

// compareFigure puts a rate without base before all others, so that it is last
// in the descending order in which rates are read.
func compareFigure(f domain.Figure, a, b *projections.Group) int {
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
		if c := compareText(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compareText is bytewise with absent texts last.
func compareText(a, b string) int {
	if (a == "") != (b == "") {
		if a == "" {
			return 1
		}
		return -1
	}
	return strings.Compare(a, b)
}
