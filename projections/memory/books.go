package memory

import "grantledger/domain"

// tuple is a full set of dimensions by their numbers; 0 is absent.
type tuple struct {
	fund, project, organisation, district, purpose uint32
	year, vintage                                  uint16
}

// cell is an account of a tuple with everything that was posted on it.
type cell struct {
	tuple       uint32
	account     domain.Account
	sum, debits domain.Fen
	first, last domain.Date // earliest and latest business date
	lines       []uint32    // in order of position
}

func (c *cell) credits() domain.Fen { return c.sum - c.debits }

// books are the postings: lines in the order of the log, and by cell.
type books struct {
	funds, projects, organisations, districts, purposes names

	numbers map[tuple]uint32
	tuples  []tuple
	cellsOf index // cells by tuple
	cells   []cell

	lineCell   []uint32
	lineEvent  []uint32 // position of the event
	lineAmount []domain.Fen
	lineDebit  []bool

	byFund, byProject, byOrganisation, byDistrict, byYear index // tuples
}

func newBooks() books {
	return books{
		funds: newNames(), projects: newNames(), organisations: newNames(), districts: newNames(), purposes: newNames(),
		numbers: map[tuple]uint32{},
	}
}

// tuple numbers the dimensions, at first sight of them.
func (b *books) tuple(d *domain.Dimensions) uint32 {
	t := tuple{
		fund: b.funds.add(d.Fund), project: b.projects.add(d.Project), organisation: b.organisations.add(d.Organisation),
		district: b.districts.add(d.District), purpose: b.purposes.add(d.Purpose), year: uint16(d.Year), vintage: uint16(d.Vintage),
	}
	if n, ok := b.numbers[t]; ok {
		return n
	}
	n := uint32(len(b.tuples))
	b.numbers[t] = n
	b.tuples = append(b.tuples, t)
	b.byFund.add(t.fund, n)
	b.byProject.add(t.project, n)
	b.byOrganisation.add(t.organisation, n)
	b.byDistrict.add(t.district, n)
	b.byYear.add(uint32(t.year), n)
	return n
}

// cell numbers the account of a tuple, at first sight of it.
func (b *books) cell(t uint32, a domain.Account) uint32 {
	for _, c := range b.cellsOf.at(t) {
		if b.cells[c].account == a {
			return c
		}
	}
	c := uint32(len(b.cells))
	b.cells = append(b.cells, cell{tuple: t, account: a})
	b.cellsOf.add(t, c)
	return c
}

// post adds one line of the event at a position.
func (b *books) post(t uint32, line domain.Line, position uint32, on domain.Date, debit bool) {
	n := b.cell(t, line.Account)
	c := &b.cells[n]
	if len(c.lines) == 0 || on < c.first {
		c.first = on
	}
	c.last = max(c.last, on)
	c.lines = append(c.lines, uint32(len(b.lineCell)))
	c.sum += line.Amount
	if debit {
		c.debits += line.Amount
	}
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
