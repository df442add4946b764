package postgres

import (
	"context"
	"fmt"
	"strings"

	"grantledger/projections"
)

// Difference is something in which the tables are not as they must be.
type Difference struct {
	Check string // what was compared
	Have  string // in PostgreSQL; "" when it is missing
	Want  string // "" when it should not be there
}

// mostDifferences bounds a list of them.
const mostDifferences = 100

// checks recompute each table of sums from the journal, row by row. Each gives
// the rows that differ: have, want.
var checks = []struct{ name, query string }{
	{"events", `SELECT 'events ' || e.n || ', last ' || e.last, 'position ' || p.position
FROM progress p, (SELECT count(*) AS n, coalesce(max(position), 0) AS last FROM events) e WHERE e.n <> p.position OR e.last <> p.position`},
	{"tuples", `SELECT t::text, j::text FROM (SELECT id AS tuple, first_position FROM tuples) t
FULL JOIN (SELECT tuple, min(position) AS first_position FROM journal GROUP BY 1) j ON j.tuple = t.tuple WHERE t IS DISTINCT FROM j`},
	{"areas", `SELECT a::text, b::text FROM (SELECT level, code, fund, year, account, project, organisation, debits, credits, lines, first_on, last_on, last_position FROM areas) a
FULL JOIN (SELECT level::smallint, CASE WHEN level = 0 OR district IS NULL THEN '' WHEN level = 6 THEN district ELSE rpad(left(district, level), 6, '0') END AS code,
  CASE WHEN by_fund THEN coalesce(fund, '') END AS fund, year, account, project IS NOT NULL AS project, organisation IS NOT NULL AS organisation,
  coalesce(sum(amount) FILTER (WHERE debit), 0)::bigint AS debits, coalesce(sum(amount) FILTER (WHERE NOT debit), 0)::bigint AS credits, count(*)::int AS lines,
  min(on_date) AS first_on, max(on_date) AS last_on, max(position) AS last_position
  FROM journal JOIN tuples ON id = tuple CROSS JOIN (VALUES (0, true), (0, false), (2, true), (2, false), (4, false), (6, false)) r(level, by_fund) GROUP BY 1, 2, 3, 4, 5, 6, 7) b
ON a.level = b.level AND a.code = b.code AND coalesce(a.fund, '*') = coalesce(b.fund, '*') AND a.year = b.year AND a.account = b.account AND a.project = b.project AND a.organisation = b.organisation
WHERE a IS DISTINCT FROM b`},
	{"area_months", `SELECT a::text, b::text FROM (SELECT id AS area, debits, credits, lines, last_position FROM areas WHERE level = 0 OR level = 2 AND fund IS NULL) a
FULL JOIN (SELECT area, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits, sum(lines)::int AS lines, max(last_position) AS last_position FROM area_months GROUP BY 1) b
ON a.area = b.area WHERE a IS DISTINCT FROM b`},
}

// Verify compares the tables with themselves and with another model of the same
// log, the one in memory: every balance and every figure of every key at the
// position that the tables have. It is to be run while nothing is written, and
// the other model must have reached that position.
func (m *Model) Verify(ctx context.Context, other projections.Model) (position uint64, differences []Difference, err error) {
	x, err := m.matcher(ctx, projections.Everything, &projections.Filter{})
	if err != nil {
		return 0, nil, err
	}
	position = x.limit
	for _, c := range checks {
		err := each(ctx, ctx, m.pool, c.query, nil, func(scan func(...any) error) error {
			var have, want *string
			if err := scan(&have, &want); err != nil {
				return err
			}
			d := Difference{Check: c.name}
			if have != nil {
				d.Have = *have
			}
			if want != nil {
				d.Want = *want
			}
			differences = append(differences, d)
			return nil
		})
		if err != nil {
			return position, nil, err
		}
	}
	for _, t := range []struct {
		name string
		make func(projections.Model) (string, error)
	}{
		{"balances.tsv", func(m projections.Model) (string, error) { return m.BalancesTSV(ctx, position) }},
		{"report.tsv", func(m projections.Model) (string, error) { return m.ReportTSV(ctx, position) }},
		{"events", func(m projections.Model) (string, error) { return newestEvents(ctx, m, position) }},
	} {
		have, err := t.make(m)
		if err != nil {
			return position, nil, err
		}
		want, err := t.make(other)
		if err != nil {
			return position, nil, fmt.Errorf("postgres: verify: the other model: %w", err)
		}
		differences = append(differences, compareLines(t.name, have, want)...)
	}
	return position, differences[:min(len(differences), mostDifferences)], nil
}

// newestEvents writes the last events out, so that positions and texts are
// compared too.
func newestEvents(ctx context.Context, m projections.Model, position uint64) (string, error) {
	a, err := m.Events(ctx, projections.Everything, projections.EventQuery{Filter: projections.Filter{Position: position}, Limit: 1000})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range a.Items {
		fmt.Fprintf(&b, "%+v\n", a.Items[i])
	}
	return b.String(), nil
}

// compareLines lists the lines that only one of two texts has.
func compareLines(check, have, want string) (out []Difference) {
	if have == want {
		return nil
	}
	lines := map[string]int{}
	for _, l := range strings.SplitAfter(want, "\n") {
		lines[l]++
	}
	for _, l := range strings.SplitAfter(have, "\n") {
		if lines[l]--; lines[l] < 0 {
			out = append(out, Difference{Check: check, Have: l})
		}
	}
	for l, n := range lines {
		if n > 0 {
			out = append(out, Difference{Check: check, Want: l})
		}
	}
	return out
}
