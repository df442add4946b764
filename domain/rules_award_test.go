package domain_test

import "testing"

const (
	// allocated is 500.00 of 2024 for P in F (F/2024/2).
	allocated = "2024-03-01 allocate fund=F project=P amount=500.00\n"
	propose   = "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=300.00 kind=grant\n"
	confirm   = "2024-03-03 confirm-award award=W\n" // F/2024/3 after allocated
	// round is a call in the prefecture's county of P, with two projects below it.
	round = `
2024-03-01 register-project project=N name=x district=341881 purpose=elderly
2024-03-01 register-project project=N1 name=x district=341822 purpose=elderly parent=N
2024-03-01 register-project project=N2 name=x district=341881 purpose=elderly parent=N
`
)

func policy(members string) string {
	return "2024-03-01 set-fund-policy @admin-1 fund=F " + members + "\n"
}

func TestRulesOfProposedAwards(t *testing.T) {
	when := "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=300.00 kind=grant"
	hold(t, []row{
		{"propose", "", when, `award.proposed.v1 award/W - amount=30000 eligibility={"at":"2024-03-02","status":"active","identifier":"valid","rating":0,"inspection":""}`},
		{"propose with what is known", "2024-03-01 rate-organisation organisation=O rating=4 from=2024-03-02 until=2024-03-02\n2024-03-01 record-inspection organisation=O year=2022 result=basic\n2024-03-01 record-inspection organisation=O year=2024 result=failed", when,
			`award.proposed.v1 award/W - eligibility={"at":"2024-03-02","status":"active","identifier":"valid","rating":4,"inspection":"basic"}`},
		{"id twice", propose, "2024-03-02 propose-award award=W fund=F project=P organisation=C amount=3.00 kind=grant", "! already_exists award"},
		{"no organisation", "", "2024-03-02 propose-award award=W fund=F project=P organisation=X amount=3.00 kind=grant", "! unknown_subject organisation"},
		{"no paying project", "", when + " from=X", "! unknown_subject from"},
		{"for another purpose", "2024-03-01 register-project project=Q name=x district=341881 purpose=children", "2024-03-02 propose-award award=W fund=F project=Q organisation=O amount=3.00 kind=grant", "! purpose_not_allowed project"},
		{"same fund, project, organisation", propose, "2024-03-02 propose-award award=W2 fund=F project=P organisation=O amount=3.00 kind=purchase", "! duplicate_award"},
		{"once, even when terminated", propose + "2024-03-03 terminate-award award=W reason=x", "2024-03-04 propose-award award=W2 fund=F project=P organisation=O amount=3.00 kind=grant", "! duplicate_award"},
		{"another organisation", propose, "2024-03-02 propose-award award=W2 fund=F project=P organisation=C amount=3.00 kind=grant", "award.proposed.v1 award/W2 -"},
		{"at the cap", policy("award_cap=300.00"), when, "award.proposed.v1 award/W -"},
		{"over the cap", policy("award_cap=299.99"), when, "! over_cap amount"},
		{"at the share", policy("share_percent=30"), when + " project_budget=1000.00", "award.proposed.v1 award/W - project_budget=100000"},
		{"over the share by less than a fen", policy("share_percent=30"), when + " project_budget=999.99", "! over_share"},
		{"share of no budget", policy("share_percent=30"), when, "! over_share"},
		{"share of a purchase", policy("share_percent=30"), "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=300.00 kind=purchase", "award.proposed.v1 award/W -"},
		{"notice counted inclusively", policy("notice_days=7"), when + " notice_from=2024-03-02 notice_until=2024-03-08", "award.proposed.v1 award/W -"},
		{"notice over the end of February", policy("notice_days=3"), "2024-02-28 propose-award award=W fund=F project=P organisation=O amount=3.00 kind=grant notice_from=2024-02-28 notice_until=2024-03-01", "award.proposed.v1 award/W -"},
		{"a day short", policy("notice_days=7"), when + " notice_from=2024-03-02 notice_until=2024-03-07", "! notice_too_short"},
		{"none given", policy("notice_days=7"), when, "! notice_too_short"},
		{"none given, none asked", policy("notice_days=0"), when, "award.proposed.v1 award/W -"},
		{"starting the day before", policy("notice_days=7"), when + " notice_from=2024-03-01 notice_until=2024-03-10", "! notice_too_short"},
		{"cap before share before notice", policy("award_cap=1.00 share_percent=10 notice_days=7"), when, "! over_cap"},
		{"share before notice", policy("share_percent=10 notice_days=7"), when, "! over_share"},
		{"notice before eligibility", policy("notice_days=7") + "2024-03-01 change-organisation organisation=O status=abnormal", when, "! notice_too_short"},
		{"duplicate before cap", propose + policy("award_cap=1.00"), "2024-03-02 propose-award award=W2 fund=F project=P organisation=O amount=3.00 kind=grant", "! duplicate_award"},
		{"closed year", "2024-03-01 close-year fund=F year=2023", "2023-03-02 propose-award award=W fund=F project=P organisation=O amount=300.00 kind=grant", "! closed_year"},
		{"no vote asked of the policy", policy("approval=2"), when, "award.proposed.v1 award/W -"},
	})
}

