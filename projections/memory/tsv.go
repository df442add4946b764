package memory

import (
	"context"
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// BalancesTSV is balances.tsv at a position.
func (m *Model) BalancesTSV(_ context.Context, position uint64) (string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	x, err := m.matcher(projections.Everything, &projections.Filter{Position: position, Recorded: true})
	if err != nil {
		return "", err
	}
	var rows []string
	for i := range m.cells {
		c := &m.cells[i]
		p := x.of(uint32(i))
		if sum := p.debits + p.credits; sum != 0 {
			rows = append(rows, projections.BalancesTSVRow(c.account, m.dimensions(c.tuple), sum))
		}
	}
	slices.Sort(rows)
	return domain.BalancesHeader + strings.Join(rows, ""), nil
}

// ReportTSV is report.tsv at a position.
func (m *Model) ReportTSV(_ context.Context, position uint64) (string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return projections.ReportTSV(position, func(q projections.BalanceQuery) (*projections.Balances, error) {
		return m.balances(projections.Everything, q)
	})
}
