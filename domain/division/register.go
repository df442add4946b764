package division

import (
	"iter"
	"maps"
	"slices"
)

// Levels of a district.
const (
	Province   = "province"
	Prefecture = "prefecture"
	County     = "county"
)

// Row is a span of years in which a code was in force under one name.
type Row struct {
	Code, Name, Level string
	Province          string // name at that time
	Prefecture        string // name at that time; "" for a province
	From, To          int    // years, inclusive; To 0 = in force without end
	Successors        []Successor
}

// Successor is a code that took the place of a row, or of a part of it.
type Successor struct {
	Code string
	Year int // when that part moved in another year than the row's last; else 0
}

// Covers tells whether the row was in force in the year.
func (r *Row) Covers(year int) bool { return r.From <= year && (r.To == 0 || year <= r.To) }

// step is the one code that replaces another from a year on.
type step struct {
	code string
	from int
}

// Register is an immutable register of districts: With makes a new one, so a
// ledger that takes an event back goes on with the one before. It is safe for
// concurrent use.
type Register struct {
	rows  map[string][]Row // by code, in order of years
	steps map[string]step  // codes that another one replaced
}

func newRegister(rows map[string][]Row) *Register {
	r := &Register{rows: rows, steps: map[string]step{}}
	for code := range rows {
		r.note(code)
	}
	return r
}

// note finds the code's replacement: no row is in force without end, and the
// latest one has exactly one successor, without a year and not itself.
func (r *Register) note(code string) {
	delete(r.steps, code)
	last := r.last(code)
	if last == nil || last.To == 0 || len(last.Successors) != 1 {
		return
	}
	if s := last.Successors[0]; s.Year == 0 && s.Code != code {
		r.steps[code] = step{s.Code, last.To}
	}
}

// last is the row of a code that ends latest, or nil.
func (r *Register) last(code string) *Row {
	var last *Row
	rows := r.rows[code]
	for i := range rows {
		if last == nil || rows[i].To == 0 || last.To != 0 && rows[i].To > last.To {
			last = &rows[i]
		}
	}
	return last
}

// maxSteps bounds a walk along successors; no real code was replaced so often.
const maxSteps = 32

// Normalise gives the code under which c posts in the year (DOMAIN.md 10): while
// a code has ended by then and exactly one other took its place, that one.
// Codes that are divided, in force or unknown stay as they are.
func (r *Register) Normalise(c string, year int) string {
	for range maxSteps {
		s, ok := r.steps[c]
		if !ok || s.from > year {
			break
		}
		c = s.code
	}
	return c
}

// Replacement is the one code that took the code's place; "" when there is none,
// or not exactly one.
func (r *Register) Replacement(code string) string { return r.steps[code].code }

// Current follows single successors to the end, whatever the year.
func (r *Register) Current(c string) string { return r.Normalise(c, 1<<30) }

// Valid tells whether a row of the code covers the year.
func (r *Register) Valid(code string, year int) bool {
	rows := r.rows[code]
	for i := range rows {
		if rows[i].Covers(year) {
			return true
		}
	}
	return false
}

// Known tells whether the register has a row of the code.
func (r *Register) Known(code string) bool { return len(r.rows[code]) > 0 }

// Rows lists the rows of a code in order of years. It is to be read only.
func (r *Register) Rows(code string) []Row { return r.rows[code] }

// Row is the row that names the code in the year: one that covers it, the newest
// of several; else the one nearest before, else the first. ok is false for an
// unknown code.
func (r *Register) Row(code string, year int) (row Row, ok bool) {
	rows := r.rows[code]
	if len(rows) == 0 {
		return Row{}, false
	}
	row = rows[0]
	for _, next := range rows[1:] {
		if next.From <= year {
			row = next
		}
	}
	return row, true
}

// Name is the name of the code in the year, as Row finds it; "" when unknown.
func (r *Register) Name(code string, year int) string {
	row, _ := r.Row(code, year)
	return row.Name
}

// Level is the level of a code by its form: two or four digits and zeros make a
// province or a prefecture.
func Level(code string) string {
	switch {
	case len(code) != 6:
		return ""
	case code[2:] == "0000":
		return Province
	case code[4:] == "00":
		return Prefecture
	}
	return County
}

// ProvinceOf is the code of two digits and zeros above a code, or itself.
func ProvinceOf(code string) string {
	if len(code) < 2 {
		return ""
	}
	return code[:2] + "0000"
}

// PrefectureOf is the code of four digits and zeros above a code, or itself.
func PrefectureOf(code string) string {
	if len(code) < 4 {
		return ""
	}
	return code[:4] + "00"
}

// Below tells whether code is parent or lies below it by prefix: a province
// holds all codes with its first two digits, a prefecture with its first four.
func Below(code, parent string) bool {
	switch Level(parent) {
	case Province:
		return len(code) >= 2 && code[:2] == parent[:2]
	case Prefecture:
		return len(code) >= 4 && code[:4] == parent[:4]
	}
	return code == parent
}

// Successors lists all codes that ever took over from the code, or from a part
// of it, in order of the rows; the code itself (a new name) is left out.
func (r *Register) Successors(code string) []Successor {
	var out []Successor
	for _, row := range r.rows[code] {
		for _, s := range row.Successors {
			if s.Year == 0 {
				s.Year = row.To
			}
			if s.Code != code {
				out = append(out, s)
			}
		}
	}
	return out
}

// Predecessors lists the codes that name the code as a successor, sorted, each
// with the year in which it, or that part of it, came over.
func (r *Register) Predecessors(code string) []Successor {
	var out []Successor
	for _, from := range r.Codes() {
		for _, s := range r.Successors(from) {
			if s.Code == code {
				out = append(out, Successor{from, s.Year})
			}
		}
	}
	return out
}

// Codes lists every code of the register, sorted.
func (r *Register) Codes() []string { return slices.Sorted(maps.Keys(r.rows)) }

// In yields the rows in force in a year, by code.
func (r *Register) In(year int) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, code := range r.Codes() {
			row, _ := r.Row(code, year)
			if row.Covers(year) && !yield(row) {
				return
			}
		}
	}
}

// With is the register with one more district in force from a year on. Its
// predecessor's last row, if one is named, ends in that year with the new code
// as its one successor (register-district).
func (r *Register) With(code, name string, from int, predecessor string) *Register {
	row := Row{Code: code, Name: name, Level: Level(code), From: from}
	row.Province = r.Name(ProvinceOf(code), from)
	if row.Level == County {
		row.Prefecture = r.Name(PrefectureOf(code), from)
	}
	next := &Register{rows: maps.Clone(r.rows), steps: maps.Clone(r.steps)}
	next.rows[code] = append(slices.Clip(r.rows[code]), row)
	if r.Known(predecessor) {
		rows := slices.Clone(r.rows[predecessor])
		next.rows[predecessor] = rows
		last := next.last(predecessor)
		last.To, last.Successors = from, []Successor{{Code: code}}
		next.note(predecessor)
	}
	next.note(code)
	return next
}
