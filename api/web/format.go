package web

import (
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"grantledger/domain"
)

// Money writes an amount in yuan, "1,234.56"; a negative one in parentheses.
func Money(f domain.Fen) string {
	if f < 0 {
		return "(" + group((-f).String()) + ")"
	}
	return group(f.String())
}

// group puts commas between the thousands of a number that has no sign.
func group(s string) string {
	whole, rest, found := strings.Cut(s, ".")
	if found {
		rest = "." + rest
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return whole + rest
}

// rounded is an amount in units of so many powers of ten yuan, grouped, with
// two decimals.
func rounded(f domain.Fen, exponent int32) string {
	text, negative := strings.CutPrefix(f.Rounded(exponent).StringFixed(2), "-")
	if negative {
		return "-" + group(text)
	}
	return group(text)
}

// Fen of ten thousand and of a hundred million yuan.
const (
	wan = 10_000 * 100
	yi  = 100_000_000 * 100
)

// Short is an amount as head figures and finding sentences show it: from one
// wan in 万元, from one yi in 亿元, else in 元; in English CNY 23.47 m.
func Short(lang string, f domain.Fen) string {
	abs := max(f, -f)
	if lang == "en" {
		switch {
		case abs >= 1_000_000_000*100:
			return "CNY " + rounded(f, 9) + " bn"
		case abs >= 1_000_000*100:
			return "CNY " + rounded(f, 6) + " m"
		}
		return "CNY " + Money(f)
	}
	switch {
	case abs >= yi:
		return rounded(f, 8) + " 亿元"
	case abs >= wan:
		return rounded(f, 4) + " 万元"
	}
	return Money(f) + " 元"
}

// Wan is an amount in 万元 with two decimals and no unit, for marks of charts.
func Wan(f domain.Fen) string { return rounded(f, 4) }

// Percent is a ratio of basis points with one decimal, "77.4%".
func Percent(basisPoints int64) string {
	sign := ""
	if basisPoints < 0 {
		sign, basisPoints = "-", -basisPoints
	}
	tenths := (basisPoints + 5) / 10
	return sign + strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10) + "%"
}

// Count groups the digits of a number.
func Count[N int | uint64](n N) string { return group(strconv.FormatUint(uint64(n), 10)) }

// Hash is the beginning of a hash, twelve hex digits.
func Hash(hex string) string {
	if len(hex) > 12 {
		return hex[:12]
	}
	return hex
}

// moment is a time in UTC+8 to the minute.
func moment(lang string, t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	t = t.In(domain.China)
	if lang == "en" {
		return t.Format("2 Jan 2006 15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// day is a business date.
func day(lang string, d domain.Date) string {
	if d == 0 {
		return "—"
	}
	if lang == "en" {
		return time.Unix(int64(d)*86400, 0).UTC().Format("2 Jan 2006")
	}
	return d.String()
}

// money marks a negative amount for the eye.
func money(f domain.Fen) template.HTML {
	if f < 0 {
		return template.HTML(`<span class="neg">` + Money(f) + `</span>`)
	}
	return template.HTML(Money(f))
}

// number writes a coordinate with at most one decimal.
func number(x float64) string {
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}

// PercentHTML is Percent for a head figure.
func PercentHTML(basisPoints int64) template.HTML { return template.HTML(Percent(basisPoints)) }
