package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Every query is bounded by a position that the tables have passed: what they
// hold of the events up to there never changes, so an answer needs no snapshot
// over several statements and does not care whether the projector writes
// meanwhile.

// matcher is a filter at one position and for one view. It is made under the
// model's lock and used without it.
type matcher struct {
	filter   *projections.Filter
	view     projections.View
	limit    uint64
	lastYear int
	register *division.Register
	moves    *moves
	stored   []string // districts as recorded
	scopes   []string // districts among the scopes of events
	funds    []string // of the sources that the filter names; nil: any
	district bool     // district, city or province are asked for
}

// matcher compiles the filter for the model's present state.
func (m *Model) matcher(ctx context.Context, v projections.View, q *projections.Filter) (*matcher, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	m.begin(ctx)
	m.mu.RLock()
	defer m.mu.RUnlock()
	f, err := m.ready()
	if err != nil {
		return nil, err
	}
	if q.Position > m.progress {
		return nil, projections.ErrAhead
	}
	x := &matcher{filter: q, view: v, limit: q.Position, moves: f.moves, stored: f.districts, scopes: f.scopeDistricts}
	if x.limit == 0 {
		x.limit = m.progress
	}
	x.register, x.lastYear = f.register(x.limit), f.lastYear(x.limit)
	for _, k := range districtKeys {
		_, asked := q.Where[k]
		x.district = x.district || asked
	}
	if sources, asked := q.Where[projections.Source]; asked {
		x.funds = []string{}
		for fund := range f.ledger.Funds() {
			if slices.Contains(sources, fund.Source) {
				x.funds = append(x.funds, fund.ID)
			}
		}
	}
	return x, nil
}

var districtKeys = [...]projections.Key{projections.District, projections.City, projections.Province}

// all tells whether the view shows everything.
func (x *matcher) all() bool { return x.view.All || slices.Contains(x.view.Funds, "*") }

// shown is the code under which a district stands in the view.
func (x *matcher) shown(code string) string {
	if x.filter.Recorded {
		return code
	}
	return x.register.Current(code)
}

// shownIn is how a district is shown in a row of the year: in the recorded view
// the code normalised for the year, which is the code as stored for lines of
// that year.
func (x *matcher) shownIn(code string, year int) string {
	if x.filter.Recorded {
		return x.register.Normalise(code, year)
	}
	return x.register.Current(code)
}

// passes tells whether a code as shown is one that the filter names.
func (x *matcher) passes(code string) bool {
	for _, k := range districtKeys {
		values, asked := x.filter.Where[k]
		if asked && !slices.ContainsFunc(values, func(v string) bool { return x.names(k, v, code) }) {
			return false
		}
	}
	return true
}

// names tells whether a value of the filter names the code.
func (x *matcher) names(k projections.Key, value, code string) bool {
	return projections.NamesDistrict(x.register, x.filter.Recorded, k, value, code)
}

// year tells whether the filter lets a year through.
func (x *matcher) year(y int) bool {
	values, asked := x.filter.Where[projections.Year]
	return !asked || slices.Contains(values, projections.YearText(y)) || y == 0 && slices.Contains(values, projections.None)
}

// clauses gather a statement's conditions and arguments.
type clauses struct {
	args  []any
	where []string
}

// arg gives the place of an argument.
func (s *clauses) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

func (s *clauses) add(format string, args ...any) {
	s.where = append(s.where, fmt.Sprintf(format, args...))
}

// conditions are those gathered, joined; "true" without any.
func (s *clauses) conditions() string {
	if len(s.where) == 0 {
		return "true"
	}
	return strings.Join(s.where, " AND ")
}

// anyOf asks that a column, null for absent, has one of the filter's values.
func (s *clauses) anyOf(column string, values []string) {
	some := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == projections.None })
	switch {
	case len(values) == 1 && len(some) == 1: // of one value a plan made once knows how many rows to expect
		s.add("%s = %s", column, s.arg(some[0]))
	case len(some) == len(values):
		s.add("%s = ANY(%s)", column, s.arg(some))
	case len(some) == 0:
		s.add("%s IS NULL", column)
	default:
		s.add("(%s IS NULL OR %s = ANY(%s))", column, column, s.arg(some))
	}
}

