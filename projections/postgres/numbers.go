package postgres

import (
	"grantledger/domain"
	"grantledger/domain/division"
)

// names number texts in order of appearance, from 1; the empty text is 0.
type names map[string]uint32

func (n names) number(s string) uint32 {
	if s == "" {
		return 0
	}
	id, ok := n[s]
	if !ok {
		id = uint32(len(n) + 1)
		n[s] = id
	}
	return id
}

// numbers are the numbers under which the tables know sets of dimensions and the
// rows of areas.
type numbers struct {
	funds, projects, organisations, codes, purposes names

	tuples    map[tupleKey]uint32
	tupleList []tuple
	places    map[placeKey]uint32
	placeList []place
	areaList  []area
}

func newNumbers() numbers {
	return numbers{
		funds: names{}, projects: names{}, organisations: names{}, codes: names{}, purposes: names{},
		tuples: map[tupleKey]uint32{}, places: map[placeKey]uint32{},
	}
}

// tupleKey is a set of dimensions in numbers.
type tupleKey struct {
	fund, project, organisation, district, purpose uint32
	year, vintage                                  int16
}

// tuple is a set of dimensions, the position that it appeared at, and the places
// that it counts in.
type tuple struct {
	domain.Dimensions
	first  uint64
	places [len(rollups)]uint32
}

// rollup is a kind of rows in areas: by how many digits of a district code they
// go, by fund or not, and with months or not.
type rollup struct {
	level        int16
	fund, months bool
}

var rollups = [...]rollup{{0, true, true}, {0, false, true}, {2, true, false}, {2, false, true}, {4, false, false}, {6, false, false}}

// place is the rows of areas that differ in their account only.
type place struct {
	rollup
	code, in              string // in: the fund, when it is by fund
	year                  int
	project, organisation bool
	rows                  [32]uint32 // by account: 1 + number of the row
}

type placeKey struct {
	rollup                int8
	project, organisation bool
	year                  int16
	code, fund            uint32
}

// area is a row of areas.
type area struct {
	place   uint32
	account domain.Account
}

// tuple finds or makes the number of a set of dimensions.
func (n *numbers) tuple(d *domain.Dimensions, position uint64) (number uint32, made bool) {
	k := tupleKey{
		n.funds.number(d.Fund), n.projects.number(d.Project), n.organisations.number(d.Organisation), n.codes.number(d.District), n.purposes.number(d.Purpose),
		int16(d.Year), int16(d.Vintage),
	}
	number, ok := n.tuples[k]
	if ok {
		return number, false
	}
	number = uint32(len(n.tupleList))
	n.tuples[k] = number
	t := tuple{Dimensions: *d, first: position}
	for i := range rollups {
		t.places[i] = n.place(i, d, k.fund)
	}
	n.tupleList = append(n.tupleList, t)
	return number, true
}

// place finds or makes the place of a kind in which a set of dimensions counts.
func (n *numbers) place(kind int, d *domain.Dimensions, fund uint32) uint32 {
	r := rollups[kind]
	p := place{rollup: r, code: areaCode(d.District, r.level), year: d.Year, project: d.Project != "", organisation: d.Organisation != ""}
	k := placeKey{int8(kind), p.project, p.organisation, int16(p.year), n.codes.number(p.code), 0}
	if r.fund {
		p.in, k.fund = d.Fund, fund
	}
	number, ok := n.places[k]
	if !ok {
		number = uint32(len(n.placeList))
		n.places[k] = number
		n.placeList = append(n.placeList, p)
	}
	return number
}

// areas are the rows in which an account of a tuple counts.
func (n *numbers) areas(t uint32, a domain.Account) (rows [len(rollups)]uint32) {
	for i, p := range n.tupleList[t].places {
		row := &n.placeList[p].rows[a]
		if *row == 0 {
			n.areaList = append(n.areaList, area{p, a})
			*row = uint32(len(n.areaList))
		}
		rows[i] = *row - 1
	}
	return rows
}

// areaCode is the code of a level that a district lies in.
func areaCode(district string, level int16) string {
	switch level {
	case 0:
		return ""
	case 2:
		return division.ProvinceOf(district)
	case 4:
		return division.PrefectureOf(district)
	}
	return district
}
