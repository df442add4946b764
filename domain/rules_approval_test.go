package domain_test

import (
	"strconv"
	"strings"
	"testing"

	"grantledger/domain"
)

// persons are a second clerk, a second checker and an approver; clerk-1 is a
// checker and an approver too.
const persons = `
2024-02-01 enrol-user @admin-1 user=clerk-2
2024-02-01 grant-role @admin-1 user=clerk-2 role=clerk funds=*
2024-02-01 enrol-user @admin-1 user=checker-2
2024-02-01 grant-role @admin-1 user=checker-2 role=checker funds=*
2024-02-01 enrol-user @admin-1 user=approver-1
2024-02-01 grant-role @admin-1 user=approver-1 role=approver funds=*
2024-02-01 grant-role @admin-1 user=clerk-1 role=checker funds=*
2024-02-01 grant-role @admin-1 user=clerk-1 role=approver funds=*
`

// band is a policy in which a command needs one person above the amount.
func band(command, upTo string) string {
	return policy(`approval=[{"commands":["` + command + `"],"up_to":"` + upTo + `","steps":0},{"commands":["*"],"steps":1}]`)
}

func TestRulesOfBands(t *testing.T) {
	bands := policy(`approval=[{"commands":["allocate","lapse"],"up_to":"100.00","steps":0},{"commands":["allocate"],"up_to":"200.00","steps":1}]`)
	allocate := func(amount string) string { return "2024-03-02 allocate fund=F project=P amount=" + amount }
	made := func(steps int) string { return "proposal.made.v1 proposal/when - steps=" + strconv.Itoa(steps) }
	evaluated := mixed + halve + "2024-03-05 record-evaluation award=W stage=midterm score=80 result=passed\n"
	hold(t, []row{
		{"no step at the bound", bands, allocate("100.00"), "allocation.made.v1 project/P F/2024/2\nF 341882 2024 v2024: available -100.00\nF p=P 341882 2024 v2024 elderly: allocated +100.00"},
		{"one step above it", bands, allocate("100.01"), `proposal.made.v1 proposal/when - command="allocate" payload={"amount":"100.01","fund":"F","on":"2024-03-02","project":"P"} steps=1`},
		{"nothing fits: two steps", bands, allocate("200.01"), made(2)},
		{"nothing names it: two steps", bands, "2024-03-02 receive-appropriation fund=F amount=0.01 document=N-2", made(2)},
		{"no list: two steps", policy("approval=[]"), allocate("0.01"), made(2)},
		{"no amount fits no bound", old + bands, "2024-12-31 lapse fund=F year=2024", made(2)},
		{"the first that fits decides", policy(`approval=[{"commands":["*"],"steps":1},{"commands":["allocate"],"steps":0}]`), allocate("0.01"), made(1)},
		{"refused on trial", bands, allocate("1000.01"), "! insufficient_available"},
		{"not under approval", policy("approval=2"), "2024-03-02 propose-award award=W fund=F project=P organisation=O amount=300.00 kind=grant", "award.proposed.v1 award/W -"},

		{"an award counts whole", allocated + propose + band("confirm-award", "299.99"), confirm, made(1)},
		{"a signature counts the award", confirmed + band("sign-agreement", "299.99"), "2024-03-04 sign-agreement award=W agreement=A-1 shares=100:signing", made(1)},
		{"a payment counts the open rest", evaluated + pay("B-1", "1", "amount=50.00") + band("disburse", "99.99"), pay("B-2", "1", ""), made(1)},
		{"a payment counts the open rest, below", evaluated + pay("B-1", "1", "amount=50.00") + band("disburse", "100.00"), pay("B-2", "1", ""), `award.disbursed.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2022 elderly: committed -50.00 disbursed +50.00 advance +50.00 income -50.00
			F p=P o=O 341882 2024 v2024 elderly: committed -50.00 disbursed +50.00 advance +50.00 income -50.00`},
		{"an acceptance counts its lines", paid + band("accept-expenditure", "0.02"), "2024-03-08 accept-expenditure award=W docs=invoice:d lines=I-1:0.01,I-2:0.02", made(1)},
		{"an amendment counts the difference", mixed + halve + band("amend-agreement", "50.00"), "2024-03-06 amend-agreement award=W amount=350.00 shares=100:final", `agreement.amended.v1 award/W F/2024/5
			F p=P 341882 2024 v2024 elderly: allocated -50.00
			F p=P o=O 341882 2024 v2024 elderly: committed +50.00`},
		{"an amendment counts the difference, above", mixed + halve + band("amend-agreement", "50.00"), "2024-03-06 amend-agreement award=W amount=350.01 shares=100:final", made(1)},
		{"an amendment counts the difference, down", mixed + halve + band("amend-agreement", "50.00"), "2024-03-06 amend-agreement award=W amount=249.99 shares=100:final", made(1)},
		{"a termination counts the unpaid rest", paid + band("terminate-award", "150.00"), "2024-03-06 terminate-award award=W reason=x", `award.terminated.v1 award/W F/2024/6
			F p=P o=O 341882 2024 v2024 elderly: committed -150.00
			F p=P 341882 2024 v2024 elderly: allocated +150.00`},
		{"a termination counts the unpaid rest, above", paid + band("terminate-award", "149.99"), "2024-03-06 terminate-award award=W reason=x", made(1)},
		{"goods count by value", lot + strings.Replace(band("deliver-goods", "33.32"), "fund=F", "fund=H", 1), "2024-03-02 deliver-goods lot=L project=R organisation=O quantity=1 docs=photo:a", made(1)},
		{"a revaluation counts the difference", lot + strings.Replace(band("revalue-goods", "10.00"), "fund=F", "fund=H", 1), "2024-03-02 revalue-goods lot=L value=90.00 basis=market", `goods.revalued.v1 lot/L H/2024/2
			H 341881 2024: goods -10.00
			H o=C 341881 2024: income +10.00`},
		{"a reversal counts the voucher", old + "2024-03-01 allocate fund=F project=P amount=120.00\n" + band("reverse-entry", "119.99"), "2024-03-02 reverse-entry voucher=F/2024/3 reason=x", made(1)},
		{"a reversal counts the voucher, below", old + "2024-03-01 allocate fund=F project=P amount=120.00\n" + band("reverse-entry", "120.00"), "2024-03-02 reverse-entry voucher=F/2024/3 reason=x", `entry.reversed.v1 project/P F/2024/4
			F 341882 2024 v2022: available +100.00
			F p=P 341882 2024 v2022 elderly: allocated -100.00
			F 341882 2024 v2024: available +20.00
			F p=P 341882 2024 v2024 elderly: allocated -20.00`},
		{"a closing has no amount", band("close-year", "9999999999999.99"), "2024-12-31 close-year fund=F year=2024", made(1)},
	})
}

