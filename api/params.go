package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"grantledger/domain"
)

// params reads the query of a plain handler. Every name that it is not told of
// is a fault, and so is every value of the wrong form: a mistyped filter must
// never widen an answer. Ask for the values, then for problem.
type params struct {
	values url.Values
	faults []fault
}

// params gives the query; names are all that the handler knows, besides lang.
func (c *call) params(names ...string) *params {
	p := &params{}
	query := c.request.URL.RawQuery
	if query == "" {
		return p
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		p.fault("query", "pattern", "")
		return p
	}
	p.values = values
	for name := range values {
		if name != "lang" && !slices.Contains(names, name) {
			p.fault("query."+name, "unknown", values.Get(name))
		}
	}
	p.enum("lang", "", "zh", "en")
	return p
}

func (p *params) fault(location, code, value string) {
	p.faults = append(p.faults, faultAt(location, code, value))
}

// problem is nil, or invalid_input with all that was found.
func (p *params) problem() error {
	if len(p.faults) == 0 {
		return nil
	}
	slices.SortFunc(p.faults, func(a, b fault) int { return strings.Compare(a.location, b.location) })
	return invalid(p.faults...)
}

// has tells whether the parameter was given.
func (p *params) has(name string) bool { return p.values.Has(name) }

// text is the parameter's one value; "" when it was not given.
func (p *params) text(name string) string {
	v := p.values[name]
	if len(v) > 1 {
		p.fault("query."+name, "pattern", strings.Join(v, ","))
	}
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// list is all values, repeated or parted by commas.
func (p *params) list(name string) []string {
	var out []string
	for _, v := range p.values[name] {
		for item := range strings.SplitSeq(v, ",") {
			if item == "" {
				p.fault("query."+name, "pattern", v)
				continue
			}
			out = append(out, item)
		}
	}
	return out
}

// enum is one of the values allowed, or the default.
func (p *params) enum(name, otherwise string, allowed ...string) string {
	v := p.text(name)
	switch {
	case !p.has(name):
		return otherwise
	case !slices.Contains(allowed, v):
		p.fault("query."+name, "enum", v)
	}
	return v
}

// flag is true or false; false when it was not given.
func (p *params) flag(name string) bool { return p.enum(name, "false", "true", "false") == "true" }

// date is a business date, 0 when it was not given.
func (p *params) date(name string) domain.Date {
	v := p.text(name)
	if !p.has(name) {
		return 0
	}
	d, ok := domain.ParseDate(v)
	if !ok {
		p.fault("query."+name, "date", v)
	}
	return d
}

// number is an integer between low and high, or the default.
func (p *params) number(name string, otherwise, low, high uint64) uint64 {
	v := p.text(name)
	if !p.has(name) {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 64)
	switch {
	case err != nil || v != strconv.FormatUint(n, 10):
		p.fault("query."+name, "type", v)
	case n < low || n > high:
		p.fault("query."+name, "too_large", v)
	}
	return n
}

// position is the number of an event, 0 when it was not given.
func (p *params) position(name string) uint64 { return p.number(name, 0, 1, 999_999_999_999_999) }

// duration is a time to wait: "5s", up to most.
func (p *params) duration(name string, otherwise, most time.Duration) time.Duration {
	v := p.text(name)
	if !p.has(name) {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	switch {
	case err != nil:
		p.fault("query."+name, "pattern", v)
	case d < 0 || d > most:
		p.fault("query."+name, "too_large", v)
	}
	return d
}