// tuple asks for the tuples t that pass; their year and district aside when
// bare.
func (s *clauses) tuple(x *matcher, bare bool) {
	for _, k := range [...]projections.Key{projections.Fund, projections.Project, projections.Organisation, projections.Purpose} {
		if values, asked := x.filter.Where[k]; asked {
			s.anyOf("t."+string(k), values)
		}
	}
	if values, asked := x.filter.Where[projections.Vintage]; asked {
		s.add("coalesce(t.vintage, 0) = ANY(%s)", s.arg(yearNumbers(values)))
	}
	if x.funds != nil {
		s.add("t.fund = ANY(%s)", s.arg(x.funds))
	}
	if !bare {
		if values, asked := x.filter.Where[projections.Year]; asked {
			s.add("t.year = ANY(%s)", s.arg(yearNumbers(values)))
		}
		if x.district {
			s.districts(x, func(code string) bool { return x.passes(x.shown(code)) })
		}
	}
	s.sight(x)
}

func yearNumbers(values []string) []int16 {
	out := make([]int16, len(values))
	for i, v := range values {
		y, _ := strconv.Atoi(v) // None is year 0
		out[i] = int16(y)
	}
	return out
}

// districts asks for the recorded codes that pass.
func (s *clauses) districts(x *matcher, passes func(code string) bool) {
	var codes []string
	for _, code := range x.stored {
		if passes(code) {
			codes = append(codes, code)
		}
	}
	switch {
	case slices.Contains(codes, ""):
		s.add("coalesce(t.district, '') = ANY(%s)", s.arg(codes))
	case len(codes) == 1:
		s.add("t.district = %s", s.arg(codes[0]))
	default: // as the index has it
		s.add("t.district = ANY(%s)", s.arg(codes))
	}
}

// sight asks for the tuples t that the view shows.
func (s *clauses) sight(x *matcher) {
	if x.all() {
		return
	}
	own := s.arg(x.view.Funds)
	public, published := s.public(x, "t.fund", "t.project")
	s.add("(t.fund = ANY(%s) OR %s AND (t.project IS NULL OR %s))", own, public, published)
}

// public gives the conditions that a fund is public, and that a public fund
// publishes the project.
func (s *clauses) public(x *matcher, fund, project string) (public, published string) {
	if slices.Contains(x.view.Public, "*") {
		return "true", "EXISTS (SELECT FROM publications p WHERE p.project = " + project + ")"
	}
	funds := s.arg(x.view.Public)
	return "coalesce(" + fund + " = ANY(" + funds + "), false)", "EXISTS (SELECT FROM publications p WHERE p.project = " + project + " AND p.fund = ANY(" + funds + "))"
}

// accounts asks for the accounts that the filter lets through.
func (s *clauses) accounts(column string, list []domain.Account) {
	if len(list) == len(domain.Accounts()) {
		return
	}
	numbers := make([]int16, len(list))
	for i, a := range list {
		numbers[i] = int16(a)
	}
	s.add("%s = ANY(%s)", column, s.arg(numbers))
}

// day writes a date as an argument. It is one of type date: a text would be read anew for every row.
func (s *clauses) day(d domain.Date) string { return s.arg(d.String()) + "::date" }

// dates asks that a column lies in the filter's span.
func (s *clauses) dates(x *matcher, column string) {
	if x.filter.AsOf != 0 {
		s.add("%s <= %s", column, s.day(x.filter.AsOf))
	}
	if x.filter.From != 0 {
		s.add("%s >= %s", column, s.day(x.filter.From))
	}
}

// rows asks and calls row for each row of the answer. The server ends a statement
// that takes too long; when the server itself hangs, the connection is given up a
// little later.
func (m *Model) rows(ctx context.Context, text string, args []any, row func(scan func(...any) error) error) error {
	asking, cancel := context.WithTimeout(ctx, m.settings.patience()+time.Second)
	defer cancel()
	return each(ctx, asking, m.reads, text, args, row)
}

// each asks on a pool. Errors are told by the caller's context.
func each(ctx, asking context.Context, pool *pgxpool.Pool, text string, args []any, row func(scan func(...any) error) error) error {
	rows, err := pool.Query(asking, text, args...)
	if err != nil {
		return failure(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	return failure(ctx, rows.Err())
}
