package api

import (
	"slices"
	"strconv"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// readReports answers the list of reports.
func readReports(c *call) error {
	if err := c.params().problem(); err != nil {
		return err
	}
	type item struct {
		Report string `json:"report"`
		Title  string `json:"title"`
		URL    string `json:"url"`
	}
	out := struct {
		Items []item `json:"items"`
	}{}
	for _, t := range projections.Reports() {
		out.Items = append(out.Items, item{t.Name, t.Title.In(c.lang), base + "/reports/" + t.Name})
	}
	c.header()["Vary"] = vary
	return c.json(200, out)
}

// readReport answers one report as a table. With unit=wan each amount is
// rounded from fen once; sums are those of exact amounts.
func readReport(c *call) error {
	name := c.echo.Param("name")
	if !slices.ContainsFunc(projections.Reports(), func(t projections.ReportTitle) bool { return t.Name == name }) {
		return newProblem("not_found")
	}
	r, err := c.read("reports/"+name, filterNames, reportNames(name))
	if err != nil {
		return err
	}
	q := projections.ReportQuery{Name: name}
	unit := "yuan"
	err = r.bind(&q, &q.Filter, func(p *params) {
		unit = p.enum("unit", "yuan", "yuan", "wan")
		q.GroupBy = p.keys("group_by", projections.Fund, projections.Project, projections.District)
		if _, ok := q.Only(projections.Project); !ok && name == projections.ProjectLedger {
			p.fault("query.project", "required", strings.Join(p.values["project"], ","))
		}
	})
	if err != nil {
		return err
	}
	found, err := r.server.Model.Report(r.context(), r.view, q)
	if err != nil {
		return modelError(err)
	}
	t := reportTable(found, unit)
	if r.shape.format != formatJSON {
		return r.file(t, found.Title, found.Position)
	}
	r.reflects(found.Position)
	return r.tagged(r.appendReport(nil, found, t, &q, unit))
}

func reportNames(name string) []string {
	if name == projections.Overview {
		return []string{"unit", "group_by"}
	}
	return []string{"unit"}
}

// reportTable has the report's rows in the unit asked for.
func reportTable(found *projections.Report, unit string) *table {
	var cs columns
	for i := range found.Columns {
		c := &found.Columns[i]
		cs.add("", c.Name, reportKind(c.Type), c.Label)
		if c.Type == projections.AmountCell {
			cs[i].unit = unit
		}
	}
	return &table{columns: cs, rows: len(found.Rows), fill: func(row int, cells []cell) {
		fillReport(found.Rows[row].Cells, found.Columns, cells, unit)
	}}
}

func reportKind(t projections.CellType) kind {
	switch t {
	case projections.AmountCell:
		return amountCell
	case projections.RateCell:
		return ratioCell
	case projections.NumberCell:
		return integerCell
	}
	return textCell
}

func fillReport(from []projections.Cell, columns []projections.Column, cells []cell, unit string) {
	for i := range from {
		c := &from[i]
		switch t := columns[i].Type; {
		case c.Null:
		case t == projections.AmountCell && unit == "wan":
			cells[i].amount(domain.Fen(domain.Fen(c.Number).Rounded(4).Shift(2).IntPart())) // hundredths of 万元
		case reportKind(t) == textCell:
			cells[i].say(c.Text)
		default:
			cells[i].count(c.Number)
		}
	}
}

var rounded = words{ZH: "因四舍五入，各项相加可能与合计不等。", EN: "Rounded amounts may not add up to the totals."}

// appendReport writes a report as API.md 6 has it.
func (r *reading) appendReport(b []byte, found *projections.Report, t *table, q *projections.ReportQuery, unit string) []byte {
	b = r.appendStamp(b, found.Position, &q.Filter)
	b = appendText(append(b, `,"report":`...), found.Name)
	b = appendText(append(b, `,"title":`...), found.Title.In(r.lang))
	b = r.appendParameters(append(b, `,"parameters":`...), found, q, unit)
	b = append(b, `,"columns":[`...)
	for i := range t.columns {
		if i > 0 {
			b = append(b, ',')
		}
		c := &t.columns[i]
		b = appendText(append(b, `{"name":`...), c.member)
		b = appendText(append(b, `,"label":`...), c.label.In(r.lang))
		b = appendText(append(b, `,"type":`...), string(found.Columns[i].Type))
		b = append(appendOptional(append(b, `,"unit":`...), c.unit), '}')
	}
	b = append(b, `],"rows":[`...)
	for row := range found.Rows {
		if row > 0 {
			b = append(b, ',')
		}
		b = t.appendRow(b, func(cells []cell) { t.fill(row, cells) })
	}
	b = append(b, `],"totals":`...)
	if found.Totals == nil {
		b = append(b, "[]"...)
	} else {
		b = t.appendRow(b, func(cells []cell) { fillReport(found.Totals, found.Columns, cells, unit) })
	}
	b = strconv.AppendBool(append(b, `,"proof_ok":`...), found.ProofOK)
	notes := slices.Clone(found.Notes)
	if unit == "wan" && !slices.Contains(notes, rounded) {
		notes = append(notes, rounded)
	}
	b = appendNames(append(b, `,"notes":`...), notes, func(w domain.Words) string { return w.In(r.lang) })
	return append(b, "}\n"...)
}

// appendRow appends the cells of a row as a list.
func (t *table) appendRow(b []byte, fill func([]cell)) []byte {
	cells := make([]cell, len(t.columns))
	fill(cells)
	b = append(b, '[')
	for i := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		b = cells[i].appendJSON(b, t.columns[i].kind)
	}
	return append(b, ']')
}

// appendParameters says what the report was made from.
func (r *reading) appendParameters(b []byte, found *projections.Report, q *projections.ReportQuery, unit string) []byte {
	b = appendText(append(b, `{"unit":`...), unit)
	b = append(b, `,"years":[`...)
	for i, y := range found.Years {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(y), 10)
	}
	b = append(b, ']')
	if q.Name == projections.Overview {
		b = appendNames(append(b, `,"group_by":`...), q.GroupBy, func(k projections.Key) string { return string(k) })
	}
	for _, k := range projections.Keys() {
		if values, ok := q.Where[k]; ok {
			b = append(appendText(append(b, ','), string(k)), ':')
			b = appendNames(b, values, func(s string) string { return s })
		}
	}
	if len(q.Books) > 0 {
		b = appendNames(append(b, `,"book":`...), q.Books, domain.Book.String)
	}
	if len(q.Accounts) > 0 {
		b = appendNames(append(b, `,"account":`...), q.Accounts, domain.Account.String)
	}
	return append(b, '}')
}
