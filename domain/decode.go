package domain

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// ErrEvent reports stored bytes that are no event as FORMAT.md 3 and 4 write it.
var ErrEvent = errors.New("no event in the stored form")

// DecodeEvent reads the head and body lines of a stored event into e; Position
// is left alone. It relies on the member order that FORMAT.md fixes and checks
// no more than it needs: the log checked the lines before.
func DecodeEvent(head, body []byte, e *Event) error {
	*e = Event{Position: e.Position}
	if err := decodeEvent(head, body, e, nil); err != nil {
		return err
	}
	e.Data = bytes.Clone(e.Data)
	return nil
}

// Decoder reads many stored events. It is not safe for concurrent use.
type Decoder struct{ texts *texts }

// NewDecoder is a decoder that has read nothing.
func NewDecoder() *Decoder { return &Decoder{newTexts()} }

// Decode is DecodeEvent without garbage: the slices of e are taken again, and
// Data lies in body. An event decoded before into e is gone.
func (d *Decoder) Decode(head, body []byte, e *Event) error {
	return decodeEvent(head, body, e, d.texts)
}

func decodeEvent(head, body []byte, e *Event, t *texts) error {
	h := cursor{b: head, texts: t}
	e.ID = h.once(`{"id":`)
	h.want(`,"time":`)
	stamp, _ := h.plain()
	e.Type = h.text(`,"type":`)
	e.Subject = h.text(`,"subject":`)
	e.Version = uint64(h.number(`,"version":`))
	e.Scopes = h.scopes(`,"scopes":[`, e.Scopes[:0])
	var ok bool
	if e.Time, ok = parseTime(string(stamp)); !ok || h.bad {
		return fmt.Errorf("%w: head", ErrEvent)
	}
	b := cursor{b: body, texts: t}
	b.skip(`{"salt":`)
	e.Actor = b.text(`,"actor":`)
	e.Key = b.once(`,"key":`)
	e.On, e.Year, e.Memo, e.Docs, e.Entries = 0, 0, "", nil, e.Entries[:0]
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
		e.Entries = b.entries(e.Entries)
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
	b     []byte
	i     int
	bad   bool
	texts *texts // optional
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

// once is text for a string that will not come again.
func (c *cursor) once(prefix string) string {
	c.want(prefix)
	if raw, plain := c.plain(); plain {
		return string(raw)
	}
	return c.quoted()
}

// skip passes over a string.
func (c *cursor) skip(prefix string) {
	c.want(prefix)
	if _, plain := c.plain(); !plain {
		c.quoted()
	}
}

// plain reads a string without escapes; with any, or where there is no string,
// it reads nothing.
func (c *cursor) plain() (raw []byte, ok bool) {
	if c.bad || c.i >= len(c.b) || c.b[c.i] != '"' {
		return nil, false
	}
	rest := c.b[c.i+1:]
	end := bytes.IndexByte(rest, '"')
	if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
		return nil, false
	}
	c.i += end + 2
	return rest[:end], true
}

// quoted reads a string.
func (c *cursor) quoted() string {
	if raw, plain := c.plain(); plain {
		return c.texts.of(raw)
	}
	if c.bad || c.i >= len(c.b) || c.b[c.i] != '"' {
		c.bad = true
		return ""
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
	i, negative := c.i, false
	if i < len(c.b) && c.b[i] == '-' {
		i, negative = i+1, true
	}
	var n int64
	start := i
	for ; i < len(c.b) && c.b[i] >= '0' && c.b[i] <= '9'; i++ {
		n = n*10 + int64(c.b[i]-'0')
	}
	c.bad = c.bad || i == start || i-start > 18
	c.i = i
	if negative {
		return -n
	}
	return n
}

func (c *cursor) scopes(prefix string, list []string) []string {
	c.want(prefix)
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
	for ; c.i < len(c.b) && !c.bad; c.i++ {
		switch c.b[c.i] {
		case '"':
			c.i = endOfString(c.b, c.i)
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				c.i++
				return c.b[start:c.i:c.i]
			}
		}
	}
	c.bad = true
	return nil
}

// endOfString is the place of the quote that closes the string at i, or the end
// of b.
func endOfString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return i
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

func (c *cursor) entries(list []Entry) []Entry {
	for !c.bad {
		if len(list) < cap(list) {
			list = list[:len(list)+1]
		} else {
			list = append(list, Entry{})
		}
		c.entry(&list[len(list)-1])
		if c.next("]") {
			break
		}
		c.want(",")
	}
	return list
}

// entry reads an entry into e, whose lines are taken again.
func (c *cursor) entry(e *Entry) {
	e.Dimensions = Dimensions{}
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
	e.Lines = e.Lines[:0]
	for !c.bad {
		c.want("[")
		raw, _ := c.plain()
		a, ok := accountsByName[string(raw)]
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
}
