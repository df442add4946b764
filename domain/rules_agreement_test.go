package domain_test

import "testing"

const (
	confirmed = allocated + propose + confirm
	// mixed is an award of 300.00 with 100.00 of 2022 and 200.00 of 2024, and
	// 200.00 of 2024 left in the allocation (F/2024/2 to 4).
	mixed = old + confirmed
	halve = "2024-03-04 sign-agreement award=W agreement=A-1 instalments=150.00:signing,150.00:midterm\n"
)

// pay disburses an instalment of W in March.
func pay(bank, instalment, members string) string {
	return "2024-03-05 disburse award=W instalment=" + instalment + " payee=O bank_reference=" + bank + " " + members + "\n"
}

func TestRulesOfAgreements(t *testing.T) {
	big := "2024-02-02 receive-appropriation fund=F amount=40000.00 document=N-2\n2024-03-01 allocate fund=F project=P amount=33333.33\n2024-03-02 propose-award award=W fund=F project=P organisation=O amount=33333.33 kind=grant\n" + confirm
	tiny := "2024-03-01 allocate fund=F project=P amount=0.02\n2024-03-02 propose-award award=W fund=F project=P organisation=O amount=0.02 kind=grant\n" + confirm
	sign := "2024-03-04 sign-agreement award=W agreement=A-1 "
	hold(t, []row{
		{"the last share is the rest", big, sign + "shares=50:signing,30:midterm,20:final", `agreement.signed.v1 award/W - instalments=[{"amount":1666666,"after":"signing"},{"amount":999999,"after":"midterm"},{"amount":666668,"after":"final"}]`},
		{"with the recipient's own share", confirmed, sign + "shares=100:signing match=33.33", `agreement.signed.v1 award/W F/2024/4 match=3333
			F p=P o=O 341882 2024 elderly: match.origin -33.33 match.open +33.33`},
		{"by amounts", confirmed, sign + "instalments=0.01:signing,299.99:final", `agreement.signed.v1 award/W - instalments=[{"amount":1,"after":"signing"},{"amount":29999,"after":"final"}]`},
		{"amounts short of a fen", confirmed, sign + "instalments=0.01:signing,299.98:final", "! instalments_mismatch"},
		{"amounts over", confirmed, sign + "instalments=0.02:signing,299.99:final", "! instalments_mismatch"},
		{"shares of 99", confirmed, sign + "shares=50:signing,49:final", "! instalments_mismatch"},
		{"shares of 101", confirmed, sign + "shares=50:signing,51:final", "! instalments_mismatch"},
		{"a share of nothing", tiny, sign + "shares=50:signing,30:midterm,20:final", "! instalments_mismatch"},
		{"a half fen each is nothing", tiny, sign + "shares=49:signing,51:final", "! instalments_mismatch"},
		{"neither shares nor instalments", confirmed, sign, "! instalments_mismatch"},
		{"before the confirmation", confirmed, "2024-03-02 sign-agreement award=W agreement=A-1 shares=100:signing", "! too_early on"},
		{"number twice", confirmed + "2024-03-01 propose-award award=W2 fund=F project=P organisation=C amount=10.00 kind=grant\n2024-03-02 confirm-award award=W2\n2024-03-03 sign-agreement award=W2 agreement=A-1 shares=100:signing", sign + "shares=100:signing", "! duplicate_document agreement"},
		{"number before instalments", confirmed + "2024-03-01 propose-award award=W2 fund=F project=P organisation=C amount=10.00 kind=grant\n2024-03-02 confirm-award award=W2\n2024-03-03 sign-agreement award=W2 agreement=A-1 shares=100:signing", sign + "shares=99:signing", "! duplicate_document"},
		{"without number", confirmed, "2024-03-04 sign-agreement award=W shares=100:signing", "! evidence_missing agreement"},
		{"not confirmed", allocated + propose, sign + "shares=100:signing", "! wrong_state"},
		{"signed", confirmed + halve, "2024-03-04 sign-agreement award=W agreement=A-2 shares=100:signing", "! wrong_state"},
	})
}

