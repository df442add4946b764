package memory

import "grantledger/domain"

// tuple is a full set of dimensions by their numbers; 0 is absent.
type tuple struct {
	fund, project, organisation, district, purpose uint32
	year, vintage                                  uint16
}

// cell is an account of a tuple with the sums of everything posted on it.
type cell struct {
	tuple       uint32
	account     domain.Account
	sum, debits domain.Fen
	first, last domain.Date // earliest and latest business date
	count       uint32      // of lines
	newest      uint32      // position of the last line
	above       [2]uint32   // cells by fund and by district, or by a wider area only, in which it counts
}

func (c *cell) credits() domain.Fen { return c.sum - c.debits }

// space is a set of tuples with their cells.
type space struct {
	numbers map[tuple]uint32
	tuples  []tuple
	cellsOf index // cells by tuple
	cells   []cell

	byFund, byProject, byOrganisation, byDistrict, byYear index // tuples
}

// books are the postings: lines in the order of the log, and by cell.
type books struct {
	funds, projects, organisations, districts, purposes names

	space
	lines index // by cell, in order of position
	rolls [4]rolled
	byDay index  // positions of events with lines, by business date
	areas []area // by district

	lineCell   []uint32
	lineEvent  []uint32 // position of the event
	lineAmount []domain.Fen
	lineDebit  []bool
}

func newBooks() books {
	b := books{
		funds: newNames(), projects: newNames(), organisations: newNames(), districts: newNames(), purposes: newNames(),
		space: space{numbers: map[tuple]uint32{}},
	}
	for i := range b.rolls {
		b.rolls[i].numbers = map[tuple]uint32{}
	}
	return b
}

// tuple numbers the dimensions, at first sight of them.
func (b *books) tuple(d *domain.Dimensions) uint32 {
	return b.space.number(tuple{
		fund: b.funds.add(d.Fund), project: b.projects.add(d.Project), organisation: b.organisations.add(d.Organisation),
		district: b.districts.add(d.District), purpose: b.purposes.add(d.Purpose), year: uint16(d.Year), vintage: uint16(d.Vintage),
	})
}

func (s *space) number(t tuple) uint32 {
	if n, ok := s.numbers[t]; ok {
		return n
	}
	n := uint32(len(s.tuples))
	s.numbers[t] = n
	s.tuples = append(s.tuples, t)
	s.byFund.add(t.fund, n)
	s.byProject.add(t.project, n)
	s.byOrganisation.add(t.organisation, n)
	s.byDistrict.add(t.district, n)
	s.byYear.add(uint32(t.year), n)
	return n
}

// cell numbers the account of a tuple, at first sight of it.
func (s *space) cell(t uint32, a domain.Account) (c uint32, found bool) {
	for _, c := range s.cellsOf.at(t) {
		if s.cells[c].account == a {
			return c, true
		}
	}
	c = uint32(len(s.cells))
	s.cells = append(s.cells, cell{tuple: t, account: a})
	s.cellsOf.add(t, c)
	return c, false
}

// add counts a line in its cell.
func (c *cell) add(amount domain.Fen, debit bool, position uint32, on domain.Date) {
	if c.count == 0 || on < c.first {
		c.first = on
	}
	c.last = max(c.last, on)
	c.sum += amount
	if debit {
		c.debits += amount
	}
	c.count++
	c.newest = position
}

// post adds one line of the event at a position.
func (b *books) post(t uint32, line domain.Line, position uint32, on domain.Date, debit bool) {
	n, found := b.space.cell(t, line.Account)
	if !found {
		b.cells[n].above = b.rollUp(t, line.Account)
	}
	b.cells[n].add(line.Amount, debit, position, on)
	b.lines.add(n, uint32(len(b.lineCell)))
	b.postAbove(b.cells[n].above, line.Amount, debit, position, on)
	b.lineCell = append(b.lineCell, n)
	b.lineEvent = append(b.lineEvent, position)
	b.lineAmount = append(b.lineAmount, line.Amount)
	b.lineDebit = append(b.lineDebit, debit)
}

// dimensions writes a tuple out.
func (b *books) dimensions(n uint32) domain.Dimensions {
	t := &b.tuples[n]
	return domain.Dimensions{
		Fund: b.funds.text(t.fund), Project: b.projects.text(t.project), Organisation: b.organisations.text(t.organisation),
		District: b.districts.text(t.district), Year: int(t.year), Vintage: int(t.vintage), Purpose: b.purposes.text(t.purpose),
	}
}
