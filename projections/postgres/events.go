package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/projections"
)

// row is an event as it is read.
type row struct {
	projections.EventItem
	detail int
	on     int32
	set    int
}

// itemColumns are the columns of an event e.
const itemColumns = `e.position, e.id, e.time, e.type, e.subject, e.version, e.scope_set, coalesce(e.on_date - date '1970-01-01', 0), coalesce(e.year, 0),
  coalesce(e.voucher, ''), e.actor, e.key, coalesce(e.amount, 0), e.amount IS NOT NULL, coalesce(e.memo, ''), e.docs, coalesce(e.corrects, 0), e.detail`

// itemDay is the business date of an event e, or its recording date (UTC+8) when
// it has none.
const itemDay = "coalesce(e.on_date, (e.time AT TIME ZONE interval '8 hours')::date)"

func (r *row) targets() []any {
	return []any{
		&r.Position, &r.ID, &r.Time, &r.Type, &r.Subject, &r.Version, &r.set, &r.on, &r.Year, &r.Voucher, &r.Actor, &r.Key, &r.Amount, &r.HasEntries,
		&r.Memo, &r.Docs, &r.Corrects, &r.detail,
	}
}

// finish completes what was read, as it was known at a position.
func (r *row) finish(m *Model, limit uint64) {
	r.On, r.Time = domain.Date(r.on), r.Time.UTC()
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, p := range m.facts.correctedBy[r.Position] {
		if p <= limit {
			r.CorrectedBy = append(r.CorrectedBy, p)
		}
	}
}

// Events lists events.
func (m *Model) Events(ctx context.Context, v projections.View, q projections.EventQuery) (*projections.Events, error) {
	s, err := m.search(ctx, v, &q)
	if err != nil {
		return nil, err
	}
	order := " ORDER BY e.position DESC"
	if q.Ascending {
		order = " ORDER BY e.position"
	}
	if q.Limit > 0 {
		order += fmt.Sprintf(" LIMIT %d", q.Limit+1)
	}
	a := &projections.Events{Position: s.x.limit, Items: []projections.EventItem{}}
	err = s.each(ctx, order, func(r *row) {
		if q.Limit > 0 && len(a.Items) == q.Limit {
			a.Next = a.Items[len(a.Items)-1].Position
			return
		}
		a.Items = append(a.Items, r.EventItem)
	})
	return a, err
}

// search is an EventQuery at work: conditions on events e with their scopes s.
type search struct {
	clauses
	m       *Model
	x       *matcher
	q       *projections.EventQuery
	sets    []uint32 // that events may have; nil: any
	narrow  bool     // sets are asked for
	on      []string // conditions on e
	nothing bool
}

func (m *Model) search(ctx context.Context, v projections.View, q *projections.EventQuery) (*search, error) {
	x, err := m.matcher(ctx, v, &q.Filter)
	if err != nil {
		return nil, err
	}
	s := &search{m: m, x: x, q: q}
	if err := s.chooseRange(); err != nil {
		return nil, err
	}
	s.chooseScopes()
	s.chooseDimensions()
	s.chooseEvents()
	return s, nil
}

// each reads the matching events.
func (s *search) each(ctx context.Context, order string, yield func(*row)) error {
	if s.nothing {
		return nil
	}
	sets := s.m.setsOf(s.x.limit).list
	return s.m.rows(ctx, s.statement(order), s.args, func(scan func(...any) error) error {
		var r row
		if err := scan(r.targets()...); err != nil {
			return err
		}
		r.finish(s.m, s.x.limit)
		r.Scopes = strings.Split(sets[r.set].scopes, " ")
		yield(&r)
		return nil
	})
}

