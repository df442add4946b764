package web

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"grantledger/domain"
)

// Figure is a chart ready for the page: what it says in words, the drawing for
// wide and for narrow screens, and the table of the same numbers.
type Figure struct {
	ID      string // of the heading
	Heading string
	Unit    string
	Finding string // one sentence
	Legend  []Key
	Wide    template.HTML
	Narrow  template.HTML // "" = the wide drawing serves both
	Table   Table
	CSV     string // address of the same numbers; "" = none
}

// Key is an entry of a legend: the class of its mark and its name.
type Key struct{ Class, Label string }

// Table is a table of a page: its first column names the row.
type Table struct {
	Caption string
	Heads   []Head
	Rows    [][]Cell
	Total   []Cell // nil = none
	Empty   string // what stands there without rows
}

// Head is the heading of a column.
type Head struct {
	Label string
	Right bool // amounts
}

// Cell is a cell: its text, and where it leads.
type Cell struct {
	Text  template.HTML
	URL   string
	Label string // what a screen reader says instead of the text; "" = the text
}

// Plain is a cell of text.
func Plain(s string) Cell { return Cell{Text: template.HTML(html.EscapeString(s))} }

// Linked is a cell of text that leads somewhere.
func Linked(s, url string) Cell { return Cell{Text: template.HTML(html.EscapeString(s)), URL: url} }

// Named is a cell of a name that leads somewhere, with its code in small type.
func Named(name, code, url string) Cell {
	return Cell{Text: template.HTML(html.EscapeString(name) + ` <small>` + html.EscapeString(code) + `</small>`), URL: url}
}

// Amount is a cell of an amount that leads to its lines.
func Amount(f domain.Fen, url string) Cell { return Cell{Text: money(f), URL: url} }

// Rate is a cell of a ratio; a dash when it is undefined.
func Rate(basisPoints int64, ok bool, url string) Cell {
	if !ok {
		return Plain("—")
	}
	return Cell{Text: template.HTML(Percent(basisPoints)), URL: url}
}

// drawing writes an SVG. Colours come from the style sheet by class: the
// policy of the pages allows no style in the markup.
type drawing struct {
	b strings.Builder
}

// draw begins a drawing that is labelled by its heading.
func draw(class, labelledBy string, width, height float64) *drawing {
	d := &drawing{}
	d.printf(`<svg class="%s" viewBox="0 0 %s %s" role="group" aria-labelledby="%s">`, class, number(width), number(height), labelledBy)
	return d
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

// end closes the drawing.
func (d *drawing) end() template.HTML {
	d.b.WriteString("</svg>")
	return template.HTML(d.b.String())
}

// link begins a mark that leads somewhere; label begins with what is seen.
func (d *drawing) link(url, label string) {
	l := html.EscapeString(label)
	d.printf(`<a href="%s" aria-label="%s"><title>%s</title>`, html.EscapeString(url), l, l)
}

func (d *drawing) unlink() { d.b.WriteString("</a>") }

func (d *drawing) rect(class string, x, y, w, h, radius float64) {
	round := ""
	if radius > 0 {
		round = ` rx="` + number(radius) + `"`
	}
	d.printf(`<rect class="%s" x="%s" y="%s" width="%s" height="%s"%s/>`, class, number(x), number(y), number(max(w, 0)), number(max(h, 0)), round)
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.printf(`<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, number(x1), number(y1), number(x2), number(y2))
}

func (d *drawing) circle(class string, x, y, r float64) {
	d.printf(`<circle class="%s" cx="%s" cy="%s" r="%s"/>`, class, number(x), number(y), number(r))
}

func (d *drawing) path(class, path string) { d.printf(`<path class="%s" d="%s"/>`, class, path) }

// text writes text; anchor is start, middle or end and a part of the class.
func (d *drawing) text(class string, x, y float64, s string) {
	d.printf(`<text class="%s" x="%s" y="%s">%s</text>`, class, number(x), number(y), html.EscapeString(s))
}

// nice is the smallest of 1, 2, 2.5 and 5 times a power of ten that is not
// below x: the top of an axis.
func nice(x float64) float64 {
	if x <= 0 {
		return 1
	}
	power := 1.0
	for power*10 <= x {
		power *= 10
	}
	for power > x {
		power /= 10
	}
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= x {
			return m * power
		}
	}
	return 10 * power
}

// cut shortens a label to what n Chinese characters take; others take about
// half as much.
func cut(s string, n int) string {
	room := 2 * n
	for i, c := range s {
		room--
		if c >= 0x2e80 {
			room--
		}
		if room < 0 {
			return strings.TrimSpace(dropLast(s[:i])) + "…"
		}
	}
	return s
}

// dropLast takes the last character off, to make room for the dots.
func dropLast(s string) string {
	r := []rune(s)
	return string(r[:max(len(r)-1, 0)])
}

// Tick is a cell that says whether something holds.
func Tick(ok bool) Cell {
	if ok {
		return Cell{Text: `<span class="ok">✓</span>`}
	}
	return Cell{Text: `<span class="neg">✗</span>`}
}

// Spark is chart C9 in a cell: twelve months of an amount.
func Spark(r *Reader, months []domain.Fen) Cell {
	var highest, last domain.Fen
	for _, m := range months {
		highest = max(highest, m)
		if m != 0 {
			last = m
		}
	}
	path := ""
	for i, m := range months {
		x, y := 2+float64(i)*106/float64(max(len(months)-1, 1)), 21-float64(max(m, 0))/float64(max(highest, 1))*18
		command := "L"
		if i == 0 {
			command = "M"
		}
		path += command + number(x) + " " + number(y)
	}
	label := html.EscapeString(r.T("spark.label", Money(highest), Money(last)))
	return Cell{Text: template.HTML(`<svg class="spark" viewBox="0 0 110 24" role="img" aria-label="` + label + `"><title>` + label + `</title><path d="` + path + `"/></svg>`)}
}

// Code is a cell of a hash in full.
func Code(hex string) Cell {
	return Cell{Text: template.HTML(`<code>` + html.EscapeString(hex) + `</code>`)}
}
