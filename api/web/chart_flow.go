package web

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"

	"grantledger/domain"
)

// Flow is chart C3: from sources through funds to purposes.
type Flow struct {
	Into []Band // source to fund
	Out  []Band // fund to purpose
	CSV  string
}

// Band is money between two nodes; a band is as wide as its amount.
type Band struct {
	From, To         string // ids of the nodes
	FromName, ToName string
	Source           string // kind of source, for the colour
	Amount           domain.Fen
	URL              string
}

// maxNodes bounds a column; the rest is drawn as one node.
const maxNodes = 12

// rest is the id of the node that stands for what does not fit.
const rest = "*"

// node is a bar of a column.
type node struct {
	id, name, source string
	amount           domain.Fen
	y, h, in, out    float64
}

// Figure draws the chart.
func (f *Flow) Figure(r *Reader) Figure {
	return Figure{
		ID: "c3", Heading: r.T("c3"), Unit: r.T("c3.unit"), Finding: f.finding(r),
		Wide: f.wide(r), Narrow: f.narrow(r), Table: f.table(r), CSV: f.CSV,
	}
}

// Drawn reports the bands that are drawn: those with a positive amount, small
// nodes of a crowded column joined under the name given.
func (f *Flow) drawn(r *Reader) (into, out []Band) {
	into, out = positive(f.Into), positive(f.Out)
	join(into, out, r.T("other"))
	return into, out
}

func positive(bands []Band) []Band {
	return slices.DeleteFunc(slices.Clone(bands), func(b Band) bool { return b.Amount <= 0 })
}

// join gives all but the biggest nodes of a column the id of the rest.
func join(into, out []Band, name string) {
	sums := map[string]domain.Fen{}
	for _, b := range into {
		sums[b.To] += b.Amount
	}
	joinColumn(sums, func(id string) {
		for i := range into {
			if into[i].To == id {
				into[i].To, into[i].ToName = rest, name
			}
		}
		for i := range out {
			if out[i].From == id {
				out[i].From, out[i].FromName = rest, name
			}
		}
	})
	clear(sums)
	for _, b := range out {
		sums[b.To] += b.Amount
	}
	joinColumn(sums, func(id string) {
		for i := range out {
			if out[i].To == id {
				out[i].To, out[i].ToName = rest, name
			}
		}
	})
}

func joinColumn(sums map[string]domain.Fen, give func(id string)) {
	if len(sums) <= maxNodes {
		return
	}
	ids := make([]string, 0, len(sums))
	for id := range sums {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b)) })
	for _, id := range ids[maxNodes-1:] {
		give(id)
	}
}

// columns makes the nodes: sources, funds and purposes in order of first use.
func columns(into, out []Band) (sources, funds, purposes []*node) {
	at := map[string]*node{}
	take := func(column *[]*node, prefix, id, name, source string) *node {
		n := at[prefix+id]
		if n == nil {
			n = &node{id: id, name: name, source: source}
			at[prefix+id] = n
			*column = append(*column, n)
		}
		return n
	}
	arrived := map[string]domain.Fen{}
	for _, b := range into {
		take(&sources, "s", b.From, b.FromName, b.Source).amount += b.Amount
		take(&funds, "f", b.To, b.ToName, b.Source)
		arrived[b.To] += b.Amount
	}
	left := map[string]domain.Fen{}
	for _, b := range out {
		take(&funds, "f", b.From, b.FromName, b.Source)
		take(&purposes, "p", b.To, b.ToName, "").amount += b.Amount
		left[b.From] += b.Amount
	}
	for _, n := range funds {
		n.amount = max(arrived[n.id], left[n.id])
	}
	return sources, funds, purposes
}

func (f *Flow) finding(r *Reader) string {
	_, out := f.drawn(r)
	_, _, purposes := columns(nil, out)
	if len(purposes) == 0 {
		return r.T("c3.none")
	}
	most := slices.MaxFunc(purposes, func(a, b *node) int { return cmp.Compare(a.amount, b.amount) })
	return r.T("c3.finding", most.name, r.Short(most.amount))
}

const flowHeight, flowGap, flowTop = 330.0, 14.0, 6.0

// stack gives the nodes of a column their places and heights.
func stack(column []*node, scale float64) {
	y := flowTop
	for _, n := range column {
		n.y, n.h = y, max(float64(n.amount)*scale, 2)
		n.in, n.out = n.y, n.y
		y += max(n.h+flowGap, 34)
	}
}

