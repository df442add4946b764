package postgres

import (
	"context"
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// BalancesTSV is balances.tsv at a position.
func (m *Model) BalancesTSV(ctx context.Context, position uint64) (string, error) {
	x, err := m.matcher(ctx, projections.Everything, &projections.Filter{Position: position, Recorded: true})
	if err != nil {
		return "", err
	}
	var rows []string
	all := dims{fund: true, project: true, organisation: true, district: true, year: true, vintage: true, purpose: true}
	err = m.cells(ctx, x, &clauses{}, all, func(c *cell) {
		if sum := c.debits + c.credits; sum != 0 {
			rows = append(rows, projections.BalancesTSVRow(c.account, c.Dimensions, sum))
		}
	})
	if err != nil {
		return "", err
	}
	slices.Sort(rows)
	return domain.BalancesHeader + strings.Join(rows, ""), nil
}

// ReportTSV is report.tsv at a position.
func (m *Model) ReportTSV(ctx context.Context, position uint64) (string, error) {
	if position == 0 {
		position = m.Progress() // one for all parts
	}
	return projections.ReportTSV(position, func(q projections.BalanceQuery) (*projections.Balances, error) {
		return m.Balances(ctx, projections.Everything, q)
	})
}
