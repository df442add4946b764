package projections

import "grantledger/domain"

// SubjectQuery asks for the subjects of a kind. The filter chooses by what the
// subject itself is (a fund by fund, source and district; a project by project,
// district and purpose; an award by all of these) and at Position only subjects
// that were there; measures are sums of the filter's lines.
type SubjectQuery struct {
	Filter
	Kind      string          `json:"k"`           // fund, project, organisation, district, award, pledge, lot, transfer, proposal, user
	Text      string          `json:"q,omitempty"` // part of id or name, upper and lower case alike
	State     string          `json:"st,omitempty"`
	Published *bool           `json:"pu,omitempty"`
	Level     string          `json:"l,omitempty"`  // districts
	On        domain.Date     `json:"on,omitempty"` // districts: codes valid at the date
	Measures  []domain.Figure `json:"m,omitempty"`
	Sort      string          `json:"s,omitempty"` // "key", "label", "state" or a measure; "-" before it: descending
	Page
}

// Subjects is the answer.
type Subjects struct {
	Position uint64
	Items    []Subject
	Count    int         // of the whole filter
	Totals   domain.Sums // of the whole filter
	Next     int         // offset of the next page, 0 at the end
}

// Subject is a subject with what lists show of it. State, label and facts are
// those of now, also at an earlier position.
type Subject struct {
	Kind, ID      string
	Label         string
	State         string
	Published     bool
	Version       uint64
	Fund, Project string     // it belongs to; "" = none
	Amount        domain.Fen // of awards, pledges, lots, transfers, proposals
	HasAmount     bool
	// Sums are the figures over all years, the two sides of a carry-over taken
	// together, or over the years that the filter names.
	Sums                        domain.Sums
	OneProject                  bool
	FirstPosition, LastPosition uint64
}

// Figure is the subject's value of a figure, as Group.Figure.
func (s *Subject) Figure(f domain.Figure) (value int64, ok bool) {
	g := Group{Sums: s.Sums, OneProject: s.OneProject}
	return g.Figure(f)
}
