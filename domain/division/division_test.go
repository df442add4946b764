package division

import "testing"

func TestNormalise(t *testing.T) {
	r := Base()
	for _, c := range []struct {
		code string
		year int
		want string
	}{
		{"341822", 2018, "341822"}, {"341822", 2019, "341882"}, {"341822", 2024, "341882"}, {"341882", 2018, "341882"},
		{"342523", 1999, "342523"}, {"342523", 2000, "341822"}, {"342523", 2020, "341882"},
		{"341881", 2024, "341881"}, {"341871", 2024, "341871"},
		{"120106", 2021, "120106"}, // in force, a part of it left
		{"130124", 2020, "130124"}, // divided
	} {
		if got := r.Normalise(c.code, c.year); got != c.want {
			t.Errorf("Normalise(%s, %d) = %s, want %s", c.code, c.year, got, c.want)
		}
	}
}

func TestValid(t *testing.T) {
	r := Base()
	for _, c := range []struct {
		code string
		year int
		want bool
	}{
		{"341822", 2018, true}, {"341822", 2019, true}, {"341822", 2020, false}, {"341882", 2018, false}, {"341882", 2024, true},
		{"341871", 2024, false}, {"999999", 2024, false}, {"341800", 2024, true},
	} {
		if got := r.Valid(c.code, c.year); got != c.want {
			t.Errorf("Valid(%s, %d) = %v", c.code, c.year, got)
		}
	}
}

func TestWith(t *testing.T) {
	r := Base().With("341883", "泾县市", 2027, "341823")
	if got := r.Normalise("341823", 2027); got != "341883" {
		t.Errorf("in 2027 341823 is %s", got)
	}
	if got := r.Normalise("341823", 2026); got != "341823" {
		t.Errorf("in 2026 341823 is %s", got)
	}
	if Base().Normalise("341823", 2030) != "341823" {
		t.Error("With changed the base register")
	}
	if got := r.Predecessors("341883"); len(got) != 1 || got[0] != "341823" {
		t.Errorf("predecessors %v", got)
	}
}

func TestCheckUSCC(t *testing.T) {
	for code, want := range map[string]string{
		"11341700003244799H": "valid", "11445321007177191T": "valid", "11370800MB325774GF": "checksum_failed",
		"": "missing", "1134170000324479**": "masked", "I1341700003244799H": "checksum_failed",
	} {
		if got := CheckUSCC(code); got != want {
			t.Errorf("CheckUSCC(%q) = %s, want %s", code, got, want)
		}
	}
}

func TestLists(t *testing.T) {
	if p, ok := PurposeOf("elderly"); !ok || p.Class != "老年人福利" {
		t.Errorf("elderly: %v %v", p, ok)
	}
	if len(Purposes()) != 10 || len(Subjects()) < 5 || len(SHA256()) != 64 {
		t.Error("lists are not as embedded")
	}
}
