package domain_test

import "testing"

// paid is the award of mixed with its first instalment paid: 100.00 of 2022
// and 50.00 of 2024 (F/2024/5).
var paid = mixed + halve + pay("B-1", "1", "")

// demanded claims 120.00 of it back (F/2024/6).
var demanded = paid + "2024-04-01 demand-refund award=W refund=Z amount=120.00 reason=x\n"

// twoYears is an award of one vintage, 150.00 of it paid in 2024 and 50.00 in
// 2025, with 2024 closed (F/2024/1 to 5, F/2025/1).
var twoYears = confirmed + halve + pay("B-1", "1", "") + `
2024-12-31 record-evaluation award=W stage=midterm score=80 result=passed
2025-01-02 close-year fund=F year=2024
2025-02-01 disburse award=W instalment=2 amount=50.00 payee=O bank_reference=B-2
`

func TestRulesOfRefunds(t *testing.T) {
	receive := "2024-05-01 receive-refund award=W refund=Z bank_reference=X-1 amount="
	hold(t, []row{
		{"demand, oldest first", paid, "2024-04-01 demand-refund award=W refund=Z amount=120.00 reason=x due=2024-05-01", `refund.demanded.v1 award/W F/2024/6 refund="Z" due="2024-05-01"
			F p=P o=O 341882 2024 v2022 elderly: advance -100.00 refund_due +100.00
			F p=P o=O 341882 2024 v2024 elderly: advance -20.00 refund_due +20.00`},
		{"demand too much", paid, "2024-04-01 demand-refund award=W refund=Z amount=150.01 reason=x", "! insufficient_advance amount"},
		{"demand what is accepted", paid + "2024-03-08 accept-expenditure award=W docs=invoice:d1 lines=I-1:149.99", "2024-04-01 demand-refund award=W refund=Z amount=0.02 reason=x", "! insufficient_advance"},
		{"demand twice", demanded, "2024-04-01 demand-refund award=W refund=Z amount=1.00 reason=x", "! already_exists refund"},
		{"demand before signing", mixed, "2024-04-01 demand-refund award=W refund=Z amount=1.00 reason=x", "! wrong_state"},
		{"demand after the termination", paid + "2024-03-06 terminate-award award=W reason=x", "2024-04-01 demand-refund award=W refund=Z amount=1.00 reason=x", `refund.demanded.v1 award/W F/2024/7
			F p=P o=O 341882 2024 v2022 elderly: advance -1.00 refund_due +1.00`},

		{"received in the year of payment", demanded, receive + "110.00", `refund.received.v1 award/W F/2024/7 amount=11000
			F p=P o=O 341882 2024 v2022 elderly: refund_due -100.00 income +100.00 disbursed -100.00
			F 341882 2024 v2022: lapsed +100.00
			F p=P o=O 341882 2024 v2024 elderly: refund_due -10.00 income +10.00 disbursed -10.00
			F 341882 2024 v2024: available +10.00`},
		{"received from another district", round + allocated + "2024-03-02 propose-award award=W fund=F project=N2 organisation=O amount=150.00 kind=grant from=P\n" + confirm + "2024-03-04 sign-agreement award=W agreement=A-1 shares=100:signing\n" + pay("B-1", "1", "") + "2024-04-01 demand-refund award=W refund=Z amount=120.00 reason=x", receive + "0.01", `refund.received.v1 award/W F/2024/6
			F p=N2 o=O 341881 2024 v2024 elderly: refund_due -0.01 income +0.01 disbursed -0.01 transferred +0.01
			F 341882 2024 v2024: available +0.01 transferred -0.01`},
		{"claim of the year before", demanded, "2025-05-01 receive-refund award=W refund=Z bank_reference=X-1 amount=110.00", `refund.received.v1 award/W F/2025/1
			F p=P o=O 341882 2025 v2022 elderly: refund_due -100.00 income +100.00
			F 341882 2025 v2022: recovered -100.00 lapsed +100.00
			F p=P o=O 341882 2025 v2024 elderly: refund_due -10.00 income +10.00
			F 341882 2025 v2024: recovered -10.00 available +10.00`},
		{"claim of this year, paid over two years", twoYears + "2025-04-01 demand-refund award=W refund=Z amount=120.00 reason=x", "2025-05-01 receive-refund award=W refund=Z bank_reference=X-1 amount=120.00", `refund.received.v1 award/W F/2025/3
			F p=P o=O 341882 2025 v2024 elderly: refund_due -120.00 income +120.00 disbursed -50.00
			F 341882 2025 v2024: available +120.00 recovered -70.00`},
		{"claim of the year before, although paid in this one too", confirmed + halve + pay("B-1", "1", "") + "2024-12-01 demand-refund award=W refund=Z amount=120.00 reason=x\n2024-12-31 record-evaluation award=W stage=midterm score=80 result=passed\n2025-01-02 close-year fund=F year=2024\n2025-02-01 disburse award=W instalment=2 amount=50.00 payee=O bank_reference=B-2", "2025-05-01 receive-refund award=W refund=Z bank_reference=X-1 amount=20.00", `refund.received.v1 award/W F/2025/2
			F p=P o=O 341882 2025 v2024 elderly: refund_due -20.00 income +20.00
			F 341882 2025 v2024: available +20.00 recovered -20.00`},
		{"disbursed this year is used up", twoYears + "2025-04-01 demand-refund award=W refund=Z amount=120.00 reason=x\n2025-05-01 receive-refund award=W refund=Z bank_reference=X-1 amount=49.99", "2025-05-02 receive-refund award=W refund=Z bank_reference=X-2 amount=0.02", `refund.received.v1 award/W F/2025/4
			F p=P o=O 341882 2025 v2024 elderly: refund_due -0.02 income +0.02 disbursed -0.01
			F 341882 2025 v2024: available +0.02 recovered -0.01`},
		{"held money comes back to the fund", heldAward + "2018-03-05 disburse award=K1 instalment=1 payee=S bank_reference=B-1\n2018-04-01 demand-refund award=K1 refund=Z amount=100.00 reason=x", "2018-05-01 receive-refund award=K1 refund=Z bank_reference=X-1 amount=95.00", `refund.received.v1 award/K1 G/2018/7
			G p=K o=S 341822 2018 v2017 rural: refund_due -90.00 disbursed -90.00
			G 341822 2018 v2017: cash +90.00 available +90.00
			G p=K o=S 341822 2018 v2018 rural: refund_due -5.00 disbursed -5.00
			G 341822 2018 v2018: cash +5.00 available +5.00`},
		{"held money comes back to the city", heldAward + "2018-03-05 disburse award=K1 instalment=1 payee=S bank_reference=B-1\n2018-04-01 demand-refund award=K1 refund=Z amount=100.00 reason=x", "2019-05-01 receive-refund award=K1 refund=Z bank_reference=X-1 amount=95.00", `refund.received.v1 award/K1 G/2019/1
			G p=K o=S 341882 2019 v2017 rural: refund_due -90.00
			G 341882 2019 v2017: cash +90.00 recovered -90.00 lapsed +90.00
			G p=K o=S 341882 2019 v2018 rural: refund_due -5.00
			G 341882 2019 v2018: cash +5.00 recovered -5.00 available +5.00`},
		{"more than the claim", demanded, receive + "120.01", "! insufficient_refund_due amount"},
		{"more than this claim, less than both", demanded + "2024-04-01 demand-refund award=W refund=Z2 amount=30.00 reason=x", receive + "121.00", "! insufficient_refund_due amount"},
		{"bank reference of the payment", demanded, "2024-05-01 receive-refund award=W refund=Z bank_reference=B-1 amount=1.00", "! duplicate_document bank_reference"},
		{"without bank reference", demanded, "2024-05-01 receive-refund award=W refund=Z amount=1.00", "! evidence_missing bank_reference"},
		{"no such claim", demanded, "2024-05-01 receive-refund award=W refund=Y bank_reference=X-1 amount=1.00", "! unknown_subject refund"},
		{"balance before paper", demanded, "2024-05-01 receive-refund award=W refund=Z bank_reference=B-1 amount=500.00", "! insufficient_refund_due"},

		{"written off", demanded + receive + "90.00", "2024-06-01 write-off-refund award=W refund=Z amount=30.00 reason=x", `refund.written-off.v1 award/W F/2024/8
			F p=P o=O 341882 2024 v2022 elderly: refund_due -10.00 loss +10.00
			F p=P o=O 341882 2024 v2024 elderly: refund_due -20.00 loss +20.00`},
		{"written off in the next year", demanded, "2025-06-01 write-off-refund award=W refund=Z amount=0.01 reason=x", `refund.written-off.v1 award/W F/2025/1
			F p=P o=O 341882 2025 v2022 elderly: refund_due -0.01 loss +0.01`},
		{"written off too much", demanded + receive + "90.00", "2024-06-01 write-off-refund award=W refund=Z amount=30.01 reason=x", "! insufficient_refund_due"},
		{"received after it was written off", demanded + "2024-04-02 write-off-refund award=W refund=Z amount=120.00 reason=x", receive + "0.01", "! insufficient_refund_due"},
		{"written off without reason", demanded, "2024-06-01 write-off-refund award=W refund=Z amount=30.00", "! invalid_input reason"},

		{"demand reversed", demanded, "2024-05-01 reverse-entry voucher=F/2024/6 reason=x", `entry.reversed.v1 award/W F/2024/7
			F p=P o=O 341882 2024 v2022 elderly: advance +100.00 refund_due -100.00
			F p=P o=O 341882 2024 v2024 elderly: advance +20.00 refund_due -20.00`},
		{"demand with a receipt stays", demanded + receive + "0.01", "2024-05-01 reverse-entry voucher=F/2024/6 reason=x", "! used_downstream"},
		{"demand covered by another claim's money stays open", demanded + "2024-04-01 demand-refund award=W refund=Z2 amount=30.00 reason=x\n" + receive + "0.01", "2024-05-01 reverse-entry voucher=F/2024/7 reason=x", `entry.reversed.v1 award/W F/2024/9
			F p=P o=O 341882 2024 v2024 elderly: advance +30.00 refund_due -30.00`},
		{"nothing to receive on a reversed demand", demanded + "2024-05-01 reverse-entry voucher=F/2024/6 reason=x", receive + "0.01", "! insufficient_refund_due"},
		{"receipt reversed", demanded + receive + "110.00", "2024-05-02 reverse-entry voucher=F/2024/7 reason=x", `entry.reversed.v1 award/W F/2024/8
			F p=P o=O 341882 2024 v2022 elderly: refund_due +100.00 income -100.00 disbursed +100.00
			F 341882 2024 v2022: lapsed -100.00
			F p=P o=O 341882 2024 v2024 elderly: refund_due +10.00 income -10.00 disbursed +10.00
			F 341882 2024 v2024: available -10.00`},
		{"receipt reversed and repeated", demanded + receive + "110.00\n2024-05-02 reverse-entry voucher=F/2024/7 reason=x", "2024-05-03 receive-refund award=W refund=Z bank_reference=X-1 amount=120.00 replaces=F/2024/7", `refund.received.v1 award/W F/2024/9
			F p=P o=O 341882 2024 v2022 elderly: refund_due -100.00 income +100.00 disbursed -100.00
			F 341882 2024 v2022: lapsed +100.00
			F p=P o=O 341882 2024 v2024 elderly: refund_due -20.00 income +20.00 disbursed -20.00
			F 341882 2024 v2024: available +20.00`},
		{"receipt that is allocated again stays", demanded + receive + "110.00\n2024-05-01 allocate fund=F project=P amount=610.00", "2024-05-02 reverse-entry voucher=F/2024/7 reason=x", "! used_downstream"},
		{"payment with a claim stays", demanded, "2024-05-01 reverse-entry voucher=F/2024/5 reason=x", "! used_downstream"},
	})
}
