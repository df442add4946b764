package api

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// errJSON is malformed_json (API.md 1.2).
var errJSON = errors.New("malformed JSON")

const maxDepth = 16

// member is a member of a JSON object: its name, and its value as it came.
type member struct {
	name string
	raw  []byte
}

// checkJSON asks for one JSON value: UTF-8, no duplicate names at any depth,
// nothing behind it.
func checkJSON(data []byte) error {
	s := scan{b: data}
	s.value(0)
	s.space()
	if s.bad || s.i != len(data) || !utf8.Valid(data) {
		return errJSON
	}
	return nil
}

// members splits an object; names are unique.
func members(data []byte) ([]member, error) {
	s := scan{b: data, keep: true}
	s.space()
	if s.i >= len(data) || data[s.i] != '{' {
		return nil, errJSON
	}
	s.object(0)
	s.space()
	if s.bad || s.i != len(data) {
		return nil, errJSON
	}
	return s.members, nil
}

// elements splits an array.
func elements(data []byte) ([][]byte, error) {
	s := scan{b: data, keep: true}
	s.space()
	if s.i >= len(data) || data[s.i] != '[' {
		return nil, errJSON
	}
	s.array(0)
	s.space()
	if s.bad || s.i != len(data) {
		return nil, errJSON
	}
	return s.elements, nil
}

// scan walks over JSON; with keep it notes the parts of the outermost value.
type scan struct {
	b        []byte
	i        int
	bad      bool
	keep     bool
	members  []member
	elements [][]byte
}

func (s *scan) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\n' || s.b[s.i] == '\t' || s.b[s.i] == '\r') {
		s.i++
	}
}

func (s *scan) take(c byte) bool {
	if s.space(); !s.bad && s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// value passes over one value and gives its bytes.
func (s *scan) value(depth int) []byte {
	s.space()
	start := s.i
	if s.i >= len(s.b) || depth > maxDepth {
		s.bad = true
		return nil
	}
	switch s.b[s.i] {
	case '{':
		s.object(depth)
	case '[':
		s.array(depth)
	case '"':
		s.string()
	default:
		for s.i < len(s.b) && !ends(s.b[s.i]) {
			s.i++
		}
		s.bad = s.bad || !json.Valid(s.b[start:s.i])
	}
	return s.b[start:s.i]
}

func ends(c byte) bool {
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\t' || c == '\r'
}

func (s *scan) object(depth int) {
	s.i++
	if s.take('}') {
		return
	}
	names := make([]string, 0, 16)
	for !s.bad {
		if s.space(); s.i >= len(s.b) || s.b[s.i] != '"' {
			s.bad = true
			return
		}
		name := s.string()
		for _, n := range names {
			s.bad = s.bad || n == name
		}
		names = append(names, name)
		if !s.take(':') {
			s.bad = true
			return
		}
		raw := s.value(depth + 1)
		if s.keep && depth == 0 {
			s.members = append(s.members, member{name, raw})
		}
		if s.take('}') {
			return
		}
		s.bad = s.bad || !s.take(',')
	}
}

func (s *scan) array(depth int) {
	s.i++
	if s.take(']') {
		return
	}
	for !s.bad {
		raw := s.value(depth + 1)
		if s.keep && depth == 0 {
			s.elements = append(s.elements, raw)
		}
		if s.take(']') {
			return
		}
		s.bad = s.bad || !s.take(',')
	}
}

// string passes over a string and gives what it says.
func (s *scan) string() string {
	start := s.i
	plain := true
	for s.i++; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return s.said(start, plain)
		case c == '\\':
			plain = false
			s.i++
		case c < 0x20:
			s.bad = true
			return ""
		}
	}
	s.bad = true
	return ""
}

func (s *scan) said(start int, plain bool) string {
	if plain {
		return string(s.b[start+1 : s.i-1])
	}
	var text string
	s.bad = s.bad || json.Unmarshal(s.b[start:s.i], &text) != nil
	return text
}

// textOf is the string that raw holds; ok is false for another kind of value.
func textOf(raw []byte) (text string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(raw, &text) == nil
}

// appendText appends s as a JSON string.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
	return append(append(b, s[start:]...), '"')
}

// appendOptional appends s as a JSON string, null when it is empty.
func appendOptional(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendText(b, s)
}
