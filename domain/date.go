package domain

import "time"

// Date is a business date: days since 1970-01-01. Zero means no date; real
// dates lie between 1980-01-01 and 2199-12-31.
type Date int32

// China is the zone in which a recording time becomes a recording date.
var China = time.FixedZone("CST", 8*60*60)

// DateOf is the calendar day of t in UTC+8.
func DateOf(t time.Time) Date {
	return Date((t.Unix() + 8*60*60) / 86400)
}

// NewDate is the date of year, month and day; it does not check them.
func NewDate(year, month, day int) Date {
	return Date(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDate reads "2026-09-30". It is false for anything that is no real day
// between 1980 and 2199.
func ParseDate(s string) (Date, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, ok1 := digits(s[:4])
	m, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:])
	if !ok1 || !ok2 || !ok3 || y < MinYear || y > MaxYear || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return civilDays(y, m, d), true
}

// MinYear and MaxYear bound every year in the ledger (FORMAT.md 3).
const (
	MinYear = 1980
	MaxYear = 2199
)

// Year is the calendar year.
func (d Date) Year() int {
	y, _, _ := d.civil()
	return y
}

// Month is the month, 1 to 12.
func (d Date) Month() int {
	_, m, _ := d.civil()
	return m
}

// String writes the date as "2026-09-30"; no date is the empty string.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return string(d.Append(make([]byte, 0, 10)))
}

// Append appends the date as String writes it.
func (d Date) Append(b []byte) []byte {
	y, m, day := d.civil()
	return append(b,
		byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
}

func digits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func daysIn(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// civilDays and civil convert between a proleptic Gregorian date and days
// since 1970-01-01 by eras of 400 years, the year beginning in March.
func civilDays(y, m, d int) Date {
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return Date(era*146097 + doe - 719468)
}

func (d Date) civil() (year, month, day int) {
	z := int(d) + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}
