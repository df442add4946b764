package record

import (
	"bytes"
	"unicode/utf8"
)

// scanner reads one line of the strict JSON of section 4: no white space, three escapes, integers only. The first
// failure is kept and moves it to the end of the line, where nothing more can be taken; callers check once, at the end.
type scanner struct {
	line   []byte
	at     int
	depth  int    // brackets open
	reason string // of the first failure
	names  []span // names of the objects that are open, innermost last
}

type span struct{ from, to int }

func (s *scanner) fail(reason string) {
	if s.reason == "" {
		s.reason = reason
	}
	s.at = len(s.line)
}

func (s *scanner) peek() byte {
	if s.at < len(s.line) {
		return s.line[s.at]
	}
	return 0
}

// take consumes lit when it stands next.
func (s *scanner) take(lit string) bool {
	if len(s.line)-s.at < len(lit) || string(s.line[s.at:s.at+len(lit)]) != lit {
		return false
	}
	s.at += len(lit)
	return true
}

// want consumes lit or fails.
func (s *scanner) want(lit string) {
	if !s.take(lit) {
		s.fail("expected " + lit)
	}
}

// token consumes the rest of a string without escapes and its closing quote; the caller checks the content.
func (s *scanner) token() []byte {
	n := bytes.IndexByte(s.line[s.at:], '"')
	if n < 0 {
		s.fail("a string does not end")
		return nil
	}
	t := s.line[s.at : s.at+n : s.at+n]
	s.at += n + 1
	return t
}

// text consumes a string and gives what stands between its quotes, escapes as they are.
func (s *scanner) text() []byte {
	if s.peek() != '"' {
		s.fail("expected a string")
		return nil
	}
	start := s.at + 1
	for i := start; i < len(s.line); {
		c := s.line[i]
		switch {
		case classes[c]&plainByte != 0:
			i++
		case c == '"':
			s.at = i + 1
			return s.line[start:i:i]
		case c == '\\':
			if i+1 == len(s.line) || s.line[i+1] != '"' && s.line[i+1] != '\\' && s.line[i+1] != 'n' {
				s.fail("an escape other than \\\", \\\\ and \\n")
				return nil
			}
			i += 2
		default:
			n := runeLen(s.line[i:])
			if n == 0 {
				s.fail("a forbidden character or invalid UTF-8")
				return nil
			}
			i += n
		}
	}
	s.fail("a string does not end")
	return nil
}

// runeLen gives the length of the character at the start of b, 0 when it is forbidden in a string or not UTF-8.
func runeLen(b []byte) int {
	if len(b) >= 3 && b[0] >= 0xE3 && b[0] <= 0xEC && b[1]&0xC0 == 0x80 && b[2]&0xC0 == 0x80 {
		return 3 // U+3000 to U+CFFF, most of Chinese: nothing in it is forbidden
	}
	r, n := utf8.DecodeRune(b)
	if forbidden(r) {
		return 0
	}
	return n
}

// forbidden holds for control characters, direction marks, line separators and non-characters; U+FFFD also stands for
// invalid UTF-8.
func forbidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7F && r <= 0x9F, r >= 0x2028 && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true
	case r == 0xFEFF, r == 0xFFFD, r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
		return true
	}
	return false
}

// integer consumes 0|-?[1-9][0-9]{0,15} of at most 2^53-1.
func (s *scanner) integer() int64 {
	negative := s.take("-")
	if !negative && s.take("0") {
		return 0
	}
	start := s.at
	var n int64
	for s.at < len(s.line) && isDigit(s.line[s.at]) && s.at-start <= 16 {
		n = n*10 + int64(s.line[s.at]-'0')
		s.at++
	}
	if s.at == start || s.line[start] == '0' || s.at-start > 16 || n > MaxBalance {
		s.fail("expected an integer of at most 2^53-1")
		return 0
	}
	if negative {
		return -n
	}
	return n
}

func (s *scanner) open(bracket string) {
	s.want(bracket)
	if s.depth++; s.depth > MaxDepth {
		s.fail("more than 16 brackets are open")
	}
}

func (s *scanner) close(bracket string) {
	s.want(bracket)
	s.depth--
}

// value consumes any value.
func (s *scanner) value() {
	switch s.peek() {
	case '{':
		s.object()
	case '[':
		s.array()
	case '"':
		s.text()
	case 't':
		s.want("true")
	case 'f':
		s.want("false")
	case 'n':
		s.want("null")
	default:
		s.integer()
	}
}

func (s *scanner) array() {
	s.open("[")
	if s.peek() != ']' {
		for s.value(); s.take(","); {
			s.value()
		}
	}
	s.close("]")
}

func (s *scanner) object() {
	s.open("{")
	base := len(s.names)
	if s.peek() != '}' {
		for s.member(base); s.take(","); {
			s.member(base)
		}
	}
	s.names = s.names[:base]
	s.close("}")
}

// member consumes one member of the object whose names begin at base.
func (s *scanner) member(base int) {
	s.want(`"`)
	from := s.at
	name := s.token()
	if len(name) == 0 || len(name) > 64 || !all(name, nameByte) {
		s.fail("a member name that is not [A-Za-z0-9._:/-]{1,64}")
		return
	}
	for _, n := range s.names[base:] {
		if bytes.Equal(s.line[n.from:n.to], name) {
			s.fail("a member name twice in one object")
			return
		}
	}
	if len(s.names)-base == MaxMembers {
		s.fail("more than 256 members in one object")
		return
	}
	s.names = append(s.names, span{from, from + len(name)})
	s.want(":")
	s.value()
}

// textLen is the length in bytes of a string once its escapes are read.
func textLen(raw []byte) int {
	n := len(raw)
	for i := bytes.IndexByte(raw, '\\'); i >= 0 && i < len(raw); i++ {
		if raw[i] == '\\' {
			n--
			i++
		}
	}
	return n
}
