package domain_test

import "testing"

// accepted is use of the payment in two counties: 60.00 at home (2022), 40.00
// (2022) and 20.01 (2024) next door (F/2024/6).
var accepted = paid + "2024-03-08 accept-expenditure award=W docs=invoice:d1 lines=I-1:60.00,I-2:60.01:341881\n"

// audited is accepted with 2024 closed.
var audited = accepted + "2025-01-02 close-year fund=F year=2024\n"

func TestRulesOfReversals(t *testing.T) {
	hold(t, []row{
		{"in the year of the voucher", "", "2025-01-05 reverse-entry voucher=F/2024/1 reason=x", `entry.reversed.v1 fund/F F/2024/2 reverses="F/2024/1" reason="x"
			F 341882 2024 v2024: authority +1000.00 available -1000.00`},
		{"of a reduction", "2024-03-01 reduce-appropriation fund=F amount=0.01 document=N-2", "2024-03-01 reverse-entry voucher=F/2024/2 reason=x", `entry.reversed.v1 fund/F F/2024/3
			F 341882 2024 v2024: authority -0.01 available +0.01`},
		{"no voucher", "", "2024-03-01 reverse-entry voucher=F/2024/2 reason=x", "! unknown_subject voucher"},
		{"without reason", "", "2024-03-01 reverse-entry voucher=F/2024/1", "! invalid_input reason"},
		{"twice", "2024-03-01 reverse-entry voucher=F/2024/1 reason=x", "2024-03-01 reverse-entry voucher=F/2024/1 reason=x", "! already_reversed voucher"},
		{"of a reversal", "2024-03-01 reverse-entry voucher=F/2024/1 reason=x", "2024-03-01 reverse-entry voucher=F/2024/2 reason=x", "! not_reversible voucher"},
		{"of a confirmation", confirmed, "2024-03-09 reverse-entry voucher=F/2024/3 reason=x", "! not_reversible"},
		{"of a signature", confirmed + "2024-03-04 sign-agreement award=W agreement=A-1 shares=100:signing match=1.00", "2024-03-09 reverse-entry voucher=F/2024/4 reason=x", "! not_reversible"},
		{"of a termination", mixed + "2024-03-05 terminate-award award=W reason=x", "2024-03-09 reverse-entry voucher=F/2024/5 reason=x", "! not_reversible"},
		{"of a written-off claim", demanded + "2024-04-02 write-off-refund award=W refund=Z amount=1.00 reason=x", "2024-04-09 reverse-entry voucher=F/2024/7 reason=x", "! not_reversible"},
		{"of a closed year", audited, "2025-01-05 reverse-entry voucher=F/2024/6 reason=x", "! closed_year"},
		{"of a carry-over", audited, "2025-01-05 reverse-entry voucher=F/2024/7 reason=x", "! closed_year"},
		{"before the voucher", "", "2024-01-31 reverse-entry voucher=F/2024/1 reason=x", "! too_early on"},
		{"appropriation in use", "2024-03-01 allocate fund=F project=P amount=0.01", "2024-03-01 reverse-entry voucher=F/2024/1 reason=x", "! used_downstream"},
		{"appropriation half reduced", "2024-03-01 reduce-appropriation fund=F amount=0.01 document=N-2", "2024-03-01 reverse-entry voucher=F/2024/1 reason=x", "! used_downstream"},
		{"too early before in use", "2024-03-01 allocate fund=F project=P amount=0.01", "2024-01-31 reverse-entry voucher=F/2024/1 reason=x", "! too_early"},
		{"donation in use", "2024-03-01 register-project project=R name=x district=341881 purpose=rural\n2024-03-01 receive-donation fund=H donor=C amount=1.00 receipt=R-1\n2024-03-01 allocate fund=H project=R amount=0.01", "2024-03-01 reverse-entry voucher=H/2024/1 reason=x", "! used_downstream"},
		{"moved use stays", accepted + "2024-04-01 reclassify voucher=F/2024/6 amount=0.01 district=341802 reason=x", "2024-04-02 reverse-entry voucher=F/2024/6 reason=x", "! used_downstream"},
		{"moved back, it goes", accepted + "2024-04-01 reclassify voucher=F/2024/6 amount=0.01 district=341802 reason=x\n2024-04-01 reverse-entry voucher=F/2024/7 reason=x", "2024-04-02 reverse-entry voucher=F/2024/6 reason=x", `entry.reversed.v1 award/W F/2024/9
			F p=P o=O 341882 2024 v2022 elderly: advance +100.00 spent -60.00
			F p=P o=O 341881 2024 v2022 elderly: spent -40.00
			F p=P o=O 341882 2024 v2024 elderly: advance +20.01
			F p=P o=O 341881 2024 v2024 elderly: spent -20.01`},
	})
}

