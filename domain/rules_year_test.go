package domain_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"grantledger/domain"
)

func TestRulesOfLapse(t *testing.T) {
	mix := old + "2024-02-03 receive-appropriation fund=F amount=20.00 document=N-3 vintage=2023\n2024-03-01 allocate fund=F project=P amount=30.00\n"
	lapse := "2024-12-31 lapse fund=F year=2024"
	hold(t, []row{
		{"all of older vintages, available and allocated", mix, lapse, `year.lapsed.v1 fund/F F/2024/5 year=2024
			F p=P 341882 2024 v2022 elderly: allocated -30.00 lapsed +30.00
			F 341882 2024 v2022: available -70.00 lapsed +70.00
			F 341882 2024 v2023: available -20.00 lapsed +20.00`},
		{"recorded in January, posted to the year", mix, "2025-01-15 lapse fund=F year=2024", `year.lapsed.v1 fund/F F/2024/5
			F p=P 341882 2024 v2022 elderly: allocated -30.00 lapsed +30.00
			F 341882 2024 v2022: available -70.00 lapsed +70.00
			F 341882 2024 v2023: available -20.00 lapsed +20.00`},
		{"what is committed stays", old + "2024-03-01 allocate fund=F project=P amount=100.00\n2024-03-02 propose-award award=W fund=F project=P organisation=O amount=99.99 kind=grant\n" + confirm, lapse, `year.lapsed.v1 fund/F F/2024/5
			F p=P 341882 2024 v2022 elderly: allocated -0.01 lapsed +0.01`},
		{"before the last day", mix, "2024-12-30 lapse fund=F year=2024", "! too_early on"},
		{"only this year's vintage", "", lapse, "! nothing_to_lapse"},
		{"twice", mix + lapse, lapse, "! nothing_to_lapse"},
		{"a fund that does not lapse", policy("lapses=false") + mix, lapse, "! nothing_to_lapse"},
		{"closed year", "2024-03-01 close-year fund=F year=2023", "2024-03-01 lapse fund=F year=2023", "! closed_year"},
		{"too early before nothing", "", "2024-12-30 lapse fund=F year=2024", "! too_early"},
		{"a refund of an older vintage, after the lapse", paid + "2024-04-01 demand-refund award=W refund=Z amount=10.00 reason=x\n2025-01-02 close-year fund=F year=2024", "2026-02-01 receive-refund award=W refund=Z bank_reference=X-1 amount=10.00", `refund.received.v1 award/W F/2026/1
			F p=P o=O 341882 2026 v2022 elderly: refund_due -10.00 income +10.00
			F 341882 2026 v2022: recovered -10.00 lapsed +10.00`},
	})
}

