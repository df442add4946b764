package domain_test

import "testing"

// Further funds of the rows: G lottery, held, in the county before it became a
// city; V venture, treasury; D donation, held.
const funds = `
2024-02-01 open-fund @admin-1 fund=G name=x source=lottery custody=held district=341822 purposes=elderly,rural approval=0
2024-02-01 open-fund @admin-1 fund=V name=x source=venture custody=treasury district=341881 purposes=elderly approval=0
2024-02-01 open-fund @admin-1 fund=D name=x source=donation custody=held district=341882 purposes=rural approval=0
`

func TestRulesOfAppropriations(t *testing.T) {
	hold(t, []row{
		{"received", "", "2024-03-01 receive-appropriation fund=F amount=0.01 document=N-2 tier=省级", `appropriation.received.v1 fund/F F/2024/2 amount=1 document="N-2" tier="省级"
			F 341882 2024 v2024: authority -0.01 available +0.01`},
		{"received of an earlier vintage", "", "2024-03-01 receive-appropriation fund=F amount=10.00 document=N-2 vintage=2022", `appropriation.received.v1 fund/F F/2024/2
			F 341882 2024 v2022: authority -10.00 available +10.00`},
		{"received into a held fund, before 2019", funds, "2018-03-01 receive-appropriation fund=G amount=10.00 document=N-1", `appropriation.received.v1 fund/G G/2018/1
			G 341822 2018 v2018: authority -10.00 available +10.00 income -10.00 cash +10.00`},
		{"received into a held fund, after 2019", funds, "2019-01-01 receive-appropriation fund=G amount=10.00 document=N-1", `appropriation.received.v1 fund/G G/2019/1
			G 341882 2019 v2019: authority -10.00 available +10.00 income -10.00 cash +10.00`},
		{"vintage to come", "", "2024-03-01 receive-appropriation fund=F amount=10.00 document=N-2 vintage=2025", "! invalid_input vintage"},
		{"for donations", "", "2024-03-01 receive-appropriation fund=H amount=10.00 document=N-2", "! wrong_source fund"},
		{"without a document", "", "2024-03-01 receive-appropriation fund=F amount=10.00", "! evidence_missing document"},
		{"with an empty document", "", "2024-03-01 receive-appropriation fund=F amount=10.00 document=", "! evidence_missing document"},
		{"document twice", "", "2024-03-01 receive-appropriation fund=F amount=10.00 document=N-1", "! duplicate_document document"},
		{"document of another fund", funds, "2024-03-01 receive-appropriation fund=V amount=10.00 document=N-1", `appropriation.received.v1 fund/V V/2024/1
			V 341881 2024 v2024: authority -10.00 available +10.00`},
		{"source before document", "2024-03-01 receive-appropriation fund=F amount=10.00 document=N-2", "2024-03-01 receive-appropriation fund=H amount=10.00 document=N-2", "! wrong_source"},
		{"no fund", "", "2024-03-01 receive-appropriation fund=X amount=10.00 document=N-2", "! unknown_subject fund"},
		{"closed year", "2024-03-01 close-year fund=F year=2023", "2023-12-31 receive-appropriation fund=F amount=10.00 document=N-2", "! closed_year"},
		{"a year before any closed one", "2024-03-01 close-year fund=F year=2023", "2021-12-31 receive-appropriation fund=F amount=10.00 document=N-2", "! closed_year"},

		{"reduced", "", "2024-03-01 reduce-appropriation fund=F amount=1000.00 document=N-2", `appropriation.reduced.v1 fund/F F/2024/2 amount=100000
			F 341882 2024 v2024: authority +1000.00 available -1000.00`},
		{"reduced in a held fund", funds + "2024-03-01 receive-appropriation fund=G amount=10.00 document=N-1", "2024-03-01 reduce-appropriation fund=G amount=0.03 document=N-2", `appropriation.reduced.v1 fund/G G/2024/2
			G 341882 2024 v2024: authority +0.03 available -0.03 income +0.03 cash -0.03`},
		{"reduced below zero", "", "2024-03-01 reduce-appropriation fund=F amount=1000.01 document=N-2", "! insufficient_available amount"},
		{"reduced of another vintage", "2024-03-01 receive-appropriation fund=F amount=10.00 document=N-2 vintage=2023", "2024-03-01 reduce-appropriation fund=F amount=10.01 document=N-3 vintage=2023", "! insufficient_available amount"},
		{"reduced by an old document", "", "2024-03-01 reduce-appropriation fund=F amount=1.00 document=N-1", "! duplicate_document document"},
		{"reduced for donations", "", "2024-03-01 reduce-appropriation fund=H amount=1.00 document=N-2", "! wrong_source"},
	})
}

