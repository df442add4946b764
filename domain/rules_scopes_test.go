package domain_test

import "testing"

// TestRulesOfScopes: a head has every dimension of its entries (not the
// vintage), the fund's source, its subject and what that belongs to.
func TestRulesOfScopes(t *testing.T) {
	hold(t, []row{
		{"over districts", "2024-03-01 register-project project=Q name=x district=341881 purpose=elderly", "2024-03-01 allocate fund=F project=Q amount=1.00",
			`allocation.made.v1 project/Q F/2024/2 scopes=district/341881,district/341882,fund/F,project/Q,purpose/elderly,source/lottery,year/2024
			F 341882 2024 v2024: available -1.00 transferred +1.00
			F p=Q 341881 2024 v2024 elderly: allocated +1.00 transferred -1.00`},
		{"without entries", "", "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=300.00 kind=grant",
			`award.proposed.v1 award/W - scopes=award/W,fund/F,organisation/O,project/P,source/lottery`},
		{"a hold on an award", allocated + propose, "2024-03-04 place-hold @checker-1 subject=award/W hold=S reason=x",
			`hold.placed.v1 award/W - scopes=award/W,fund/F,organisation/O,project/P,source/lottery`},
		{"a kept pledge", "2024-03-01 pledge-donation fund=H pledge=L donor=C amount=1.00 form=cash", "2024-03-02 receive-donation fund=H donor=C amount=1.00 receipt=R-1 pledge=L",
			`donation.received.v1 fund/H H/2024/2 scopes=district/341881,fund/H,organisation/C,pledge/L,source/donation,year/2024
			H o=C 341881 2024 v2024: income -1.00
			H 341881 2024 v2024: cash +1.00 authority -1.00 available +1.00
			H o=C 341881 2024: pledge.open -1.00 pledge.fulfilled +1.00`},
		{"a correction belongs where its voucher does", accepted, "2024-04-01 reclassify voucher=F/2024/6 reason=x amount=0.01 district=341802",
			`entry.reclassified.v1 award/W F/2024/7 corrects="F/2024/6" scopes=award/W,district/341802,district/341882,fund/F,organisation/O,project/P,purpose/elderly,source/lottery,year/2024
			F p=P o=O 341882 2024 v2022 elderly: spent -0.01
			F p=P o=O 341802 2024 v2022 elderly: spent +0.01`},
		{"a proposal", policy("approval=1"), "2024-03-02 allocate fund=F project=P amount=1.00", `proposal.made.v1 proposal/when - scopes=fund/F,project/P,proposal/when,source/lottery`},
		{"a carry-over has both years", "", "2024-12-31 close-year fund=F year=2024", `year.carried.v1 fund/F F/2024/2 scopes=district/341882,fund/F,source/lottery,year/2024,year/2025
			F 341882 2024 v2024: available -1000.00 carried +1000.00
			F 341882 2025 v2024: available +1000.00 carried -1000.00
			year.closed.v1 fund/F - scopes=fund/F,source/lottery`},
	})
}
