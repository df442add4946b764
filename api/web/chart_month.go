package web

import (
	"html/template"
	"strconv"

	"grantledger/domain"
)

// Months is chart C1: what came in and was paid by month, and what remains at
// the end of each.
type Months struct {
	Year   int
	Values [12]Month
	URL    func(month int, account string) string // statement of a mark; account "in", "out" or "left"
	CSV    string
}

// Month is a month of C1; one that has not begun is not drawn.
type Month struct {
	In, Out, Left domain.Fen
	Begun         bool
}

// Figure draws the chart.
func (m *Months) Figure(r *Reader) Figure {
	return Figure{
		ID: "c1", Heading: r.T("c1"), Unit: r.T("unit.wan"), Finding: m.finding(r),
		Legend: []Key{{"in", r.T("c1.in")}, {"out", r.T("c1.out")}, {"left", r.T("c1.left")}},
		Wide:   m.wide(r), Narrow: m.narrow(r), Table: m.table(r), CSV: m.CSV,
	}
}

// name is a month as axes show it.
func (r *Reader) month(i int) string {
	if r.English() {
		return [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}[i]
	}
	return strconv.Itoa(i+1) + "月"
}

func (m *Months) finding(r *Reader) string {
	best := 0
	for i, v := range m.Values {
		if v.Out > m.Values[best].Out {
			best = i
		}
	}
	if m.Values[best].Out <= 0 {
		return r.T("c1.none", m.Year)
	}
	return r.T("c1.finding", r.month(best), r.Short(m.Values[best].Out))
}

// top is the highest value that must fit, in wan.
func (m *Months) top() float64 {
	var top domain.Fen
	for _, v := range m.Values {
		top = max(top, v.In, v.Out, v.Left)
	}
	return float64(top) / wan
}

func (m *Months) wide(r *Reader) template.HTML {
	const width, height, left, right, up, down = 800.0, 300.0, 52.0, 8.0, 14.0, 30.0
	d := draw("wide", "c1", width, height)
	top := nice(m.top())
	y := func(f domain.Fen) float64 { return height - down - float64(f)/wan/top*(height-up-down) }
	for i := range 6 {
		v := top * float64(i) / 5
		at := height - down - float64(i)/5*(height-up-down)
		d.line("grid", left, at, width-right, at)
		d.text("axis end", left-8, at+4, group(number(v)))
	}
	step := (width - left - right) / 12
	for i, v := range m.Values {
		x := left + step*float64(i)
		d.text("axis middle", x+step/2, height-8, r.month(i))
		if !v.Begun {
			d.text("axis middle", x+step/2, height-down-6, "—")
			continue
		}
		m.bar(d, r, i, "in", v.In, x+step/2-19, y(max(v.In, 0)), 18, height-down)
		m.bar(d, r, i, "out", v.Out, x+step/2+1, y(max(v.Out, 0)), 18, height-down)
	}
	m.path(d, r, func(i int, v Month) (float64, float64) { return left + step*(float64(i)+0.5), y(max(v.Left, 0)) })
	return d.end()
}

// bar draws one bar down to the base line, with room for a finger.
func (m *Months) bar(d *drawing, r *Reader, month int, kind string, f domain.Fen, x, y, w, base float64) {
	if f == 0 {
		return
	}
	d.link(m.URL(month+1, kind), r.T("c1.mark", r.month(month), r.T("c1."+kind), Money(f)))
	d.plainRect("hit", x-2, min(y, base-24), w+3, max(base-y, 24))
	d.rect(kind, x, y, w, max(base-y, 1), 2)
	d.unlink()
}

// plainRect has square corners.
func (d *drawing) plainRect(class string, x, y, w, h float64) { d.rect(class, x, y, w, h, 0) }

func (m *Months) path(d *drawing, r *Reader, at func(int, Month) (float64, float64)) {
	line := ""
	for i, v := range m.Values {
		if !v.Begun {
			continue
		}
		x, y := at(i, v)
		if line == "" {
			line = "M"
		} else {
			line += "L"
		}
		line += number(x) + " " + number(y)
	}
	if line == "" {
		return
	}
	d.path("left-line", line)
	for i, v := range m.Values {
		if !v.Begun {
			continue
		}
		x, y := at(i, v)
		d.link(m.URL(i+1, "left"), r.T("c1.mark", r.month(i), r.T("c1.left"), Money(v.Left)))
		d.circle("hit", x, y, 12)
		d.circle("left-dot", x, y, 3.5)
		d.unlink()
	}
}

// narrow is upright: a row a month.
func (m *Months) narrow(r *Reader) template.HTML {
	const width, left, right, row = 350.0, 38.0, 84.0, 50.0
	d := draw("narrow", "c1", width, row*12+4)
	top := nice(m.top())
	for i, v := range m.Values {
		y := row * float64(i)
		d.line("grid", 0, y, width, y)
		d.text("axis", 0, y+29, r.month(i))
		if !v.Begun {
			d.text("axis", left, y+29, "—")
			continue
		}
		m.row(d, r, i, "in", v.In, left, y+2, float64(v.In)/wan/top*(width-left-right))
		m.row(d, r, i, "out", v.Out, left, y+25, float64(v.Out)/wan/top*(width-left-right))
		d.text("axis end left-text", width, y+44, r.T("c1.left")+" "+Wan(v.Left))
	}
	return d.end()
}

func (m *Months) row(d *drawing, r *Reader, month int, kind string, f domain.Fen, x, y, w float64) {
	if f == 0 {
		return
	}
	d.link(m.URL(month+1, kind), r.T("c1.mark", r.month(month), r.T("c1."+kind), Money(f)))
	d.plainRect("hit", x, y-1, 310-x, 24)
	d.plainRect(kind, x, y+5, max(w, 1), 13)
	d.text("axis", x+max(w, 1)+5, y+16, Wan(f))
	d.unlink()
}

func (m *Months) table(r *Reader) Table {
	t := Table{Caption: r.T("c1"), Heads: []Head{{Label: r.T("month")}, {r.T("c1.in"), true}, {r.T("c1.out"), true}, {r.T("c1.left"), true}}}
	for i, v := range m.Values {
		if !v.Begun {
			t.Rows = append(t.Rows, []Cell{Plain(r.month(i)), Plain("—"), Plain("—"), Plain("—")})
			continue
		}
		t.Rows = append(t.Rows, []Cell{Plain(r.month(i)), Amount(v.In, m.URL(i+1, "in")), Amount(v.Out, m.URL(i+1, "out")), Amount(v.Left, m.URL(i+1, "left"))})
	}
	return t
}
