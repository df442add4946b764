package record

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"
)

// Heading is what a head line says, for AppendHead. The time of the line is that of the id.
type Heading struct {
	ID      [26]byte // ULID in its text form
	Type    string
	Subject string
	Version uint64
	Scopes  []string // sorted bytewise, unique
	Body    [32]byte // SHA-256 of the body line
}

// AppendHead appends the head line, without LF. It checks nothing: parse the line before it is stored.
func AppendHead(b []byte, h Heading) []byte {
	millis, _ := idMillis(h.ID[:])
	b = append(b, `{"id":"`...)
	b = append(b, h.ID[:]...)
	b = append(b, `","time":"`...)
	b = AppendTime(b, time.UnixMilli(millis))
	b = append(b, `","type":"`...)
	b = append(b, h.Type...)
	b = append(b, `","subject":"`...)
	b = append(b, h.Subject...)
	b = append(b, `","version":`...)
	b = strconv.AppendUint(b, h.Version, 10)
	b = append(b, `,"scopes":[`...)
	for i, s := range h.Scopes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), s...), '"')
	}
	b = append(b, `],"body":"`...)
	b = hex.AppendEncode(b, h.Body[:])
	return append(b, `"}`...)
}

// AppendBodyStart appends the first members of a body line, up to and with the comma after key; the members of section
// 4 that follow, and the closing brace, are the caller's.
func AppendBodyStart(b []byte, salt [16]byte, actor, key string) []byte {
	b = append(b, `{"salt":"`...)
	b = base64.RawURLEncoding.AppendEncode(b, salt[:])
	b = append(b, `","actor":"`...)
	b = append(b, actor...)
	b = append(b, `","key":"`...)
	b = append(b, key...)
	return append(b, `",`...)
}

// AppendTime appends the TIME of section 3, milliseconds cut off, in UTC.
func AppendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

// AppendString appends s as a string with its quotes. It checks nothing: a string with a character that section 4
// forbids (see ValidText) makes a line that Parse refuses.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\n':
			b = append(b, '\\', 'n')
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// ValidText reports whether every character of s may stand in a string of a body; LF may.
func ValidText(s string) bool {
	for i := 0; i < len(s); {
		n := 1
		if c := s[i]; classes[c]&plainByte == 0 && c != '\n' && c != '"' && c != '\\' {
			if n = runeLen([]byte(s[i:min(i+4, len(s))])); n == 0 {
				return false
			}
		}
		i += n
	}
	return true
}
