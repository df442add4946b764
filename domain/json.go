package domain

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is the type of a JSON value.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// value is one JSON value. Strings are unescaped and normalised (FORMAT.md 2:
// CR LF and CR become LF, a tab becomes a space); text of a number is raw.
type value struct {
	kind  kind
	text  string // string, number, "true"
	names []string
	items []value
}

// nothing stands for members that are not there. It is never changed.
var nothing = &value{}

// member returns the member called name; its kind is null when there is none.
// It is to be read only.
func (v *value) member(name string) *value {
	for i := range v.names {
		if v.names[i] == name {
			return &v.items[i]
		}
	}
	return nothing
}

func (v *value) str(name string) string { return v.member(name).text }

func (v *value) fen(name string) Fen { return Fen(v.int(name)) }

func (v *value) int(name string) int64 {
	n, _ := strconv.ParseInt(v.member(name).text, 10, 64)
	return n
}

func (v *value) date(name string) Date {
	d, _ := ParseDate(v.str(name))
	return d
}

func (v *value) has(name string) bool { return v.member(name).kind != kindNull }

func (v *value) strings(name string) []string {
	list := v.member(name).items
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].text
	}
	return out
}

// ErrJSON reports bytes that are no single JSON value as RFC 8259 and API.md 1
// want it: UTF-8, no duplicate names, nothing behind the value.
var ErrJSON = errors.New("malformed JSON")

const maxDepth = 14

// parseJSON reads one JSON value.
func parseJSON(b []byte) (value, error) {
	var p parser
	return p.all(b)
}

// parser reads JSON values. Members and elements lie in slabs that the next
// call of all takes again, so a value is good until then; its strings stay.
type parser struct {
	b     []byte
	i     int
	texts *texts // optional

	names, openNames []string // of objects that are read, and of those being read
	items, openItems []value
}

// all reads b as one JSON value.
func (p *parser) all(b []byte) (value, error) {
	p.b, p.i, p.names, p.items, p.openNames, p.openItems = b, 0, p.names[:0], p.items[:0], p.openNames[:0], p.openItems[:0]
	v, ok := p.value(0)
	p.space()
	if !ok || p.i != len(b) {
		return value{}, ErrJSON
	}
	return v, nil
}

// keep moves what is open from the n-th on into a slab. A slab that is full is
// left to those who hold parts of it, a new one takes its place.
func keep[T any](slab, open *[]T, n int) []T {
	moved := (*open)[n:]
	if cap(*slab)-len(*slab) < len(moved) {
		*slab = make([]T, 0, max(16, 2*cap(*slab), len(moved)))
	}
	from := len(*slab)
	*slab, *open = append(*slab, moved...), (*open)[:n]
	return (*slab)[from:len(*slab):len(*slab)]
}

func (p *parser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) take(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) value(depth int) (v value, ok bool) {
	p.space()
	if p.i >= len(p.b) || depth > maxDepth {
		return v, false
	}
	switch c := p.b[p.i]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		v.kind = kindString
		v.text, ok = p.string()
		return v, ok
	case c == '-' || c >= '0' && c <= '9':
		v.kind = kindNumber
		v.text, ok = p.number()
		return v, ok
	}
	for _, word := range [...]string{"null", "true", "false"} {
		if strings.HasPrefix(string(p.b[p.i:min(len(p.b), p.i+5)]), word) {
			p.i += len(word)
			if word != "null" {
				v.kind, v.text = kindBool, word
			}
			return v, true
		}
	}
	return v, false
}

func (p *parser) object(depth int) (v value, ok bool) {
	v.kind = kindObject
	p.i++
	if p.space(); p.take('}') {
		return v, true
	}
	names, items := len(p.openNames), len(p.openItems)
	for {
		if p.space(); p.i >= len(p.b) || p.b[p.i] != '"' {
			return v, false
		}
		name, ok := p.string()
		if p.space(); !ok || !p.take(':') {
			return v, false
		}
		for _, seen := range p.openNames[names:] {
			if seen == name {
				return v, false
			}
		}
		item, ok := p.value(depth + 1)
		if !ok {
			return v, false
		}
		p.openNames, p.openItems = append(p.openNames, name), append(p.openItems, item)
		p.space()
		if p.take('}') {
			v.names, v.items = keep(&p.names, &p.openNames, names), keep(&p.items, &p.openItems, items)
			return v, true
		}
		if !p.take(',') {
			return v, false
		}
	}
}

