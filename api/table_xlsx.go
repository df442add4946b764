package api

import (
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// most rows of a sheet beside its header.
const maxSheetRows = 1_048_575

const (
	amountFormat = "#,##0.00;[Red](#,##0.00)"
	ratioFormat  = "0.0000"
	// a spreadsheet keeps 15 significant digits; longer amounts are text
	maxSheetNumber = 999_999_999_999_999
)

// sheetAbout is one line of the sheet about: a name and what it is.
type sheetAbout struct{ name, value string }

// writeXLSX writes sheet data with the table and sheet about with its origin
// and the dictionary of its columns (API.md 3). There are no formulas.
func (t *table) writeXLSX(w io.Writer, about []sheetAbout, lang string) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", "data"); err != nil {
		return err
	}
	if err := t.sheetData(f); err != nil {
		return err
	}
	if err := t.sheetAbout(f, about, lang); err != nil {
		return err
	}
	_, err := f.WriteTo(w)
	return err
}

func (t *table) sheetData(f *excelize.File) error {
	styles, err := newSheetStyles(f)
	if err != nil {
		return err
	}
	sheet, err := f.NewStreamWriter("data")
	if err != nil {
		return err
	}
	flat := t.columns.flat()
	if len(flat) > 0 {
		if err := sheet.SetColWidth(1, len(flat), 16); err != nil {
			return err
		}
	}
	if err := sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	line := make([]any, len(flat))
	for n, i := range flat {
		line[n] = excelize.Cell{StyleID: styles.header, Value: t.columns[i].path()}
	}
	if err := sheet.SetRow("A1", line); err != nil {
		return err
	}
	cells := make([]cell, len(t.columns))
	for row := range t.rows {
		clear(cells)
		t.fill(row, cells)
		for n, i := range flat {
			line[n] = styles.value(&cells[i], t.columns[i].kind)
		}
		if err := sheet.SetRow("A"+strconv.Itoa(row+2), line); err != nil {
			return err
		}
	}
	return sheet.Flush()
}

func (t *table) sheetAbout(f *excelize.File, about []sheetAbout, lang string) error {
	if _, err := f.NewSheet("about"); err != nil {
		return err
	}
	sheet, err := f.NewStreamWriter("about")
	if err != nil {
		return err
	}
	if err := sheet.SetColWidth(1, 2, 32); err != nil {
		return err
	}
	row := 0
	put := func(values ...any) error {
		row++
		return sheet.SetRow("A"+strconv.Itoa(row), values)
	}
	for _, line := range about {
		if err := put(line.name, line.value); err != nil {
			return err
		}
	}
	row++
	if err := put("column", "label", "unit"); err != nil {
		return err
	}
	for _, i := range t.columns.flat() {
		c := &t.columns[i]
		if err := put(c.path(), c.label.In(lang), c.unit); err != nil {
			return err
		}
	}
	return sheet.Flush()
}

// sheetStyles are the cell styles of a workbook.
type sheetStyles struct{ header, amount, ratio int }

func newSheetStyles(f *excelize.File) (s sheetStyles, err error) {
	if s.header, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return s, err
	}
	amount, ratio := amountFormat, ratioFormat
	if s.amount, err = f.NewStyle(&excelize.Style{CustomNumFmt: &amount}); err != nil {
		return s, err
	}
	s.ratio, err = f.NewStyle(&excelize.Style{CustomNumFmt: &ratio})
	return s, err
}

// value is a cell as the stream writer takes it; nil is an empty one.
func (s *sheetStyles) value(c *cell, k kind) any {
	switch {
	case k == listCell || k == recordsCell:
		return string(c.appendPlain(nil, k))
	case !c.set:
		return nil
	case k == amountCell && c.number <= maxSheetNumber && c.number >= -maxSheetNumber:
		return excelize.Cell{StyleID: s.amount, Value: float64(c.number) / 100}
	case k == ratioCell:
		return excelize.Cell{StyleID: s.ratio, Value: float64(c.number) / 10000}
	case k == integerCell && c.number <= maxSheetNumber && c.number >= -maxSheetNumber:
		return c.number
	case k == flagCell:
		return c.number == 1
	}
	return string(c.appendPlain(nil, k))
}
