package web

import (
	"html/template"

	"grantledger/domain"
)

// Stages is chart C7: one bar of where the money of a fund or project is.
type Stages struct {
	Parts []Part
	CSV   string
}

// Part is a stage: available, allocated, committed or disbursed.
type Part struct {
	Class, Name string
	Amount      domain.Fen
	URL         string
}

// Figure draws the chart.
func (s *Stages) Figure(r *Reader) Figure {
	return Figure{ID: "c7", Heading: r.T("c7"), Unit: r.T("unit.wan"), Finding: s.finding(r), Wide: s.drawing("wide", 400, r), Narrow: s.drawing("narrow", 350, r), Table: s.table(r), CSV: s.CSV}
}

func (s *Stages) sum() (sum domain.Fen) {
	for _, p := range s.Parts {
		sum += max(p.Amount, 0)
	}
	return sum
}

func (s *Stages) finding(r *Reader) string {
	sum := s.sum()
	if sum == 0 {
		return r.T("c7.none")
	}
	last := s.Parts[len(s.Parts)-1]
	return r.T("c7.finding", r.Short(sum), last.Name, r.Short(last.Amount))
}

func (s *Stages) drawing(class string, width float64, r *Reader) template.HTML {
	const bar = 30.0
	d := draw(class, "c7", width, bar+12+24*float64(len(s.Parts)))
	sum, x := float64(max(s.sum(), 1)), 0.0
	d.rect("track", 0.5, 0.5, width-1, bar, 3)
	for _, p := range s.Parts {
		if p.Amount <= 0 {
			continue
		}
		w := float64(p.Amount) / sum * width
		d.link(p.URL, p.Name+" "+Money(p.Amount))
		d.rect("stage "+p.Class, x, 0.5, w, bar, 0)
		d.unlink()
		x += w
	}
	for i, p := range s.Parts {
		y := bar + 28 + 24*float64(i)
		d.rect("stage "+p.Class, 0, y-11, 12, 12, 2)
		d.text("axis", 20, y, p.Name)
		d.text("axis end", width, y, Wan(p.Amount))
	}
	return d.end()
}

func (s *Stages) table(r *Reader) Table {
	t := Table{Caption: r.T("c7"), Heads: []Head{{Label: r.T("stage")}, {r.T("amount.yuan"), true}}}
	for _, p := range s.Parts {
		t.Rows = append(t.Rows, []Cell{Plain(p.Name), Amount(p.Amount, p.URL)})
	}
	return t
}
