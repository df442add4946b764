package memory

import (
	"strings"

	"grantledger/domain/division"
	"grantledger/projections"
)

// area is where a district lies by its code, and in which tuples of the rolled
// up spaces it counts.
type area struct {
	city, province             uint32 // by prefix
	rolledCity, rolledProvince uint32
}

// of is the district's number in a rolled up space of areas.
func (a *area) of(roll int) uint32 {
	if roll == byCityYear {
		return a.rolledCity
	}
	return a.rolledProvince
}

// noteDistricts works out the newest code and the areas of districts that are
// new, or of all of them when the register has changed. A district counts in its
// city or province if it stays there under every code that took its place, and
// by itself otherwise: so a tuple has the same area in every view.
func (m *Model) noteDistricts(register *division.Register) {
	moved := false
	for i := len(m.current); i < m.districts.len(); i++ {
		id, code := uint32(i), m.districts.text(uint32(i))
		current, _ := m.districts.find(register.Current(code))
		m.current, m.stored = append(m.current, current), append(m.stored, id)
		a := area{rolledCity: id, rolledProvince: id}
		a.city, _ = m.districts.find(division.PrefectureOf(code))
		a.province, _ = m.districts.find(division.ProvinceOf(code))
		if stays(register, code, division.PrefectureOf) {
			a.rolledCity = a.city
		}
		if stays(register, code, division.ProvinceOf) {
			a.rolledProvince = a.province
		}
		if i == len(m.areas) {
			m.areas = append(m.areas, a)
		}
		moved = moved || m.areas[i] != a
		m.areas[i] = a
	}
	if moved {
		m.reroll()
	}
}

// stays tells whether a district lies in the same area under all of its codes,
// and the area itself was not replaced.
func stays(r *division.Register, code string, areaOf func(string) string) bool {
	area := areaOf(code)
	if r.Replacement(area) != "" {
		return false
	}
	for range maxReplacements {
		if code = r.Replacement(code); code == "" {
			return true
		}
		if areaOf(code) != area {
			return false
		}
	}
	return false
}

// chooseDistricts works out how each district is shown, and which of them pass.
func (x *matcher) chooseDistricts() {
	switch {
	case x.recorded:
		x.shown = x.m.stored
	case x.newestRegister():
		x.shown = x.m.current
	default:
		x.shown = make([]uint32, x.m.districts.len())
		for i := range x.shown {
			x.shown[i], _ = x.m.districts.find(x.register.Current(x.m.districts.text(uint32(i))))
		}
	}
	for _, k := range [...]projections.Key{projections.District, projections.City, projections.Province} {
		if values, asked := x.where[k]; asked {
			x.wanted = append(x.wanted, x.wantedOf(k, values))
		}
	}
	if x.byDistrict = len(x.wanted) > 0; !x.byDistrict {
		return
	}
	x.shownOK = make([]bool, x.m.districts.len())
	for i := range x.shownOK {
		x.shownOK[i] = x.passes(x.m.districts.text(uint32(i)))
	}
}

// passes tells whether a code as shown is one that the filter names.
func (x *matcher) passes(code string) bool {
	for i := range x.wanted {
		if !x.wanted[i].have(code) {
			return false
		}
	}
	return true
}

func (x *matcher) newestRegister() bool {
	return x.register == x.m.registers[len(x.m.registers)-1].register
}

// wantedDistricts are what a filter's values of one key let through.
type wantedDistricts struct {
	none     bool     // lines without district
	prefixes []string // of codes; whole codes too
}

func (x *matcher) wantedOf(k projections.Key, values []string) (w wantedDistricts) {
	for _, v := range values {
		switch {
		case v == projections.None:
			w.none = true
		case k == projections.District && x.recorded:
			w.prefixes = append(w.prefixes, v)
		case k == projections.District: // an old code names the one that replaced it
			w.prefixes = append(w.prefixes, x.register.Current(v))
		case division.Level(v) == division.Province:
			w.prefixes = append(w.prefixes, v[:2])
		default:
			w.prefixes = append(w.prefixes, v[:4])
		}
	}
	return w
}

func (w *wantedDistricts) have(code string) bool {
	if code == "" {
		return w.none
	}
	for _, p := range w.prefixes {
		if strings.HasPrefix(code, p) {
			return true
		}
	}
	return false
}

// names tells whether a value of the filter names the code.
func (x *matcher) names(k projections.Key, value, code string) bool {
	return projections.NamesDistrict(x.register, x.recorded, k, value, code)
}

// shownIn is how a district is shown in a row of the year: in the recorded view
// the code normalised for the year, which is the code as stored for lines of
// that year.
func (x *matcher) shownIn(district uint32, year int) uint32 {
	if !x.recorded {
		return x.shown[district]
	}
	id, _ := x.m.districts.find(x.register.Normalise(x.m.districts.text(district), year))
	return id
}

// districtChoice lists the districts as stored that pass as they are shown, in
// the rows of any year when anyYear.
func (x *matcher) districtChoice(anyYear bool) *choice {
	c := &choice{any: !x.byDistrict}
	if x.byDistrict {
		for i, shown := range x.shown {
			if x.shownOK[shown] || anyYear && x.recorded && x.passesLater(uint32(i)) {
				c.ids = append(c.ids, uint32(i))
			}
		}
	}
	return c
}

// passesLater tells whether a code that took the district's place passes.
func (x *matcher) passesLater(district uint32) bool {
	code := x.m.districts.text(district)
	for range maxReplacements {
		if code = x.register.Replacement(code); code == "" {
			return false
		}
		if x.passes(code) {
			return true
		}
	}
	return false
}
