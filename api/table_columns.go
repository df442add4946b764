package api

import (
	"strconv"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// table is the answer of a list in the one form from which JSON, CSV and XLSX
// are written, so that all three hold the same rows: columns, and a function
// that fills the cells of a row.
type table struct {
	columns columns
	rows    int
	fill    func(row int, cells []cell) // cells come empty and in the order of columns
}

// kind is how a column's cells are read and written.
type kind uint8

const (
	textCell    kind = iota // text
	amountCell              // number in fen
	ratioCell               // number in basis points
	integerCell             // number
	flagCell                // number, 1 = true
	listCell                // list of texts
	recordsCell             // list of JSON objects
)

// cell is one value. The zero cell has none: null, or an empty list.
type cell struct {
	set    bool
	number int64
	text   string
	list   []string
}

func (c *cell) say(s string) {
	c.text, c.set = s, s != ""
}

func (c *cell) count(n int64) { c.number, c.set = n, true }

func (c *cell) amount(f domain.Fen) { c.number, c.set = int64(f), true }

// position is the number of an event, none when 0.
func (c *cell) position(n uint64) { c.number, c.set = int64(n), n != 0 }

// figure is a figure of a group or subject, none for a rate without base.
func (c *cell) figure(value int64, ok bool) { c.number, c.set = value, ok }

func (c *cell) flag(yes bool) {
	c.number, c.set = 0, true
	if yes {
		c.number = 1
	}
}

// column is a column named by the path of its member in the JSON item:
// "key.year". Columns of one group stand together.
type column struct {
	group, member string
	label         domain.Words
	kind          kind
	unit          string // "yuan", "wan" or ""
}

// path is the column's name in CSV and XLSX.
func (c *column) path() string {
	if c.group == "" {
		return c.member
	}
	return c.group + "." + c.member
}

// columns are the members of an item in order; groups without members are
// known by name, because JSON has them as {}.
type columns []column

// emptyGroup is the member of a column that only says that its group is empty.
const emptyGroup = ""

func (cs *columns) add(group, member string, k kind, label domain.Words) {
	c := column{group: group, member: member, kind: k, label: label}
	if k == amountCell {
		c.unit = "yuan"
	}
	*cs = append(*cs, c)
}

// plain adds columns of one kind that need no group, with their usual labels.
func (cs *columns) plain(k kind, members ...string) {
	for _, m := range members {
		cs.add("", m, k, memberWords(m))
	}
}

func (cs *columns) empty(group string) { cs.add(group, emptyGroup, textCell, domain.Words{}) }

func (cs *columns) keys(group string, keys []projections.Key) {
	for _, k := range keys {
		kind := textCell
		if k == projections.Year || k == projections.Vintage {
			kind = integerCell
		}
		label := memberWords(string(k))
		if group == "labels" {
			label = domain.Words{ZH: label.ZH + "名称", EN: label.EN + " name"}
		}
		cs.add(group, string(k), kind, label)
	}
	if len(keys) == 0 {
		cs.empty(group)
	}
}

func (cs *columns) accounts(group string, accounts []domain.Account) {
	for _, a := range accounts {
		cs.add(group, a.String(), amountCell, a.Words())
	}
	if len(accounts) == 0 {
		cs.empty(group)
	}
}

func (cs *columns) figures(group string, figures []domain.Figure) {
	for _, f := range figures {
		kind := amountCell
		if f == domain.FigureRate {
			kind = ratioCell
		}
		cs.add(group, f.String(), kind, f.Words())
	}
	if len(figures) == 0 {
		cs.empty(group)
	}
}

// flat lists the columns that CSV and XLSX have.
func (cs columns) flat() []int {
	at := make([]int, 0, len(cs))
	for i := range cs {
		if cs[i].member != emptyGroup {
			at = append(at, i)
		}
	}
	return at
}

// frames gives for each column the JSON that stands before its value, and the
// JSON that ends an item: names, and the braces of groups.
func (cs columns) frames() (before []string, end string) {
	before = make([]string, len(cs))
	group := ""
	for i, c := range cs {
		var b strings.Builder
		closing, opening := group != "" && c.group != group, c.group != "" && c.group != group
		if closing {
			b.WriteByte('}')
		}
		switch {
		case i == 0:
			b.WriteByte('{')
		default:
			b.WriteByte(',')
		}
		if opening {
			b.Write(appendText(nil, c.group))
			b.WriteString(":{")
		}
		if c.member != emptyGroup {
			b.Write(appendText(nil, c.member))
			b.WriteByte(':')
		}
		before[i] = b.String()
		group = c.group
	}
	if group != "" {
		end = "}"
	}
	return before, end + "}"
}

// appendItems appends the rows as the elements of a JSON array.
func (t *table) appendItems(b []byte) []byte {
	before, end := t.columns.frames()
	cells := make([]cell, len(t.columns))
	b = append(b, '[')
	for row := range t.rows {
		if row > 0 {
			b = append(b, ',')
		}
		clear(cells)
		t.fill(row, cells)
		for i := range cells {
			b = append(b, before[i]...)
			if c := &t.columns[i]; c.member != emptyGroup {
				b = cells[i].appendJSON(b, c.kind)
			}
		}
		b = append(b, end...)
	}
	return append(b, ']')
}

// appendJSON appends the value as JSON.
func (c *cell) appendJSON(b []byte, k kind) []byte {
	switch {
	case k == listCell || k == recordsCell:
		return c.appendList(b, k)
	case !c.set:
		return append(b, "null"...)
	case k == textCell:
		return appendText(b, c.text)
	case k == amountCell, k == ratioCell:
		b = append(b, '"')
		return append(c.appendPlain(b, k), '"')
	}
	return c.appendPlain(b, k)
}

func (c *cell) appendList(b []byte, k kind) []byte {
	b = append(b, '[')
	for i, s := range c.list {
		if i > 0 {
			b = append(b, ',')
		}
		if k == recordsCell {
			b = append(b, s...)
		} else {
			b = appendText(b, s)
		}
	}
	return append(b, ']')
}

// appendPlain appends the value without quotes, as CSV shows it; nothing for
// none.
func (c *cell) appendPlain(b []byte, k kind) []byte {
	switch {
	case k == listCell || k == recordsCell:
		for i, s := range c.list {
			if i > 0 {
				b = append(b, ';')
			}
			b = append(b, s...)
		}
		return b
	case !c.set:
		return b
	case k == amountCell:
		return domain.Fen(c.number).Append(b)
	case k == ratioCell:
		return appendRatio(b, c.number)
	case k == integerCell:
		return strconv.AppendInt(b, c.number, 10)
	case k == flagCell:
		return strconv.AppendBool(b, c.number == 1)
	}
	return append(b, c.text...)
}

// appendRatio appends basis points as a ratio with four decimals: 0.7740.
func appendRatio(b []byte, basisPoints int64) []byte {
	u := uint64(basisPoints)
	if basisPoints < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/10000, 10)
	u %= 10000
	return append(b, '.', byte('0'+u/1000), byte('0'+u/100%10), byte('0'+u/10%10), byte('0'+u%10))
}
