package domain_test

import "testing"

// TestChoices holds rows on which DOMAIN.md is open or can be read in two ways:
// they say what the rules do today, and a change here is a decision.
func TestChoices(t *testing.T) {
	rated := policy("min_rating=3") + "2024-03-01 rate-organisation organisation=O rating=4 from=2020-01-01 until=2025-12-31\n2024-03-01 rate-organisation organisation=O rating=2 from=2024-01-01 until=2028-12-31\n"
	late := "2024-03-01 register-district @admin-1 code=341883 name=x from=2024 predecessor=341882\n"
	hold(t, []row{
		{"of two ratings valid on the day the newest recorded counts", rated, "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=1.00 kind=grant", "! ineligible_recipient"},
		{"a district registered within its year leaves the year's authority under the old code", late, "2024-03-02 allocate fund=F project=P amount=1.00", "! insufficient_available"},
		{"and the carry-over brings it to the new one", late, "2024-12-31 close-year fund=F year=2024", `year.carried.v1 fund/F F/2024/2
			F 341882 2024 v2024: available -1000.00 carried +1000.00
			F 341883 2025 v2024: available +1000.00 carried -1000.00
			year.closed.v1 fund/F -`},
		{"a reclassification without from_district passes over lines at the target", accepted, "2024-04-01 reclassify voucher=F/2024/6 reason=x amount=50.00 district=341882", `entry.reclassified.v1 award/W F/2024/7
			F p=P o=O 341881 2024 v2022 elderly: spent -40.00
			F p=P o=O 341882 2024 v2022 elderly: spent +40.00
			F p=P o=O 341881 2024 v2024 elderly: spent -10.00
			F p=P o=O 341882 2024 v2024 elderly: spent +10.00`},
		{"a reclassification is reversed, not reclassified", accepted + "2024-04-01 reclassify voucher=F/2024/6 reason=x amount=1.00 district=341802", "2024-04-01 reclassify voucher=F/2024/7 reason=x amount=1.00 district=341823", "! not_reversible"},
		{"a payment reversed after the termination leaves committed behind", paid + "2024-03-06 terminate-award award=W reason=x", "2024-03-07 reverse-entry voucher=F/2024/5 reason=x", `entry.reversed.v1 award/W F/2024/7
			F p=P o=O 341882 2024 v2022 elderly: committed +100.00 disbursed -100.00 advance -100.00 income +100.00
			F p=P o=O 341882 2024 v2024 elderly: committed +50.00 disbursed -50.00 advance -50.00 income +50.00`},
		{"which a second termination takes back, the older vintage lapsed", paid + "2024-03-06 terminate-award award=W reason=x\n2024-03-07 reverse-entry voucher=F/2024/5 reason=x", "2024-03-08 terminate-award award=W reason=x", `award.terminated.v1 award/W F/2024/8
			F p=P o=O 341882 2024 v2022 elderly: committed -100.00
			F p=P 341882 2024 v2022 elderly: lapsed +100.00
			F p=P o=O 341882 2024 v2024 elderly: committed -50.00
			F p=P 341882 2024 v2024 elderly: allocated +50.00`},
		{"and no third", paid + "2024-03-06 terminate-award award=W reason=x\n2024-03-07 reverse-entry voucher=F/2024/5 reason=x\n2024-03-08 terminate-award award=W reason=x", "2024-03-09 terminate-award award=W reason=x", "! wrong_state"},
		{"the steps of a proposal are those of the day it was made", persons + policy("approval=1") + "2024-03-02 allocate #k fund=F project=P amount=1.00\n" + policy("approval=2"), "2024-03-03 approve-proposal @checker-1 proposal=k", `proposal.approved.v1 proposal/k -
			allocation.made.v1 project/P F/2024/2
			F 341882 2024 v2024: available -1.00
			F p=P 341882 2024 v2024 elderly: allocated +1.00`},
		{"both shares and instalments do not fit", confirmed, "2024-03-04 sign-agreement award=W agreement=A-1 shares=100:signing instalments=300.00:signing", "! instalments_mismatch"},
		{"a project is not moved to itself", allocated, "2024-03-04 reallocate fund=F project=P to_project=P amount=1.00", "! invalid_input to_project"},
		{"an award is not proposed for a closed project", "2024-03-01 close-project project=P", "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=1.00 kind=grant", "! wrong_state"},
		{"a lot revalued since is not reversed", lot + "2024-03-02 revalue-goods lot=L value=90.00 basis=market", "2024-03-03 reverse-entry voucher=H/2024/1 reason=x", "! used_downstream"},
	})
}
