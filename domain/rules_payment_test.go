package domain_test

import "testing"

// heldAward is an award of 300.00 in G for a village project, decided in 2018
// under the old code of the county, with 90.00 of 2017 in it.
const heldAward = funds + `
2018-02-01 register-organisation organisation=S name=x uscc=$9 kind=service district=341822
2018-02-01 register-project project=K name=x district=341822 purpose=rural
2018-02-01 receive-appropriation fund=G amount=500.00 document=N-1
2018-02-02 receive-appropriation fund=G amount=90.00 document=N-2 vintage=2017
2018-03-01 allocate fund=G project=K amount=400.00
2018-03-02 propose-award award=K1 fund=G project=K organisation=S amount=300.00 kind=grant
2018-03-03 confirm-award award=K1
2018-03-04 sign-agreement award=K1 agreement=K-1 shares=50:signing,50:signing
`

func TestRulesOfPayments(t *testing.T) {
	signed := mixed + halve
	passed := "2024-03-05 record-evaluation award=W stage=midterm score=80 result=passed\n"
	hold(t, []row{
		{"pay the open rest, oldest first", signed, pay("B-1", "1", ""), `award.disbursed.v1 award/W F/2024/5 instalment=1 payee="O" bank_reference="B-1"
			F p=P o=O 341882 2024 v2022 elderly: committed -100.00 disbursed +100.00 advance +100.00 income -100.00
			F p=P o=O 341882 2024 v2024 elderly: committed -50.00 disbursed +50.00 advance +50.00 income -50.00`},
		{"pay a part", signed, pay("B-1", "1", "amount=0.01"), `award.disbursed.v1 award/W F/2024/5 amount=1
			F p=P o=O 341882 2024 v2022 elderly: committed -0.01 disbursed +0.01 advance +0.01 income -0.01`},
		{"pay the rest of a part", signed + pay("B-1", "1", "amount=0.01"), pay("B-2", "1", ""), `award.disbursed.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2022 elderly: committed -99.99 disbursed +99.99 advance +99.99 income -99.99
			F p=P o=O 341882 2024 v2024 elderly: committed -50.00 disbursed +50.00 advance +50.00 income -50.00`},
		{"pay held money", heldAward, "2018-03-05 disburse award=K1 instalment=1 payee=S bank_reference=B-1", `award.disbursed.v1 award/K1 G/2018/5
			G p=K o=S 341822 2018 v2017 rural: committed -90.00 disbursed +90.00 advance +90.00
			G 341822 2018 v2017: cash -90.00
			G p=K o=S 341822 2018 v2018 rural: committed -60.00 disbursed +60.00 advance +60.00
			G 341822 2018 v2018: cash -60.00`},
		{"pay held money after the county became a city", heldAward + "2019-01-05 close-year fund=G year=2018", "2019-03-05 disburse award=K1 instalment=1 payee=S bank_reference=B-1", `award.disbursed.v1 award/K1 G/2019/1
			G p=K o=S 341882 2019 v2017 rural: committed -90.00 disbursed +90.00 advance +90.00
			G 341882 2019 v2017: cash -90.00
			G p=K o=S 341882 2019 v2018 rural: committed -60.00 disbursed +60.00 advance +60.00
			G 341882 2019 v2018: cash -60.00`},
		{"what is not carried over is not there", heldAward, "2019-03-05 disburse award=K1 instalment=1 payee=S bank_reference=B-1", "! insufficient_committed"},
		{"before signing", signed, "2024-03-03 disburse award=W instalment=1 payee=O bank_reference=B-1", "! too_early on"},
		{"to somebody else", signed, "2024-03-05 disburse award=W instalment=1 payee=C bank_reference=B-1", "! wrong_payee payee"},
		{"to nobody known", signed, "2024-03-05 disburse award=W instalment=1 payee=X bank_reference=B-1", "! wrong_payee payee"},
		{"identifier gone", signed + "2024-03-05 change-organisation organisation=O uscc=1111", pay("B-1", "1", ""), "! invalid_identifier"},
		{"abnormal is paid", signed + "2024-03-05 change-organisation organisation=O status=abnormal", pay("B-1", "1", "amount=1.00"), `award.disbursed.v1 award/W F/2024/5
			F p=P o=O 341882 2024 v2022 elderly: committed -1.00 disbursed +1.00 advance +1.00 income -1.00`},
		{"liquidating", signed + "2024-03-05 change-organisation organisation=O status=liquidating", pay("B-1", "1", ""), "! ineligible_recipient"},
		{"deregistered", signed + "2024-03-05 change-organisation organisation=O status=liquidating\n2024-03-05 change-organisation organisation=O status=deregistered", pay("B-1", "1", ""), "! ineligible_recipient"},
		{"organisation on hold", signed + "2024-03-05 place-hold @checker-1 subject=organisation/O hold=S reason=x", pay("B-1", "1", ""), "! on_hold"},
		{"award on hold", signed + "2024-03-05 place-hold @checker-1 subject=award/W hold=S reason=x", pay("B-1", "1", ""), "! on_hold"},
		{"identifier before hold", signed + "2024-03-05 place-hold @checker-1 subject=award/W hold=S reason=x\n2024-03-05 change-organisation organisation=O uscc=1111", pay("B-1", "1", ""), "! invalid_identifier"},
		{"hold before instalment", signed + "2024-03-05 place-hold @checker-1 subject=award/W hold=S reason=x", pay("B-1", "3", ""), "! on_hold"},
		{"no such instalment", signed, pay("B-1", "3", ""), "! unknown_subject instalment"},
		{"instalment zero", signed, pay("B-1", "0", ""), "! invalid_input instalment"},
		{"the first not full", signed + passed + pay("B-1", "1", "amount=149.99"), pay("B-2", "2", ""), "! condition_not_met"},
		{"stage not evaluated", signed + pay("B-1", "1", ""), pay("B-2", "2", ""), "! condition_not_met"},
		{"another stage passed", signed + pay("B-1", "1", "") + "2024-03-05 record-evaluation award=W stage=final score=80 result=passed", pay("B-2", "2", ""), "! condition_not_met"},
		{"to be rectified", signed + pay("B-1", "1", "") + "2024-03-05 record-evaluation award=W stage=midterm score=50 result=rectify", pay("B-2", "2", ""), "! condition_not_met"},
		{"passed at last", signed + pay("B-1", "1", "") + "2024-03-05 record-evaluation award=W stage=midterm score=50 result=rectify\n" + passed, pay("B-2", "2", ""), `award.disbursed.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2024 elderly: committed -150.00 disbursed +150.00 advance +150.00 income -150.00`},
		{"passed once, failed at last", signed + pay("B-1", "1", "") + passed + "2024-03-05 record-evaluation award=W stage=midterm score=5 result=failed", pay("B-2", "2", ""), "! condition_not_met"},
		{"above the instalment's rest", signed, pay("B-1", "1", "amount=150.01"), "! insufficient_committed"},
		{"no rest", signed + pay("B-1", "1", ""), pay("B-2", "1", ""), "! insufficient_committed"},
		{"bank reference of a payment", signed + pay("B-1", "1", "amount=1.00"), pay("B-1", "1", "amount=1.00") + "#again", "! duplicate_document bank_reference"},
		{"bank reference of a donation", signed + "2024-03-05 receive-donation fund=H donor=C amount=1.00 receipt=R bank_reference=B-1", pay("B-1", "1", ""), "! duplicate_document"},
		{"rest before bank reference", signed + pay("B-1", "1", "amount=1.00"), pay("B-1", "1", "amount=150.00"), "! insufficient_committed"},
		{"without bank reference", signed, "2024-03-05 disburse award=W instalment=1 payee=O", "! evidence_missing bank_reference"},
		{"not signed", mixed, pay("B-1", "1", ""), "! wrong_state"},
		{"terminated", signed + "2024-03-05 terminate-award award=W reason=x", pay("B-1", "1", ""), "! wrong_state"},

		{"payment reversed", signed + pay("B-1", "1", ""), "2024-03-06 reverse-entry voucher=F/2024/5 reason=x", `entry.reversed.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2022 elderly: committed +100.00 disbursed -100.00 advance -100.00 income +100.00
			F p=P o=O 341882 2024 v2024 elderly: committed +50.00 disbursed -50.00 advance -50.00 income +50.00`},
		{"reversed, and paid again with the same reference", signed + pay("B-1", "1", "") + "2024-03-06 reverse-entry voucher=F/2024/5 reason=x", "2024-03-07 disburse award=W instalment=1 payee=O bank_reference=B-1 amount=0.02 replaces=F/2024/5", `award.disbursed.v1 award/W F/2024/7 replaces="F/2024/5"
			F p=P o=O 341882 2024 v2022 elderly: committed -0.02 disbursed +0.02 advance +0.02 income -0.02`},
		{"a later instalment is paid", signed + passed + pay("B-1", "1", "") + pay("B-2", "2", "amount=1.00"), "2024-03-06 reverse-entry voucher=F/2024/5 reason=x", "! used_downstream"},
		{"the later one reversed first", signed + passed + pay("B-1", "1", "") + pay("B-2", "2", "amount=1.00") + "2024-03-06 reverse-entry voucher=F/2024/6 reason=x", "2024-03-06 reverse-entry voucher=F/2024/5 reason=x", `entry.reversed.v1 award/W F/2024/8
			F p=P o=O 341882 2024 v2022 elderly: committed +100.00 disbursed -100.00 advance -100.00 income +100.00
			F p=P o=O 341882 2024 v2024 elderly: committed +50.00 disbursed -50.00 advance -50.00 income +50.00`},
	})
}