func TestRulesOfClosing(t *testing.T) {
	empty := "2024-12-30 reduce-appropriation fund=F amount=1000.00 document=N-2\n"
	hold(t, []row{
		{"carry over", confirmed, "2025-01-10 close-year fund=F year=2024", `year.carried.v1 fund/F F/2024/4 year=2024
			F 341882 2024 v2024: available -500.00 carried +500.00
			F 341882 2025 v2024: available +500.00 carried -500.00
			F p=P 341882 2024 v2024 elderly: allocated -200.00 carried +200.00
			F p=P 341882 2025 v2024 elderly: allocated +200.00 carried -200.00
			F p=P o=O 341882 2024 v2024 elderly: committed -300.00 carried +300.00
			F p=P o=O 341882 2025 v2024 elderly: committed +300.00 carried -300.00
			year.closed.v1 fund/F - year=2024`},
		{"over the change of the county's code", strings.Replace(heldAward, "amount=90.00 document=N-2 vintage=2017", "amount=90.00 document=N-2", 1), "2019-01-05 close-year fund=G year=2018", `year.carried.v1 fund/G G/2018/5
			G 341822 2018 v2018: available -190.00 carried +190.00
			G 341882 2019 v2018: available +190.00 carried -190.00
			G p=K 341822 2018 v2018 rural: allocated -100.00 carried +100.00
			G p=K 341882 2019 v2018 rural: allocated +100.00 carried -100.00
			G p=K o=S 341822 2018 v2018 rural: committed -300.00 carried +300.00
			G p=K o=S 341882 2019 v2018 rural: committed +300.00 carried -300.00
			year.closed.v1 fund/G -`},
		{"donations do not lapse", "2024-03-01 receive-donation fund=H donor=C amount=1.01 receipt=R-1\n2025-01-01 close-year fund=H year=2024", "2026-01-01 close-year fund=H year=2025", `year.carried.v1 fund/H H/2025/1
			H 341881 2025 v2024: available -1.01 carried +1.01
			H 341881 2026 v2024: available +1.01 carried -1.01
			year.closed.v1 fund/H -`},
		{"with nothing in it", "", "2024-12-31 close-year fund=H year=2024", "year.closed.v1 fund/H -"},
		{"before the last day", "", "2024-12-30 close-year fund=F year=2024", "! too_early on"},
		{"twice", "2024-12-31 close-year fund=F year=2024", "2024-12-31 close-year fund=F year=2024", "! closed_year"},
		{"an earlier one afterwards", "2024-12-31 close-year fund=F year=2024", "2024-12-31 close-year fund=F year=2023", "! closed_year"},
		{"not lapsed", old, "2024-12-31 close-year fund=F year=2024", "! lapse_due"},
		{"not lapsed after a carry-over", "2024-12-31 close-year fund=F year=2024", "2025-12-31 close-year fund=F year=2025", "! lapse_due"},
		{"need not lapse", policy("lapses=false") + old, "2024-12-31 close-year fund=F year=2024", `year.carried.v1 fund/F F/2024/3
			F 341882 2024 v2022: available -100.00 carried +100.00
			F 341882 2025 v2022: available +100.00 carried -100.00
			F 341882 2024 v2024: available -1000.00 carried +1000.00
			F 341882 2025 v2024: available +1000.00 carried -1000.00
			year.closed.v1 fund/F -`},
		{"out of order", "", "2025-12-31 close-year fund=F year=2025", "! previous_year_open year"},
		{"out of order, two years before", "2022-12-31 receive-appropriation fund=F amount=0.01 document=N-2", "2024-12-31 close-year fund=F year=2024", "! previous_year_open"},
		{"an empty year before is no obstacle", empty, "2025-12-31 close-year fund=F year=2025", "year.closed.v1 fund/F -"},
		{"and is closed with it", empty + "2025-12-31 close-year fund=F year=2025", "2024-12-31 receive-appropriation fund=F amount=1.00 document=N-3", "! closed_year"},
		{"order before lapse", "2023-12-31 receive-appropriation fund=F amount=0.01 document=N-2\n" + old, "2024-12-31 close-year fund=F year=2024", "! previous_year_open"},
		{"a year later than one that is open", "2025-01-02 receive-appropriation fund=F amount=0.01 document=N-2", "2025-01-03 close-year fund=F year=2024", `year.carried.v1 fund/F F/2024/2
			F 341882 2024 v2024: available -1000.00 carried +1000.00
			F 341882 2025 v2024: available +1000.00 carried -1000.00
			year.closed.v1 fund/F -`},
		{"no fund", "", "2024-12-31 close-year fund=X year=2024", "! unknown_subject fund"},

		{"the opening is there to spend", "2025-01-10 close-year fund=F year=2024", "2025-01-11 allocate fund=F project=P amount=1000.00", `allocation.made.v1 project/P F/2025/1
			F 341882 2025 v2024: available -1000.00
			F p=P 341882 2025 v2024 elderly: allocated +1000.00`},
		{"entries of both years in January", "2025-01-05 receive-appropriation fund=F amount=1.00 document=N-2", "2024-12-31 receive-appropriation ~2025-01-06 fund=F amount=2.00 document=N-3", `appropriation.received.v1 fund/F F/2024/2
			F 341882 2024 v2024: authority -2.00 available +2.00`},
		{"a commitment survives, and lapses when it comes back", confirmed + "2024-12-31 close-year fund=F year=2024\n2025-12-31 lapse fund=F year=2025\n2025-12-31 close-year fund=F year=2025", "2026-02-01 terminate-award award=W reason=x", `award.terminated.v1 award/W F/2026/1
			F p=P o=O 341882 2026 v2024 elderly: committed -300.00
			F p=P 341882 2026 v2024 elderly: lapsed +300.00`},
		{"a year earlier it goes back to the allocation", confirmed + "2024-12-31 close-year fund=F year=2024", "2025-02-01 terminate-award award=W reason=x", `award.terminated.v1 award/W F/2025/1
			F p=P o=O 341882 2025 v2024 elderly: committed -300.00
			F p=P 341882 2025 v2024 elderly: allocated +300.00`},
		{"use of older money needs no carry-over", paid + "2025-01-10 close-year fund=F year=2024", "2025-02-01 accept-expenditure award=W docs=invoice:d lines=I-1:150.00", `expenditure.accepted.v1 award/W F/2025/1
			F p=P o=O 341882 2025 v2022 elderly: advance -100.00 spent +100.00
			F p=P o=O 341882 2025 v2024 elderly: advance -50.00 spent +50.00`},
	})
}

// TestClosingHash: balances_sha256 is that of balances.tsv of the fund alone,
// after the carry.
func TestClosingHash(t *testing.T) {
	l := domain.NewLedger(genesis)
	var c clock
	given := office()
	for i, text := range texts(confirmed) {
		given = append(given, step(t, text, "g"+strconv.Itoa(i)))
	}
	for _, cmd := range given {
		run(l, cmd, c.at(cmd))
	}
	when := step(t, "2025-01-10 close-year fund=F year=2024", "k")
	events, refusal := execute(l, when, c.at(when))
	if refusal != nil {
		t.Fatal(refusal)
	}
	tsv := domain.BalancesHeader
	for _, row := range strings.SplitAfter(l.BalancesTSV(), "\n") {
		if f := strings.Split(row, "\t"); len(f) > 1 && f[1] == "F" {
			tsv += row
		}
	}
	var data struct {
		Sum string `json:"balances_sha256"`
	}
	if err := json.Unmarshal(events[len(events)-1].Data, &data); err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256([]byte(tsv)); data.Sum != hex.EncodeToString(sum[:]) {
		t.Errorf("closed with %s of\n%s", data.Sum, tsv)
	}
}