// old is authority of two vintages in F.
const old = "2024-02-02 receive-appropriation fund=F amount=100.00 document=N-0 vintage=2022\n"

func TestRulesOfTransfers(t *testing.T) {
	sent := funds + old + "2024-03-05 transfer-out fund=F transfer=T kind=down to_fund=G amount=150.00 document=N-3\n"
	hold(t, []row{
		{"oldest vintage first", funds + old, "2024-03-05 transfer-out fund=F transfer=T kind=down to_fund=G amount=150.00 document=N-3",
			`fund.transferred.v1 fund/F F/2024/3 parts=[{"vintage":2022,"amount":10000},{"vintage":2024,"amount":5000}]
			F 341882 2024 v2022: available -100.00 transferred +100.00
			F 341882 2024 v2024: available -50.00 transferred +50.00`},
		{"of one vintage", funds + old, "2024-03-05 transfer-out fund=F transfer=T kind=down to_fund=G amount=150.00 document=N-3 vintage=2024",
			`fund.transferred.v1 fund/F F/2024/3 parts=[{"vintage":2024,"amount":15000}]
			F 341882 2024 v2024: available -150.00 transferred +150.00`},
		{"out of the ledger", "", "2024-03-05 transfer-out fund=F transfer=T kind=other-budget to_district=341881 amount=1.00 document=N-3",
			`fund.transferred.v1 fund/F F/2024/2 parts=[{"vintage":2024,"amount":100}]
			F 341882 2024 v2024: available -1.00 transferred +1.00`},
		{"held money", funds + "2024-03-01 receive-appropriation fund=G amount=10.00 document=N-1", "2024-03-05 transfer-out fund=G transfer=T kind=across to_fund=F amount=10.00 document=N-3",
			`fund.transferred.v1 fund/G G/2024/2 parts=[{"vintage":2024,"amount":1000}]
			G 341882 2024 v2024: available -10.00 transferred +10.00 cash -10.00 income +10.00`},
		{"between donation funds", funds + "2024-03-01 receive-donation fund=H donor=C amount=10.00 receipt=R-1", "2024-03-05 transfer-out fund=H transfer=T kind=across to_fund=D amount=4.00 document=N-3",
			`fund.transferred.v1 fund/H H/2024/2 parts=[{"vintage":2024,"amount":400}]
			H 341881 2024 v2024: available -4.00 transferred +4.00 cash -4.00 income +4.00`},
		{"to itself", "", "2024-03-05 transfer-out fund=F transfer=T kind=across to_fund=F amount=1.00 document=N-3", "! transfer_mismatch to_fund"},
		{"lottery to donation", "", "2024-03-05 transfer-out fund=F transfer=T kind=across to_fund=H amount=1.00 document=N-3", "! wrong_source"},
		{"donation to lottery", "2024-03-01 receive-donation fund=H donor=C amount=10.00 receipt=R-1", "2024-03-05 transfer-out fund=H transfer=T kind=across to_fund=F amount=1.00 document=N-3", "! wrong_source"},
		{"donation out of the ledger", "2024-03-01 receive-donation fund=H donor=C amount=10.00 receipt=R-1", "2024-03-05 transfer-out fund=H transfer=T kind=other-budget amount=1.00 document=N-3", "! wrong_source"},
		{"to no fund", "", "2024-03-05 transfer-out fund=F transfer=T kind=down to_fund=X amount=1.00 document=N-3", "! unknown_subject to_fund"},
		{"document of an appropriation", funds, "2024-03-05 transfer-out fund=F transfer=T kind=down to_fund=G amount=1.00 document=N-1", "! duplicate_document document"},
		{"more than there is", funds + old, "2024-03-05 transfer-out fund=F transfer=T kind=down to_fund=G amount=1100.01 document=N-3", "! insufficient_available amount"},
		{"more than the vintage", funds + old, "2024-03-05 transfer-out fund=F transfer=T kind=down to_fund=G amount=100.01 document=N-3 vintage=2022", "! insufficient_available amount"},
		{"authority of another year", funds, "2023-03-05 transfer-out fund=F transfer=T kind=down to_fund=G amount=1.00 document=N-3", "! insufficient_available amount"},
		{"id twice", sent, "2024-03-05 transfer-out fund=F transfer=T kind=down to_fund=G amount=1.00 document=N-4", "! already_exists transfer"},

		{"received, vintages kept", sent, "2024-03-05 receive-transfer fund=G transfer=T amount=150.00", `fund.transfer-received.v1 fund/G G/2024/1
			G 341882 2024 v2022: transferred -100.00 available +100.00 income -100.00 cash +100.00
			G 341882 2024 v2024: transferred -50.00 available +50.00 income -50.00 cash +50.00`},
		{"received in the next year", sent, "2025-01-05 receive-transfer fund=G transfer=T amount=150.00", `fund.transfer-received.v1 fund/G G/2025/1
			G 341882 2025 v2022: transferred -100.00 available +100.00 income -100.00 cash +100.00
			G 341882 2025 v2024: transferred -50.00 available +50.00 income -50.00 cash +50.00`},
		{"a chain: received and sent on to the treasury", sent + "2024-03-05 receive-transfer fund=G transfer=T amount=150.00\n2024-03-06 transfer-out fund=G transfer=T2 kind=across to_fund=V amount=120.00 document=N-1",
			"2024-03-07 receive-transfer fund=V transfer=T2 amount=120.00", `fund.transfer-received.v1 fund/V V/2024/1
			V 341881 2024 v2022: transferred -100.00 available +100.00
			V 341881 2024 v2024: transferred -20.00 available +20.00`},
		{"received twice", sent + "2024-03-05 receive-transfer fund=G transfer=T amount=150.00", "2024-03-05 receive-transfer fund=G transfer=T amount=150.00", "! wrong_state"},
		{"received what left the ledger", funds + "2024-03-05 transfer-out fund=F transfer=T kind=down to_district=341881 amount=1.00 document=N-3", "2024-03-05 receive-transfer fund=V transfer=T amount=1.00", "! wrong_state"},
		{"received what was reversed", sent + "2024-03-05 reverse-entry voucher=F/2024/3 reason=x", "2024-03-05 receive-transfer fund=G transfer=T amount=150.00", "! wrong_state"},
		{"received by another fund", sent, "2024-03-05 receive-transfer fund=V transfer=T amount=150.00", "! transfer_mismatch"},
		{"received in part", sent, "2024-03-05 receive-transfer fund=G transfer=T amount=100.00", "! transfer_mismatch"},
		{"received before it was sent", sent, "2024-03-04 receive-transfer fund=G transfer=T amount=150.00", "! too_early on"},
		{"received from nowhere", sent, "2024-03-05 receive-transfer fund=G transfer=X amount=150.00", "! unknown_subject transfer"},
		{"state before amount", sent + "2024-03-05 receive-transfer fund=G transfer=T amount=150.00", "2024-03-01 receive-transfer fund=V transfer=T amount=1.00", "! wrong_state"},

		{"a sent transfer reversed", sent, "2024-03-05 reverse-entry voucher=F/2024/3 reason=x", `entry.reversed.v1 fund/F F/2024/4 reverses="F/2024/3"
			F 341882 2024 v2022: available +100.00 transferred -100.00
			F 341882 2024 v2024: available +50.00 transferred -50.00`},
		{"a received transfer stays sent", sent + "2024-03-05 receive-transfer fund=G transfer=T amount=150.00", "2024-03-05 reverse-entry voucher=F/2024/3 reason=x", "! used_downstream"},
		{"the receipt reversed and repeated", sent + "2024-03-05 receive-transfer fund=G transfer=T amount=150.00\n2024-03-06 reverse-entry voucher=G/2024/1 reason=x", "2024-03-07 receive-transfer fund=G transfer=T amount=150.00", `fund.transfer-received.v1 fund/G G/2024/3
			G 341882 2024 v2022: transferred -100.00 available +100.00 income -100.00 cash +100.00
			G 341882 2024 v2024: transferred -50.00 available +50.00 income -50.00 cash +50.00`},
		{"both ends reversed", sent + "2024-03-05 receive-transfer fund=G transfer=T amount=150.00\n2024-03-06 reverse-entry voucher=G/2024/1 reason=x", "2024-03-07 reverse-entry voucher=F/2024/3 reason=x", `entry.reversed.v1 fund/F F/2024/4
			F 341882 2024 v2022: available +100.00 transferred -100.00
			F 341882 2024 v2024: available +50.00 transferred -50.00`},
		{"a receipt sent on stays", sent + "2024-03-05 receive-transfer fund=G transfer=T amount=150.00\n2024-03-06 transfer-out fund=G transfer=T2 kind=across to_fund=V amount=120.00 document=N-1", "2024-03-07 reverse-entry voucher=G/2024/1 reason=x", "! used_downstream"},
	})
}

