package postgres

import (
	"hash/maphash"

	"grantledger/domain"
	"grantledger/domain/division"
)

// identity stands for a text or a set of dimensions: 128 bits under two seeds
// that nobody else knows, so that two of them are not taken for one.
type identity [2]uint64

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func identityOf[T comparable](v T) identity {
	return identity{maphash.Comparable(seeds[0], v), maphash.Comparable(seeds[1], v)}
}

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
	tuples    table
	tupleList []tuple
	funds     names
	codes     names                   // of districts and of what they lie in
	levels    map[string]*codeNumbers // by district
	places    map[placeKey]uint32
	placeList []place
	areaList  []area
}

func newNumbers(expected int) numbers {
	return numbers{
		tuples: newTable(expected), tupleList: make([]tuple, 0, expected),
		funds: names{}, codes: names{}, levels: map[string]*codeNumbers{}, places: map[placeKey]uint32{},
	}
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
	code, fund            uint32
	year                  int16
	kind                  int8
	project, organisation bool
}

// codeNumbers are the codes that a district counts under, by roll-up.
type codeNumbers [len(rollups)]uint32

// area is a row of areas.
type area struct {
	place   uint32
	account domain.Account
}

// tuple finds or makes the number of a set of dimensions.
func (n *numbers) tuple(id identity, d *domain.Dimensions, position uint64) (number uint32, made bool) {
	if number, made = n.tuples.number(id); !made {
		return number, false
	}
	t := tuple{Dimensions: *d, first: position}
	codes, fund := n.codesOf(d.District), n.funds.number(d.Fund)
	for i := range rollups {
		t.places[i] = n.place(i, d, codes[i], fund)
	}
	n.tupleList = append(n.tupleList, t)
	return number, true
}

// codesOf are the numbers of the codes that a district counts under.
func (n *numbers) codesOf(district string) *codeNumbers {
	codes := n.levels[district]
	if codes == nil {
		codes = &codeNumbers{}
		for i, r := range rollups {
			codes[i] = n.codes.number(areaCode(district, r.level))
		}
		n.levels[district] = codes
	}
	return codes
}

// place finds or makes the place of a kind in which a set of dimensions counts.
func (n *numbers) place(kind int, d *domain.Dimensions, code, fund uint32) uint32 {
	r := rollups[kind]
	k := placeKey{code: code, year: int16(d.Year), kind: int8(kind), project: d.Project != "", organisation: d.Organisation != ""}
	if r.fund {
		k.fund = fund
	}
	number, ok := n.places[k]
	if !ok {
		number = uint32(len(n.placeList))
		n.places[k] = number
		p := place{rollup: r, code: areaCode(d.District, r.level), year: d.Year, project: k.project, organisation: k.organisation}
		if r.fund {
			p.in = d.Fund
		}
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
