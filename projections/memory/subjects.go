package memory

import (
	"context"
	"slices"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// Subjects lists the subjects of a kind.
func (m *Model) Subjects(_ context.Context, v projections.View, q projections.SubjectQuery) (*projections.Subjects, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	x, err := m.matcher(v, &q.Filter)
	if err != nil {
		return nil, err
	}
	l := &listing{matcher: x, q: &q}
	ids, err := l.ids()
	if err != nil {
		return nil, err
	}
	a := &projections.Subjects{Position: uint64(x.limit)}
	measured := len(q.Measures) > 0
	if measured {
		l.sum()
	}
	items := make([]projections.Subject, 0, len(ids))
	for _, id := range ids {
		if s, ok := l.subject(id); ok {
			a.Totals.Plus(&s.Sums)
			items = append(items, s)
		}
	}
	order, err := q.Order()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(items, order)
	from, to, next := q.Slice(len(items))
	a.Items, a.Count, a.Next = items[from:to], len(items), next
	for i := range a.Items {
		l.complete(&a.Items[i])
	}
	return a, nil
}

// Subject is one subject with its figures over all years.
func (m *Model) Subject(_ context.Context, v projections.View, kind, id string) (*projections.Subject, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	q := projections.SubjectQuery{Kind: kind, Measures: domain.Figures()}
	k := projections.Key(kind)
	switch kind {
	case "fund", "project", "organisation":
		q.Where = map[projections.Key][]string{k: {id}}
	case "district":
		switch division.Level(id) {
		case division.Prefecture:
			k = projections.City
		case division.Province:
			k = projections.Province
		}
		q.Where = map[projections.Key][]string{k: {id}}
	case "award":
		w, _ := m.ledger.Award(id)
		q.Where = map[projections.Key][]string{projections.Fund: {w.Fund}, projections.Project: {w.Project}, projections.Organisation: {w.Organisation}}
		if w.ID == "" {
			return nil, projections.ErrNotFound
		}
	default:
		q.Measures = nil
	}
	x, err := m.matcher(v, &q.Filter)
	if err != nil {
		return nil, projections.ErrNotFound // no subject has such an id
	}
	s, ok := projections.Summary(m.ledger, kind, id)
	if !ok || !x.sight.showsSubject(&s) {
		return nil, projections.ErrNotFound
	}
	l := &listing{matcher: x, q: &q}
	if q.Measures != nil {
		x.roll(nil)
		x.tuples(anyYear, func(n uint32, t *tuple) {
			if !x.byDistrict || x.shownOK[x.shown[t.district]] {
				l.life(&s.Sums, n, t)
			}
		})
	}
	s.Published, s.OneProject = x.sight.isPublished(&s), kind == "project"
	l.complete(&s)
	return &s, nil
}

// Visible tells whether the view shows the subject.
func (m *Model) Visible(_ context.Context, v projections.View, kind, id string) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := projections.Summary(m.ledger, kind, id)
	return ok && m.sight(v).showsSubject(&s), nil
}

// showsSubject tells whether a subject is seen at all.
func (s *sight) showsSubject(x *projections.Subject) bool {
	if s.all {
		return true
	}
	fund, _ := s.m.funds.find(x.Fund)
	project, _ := s.m.projects.find(x.Project)
	switch x.Kind {
	case "fund":
		return fund != 0 && (s.own[fund] || s.public[fund])
	case "project":
		return s.signedIn || s.published(project)
	case "organisation":
		return s.signedIn || s.showsOrganisation(x.ID)
	case "user":
		return s.signedIn
	case "district":
		return true
	case "proposal":
		return s.own[fund] || fund == 0 && s.signedIn
	}
	return fund != 0 && s.shows(fund, project)
}

// showsOrganisation tells whether any money of the organisation is seen.
func (s *sight) showsOrganisation(id string) bool {
	n, ok := s.m.organisations.find(id)
	return ok && n != 0 && slices.ContainsFunc(s.m.byOrganisation.at(n), func(t uint32) bool {
		tuple := &s.m.tuples[t]
		return s.shows(tuple.fund, tuple.project)
	})
}

// isPublished tells whether the public may see the subject.
func (s *sight) isPublished(x *projections.Subject) bool {
	open := &sight{m: s.m, own: make([]bool, len(s.own)), public: s.public}
	return open.showsSubject(x)
}