func TestRulesOfDonations(t *testing.T) {
	pledged := funds + "2024-03-01 pledge-donation fund=H pledge=L donor=C amount=100.00 form=mixed\n"
	hold(t, []row{
		{"donation", "", "2024-03-01 receive-donation fund=H donor=C amount=33.33 receipt=R-1 bank_reference=B-1", `donation.received.v1 fund/H H/2024/1 donor="C" receipt="R-1"
			H o=C 341881 2024 v2024: income -33.33
			H 341881 2024 v2024: cash +33.33 authority -33.33 available +33.33`},
		{"donation kept by a pledge", pledged, "2024-03-02 receive-donation fund=H donor=C amount=99.99 receipt=R-1 pledge=L", `donation.received.v1 fund/H H/2024/2
			H o=C 341881 2024 v2024: income -99.99
			H 341881 2024 v2024: cash +99.99 authority -99.99 available +99.99
			H o=C 341881 2024: pledge.open -99.99 pledge.fulfilled +99.99`},
		{"donation to a lottery fund", "", "2024-03-01 receive-donation fund=F donor=C amount=33.33 receipt=R-1", "! wrong_source fund"},
		{"donation without receipt", "", "2024-03-01 receive-donation fund=H donor=C amount=33.33", "! evidence_missing receipt"},
		{"donation of nobody", "", "2024-03-01 receive-donation fund=H donor=X amount=33.33 receipt=R-1", "! unknown_subject donor"},
		{"receipt twice, across funds", funds + "2024-03-01 receive-donation fund=H donor=C amount=1.00 receipt=R-1", "2024-03-01 receive-donation fund=D donor=C amount=1.00 receipt=R-1", "! duplicate_document receipt"},
		{"receipt of goods", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=1 value=1.00 basis=market receipt=R-1", "2024-03-01 receive-donation fund=H donor=C amount=1.00 receipt=R-1", "! duplicate_document receipt"},
		{"bank reference twice", "2024-03-01 receive-donation fund=H donor=C amount=1.00 receipt=R-1 bank_reference=B-1", "2024-03-01 receive-donation fund=H donor=C amount=1.00 receipt=R-2 bank_reference=B-1", "! duplicate_document bank_reference"},
		{"pledge of another fund", pledged, "2024-03-02 receive-donation fund=D donor=C amount=1.00 receipt=R-1 pledge=L", "! pledge_mismatch pledge"},
		{"pledge of another donor", pledged, "2024-03-02 receive-donation fund=H donor=O amount=1.00 receipt=R-1 pledge=L", "! pledge_mismatch pledge"},
		{"more than pledged", pledged, "2024-03-02 receive-donation fund=H donor=C amount=100.01 receipt=R-1 pledge=L", "! insufficient_pledge"},
		{"no such pledge", pledged, "2024-03-02 receive-donation fund=H donor=C amount=1.00 receipt=R-1 pledge=X", "! unknown_subject pledge"},

		{"pledge", "", "2024-03-01 pledge-donation fund=H pledge=L donor=C amount=100.00 form=cash due=2024-12-31", `pledge.made.v1 pledge/L H/2024/1 form="cash" due="2024-12-31"
			H o=C 341881 2024: pledge.origin -100.00 pledge.open +100.00`},
		{"pledge to a lottery fund", "", "2024-03-01 pledge-donation fund=F pledge=L donor=C amount=100.00 form=cash", "! wrong_source"},
		{"pledge twice", pledged, "2024-03-01 pledge-donation fund=D pledge=L donor=C amount=100.00 form=cash", "! already_exists pledge"},
		{"pledge of nobody", "", "2024-03-01 pledge-donation fund=H pledge=L donor=X amount=100.00 form=cash", "! unknown_subject donor"},
		{"release in the next year", pledged, "2025-03-01 release-pledge pledge=L amount=100.00 reason=x", `pledge.released.v1 pledge/L H/2025/1
			H o=C 341881 2025: pledge.open -100.00 pledge.released +100.00`},
		{"release the rest", pledged + "2024-03-02 receive-donation fund=H donor=C amount=60.00 receipt=R-1 pledge=L", "2024-03-03 release-pledge pledge=L amount=40.00 reason=x", `pledge.released.v1 pledge/L H/2024/3
			H o=C 341881 2024: pledge.open -40.00 pledge.released +40.00`},
		{"release more than the rest", pledged + "2024-03-02 receive-donation fund=H donor=C amount=60.00 receipt=R-1 pledge=L", "2024-03-03 release-pledge pledge=L amount=40.01 reason=x", "! insufficient_pledge amount"},
		{"release without reason", pledged, "2024-03-03 release-pledge pledge=L amount=1.00", "! invalid_input reason"},
		{"partly kept in goods, partly in money", pledged + "2024-03-02 receive-goods fund=H lot=L1 donor=C item=x unit=x quantity=3 value=40.00 basis=invoice receipt=R-1 pledge=L", "2024-03-03 receive-donation fund=H donor=C amount=60.00 receipt=R-2 pledge=L", `donation.received.v1 fund/H H/2024/3
			H o=C 341881 2024 v2024: income -60.00
			H 341881 2024 v2024: cash +60.00 authority -60.00 available +60.00
			H o=C 341881 2024: pledge.open -60.00 pledge.fulfilled +60.00`},
		{"the other pledge of the donor does not help", pledged + "2024-03-01 pledge-donation fund=H pledge=L2 donor=C amount=100.00 form=cash\n2024-03-02 release-pledge pledge=L amount=100.00 reason=x", "2024-03-03 receive-donation fund=H donor=C amount=1.00 receipt=R-2 pledge=L", "! insufficient_pledge"},

		{"pledge reversed", pledged, "2024-03-02 reverse-entry voucher=H/2024/1 reason=x", `entry.reversed.v1 pledge/L H/2024/2
			H o=C 341881 2024: pledge.origin +100.00 pledge.open -100.00`},
		{"used pledge stays", pledged + "2024-03-02 release-pledge pledge=L amount=1.00 reason=x", "2024-03-02 reverse-entry voucher=H/2024/1 reason=x", "! used_downstream"},
		{"release reversed", pledged + "2024-03-02 release-pledge pledge=L amount=1.00 reason=x\n2024-03-02 reverse-entry voucher=H/2024/2 reason=x", "2024-03-02 reverse-entry voucher=H/2024/1 reason=x", `entry.reversed.v1 pledge/L H/2024/4
			H o=C 341881 2024: pledge.origin +100.00 pledge.open -100.00`},
		{"donation reversed gives the pledge back", pledged + "2024-03-02 receive-donation fund=H donor=C amount=100.00 receipt=R-1 pledge=L\n2024-03-03 reverse-entry voucher=H/2024/2 reason=x", "2024-03-03 receive-donation fund=H donor=C amount=100.00 receipt=R-1 pledge=L replaces=H/2024/2", `donation.received.v1 fund/H H/2024/4
			H o=C 341881 2024 v2024: income -100.00
			H 341881 2024 v2024: cash +100.00 authority -100.00 available +100.00
			H o=C 341881 2024: pledge.open -100.00 pledge.fulfilled +100.00`},
	})
}