func (f *Flow) wide(r *Reader) template.HTML {
	const width, x1, x2, x3 = 690.0, 118.0, 330.0, 560.0
	into, out := f.drawn(r)
	sources, funds, purposes := columns(into, out)
	scale, height := 0.0, 60.0
	for _, column := range [][]*node{sources, funds, purposes} {
		var sum domain.Fen
		for _, n := range column {
			sum += n.amount
		}
		if free := flowHeight - flowGap*float64(max(len(column)-1, 0)); sum > 0 && (scale == 0 || free/float64(sum) < scale) {
			scale = free / float64(sum)
		}
	}
	for _, column := range [][]*node{sources, funds, purposes} {
		stack(column, scale)
		if n := len(column); n > 0 {
			height = max(height, column[n-1].y+max(column[n-1].h, 30)+8)
		}
	}
	d := draw("wide", "c3", width, height)
	for _, b := range into {
		f.band(d, r, b, find(sources, b.From), find(funds, b.To), x1+10, x2, scale)
	}
	for _, b := range out {
		f.band(d, r, b, find(funds, b.From), find(purposes, b.To), x2+10, x3, scale)
	}
	nodes(d, sources, x1, "end", -8)
	nodes(d, funds, x2, "start", 16)
	nodes(d, purposes, x3, "start", 16)
	if len(funds) == 0 {
		d.text("axis", 0, 24, "—")
	}
	return d.end()
}

func find(column []*node, id string) *node {
	i := slices.IndexFunc(column, func(n *node) bool { return n.id == id })
	return column[i]
}

// nodes draws the bars of a column with their names.
func nodes(d *drawing, column []*node, x float64, anchor string, dx float64) {
	for _, n := range column {
		d.plainRect("node "+n.source, x, n.y, 10, n.h)
		middle := n.y + max(n.h, 22)/2
		limit := 8
		if anchor == "start" {
			limit = 10
		}
		d.text("name "+anchor, x+dx, middle-2, cut(n.name, limit))
		d.text("axis "+anchor, x+dx, middle+13, Wan(n.amount))
	}
}

func (f *Flow) band(d *drawing, r *Reader, b Band, from, to *node, x1, x2, scale float64) {
	h := max(float64(b.Amount)*scale, 1)
	y1, y2 := from.out, to.in
	from.out, to.in = from.out+h, to.in+h
	m := (x1 + x2) / 2
	n := number
	d.link(b.URL, r.T("c3.mark", b.FromName, b.ToName, Money(b.Amount)))
	d.path("band "+b.Source, fmt.Sprintf("M%s %sC%s %s %s %s %s %sL%s %sC%s %s %s %s %s %sZ",
		n(x1), n(y1), n(m), n(y1), n(m), n(y2), n(x2), n(y2), n(x2), n(y2+h), n(m), n(y2+h), n(m), n(y1+h), n(x1), n(y1+h)))
	d.unlink()
}

// narrow is upright: every band is a bar under the node it comes from.
func (f *Flow) narrow(r *Reader) template.HTML {
	const width, row = 350.0, 38.0
	into, out := f.drawn(r)
	var top domain.Fen
	for _, b := range append(slices.Clone(into), out...) {
		top = max(top, b.Amount)
	}
	d := draw("narrow", "c3", width, row*float64(len(into)+len(out))+60)
	y := 0.0
	part := func(heading string, bands []Band) {
		d.text("name", 0, y+18, heading)
		y += 26
		for _, b := range bands {
			d.link(b.URL, r.T("c3.mark", b.FromName, b.ToName, Money(b.Amount)))
			d.plainRect("hit", 0, y, width, row-4)
			d.text("axis", 0, y+13, cut(b.FromName, 10)+" → "+cut(b.ToName, 10))
			d.text("axis end", width, y+13, Wan(b.Amount))
			d.rect("bar "+b.Source, 0, y+19, max(float64(b.Amount)/float64(top)*width, 1), 9, 1)
			d.unlink()
			y += row
		}
	}
	part(r.T("c3.into"), into)
	part(r.T("c3.out"), out)
	return d.end()
}

func (f *Flow) table(r *Reader) Table {
	t := Table{Caption: r.T("c3"), Heads: []Head{{Label: r.T("from")}, {Label: r.T("to")}, {r.T("amount.yuan"), true}}, Empty: r.T("c3.none")}
	for _, b := range append(slices.Clone(f.Into), f.Out...) {
		t.Rows = append(t.Rows, []Cell{Plain(b.FromName), Plain(b.ToName), Amount(b.Amount, b.URL)})
	}
	return t
}
