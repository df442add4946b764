package postgres

import (
	"context"
	"fmt"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// dims are the dimensions that a query of cells keeps apart; the others are
// summed and come back empty.
type dims struct {
	fund, project, organisation, district, year, vintage, purpose bool

	flags  bool // whether there is a project, and an organisation
	period projections.Interval
}

// cell is a sum of lines of one account with what the query kept apart.
type cell struct {
	domain.Dimensions
	account                  domain.Account
	debits, credits          domain.Fen
	lines                    int
	last                     uint64
	hasProject, organisation bool
	period                   int
}

// columns are the expressions that are kept apart, in the order of scan.
func (d *dims) columns() (list []string) {
	text := func(keep bool, name string) {
		if keep {
			list = append(list, "coalesce(t."+name+", '')")
		}
	}
	text(d.fund, "fund")
	text(d.project, "project")
	text(d.organisation, "organisation")
	text(d.district, "district")
	if d.year {
		list = append(list, "t.year")
	}
	if d.vintage {
		list = append(list, "coalesce(t.vintage, 0)")
	}
	text(d.purpose, "purpose")
	if d.flags {
		list = append(list, "t.project IS NOT NULL", "t.organisation IS NOT NULL")
	}
	switch d.period {
	case projections.ByMonth:
		list = append(list, "(extract(year FROM j.on_date) * 12 + extract(month FROM j.on_date) - 1)::int")
	case projections.ByQuarter:
		list = append(list, "(extract(year FROM j.on_date) * 4 + extract(quarter FROM j.on_date) - 1)::int")
	case projections.ByYear:
		list = append(list, "extract(year FROM j.on_date)::int")
	}
	return list
}

// targets are where the columns go.
func (d *dims) targets(c *cell) (list []any) {
	add := func(keep bool, target any) {
		if keep {
			list = append(list, target)
		}
	}
	add(d.fund, &c.Fund)
	add(d.project, &c.Project)
	add(d.organisation, &c.Organisation)
	add(d.district, &c.District)
	add(d.year, &c.Year)
	add(d.vintage, &c.Vintage)
	add(d.purpose, &c.Purpose)
	add(d.flags, &c.hasProject)
	add(d.flags, &c.organisation)
	add(d.period != projections.NoInterval, &c.period)
	return list
}

// summed is where sums come from: tuples t with an account, and what is summed.
type summed struct{ from, debits, credits, lines, last string }

// lines are the journal's, one by one.
var lines = summed{
	"tuples t JOIN journal j ON j.tuple = t.id",
	"coalesce(sum(j.amount) FILTER (WHERE j.debit), 0)", "coalesce(sum(j.amount) FILTER (WHERE NOT j.debit), 0)", "count(*)", "max(j.position)",
}

// cells asks for the sums of the filter's lines; s holds the conditions on
// tuples t and the account.
func (m *Model) cells(ctx context.Context, x *matcher, s *clauses, d dims, yield func(*cell)) error {
	s.add("j.position <= %s", s.arg(int64(x.limit)))
	s.dates(x, "j.on_date")
	_, err := m.sums(ctx, 0, &lines, s, d, yield)
	return err
}

// sums groups what is summed. Where the rows are right at one position only it
// is given, and moved is the tables' progress when that is another.
func (m *Model) sums(ctx context.Context, position uint64, of *summed, s *clauses, d dims, yield func(*cell)) (moved uint64, err error) {
	columns := append(d.columns(), "account")
	text := fmt.Sprintf("SELECT (SELECT position FROM progress), %s::bigint, %s::bigint, %s::bigint, %s, %s FROM %s WHERE %s GROUP BY %s",
		of.debits, of.credits, of.lines, of.last, strings.Join(columns, ", "), of.from, s.conditions(), ordinals(6, len(columns)))
	var c cell // of one row after the other
	var now uint64
	targets := append(append([]any{&now, &c.debits, &c.credits, &c.lines, &c.last}, d.targets(&c)...), &c.account)
	err = m.rows(ctx, text, s.args, func(scan func(...any) error) error {
		if err := scan(targets...); err != nil {
			return err
		}
		if position != 0 && now != position {
			moved = now
		}
		yield(&c)
		return nil
	})
	return moved, err
}

// ordinals are n numbers from the first on.
func ordinals(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, first+i)
	}
	return b.String()
}
