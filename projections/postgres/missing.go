package postgres

import (
	"context"
	"errors"

	"grantledger/domain"
	"grantledger/projections"
)

var errLater = errors.New("not there")

func (m *Model) Statement(ctx context.Context, v projections.View, q projections.StatementQuery) (*projections.Statement, error) {
	return nil, errLater
}
func (m *Model) Events(ctx context.Context, v projections.View, q projections.EventQuery) (*projections.Events, error) {
	return nil, errLater
}
func (m *Model) Timeline(ctx context.Context, v projections.View, q projections.TimelineQuery) (*projections.Timeline, error) {
	return nil, errLater
}
func (m *Model) Event(ctx context.Context, v projections.View, position uint64) (*projections.EventFacts, error) {
	return nil, errLater
}
func (m *Model) Locate(ctx context.Context, id string) (position uint64, err error) {
	return 0, errLater
}
func (m *Model) Effects(ctx context.Context, first, last uint64) ([]domain.Effect, error) {
	return nil, errLater
}
func (m *Model) Subjects(ctx context.Context, v projections.View, q projections.SubjectQuery) (*projections.Subjects, error) {
	return nil, errLater
}
func (m *Model) Subject(ctx context.Context, v projections.View, kind, id string) (*projections.Subject, error) {
	return nil, errLater
}
func (m *Model) Visible(ctx context.Context, v projections.View, kind, id string) (bool, error) {
	return false, errLater
}
func (m *Model) Report(ctx context.Context, v projections.View, q projections.ReportQuery) (*projections.Report, error) {
	return nil, errLater
}
