package record

import (
	"bytes"
	"encoding/hex"
)

// Head is a parsed head line (section 3). Its slices are views into the line; a Head may be parsed again, which reuses
// the array of scopes.
type Head struct {
	ID      []byte   // ULID, 26 bytes; strictly increasing over a ledger
	Time    []byte   // recording time, YYYY-MM-DDThh:mm:ss.mmmZ
	Millis  int64    // the same in milliseconds since 1970 UTC
	Type    []byte   // e.g. award.agreed.v1
	Subject []byte   // REF of what the event is about
	Version uint64   // of the subject: 1, 2, 3…
	Scopes  [][]byte // REFs, sorted bytewise, unique, 1 to 64
	Meta    bool     // the scopes hold ledger/meta: an event of the ledger itself, in every export
	Body    [32]byte // SHA-256 of the body line without LF
}

// Parse reads a head line without its LF and checks everything section 3 says about one line; what holds between lines
// is for Chain. The error is an *Invalid with code head.
func (h *Head) Parse(line []byte) error {
	if len(line) > MaxHead {
		return invalid(CodeHead, "longer than 8192 bytes")
	}
	s := scanner{line: line}
	h.parse(&s)
	if s.reason == "" && s.at != len(line) {
		s.reason = "something follows the object"
	}
	if s.reason != "" {
		return invalid(CodeHead, s.reason)
	}
	return nil
}

func (h *Head) parse(s *scanner) {
	s.want(`{"id":"`)
	h.ID = s.token()
	s.want(`,"time":"`)
	h.Time = s.token()
	var timed, known bool
	h.Millis, timed = parseTime(h.Time)
	if id, ok := idMillis(h.ID); !ok || !timed || id != h.Millis {
		s.fail("id is not a ULID of the time, or time not a real one")
	}
	s.want(`,"type":"`)
	h.Type = s.token()
	if !IsType(h.Type) {
		s.fail("type is not a TYPE")
	}
	s.want(`,"subject":"`)
	h.Subject = s.token()
	if !IsRef(h.Subject) {
		s.fail("subject is not a REF")
	}
	s.want(`,"version":`)
	h.Version = uint64(s.integer())
	if h.Version < 1 || h.Version > MaxVersion {
		s.fail("version is not 1 to 999999999999999")
	}
	h.scopes(s)
	s.want(`,"body":"`)
	if h.Body, known = parseHex(s.token()); !known {
		s.fail("body is not a hash")
	}
	s.want("}")
	if h.Meta != bytes.HasPrefix(h.Type, []byte("ledger.")) {
		s.fail("a type begins with ledger. if and only if the scopes hold ledger/meta")
	}
}

func (h *Head) scopes(s *scanner) {
	s.want(`,"scopes":[`)
	h.Scopes, h.Meta = h.Scopes[:0], false
	var last []byte
	for more := true; more; more = s.take(",") {
		s.want(`"`)
		scope := s.token()
		if !isScope(scope) || bytes.Compare(last, scope) >= 0 || len(h.Scopes) == MaxScopes {
			s.fail("scopes are not 1 to 64 known REFs, sorted and unique")
			return
		}
		h.Scopes, last = append(h.Scopes, scope), scope
		h.Meta = h.Meta || string(scope) == meta
	}
	s.want("]")
}

// Has reports whether the scopes hold the REF KIND/VALUE.
func (h *Head) Has(kind string, value []byte) bool {
	n := len(kind) + 1 + len(value)
	for _, s := range h.Scopes {
		if len(s) == n && s[len(kind)] == '/' && bytes.Equal(s[len(kind)+1:], value) && string(s[:len(kind)]) == kind {
			return true
		}
	}
	return false
}

func (h *Head) hasKind(kind string) bool {
	for _, s := range h.Scopes {
		if len(s) > len(kind) && s[len(kind)] == '/' && string(s[:len(kind)]) == kind {
			return true
		}
	}
	return false
}

// parseHex reads 64 lower-case hex digits.
func parseHex(b []byte) (sum [32]byte, ok bool) {
	if len(b) != 64 || !all(b, hexByte) {
		return sum, false
	}
	_, err := hex.Decode(sum[:], b)
	return sum, err == nil
}
