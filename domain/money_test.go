package domain

import "testing"

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]Fen{
		"0.00": 0, "0.01": 1, "30900.00": 3090000, "9999999999999.99": 999_999_999_999_999,
	} {
		if got, err := ParseAmount(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "1.0", "1.000", "01.00", "-1.00", "+1.00", "1,000.00", "260余万元", "1.0a", " 1.00", ".00", "10000000000000.00", "１.00"} {
		if got, err := ParseAmount(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

// TestRounded rounds half up from the fen, also below zero.
func TestRounded(t *testing.T) {
	for _, c := range []struct {
		fen      Fen
		exponent int32
		want     string
	}{
		{123_456_789, 4, "123.46"}, {12_345, 4, "0.01"}, {4_999, 4, "0.00"}, {5_000, 4, "0.01"}, {-5_000, 4, "0.00"}, {-5_001, 4, "-0.01"},
		{-15_000, 4, "-0.01"}, {234_700_000_000, 8, "23.47"}, {100, 0, "1.00"},
	} {
		if got := c.fen.Rounded(c.exponent).StringFixed(2); got != c.want {
			t.Errorf("%d at 10^%d: %s, want %s", c.fen, c.exponent, got, c.want)
		}
	}
}
