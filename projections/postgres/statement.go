package postgres

import (
	"context"
	"fmt"

	"grantledger/domain"
	"grantledger/projections"
)

// Statement lists lines with a running balance per account.
func (m *Model) Statement(ctx context.Context, v projections.View, q projections.StatementQuery) (*projections.Statement, error) {
	x, err := m.matcher(ctx, v, &q.Filter)
	if err != nil {
		return nil, err
	}
	s := &statement{m: m, x: x, q: &q, a: &projections.Statement{Position: x.limit, Items: []projections.StatementLine{}}}
	if err := s.sum(ctx); err != nil {
		return nil, err
	}
	from, to, next := q.Slice(s.a.Lines)
	s.a.Next = next
	if err := s.before(ctx, from); err != nil || from == to {
		return s.a, err
	}
	return s.a, s.page(ctx, from, to-from)
}

// statement is a StatementQuery at work.
type statement struct {
	m       *Model
	x       *matcher
	q       *projections.StatementQuery
	a       *projections.Statement
	running [32]domain.Fen
}

// lines begins a query over the filter's lines j of tuples t up to its position.
func (s *statement) lines() *clauses {
	var c clauses
	c.tuple(s.x, false)
	c.accounts("j.account", s.q.Asked())
	c.add("j.position <= %s", c.arg(int64(s.x.limit)))
	return &c
}

// sum finds the opening and the movements of each account.
func (s *statement) sum(ctx context.Context) error {
	c := s.lines()
	before, within := "false", "true"
	if s.q.AsOf != 0 {
		within = "j.on_date <= " + c.day(s.q.AsOf)
	}
	if s.q.From != 0 {
		from := c.day(s.q.From)
		before, within = "j.on_date < "+from, within+" AND j.on_date >= "+from
	}
	text := fmt.Sprintf(`SELECT j.account, coalesce(sum(j.amount) FILTER (WHERE %[1]s), 0)::bigint,
  coalesce(sum(j.amount) FILTER (WHERE %[2]s AND j.amount > 0), 0)::bigint, coalesce(-sum(j.amount) FILTER (WHERE %[2]s AND j.amount <= 0), 0)::bigint,
  count(*) FILTER (WHERE %[2]s)
FROM tuples t JOIN journal j ON j.tuple = t.id WHERE %[3]s GROUP BY 1`, before, within, c.conditions())
	var all [32]projections.AccountStatement
	err := s.m.rows(ctx, text, c.args, func(scan func(...any) error) error {
		var at projections.AccountStatement
		if err := scan(&at.Account, &at.Opening, &at.In, &at.Out, &at.Lines); err != nil {
			return err
		}
		all[at.Account] = at
		return nil
	})
	named := len(s.q.Books)+len(s.q.Accounts) > 0
	for _, account := range s.q.Asked() {
		at := &all[account]
		at.Account, at.Closing = account, at.Opening+at.Net()
		s.running[account] = at.Opening
		s.a.Lines += at.Lines
		if named || at.Lines > 0 || at.Opening != 0 {
			s.a.Accounts = append(s.a.Accounts, *at)
		}
	}
	return err
}

// order is the order of the lines.
func (s *statement) order() string {
	if s.q.ByPosition {
		return " ORDER BY j.position, j.line"
	}
	return " ORDER BY j.on_date, j.position, j.line"
}

// before adds what stands on the pages before this one to the running balances.
func (s *statement) before(ctx context.Context, lines int) error {
	if lines == 0 {
		return nil
	}
	c := s.lines()
	c.dates(s.x, "j.on_date")
	text := fmt.Sprintf("SELECT account, sum(amount)::bigint FROM (SELECT j.account, j.amount FROM tuples t JOIN journal j ON j.tuple = t.id WHERE %s%s LIMIT %d) l GROUP BY 1",
		c.conditions(), s.order(), lines)
	return s.m.rows(ctx, text, c.args, func(scan func(...any) error) error {
		var account domain.Account
		var sum domain.Fen
		if err := scan(&account, &sum); err != nil {
			return err
		}
		s.running[account] += sum
		return nil
	})
}

// page reads the lines of the page.
func (s *statement) page(ctx context.Context, offset, limit int) error {
	c := s.lines()
	c.dates(s.x, "j.on_date")
	text := fmt.Sprintf(`SELECT j.line, j.account, j.amount, j.debit, %s, %s
FROM (SELECT j.*, t.fund, t.project, t.organisation, t.district, t.year AS tuple_year, t.vintage, t.purpose
      FROM tuples t JOIN journal j ON j.tuple = t.id WHERE %s%s OFFSET %d LIMIT %d) j
JOIN events e ON e.position = j.position%s`,
		tupleColumns("j", "tuple_year"), itemColumns, c.conditions(), s.order(), offset, limit, s.order())
	return s.m.rows(ctx, text, c.args, func(scan func(...any) error) error {
		var l projections.StatementLine
		var e row
		targets := append([]any{&l.Line, &l.Account, &l.Amount, &l.Debit}, dimensionTargets(&l.Dimensions)...)
		if err := scan(append(targets, e.targets()...)...); err != nil {
			return err
		}
		e.finish(s.m, s.x.limit)
		l.Position, l.On, l.Time, l.Type, l.Subject, l.Voucher = e.Position, e.On, e.Time, e.Type, e.Subject, e.Voucher
		l.Memo, l.Docs, l.Corrects, l.CorrectedBy = e.Memo, e.Docs, e.Corrects, e.CorrectedBy
		l.Dimensions.District = s.x.shown(l.Dimensions.District)
		s.running[l.Account] += l.Amount
		l.Balance = s.running[l.Account]
		s.a.Items = append(s.a.Items, l)
		return nil
	})
}

// tupleColumns are a tuple's dimensions, absent ones empty.
func tupleColumns(table, year string) string {
	return fmt.Sprintf("coalesce(%[1]s.fund, ''), coalesce(%[1]s.project, ''), coalesce(%[1]s.organisation, ''), coalesce(%[1]s.district, ''), %[1]s.%[2]s, coalesce(%[1]s.vintage, 0), coalesce(%[1]s.purpose, '')", table, year)
}

func dimensionTargets(d *domain.Dimensions) []any {
	return []any{&d.Fund, &d.Project, &d.Organisation, &d.District, &d.Year, &d.Vintage, &d.Purpose}
}