func (p *parser) array(depth int) (v value, ok bool) {
	v.kind = kindArray
	p.i++
	if p.space(); p.take(']') {
		return v, true
	}
	items := len(p.openItems)
	for {
		item, ok := p.value(depth + 1)
		if !ok {
			return v, false
		}
		p.openItems = append(p.openItems, item)
		p.space()
		if p.take(']') {
			v.items = keep(&p.items, &p.openItems, items)
			return v, true
		}
		if !p.take(',') {
			return v, false
		}
	}
}

func (p *parser) number() (string, bool) {
	start := p.i
	p.take('-')
	if !p.take('0') && !p.digits() {
		return "", false
	}
	if p.take('.') && !p.digits() {
		return "", false
	}
	if p.take('e') || p.take('E') {
		if !p.take('+') {
			p.take('-')
		}
		if !p.digits() {
			return "", false
		}
	}
	return p.texts.of(p.b[start:p.i]), true
}

func (p *parser) digits() bool {
	start := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > start
}

// string reads a string; the good path copies it in one piece.
func (p *parser) string() (string, bool) {
	p.i++
	start, plain, ascii := p.i, true, true
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			raw := p.b[start:p.i]
			p.i++
			if !ascii && !utf8.Valid(raw) {
				return "", false
			}
			if plain {
				return p.texts.of(raw), true
			}
			return unescape(raw)
		case c == '\\':
			plain, ascii = false, false // it may skip a byte that is not ASCII
			p.i += 2
		case c < 0x20:
			return "", false
		default:
			ascii = ascii && c < utf8.RuneSelf
			p.i++
		}
	}
	return "", false
}

func unescape(raw []byte) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			b.WriteByte(raw[i])
			continue
		}
		i++
		if i >= len(raw) {
			return "", false
		}
		switch raw[i] {
		case '"', '\\', '/':
			b.WriteByte(raw[i])
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r, n := escapedRune(raw[i-1:])
			if n == 0 {
				return "", false
			}
			b.WriteRune(r)
			i += n - 2
		default:
			return "", false
		}
	}
	return b.String(), true
}

// escapedRune reads an escape of four hex digits, or a surrogate pair of two;
// n is the bytes read.
func escapedRune(b []byte) (r rune, n int) {
	unit := func(b []byte) (rune, bool) {
		if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
			return 0, false
		}
		v, err := strconv.ParseUint(string(b[2:6]), 16, 16)
		return rune(v), err == nil
	}
	hi, ok := unit(b)
	if !ok || hi >= 0xDC00 && hi < 0xE000 {
		return 0, 0
	}
	if hi < 0xD800 || hi >= 0xE000 {
		return hi, 6
	}
	lo, ok := unit(b[6:])
	if !ok || lo < 0xDC00 || lo >= 0xE000 {
		return 0, 0
	}
	return 0x10000 + (hi-0xD800)<<10 + (lo - 0xDC00), 12
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ")

// normalText is the text as it may be stored, and whether it may be: FORMAT.md
// 2 and 4 name the characters that are changed and those that are refused.
func normalText(s string) (string, bool) {
	if strings.ContainsAny(s, "\r\t") {
		s = newlines.Replace(s)
	}
	for _, r := range s {
		if forbidden(r) {
			return s, false
		}
	}
	return s, true
}

func forbidden(r rune) bool {
	switch {
	case r == '\n':
		return false
	case r < 0x20, r >= 0x7F && r <= 0x9F:
		return true
	case r < 0x2028:
		return false
	}
	return r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF || r == 0xFFFD ||
		r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
}

// appendString appends s with the only escapes the format allows.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', '\\':
			b = append(append(b, s[start:i]...), '\\', s[i])
		case '\n':
			b = append(append(b, s[start:i]...), '\\', 'n')
		default:
			continue
		}
		start = i + 1
	}
	return append(append(b, s[start:]...), '"')
}

// appendValue appends v in the stored form: no white space, members as they
// came, null members left out.
func appendValue(b []byte, v *value) []byte {
	switch v.kind {
	case kindNull:
		return append(b, "null"...)
	case kindString:
		return appendString(b, v.text)
	case kindArray:
		b = append(b, '[')
		for i := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, &v.items[i])
		}
		return append(b, ']')
	case kindObject:
		b = append(b, '{')
		for i := range v.items {
			if v.items[i].kind == kindNull {
				continue
			}
			b = appendName(b, v.names[i])
			b = appendValue(b, &v.items[i])
		}
		return append(b, '}')
	}
	return append(b, v.text...)
}

// appendName appends a comma where one is needed, the member's name and the colon.
func appendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(append(append(b, '"'), name...), '"', ':')
}
