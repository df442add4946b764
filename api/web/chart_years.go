package web

import (
	"html/template"
	"strconv"

	"grantledger/domain"
)

// Years is chart C8: years beside each other, in one or a few measures.
type Years struct {
	ID, Heading string
	Names       []string // of the measures
	Classes     []string // of their bars: in, out, left
	Rows        []YearRow
	CSV         string
}

// YearRow is a year of C8; Values and URLs go with Years.Names.
type YearRow struct {
	Year   int
	Values []domain.Fen
	URLs   []string
}

// Figure draws the chart.
func (y *Years) Figure(r *Reader) Figure {
	f := Figure{ID: y.ID, Heading: y.Heading, Unit: r.T("unit.wan"), Finding: y.finding(r), Wide: y.wide(r), Narrow: y.narrow(r), Table: y.table(r), CSV: y.CSV}
	for i, name := range y.Names {
		f.Legend = append(f.Legend, Key{y.Classes[i], name})
	}
	return f
}

// finding says how the last measure of the newest year differs from the year
// before.
func (y *Years) finding(r *Reader) string {
	n := len(y.Rows)
	if n == 0 {
		return r.T("c8.none")
	}
	measure := min(1, len(y.Names)-1)
	now := y.Rows[n-1].Values[measure]
	if n == 1 {
		return r.T("c8.one", y.Rows[0].Year, y.Names[measure], r.Short(now))
	}
	before := y.Rows[n-2].Values[measure]
	key := "c8.more"
	if now < before {
		key = "c8.less"
	}
	return r.T(key, y.Rows[n-1].Year, y.Names[measure], r.Short(now), y.Rows[n-2].Year, r.Short(max(now-before, before-now)))
}

func (y *Years) top() float64 {
	var top domain.Fen
	for _, row := range y.Rows {
		for _, v := range row.Values {
			top = max(top, v)
		}
	}
	return nice(float64(top) / wan)
}

func (y *Years) wide(r *Reader) template.HTML {
	const width, height, left, up, down, bar = 800.0, 290.0, 52.0, 20.0, 28.0, 32.0
	d := draw("wide", y.ID, width, height)
	top := y.top()
	for i := range 5 {
		at := height - down - float64(i)/4*(height-up-down)
		d.line("grid", left, at, width, at)
		d.text("axis end", left-8, at+4, group(number(top*float64(i)/4)))
	}
	step := (width - left) / float64(max(len(y.Rows), 1))
	for i, row := range y.Rows {
		middle := left + step*(float64(i)+0.5)
		d.text("axis middle", middle, height-6, strconv.Itoa(row.Year))
		for k, v := range row.Values {
			h := float64(max(v, 0)) / wan / top * (height - up - down)
			x := middle + (float64(k)-float64(len(row.Values))/2)*bar
			d.link(row.URLs[k], r.T("c8.mark", row.Year, y.Names[k], Money(v)))
			d.rect("hit", x, height-down-max(h, 24), bar, max(h, 24), 0)
			d.rect(y.Classes[k], x+1, height-down-h, bar-2, h, 2)
			d.unlink()
		}
	}
	return d.end()
}

func (y *Years) narrow(r *Reader) template.HTML {
	const width, left, bar = 350.0, 46.0, 24.0
	row := bar*float64(len(y.Names)) + 12
	d := draw("narrow", y.ID, width, row*float64(max(len(y.Rows), 1)))
	top := y.top()
	for i, v := range y.Rows {
		at := row * float64(i)
		d.text("axis", 0, at+row/2, strconv.Itoa(v.Year))
		for k, f := range v.Values {
			w := float64(max(f, 0)) / wan / top * (width - left - 80)
			d.link(v.URLs[k], r.T("c8.mark", v.Year, y.Names[k], Money(f)))
			d.rect("hit", left, at+bar*float64(k), width-left, bar, 0)
			d.rect(y.Classes[k], left, at+bar*float64(k)+4, max(w, 1), 14, 2)
			d.text("axis", left+w+6, at+bar*float64(k)+15, Wan(f))
			d.unlink()
		}
	}
	return d.end()
}

func (y *Years) table(r *Reader) Table {
	t := Table{Caption: y.Heading, Heads: []Head{{Label: r.T("year")}}, Empty: r.T("c8.none")}
	for _, name := range y.Names {
		t.Heads = append(t.Heads, Head{name, true})
	}
	for _, row := range y.Rows {
		cells := []Cell{Plain(strconv.Itoa(row.Year))}
		for k, v := range row.Values {
			cells = append(cells, Amount(v, row.URLs[k]))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
