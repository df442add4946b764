package postgres

import (
	"context"
	"slices"
	"strconv"
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
			rows = append(rows, strings.Join([]string{
				c.account.String(), c.Fund, c.Project, c.Organisation, c.District, yearText(c.Year), yearText(c.Vintage), c.Purpose,
				strconv.FormatInt(int64(sum), 10) + "\n",
			}, "\t"))
		}
	})
	if err != nil {
		return "", err
	}
	slices.Sort(rows)
	return domain.BalancesHeader + strings.Join(rows, ""), nil
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
func (m *Model) ReportTSV(ctx context.Context, position uint64) (string, error) {
	if position == 0 {
		position = m.Progress() // one for all parts
	}
	var rows []string
	for _, keys := range reportLevels {
		a, err := m.Balances(ctx, projections.Everything, projections.BalanceQuery{
			Filter: projections.Filter{Position: position, Recorded: true}, GroupBy: keys, Measures: domain.Figures(),
		})
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
	var cells []string
	for _, k := range reportLevels[0] {
		switch at := slices.Index(keys, k); {
		case at < 0:
			cells = append(cells, "*")
		case g.Key[at] == "":
			cells = append(cells, "-")
		default:
			cells = append(cells, g.Key[at])
		}
	}
	for _, f := range domain.Figures() {
		if v, ok := g.Figure(f); ok {
			cells = append(cells, strconv.FormatInt(v, 10))
		} else {
			cells = append(cells, "-")
		}
	}
	return strings.Join(cells, "\t") + "\n"
}
