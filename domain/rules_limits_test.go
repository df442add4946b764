package domain_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"grantledger/domain"
)

// wide is a text of n characters of four bytes that ends with i.
func wide(n, i int) string {
	s := strconv.Itoa(i)
	return strings.Repeat("𠮷", n-len(s)) + s
}

// TestRulesOfSize: an event that the log cannot hold is refused (DOMAIN.md 7.3,
// FORMAT.md 16), and so is a proposal.
func TestRulesOfSize(t *testing.T) {
	papers := func(lines, docs int) string {
		var l, d []string
		for i := range lines {
			l = append(l, wide(100, i)+":0.01")
		}
		for i := range docs {
			d = append(d, "invoice:"+wide(128, i))
		}
		return "2024-03-08 accept-expenditure award=W docs=" + strings.Join(d, ",") + " lines=" + strings.Join(l, ",")
	}
	hold(t, []row{
		{"a hundred lines", paid, papers(100, 1), `expenditure.accepted.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2022 elderly: advance -1.00 spent +1.00`},
		{"a hundred and one", paid, papers(101, 1), "! invalid_input lines"},
		{"sixty-four documents", paid, papers(1, 64), `expenditure.accepted.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2022 elderly: advance -0.01 spent +0.01`},
		{"sixty-five", paid, papers(1, 65), "! invalid_input docs"},
		{"both", paid, papers(100, 64), "! too_large"},
		{"documents twice in a proposal", paid + policy("approval=1"), papers(1, 64), "! too_large"},
		{"a few in a proposal", paid + policy("approval=1"), papers(1, 20), "proposal.made.v1 proposal/when - steps=1"},
	})
}

// TestRulesOfGroups: lapse and closing are cut into events of at most 100
// balances, and of what 64 scopes hold, as full as they go.
func TestRulesOfGroups(t *testing.T) {
	projects := ""
	for i := range 130 {
		projects += fmt.Sprintf("2024-03-01 register-project project=Q%03d name=x district=341882 purpose=elderly\n2024-03-01 allocate fund=F project=Q%03d amount=0.01\n", i, i)
	}
	vintages := "2024-03-01 register-project project=Q name=x district=341882 purpose=elderly\n"
	for v := 1984; v < 2024; v++ {
		vintages += fmt.Sprintf("2024-03-01 receive-appropriation fund=F amount=1.00 document=V-%d vintage=%d\n2024-03-01 allocate fund=F project=P amount=0.20 vintage=%d\n2024-03-01 allocate fund=F project=Q amount=0.30 vintage=%d\n", v, v, v, v)
	}
	lapse, closing := "2024-12-31 lapse fund=F year=2024", "2024-12-31 close-year fund=F year=2024"
	for _, r := range []struct {
		name, given, when string
		want              []int // balances per event
	}{
		// fund, source, year, district and purpose leave 59 of 64 scopes to projects
		{"by scopes", old + "2024-03-01 reduce-appropriation fund=F amount=1000.00 document=N-9\n" + projects, lapse, []int{59, 59, 13}},
		// with two years, 58
		{"by scopes of two years", "2024-03-01 reduce-appropriation fund=F amount=998.70 document=N-9\n" + projects, closing, []int{58, 58, 14}},
		{"by number", vintages, lapse, []int{100, 20}},
	} {
		t.Run(r.name, func(t *testing.T) {
			l := domain.NewLedger(genesis)
			var c clock
			given := office()
			for i, text := range texts(r.given) {
				given = append(given, step(t, text, "g"+strconv.Itoa(i)))
			}
			for _, cmd := range given {
				if _, code := run(l, cmd, c.at(cmd)); code != "ok" {
					t.Fatalf("%s: %s", cmd.Data, code)
				}
			}
			when := step(t, r.when, "k")
			events, refusal := execute(l, when, c.at(when))
			if refusal != nil {
				t.Fatal(refusal)
			}
			var got []int
			for _, e := range events {
				n := 0
				for _, entry := range e.Entries {
					for _, line := range entry.Lines {
						if line.Amount < 0 && line.Account != domain.Carried {
							n++
						}
					}
				}
				if n > 0 {
					got = append(got, n)
				}
				if len(e.Scopes) > 64 {
					t.Errorf("%d scopes", len(e.Scopes))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(r.want) {
				t.Errorf("got %v, want %v", got, r.want)
			}
		})
	}
}
