package postgres

import (
	"context"
	"errors"

	"grantledger/projections"
)

var errLater = errors.New("not there")

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
