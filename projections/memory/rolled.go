package memory

import (
	"grantledger/domain"
)

// rolled is a space of coarser tuples: of project and organisation they keep only
// whether there is one, of fund and district one or none; vintage and purpose
// are dropped. Queries that ask for no more need not go over every tuple.
type rolled struct {
	space
	months [][]month // by cell, in order; not kept by district, of which there are too many
}

// Numbers of the rolled up spaces. A line is posted by fund, and by district and
// from there in the areas above.
const (
	byFundYear = iota
	byDistrictYear
	byCityYear
	byProvinceYear
)

// month is what was posted on a cell in a month of business dates.
type month struct {
	number          uint16 // counted from the year 0
	lines           uint32
	last            uint32 // position of the last line
	debits, credits domain.Fen
}

// add counts a line in its cell and month.
func (r *rolled) add(n uint32, number uint16, amount domain.Fen, debit bool, position uint32, on domain.Date) {
	r.cells[n].add(amount, debit, position, on)
	for uint32(len(r.months)) <= n {
		r.months = append(r.months, nil)
	}
	var m *month
	r.months[n], m = monthOf(r.months[n], number)
	m.add(amount, debit, position)
}

func (m *month) add(amount domain.Fen, debit bool, position uint32) {
	if debit {
		m.debits += amount
	} else {
		m.credits += amount
	}
	m.lines++
	m.last = max(m.last, position)
}

// take takes a line off again, but not its position.
func (m *month) take(amount domain.Fen, debit bool) {
	if debit {
		m.debits -= amount
	} else {
		m.credits -= amount
	}
	m.lines--
}

// monthOf finds or makes a month. Most lines are of the newest ones.
func monthOf(list []month, number uint16) ([]month, *month) {
	i := len(list)
	for i > 0 && list[i-1].number > number {
		i--
	}
	if i == 0 || list[i-1].number < number {
		if len(list) == cap(list) {
			list = append(make([]month, 0, len(list)+4), list...) // a year has few: no need to double
		}
		list = append(list, month{})
		copy(list[i+1:], list[i:])
		list[i] = month{number: number}
		i++
	}
	return list, &list[i-1]
}

// monthNumber is the month of a date, counted from the year 0.
func monthNumber(on domain.Date) uint16 { return uint16(on.Year()*12 + on.Month() - 1) }

// rollUp finds the cells by fund and by district above a new cell.
func (b *books) rollUp(t uint32, a domain.Account) [2]uint32 {
	fund, district := &b.rolls[byFundYear], &b.rolls[byDistrictYear]
	var byFund, byDistrict uint32
	if others := b.cellsOf.at(t); len(others) > 1 {
		above := b.cells[others[0]].above
		byFund, byDistrict = fund.cells[above[0]].tuple, district.cells[above[1]].tuple
	} else {
		of := b.tuples[t]
		coarse := tuple{year: of.year, project: min(of.project, 1), organisation: min(of.organisation, 1), fund: of.fund}
		byFund = fund.number(coarse)
		coarse.fund, coarse.district = 0, of.district
		byDistrict = district.number(coarse)
	}
	n, _ := fund.cell(byFund, a)
	return [2]uint32{n, b.rolledCell(byDistrictYear, byDistrict, a)}
}

// rolledCell is the cell of a district or an area; if it is new it is linked to
// the one above it.
func (b *books) rolledCell(roll int, t uint32, a domain.Account) uint32 {
	n, found := b.rolls[roll].cell(t, a)
	if !found && roll < byProvinceYear {
		b.linkArea(roll, n)
	}
	return n
}

// linkArea finds the cell of the wider area above a cell.
func (b *books) linkArea(roll int, n uint32) {
	c := &b.rolls[roll].cells[n]
	wider := b.rolls[roll].tuples[c.tuple]
	wider.district = b.areas[wider.district].of(roll + 1)
	c.above[0] = b.rolledCell(roll+1, b.rolls[roll+1].number(wider), c.account)
}

// postAbove adds a line to the cells by fund and by district, and to those of
// its areas.
func (b *books) postAbove(above [2]uint32, amount domain.Fen, debit bool, position uint32, on domain.Date) {
	number := monthNumber(on)
	b.rolls[byFundYear].add(above[0], number, amount, debit, position, on)
	b.rolls[byDistrictYear].cells[above[1]].add(amount, debit, position, on)
	b.postArea(above[1], number, amount, debit, position, on)
}

// postArea adds a line of a cell by district to those of its areas.
func (b *books) postArea(n uint32, number uint16, amount domain.Fen, debit bool, position uint32, on domain.Date) {
	city := b.rolls[byDistrictYear].cells[n].above[0]
	b.rolls[byCityYear].add(city, number, amount, debit, position, on)
	b.rolls[byProvinceYear].add(b.rolls[byCityYear].cells[city].above[0], number, amount, debit, position, on)
}

// cellAbove is the cell of a rolled up space in which a cell counts.
func (b *books) cellAbove(space int, n uint32) uint32 {
	if space == byFundYear {
		return b.cells[n].above[0]
	}
	n = b.cells[n].above[1]
	for roll := byDistrictYear; roll < space; roll++ {
		n = b.rolls[roll].cells[n].above[0]
	}
	return n
}

// reroll makes the areas anew, when districts have come to lie in others.
func (m *Model) reroll() {
	for _, roll := range [...]int{byCityYear, byProvinceYear} {
		m.rolls[roll] = rolled{space: space{numbers: map[tuple]uint32{}}}
	}
	for n := range m.rolls[byDistrictYear].cells {
		m.linkArea(byDistrictYear, uint32(n))
	}
	for line, n := range m.lineCell {
		position := m.lineEvent[line]
		on := m.at(position).on
		m.postArea(m.cells[n].above[1], monthNumber(on), m.lineAmount[line], m.lineDebit[line], position, on)
	}
}
