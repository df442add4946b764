package record

import "bytes"

// Entry is one entry of a body: amounts on accounts under one tuple of dimensions. Absent dimensions are nil or 0.
type Entry struct {
	Fund, Project, Organisation []byte
	District                    []byte // 6, 9 or 12 digits
	Year                        int    // accounting year
	Vintage                     int    // year of the appropriation; has no scope
	Purpose                     []byte
	Lines                       []Line
}

// Line is an amount on an account.
type Line struct {
	Account Account
	Fen     int64 // not 0, at most MaxFen either way
}

func (b *Body) entries(s *scanner) {
	if b.On == nil || b.Year == 0 {
		s.fail("entries without on or year")
	}
	s.want("[")
	for more := true; more; more = s.take(",") {
		b.Entries = append(b.Entries, Entry{})
		b.entry(s, &b.Entries[len(b.Entries)-1])
	}
	s.want("]")
}

func (b *Body) entry(s *scanner, e *Entry) {
	s.want("{")
	first := 1 // the first member that is there has no comma
	member := func(lit string) bool {
		if !s.take(lit[first:]) {
			return false
		}
		first = 0
		return true
	}
	if member(`,"fund":"`) {
		e.Fund = s.dimension()
	}
	if member(`,"project":"`) {
		e.Project = s.dimension()
	}
	if member(`,"organisation":"`) {
		e.Organisation = s.dimension()
	}
	if member(`,"district":"`) {
		if e.District = s.dimension(); !isDistrict(e.District) {
			s.fail("district is not 6, 9 or 12 digits")
		}
	}
	if member(`,"year":`) {
		e.Year = s.year()
	}
	if member(`,"vintage":`) {
		e.Vintage = s.year()
	}
	if member(`,"purpose":"`) {
		e.Purpose = s.dimension()
	}
	if !member(`,"lines":[`) {
		s.fail("expected lines, or a member of an entry in its place")
	}
	e.Lines = b.entryLines(s)
	s.want("}")
}

func (s *scanner) dimension() []byte {
	v := s.token()
	if !isValue(v) {
		s.fail("a dimension of an entry is not a VALUE")
	}
	return v
}

// entryLines consumes the lines of one entry after their bracket.
func (b *Body) entryLines(s *scanner) []Line {
	start, seen := len(b.lines), uint32(0)
	for more := true; more; more = s.take(",") {
		s.want(`["`)
		a, ok := ParseAccount(s.token())
		s.want(",")
		fen := s.integer()
		s.want("]")
		if !ok || seen&(1<<a) != 0 || fen == 0 || fen > MaxFen || fen < -MaxFen || len(b.lines)-start == MaxLines {
			s.fail("a line is not a known account, once per entry, with an amount")
			return nil
		}
		seen |= 1 << a
		b.lines = append(b.lines, Line{a, fen})
	}
	s.want("]")
	return b.lines[start:len(b.lines):len(b.lines)]
}

// sums checks that each book sums to zero over all entries. A body of 64 KiB cannot hold enough lines to overflow.
func (b *Body) sums() error {
	var sums [Books]int64
	for i := range b.Entries {
		for _, l := range b.Entries[i].Lines {
			sums[l.Account.Book()] += l.Fen
		}
	}
	if sums != [Books]int64{} {
		return invalid(CodeEntries, "a book does not sum to zero")
	}
	return nil
}

// within reports whether the scopes of h hold every dimension of e that has a scope.
func (e *Entry) within(h *Head) bool {
	var digits [4]byte
	return (e.Fund == nil || h.Has("fund", e.Fund)) &&
		(e.Project == nil || h.Has("project", e.Project)) &&
		(e.Organisation == nil || h.Has("organisation", e.Organisation)) &&
		(e.District == nil || h.Has("district", e.District)) &&
		(e.Year == 0 || h.Has("year", yearDigits(&digits, e.Year))) &&
		(e.Purpose == nil || h.Has("purpose", e.Purpose))
}

// AppendScopes appends the entry's own scopes (section 13) to dst: those of the head whose kind is not a dimension,
// and of the six dimensions its own. scopes are the head's, checked by Match.
func (e *Entry) AppendScopes(dst, scopes [][]byte) [][]byte {
	for _, s := range scopes {
		if e.owns(s) {
			dst = append(dst, s)
		}
	}
	return dst
}

func (e *Entry) owns(scope []byte) bool {
	kind, value, _ := bytes.Cut(scope, []byte("/"))
	switch string(kind) {
	case "fund":
		return bytes.Equal(e.Fund, value)
	case "project":
		return bytes.Equal(e.Project, value)
	case "organisation":
		return bytes.Equal(e.Organisation, value)
	case "district":
		return bytes.Equal(e.District, value)
	case "year":
		var digits [4]byte
		return e.Year != 0 && bytes.Equal(yearDigits(&digits, e.Year), value)
	case "purpose":
		return bytes.Equal(e.Purpose, value)
	}
	return true
}