// statement reads the events, with their scopes s where conditions need them.
func (s *search) statement(order string) string {
	from := "events e"
	if !s.x.all() || len(s.q.Where) > 0 {
		from += " JOIN scope_sets s ON s.id = e.scope_set"
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s%s", itemColumns, from, s.conditions(), order)
}

// onlySets leaves the events that have one of the sets.
func (s *search) onlySets(sets []uint32) {
	if s.narrow {
		sets = both(s.sets, sets)
	}
	s.sets, s.narrow = sets, true
	s.nothing = s.nothing || len(sets) == 0
}

// chooseRange narrows the positions by recording time, voucher and key.
func (s *search) chooseRange() error {
	if err := s.recorded(s.q.RecordedFrom, s.q.RecordedTo); err != nil {
		return err
	}
	if s.q.Voucher != "" {
		s.m.State(func(l *domain.Ledger) {
			p, _, ok := l.Voucher(s.q.Voucher)
			s.nothing = s.nothing || !ok
			s.events("e.position = %s", int64(p))
		})
	}
	if s.q.Key == "" {
		return nil
	}
	s.events("e.key = %s", s.q.Key)
	if id, ok := strings.CutPrefix(s.q.Key, "system:"); ok {
		at := timeOf(id)
		s.nothing = s.nothing || at.IsZero()
		s.events("e.id = %s", id)
		return s.recorded(at, at)
	}
	s.m.State(func(l *domain.Ledger) {
		first := l.KeyPosition(s.q.Key)
		s.nothing = s.nothing || first == 0
		s.events("e.position >= %s", int64(first))
		s.events("e.position < %s", int64(first)+mostEvents)
	})
	return nil
}

// recorded asks for events of a span of time, the zero times being open ends.
func (s *search) recorded(from, to time.Time) error {
	from, to = from.Truncate(time.Millisecond), to.Truncate(time.Millisecond)
	after, until, err := s.m.between(from, to)
	if err != nil {
		return err
	}
	if !from.IsZero() {
		s.events("e.position > %s", int64(after))
		s.events("e.time >= %s", from)
	}
	if !to.IsZero() {
		s.events("e.position <= %s", int64(until))
		s.events("e.time <= %s", to)
	}
	return nil
}

// mostEvents is more than one command makes.
const mostEvents = 100_000

// events adds a condition on e.
func (s *search) events(format string, v any) {
	s.on = append(s.on, fmt.Sprintf(format, s.arg(v)))
}

// chooseScopes asks for the scopes named by themselves, and for those that the
// view shows.
func (s *search) chooseScopes() {
	refs := slices.Clone(s.q.Scopes)
	if s.q.Subject != "" {
		refs = append(refs, s.q.Subject)
	}
	if len(refs) > 0 {
		s.onlySets(s.m.setsOf(s.x.limit, refs).all(refs))
	}
	s.sightOfScopes(s.x)
}

// scopesOfSet are the scopes of a set s.
const scopesOfSet = "string_to_array(s.scopes, ' ')"

// sightOfScopes asks for the sets s that the view shows: those of own funds;
// without a fund, to every user; to the public when all projects are published,
// or there are none and the fund is; and those of the ledger itself.
func (s *clauses) sightOfScopes(x *matcher) {
	if x.all() {
		return
	}
	own := make([]string, len(x.view.Funds))
	for i, f := range x.view.Funds {
		own[i] = "fund/" + f
	}
	public, published := s.public(x, "substr(u, 6)", "substr(u, 9)")
	has := func(kind, more string) string {
		return "EXISTS (SELECT FROM unnest(" + scopesOfSet + ") u WHERE u LIKE '" + kind + "/%'" + more + ")"
	}
	s.add("(%s OR "+scopesOfSet+" && %s::text[] OR %t AND NOT %s OR (%s OR %s) AND NOT %s AND NOT %s)",
		has("ledger", ""), s.arg(own), x.view.All || x.view.SignedIn, has("fund", ""),
		has("fund", ""), has("project", ""), has("fund", " AND NOT "+public), has("project", " AND NOT "+published))
}

// chooseDimensions asks that an event has the dimensions by its scopes, or by
// one of its entries; when accounts or vintages are asked for, by an entry.
func (s *search) chooseDimensions() {
	_, vintage := s.q.Where[projections.Vintage]
	byLine := vintage || len(s.q.Accounts)+len(s.q.Books) > 0
	if len(s.q.Where) == 0 && !byLine {
		return
	}
	for _, k := range [...]projections.Key{projections.Project, projections.Organisation} {
		if values, asked := s.q.Where[k]; asked && !slices.Contains(values, projections.None) {
			scopes := scopesOf(string(k), values)
			s.onlySets(s.m.setsOf(s.x.limit, scopes).any(scopes))
		}
	}
	entry := s.entry()
	if byLine {
		s.on = append(s.on, entry)
		return
	}
	var scopes clauses
	scopes.args = s.args
	scopes.byScopes(s.x)
	s.args = scopes.args
	s.on = append(s.on, "("+scopes.conditions()+" OR "+entry+")")
}

func scopesOf(kind string, values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = kind + "/" + v
	}
	return out
}

