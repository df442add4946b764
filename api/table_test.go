package api

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"grantledger/domain"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// sheetRows reads the sheet data, amounts and ratios as JSON writes them.
func sheetRows(t *testing.T, b []byte, width int) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	must(t, err)
	defer f.Close()
	if names := f.GetSheetList(); len(names) != 2 || names[0] != "data" || names[1] != "about" {
		t.Errorf("sheets %v", names)
	}
	rows, err := f.GetRows("data", excelize.Options{RawCellValue: true})
	must(t, err)
	for i := range rows {
		for len(rows[i]) < width {
			rows[i] = append(rows[i], "")
		}
		for j := range rows[i] {
			if i > 0 {
				rows[i][j] = shown(t, f, i, j, rows[i][j])
			}
		}
	}
	return rows
}

// shown is the raw value of a cell in the form of its style.
func shown(t *testing.T, f *excelize.File, row, column int, raw string) string {
	t.Helper()
	at, err := excelize.CoordinatesToCellName(column+1, row+1)
	must(t, err)
	if formula, _ := f.GetCellFormula("data", at); formula != "" {
		t.Errorf("%s is a formula: %s", at, formula)
	}
	id, err := f.GetCellStyle("data", at)
	must(t, err)
	style, err := f.GetStyle(id)
	must(t, err)
	if kind, _ := f.GetCellType("data", at); kind == excelize.CellTypeBool {
		return map[string]string{"0": "false", "1": "true"}[raw]
	}
	if style.CustomNumFmt == nil {
		return raw
	}
	var value float64
	_, err = fmt.Sscan(raw, &value)
	must(t, err)
	if *style.CustomNumFmt == amountFormat {
		return domain.Fen(math.Round(value * 100)).String()
	}
	return string(appendRatio(nil, int64(math.Round(value*10000))))
}

// sample is a table with every kind of cell.
func sample() *table {
	var cs columns
	cs.add("key", "fund", textCell, words{ZH: "资金", EN: "Fund"})
	cs.add("key", "year", integerCell, words{ZH: "年度", EN: "Year"})
	cs.empty("labels")
	cs.add("accounts", "money.cash", amountCell, words{ZH: "存款", EN: "Cash"})
	cs.add("measures", "rate", ratioCell, words{ZH: "执行率", EN: "Rate"})
	cs.add("", "memo", textCell, words{ZH: "摘要", EN: "Memo"})
	cs.add("", "open", flagCell, words{ZH: "未结", EN: "Open"})
	cs.add("", "scopes", listCell, words{ZH: "范围", EN: "Scopes"})
	return &table{columns: cs, rows: 2, fill: func(row int, cells []cell) {
		if row == 1 {
			return
		}
		cells[0].say("GD")
		cells[1].count(2023)
		cells[3].amount(-15000000)
		cells[4].figure(7740, true)
		cells[5].say("=1+1,\"农村\"")
		cells[6].flag(true)
		cells[7].list = []string{"a/1", "b/2"}
	}}
}

func TestTableForms(t *testing.T) {
	const items = `[{"key":{"fund":"GD","year":2023},"labels":{},"accounts":{"money.cash":"-150000.00"},"measures":{"rate":"0.7740"},"memo":"=1+1,\"农村\"","open":true,"scopes":["a/1","b/2"]},` +
		`{"key":{"fund":null,"year":null},"labels":{},"accounts":{"money.cash":null},"measures":{"rate":null},"memo":null,"open":null,"scopes":[]}]`
	if got := string(sample().appendItems(nil)); got != items {
		t.Errorf("JSON\n%s\nwant\n%s", got, items)
	}
	const file = "key.fund,key.year,accounts.money.cash,measures.rate,memo,open,scopes\r\n" +
		"GD,2023,-150000.00,0.7740,\"'=1+1,\"\"农村\"\"\",true,a/1;b/2\r\n,,,,,,\r\n"
	var b bytes.Buffer
	must(t, sample().writeCSV(&b, csvOptions{}))
	if got := b.String(); got != bom+file {
		t.Errorf("CSV\n%q\nwant\n%q", got, bom+file)
	}
	b.Reset()
	must(t, sample().writeCSV(&b, csvOptions{gb18030: true, zh: true}))
	text, err := simplifiedchinese.GB18030.NewDecoder().String(b.String())
	must(t, err)
	if !strings.HasPrefix(text, "资金,年度,存款,执行率,摘要,未结,范围\r\n") {
		t.Errorf("GB18030 %q", text)
	}
}

func TestTableSheet(t *testing.T) {
	var b bytes.Buffer
	must(t, sample().writeXLSX(&b, []sheetAbout{{"title", "Balances"}}, "en"))
	rows := sheetRows(t, b.Bytes(), 7)
	if want := "[GD 2023 -150000.00 0.7740 =1+1,\"农村\" true a/1;b/2]"; fmt.Sprint(rows[1]) != want {
		t.Errorf("row %v", rows[1])
	}
	c := cell{}
	c.amount(1_000_000_000_000_000)
	if v := (&sheetStyles{}).value(&c, amountCell); v != "10000000000000.00" {
		t.Errorf("16 digits are %v", v)
	}
}

func TestNegotiate(t *testing.T) {
	for accept, want := range map[string]format{
		"": formatJSON, "*/*": formatJSON, "text/csv": formatCSV, "application/json;q=0.5, text/csv": formatCSV, "text/html, */*;q=0.1": formatJSON,
		typeXLSX + ", */*": formatXLSX, "text/*": formatCSV, "*/*, application/json;q=0": formatCSV,
	} {
		if got, ok := negotiate(headerOf(accept)); !ok || got != want {
			t.Errorf("%q: %s %t, want %s", accept, got, ok, want)
		}
	}
	for _, accept := range []string{"text/html", "image/*", "*/*;q=0"} {
		if got, ok := negotiate([]string{accept}); ok {
			t.Errorf("%q: %s", accept, got)
		}
	}
}

func headerOf(accept string) []string {
	if accept == "" {
		return nil
	}
	return []string{accept}
}

func TestWithin(t *testing.T) {
	for period, want := range map[string]string{"2023-12": "2023-12-01 2023-12-31", "2024-Q1": "2024-01-01 2024-03-31", "2023": "2023-01-01 2023-12-31"} {
		if from, to := within(period, 0, 0); from.String()+" "+to.String() != want {
			t.Errorf("%s: %s %s", period, from, to)
		}
	}
	if from, to := within("2023", domain.NewDate(2023, 3, 1), domain.NewDate(2023, 5, 1)); from.String() != "2023-03-01" || to.String() != "2023-05-01" {
		t.Errorf("%s %s", from, to)
	}
}
