package postgres

import (
	"context"
	"errors"

	"grantledger/projections"
)

var errLater = errors.New("not there")

func (m *Model) Report(ctx context.Context, v projections.View, q projections.ReportQuery) (*projections.Report, error) {
	return nil, errLater
}
