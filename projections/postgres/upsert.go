package postgres

import (
	"cmp"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// sumColumns are sums by columns.
type sumColumns struct {
	debits, credits, last  []int64
	lines, firstOn, lastOn []int32
}

func (c *sumColumns) add(s *sum) {
	c.debits, c.credits = append(c.debits, int64(s.debits)), append(c.credits, int64(s.credits))
	c.last, c.lines = append(c.last, int64(s.last)), append(c.lines, s.lines)
	c.firstOn, c.lastOn = append(c.firstOn, int32(s.firstOn)), append(c.lastOn, int32(s.lastOn))
}

const upsertAreas = `INSERT INTO areas AS b
SELECT id, level, code, fund, year, account, project, organisation, debits, credits, lines, date '1970-01-01' + first_on, date '1970-01-01' + last_on, last_position
FROM unnest($1::int[], $2::smallint[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::bool[], $8::bool[], $9::bigint[], $10::bigint[], $11::int[], $12::int[], $13::int[], $14::bigint[])
  AS u(id, level, code, fund, year, account, project, organisation, debits, credits, lines, first_on, last_on, last_position)
ON CONFLICT (id) DO UPDATE SET debits = b.debits + excluded.debits, credits = b.credits + excluded.credits, lines = b.lines + excluded.lines,
  first_on = least(b.first_on, excluded.first_on), last_on = greatest(b.last_on, excluded.last_on), last_position = excluded.last_position`

// queueAreas adds the rows in order: they are always touched in the same order,
// so that they cannot lock each other out.
func (b *batch) queueAreas(q *pgx.Batch) {
	var c sumColumns
	var ids []int32
	var level, year, account []int16
	var code []string
	var fund []*string
	var project, organisation []bool
	for _, id := range slices.Sorted(maps.Keys(b.areas)) {
		a := b.facts.areaList[id]
		p := &b.facts.placeList[a.place]
		c.add(b.areas[id])
		ids, level, year, account = append(ids, int32(id)), append(level, p.level), append(year, int16(p.year)), append(account, int16(a.account))
		code, project, organisation = append(code, p.code), append(project, p.project), append(organisation, p.organisation)
		if p.fund {
			fund = append(fund, &p.in)
		} else {
			fund = append(fund, nil)
		}
	}
	if len(ids) > 0 {
		q.Queue(upsertAreas, ids, level, code, fund, year, account, project, organisation, c.debits, c.credits, c.lines, c.firstOn, c.lastOn, c.last)
	}
}

const upsertMonths = `INSERT INTO area_months AS b
SELECT area, date '1970-01-01' + month, debits, credits, lines, last_position
FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::bigint[]) AS u(area, month, debits, credits, lines, last_position)
ON CONFLICT (area, month) DO UPDATE SET debits = b.debits + excluded.debits, credits = b.credits + excluded.credits, lines = b.lines + excluded.lines,
  last_position = excluded.last_position`

func (b *batch) queueMonths(q *pgx.Batch) {
	var c sumColumns
	var areas, months []int32
	for _, k := range inOrder(b.months) {
		c.add(b.months[k])
		areas, months = append(areas, int32(k.area)), append(months, int32(k.month))
	}
	if len(areas) > 0 {
		q.Queue(upsertMonths, areas, months, c.debits, c.credits, c.lines, c.last)
	}
}

// inOrder are the keys of months by area.
func inOrder(months map[monthKey]*sum) []monthKey {
	return slices.SortedFunc(maps.Keys(months), func(x, y monthKey) int {
		return cmp.Or(cmp.Compare(x.area, y.area), cmp.Compare(x.month, y.month))
	})
}
