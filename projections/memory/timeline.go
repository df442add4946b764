package memory

import (
	"context"
	"slices"

	"grantledger/projections"
)

// Timeline is the business history of a subject or a filter.
func (m *Model) Timeline(_ context.Context, v projections.View, q projections.TimelineQuery) (*projections.Timeline, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, err := m.search(v, &projections.EventQuery{Filter: q.Filter, Subject: q.Subject, Ascending: true})
	if err != nil {
		return nil, err
	}
	var order []uint64 // date and position
	s.walk(func(p uint32) bool {
		order = append(order, uint64(dateOf(m.at(p)))<<32|uint64(p))
		return true
	})
	slices.Sort(order)
	from, to, next := q.Slice(len(order))
	a := &projections.Timeline{Position: uint64(s.limit), Next: next, Items: make([]projections.TimelineItem, 0, to-from)}
	for _, key := range order[from:to] {
		p := uint32(key)
		item := m.item(p, s.limit)
		a.Items = append(a.Items, projections.TimelineItem{
			EventItem: item, Title: projections.Title(item.Type), Stage: projections.Stage(item.Type, int(m.at(p).detail), m.corrects[p] != 0),
		})
	}
	return a, nil
}
