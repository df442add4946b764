// Package division holds the code lists that the rules ask: the register of
// districts with its history (GB/T 2260), the check of credit codes (GB 32100),
// purposes and budget subjects. The lists are embedded; see areacodes.NOTICE.md
// for the origin of the register.
package division

import (
	"crypto/sha256"
	_ "embed" // the code lists
	"encoding/csv"
	"encoding/hex"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed areacodes.csv
var areacodes []byte

// Row is a time during which a code was in force, in whole years.
type Row struct {
	Code, Name, Level    string // level: province, prefecture, county
	Province, Prefecture string // names at that time
	From, To             int    // years, inclusive; To 0 = in force without end
	Successors           []Successor
}

// Successor is a code that took a row's place; Year is 0 when the whole of it
// moved as the row ended, else the year in which that part moved.
type Successor struct {
	Code string
	Year int
}

// Register is the list of codes as it stands after the events of a ledger. It
// is immutable: With gives a new one.
type Register struct {
	base  map[string][]Row
	added map[string][]Row // whole histories that replace those of base
}

// Base is the embedded register, without events.
var Base = sync.OnceValue(func() *Register {
	r := &Register{base: make(map[string][]Row, 8000)}
	lines, err := csv.NewReader(strings.NewReader(string(areacodes))).ReadAll()
	if err != nil {
		panic("division: areacodes.csv: " + err.Error())
	}
	for _, f := range lines[1:] {
		row := Row{Code: f[0], Name: f[1], Level: f[2], Province: f[3], Prefecture: f[4], Successors: successors(f[7])}
		row.From, _ = strconv.Atoi(f[5])
		row.To, _ = strconv.Atoi(f[6])
		r.base[row.Code] = append(r.base[row.Code], row)
	}
	return r
})

func successors(text string) []Successor {
	var out []Successor
	for _, word := range strings.Fields(text) {
		code, year, _ := strings.Cut(strings.TrimSuffix(word, "]"), "[")
		n, _ := strconv.Atoi(year)
		out = append(out, Successor{code, n})
	}
	return out
}

// SHA256 is the hex digest of the embedded register, as ledger.opened names it.
var SHA256 = sync.OnceValue(func() string {
	sum := sha256.Sum256(areacodes)
	return hex.EncodeToString(sum[:])
})

// Rows is the history of a code, oldest first; empty for an unknown code.
func (r *Register) Rows(code string) []Row {
	if rows, ok := r.added[code]; ok {
		return rows
	}
	return r.base[code]
}

// Valid tells whether one of the code's rows covers the year.
func (r *Register) Valid(code string, year int) bool {
	for _, row := range r.Rows(code) {
		if row.From <= year && (row.To == 0 || year <= row.To) {
			return true
		}
	}
	return false
}

// Normalise gives the code under which a year's entries of the district stand:
// while no row of the code is in force without end, its latest To is not after
// the year and it has exactly one successor, the successor takes its place
// (DOMAIN.md 10). A code divided over several successors stays.
func (r *Register) Normalise(code string, year int) string {
	for range 20 { // no chain is longer; a ring in the data must not hang us
		next, ok := r.follow(code, year)
		if !ok {
			return code
		}
		code = next
	}
	return code
}

// Current follows single successors to the end.
func (r *Register) Current(code string) string { return r.Normalise(code, 9999) }

func (r *Register) follow(code string, year int) (next string, ok bool) {
	last := Row{}
	for _, row := range r.Rows(code) {
		if row.To == 0 {
			return "", false
		}
		if row.To >= last.To {
			last = row
		}
	}
	if last.To == 0 || last.To > year || len(last.Successors) != 1 {
		return "", false
	}
	s := last.Successors[0]
	return s.Code, s.Year == 0 && s.Code != code
}

// With is the register after one more code came into force in year from. It
// ends the predecessor's last row in that year, with the new code as its one
// successor, and takes level and parents from it.
func (r *Register) With(code, name string, from int, predecessor string) *Register {
	n := &Register{base: r.base, added: maps.Clone(r.added)}
	if n.added == nil {
		n.added = map[string][]Row{}
	}
	row := Row{Code: code, Name: name, Level: levelOf(code), From: from}
	if rows := slices.Clone(r.Rows(predecessor)); len(rows) > 0 {
		last := &rows[len(rows)-1]
		row.Level, row.Province, row.Prefecture = last.Level, last.Province, last.Prefecture
		last.To, last.Successors = from, []Successor{{Code: code}}
		n.added[predecessor] = rows
	}
	n.added[code] = append(slices.Clone(r.Rows(code)), row)
	return n
}

// levelOf is the level that the form of a code says.
func levelOf(code string) string {
	switch {
	case strings.HasSuffix(code, "0000"):
		return "province"
	case strings.HasSuffix(code, "00"):
		return "prefecture"
	}
	return "county"
}

// Row is the row of a code that covers the year; without one the code's last
// row. ok is false for an unknown code.
func (r *Register) Row(code string, year int) (row Row, ok bool) {
	rows := r.Rows(code)
	for _, row := range rows {
		if row.From <= year && (row.To == 0 || year <= row.To) {
			return row, true
		}
	}
	if len(rows) == 0 {
		return Row{}, false
	}
	return rows[len(rows)-1], true
}

// Name is the name of a code in the year, or "".
func (r *Register) Name(code string, year int) string {
	row, _ := r.Row(code, year)
	return row.Name
}

// Successors are the codes that took the place of a code's last row.
func (r *Register) Successors(code string) []Successor {
	rows := r.Rows(code)
	if len(rows) == 0 {
		return nil
	}
	return rows[len(rows)-1].Successors
}

// Predecessors are the codes that have the code among their successors, sorted.
func (r *Register) Predecessors(code string) []string {
	var out []string
	for other := range r.Codes() {
		for _, row := range r.Rows(other) {
			if other != code && slices.ContainsFunc(row.Successors, func(s Successor) bool { return s.Code == code }) {
				out = append(out, other)
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// Codes yields every code of the register, in no order.
func (r *Register) Codes() iter.Seq[string] {
	return func(yield func(string) bool) {
		for code := range r.base {
			if !yield(code) {
				return
			}
		}
		for code := range r.added {
			if _, ok := r.base[code]; !ok && !yield(code) {
				return
			}
		}
	}
}