func TestRulesOfReclassifications(t *testing.T) {
	move := "2024-04-01 reclassify voucher=F/2024/6 reason=x "
	hold(t, []row{
		{"in the order of the voucher", accepted, move + "amount=110.00 district=341802", `entry.reclassified.v1 award/W F/2024/7 amount=11000
			F p=P o=O 341882 2024 v2022 elderly: spent -60.00
			F p=P o=O 341881 2024 v2022 elderly: spent -40.00
			F p=P o=O 341802 2024 v2022 elderly: spent +100.00
			F p=P o=O 341881 2024 v2024 elderly: spent -10.00
			F p=P o=O 341802 2024 v2024 elderly: spent +10.00`},
		{"from one district", accepted, move + "amount=50.00 district=341822 from_district=341881", `entry.reclassified.v1 award/W F/2024/7
			F p=P o=O 341881 2024 v2022 elderly: spent -40.00
			F p=P o=O 341882 2024 v2022 elderly: spent +40.00
			F p=P o=O 341881 2024 v2024 elderly: spent -10.00
			F p=P o=O 341882 2024 v2024 elderly: spent +10.00`},
		{"delivered goods", lot + "2024-03-02 deliver-goods lot=L project=R organisation=O quantity=1 docs=photo:a", "2024-03-03 reclassify voucher=H/2024/2 amount=33.33 district=341881 reason=x", `entry.reclassified.v1 lot/L H/2024/3
			H p=R o=O 341882 2024 rural: delivered -33.33
			H p=R o=O 341881 2024 rural: delivered +33.33`},
		{"in the voucher's year", accepted, "2025-01-01 reclassify voucher=F/2024/6 reason=x amount=0.01 district=341802", `entry.reclassified.v1 award/W F/2024/7
			F p=P o=O 341882 2024 v2022 elderly: spent -0.01
			F p=P o=O 341802 2024 v2022 elderly: spent +0.01`},
		{"over the voucher", accepted, move + "amount=120.02 district=341802", "! over_voucher amount"},
		{"over the district", accepted, move + "amount=60.02 district=341882 from_district=341881", "! over_voucher amount"},
		{"over what was not moved", accepted + move + "amount=110.00 district=341802", move + "amount=10.02 district=341823", "! over_voucher"},
		{"what was not moved", accepted + move + "amount=110.00 district=341802", move + "amount=10.01 district=341823", `entry.reclassified.v1 award/W F/2024/8
			F p=P o=O 341881 2024 v2024 elderly: spent -10.01
			F p=P o=O 341823 2024 v2024 elderly: spent +10.01`},
		{"moved again once reversed", accepted + move + "amount=110.00 district=341802\n2024-04-02 reverse-entry voucher=F/2024/7 reason=x", move + "amount=60.00 district=341823", `entry.reclassified.v1 award/W F/2024/9
			F p=P o=O 341882 2024 v2022 elderly: spent -60.00
			F p=P o=O 341823 2024 v2022 elderly: spent +60.00`},
		{"to the same district", accepted, move + "amount=1.00 district=341881 from_district=341881", "! invalid_input district"},
		{"to the same district under its old code", lot + "2024-03-02 deliver-goods lot=L project=R organisation=O quantity=1 docs=photo:a", "2024-03-03 reclassify voucher=H/2024/2 amount=33.33 district=341822 reason=x", "! invalid_input district"},
		{"to nowhere", accepted, move + "amount=1.00 district=341871", "! invalid_district district"},
		{"of an allocation", accepted, "2024-04-01 reclassify voucher=F/2024/3 reason=x amount=1.00 district=341802", "! not_reversible"},
		{"of a reversed acceptance", accepted + "2024-04-01 reverse-entry voucher=F/2024/6 reason=x", move + "amount=1.00 district=341802", "! not_reversible"},
		{"before the voucher", accepted, "2024-03-07 reclassify voucher=F/2024/6 reason=x amount=1.00 district=341802", "! too_early on"},
		{"of a closed year", audited, "2025-04-01 reclassify voucher=F/2024/6 reason=x amount=1.00 district=341802", "! closed_year"},
		{"of no voucher", accepted, "2024-04-01 reclassify voucher=F/2024/66 reason=x amount=1.00 district=341802", "! unknown_subject voucher"},
	})
}