func TestRulesOfExpenditure(t *testing.T) {
	paid := mixed + halve + pay("B-1", "1", "") // F/2024/5: 100.00 of 2022, 50.00 of 2024
	accept := "2024-03-08 accept-expenditure award=W docs=invoice:d1 "
	hold(t, []row{
		{"line by line, oldest vintage first", paid, accept + "lines=I-1:60.00,I-2:60.01:341881", `expenditure.accepted.v1 award/W F/2024/6 lines=[{"invoice":"I-1","amount":6000},{"invoice":"I-2","amount":6001,"district":"341881"}]
			F p=P o=O 341882 2024 v2022 elderly: advance -100.00 spent +60.00
			F p=P o=O 341881 2024 v2022 elderly: spent +40.00
			F p=P o=O 341882 2024 v2024 elderly: advance -20.01
			F p=P o=O 341881 2024 v2024 elderly: spent +20.01`},
		{"lines of one tuple summed, old code normalised", paid, accept + "lines=I-1:0.01,I-2:0.02:341822", `expenditure.accepted.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2022 elderly: advance -0.03 spent +0.03`},
		{"in a later year, over the change of code", heldAward + "2018-03-05 disburse award=K1 instalment=1 payee=S bank_reference=B-1", "2019-04-01 accept-expenditure award=K1 docs=receipt:d lines=I-1:100.00", `expenditure.accepted.v1 award/K1 G/2019/1
			G p=K o=S 341882 2019 v2017 rural: advance -90.00 spent +90.00
			G p=K o=S 341882 2019 v2018 rural: advance -10.00 spent +10.00`},
		{"after the termination", paid + "2024-03-06 terminate-award award=W reason=x", accept + "lines=I-1:1.00", `expenditure.accepted.v1 award/W F/2024/7
			F p=P o=O 341882 2024 v2022 elderly: advance -1.00 spent +1.00`},
		{"of a liquidating organisation", paid + "2024-03-06 change-organisation organisation=O status=liquidating", accept + "lines=I-1:1.00", `expenditure.accepted.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2022 elderly: advance -1.00 spent +1.00`},
		{"before signing", paid, "2024-03-03 accept-expenditure award=W docs=invoice:d1 lines=I-1:1.00", "! too_early on"},
		{"without documents", paid, "2024-03-08 accept-expenditure award=W lines=I-1:1.00", "! evidence_missing docs"},
		{"with a photo", paid, "2024-03-08 accept-expenditure award=W docs=photo:d1 lines=I-1:1.00", "! evidence_missing docs"},
		{"without lines", paid, "2024-03-08 accept-expenditure award=W docs=invoice:d1 lines=[]", "! invalid_input lines"},
		{"an empty invoice", paid, accept + "lines=:1.00", "! evidence_missing"},
		{"invoice of another acceptance", paid + accept + "lines=I-1:1.00", "2024-03-09 accept-expenditure award=W docs=invoice:d2 lines=I-2:1.00,I-1:1.00", "! duplicate_document lines[1].invoice"},
		{"invoice twice in one", paid, accept + "lines=I-1:1.00,I-1:1.00", "! duplicate_document lines[1].invoice"},
		{"document of another acceptance", paid + accept + "lines=I-1:1.00", "2024-03-09 accept-expenditure award=W docs=voucher:d1 lines=I-2:1.00", "! duplicate_document docs"},
		{"photo of another acceptance", paid + "2024-03-08 accept-expenditure award=W docs=invoice:d1,photo:p lines=I-1:1.00", "2024-03-09 accept-expenditure award=W docs=voucher:d2,photo:p lines=I-2:1.00", `expenditure.accepted.v1 award/W F/2024/7
			F p=P o=O 341882 2024 v2022 elderly: advance -1.00 spent +1.00`},
		{"invoice of another project", paid + "2024-03-08 accept-expenditure award=W docs=invoice:d1 lines=I-1:1.00\n" + heldAward + "2018-03-05 disburse award=K1 instalment=1 payee=S bank_reference=B-2", "2018-04-01 accept-expenditure award=K1 docs=receipt:d lines=I-1:100.00", "! duplicate_document"},
		{"nowhere", paid, accept + "lines=I-1:1.00:341871", "! invalid_district lines[0].district"},
		{"paper before district", paid + accept + "lines=I-1:1.00", "2024-03-09 accept-expenditure award=W docs=invoice:d2 lines=I-1:1.00:341871", "! duplicate_document"},
		{"more than the advance", paid, accept + "lines=I-1:150.00,I-2:0.01", "! insufficient_advance"},
		{"district before balances", paid, accept + "lines=I-1:150.01:341871", "! invalid_district"},
		{"not signed", mixed, accept + "lines=I-1:1.00", "! wrong_state"},

		{"acceptance reversed", paid + accept + "lines=I-1:100.00,I-2:0.01:341881", "2024-03-09 reverse-entry voucher=F/2024/6 reason=x", `entry.reversed.v1 award/W F/2024/7 reverses="F/2024/6"
			F p=P o=O 341882 2024 v2022 elderly: advance +100.00 spent -100.00
			F p=P o=O 341882 2024 v2024 elderly: advance +0.01
			F p=P o=O 341881 2024 v2024 elderly: spent -0.01`},
		{"its papers count again", paid + accept + "lines=I-1:100.00\n2024-03-09 reverse-entry voucher=F/2024/6 reason=x", "2024-03-10 accept-expenditure award=W docs=invoice:d1 lines=I-1:99.00 replaces=F/2024/6", `expenditure.accepted.v1 award/W F/2024/8 replaces="F/2024/6"
			F p=P o=O 341882 2024 v2022 elderly: advance -99.00 spent +99.00`},
		{"and only once again", paid + accept + "lines=I-1:1.00\n2024-03-09 reverse-entry voucher=F/2024/6 reason=x\n2024-03-10 accept-expenditure award=W docs=invoice:d1 lines=I-1:1.00", "2024-03-10 accept-expenditure award=W docs=invoice:d3 lines=I-1:1.00", "! duplicate_document"},
		{"a payment that is accepted stays", paid + accept + "lines=I-1:0.01", "2024-03-09 reverse-entry voucher=F/2024/5 reason=x", "! used_downstream"},
	})
}
