package projections

import (
	"slices"
	"strconv"

	"grantledger/domain"
	"grantledger/domain/division"
)

// Key is a dimension by which lines are chosen and grouped.
type Key string

// The keys. Province and City are the codes above a district by prefix, Source
// is that of the fund, Period a span of business dates (balances only).
const (
	Fund         Key = "fund"
	Source       Key = "source"
	Project      Key = "project"
	Organisation Key = "organisation"
	District     Key = "district"
	Province     Key = "province"
	City         Key = "city"
	Year         Key = "year"
	Vintage      Key = "vintage"
	Purpose      Key = "purpose"
	Period       Key = "period"
)

// Keys lists the keys of filters and groups in their usual order; Period is not
// among them.
func Keys() []Key {
	return []Key{Fund, Source, Project, Organisation, District, Province, City, Year, Vintage, Purpose}
}

// None as a value of a filter chooses lines without the dimension.
const None = "-"

// Filter chooses lines (API.md 3). Values of one key: any of them; different
// keys: all of them. The zero Filter chooses everything at the newest position.
type Filter struct {
	Position uint64           `json:"p,omitempty"` // 0 = newest
	AsOf     domain.Date      `json:"a,omitempty"` // on <= AsOf; 0 = no limit
	From     domain.Date      `json:"f,omitempty"` // on >= From
	Where    map[Key][]string `json:"w,omitempty"`
	Books    []domain.Book    `json:"b,omitempty"`
	Accounts []domain.Account `json:"c,omitempty"`
	Recorded bool             `json:"r,omitempty"` // districts as stored, not as they are now
}

// With is the filter with one more demand; f is not changed.
func (f Filter) With(k Key, values ...string) Filter {
	where := make(map[Key][]string, len(f.Where)+1)
	for key, v := range f.Where {
		where[key] = v
	}
	where[k] = values
	f.Where = where
	return f
}

// Has tells whether the filter's books and accounts let the account through.
func (f *Filter) Has(a domain.Account) bool {
	return (len(f.Books) == 0 || slices.Contains(f.Books, a.Book())) && (len(f.Accounts) == 0 || slices.Contains(f.Accounts, a))
}

// Asked lists the accounts that the filter lets through, in their order.
func (f *Filter) Asked() []domain.Account {
	return slices.DeleteFunc(domain.Accounts(), func(a domain.Account) bool { return !f.Has(a) })
}

// Only is the filter's one value of the key; ok is false when it names none or
// several, or None.
func (f *Filter) Only(k Key) (value string, ok bool) {
	if v := f.Where[k]; len(v) == 1 && v[0] != None {
		return v[0], true
	}
	return "", false
}

// Check finds values that cannot be one of their key.
func (f *Filter) Check() error {
	for k, values := range f.Where {
		for _, v := range values {
			if v != None && !wellFormed(k, v) {
				return &QueryError{string(k), "pattern"}
			}
		}
	}
	return nil
}

// wellFormed tells whether s can be a value of the key.
func wellFormed(k Key, s string) bool {
	switch k {
	case Year, Vintage:
		y, err := strconv.Atoi(s)
		return err == nil && len(s) == 4 && y >= domain.MinYear && y <= domain.MaxYear
	case District:
		return isCode(s)
	case Province:
		return isCode(s) && division.Level(s) == division.Province
	case City:
		return isCode(s) && division.PrefectureOf(s) == s
	case Source:
		return s == "lottery" || s == "venture" || s == "donation"
	case Fund, Project, Organisation, Purpose:
		return isID(s)
	}
	return false
}

func isCode(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) == 6
}

func isID(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == ':' || c == '-':
		default:
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 96
}

// Page is a part of a list: Limit items from Offset on; no limit when it is 0.
type Page struct {
	Offset int `json:"o,omitempty"`
	Limit  int `json:"-"`
}

// Slice is the part of n items that the page shows, and the offset of the next
// page, 0 at the end.
func (p Page) Slice(n int) (from, to, next int) {
	from = min(max(p.Offset, 0), n)
	if p.Limit == 0 || n-from <= p.Limit {
		return from, n, 0
	}
	return from, from + p.Limit, from + p.Limit
}