func TestRulesOfProposals(t *testing.T) {
	one := persons + policy("approval=1") + "2024-03-02 allocate #k fund=F project=P amount=600.00\n"
	two := persons + policy("approval=2") + "2024-03-02 allocate #k fund=F project=P amount=600.00\n"
	approve := func(who string) string { return "2024-03-03 approve-proposal @" + who + " proposal=k" }
	effect := func(more string) string {
		return `proposal.approved.v1 proposal/k - proposal="k"
			allocation.made.v1 project/P F/2024/2 amount=60000 approval={"proposal":"k","maker":"user/clerk-1","checker":"user/checker-1"` + more + `}
			F 341882 2024 v2024: available -600.00
			F p=P 341882 2024 v2024 elderly: allocated +600.00`
	}
	hold(t, []row{
		{"one step", one, approve("checker-1"), effect("")},
		{"one step by an approver", one, approve("approver-1"), "! not_authorised"},
		{"one step by a clerk", one, approve("clerk-2"), "! not_authorised"},
		{"one step by an admin", one, approve("admin-1"), "! not_authorised"},
		{"one step by the maker", one, approve("clerk-1"), "! same_person"},
		{"one step by a checker of another fund", one + "2024-03-02 revoke-role @admin-1 user=checker-2 role=checker\n2024-03-02 grant-role @admin-1 user=checker-2 role=checker funds=H", approve("checker-2"), "! not_authorised"},
		{"first of two", two, approve("checker-1"), `proposal.approved.v1 proposal/k -`},
		{"second of two", two + approve("checker-1"), approve("approver-1"), effect(`,"approver":"user/approver-1"`)},
		{"second by a checker", two + approve("checker-1"), approve("checker-2"), "! not_authorised"},
		{"second by the maker", two + approve("checker-1"), approve("clerk-1"), "! same_person"},
		{"second by the checker of the first", two + "2024-03-02 grant-role @admin-1 user=checker-1 role=approver funds=*\n" + approve("checker-1"), approve("checker-1") + " #again", "! same_person"},
		{"no proposal", one, "2024-03-03 approve-proposal @checker-1 proposal=x", "! unknown_subject proposal"},
		{"approved", one + approve("checker-1"), approve("checker-2"), "! wrong_state"},

		{"rejected by a checker", one, "2024-03-03 reject-proposal @checker-1 proposal=k reason=x", `proposal.rejected.v1 proposal/k - reason="x"`},
		{"rejected by an approver", two, "2024-03-03 reject-proposal @approver-1 proposal=k reason=x", "proposal.rejected.v1 proposal/k -"},
		{"rejected by the maker", one, "2024-03-03 reject-proposal proposal=k reason=x", "! same_person"},
		{"rejected by a clerk", one, "2024-03-03 reject-proposal @clerk-2 proposal=k reason=x", "! not_authorised"},
		{"rejected without reason", one, "2024-03-03 reject-proposal @checker-1 proposal=k", "! invalid_input reason"},
		{"approved after the rejection", one + "2024-03-03 reject-proposal @checker-1 proposal=k reason=x", approve("checker-1"), "! wrong_state"},
		{"withdrawn", two + approve("checker-1"), "2024-03-03 withdraw-proposal proposal=k", "proposal.withdrawn.v1 proposal/k -"},
		{"withdrawn by another clerk", one, "2024-03-03 withdraw-proposal @clerk-2 proposal=k", "! not_authorised"},
		{"withdrawn by a checker", one, "2024-03-03 withdraw-proposal @checker-1 proposal=k", "! not_authorised"},
		{"withdrawn twice", one + "2024-03-03 withdraw-proposal proposal=k", "2024-03-03 withdraw-proposal proposal=k", "! wrong_state"},
		{"rejected after the approval", one + approve("checker-1"), "2024-03-03 reject-proposal @checker-2 proposal=k reason=x", "! wrong_state"},

		{"money gone meanwhile", one + policy("approval=0") + "2024-03-02 allocate fund=F project=P amount=400.01", approve("checker-1"), "! insufficient_available"},
		{"money back: it stayed open", one + policy("approval=0") + "2024-03-02 allocate fund=F project=P amount=400.01\n2024-03-02 release-allocation fund=F project=P amount=0.01", approve("checker-1"), strings.Replace(effect(""), "F/2024/2", "F/2024/4", 1)},
		{"project closed meanwhile", one + "2024-03-02 close-project project=P", approve("checker-1"), "! wrong_state"},
		{"the maker lost the role", one + "2024-03-02 revoke-role @admin-1 user=clerk-1 role=clerk", approve("checker-1"), "! not_authorised"},
		{"the maker lost the role, rejected", one + "2024-03-02 revoke-role @admin-1 user=clerk-1 role=clerk", "2024-03-03 reject-proposal @checker-1 proposal=k reason=x", "proposal.rejected.v1 proposal/k -"},
		{"the maker got the role back", one + "2024-03-02 revoke-role @admin-1 user=clerk-1 role=clerk\n2024-03-02 grant-role @admin-1 user=clerk-1 role=clerk funds=F", approve("checker-1"), effect("")},
		{"one paper in two proposals", persons + policy("approval=1") + "2024-03-02 receive-appropriation #k fund=F amount=1.00 document=N-2\n2024-03-02 receive-appropriation #k2 fund=F amount=1.00 document=N-2\n" + approve("checker-1"), "2024-03-03 approve-proposal @checker-1 proposal=k2", "! duplicate_document"},
		{"same proposal again", one, "2024-03-02 allocate #k fund=F project=P amount=600.00", ""},
		{"same key, other proposal", one, "2024-03-02 allocate #k fund=F project=P amount=600.01", "! key_reused"},
		{"dated last year, approved in this", strings.ReplaceAll(one, "2024-03-02 allocate", "2024-12-30 allocate"), "2025-01-05 approve-proposal @checker-1 proposal=k", effect("")},
		{"the year closed meanwhile", persons + policy("approval=1") + "2025-01-02 reverse-entry #k voucher=F/2024/1 reason=x\n" + policy("approval=0") + "2025-01-02 close-year fund=F year=2024", "2025-01-03 approve-proposal @checker-1 proposal=k", "! closed_year"},
	})
}

