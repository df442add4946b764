package record

// class is a set of byte classes; a byte may be in several.
type class uint8

const (
	kindByte  class = 1 << iota // [a-z0-9-], after the first of a KIND or of a segment of a TYPE
	valueByte                   // [A-Za-z0-9._:-], a VALUE
	nameByte                    // [A-Za-z0-9._:/-], a member name
	saltByte                    // [A-Za-z0-9_-], base64url
	keyByte                     // [!#-\[\]-~], an idempotency key
	plainByte                   // stands in a string as itself: ASCII but control, quote and backslash
	hexByte                     // [0-9a-f]
	typeByte                    // [a-z0-9.-], a TYPE
)

var classes = classTable()

func classTable() (t [256]class) {
	for c := byte(0x20); c < 0x7F; c++ {
		lower, digit := c >= 'a' && c <= 'z', isDigit(c)
		word := lower || digit || c >= 'A' && c <= 'Z'
		set := func(in bool, k class) {
			if in {
				t[c] |= k
			}
		}
		set(lower || digit || c == '-', kindByte)
		set(lower || digit || c == '-' || c == '.', typeByte)
		set(word || c == '.' || c == '_' || c == ':' || c == '-', valueByte)
		set(word || c == '.' || c == '_' || c == ':' || c == '-' || c == '/', nameByte)
		set(word || c == '_' || c == '-', saltByte)
		set(c > ' ' && c != '"' && c != '\\', keyByte)
		set(c != '"' && c != '\\', plainByte)
		set(digit || c >= 'a' && c <= 'f', hexByte)
	}
	return t
}

// crockford gives the value of a byte of a ULID, 0xFF for any other.
var crockford = crockfordTable()

const crockfordDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func crockfordTable() (t [256]byte) {
	for i := range t {
		t[i] = 0xFF
	}
	for i := range len(crockfordDigits) {
		t[crockfordDigits[i]] = byte(i)
	}
	return t
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func all(b []byte, k class) bool {
	for _, c := range b {
		if classes[c]&k == 0 {
			return false
		}
	}
	return true
}

func digits(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// cutRef gives the length of the KIND of a REF, -1 when b is none.
func cutRef(b []byte) int {
	slash := 0
	for slash < len(b) && classes[b[slash]]&kindByte != 0 {
		slash++
	}
	if slash == 0 || slash > 24 || slash == len(b) || b[slash] != '/' || b[0] < 'a' || b[0] > 'z' {
		return -1
	}
	if !isValue(b[slash+1:]) {
		return -1
	}
	return slash
}

// isValue holds for [A-Za-z0-9._:-]{1,96}.
func isValue(b []byte) bool { return len(b) >= 1 && len(b) <= 96 && all(b, valueByte) }

// IsRef holds for KIND "/" VALUE of the format, e.g. project/P-2024-0001.
func IsRef(b []byte) bool { return cutRef(b) > 0 }

// IsType holds for an event type, e.g. award.agreed.v1: two or more lower-case segments and a version, at most 64 bytes.
func IsType(b []byte) bool {
	if len(b) > 64 {
		return false
	}
	segments, start := 0, 0
	for i := range b {
		if b[i] != '.' {
			continue
		}
		if !isSegment(b[start:i]) {
			return false
		}
		segments, start = segments+1, i+1
	}
	v := b[start:]
	return segments >= 2 && len(v) >= 2 && len(v) <= 4 && v[0] == 'v' && v[1] != '0' && digits(v[1:])
}

func isSegment(b []byte) bool {
	return len(b) > 0 && b[0] >= 'a' && b[0] <= 'z' && all(b, kindByte)
}

// isScope holds for a REF whose value suits its kind, where the format knows the kind.
func isScope(ref []byte) bool {
	slash := cutRef(ref)
	if slash < 0 {
		return false
	}
	value := ref[slash+1:]
	switch string(ref[:slash]) {
	case "district":
		return isDistrict(value)
	case "year":
		return len(value) == 4 && digits(value) && inYears(number(value))
	case "source":
		return string(value) == "lottery" || string(value) == "venture" || string(value) == "donation"
	case "ledger":
		return string(value) == "meta"
	}
	return true
}

// isDistrict holds for a division code of 6, 9 or 12 digits.
func isDistrict(b []byte) bool {
	return (len(b) == 6 || len(b) == 9 || len(b) == 12) && digits(b)
}

func inYears(n int64) bool { return n >= MinYear && n <= MaxYear }

// number reads digits that were checked before.
func number(b []byte) (n int64) {
	for _, c := range b {
		n = n*10 + int64(c-'0')
	}
	return n
}

// parseDate reads YYYY-MM-DD; ok is false unless it is a real date.
func parseDate(b []byte) (year, day int64, ok bool) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' || !digits(b[:4]) || !digits(b[5:7]) || !digits(b[8:]) {
		return 0, 0, false
	}
	y, m, d := number(b[:4]), number(b[5:7]), number(b[8:])
	if m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, 0, false
	}
	return y, unixDay(y, m, d), true
}

func daysIn(y, m int64) int64 {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// unixDay counts days since 1970-01-01 in the proleptic Gregorian calendar, for years from 0.
func unixDay(y, m, d int64) int64 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	era := (y + 400) / 400 // one era ahead keeps every quotient positive
	rest := y + 400 - era*400
	inYear := (153*(m-3)+2)/5 + d - 1
	return (era-1)*146097 + rest*365 + rest/4 - rest/100 + inYear - 719468
}

// parseTime reads YYYY-MM-DDThh:mm:ss.mmmZ as milliseconds since 1970 UTC; no leap second.
func parseTime(b []byte) (millis int64, ok bool) {
	if len(b) != 24 || b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[19] != '.' || b[23] != 'Z' {
		return 0, false
	}
	_, day, ok := parseDate(b[:10])
	if !ok || !digits(b[11:13]) || !digits(b[14:16]) || !digits(b[17:19]) || !digits(b[20:23]) {
		return 0, false
	}
	h, m, s := number(b[11:13]), number(b[14:16]), number(b[17:19])
	if h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	return ((day*24+h)*60+m)*60000 + s*1000 + number(b[20:23]), true
}

// idMillis reads the time of a ULID in milliseconds since 1970; ok is false unless id is one.
func idMillis(id []byte) (millis int64, ok bool) {
	if len(id) != 26 || id[0] > '7' {
		return 0, false
	}
	var bad byte
	for _, c := range id {
		bad |= crockford[c]
	}
	for _, c := range id[:10] {
		millis = millis<<5 | int64(crockford[c])
	}
	return millis, bad < 32
}
