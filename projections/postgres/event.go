package postgres

import (
	"context"
	"fmt"

	"grantledger/domain"
	"grantledger/projections"
)

// Locate finds an event by its ULID.
func (m *Model) Locate(ctx context.Context, id string) (position uint64, err error) {
	at := timeOf(id)
	if at.IsZero() {
		return 0, projections.ErrNotFound
	}
	m.begin(ctx)
	after, until, err := m.between(at, at)
	if err != nil {
		return 0, err
	}
	err = m.rows(ctx, "SELECT position FROM events WHERE position > $1 AND position <= $2 AND id = $3", []any{int64(after), int64(until), id}, func(scan func(...any) error) error { return scan(&position) })
	if err == nil && position == 0 {
		err = projections.ErrNotFound
	}
	return position, err
}

// Event is one event with the balances around it.
func (m *Model) Event(ctx context.Context, v projections.View, position uint64) (*projections.EventFacts, error) {
	x, err := m.matcher(ctx, v, &projections.Filter{})
	if err != nil {
		return nil, err
	}
	if position == 0 || position > x.limit {
		return nil, projections.ErrNotFound
	}
	facts := &projections.EventFacts{}
	one := func(place string, r *row) error {
		s := &search{m: m, x: x, q: &projections.EventQuery{}}
		s.sightOfScopes(x)
		s.add(place, s.arg(int64(position)))
		s.add("e.position <= %s", s.arg(int64(x.limit)))
		order := " ORDER BY e.position LIMIT 1"
		if place[11] == '<' {
			order = " ORDER BY e.position DESC LIMIT 1"
		}
		return s.each(ctx, order, func(found *row) { *r = *found })
	}
	var previous, here, next row
	for place, r := range map[string]*row{"e.position < %s": &previous, "e.position = %s": &here, "e.position > %s": &next} {
		if err := one(place, r); err != nil {
			return nil, err
		}
	}
	if here.Position == 0 {
		return nil, projections.ErrNotFound
	}
	facts.EventItem, facts.Previous, facts.Next = here.EventItem, previous.Position, next.Position
	err = m.effects(ctx, position, position, func(_ uint64, e domain.Effect) { facts.Entries = append(facts.Entries, e) })
	return facts, err
}

// sumBefore is the balance before a line.
const sumBefore = `(SELECT coalesce(sum(k.amount), 0) FROM journal k WHERE k.tuple = j.tuple AND k.account = j.account AND k.position <= j.position AND (k.position, k.line) < (j.position, j.line))`

// effects gives the entries of the events first to last in stored order, with
// the balance of each line's own tuple around it.
func (m *Model) effects(ctx context.Context, first, last uint64, yield func(position uint64, e domain.Effect)) error {
	text := fmt.Sprintf("SELECT j.position, j.tuple, %s, j.account, j.amount, %s::bigint FROM journal j JOIN tuples t ON t.id = j.tuple WHERE j.position BETWEEN $1 AND $2 ORDER BY j.position, j.line",
		tupleColumns("t", "year"), sumBefore)
	var effect domain.Effect
	position, tuple := uint64(0), int32(-1)
	flush := func() {
		if len(effect.Lines) > 0 {
			yield(position, effect)
		}
	}
	err := m.rows(ctx, text, []any{int64(first), int64(last)}, func(scan func(...any) error) error {
		var p uint64
		var t int32
		var d domain.Dimensions
		var c domain.Change
		var amount domain.Fen
		if err := scan(append(append([]any{&p, &t}, dimensionTargets(&d)...), &c.Account, &amount, &c.Before)...); err != nil {
			return err
		}
		if p != position || t != tuple {
			flush()
			position, tuple, effect = p, t, domain.Effect{Dimensions: d}
		}
		c.After = c.Before + amount
		effect.Lines = append(effect.Lines, c)
		return nil
	})
	flush()
	return err
}

// Effects sums the changes of several events by tuple.
func (m *Model) Effects(ctx context.Context, first, last uint64) ([]domain.Effect, error) {
	if first == 0 || last > m.Progress() {
		return nil, projections.ErrAhead
	}
	var out []domain.Effect
	err := m.effects(ctx, first, last, func(_ uint64, e domain.Effect) { out = projections.MergeEffect(out, e) })
	return out, err
}
