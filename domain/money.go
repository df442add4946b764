package domain

import (
	"errors"
	"strconv"

	"github.com/shopspring/decimal"
)

// Fen is an amount of CNY in hundredths of a yuan.
type Fen int64

// MaxAmount is the largest single amount: 13 digits before the point, and the
// bound of one entry line (15 digits of fen).
const MaxAmount Fen = 999_999_999_999_999

// ErrAmount reports a text that is no exact amount.
var ErrAmount = errors.New("no exact amount with two decimals")

// ParseAmount reads an amount as clerks and programs must write it: digits, a
// point, exactly two decimals ("30900.00"), at most 13 digits before the
// point, no sign, no grouping, no leading zeros. It refuses everything else
// with ErrAmount rather than rounding, because a rounded entry would no longer
// match its source document.
func ParseAmount(s string) (Fen, error) {
	n := len(s)
	if n < 4 || n > 16 || s[n-3] != '.' || (s[0] == '0' && n > 4) {
		return 0, ErrAmount
	}
	var v Fen
	for i := 0; i < n; i++ {
		if i == n-3 {
			continue
		}
		c := s[i]
		if c < '0' || c > '9' {
			return 0, ErrAmount
		}
		v = v*10 + Fen(c-'0')
	}
	return v, nil
}

// String writes the amount in yuan with two decimals: "-150000.00". Zero is
// "0.00", never "-0.00".
func (f Fen) String() string {
	return string(f.Append(make([]byte, 0, 24)))
}

// Append appends the amount in yuan to b, as String writes it.
func (f Fen) Append(b []byte) []byte {
	u := uint64(f)
	if f < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/100, 10)
	return append(b, '.', byte('0'+u/10%10), byte('0'+u%10))
}

// Yuan is the amount as an exact decimal, for the edges where amounts meet
// other units; inside, amounts stay fen.
func (f Fen) Yuan() decimal.Decimal { return decimal.New(int64(f), -2) }

// Rounded is the amount in units of 10 to the power of exponent yuan (4 is
// 万元, 8 is 亿元), rounded half up to two decimals from the fen, as DOMAIN.md 11
// rounds each cell for display.
func (f Fen) Rounded(exponent int32) decimal.Decimal {
	hundredths := f.Yuan().Shift(2 - exponent)
	return hundredths.Add(decimal.New(5, -1)).Floor().Shift(-2)
}
