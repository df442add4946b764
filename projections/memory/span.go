package memory

import (
	"slices"

	"grantledger/domain"
	"grantledger/projections"
)

// span is the part of a rolled up space's months that a query asks for.
type span struct {
	first, last uint16 // months that lie within the dates as a whole
	loose       loose  // months that are added up line by line
}

// loose are months that stand for those of a cell: of such as lie within the
// dates in part, the part; of others, what they were at an earlier position.
type loose struct {
	of    []uint32 // by cell: its first part, from 1; 0 = none
	parts []loosePart
}

type loosePart struct {
	month
	next uint32 // part of the same cell, from 1; 0 = none
}

// find is the part of a cell for a month, or nil.
func (l *loose) find(cell uint32, number uint16) *month {
	if l.of == nil {
		return nil
	}
	for i := l.of[cell]; i != 0; i = l.parts[i-1].next {
		if m := &l.parts[i-1].month; m.number == number {
			return m
		}
	}
	return nil
}

func (l *loose) add(cell uint32, m month) *month {
	l.parts = append(l.parts, loosePart{m, l.of[cell]})
	l.of[cell] = uint32(len(l.parts))
	return &l.parts[len(l.parts)-1].month
}

// months yields what the query's dates and position leave of a rolled up cell's
// months.
func (x *matcher) months(n uint32, yield func(*month)) {
	list, l := x.rolled.months[n], &x.span.loose
	for i := range list {
		if m := &list[i]; m.number >= x.span.first && m.number <= x.span.last && l.find(n, m.number) == nil {
			yield(m)
		}
	}
	if l.of == nil {
		return
	}
	for i := l.of[n]; i != 0; i = l.parts[i-1].next {
		if m := &l.parts[i-1].month; m.lines > 0 {
			yield(m)
		}
	}
}

func (p *part) plus(m *month) {
	p.debits += m.debits
	p.credits += m.credits
	p.lines += int(m.lines)
	p.last = max(p.last, m.last)
}

// roll goes over to the smallest rolled up space that keeps the keys and the
// filter's dimensions. Such a space knows positions not long ago, and no view of
// less than all.
func (x *matcher) roll(keys []projections.Key) {
	space, ok := rolledFor(keys, x.where)
	byMonth := !x.head || x.asOf != 0 || x.from != 0 || slices.Contains(keys, projections.Period)
	switch {
	case !ok, !x.sight.all, byMonth && space == byDistrictYear, (space == byCityYear || space == byProvinceYear) && !x.newestRegister():
		return
	}
	rolled := &x.m.rolls[space]
	if byMonth {
		x.span.loose.of = make([]uint32, len(rolled.cells))
		x.chooseMonths(space)
	}
	if !x.head && !x.takeLater(space) {
		return
	}
	x.rolled, x.in = rolled, &rolled.space
}

// rolledFor is the rolled up space for keys of groups and of a filter, if there
// is one.
func rolledFor(keys []projections.Key, where map[projections.Key][]string) (space int, ok bool) {
	fund, place := false, byFundYear
	note := func(k projections.Key) bool {
		switch k {
		case projections.Fund, projections.Source:
			fund = true
		case projections.District:
			place = byDistrictYear
		case projections.City:
			if place != byDistrictYear {
				place = byCityYear
			}
		case projections.Province:
			if place == byFundYear {
				place = byProvinceYear
			}
		case projections.Year, projections.Period:
		default:
			return false
		}
		return true
	}
	for _, k := range keys {
		if !note(k) {
			return 0, false
		}
	}
	for k := range where {
		if !note(k) {
			return 0, false
		}
	}
	return place, !fund || place == byFundYear
}

// chooseMonths finds the months within the dates, and sums the lines of the one
// or two that lie within them in part.
func (x *matcher) chooseMonths(space int) {
	x.span.first, x.span.last = 0, ^uint16(0)
	if x.from != 0 {
		x.span.first = monthNumber(x.from-1) + 1
	}
	if x.asOf != 0 {
		x.span.last = monthNumber(x.asOf+1) - 1
	}
	for on := x.from; on != 0 && monthNumber(on) < x.span.first && x.within(on); on++ {
		x.addDay(space, on)
	}
	for on := x.asOf; on != 0 && monthNumber(on) > x.span.last && x.within(on); on-- {
		if monthNumber(on) >= x.span.first { // else it was added just now
			x.addDay(space, on)
		}
	}
}

// addDay adds the lines of a business date to the loose ones.
func (x *matcher) addDay(space int, on domain.Date) {
	l, number := &x.span.loose, monthNumber(on)
	for _, position := range x.m.byDay.at(uint32(on)) {
		if position > x.limit {
			break
		}
		from, to := x.m.linesOf(position)
		for line := from; line < to; line++ {
			n := x.m.cellAbove(space, x.m.lineCell[line])
			m := l.find(n, number)
			if m == nil {
				m = l.add(n, month{number: number})
			}
			m.add(x.m.lineAmount[line], x.m.lineDebit[line], position)
		}
	}
}

// mostLater is how many lines takeLater goes over before it gives up.
const mostLater = 1 << 16

// takeLater takes the lines after the query's position off the months that have
// them, and looks for the newest line that is left in each; ok is false when
// that is too many lines.
func (x *matcher) takeLater(space int) (ok bool) {
	l, end := &x.span.loose, int(x.m.at(x.limit+1).firstLine)
	if len(x.m.lineCell)-end > mostLater {
		return false
	}
	first := len(l.parts)
	for line := end; line < len(x.m.lineCell); line++ {
		if n, number := x.placeOf(space, line); number >= x.span.first && number <= x.span.last {
			m := l.find(n, number)
			if m == nil {
				list := x.m.rolls[space].months[n]
				m = l.add(n, list[slices.IndexFunc(list, func(m month) bool { return m.number == number })])
				m.last = 0
			}
			m.take(x.m.lineAmount[line], x.m.lineDebit[line])
		}
	}
	open := 0
	for i := first; i < len(l.parts); i++ {
		if l.parts[i].lines > 0 {
			open++
		}
	}
	for line := end - 1; open > 0; line-- {
		if line < end-mostLater {
			return false
		}
		if m := l.find(x.placeOf(space, line)); m != nil && m.last == 0 {
			m.last = x.m.lineEvent[line]
			open--
		}
	}
	return true
}

// placeOf is the cell and month of a rolled up space in which a line counts.
func (x *matcher) placeOf(space, line int) (cell uint32, number uint16) {
	return x.m.cellAbove(space, x.m.lineCell[line]), monthNumber(x.m.at(x.m.lineEvent[line]).on)
}
