package memory

import (
	"slices"
	"strconv"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// matcher is a filter by numbers, at one position and for one view.
type matcher struct {
	m        *Model
	in       *space  // whose tuples are gone through
	rolled   *rolled // of in, when it is a rolled up one
	span     span    // of months in it
	limit    uint32  // last position
	head     bool    // limit is the model's progress
	asOf     domain.Date
	from     domain.Date
	accounts [32]bool
	sight    *sight

	fund, project, organisation, purpose, vintage, year choice
	source                                              []bool // by fund; nil: any
	byDistrict                                          bool   // district, city or province are asked for
	wanted                                              []wantedDistricts
	where                                               map[projections.Key][]string
	recorded                                            bool
	register                                            *division.Register
	shown                                               []uint32 // by district: its code in the view
	shownOK                                             []bool   // by district as shown: whether the filter lets it through
}

// choice is a set of numbers; any when nothing was asked for.
type choice struct {
	any bool
	ids []uint32 // sorted
}

func (c *choice) has(id uint32) bool {
	if c.any {
		return true
	}
	if len(c.ids) == 1 {
		return c.ids[0] == id
	}
	_, found := slices.BinarySearch(c.ids, id)
	return found
}

// matcher compiles the filter. Texts that the ledger never had match nothing.
func (m *Model) matcher(v projections.View, f *projections.Filter) (*matcher, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	limit, err := m.limit(f.Position)
	if err != nil {
		return nil, err
	}
	x := &matcher{
		m: m, in: &m.space, limit: limit, head: uint64(limit) == m.progress(), asOf: f.AsOf, from: f.From, sight: m.sight(v),
		where: f.Where, recorded: f.Recorded, register: m.register(limit),
	}
	for _, a := range f.Asked() {
		x.accounts[a] = true
	}
	x.fund = chosen(f, projections.Fund, &m.funds)
	x.project = chosen(f, projections.Project, &m.projects)
	x.organisation = chosen(f, projections.Organisation, &m.organisations)
	x.purpose = chosen(f, projections.Purpose, &m.purposes)
	x.year = chosenYears(f, projections.Year)
	x.vintage = chosenYears(f, projections.Vintage)
	x.chooseSources(f.Where[projections.Source])
	x.chooseDistricts()
	return x, nil
}

func chosen(f *projections.Filter, k projections.Key, n *names) choice {
	values, asked := f.Where[k]
	c := choice{any: !asked}
	for _, v := range values {
		if v == projections.None {
			v = ""
		}
		if id, ok := n.find(v); ok {
			c.ids = append(c.ids, id)
		}
	}
	slices.Sort(c.ids)
	return c
}

func chosenYears(f *projections.Filter, k projections.Key) choice {
	values, asked := f.Where[k]
	c := choice{any: !asked}
	for _, v := range values {
		y, _ := strconv.Atoi(v) // None is year 0
		c.ids = append(c.ids, uint32(y))
	}
	slices.Sort(c.ids)
	return c
}

func (x *matcher) chooseSources(values []string) {
	if len(values) == 0 {
		return
	}
	x.source = make([]bool, x.m.funds.len())
	for i := range x.source {
		x.source[i] = slices.Contains(values, x.m.sourceOf(uint32(i)))
	}
}

// sourceOf is the source of a fund.
func (m *Model) sourceOf(fund uint32) string {
	f, _ := m.ledger.Fund(m.funds.text(fund))
	return f.Source
}

// bare tells whether the tuple passes, its year and district aside.
func (x *matcher) bare(t *tuple) bool {
	return x.fund.has(t.fund) && x.project.has(t.project) && x.organisation.has(t.organisation) && x.purpose.has(t.purpose) &&
		x.vintage.has(uint32(t.vintage)) && (x.source == nil || x.source[t.fund]) && x.sight.shows(t.fund, t.project)
}

// passesTuple tells whether the tuple passes as it stands.
func (x *matcher) passesTuple(t *tuple) bool {
	return x.year.has(uint32(t.year)) && (!x.byDistrict || x.shownOK[x.shown[t.district]]) && x.bare(t)
}

// whole tells whether all lines of the cell lie within position and dates.
func (x *matcher) whole(c *cell) bool {
	return (x.head || c.newest <= x.limit) &&
		(x.asOf == 0 || c.last <= x.asOf) && (x.from == 0 || c.first >= x.from)
}

// within tells whether the date of a line is in the filter's span.
func (x *matcher) within(on domain.Date) bool {
	return (x.asOf == 0 || on <= x.asOf) && (x.from == 0 || on >= x.from)
}

// part is what the filter leaves of a cell.
type part struct {
	debits, credits domain.Fen
	lines           int
	last            uint32 // position of the last line; 0 without lines
}

// outside tells whether no line of the cell lies within the dates.
func (x *matcher) outside(c *cell) bool {
	return x.asOf != 0 && c.first > x.asOf || x.from != 0 && c.last < x.from
}

// of adds up the lines of a cell that pass.
func (x *matcher) of(n uint32) (p part) {
	c := &x.in.cells[n]
	switch {
	case x.whole(c):
		return part{c.debits, c.credits(), int(c.count), c.newest}
	case x.outside(c):
		return p
	case x.rolled != nil:
		x.months(n, func(m *month) { p.plus(m) })
		return p
	}
	for _, line := range x.m.lines.at(n) {
		position := x.m.lineEvent[line]
		if position > x.limit {
			break
		}
		if !x.within(x.m.at(position).on) {
			continue
		}
		if x.m.lineDebit[line] {
			p.debits += x.m.lineAmount[line]
		} else {
			p.credits += x.m.lineAmount[line]
		}
		p.lines++
		p.last = position
	}
	return p
}

// extent is which of the filter's demands a search for tuples leaves to the
// caller.
type extent uint8

const (
	asTheyStand extent = iota // none
	anyYear                   // the year, and the district as it is shown in a year
	anywhere                  // year and district
)

// way is an index by which the filter's tuples can be found.
type way struct {
	choice *choice
	by     index
}

func (w way) size() int {
	n := 0
	for _, id := range w.choice.ids {
		n += len(w.by.at(id))
	}
	return n
}

// tuples yields the numbers of the tuples that pass.
func (x *matcher) tuples(e extent, yield func(n uint32, t *tuple)) {
	ways := []way{{&x.project, x.in.byProject}, {&x.organisation, x.in.byOrganisation}, {&x.fund, x.in.byFund}}
	passes := x.bare
	if e == asTheyStand {
		passes = x.passesTuple
		ways = append(ways, way{&x.year, x.in.byYear})
	}
	if e != anywhere && x.byDistrict {
		ways = append(ways, way{x.districtChoice(e == anyYear), x.in.byDistrict})
	}
	best := way{}
	for _, w := range ways {
		if !w.choice.any && (best.choice == nil || w.size() < best.size()) {
			best = w
		}
	}
	if best.choice == nil {
		for n := range x.in.tuples {
			if t := &x.in.tuples[n]; passes(t) {
				yield(uint32(n), t)
			}
		}
		return
	}
	for _, id := range best.choice.ids {
		for _, n := range best.by.at(id) {
			if t := &x.in.tuples[n]; passes(t) {
				yield(n, t)
			}
		}
	}
}