func TestRulesOfAdjustments(t *testing.T) {
	adjust := "2025-04-01 adjust-prior-year voucher=F/2024/6 reason=x "
	old := heldAward + "2018-03-05 disburse award=K1 instalment=1 payee=S bank_reference=B-1\n2018-04-01 accept-expenditure award=K1 docs=receipt:d lines=I-1:100.00\n2019-01-05 close-year fund=G year=2018\n"
	hold(t, []row{
		{"disallowed", audited, adjust + "kind=disallowed amount=80.00 refund=Z", `expenditure.adjusted.v1 award/W F/2025/1 corrects_year=2024 kind="disallowed" refund="Z"
			F p=P o=O 341882 2025 v2022 elderly: spent -60.00 refund_due +80.00
			F p=P o=O 341881 2025 v2022 elderly: spent -20.00`},
		{"district", audited, adjust + "kind=district amount=110.00 district=341802", `expenditure.adjusted.v1 award/W F/2025/1 corrects_year=2024
			F p=P o=O 341882 2025 v2022 elderly: spent -60.00
			F p=P o=O 341881 2025 v2022 elderly: spent -40.00
			F p=P o=O 341802 2025 v2022 elderly: spent +100.00
			F p=P o=O 341881 2025 v2024 elderly: spent -10.00
			F p=P o=O 341802 2025 v2024 elderly: spent +10.00`},
		{"under the new code", old, "2019-04-01 adjust-prior-year voucher=G/2018/6 reason=x kind=disallowed amount=95.00 refund=Z", `expenditure.adjusted.v1 award/K1 G/2019/1 corrects_year=2018
			G p=K o=S 341882 2019 v2017 rural: spent -90.00 refund_due +90.00
			G p=K o=S 341882 2019 v2018 rural: spent -5.00 refund_due +5.00`},
		{"its claim is of the corrected year", audited + adjust + "kind=disallowed amount=80.00 refund=Z", "2025-05-01 receive-refund award=W refund=Z bank_reference=X-1 amount=80.00", `refund.received.v1 award/W F/2025/2
			F p=P o=O 341882 2025 v2022 elderly: refund_due -80.00 income +80.00
			F 341882 2025 v2022: recovered -80.00 lapsed +80.00`},
		{"the claim of a held fund", old + "2019-04-01 adjust-prior-year voucher=G/2018/6 reason=x kind=disallowed amount=95.00 refund=Z", "2019-05-01 receive-refund award=K1 refund=Z bank_reference=X-1 amount=95.00", `refund.received.v1 award/K1 G/2019/2
			G p=K o=S 341882 2019 v2017 rural: refund_due -90.00
			G 341882 2019 v2017: cash +90.00 recovered -90.00 lapsed +90.00
			G p=K o=S 341882 2019 v2018 rural: refund_due -5.00
			G 341882 2019 v2018: cash +5.00 recovered -5.00 available +5.00`},
		{"in an open year", accepted, "2024-04-01 adjust-prior-year voucher=F/2024/6 reason=x kind=disallowed amount=1.00 refund=Z", "! year_still_open voucher"},
		{"posted to the closed year", audited, "2024-12-31 adjust-prior-year voucher=F/2024/6 reason=x kind=disallowed amount=1.00 refund=Z", "! closed_year"},
		{"of a payment", audited, "2025-04-01 adjust-prior-year voucher=F/2024/5 reason=x kind=disallowed amount=1.00 refund=Z", "! not_reversible"},
		{"of a reversed acceptance", accepted + "2024-04-01 reverse-entry voucher=F/2024/6 reason=x\n2025-01-02 close-year fund=F year=2024", adjust + "kind=disallowed amount=1.00 refund=Z", "! not_reversible"},
		{"claim twice", audited + adjust + "kind=disallowed amount=80.00 refund=Z", adjust + "kind=disallowed amount=1.00 refund=Z", "! already_exists refund"},
		{"claim without id", audited, adjust + "kind=disallowed amount=1.00", "! invalid_input refund"},
		{"district without code", audited, adjust + "kind=district amount=1.00", "! invalid_input district"},
		{"to nowhere", audited, adjust + "kind=district amount=1.00 district=341871", "! invalid_district district"},
		{"over the voucher", audited, adjust + "kind=disallowed amount=120.02 refund=Z", "! over_voucher amount"},
		{"over the rest", audited + adjust + "kind=disallowed amount=80.00 refund=Z", adjust + "kind=district amount=40.02 district=341802", "! over_voucher"},
		{"the rest", audited + adjust + "kind=disallowed amount=80.00 refund=Z", adjust + "kind=district amount=40.01 district=341802", `expenditure.adjusted.v1 award/W F/2025/2
			F p=P o=O 341881 2025 v2022 elderly: spent -20.00
			F p=P o=O 341802 2025 v2022 elderly: spent +20.00
			F p=P o=O 341881 2025 v2024 elderly: spent -20.01
			F p=P o=O 341802 2025 v2024 elderly: spent +20.01`},
		{"what was reclassified before the close counts", accepted + "2024-04-01 reclassify voucher=F/2024/6 reason=x amount=110.00 district=341802\n2025-01-02 close-year fund=F year=2024", adjust + "kind=disallowed amount=10.02 refund=Z", "! over_voucher"},
		{"an adjustment is not reversible", audited + adjust + "kind=disallowed amount=80.00 refund=Z", "2025-04-01 reverse-entry voucher=F/2025/1 reason=x", "! not_reversible"},
		{"of no voucher", audited, "2025-04-01 adjust-prior-year voucher=F/2023/6 reason=x kind=disallowed amount=1.00 refund=Z", "! unknown_subject voucher"},
	})
}