func TestRulesOfEligibility(t *testing.T) {
	when := "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=300.00 kind=grant"
	rate := func(n, from, until string) string {
		return "2024-03-01 rate-organisation organisation=O rating=" + n + " from=" + from + " until=" + until + "\n"
	}
	inspect := func(year, result string) string {
		return "2024-03-01 record-inspection organisation=O year=" + year + " result=" + result + "\n"
	}
	inRound := round + policy("one_award=true") + "2024-03-01 allocate fund=F project=N amount=500.00\n2024-03-02 propose-award award=W1 fund=F project=N1 organisation=O amount=10.00 kind=grant\n"
	second := "2024-03-04 propose-award award=W2 fund=F project=N2 organisation=O amount=10.00 kind=grant"
	yes := "award.proposed.v1 award/W -"
	hold(t, []row{
		{"abnormal", "2024-03-01 change-organisation organisation=O status=abnormal", when, "! ineligible_recipient organisation"},
		{"masked", "2024-03-01 change-organisation organisation=O uscc=51341882MJ****0188", when, "! invalid_identifier organisation"},
		{"status before identifier", "2024-03-01 change-organisation organisation=O uscc=51341882MJ****0188 status=abnormal", when, "! ineligible_recipient"},
		{"on hold", "2024-03-01 place-hold @checker-1 subject=organisation/O hold=S reason=x", when, "! on_hold"},
		{"identifier before hold", "2024-03-01 change-organisation organisation=O uscc=51341882MJ****0188\n2024-03-01 place-hold @checker-1 subject=organisation/O hold=S reason=x", when, "! invalid_identifier"},
		{"hold released", "2024-03-01 place-hold @checker-1 subject=organisation/O hold=S reason=x\n2024-03-01 release-hold @checker-1 subject=organisation/O hold=S reason=x", when, yes},
		{"one of two holds released", "2024-03-01 place-hold @checker-1 subject=organisation/O hold=S reason=x\n2024-03-01 place-hold @checker-1 subject=organisation/O hold=S2 reason=x\n2024-03-01 release-hold @checker-1 subject=organisation/O hold=S reason=x", when, "! on_hold"},
		{"rating on its last day", policy("min_rating=3") + rate("3", "2020-01-01", "2024-03-02"), when, yes},
		{"rating on its first day", policy("min_rating=3") + rate("5", "2024-03-02", "2025-01-01"), when, yes},
		{"rating over yesterday", policy("min_rating=3") + rate("5", "2020-01-01", "2024-03-01"), when, "! ineligible_recipient"},
		{"rating from tomorrow", policy("min_rating=3") + rate("5", "2024-03-03", "2025-01-01"), when, "! ineligible_recipient"},
		{"rating too low", policy("min_rating=3") + rate("2", "2020-01-01", "2025-01-01"), when, "! ineligible_recipient"},
		{"no rating", policy("min_rating=1"), when, "! ineligible_recipient"},
		{"inspected two years ago", policy("inspection=true") + inspect("2022", "basic"), when, yes},
		{"inspected three years ago", policy("inspection=true") + inspect("2021", "passed"), when, "! ineligible_recipient"},
		{"inspected for this year only", policy("inspection=true") + inspect("2024", "passed"), when, "! ineligible_recipient"},
		{"the last one failed", policy("inspection=true") + inspect("2022", "passed") + inspect("2023", "failed"), when, "! ineligible_recipient"},
		{"an earlier one failed, recorded later", policy("inspection=true") + inspect("2023", "passed") + inspect("2022", "failed"), when, yes},
		{"never inspected", policy("inspection=true"), when, "! ineligible_recipient"},

		{"other award only proposed", inRound, second, "award.proposed.v1 award/W2 -"},
		{"other award confirmed", inRound + "2024-03-03 confirm-award award=W1", second, "! ineligible_recipient"},
		{"other award active", inRound + "2024-03-03 confirm-award award=W1\n2024-03-03 sign-agreement award=W1 agreement=A shares=100:signing", second, "! ineligible_recipient"},
		{"other award terminated", inRound + "2024-03-03 confirm-award award=W1\n2024-03-03 terminate-award award=W1 reason=x", second, "award.proposed.v1 award/W2 -"},
		{"other organisation in the round", inRound + "2024-03-03 confirm-award award=W1", "2024-03-04 propose-award award=W2 fund=F project=N2 organisation=C amount=10.00 kind=grant", "award.proposed.v1 award/W2 -"},
		{"outside the round", inRound + "2024-03-03 confirm-award award=W1", "2024-03-04 propose-award award=W2 fund=F project=P organisation=O amount=10.00 kind=grant", "award.proposed.v1 award/W2 -"},
		{"two proposed, the first confirmed", inRound + second + "\n2024-03-05 confirm-award award=W2", "2024-03-05 confirm-award award=W1", "! ineligible_recipient"},
		{"not asked", inRound + policy("one_award=false") + "2024-03-03 confirm-award award=W1", second, "award.proposed.v1 award/W2 -"},
	})
}

