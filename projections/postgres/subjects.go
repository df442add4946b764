package postgres

import (
	"context"
	"errors"
	"slices"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// Subjects lists the subjects of a kind.
func (m *Model) Subjects(ctx context.Context, v projections.View, q projections.SubjectQuery) (*projections.Subjects, error) {
	x, err := m.matcher(ctx, v, &q.Filter)
	if err != nil {
		return nil, err
	}
	l := &listing{matcher: x, m: m, q: &q}
	order, err := q.Order()
	if err != nil {
		return nil, err
	}
	ids, err := l.ids(ctx)
	if err != nil {
		return nil, err
	}
	if len(q.Measures) > 0 {
		if err := l.sum(ctx); err != nil {
			return nil, err
		}
	}
	m.mu.RLock()
	items := l.items(m.facts, ids)
	m.mu.RUnlock()
	items = l.related(items)
	a := &projections.Subjects{Position: x.limit, Count: len(items)}
	all := make([]projections.Subject, len(items))
	for i := range items {
		all[i] = items[i].Subject
		a.Totals.Plus(&all[i].Sums)
	}
	slices.SortFunc(all, order)
	from, to, next := q.Slice(len(all))
	a.Items, a.Next = all[from:to], next
	return a, l.complete(ctx, a.Items)
}

// Subject is one subject with its figures over all years.
func (m *Model) Subject(ctx context.Context, v projections.View, kind, id string) (*projections.Subject, error) {
	q := projections.SubjectQuery{Kind: kind}
	measured := true
	switch kind {
	case "fund", "project", "organisation":
		q.Where = map[projections.Key][]string{projections.Key(kind): {id}}
	case "district":
		k := projections.District
		switch division.Level(id) {
		case division.Prefecture:
			k = projections.City
		case division.Province:
			k = projections.Province
		}
		q.Where = map[projections.Key][]string{k: {id}}
	case "award":
		var w domain.Award
		m.State(func(l *domain.Ledger) { w, _ = l.Award(id) })
		if w.ID == "" {
			return nil, projections.ErrNotFound
		}
		q.Where = map[projections.Key][]string{projections.Fund: {w.Fund}, projections.Project: {w.Project}, projections.Organisation: {w.Organisation}}
	default:
		measured = false
	}
	x, err := m.matcher(ctx, v, &q.Filter)
	if wrong := (*projections.QueryError)(nil); errors.As(err, &wrong) {
		return nil, projections.ErrNotFound // no subject has such an id
	}
	if err != nil {
		return nil, err
	}
	s, ok := m.summary(v, kind, id)
	if !ok {
		return nil, projections.ErrNotFound
	}
	l := &listing{matcher: x, m: m, q: &q}
	if measured {
		if err := l.cells(ctx, l.lifeDims(), func(c *cell) { l.life(&s.Sums, c) }); err != nil {
			return nil, err
		}
	}
	s.OneProject = kind == "project"
	list := []projections.Subject{s}
	err = l.complete(ctx, list)
	return &list[0], err
}

// summary is what the state tells of a subject that the view shows.
func (m *Model) summary(v projections.View, kind, id string) (s projections.Subject, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.facts == nil {
		return s, false
	}
	see := &sight{view: v, facts: m.facts}
	if s, ok = projections.Summary(m.facts.ledger, kind, id); !ok || !see.showsSubject(&s) {
		return s, false
	}
	s.Published = see.isPublished(&s)
	return s, true
}

// Visible tells whether the view shows the subject.
func (m *Model) Visible(ctx context.Context, v projections.View, kind, id string) (bool, error) {
	m.begin(ctx)
	m.mu.RLock()
	_, err := m.ready()
	m.mu.RUnlock()
	if err != nil {
		return false, err
	}
	_, ok := m.summary(v, kind, id)
	return ok, nil
}

// complete adds what only the items of the page need: positions, and at an
// earlier position the version that the subject had there.
func (l *listing) complete(ctx context.Context, items []projections.Subject) error {
	earlier, sets, of := l.positions(items)
	if len(sets) == 0 {
		return nil
	}
	refs := make([]string, len(items))
	for i := range items {
		refs[i] = items[i].Kind + "/" + items[i].ID
	}
	return l.m.rows(ctx, positionsOf, []any{sets, of, int64(l.limit), earlier, refs}, func(scan func(...any) error) error {
		var n int
		var last uint64
		var version *uint64
		if err := scan(&n, &last, &version); err != nil {
			return err
		}
		s := &items[n]
		s.LastPosition = max(s.LastPosition, last)
		if version != nil {
			s.Version = *version
		}
		return nil
	})
}

// positions adds the positions that are known without asking, and gives the sets
// to ask for with the items that they belong to: those with newer events, and
// all of them at an earlier position, where versions are asked for too.
func (l *listing) positions(items []projections.Subject) (earlier bool, sets, of []int32) {
	l.m.mu.RLock()
	defer l.m.mu.RUnlock()
	f := l.m.facts
	earlier = l.limit != l.m.progress
	for i := range items {
		s := &items[i]
		if r := f.subjects[s.Kind]; r != nil {
			s.FirstPosition = r.first[s.ID]
		}
		held := f.held(s.Kind+"/"+s.ID, l.limit)
		if len(held) > 0 && s.FirstPosition == 0 {
			s.FirstPosition = f.setList[held[0]].first
		}
		for _, n := range held {
			last := f.setLast[n]
			if earlier || last > l.limit {
				sets, of = append(sets, int32(n)), append(of, int32(i))
			} else {
				s.LastPosition = max(s.LastPosition, last)
			}
		}
		s.LastPosition = max(s.LastPosition, s.FirstPosition)
	}
	return earlier, sets, of
}

const positionsOf = `SELECT r.n, max(e.last), (array_agg(o.version ORDER BY o.position DESC NULLS LAST))[1]
FROM unnest($1::int[], $2::int[]) AS r(id, n)
CROSS JOIN LATERAL (SELECT max(e.position) AS last FROM events e WHERE e.scope_set = r.id AND e.position <= $3) e
LEFT JOIN LATERAL (SELECT o.position, o.version FROM events o WHERE $4 AND o.scope_set = r.id AND o.position <= $3 AND o.subject = ($5::text[])[r.n + 1] ORDER BY o.position DESC LIMIT 1) o ON true
GROUP BY 1`
