package projections

import (
	"slices"
	"strconv"
	"strings"

	"grantledger/domain"
)

// BalancesTSVRow is a line of balances.tsv: an amount in fen of an account and
// tuple.
func BalancesTSVRow(a domain.Account, d domain.Dimensions, amount domain.Fen) string {
	return strings.Join([]string{
		a.String(), d.Fund, d.Project, d.Organisation, d.District, YearText(d.Year), YearText(d.Vintage), d.Purpose,
		strconv.FormatInt(int64(amount), 10) + "\n",
	}, "\t")
}

// YearText writes a year or vintage; "" for an entry without.
func YearText(y int) string {
	if y == 0 {
		return ""
	}
	return strconv.Itoa(y)
}

// reportLevels are the groups of report.tsv; a key that is left out is summed.
var reportLevels = [][]Key{{Fund, Project, District, Year}, {Fund, District, Year}, {Fund, Year}, {District, Year}, {Year}}

// ReportTSV writes report.tsv (DOMAIN.md 11) of a position from what the
// balances of a model say.
func ReportTSV(position uint64, balances func(BalanceQuery) (*Balances, error)) (string, error) {
	var rows []string
	for _, keys := range reportLevels {
		a, err := balances(BalanceQuery{Filter: Filter{Position: position, Recorded: true}, GroupBy: keys, Measures: domain.Figures()})
		if err != nil {
			return "", err
		}
		for i := range a.Items {
			if !a.Items[i].Sums.Zero() {
				rows = append(rows, reportTSVRow(keys, &a.Items[i]))
			}
		}
	}
	slices.Sort(rows)
	return reportTSVHeader() + strings.Join(rows, ""), nil
}

func reportTSVHeader() string {
	text := "fund\tproject\tdistrict\tyear"
	for _, f := range domain.Figures() {
		text += "\t" + f.String()
	}
	return text + "\n"
}

// reportTSVRow writes a group as a line of report.tsv: "*" for what is summed,
// "-" for an entry without project.
func reportTSVRow(keys []Key, g *Group) string {
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