func TestRulesOfOpenProposals(t *testing.T) {
	open := func(day string) string {
		return persons + policy("approval=1") + day + " allocate #k fund=F project=P amount=600.00\n"
	}
	free := policy("approval=0")
	closed := `year.carried.v1 fund/F F/2024/2
			F 341882 2024 v2024: available -1000.00 carried +1000.00
			F 341882 2025 v2024: available +1000.00 carried -1000.00
			year.closed.v1 fund/F -`
	when := "2025-01-05 close-year fund=F year=2024"
	hold(t, []row{
		{"of the year", open("2024-12-31") + free, when, "! open_proposals"},
		{"of the year before", persons + "2023-06-01 receive-appropriation fund=F amount=1.00 document=N-2\n2023-06-02 reduce-appropriation fund=F amount=1.00 document=N-3\n" + policy("approval=1") + "2023-06-01 receive-appropriation #k fund=F amount=1.00 document=N-4\n" + free, when, "! open_proposals"},
		{"of the next year", persons + policy("approval=1") + "2025-01-02 receive-appropriation #k fund=F amount=600.00 document=N-2\n" + free, when, closed},
		{"of another fund", persons + "2024-02-01 set-fund-policy @admin-1 fund=H approval=1\n2024-03-02 receive-donation #k fund=H donor=C amount=1.00 receipt=R-1", when, closed},
		{"named by an award", allocated + propose + policy("approval=1") + "2024-12-31 confirm-award award=W\n" + free, when, "! open_proposals"},
		{"withdrawn", open("2024-12-31") + free + "2025-01-02 withdraw-proposal proposal=k", when, closed},
		{"rejected", open("2024-12-31") + free + "2025-01-02 reject-proposal @checker-1 proposal=k reason=x", when, closed},
		{"lapse", old + open("2024-12-31") + free, "2025-01-05 lapse fund=F year=2024", "! open_proposals"},
		{"before nothing to lapse", open("2024-12-31") + free, "2025-01-05 lapse fund=F year=2024", "! open_proposals"},
		{"before lapse due", old + open("2024-12-31") + free, when, "! open_proposals"},
		{"the closing itself", persons + policy("approval=1") + "2024-12-31 close-year #k fund=F year=2024", "2025-01-05 approve-proposal @checker-1 proposal=k", "proposal.approved.v1 proposal/k -\n" + closed},
		{"the lapse itself, in two steps", old + persons + policy("approval=2") + "2024-12-31 lapse #k fund=F year=2024\n2025-01-05 approve-proposal @checker-1 proposal=k", "2025-01-05 approve-proposal @approver-1 proposal=k", `proposal.approved.v1 proposal/k -
			year.lapsed.v1 fund/F F/2024/3 approval={"proposal":"k","maker":"user/clerk-1","checker":"user/checker-1","approver":"user/approver-1"}
			F 341882 2024 v2022: available -100.00 lapsed +100.00`},
		{"a second closing beside the first", persons + policy("approval=1") + "2024-12-31 close-year #k fund=F year=2024", "2025-01-05 close-year fund=F year=2024", "! open_proposals"},
		{"a proposal made after that of the closing", persons + policy("approval=1") + "2024-12-31 close-year #k fund=F year=2024\n2024-12-31 allocate fund=F project=P amount=1.00", "2025-01-05 approve-proposal @checker-1 proposal=k", "! open_proposals"},
	})
}

// TestEffectOfAnApproval: the effect keeps the maker's date, memo and
// documents; key and actor are those of the last approval.
func TestEffectOfAnApproval(t *testing.T) {
	l := domain.NewLedger(genesis)
	var c clock
	given := office()
	for i, text := range texts(persons + policy("approval=1") + "2024-03-02 allocate #k fund=F project=P amount=1.00 memo=why docs=notice:n") {
		given = append(given, step(t, text, "g"+strconv.Itoa(i)))
	}
	for _, cmd := range given {
		run(l, cmd, c.at(cmd))
	}
	when := step(t, "2024-03-05 approve-proposal @checker-1 proposal=k memo=seen", "yes")
	events, refusal := execute(l, when, c.at(when))
	if refusal != nil || len(events) != 2 {
		t.Fatal(events, refusal)
	}
	e := events[1]
	if e.Actor != "user/checker-1" || e.Key != "yes" || e.On.String() != "2024-03-02" || e.Memo != "why" || len(e.Docs) != 1 || e.Docs[0].Name != "n" {
		t.Errorf("%+v", e)
	}
	if a := events[0]; a.Memo != "seen" || a.On.String() != "2024-03-05" || len(a.Docs) != 0 {
		t.Errorf("%+v", a)
	}
}
