package postgres

import (
	"context"
	"slices"

	"grantledger/domain"
	"grantledger/projections"
)

// areaTries is how often a query of the roll-up starts again because the
// progress moved under it, before it sums the balances instead.
const areaTries = 4

// collectAreas answers from the roll-up where it holds all that is asked:
// sums by fund, district and year of everything that the view shows, at the
// newest position. A roll-up has only the newest sums; when the progress moved
// while it was read nothing is kept, and moved is the position to start again
// from.
func (m *Model) collectAreas(ctx context.Context, g *grouping, last bool) (moved uint64, err error) {
	level, ok := g.level()
	if !ok || last || g.filter.Position != 0 && g.filter.Position != m.Progress() {
		return 0, m.collect(ctx, g)
	}
	var kept []cell
	keep := func(c *cell) { kept = append(kept, *c) }
	if moved, err = m.areaCells(ctx, g, level, keep); err != nil || moved != 0 {
		if g.filter.Position != 0 && err == nil {
			return 0, m.collect(ctx, g)
		}
		return moved, err
	}
	if month := monthOf(g.filter.AsOf); g.filter.AsOf != 0 && !lastOfMonth(g.filter.AsOf) {
		if err := m.restOfMonth(ctx, g, month, keep); err != nil {
			return 0, err
		}
	}
	for i := range kept {
		g.take(&kept[i])
	}
	return 0, nil
}

func lastOfMonth(d domain.Date) bool { return dayOfMonth(d+1) == 1 }

// level is the coarsest level of districts that the query can be answered from;
// ok is false when it asks for more than the roll-up has.
func (g *grouping) level() (level int16, ok bool) {
	if g.q.Interval != projections.NoInterval || g.filter.From != 0 || !g.all() && len(g.view.Public) > 0 {
		return 0, false
	}
	keys := slices.Clone(g.keys)
	for k, values := range g.filter.Where {
		if k == projections.Fund && slices.Contains(values, projections.None) {
			return 0, false
		}
		keys = append(keys, k)
	}
	for _, k := range keys {
		switch k {
		case projections.Fund, projections.Source, projections.Year:
		case projections.Province:
			level = max(level, 2)
		case projections.City:
			level = 4
		default:
			return 0, false
		}
	}
	return level, g.stays(level) && (g.filter.AsOf == 0 || level <= monthLevel)
}

// stays tells whether no district that was recorded went over to another parent
// of the level.
func (g *grouping) stays(level int16) bool {
	if level == 0 {
		return true
	}
	for _, code := range g.stored {
		parent := areaCode(code, level)
		if code == "" || g.register.Replacement(parent) != "" {
			return false
		}
		for next := g.register.Replacement(code); next != "" && next != code; next = g.register.Replacement(next) {
			if areaCode(next, level) != parent {
				return false
			}
		}
	}
	return true
}

// areaCells reads the rows of a level, with the position that they are of.
func (m *Model) areaCells(ctx context.Context, g *grouping, level int16, keep func(*cell)) (moved uint64, err error) {
	at := *g
	x := *g.matcher
	at.matcher = &x
	x.stored = parents(g.stored, level)
	s := at.conditions()
	s.add("t.level = %s", s.arg(level))
	from := `(SELECT a.*, a.code AS district FROM areas a) a`
	if g.filter.AsOf != 0 {
		month := monthOf(g.filter.AsOf)
		if lastOfMonth(g.filter.AsOf) {
			month++
		}
		from = `(SELECT a.id, a.level, a.code, a.fund, a.year, a.account, a.project, a.organisation, a.code AS district, n.debits, n.credits, n.lines, n.last_position
  FROM areas a JOIN area_months n ON n.area = a.id WHERE n.month < ` + s.day(month) + `) a`
	}
	from = `(SELECT a.level, a.district, a.fund, a.year, a.account, CASE WHEN a.project THEN 'x' END AS project, CASE WHEN a.organisation THEN 'x' END AS organisation,
  a.debits, a.credits, a.lines, a.last_position FROM ` + from + `) t
CROSS JOIN LATERAL (SELECT t.account) b CROSS JOIN LATERAL (SELECT t.debits, t.credits, t.lines, t.last_position AS last) x`
	return m.sums(ctx, g.limit, from, s, g.dims(), keep)
}

// parents are the codes of a level above districts, each once.
func parents(codes []string, level int16) []string {
	seen := map[string]bool{}
	var out []string
	for _, code := range codes {
		if parent := areaCode(code, level); !seen[parent] {
			seen[parent] = true
			out = append(out, parent)
		}
	}
	return out
}

// restOfMonth adds the lines between the first of a month and the query's date.
func (m *Model) restOfMonth(ctx context.Context, g *grouping, month domain.Date, keep func(*cell)) error {
	f := *g.filter
	f.From = month
	x := *g.matcher
	x.filter = &f
	s := g.conditions()
	from := s.singly(&x)
	_, err := m.sums(ctx, 0, from, s, g.dims(), keep)
	return err
}
