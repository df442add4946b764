package bundle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"grantledger/eventstore/record"
)

// Limits of a filter.
const (
	maxFilterLines = 64
	maxTerms       = 8
)

// Filter selects events by their scopes (section 13): lines of terms, a line holds when all its terms do, the filter when
// one of its lines does. A term is a REF, or the begin of one followed by "*", e.g. district/3418*. No line at all is the
// filter "all". Terms and lines are sorted bytewise and unique.
type Filter [][]string

// NewFilter sorts lines of terms in any order, drops doubles and checks them; no lines give the filter "all".
func NewFilter(lines [][]string) (Filter, error) {
	f := make(Filter, 0, len(lines))
	for _, terms := range lines {
		terms = slices.Clone(terms)
		slices.Sort(terms)
		f = append(f, slices.Compact(terms))
	}
	byText := func(a, b []string) int { return strings.Compare(strings.Join(a, " "), strings.Join(b, " ")) }
	slices.SortFunc(f, byText)
	f = slices.CompactFunc(f, func(a, b []string) bool { return byText(a, b) == 0 })
	return f, f.check()
}

// parseFilter reads what follows `filter ` in the lines of a manifest.
func parseFilter(lines []string) (Filter, error) {
	if len(lines) == 1 && lines[0] == "all" {
		return nil, nil
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("no filter line")
	}
	if !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) {
		return nil, fmt.Errorf("filter lines are not sorted and unique")
	}
	f := make(Filter, len(lines))
	for i, line := range lines {
		f[i] = strings.Split(line, " ")
	}
	return f, f.check()
}

func (f Filter) check() error {
	if len(f) > maxFilterLines {
		return fmt.Errorf("a filter of %d lines, more than %d", len(f), maxFilterLines)
	}
	for _, terms := range f {
		if len(terms) < 1 || len(terms) > maxTerms {
			return fmt.Errorf("a filter line of %d terms, not 1 to %d", len(terms), maxTerms)
		}
		if !slices.IsSorted(terms) || len(slices.Compact(slices.Clone(terms))) != len(terms) {
			return fmt.Errorf("filter terms are not sorted and unique")
		}
		for _, t := range terms {
			if !record.IsRef([]byte(strings.TrimSuffix(t, "*"))) {
				return fmt.Errorf("filter term %q is neither a scope nor the begin of one and *", t)
			}
		}
	}
	return nil
}

// Holds reports whether the filter holds for a set of scopes.
func (f Filter) Holds(scopes [][]byte) bool {
	for _, terms := range f {
		if holdsAll(terms, scopes) {
			return true
		}
	}
	return len(f) == 0
}

// Matches reports whether an event belongs into the package with its body.
func (f Filter) Matches(h *record.Head) bool { return h.Meta || f.Holds(h.Scopes) }

func holdsAll(terms []string, scopes [][]byte) bool {
	for _, t := range terms {
		if !holdsTerm(t, scopes) {
			return false
		}
	}
	return true
}

func holdsTerm(term string, scopes [][]byte) bool {
	begin, prefix := strings.CutSuffix(term, "*")
	for _, s := range scopes {
		if string(s) == term || prefix && len(s) >= len(begin) && string(s[:len(begin)]) == begin {
			return true
		}
	}
	return false
}

// lines is the filter as the manifest writes it.
func (f Filter) lines() []string {
	if len(f) == 0 {
		return []string{"all"}
	}
	out := make([]string, len(f))
	for i, terms := range f {
		out[i] = strings.Join(terms, " ")
	}
	return out
}

// String is the filter for people: terms of a line with spaces, lines with "or" between.
func (f Filter) String() string { return strings.Join(f.lines(), " or ") }

// MarshalJSON gives "all" or the lines of terms.
func (f Filter) MarshalJSON() ([]byte, error) {
	if len(f) == 0 {
		return []byte(`"all"`), nil
	}
	return json.Marshal([][]string(f))
}
