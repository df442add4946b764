package web

import (
	"html/template"
	"strconv"

	"grantledger/domain"
)

// History is chart C5: the events of a subject on a line.
type History struct {
	Items []Step
	More  int // earlier events that are not drawn
	CSV   string
}

// Step is an event of C5.
type Step struct {
	Position   uint64
	On         domain.Date
	Stage      string
	Title      string
	Amount     domain.Fen
	HasAmount  bool
	Correction bool
	Corrected  bool // by a later event
	Here       bool // the event of this page
	URL        string
}

// longGap is from how many days on a gap is named.
const longGap = 60

// Figure draws the chart.
func (h *History) Figure(r *Reader) Figure {
	return Figure{
		ID: "c5", Heading: r.T("c5"), Finding: h.finding(r), Wide: h.wide(r), Narrow: h.narrow(r), Table: h.table(r), CSV: h.CSV,
	}
}

func (h *History) finding(r *Reader) string {
	if len(h.Items) == 0 {
		return r.T("c5.none")
	}
	first, last := h.Items[0], h.Items[len(h.Items)-1]
	return r.T("c5.finding", len(h.Items), r.Day(first.On), r.Day(last.On))
}

// perLine is how many events stand in a line of the wide drawing.
const perLine = 11

func (h *History) wide(r *Reader) template.HTML {
	const width, line = 1240.0, 108.0
	rows := max((len(h.Items)+perLine-1)/perLine, 1)
	per := max((len(h.Items)+rows-1)/rows, 1) // so that the lines are about equal
	d := draw("wide", "c5", width, line*float64(rows))
	step := width / float64(max(per, 6))
	for i, s := range h.Items {
		x, y := step*(float64(i%per)+0.5), line*float64(i/per)+48
		if i%per > 0 {
			d.line("rail", x-step+7, y, x-7, y)
			h.gap(d, r, i, x-step/2, y-30)
		} else if i > 0 {
			h.gap(d, r, i, x, y-30)
		}
		h.mark(d, r, s, x, y)
		d.text("name middle", x, y+22, cut(s.Stage, 8))
		d.text("axis middle", x, y+38, s.On.String())
		if s.HasAmount {
			d.text("axis middle", x, y-14, Money(s.Amount))
		}
		d.unlink()
	}
	return d.end()
}

// gap names a long time without events.
func (h *History) gap(d *drawing, r *Reader, i int, x, y float64) {
	if days := h.Items[i].On - h.Items[i-1].On; days > longGap {
		d.text("gap middle", x, y, r.T("c5.gap", strconv.Itoa(int(days))))
	}
}

// mark draws the dot or the diamond of an event and opens its link.
func (h *History) mark(d *drawing, r *Reader, s Step, x, y float64) {
	label := r.Number(s.Position) + " " + s.Title
	if s.HasAmount {
		label += " " + Money(s.Amount)
	}
	d.link(s.URL, label)
	d.circle("hit", x, y, 14)
	class := "dot"
	if s.Here {
		class += " here"
	}
	if s.Corrected {
		class += " corrected"
	}
	if s.Correction {
		d.path(class+" bad", "M"+number(x)+" "+number(y-8)+"l8 8l-8 8l-8-8z")
		return
	}
	d.circle(class, x, y, 6)
}

func (h *History) narrow(r *Reader) template.HTML {
	const width, row = 350.0, 46.0
	d := draw("narrow", "c5", width, row*float64(max(len(h.Items), 1)))
	for i, s := range h.Items {
		y := row*float64(i) + 22
		if i > 0 {
			d.line("rail", 14, y-row+8, 14, y-8)
			if days := s.On - h.Items[i-1].On; days > longGap {
				d.text("gap", 26, y-row/2+4, r.T("c5.gap", strconv.Itoa(int(days))))
			}
		}
		h.mark(d, r, s, 14, y)
		d.text("name", 32, y+4, cut(s.Stage, 10))
		d.text("axis middle", 200, y+4, s.On.String())
		if s.HasAmount {
			d.text("axis end", width, y+4, Money(s.Amount))
		}
		d.unlink()
	}
	return d.end()
}

func (h *History) table(r *Reader) Table {
	t := Table{Caption: r.T("c5"), Heads: []Head{{Label: "#"}, {Label: r.T("on")}, {Label: r.T("stage")}, {Label: r.T("what")}, {r.T("amount.yuan"), true}}, Empty: r.T("c5.none")}
	for _, s := range h.Items {
		amount := Plain("—")
		if s.HasAmount {
			amount = Amount(s.Amount, s.URL)
		}
		t.Rows = append(t.Rows, []Cell{Linked(r.Number(s.Position), s.URL), Plain(r.Day(s.On)), Plain(s.Stage), Plain(s.Title), amount})
	}
	return t
}