func TestRulesOfAmendments(t *testing.T) {
	purchase := allocated + "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=100.00 kind=purchase\n" + confirm + "2024-03-04 sign-agreement award=W agreement=A-1 shares=100:signing\n"
	amend := "2024-03-06 amend-agreement award=W amount="
	hold(t, []row{
		{"more, after part of the first instalment", mixed + halve + pay("B-1", "1", "amount=120.00"), amend + "400.00 instalments=80.00:signing,200.00:final", `agreement.amended.v1 award/W F/2024/6 amount=40000 instalments=[{"amount":12000,"after":"signing"},{"amount":8000,"after":"signing"},{"amount":20000,"after":"final"}]
			F p=P 341882 2024 v2024 elderly: allocated -100.00
			F p=P o=O 341882 2024 v2024 elderly: committed +100.00`},
		{"less, the old vintage lapses", mixed + halve, amend + "150.00 shares=50:signing,50:final", `agreement.amended.v1 award/W F/2024/5 instalments=[{"amount":7500,"after":"signing"},{"amount":7500,"after":"final"}]
			F p=P o=O 341882 2024 v2022 elderly: committed -100.00
			F p=P 341882 2024 v2022 elderly: lapsed +100.00
			F p=P o=O 341882 2024 v2024 elderly: committed -50.00
			F p=P 341882 2024 v2024 elderly: allocated +50.00`},
		{"less, in a fund that does not lapse", policy("lapses=false") + mixed + halve, amend + "200.00 shares=100:final", `agreement.amended.v1 award/W F/2024/5
			F p=P o=O 341882 2024 v2022 elderly: committed -100.00
			F p=P 341882 2024 v2022 elderly: allocated +100.00`},
		{"the same in other parts", mixed + halve + pay("B-1", "1", ""), amend + "300.00 shares=50:signing,50:final", `agreement.amended.v1 award/W - instalments=[{"amount":15000,"after":"signing"},{"amount":7500,"after":"signing"},{"amount":7500,"after":"final"}]`},
		{"down to what is paid", mixed + halve + pay("B-1", "1", ""), amend + "150.00", `agreement.amended.v1 award/W F/2024/6 instalments=[{"amount":15000,"after":"signing"}]
			F p=P o=O 341882 2024 v2024 elderly: committed -150.00
			F p=P 341882 2024 v2024 elderly: allocated +150.00`},
		{"below what is paid", mixed + halve + pay("B-1", "1", ""), amend + "149.99", "! instalments_mismatch"},
		{"parts that forget what is paid", mixed + halve + pay("B-1", "1", ""), amend + "400.00 instalments=400.00:final", "! instalments_mismatch"},
		{"no parts for the rest", mixed + halve + pay("B-1", "1", ""), amend + "400.00", "! instalments_mismatch"},
		{"more than the allocation holds", mixed + halve, amend + "500.01 shares=100:final", "! insufficient_allocated"},
		{"a purchase at the limit", purchase, amend + "110.00 shares=100:final", `agreement.amended.v1 award/W F/2024/4
			F p=P 341882 2024 v2024 elderly: allocated -10.00
			F p=P o=O 341882 2024 v2024 elderly: committed +10.00`},
		{"a purchase above the limit", purchase, amend + "110.01 shares=100:final", "! supplement_limit"},
		{"the limit goes by the first amount", purchase + amend + "105.00 shares=100:final", amend + "110.01 shares=100:final", "! supplement_limit"},
		{"a grant knows no such limit", mixed + halve, amend + "500.00 shares=100:final", `agreement.amended.v1 award/W F/2024/5
			F p=P 341882 2024 v2024 elderly: allocated -200.00
			F p=P o=O 341882 2024 v2024 elderly: committed +200.00`},
		{"over the cap", mixed + halve + policy("award_cap=350.00"), amend + "350.01 shares=100:final", "! over_cap"},
		{"parts before limit", purchase, amend + "110.01 shares=99:final", "! instalments_mismatch"},
		{"limit before cap", purchase + policy("award_cap=10.00"), amend + "110.01 shares=100:final", "! supplement_limit"},
		{"not signed", mixed, amend + "400.00 shares=100:final", "! wrong_state"},
		{"terminated", mixed + halve + "2024-03-05 terminate-award award=W reason=x", amend + "400.00 shares=100:final", "! wrong_state"},
		{"instalments are numbered behind the settled ones", mixed + halve + pay("B-1", "1", "amount=120.00") + amend + "400.00 instalments=80.00:signing,200.00:final", "2024-03-07 disburse award=W instalment=2 payee=O bank_reference=B-2", `award.disbursed.v1 award/W F/2024/7
			F p=P o=O 341882 2024 v2024 elderly: committed -80.00 disbursed +80.00 advance +80.00 income -80.00`},
		{"the settled one is full", mixed + halve + pay("B-1", "1", "amount=120.00") + amend + "400.00 instalments=80.00:signing,200.00:final", "2024-03-07 disburse award=W instalment=1 payee=O bank_reference=B-2", "! insufficient_committed"},
	})
}

