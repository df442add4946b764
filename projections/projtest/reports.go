package projtest

import (
	_ "embed" // the reports as they must come out
	"strconv"
	"strings"
	"testing"

	"grantledger/domain"
	"grantledger/projections"
)

// wantReports are the reports of the scenario lifecycle for 2023 and 2024, in
// the form that render writes, so that every model makes the same tables; their
// figures are those of the scenario's report.tsv.
//
//go:embed testdata/reports.txt
var wantReports string

// testReports compares every report of one scenario text by text.
func testReports(t *testing.T, open Open) {
	log := NewLog()
	m := start(t, open, log)
	play(t, log, "lifecycle", nil)
	wait(t, m, log)
	var b strings.Builder
	for _, year := range []string{"2023", "2024"} {
		for _, r := range projections.Reports() {
			q := projections.ReportQuery{Name: r.Name, Filter: projections.Filter{}.With(projections.Year, year)}
			if r.Name == projections.ProjectLedger {
				q.Filter = q.With(projections.Project, "P-A")
			}
			a, err := m.Report(ctx, projections.Everything, q)
			if err != nil {
				t.Fatal(err)
			}
			render(&b, a)
		}
	}
	diff(t, b.String(), wantReports)
}

// render writes a report as text: title, columns, rows and totals, cells
// separated by bars, amounts in yuan, rates in basis points.
func render(b *strings.Builder, a *projections.Report) {
	b.WriteString("== " + a.Title.ZH)
	for _, y := range a.Years {
		b.WriteString(" " + strconv.Itoa(y))
	}
	b.WriteString("\n")
	for _, c := range a.Columns {
		b.WriteString(c.Label.ZH + " | ")
	}
	b.WriteString("\n")
	for _, r := range a.Rows {
		renderCells(b, a, r.Cells)
	}
	if a.Totals != nil {
		renderCells(b, a, a.Totals)
	}
}

func renderCells(b *strings.Builder, a *projections.Report, cells []projections.Cell) {
	for i, c := range cells {
		text := c.Text
		switch {
		case c.Null:
			text = "-"
		case c.Words.ZH != "":
			text = c.Words.ZH
		case a.Columns[i].Type == projections.AmountCell:
			text = domain.Fen(c.Number).String()
		case a.Columns[i].Type == projections.RateCell:
			text = strconv.FormatInt(c.Number, 10)
		}
		b.WriteString(text + " | ")
	}
	b.WriteString("\n")
}
