package web

import (
	"html/template"
	"strconv"

	"grantledger/domain"
)

// Bullets is chart C2: what each fund paid of what it had, and how much of the
// year is gone.
type Bullets struct {
	Rows    []Bullet
	Elapsed int64 // share of the year that is gone, in basis points
	CSV     string
}

// Bullet is a fund in C2.
type Bullet struct {
	ID, Name, Source string
	Paid, Base       domain.Fen
	Rate             int64
	HasRate          bool
	PaidURL, BaseURL string
}

// Figure draws the chart.
func (b *Bullets) Figure(r *Reader) Figure {
	return Figure{
		ID: "c2", Heading: r.T("c2"), Unit: r.T("c2.unit"), Finding: b.finding(r),
		Wide: b.drawing("wide", 400, r), Narrow: b.drawing("narrow", 330, r), Table: b.table(r), CSV: b.CSV,
	}
}

func (b *Bullets) finding(r *Reader) string {
	behind := 0
	for _, row := range b.Rows {
		if row.HasRate && row.Rate < b.Elapsed {
			behind++
		}
	}
	switch {
	case len(b.Rows) == 0:
		return r.T("c2.none")
	case behind == 0:
		return r.T("c2.ahead", Percent(b.Elapsed))
	}
	return r.T("c2.behind", strconv.Itoa(behind), Percent(b.Elapsed))
}

func (b *Bullets) drawing(class string, width float64, r *Reader) template.HTML {
	const row = 62.0
	d := draw(class, "c2", width, row*float64(max(len(b.Rows), 1)))
	var top domain.Fen
	for _, v := range b.Rows {
		top = max(top, v.Base, v.Paid)
	}
	for i, v := range b.Rows {
		b.row(d, r, v, row*float64(i), width, float64(max(top, 1)))
	}
	if len(b.Rows) == 0 {
		d.text("axis", 0, 20, "—")
	}
	return d.end()
}

func (b *Bullets) row(d *drawing, r *Reader, v Bullet, y, width, top float64) {
	d.text("name", 0, y+15, cut(v.Name, int(width/24)))
	d.text("axis end", width, y+15, Wan(v.Paid)+" / "+Wan(v.Base))
	whole := max(float64(v.Base)/top*width, 1)
	paid := float64(v.Paid) / top * width
	d.link(v.BaseURL, r.T("c2.base.mark", v.Name, Money(v.Base)))
	d.rect("hit", 0, y+20, width, 24, 0)
	d.rect("pale "+v.Source, 0.5, y+22, whole, 18, 2)
	d.unlink()
	d.link(v.PaidURL, r.T("c2.paid.mark", v.Name, Money(v.Paid), rate(v.Rate, v.HasRate)))
	d.rect("hit", 0, y+20, paid, 24, 0)
	d.rect("bar "+v.Source, 0, y+22, paid, 18, 2)
	d.unlink()
	tick := float64(b.Elapsed) / 10000 * whole
	d.line("tick", tick, y+18, tick, y+44)
	d.text("axis", 0, y+56, r.T("c2.line", rate(v.Rate, v.HasRate), Percent(b.Elapsed)))
}

// rate is a ratio, a dash when it is undefined.
func rate(basisPoints int64, ok bool) string {
	if !ok {
		return "—"
	}
	return Percent(basisPoints)
}

func (b *Bullets) table(r *Reader) Table {
	t := Table{Caption: r.T("c2"), Heads: []Head{{Label: r.T("fund")}, {r.T("disbursed"), true}, {r.T("base"), true}, {r.T("rate"), true}}, Empty: r.T("c2.none")}
	for _, v := range b.Rows {
		t.Rows = append(t.Rows, []Cell{Linked(v.Name, r.URL("/funds/"+v.ID)), Amount(v.Paid, v.PaidURL), Amount(v.Base, v.BaseURL), Rate(v.Rate, v.HasRate, "")})
	}
	return t
}
