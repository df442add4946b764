package memory

import (
	"context"
	"slices"
	"strconv"
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
		p := x.of(c)
		if sum := p.debits + p.credits; sum != 0 {
			d := m.dimensions(c.tuple)
			rows = append(rows, strings.Join([]string{
				c.account.String(), d.Fund, d.Project, d.Organisation, d.District, yearText(d.Year), yearText(d.Vintage), d.Purpose,
				strconv.FormatInt(int64(sum), 10) + "\n",
			}, "\t"))
		}
	}
	slices.Sort(rows)
	return domain.BalancesHeader + strings.Join(rows, ""), nil
}

func yearText(y int) string {
	if y == 0 {
		return ""
	}
	return strconv.Itoa(y)
}

// reportLevels are the groups of report.tsv; a key that is left out is summed.
var reportLevels = [][]projections.Key{
	{projections.Fund, projections.Project, projections.District, projections.Year},
	{projections.Fund, projections.District, projections.Year},
	{projections.Fund, projections.Year},
	{projections.District, projections.Year},
	{projections.Year},
}

// ReportTSV is report.tsv at a position.
func (m *Model) ReportTSV(_ context.Context, position uint64) (string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var rows []string
	for _, keys := range reportLevels {
		q := projections.BalanceQuery{
			Filter: projections.Filter{Position: position, Recorded: true}, GroupBy: keys, Measures: domain.Figures(),
		}
		a, err := m.balances(projections.Everything, q)
		if err != nil {
			return "", err
		}
		for i := range a.Items {
			if !a.Items[i].Sums.Zero() {
				rows = append(rows, reportRow(keys, &a.Items[i]))
			}
		}
	}
	slices.Sort(rows)
	return projections.ReportTSVHeader() + strings.Join(rows, ""), nil
}

// reportRow writes a group as a line of report.tsv: "*" for what is summed, "-"
// for an entry without project.
func reportRow(keys []projections.Key, g *projections.Group) string {
	var b strings.Builder
	for i, k := range reportLevels[0] {
		if i > 0 {
			b.WriteByte('\t')
		}
		switch at := slices.Index(keys, k); {
		case at < 0:
			b.WriteByte('*')
		case g.Key[at] == "":
			b.WriteByte('-')
		default:
			b.WriteString(g.Key[at])
		}
	}
	for _, f := range domain.Figures() {
		b.WriteByte('\t')
		if v, ok := g.Figure(f); ok {
			b.WriteString(strconv.FormatInt(v, 10))
		} else {
			b.WriteByte('-')
		}
	}
	b.WriteByte('\n')
	return b.String()
}
