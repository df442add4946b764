package domain

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrEvent reports stored bytes that are no event as FORMAT.md 3 and 4 write it.
var ErrEvent = errors.New("no event in the stored form")

// DecodeEvent reads the head and body lines of a stored event into e; Position
// is left alone. It relies on the member order that FORMAT.md fixes and checks
// no more than it needs: the log checked the lines before.
func DecodeEvent(head, body []byte, e *Event) error {
	h := cursor{b: head}
	e.ID = h.text(`{"id":`)
	stamp := h.text(`,"time":`)
	e.Type = h.text(`,"type":`)
	e.Subject = h.text(`,"subject":`)
	e.Version = uint64(h.number(`,"version":`))
	e.Scopes = h.texts(`,"scopes":[`)
	var ok bool
	if e.Time, ok = parseTime(stamp); !ok || h.bad {
		return fmt.Errorf("%w: head", ErrEvent)
	}
	b := cursor{b: body}
	b.text(`{"salt":`)
	e.Actor = b.text(`,"actor":`)
	e.Key = b.text(`,"key":`)
	e.On, e.Year, e.Memo, e.Docs, e.Entries = 0, 0, "", nil, nil
	if b.next(`,"on":`) {
		e.On, _ = ParseDate(b.quoted())
	}
	if b.next(`,"year":`) {
		e.Year = int(b.integer())
	}
	if b.next(`,"memo":`) {
		e.Memo = b.quoted()
	}
	if b.next(`,"docs":[`) {
		e.Docs = b.docs()
	}
	e.Data = b.object(`,"data":`)
	if b.next(`,"entries":[`) {
		e.Entries = b.entries()
	}
	if b.want(`}`); b.bad || b.i != len(b.b) {
		return fmt.Errorf("%w: body", ErrEvent)
	}
	return nil
}

// parseTime reads "2024-03-05T01:00:00.000Z".
func parseTime(s string) (time.Time, bool) {
	if len(s) != 24 || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z' {
		return time.Time{}, false
	}
	day, ok := ParseDate(s[:10])
	hour, ok1 := digits(s[11:13])
	minute, ok2 := digits(s[14:16])
	second, ok3 := digits(s[17:19])
	milli, ok4 := digits(s[20:23])
	if !ok || !ok1 || !ok2 || !ok3 || !ok4 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	of := int64(day)*86400 + int64(hour*3600+minute*60+second)
	return time.Unix(of, int64(milli)*1_000_000).UTC(), true
}

// cursor reads the fixed form from left to right; bad is set at the first
// byte that is not as expected and stays set.
type cursor struct {
	b   []byte
	i   int
	bad bool
}

// next takes s if it comes next.
func (c *cursor) next(s string) bool {
	if c.bad || len(c.b)-c.i < len(s) || string(c.b[c.i:c.i+len(s)]) != s {
		return false
	}
	c.i += len(s)
	return true
}

func (c *cursor) want(s string) {
	if !c.next(s) {
		c.bad = true
	}
}

func (c *cursor) text(prefix string) string {
	c.want(prefix)
	return c.quoted()
}

// quoted reads a string.
func (c *cursor) quoted() string {
	if c.bad || c.i >= len(c.b) || c.b[c.i] != '"' {
		c.bad = true
		return ""
	}
	rest := c.b[c.i+1:]
	end := bytes.IndexByte(rest, '"')
	if end >= 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
		c.i += end + 2
		return string(rest[:end])
	}
	p := parser{b: c.b, i: c.i}
	s, ok := p.string()
	c.i, c.bad = p.i, !ok
	return s
}

func (c *cursor) number(prefix string) int64 {
	c.want(prefix)
	return c.integer()
}

func (c *cursor) integer() int64 {
	start := c.i
	for c.i < len(c.b) && (c.b[c.i] == '-' || c.b[c.i] >= '0' && c.b[c.i] <= '9') {
		c.i++
	}
	n, err := strconv.ParseInt(string(c.b[start:c.i]), 10, 64)
	c.bad = c.bad || err != nil
	return n
}

func (c *cursor) texts(prefix string) []string {
	c.want(prefix)
	list := make([]string, 0, 8)
	for !c.bad {
		list = append(list, c.quoted())
		if c.next("]") {
			break
		}
		c.want(",")
	}
	return list
}

// object takes a whole object and returns its bytes.
func (c *cursor) object(prefix string) []byte {
	c.want(prefix)
	start, depth := c.i, 0
	for inString := false; c.i < len(c.b) && !c.bad; c.i++ {
		switch ch := c.b[c.i]; {
		case inString && ch == '\\':
			c.i++
		case ch == '"':
			inString = !inString
		case inString:
		case ch == '{':
			depth++
		case ch == '}':
			if depth--; depth == 0 {
				c.i++
				return bytes.Clone(c.b[start:c.i])
			}
		}
	}
	c.bad = true
	return nil
}

func (c *cursor) docs() []Doc {
	var docs []Doc
	for !c.bad {
		d := Doc{SHA256: c.text(`{"sha256":`), Name: c.text(`,"name":`), Kind: c.text(`,"kind":`)}
		if c.next(`,"number":`) {
			d.Number = c.quoted()
		}
		c.want("}")
		docs = append(docs, d)
		if c.next("]") {
			break
		}
		c.want(",")
	}
	return docs
}

func (c *cursor) entries() []Entry {
	entries := make([]Entry, 0, 4)
	for !c.bad {
		entries = append(entries, c.entry())
		if c.next("]") {
			break
		}
		c.want(",")
	}
	return entries
}

func (c *cursor) entry() (e Entry) {
	c.want("{")
	if c.next(`"fund":`) {
		e.Fund = c.quoted()
		c.next(",")
	}
	if c.next(`"project":`) {
		e.Project = c.quoted()
		c.next(",")
	}
	if c.next(`"organisation":`) {
		e.Organisation = c.quoted()
		c.next(",")
	}
	if c.next(`"district":`) {
		e.District = c.quoted()
		c.next(",")
	}
	if c.next(`"year":`) {
		e.Year = int(c.integer())
		c.next(",")
	}
	if c.next(`"vintage":`) {
		e.Vintage = int(c.integer())
		c.next(",")
	}
	if c.next(`"purpose":`) {
		e.Purpose = c.quoted()
		c.next(",")
	}
	c.want(`"lines":[`)
	e.Lines = make([]Line, 0, 4)
	for !c.bad {
		c.want("[")
		a, ok := ParseAccount(c.quoted())
		c.bad = c.bad || !ok
		c.want(",")
		e.Lines = append(e.Lines, Line{a, Fen(c.integer())})
		c.want("]")
		if c.next("]") {
			break
		}
		c.want(",")
	}
	c.want("}")
	return e
}
