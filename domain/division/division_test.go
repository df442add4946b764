package division_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"grantledger/domain/division"
)

func TestNormalise(t *testing.T) {
	base := division.Base()
	for _, c := range []struct {
		code string
		year int
		want string
	}{
		{"341822", 2018, "341822"}, // the year before the county became a city: the carry-over leaves this code
		{"341822", 2019, "341882"}, // and enters this one
		{"341822", 2024, "341882"},
		{"341882", 2018, "341882"}, // whichever the clerk types later stays
		{"341882", 2024, "341882"},
		{"341800", 2024, "341800"},
		{"130421", 2024, "130421"}, // divided over several: stays
		{"132700", 2024, "132700"}, // its one successor took a part in another year
		{"152223", 1999, "152223"},
		{"999999", 2024, "999999"},
	} {
		if got := base.Normalise(c.code, c.year); got != c.want {
			t.Errorf("Normalise(%s, %d) = %s, want %s", c.code, c.year, got, c.want)
		}
	}
	if got := base.Current("341822"); got != "341882" {
		t.Errorf("Current = %s", got)
	}
}

func TestNormaliseEnds(t *testing.T) {
	base := division.Base()
	for _, code := range base.Codes() {
		for _, year := range []int{1981, 2000, 2024} {
			n := base.Normalise(code, year)
			if base.Normalise(n, year) != n {
				t.Errorf("Normalise(%s, %d) = %s is not final", code, year, n)
			}
			if base.Valid(code, year) && !base.Valid(n, year) {
				t.Errorf("Normalise(%s, %d) = %s leaves the valid codes", code, year, n)
			}
		}
	}
}

func TestValid(t *testing.T) {
	base := division.Base()
	for _, c := range []struct {
		code string
		year int
		want bool
	}{
		{"341822", 2018, true}, {"341822", 2019, true}, {"341822", 2020, false},
		{"341882", 2018, false}, {"341882", 2019, true}, {"341882", 2199, true},
		{"341871", 2024, false}, // a statistical code
		{"130421", 2017, false},
		{"340000", 1981, true}, {"", 2024, false},
	} {
		if got := base.Valid(c.code, c.year); got != c.want {
			t.Errorf("Valid(%q, %d) = %v", c.code, c.year, got)
		}
	}
}

func TestNamesAndLevels(t *testing.T) {
	base := division.Base()
	for _, c := range []struct{ got, want string }{
		{base.Name("341882", 2024), "广德市"},
		{base.Name("341822", 2018), "广德县"},
		{base.Name("341822", 2024), "广德县"},
		{base.Name("341871", 2024), ""},
		{division.Level("340000"), division.Province},
		{division.Level("341800"), division.Prefecture},
		{division.Level("341882"), division.County},
		{division.ProvinceOf("341882"), "340000"},
		{division.PrefectureOf("341882"), "341800"},
		{fmt.Sprint(base.Predecessors("341882")), "[{341822 2019}]"},
		{fmt.Sprint(base.Successors("341822")), "[{341882 2019}]"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	for _, parent := range []string{"340000", "341800", "341882"} {
		if !division.Below("341882", parent) || division.Below("110101", parent) {
			t.Errorf("Below %s", parent)
		}
	}
	if division.Below("341881", "341882") {
		t.Error("a county holds no other")
	}
}

func TestIn(t *testing.T) {
	var in2018, in2024 []string
	for row := range division.Base().In(2018) {
		in2018 = append(in2018, row.Code)
	}
	for row := range division.Base().In(2024) {
		in2024 = append(in2024, row.Code)
	}
	if !slices.Contains(in2018, "341822") || slices.Contains(in2018, "341882") || !slices.Contains(in2024, "341882") || slices.Contains(in2024, "341822") {
		t.Error("wrong codes in force")
	}
	if !slices.IsSorted(in2024) || len(in2024) < 3000 {
		t.Errorf("%d codes in 2024", len(in2024))
	}
}

func TestWith(t *testing.T) {
	base := division.Base()
	next := base.With("341883", "新广德市", 2026, "341882")
	for _, c := range []struct{ got, want any }{
		{next.Normalise("341822", 2025), "341882"},
		{next.Normalise("341822", 2026), "341883"},
		{next.Valid("341883", 2025), false}, {next.Valid("341883", 2026), true},
		{next.Valid("341882", 2026), true}, {next.Valid("341882", 2027), false},
		{next.Name("341883", 2026), "新广德市"},
		{base.Current("341882"), "341882"}, {base.Valid("341883", 2026), false},
		{next.With("341884", "甲", 2027, "").Current("341884"), "341884"},
	} {
		if c.got != c.want {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func TestSHA256(t *testing.T) {
	if d := division.SHA256(); len(d) != 64 || strings.ToLower(d) != d {
		t.Errorf("digest %q", d)
	}
}

func TestUSCC(t *testing.T) {
	for code, want := range map[string]string{
		"11341700003244799H": division.Valid,
		"11445321007177191T": division.Valid,
		"11370800MB325774GF": division.ChecksumFailed,
		"1134170000324479*H": division.Masked,
		"":                   division.Missing,
		"11341700003244799":  division.ChecksumFailed,
		"11341700003244799I": division.ChecksumFailed,
	} {
		if got := division.CheckUSCC(code); got != want {
			t.Errorf("CheckUSCC(%q) = %s, want %s", code, got, want)
		}
	}
}

func TestLists(t *testing.T) {
	for _, p := range division.Purposes() {
		if !slices.Contains(division.Classes(), p.Class) || p.ZH == "" || p.EN == "" {
			t.Errorf("purpose %+v", p)
		}
	}
	if p, ok := division.PurposeOf("elderly"); !ok || p.ZH != "老年人福利" {
		t.Errorf("elderly: %+v", p)
	}
	if s, ok := division.SubjectOf("2296002"); !ok || s.Kind != "function" {
		t.Errorf("2296002: %+v", s)
	}
	if _, ok := division.PurposeOf("none"); ok {
		t.Error("unknown purpose found")
	}
}

func BenchmarkNormalise(b *testing.B) {
	base := division.Base()
	for b.Loop() {
		base.Normalise("341822", 2024)
	}
}
