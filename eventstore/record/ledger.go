package record

// Opened is the data of ledger.opened.v1 (section 5): what the first event of a ledger fixes.
type Opened struct {
	Format int64  // 1
	Origin string // ORIGIN of the ledger
	Trust  string // the trust text of version 1
}

// ParseOpened reads the members that the format asks for out of the data of a body; others are passed over. A member
// that is absent or of another kind stays zero.
func ParseOpened(data []byte) Opened {
	format, _ := Member(data, "format")
	return Opened{Format: wholeNumber(format), Origin: memberText(data, "origin"), Trust: memberText(data, "trust")}
}

// ParseTrust reads the trust text out of the data of ledger.trust.changed.v1; "" when there is none.
func ParseTrust(data []byte) string { return memberText(data, "trust") }

// ParseSeal reads the checkpoint note out of the data of ledger.sealed.v1; "" when there is none.
func ParseSeal(data []byte) string { return memberText(data, "checkpoint") }

// Member finds a member of an object and gives its value as stored. data is an object that Body.Parse has accepted.
func Member(data []byte, name string) (value []byte, ok bool) {
	s := scanner{line: data}
	s.want("{")
	for s.take(`"`) {
		found := string(s.token()) == name
		s.want(":")
		from := s.at
		s.value()
		if s.reason != "" {
			return nil, false
		}
		if found {
			return data[from:s.at:s.at], true
		}
		s.take(",")
	}
	return nil, false
}

func memberText(data []byte, name string) string {
	v, ok := Member(data, name)
	if !ok || len(v) < 2 || v[0] != '"' {
		return ""
	}
	return Unquote(v[1 : len(v)-1])
}

func wholeNumber(v []byte) int64 {
	s := scanner{line: v}
	n := s.integer()
	if s.reason != "" || s.at != len(v) {
		return 0
	}
	return n
}