// entry is the condition that one of the event's lines passes.
func (s *search) entry() string {
	var c clauses
	c.args = s.args
	c.add("j.position = e.position")
	c.accounts("j.account", s.q.Asked())
	c.tuple(s.x, false)
	s.args = c.args
	return "EXISTS (SELECT FROM journal j JOIN tuples t ON t.id = j.tuple WHERE " + c.conditions() + ")"
}

// byScopes asks that the set s has, for each key asked for, one of the scopes
// asked for, or none of the kind where that was asked.
func (s *clauses) byScopes(x *matcher) {
	for _, k := range projections.Keys() {
		values, asked := x.filter.Where[k]
		if !asked {
			continue
		}
		kind, scopes := x.scopesBy(k, values)
		text := scopesOfSet + " && " + s.arg(scopes) + "::text[]"
		if slices.Contains(values, projections.None) {
			text = "(" + text + " OR NOT EXISTS (SELECT FROM unnest(" + scopesOfSet + ") u WHERE u LIKE '" + kind + "/%'))"
		}
		s.add("%s", text)
	}
}

// scopesBy are the scopes that values of a key name, and their kind.
func (x *matcher) scopesBy(k projections.Key, values []string) (kind string, scopes []string) {
	if !slices.Contains(districtKeys[:], k) {
		return string(k), scopesOf(string(k), values)
	}
	for _, code := range x.scopes {
		now := code
		if !x.filter.Recorded {
			now = x.register.Current(code)
		}
		if slices.ContainsFunc(values, func(v string) bool { return x.names(k, v, now) }) {
			scopes = append(scopes, "district/"+code)
		}
	}
	return "district", scopes
}

// chooseEvents asks for what the event itself is.
func (s *search) chooseEvents() {
	s.where = append(s.where, s.on...)
	if s.narrow {
		s.add("e.scope_set = ANY(%s)", s.arg(s.sets))
	}
	s.add("e.position <= %s", s.arg(int64(s.x.limit)))
	s.add("e.position > %s", s.arg(int64(min(s.q.After, 1<<62))))
	if s.q.Before > 0 {
		s.add("e.position < %s", s.arg(int64(min(s.q.Before, 1<<62))))
	}
	if s.q.Actor != "" {
		s.add("e.actor = %s", s.arg(s.q.Actor))
	}
	if len(s.q.Types) > 0 {
		s.types()
	}
	s.dates(s.x, itemDay)
	if s.q.AmountMin != 0 || s.q.AmountMax != 0 {
		s.add("e.amount >= %s", s.arg(int64(s.q.AmountMin)))
	}
	if s.q.AmountMax != 0 {
		s.add("e.amount <= %s", s.arg(int64(s.q.AmountMax)))
	}
}

func (s *search) types() {
	var exact, starts []string
	for _, t := range s.q.Types {
		if start, open := strings.CutSuffix(t, "*"); open {
			starts = append(starts, start)
		} else {
			exact = append(exact, t)
		}
	}
	s.add("(e.type = ANY(%s::text[]) OR e.type ^@ ANY(%s::text[]))", s.arg(exact), s.arg(starts))
}

// timeOf is the time in a ULID, to the millisecond; the zero time of anything
// else.
func timeOf(id string) time.Time {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	if len(id) != 26 {
		return time.Time{}
	}
	ms := int64(0)
	for i := range 10 {
		v := strings.IndexByte(digits, id[i])
		if v < 0 {
			return time.Time{}
		}
		ms = ms<<5 | int64(v)
	}
	return time.UnixMilli(ms).UTC()
}
