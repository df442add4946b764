package postgres

import (
	"context"
	"fmt"

	"grantledger/projections"
)

// Timeline is the business history of a subject or a filter.
func (m *Model) Timeline(ctx context.Context, v projections.View, q projections.TimelineQuery) (*projections.Timeline, error) {
	s, err := m.search(ctx, v, &projections.EventQuery{Filter: q.Filter, Subject: q.Subject, Ascending: true})
	if err != nil {
		return nil, err
	}
	from := max(q.Offset, 0)
	order := fmt.Sprintf(" ORDER BY %s, e.position OFFSET %d", itemDay, from)
	if q.Limit > 0 {
		order += fmt.Sprintf(" LIMIT %d", q.Limit+1)
	}
	a := &projections.Timeline{Position: s.x.limit, Items: []projections.TimelineItem{}}
	err = s.each(ctx, order, func(r *row) {
		if q.Limit > 0 && len(a.Items) == q.Limit {
			a.Next = from + q.Limit
			return
		}
		a.Items = append(a.Items, projections.TimelineItem{
			EventItem: r.EventItem, Title: projections.Title(r.Type), Stage: projections.Stage(r.Type, r.detail, r.Corrects != 0),
		})
	})
	return a, err
}