func TestRulesOfConfirmedAwards(t *testing.T) {
	noticed := allocated + "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=300.00 kind=grant notice_from=2024-03-02 notice_until=2024-03-08\n"
	object := "2024-03-03 raise-objection award=W objection=B text=x\n"
	hold(t, []row{
		{"confirm", allocated + propose, confirm, `award.confirmed.v1 award/W F/2024/3 eligibility={"at":"2024-03-03","status":"active","identifier":"valid","rating":0,"inspection":""}
			F p=P 341882 2024 v2024 elderly: allocated -300.00
			F p=P o=O 341882 2024 v2024 elderly: committed +300.00`},
		{"the parent round pays, oldest first, over districts", old + round + "2024-03-01 allocate fund=F project=N amount=500.00\n2024-03-02 propose-award award=W1 fund=F project=N1 organisation=O amount=150.00 kind=grant", "2024-03-03 confirm-award award=W1", `award.confirmed.v1 award/W1 F/2024/4
			F p=N 341881 2024 v2022 elderly: allocated -100.00 transferred +100.00
			F p=N1 o=O 341882 2024 v2022 elderly: committed +100.00 transferred -100.00
			F p=N 341881 2024 v2024 elderly: allocated -50.00 transferred +50.00
			F p=N1 o=O 341882 2024 v2024 elderly: committed +50.00 transferred -50.00`},
		{"itself pays when told so", round + "2024-03-01 allocate fund=F project=N1 amount=500.00\n2024-03-02 propose-award award=W1 fund=F project=N1 organisation=O amount=150.00 kind=grant from=N1", "2024-03-03 confirm-award award=W1", `award.confirmed.v1 award/W1 F/2024/3
			F p=N1 341882 2024 v2024 elderly: allocated -150.00
			F p=N1 o=O 341882 2024 v2024 elderly: committed +150.00`},
		{"a third project pays", round + allocated + "2024-03-02 propose-award award=W1 fund=F project=N2 organisation=O amount=150.00 kind=grant from=P", "2024-03-03 confirm-award award=W1", `award.confirmed.v1 award/W1 F/2024/3
			F p=P 341882 2024 v2024 elderly: allocated -150.00 transferred +150.00
			F p=N2 o=O 341881 2024 v2024 elderly: committed +150.00 transferred -150.00`},
		{"own allocation does not help the round", round + "2024-03-01 allocate fund=F project=N1 amount=500.00\n2024-03-02 propose-award award=W1 fund=F project=N1 organisation=O amount=150.00 kind=grant", "2024-03-03 confirm-award award=W1", "! insufficient_allocated"},
		{"too little", "2024-03-01 allocate fund=F project=P amount=299.99\n" + propose, confirm, "! insufficient_allocated"},
		{"twice", allocated + propose + confirm, "2024-03-03 confirm-award award=W #again", "! wrong_state"},
		{"no award", "", confirm, "! unknown_subject award"},
		{"on the last day of notice", noticed, "2024-03-08 confirm-award award=W", "! notice_open on"},
		{"the day after notice", noticed, "2024-03-09 confirm-award award=W", `award.confirmed.v1 award/W F/2024/3
			F p=P 341882 2024 v2024 elderly: allocated -300.00
			F p=P o=O 341882 2024 v2024 elderly: committed +300.00`},
		{"notice before objection", noticed + object, "2024-03-08 confirm-award award=W", "! notice_open"},
		{"objection open", noticed + object, "2024-03-09 confirm-award award=W", "! objection_open"},
		{"one of two objections open", noticed + object + "2024-03-03 raise-objection award=W objection=B2 text=x\n2024-03-04 resolve-objection award=W objection=B text=x result=dismissed", "2024-03-09 confirm-award award=W", "! objection_open"},
		{"objection before eligibility", noticed + object + "2024-03-04 change-organisation organisation=O status=abnormal", "2024-03-09 confirm-award award=W", "! objection_open"},
		{"eligible at the proposal, not now", noticed + "2024-03-04 change-organisation organisation=O status=abnormal", "2024-03-09 confirm-award award=W", "! ineligible_recipient"},
		{"rating run out meanwhile", policy("min_rating=3") + "2024-03-01 rate-organisation organisation=O rating=3 from=2020-01-01 until=2024-03-08\n" + noticed, "2024-03-09 confirm-award award=W", "! ineligible_recipient"},
		{"award on hold", noticed + "2024-03-04 place-hold @checker-1 subject=award/W hold=S reason=x", "2024-03-09 confirm-award award=W", "! on_hold"},
		{"eligibility before balances", propose + "2024-03-02 change-organisation organisation=O status=abnormal", confirm, "! ineligible_recipient"},

		{"objection raised", noticed, object, `objection.raised.v1 award/W - objection="B"`},
		{"objection twice", noticed + object, "2024-03-03 raise-objection award=W objection=B text=x #again", "! already_exists objection"},
		{"objection twice, existence before state", allocated + propose + object + "2024-03-04 resolve-objection award=W objection=B text=x result=upheld", "2024-03-05 raise-objection award=W objection=B text=x", "! already_exists objection"},
		{"objection after the confirmation", allocated + propose + confirm, "2024-03-03 raise-objection award=W objection=B text=x", "! wrong_state"},
		{"objection dismissed", noticed + object, "2024-03-04 resolve-objection award=W objection=B text=x result=dismissed", `objection.resolved.v1 award/W - result="dismissed"`},
		{"objection resolved twice", noticed + object + "2024-03-04 resolve-objection award=W objection=B text=x result=dismissed", "2024-03-04 resolve-objection award=W objection=B text=x result=upheld", "! wrong_state"},
		{"objection not raised", noticed, "2024-03-04 resolve-objection award=W objection=B text=x result=upheld", "! unknown_subject objection"},
		{"an upheld objection ends the award", noticed + object + "2024-03-04 resolve-objection award=W objection=B text=x result=upheld", "2024-03-09 confirm-award award=W", "! wrong_state"},

		{"hold by a clerk", noticed, "2024-03-04 place-hold subject=award/W hold=S reason=x", "! not_authorised"},
		{"hold", noticed, "2024-03-04 place-hold @checker-1 subject=award/W hold=S reason=x", `hold.placed.v1 award/W - hold="S"`},
		{"hold twice", "2024-03-04 place-hold @checker-1 subject=organisation/O hold=S reason=x", "2024-03-04 place-hold @checker-1 subject=organisation/O hold=S reason=y", "! already_exists hold"},
		{"the same hold on another subject", noticed + "2024-03-04 place-hold @checker-1 subject=organisation/O hold=S reason=x", "2024-03-04 place-hold @checker-1 subject=award/W hold=S reason=y", "hold.placed.v1 award/W -"},
		{"hold on nothing", "", "2024-03-04 place-hold @checker-1 subject=award/W hold=S reason=x", "! unknown_subject subject"},
		{"release no hold", noticed, "2024-03-04 release-hold @checker-1 subject=award/W hold=S reason=x", "! unknown_subject hold"},
		{"release a hold", noticed + "2024-03-04 place-hold @checker-1 subject=award/W hold=S reason=x", "2024-03-04 release-hold @checker-1 subject=award/W hold=S reason=x", "hold.released.v1 award/W -"},
	})
}
