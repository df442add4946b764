package memory

import (
	"context"

	"grantledger/projections"
)

func (m *Model) Subjects(ctx context.Context, v projections.View, q projections.SubjectQuery) (*projections.Subjects, error) {
	return nil, nil
}
func (m *Model) Subject(ctx context.Context, v projections.View, kind, id string) (*projections.Subject, error) {
	return nil, nil
}
func (m *Model) Visible(ctx context.Context, v projections.View, kind, id string) (bool, error) {
	return false, nil
}
func (m *Model) Report(ctx context.Context, v projections.View, q projections.ReportQuery) (*projections.Report, error) {
	return nil, nil
}
