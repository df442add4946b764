package record

import (
	"bytes"
	"crypto/sha256"
)

// Body is a parsed body line (section 4). Its slices are views into the line; a Body may be parsed again, which reuses
// the arrays of entries and lines.
type Body struct {
	Salt    []byte  // 22 bytes of base64url: 128 random bits
	Actor   []byte  // REF, user/… or system/…
	Key     []byte  // idempotency key of the command
	On      []byte  // business date YYYY-MM-DD; nil when absent
	Year    int     // accounting year; 0 when absent
	Memo    []byte  // between the quotes, escapes as stored (see Unquote); nil when absent
	Docs    []byte  // the array as stored; nil when absent
	Data    []byte  // the object as stored
	Entries []Entry // nil or empty when absent

	lines []Line
	names []span
}

// Parse reads a body line without its LF and checks everything section 4 says about the line alone, sums included;
// what it owes to its head is for Match. The error is an *Invalid with code body or entries.
func (b *Body) Parse(line []byte) error {
	if len(line) > MaxBody {
		return invalid(CodeBody, "longer than 65536 bytes")
	}
	s := scanner{line: line, names: b.names[:0]}
	b.parse(&s)
	b.names = s.names
	if s.reason == "" && s.at != len(line) {
		s.reason = "something follows the object"
	}
	if s.reason != "" {
		return invalid(CodeBody, s.reason)
	}
	return b.sums()
}

func (b *Body) parse(s *scanner) {
	*b = Body{Entries: b.Entries[:0], lines: b.lines[:0], names: b.names}
	s.want(`{"salt":"`)
	if b.Salt = s.token(); !isSalt(b.Salt) {
		s.fail("salt is not 128 bits in base64url")
	}
	s.want(`,"actor":"`)
	if b.Actor = s.token(); !IsRef(b.Actor) {
		s.fail("actor is not a REF")
	}
	s.want(`,"key":"`)
	if b.Key = s.token(); len(b.Key) == 0 || len(b.Key) > 128 || !all(b.Key, keyByte) {
		s.fail("key is not 1 to 128 visible ASCII characters")
	}
	s.depth = 1
	b.dates(s)
	if s.take(`,"memo":`) {
		if b.Memo = s.text(); len(b.Memo) == 0 || textLen(b.Memo) > 4096 {
			s.fail("memo is not 1 to 4096 bytes")
		}
	}
	if s.take(`,"docs":`) {
		b.Docs = docs(s)
	}
	s.want(`,"data":`)
	start := s.at
	s.object()
	b.Data = s.line[min(start, s.at):s.at:s.at]
	if s.take(`,"entries":`) {
		b.entries(s)
	}
	s.want("}")
}

func (b *Body) dates(s *scanner) {
	if s.take(`,"on":"`) {
		b.On = s.token()
		if year, _, ok := parseDate(b.On); !ok || !inYears(year) {
			s.fail("on is not a real date from 1980 to 2199")
		}
	}
	if s.take(`,"year":`) {
		b.Year = s.year()
	}
}

func (s *scanner) year() int {
	n := s.integer()
	if !inYears(n) {
		s.fail("a year is not 1980 to 2199")
	}
	return int(n)
}

// isSalt holds for 22 base64url characters whose last holds only two bits.
func isSalt(b []byte) bool {
	return len(b) == 22 && all(b, saltByte) && (b[21] == 'A' || b[21] == 'Q' || b[21] == 'g' || b[21] == 'w')
}

// docs consumes the list of documents.
func docs(s *scanner) []byte {
	start := s.at
	s.want("[")
	count := 0
	for more := true; more; more = s.take(",") {
		document(s)
		if count++; count > MaxDocs {
			s.fail("more than 64 docs")
		}
	}
	s.want("]")
	return s.line[min(start, s.at):s.at:s.at]
}

func document(s *scanner) {
	s.want(`{"sha256":"`)
	if _, ok := parseHex(s.token()); !ok {
		s.fail("sha256 of a document is not a hash")
	}
	s.want(`,"name":`)
	if name := s.text(); len(name) == 0 || textLen(name) > 512 {
		s.fail("name of a document is not 1 to 512 bytes")
	}
	s.want(`,"kind":"`)
	if !isDocKind(s.token()) {
		s.fail("unknown kind of document")
	}
	if s.take(`,"number":`) {
		if number := s.text(); len(number) == 0 || textLen(number) > 128 {
			s.fail("number of a document is not 1 to 128 bytes")
		}
	}
	s.want("}")
}

func isDocKind(kind []byte) bool {
	switch string(kind) {
	case "voucher", "invoice", "agreement", "receipt", "notice", "report", "photo":
		return true
	}
	return false
}

// Match checks what body line and head owe each other: the hash, the year, and the scopes that the entries force.
// sum is the SHA-256 of the line that b was parsed from. The error is an *Invalid with code body, entries or scopes.
func (b *Body) Match(h *Head, sum [32]byte) error {
	if sum != h.Body {
		return invalid(CodeBody, "SHA-256 of the body is not the one in the head")
	}
	var digits [4]byte
	if b.Year != 0 && !h.Has("year", yearDigits(&digits, b.Year)) {
		return invalid(CodeScopes, "year is not in the scopes")
	}
	if len(b.Entries) == 0 {
		return nil
	}
	if h.Meta {
		return invalid(CodeEntries, "an event of the ledger itself has entries")
	}
	if !h.hasKind("source") {
		return invalid(CodeScopes, "entries without a source in the scopes")
	}
	for i := range b.Entries {
		if !b.Entries[i].within(h) {
			return invalid(CodeScopes, "a dimension of an entry is not in the scopes")
		}
	}
	return nil
}

func yearDigits(d *[4]byte, year int) []byte {
	*d = [4]byte{byte('0' + year/1000), byte('0' + year/100%10), byte('0' + year/10%10), byte('0' + year%10)}
	return d[:]
}

// Event is a head and its body, checked together.
type Event struct {
	Head Head
	Body Body
}

// Parse reads both lines, without LF, and checks sections 3 and 4 in full.
func (e *Event) Parse(head, body []byte) error {
	if err := e.Head.Parse(head); err != nil {
		return err
	}
	return e.ParseBody(body)
}

// ParseBody reads the body line of the head that was parsed last.
func (e *Event) ParseBody(body []byte) error {
	return e.ParseHashed(body, sha256.Sum256(body))
}

// ParseHashed is ParseBody for a caller who has the SHA-256 of the body line already.
func (e *Event) ParseHashed(body []byte, sum [32]byte) error {
	if err := e.Body.Parse(body); err != nil {
		return err
	}
	return e.Body.Match(&e.Head, sum)
}

// Unquote gives the text of a string as stored between its quotes, e.g. of Memo.
func Unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\\' && i+1 < len(raw) {
			i++
			if c = raw[i]; c == 'n' {
				c = '\n'
			}
		}
		out = append(out, c)
	}
	return string(out)
}