func TestRulesOfTerminations(t *testing.T) {
	terminate := "2024-03-08 terminate-award award=W reason=x"
	hold(t, []row{
		{"proposed", allocated + propose, terminate, `award.terminated.v1 award/W - reason="x"`},
		{"confirmed", mixed, terminate, `award.terminated.v1 award/W F/2024/5
			F p=P o=O 341882 2024 v2022 elderly: committed -100.00
			F p=P 341882 2024 v2022 elderly: lapsed +100.00
			F p=P o=O 341882 2024 v2024 elderly: committed -200.00
			F p=P 341882 2024 v2024 elderly: allocated +200.00`},
		{"active, part paid, part of the match evidenced", mixed + "2024-03-04 sign-agreement award=W agreement=A-1 shares=50:signing,50:final match=50.00\n" + pay("B-1", "1", "amount=60.00") + "2024-03-06 evidence-match award=W amount=20.01 docs=report:m", terminate, `award.terminated.v1 award/W F/2024/8
			F p=P o=O 341882 2024 v2022 elderly: committed -40.00
			F p=P 341882 2024 v2022 elderly: lapsed +40.00
			F p=P o=O 341882 2024 v2024 elderly: committed -200.00
			F p=P 341882 2024 v2024 elderly: allocated +200.00
			F p=P o=O 341882 2024 elderly: match.open -29.99 match.waived +29.99`},
		{"back to the round that paid, over districts", old + round + "2024-03-01 allocate fund=F project=N amount=500.00\n2024-03-02 propose-award award=W fund=F project=N1 organisation=O amount=150.00 kind=grant\n" + confirm, terminate, `award.terminated.v1 award/W F/2024/5
			F p=N1 o=O 341882 2024 v2022 elderly: committed -100.00 transferred +100.00
			F p=N 341881 2024 v2022 elderly: lapsed +100.00 transferred -100.00
			F p=N1 o=O 341882 2024 v2024 elderly: committed -50.00 transferred +50.00
			F p=N 341881 2024 v2024 elderly: allocated +50.00 transferred -50.00`},
		{"fully paid", mixed + halve + "2024-03-05 record-evaluation award=W stage=midterm score=80 result=passed\n" + pay("B-1", "1", "") + pay("B-2", "2", ""), terminate, "award.terminated.v1 award/W -"},
		{"twice", mixed + terminate, terminate, "! wrong_state"},
		{"without reason", mixed, "2024-03-08 terminate-award award=W", "! invalid_input reason"},
	})
}

func TestRulesOfMatches(t *testing.T) {
	signed := confirmed + "2024-03-04 sign-agreement award=W agreement=A-1 shares=100:signing match=50.00\n"
	hold(t, []row{
		{"evidence", signed, "2024-03-05 evidence-match award=W amount=20.01 docs=report:m", `match.evidenced.v1 award/W F/2024/5
			F p=P o=O 341882 2024 elderly: match.open -20.01 match.evidenced +20.01`},
		{"evidence in the next year", signed, "2025-03-05 evidence-match award=W amount=50.00 docs=voucher:m", `match.evidenced.v1 award/W F/2025/1
			F p=P o=O 341882 2025 elderly: match.open -50.00 match.evidenced +50.00`},
		{"evidence by a photo", signed, "2024-03-05 evidence-match award=W amount=20.01 docs=photo:m", "! evidence_missing docs"},
		{"evidence too much", signed, "2024-03-05 evidence-match award=W amount=50.01 docs=report:m", "! insufficient_match amount"},
		{"waive", signed + "2024-03-05 evidence-match award=W amount=20.01 docs=report:m", "2024-03-05 waive-match award=W amount=29.99", `match.waived.v1 award/W F/2024/6
			F p=P o=O 341882 2024 elderly: match.open -29.99 match.waived +29.99`},
		{"waive too much", signed + "2024-03-05 evidence-match award=W amount=20.01 docs=report:m", "2024-03-05 waive-match award=W amount=30.00", "! insufficient_match"},
		{"no match promised", confirmed + halve, "2024-03-05 waive-match award=W amount=0.01", "! insufficient_match"},
		{"not signed", confirmed, "2024-03-05 waive-match award=W amount=0.01", "! wrong_state"},
		{"waiver reversed", signed + "2024-03-05 waive-match award=W amount=29.99", "2024-03-06 reverse-entry voucher=F/2024/5 reason=x", `entry.reversed.v1 award/W F/2024/6
			F p=P o=O 341882 2024 elderly: match.open +29.99 match.waived -29.99`},
		{"evaluate", confirmed + halve, "2024-03-05 record-evaluation award=W stage=final score=100 result=passed", `award.evaluated.v1 award/W - stage="final" score=100`},
		{"evaluate before signing", confirmed, "2024-03-05 record-evaluation award=W stage=final score=100 result=passed", "! wrong_state"},
		{"evaluate at 101", confirmed + halve, "2024-03-05 record-evaluation award=W stage=final score=101 result=passed", "! invalid_input score"},
	})
}
