package web

import (
	"html/template"
	"maps"
	"slices"
)

// Tiles is chart C4: execution by district on a fixed schematic grid.
type Tiles struct {
	Tiles []Tile
	CSV   string
}

// Tile is a district; Column and Row are its place in the grid.
type Tile struct {
	Code, Name  string
	Column, Row int
	Rate        int64
	HasRate     bool
	URL         string // statement of the rate
	Page        string // of the district
	Cells       []Cell // of the table: base, paid
}

// places is the built-in grid: Xuancheng and its seven counties.
var places = map[string][2]int{
	"341800": {0, 0}, "341821": {2, 0}, "341802": {1, 1}, "341882": {3, 1}, "341822": {3, 1},
	"341823": {0, 2}, "341881": {2, 2}, "341825": {1, 3}, "341824": {2, 3},
}

// Places are the codes that have a place in the built-in grid.
func Places() []string { return slices.Sorted(maps.Keys(places)) }

// Place puts the tiles into the grid: those that have a place there, the
// others in rows of four below.
func (t *Tiles) Place() {
	taken := map[[2]int]bool{}
	bottom := -1
	var rest []int
	for i := range t.Tiles {
		at, ok := places[t.Tiles[i].Code]
		if !ok || taken[at] {
			rest = append(rest, i)
			continue
		}
		taken[at] = true
		t.Tiles[i].Column, t.Tiles[i].Row = at[0], at[1]
		bottom = max(bottom, at[1])
	}
	for n, i := range rest {
		t.Tiles[i].Column, t.Tiles[i].Row = n%4, bottom+1+n/4
	}
}

// band is the class of a rate's colour: <50, 50-65, 65-75, 75-85, from 85 %.
func band(basisPoints int64, ok bool) string {
	switch {
	case !ok:
		return "t0"
	case basisPoints < 5000:
		return "t1"
	case basisPoints < 6500:
		return "t2"
	case basisPoints < 7500:
		return "t3"
	case basisPoints < 8500:
		return "t4"
	}
	return "t5"
}

// Figure draws the chart.
func (t *Tiles) Figure(r *Reader) Figure {
	t.Place()
	return Figure{
		ID: "c4", Heading: r.T("c4"), Unit: r.T("c4.unit"), Finding: t.finding(r),
		Legend: []Key{{"t1", "<50%"}, {"t2", "50–65"}, {"t3", "65–75"}, {"t4", "75–85"}, {"t5", "≥85%"}},
		Wide:   t.drawing("wide", 476, 112, 72), Narrow: t.drawing("narrow", 340, 78, 66), Table: t.table(r), CSV: t.CSV,
	}
}

func (t *Tiles) finding(r *Reader) string {
	best := -1
	for i, v := range t.Tiles {
		if v.HasRate && (best < 0 || v.Rate > t.Tiles[best].Rate) {
			best = i
		}
	}
	if best < 0 {
		return r.T("c4.none")
	}
	return r.T("c4.finding", t.Tiles[best].Name, Percent(t.Tiles[best].Rate))
}

func (t *Tiles) drawing(class string, width, w, h float64) template.HTML {
	const gap = 8.0
	rows := 1
	for _, v := range t.Tiles {
		rows = max(rows, v.Row+1)
	}
	d := draw(class+" tiles", "c4", width, float64(rows)*(h+gap))
	for _, v := range t.Tiles {
		x, y := float64(v.Column)*(w+gap)+1, float64(v.Row)*(h+gap)+1
		c := band(v.Rate, v.HasRate)
		d.link(v.URL, v.Name+" "+rate(v.Rate, v.HasRate))
		d.rect("tile "+c, x, y, w, h-2, 6)
		d.text("tile-name middle "+c, x+w/2, y+h/2-8, cut(v.Name, int(w/12)))
		d.text("tile-rate middle "+c, x+w/2, y+h/2+17, rate(v.Rate, v.HasRate))
		d.unlink()
	}
	return d.end()
}

func (t *Tiles) table(r *Reader) Table {
	out := Table{Caption: r.T("c4"), Heads: []Head{{Label: r.T("district")}, {r.T("base"), true}, {r.T("disbursed"), true}, {r.T("rate"), true}}, Empty: r.T("c4.none")}
	for _, v := range t.Tiles {
		row := append([]Cell{Linked(v.Name, v.Page)}, v.Cells...)
		out.Rows = append(out.Rows, append(row, Rate(v.Rate, v.HasRate, "")))
	}
	return out
}
