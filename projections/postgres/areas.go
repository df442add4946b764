package postgres

import (
	"context"
	"slices"
	"sync"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// areaTries is how often a query of the roll-up starts again because the
// progress moved under it, before it sums the journal instead.
const areaTries = 4

// collectAreas answers from the roll-up where it holds all that is asked:
// sums by fund, district and year of everything that the view shows, at the
// newest position. A roll-up has only the newest sums; when the progress moved
// while it was read nothing is kept, and moved is the position to start again
// from.
func (m *Model) collectAreas(ctx context.Context, g *grouping, last bool) (moved uint64, err error) {
	r, ok := g.rollup(g.keys)
	if !ok || last || g.q.Interval != projections.NoInterval || g.limit != m.Progress() {
		return 0, m.collect(ctx, g)
	}
	var kept []cell
	keep := func(c *cell) { kept = append(kept, *c) }
	conditions := func(x *matcher) *clauses {
		at := *g
		at.matcher = x
		return at.conditions()
	}
	if moved, err = m.areaCells(ctx, g.matcher, r, conditions, g.dims(), keep); err != nil || moved != 0 {
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

// rollup is the coarsest rows that a query by some keys can be answered from; ok
// is false when it asks for more than there is.
func (x *matcher) rollup(keys []projections.Key) (r rollup, ok bool) {
	if x.filter.From != 0 || !x.all() && len(x.view.Public) > 0 || slices.Contains(x.filter.Where[projections.Fund], projections.None) {
		return r, false
	}
	keys = slices.Clone(keys)
	for k := range x.filter.Where {
		keys = append(keys, k)
	}
	r.fund = !x.all()
	for _, k := range keys {
		switch k {
		case projections.Year:
		case projections.Fund, projections.Source:
			r.fund = true
		case projections.Province:
			r.level = max(r.level, 2)
		case projections.City:
			r.level = max(r.level, 4)
		case projections.District:
			r.level = 6
		default:
			return r, false
		}
	}
	if r.level != 0 && r.level != 6 && !x.moves.stays(x, r.level) {
		r.level = 6
	}
	for _, have := range rollups {
		if have.level == r.level && have.fund == r.fund {
			return have, have.months || x.filter.AsOf == 0
		}
	}
	return r, false
}

// stays tells whether no district that was recorded went over to another parent
// of the level.
func (x *matcher) stays(level int16) bool {
	for _, code := range x.stored {
		parent := areaCode(code, level)
		if code == "" || x.register.Replacement(parent) != "" {
			return false
		}
		for next := x.register.Replacement(code); next != "" && next != code; next = x.register.Replacement(next) {
			if areaCode(next, level) != parent {
				return false
			}
		}
	}
	return true
}

// moves remembers the answers of stays while neither the register nor the
// districts change.
type moves struct {
	mu       sync.Mutex
	register *division.Register
	stored   int
	stay     map[int16]bool
}

func (m *moves) stays(x *matcher, level int16) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.register != x.register || m.stored != len(x.stored) {
		m.register, m.stored, m.stay = x.register, len(x.stored), map[int16]bool{}
	}
	stay, ok := m.stay[level]
	if !ok {
		stay = x.stays(level)
		m.stay[level] = stay
	}
	return stay
}

// areaRows are the rows of areas as tuples t.
const areaRows = `(SELECT id, level, code AS district, fund, year, account, CASE WHEN project THEN 'x' END AS project, CASE WHEN organisation THEN 'x' END AS organisation,
  debits, credits, lines, first_on, last_on, last_position FROM areas) t`

// wholeRows are these as they stand.
var wholeRows = summed{areaRows, "sum(t.debits)", "sum(t.credits)", "sum(t.lines)", "max(t.last_position)"}

// areaCells reads the rows of a roll-up, with the position that they are of. As
// of a date a row of which all lines lie before counts as it stands, and its
// months are added up otherwise.
func (m *Model) areaCells(ctx context.Context, x *matcher, r rollup, conditions func(*matcher) *clauses, d dims, keep func(*cell)) (moved uint64, err error) {
	at := *x
	if x.district && r.level != 6 {
		at.stored = parents(x.stored, r.level)
	}
	s, of := conditions(&at), wholeRows
	s.add("t.level = %d", r.level)
	if r.fund {
		s.add("t.fund IS NOT NULL")
	} else {
		s.add("t.fund IS NULL")
	}
	if x.filter.AsOf != 0 {
		before := monthOf(x.filter.AsOf)
		if lastOfMonth(x.filter.AsOf) {
			before = x.filter.AsOf + 1
		}
		end := s.day(before)
		s.add("t.first_on < %s", end)
		of = summed{areaRows + ` CROSS JOIN LATERAL (SELECT t.debits, t.credits, t.lines, t.last_position AS last WHERE t.last_on < ` + end + `
  UNION ALL SELECT n.debits, n.credits, n.lines, n.last_position FROM area_months n WHERE n.area = t.id AND t.last_on >= ` + end + ` AND n.month < ` + end + `) x`,
			"sum(x.debits)", "sum(x.credits)", "sum(x.lines)", "max(x.last)"}
	}
	return m.sums(ctx, x.limit, &of, s, d, keep)
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
	return m.cells(ctx, &x, g.conditions(), g.dims(), keep)
}
