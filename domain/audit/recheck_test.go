package audit

import (
	"maps"
	"slices"
	"testing"

	"grantledger/domain"
)

// TestEffects holds the list of commands under approval against the catalogue.
func TestEffects(t *testing.T) {
	want := map[string]string{}
	for _, d := range domain.Catalogue() {
		if d.Approval {
			for _, e := range d.Events {
				want[e] = d.Name
			}
		}
	}
	if !maps.Equal(effects, want) {
		t.Errorf("effects %v, catalogue %v", effects, want)
	}
}

func TestPurpose(t *testing.T) {
	b := newBook(t)
	b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.do("2024-02-02", "admin-1", "set-fund-policy", `"fund":"F","purposes":["poverty"]`)
	b.pay("2024-02-03", "W", "X", "1000.00")                                                 // what is committed may be paid
	b.clerk("2024-02-03", "release-allocation", `"fund":"F","project":"Q","amount":"10.00"`) // and given back
	b.want("A01", "")
	at := b.nth("allocation.made.v1", 2)
	b.event(at).Entries[1].Purpose = "sports"
	b.want("A01", "", hit("recheck", "project/Q", "sports", "elderly poverty", at))

	b = newBook(t)
	b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.alter(b.nth("fund.opened.v1", 1), `["elderly","poverty"]`, `["poverty"]`)
	if got := b.found("A01", ""); len(got) != 4 { // two allocations, proposal, confirmation
		t.Errorf("purpose never allowed: %q", got)
	}
}

func TestPapersTwice(t *testing.T) {
	b := newBook(t)
	b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.award("2024-02-01", "V", "P", "Y", "1000.00", "grant")
	first, second := b.pay("2024-02-02", "W", "X", "500.00"), b.pay("2024-02-02", "V", "Y", "600.00")
	a1, a2 := b.accept("2024-02-03", "W", "50.00"), b.accept("2024-02-03", "V", "60.00")
	b.want("A06", "")
	reference := b.event(first).Members().Text("bank_reference")
	b.alter(second, b.event(second).Members().Text("bank_reference"), reference)
	invoice := b.event(a1).Members().List("lines")[0].Text("invoice")
	b.alter(a2, b.event(a2).Members().List("lines")[0].Text("invoice"), invoice)
	sha := b.event(a1).Docs[0].SHA256
	b.event(a2).Docs[0].SHA256 = sha
	g1, g2 := b.nth("agreement.signed.v1", 1), b.nth("agreement.signed.v1", 2)
	b.alter(g2, "AGR-V", "AGR-W")
	b.want("A06", "", hit("recheck", "award/V", "AGR-W", "1", g1, g2), hit("recheck", "award/V", reference, "1", first, second),
		hit("recheck", "award/V", sha, "1", a1, a2), hit("recheck", "award/V", invoice, "1", a1, a2))
}

// TestPapersFreed: a reversal frees the papers, and a hit stays when the second
// use is reversed later.
func TestPapersFreed(t *testing.T) {
	b := newBook(t)
	first := b.clerk("2024-02-01", "receive-appropriation", `"fund":"F","amount":"10.00","document":"DOC-2"`)
	b.reverse("2024-02-02", first)
	again := b.clerk("2024-02-03", "receive-appropriation", `"fund":"F","amount":"20.00","document":"DOC-2"`)
	third := b.clerk("2024-02-04", "receive-appropriation", `"fund":"F","amount":"30.00","document":"DOC-3"`)
	b.reverse("2024-02-05", third)
	b.want("A06", "")
	b.alter(third, "DOC-3", "DOC-2")
	b.want("A06", "", hit("recheck", "fund/F", "DOC-2", "1", again, third))
}

func TestSupplement(t *testing.T) {
	b := newBook(t)
	b.award("2024-02-01", "W", "P", "X", "1000.00", "purchase")
	at := b.clerk("2024-02-02", "amend-agreement", `"award":"W","amount":"1100.00","instalments":[{"amount":"1100.00","after":"signing"}]`)
	b.want("A10", "")
	b.alter(at, `"amount":110000`, `"amount":110001`)
	b.want("A10", "", hit("recheck", "award/W", "1100.01", "1100.00", at))
	b.alter(b.nth("award.proposed.v1", 1), `"kind":"purchase"`, `"kind":"grant"`)
	b.want("A10", "")
}

func TestOrder(t *testing.T) {
	b := newBook(t)
	b.clerk("2024-02-01", "propose-award", `"award":"W","fund":"F","project":"P","organisation":"X","amount":"1000.00","kind":"grant","notice_from":"2024-02-01","notice_until":"2024-02-07"`)
	b.clerk("2024-02-02", "raise-objection", `"award":"W","objection":"OB","text":"t"`)
	resolved := b.clerk("2024-02-03", "resolve-objection", `"award":"W","objection":"OB","result":"dismissed"`)
	confirmed := b.clerk("2024-02-08", "confirm-award", `"award":"W"`)
	signed := b.clerk("2024-02-09", "sign-agreement", `"award":"W","agreement":"AGR","shares":[{"percent":50,"after":"signing"},{"percent":50,"after":"midterm"}]`)
	paid := b.clerk("2024-02-09", "disburse", `"award":"W","instalment":1,"payee":"X","bank_reference":"B1"`)
	passed := b.clerk("2024-03-01", "record-evaluation", `"award":"W","stage":"midterm","score":80,"result":"passed"`)
	second := b.clerk("2024-03-01", "disburse", `"award":"W","instalment":2,"payee":"X","bank_reference":"B2"`)
	b.want("A12", "")

	whole := b.events
	b.drop(passed)
	b.want("A12", "", hit("recheck", "award/W", "midterm ", "midterm passed", second))
	b.events = whole
	b.drop(resolved)
	b.want("A12", "", hit("recheck", "award/W", "OB", "", confirmed))
	b.events = whole
	b.drop(signed)
	b.want("A12", "", hit("recheck", "award/W", "2024-02-09", "", paid), hit("recheck", "award/W", "2024-03-01", "", second))
	b.events = whole
	b.event(paid).On--
	b.want("A12", "", hit("recheck", "award/W", "2024-02-08", "2024-02-09", paid))
	b.event(paid).On++
	b.event(confirmed).On--
	b.want("A12", "", hit("recheck", "award/W", "2024-02-07", "2024-02-07", confirmed))
}

func TestPayee(t *testing.T) {
	b := newBook(t)
	b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	at := b.pay("2024-02-02", "W", "X", "1000.00")
	b.want("A13", "")
	b.alter(at, `"payee":"X"`, `"payee":"Y"`)
	b.want("A13", "", hit("recheck", "award/W", "Y", "X", at))
	b.alter(at, `"payee":"Y"`, `"payee":"X"`)
	b.event(at).Entries[0].Organisation = "Y"
	b.want("A13", "", hit("recheck", "award/W", "Y", "X", at))
}

func TestRecipientSnapshot(t *testing.T) {
	b := newBook(t)
	b.clerk("2024-01-10", "rate-organisation", `"organisation":"X","rating":3,"from":"2024-01-01","until":"2024-12-31"`)
	b.clerk("2024-01-10", "record-inspection", `"organisation":"X","year":2022,"result":"passed"`)
	b.do("2024-01-10", "admin-1", "set-fund-policy", `"fund":"F","min_rating":3,"inspection":true`)
	at := b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.want("A15", "")
	for _, c := range []struct{ before, after, figure, limit string }{
		{`"status":"active"`, `"status":"abnormal"`, "abnormal", "active"},
		{`"identifier":"valid"`, `"identifier":"masked"`, "masked", "valid"},
		{`"rating":3`, `"rating":2`, "2", "3"},
		{`"rating":3`, `"rating":4`, "snapshot", "log"},
		{`"inspection":"passed"`, `"inspection":"failed"`, "failed", "passed"},
	} {
		b.alter(at, c.before, c.after)
		b.want("A15", "", hit("recheck", "award/W", c.figure, c.limit, at))
		b.alter(at, c.after, c.before)
	}
	b.alter(b.nth("organisation.inspected.v1", 1), "2022", "2021")
	b.want("A15", "", hit("recheck", "award/W", "passed", "passed", at))
	b.drop(b.nth("organisation.rated.v1", 1))
	b.alter(b.nth("organisation.inspected.v1", 1), "2021", "2022")
	b.want("A15", "", hit("recheck", "award/W", "snapshot", "log", at))
}

func TestGoods(t *testing.T) {
	b := newBook(t)
	lot := b.clerk("2024-02-01", "receive-goods", `"fund":"D","lot":"L","donor":"DONOR","item":"lamp","unit":"piece","quantity":3,"value":"100.00","basis":"invoice","receipt":"R-1"`)
	deliver := `"lot":"L","project":"P","organisation":"Y",` + papers(1)
	one := b.clerk("2024-02-02", "deliver-goods", `"quantity":1,`+deliver[:len(deliver)-len(papers(1))]+`"docs":[{"kind":"receipt","name":"r","sha256":"`+domain63+`1"}]`)
	two := b.clerk("2024-02-03", "write-off-goods", `"lot":"L","quantity":1,"reason":"r"`)
	b.reverse("2024-02-04", one)
	b.want("A22", "2024-07-30") // 180 days
	b.want("A22", "2024-07-31", hit("pattern", "lot/L", "181", "180", lot))
	b.event(two).Entries[0].Lines[0].Amount--
	b.want("A22", "", hit("recheck", "lot/L", "-33.34", "-33.33", two))
	b.event(two).Entries[0].Lines[0].Amount++
	b.alter(two, `"quantity":1`, `"quantity":3`)
	b.want("A22", "", hit("recheck", "lot/L", "3", "2", two))
	b.alter(two, `"quantity":3`, `"quantity":1`)
	other := b.nth("appropriation.received.v1", 1)
	b.event(other).Entries[0].Lines[0].Account = domain.Goods
	b.want("A22", "", hit("recheck", "fund/F", "-100000.00", "0.00", other))
}

const domain63 = "000000000000000000000000000000000000000000000000000000000000000"

func TestReceipts(t *testing.T) {
	b := newBook(t)
	give := func(receipt string) uint64 {
		return b.clerk("2024-02-01", "receive-donation", `"fund":"D","donor":"DONOR","amount":"10.00","receipt":"`+receipt+`"`)
	}
	r1, r2 := give("皖2024-0001"), give("皖2024-0002")
	r3 := give("皖2024-0003")
	give("other")
	b.reverse("2024-02-02", r2) // void, but accounted for
	b.want("A23", "")
	r7 := give("皖2024-0007")
	b.want("A23", "", hit("pattern", "fund/D", "3", "0", r3, r7))
	b.alter(r3, "0003", "0001")
	b.want("A23", "", hit("recheck", "fund/D", "皖2024-0001", "1", r1, r3), hit("pattern", "fund/D", "4", "0", r2, r7))
}

// fourBook has a fund whose payments take two steps, other commands none.
func fourBook(t *testing.T) (b *book, proposed, checked, approved uint64) {
	b = newBook(t)
	b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.do("2024-02-02", "admin-1", "set-fund-policy", `"fund":"F","approval":[{"commands":["disburse"],"up_to":"500.00","steps":1},{"commands":["disburse"],"steps":2},{"commands":["*"],"steps":0}]`)
	proposed = b.clerk("2024-02-03", "disburse", `"award":"W","instalment":1,"amount":"600.00","payee":"X","bank_reference":"B"`)
	key := `"proposal":"` + b.event(proposed).Key + `"`
	checked = b.do("2024-02-04", "checker-1", "approve-proposal", key)
	approved = b.do("2024-02-05", "approver-1", "approve-proposal", key)
	return b, proposed, checked, approved
}

func TestFourEyes(t *testing.T) {
	b, proposed, checked, paid := fourBook(t)
	b.want("A14", "")
	whole := slices.Clone(b.events)
	effect := func(figure string) string { return hit("recheck", "award/W", figure, "2", paid) }

	b.alter(paid, `"checker":"user/checker-1"`, `"checker":"user/clerk-1"`)
	b.want("A14", "", effect("2"))
	b.alter(paid, `"checker":"user/clerk-1"`, `"checker":"user/checker-1"`)
	b.drop(checked)
	b.want("A14", "", effect("1"))
	b.events = slices.Clone(whole)
	b.drop(proposed)
	b.want("A14", "", effect("2"))
	b.events = slices.Clone(whole)
	for _, e := range whole { // roles that were never granted
		if m := e.Members(); e.Type == "role.granted.v1" && (m.Text("user") == "checker-1" || m.Text("user") == "approver-1") {
			b.events = slices.Clone(whole)
			b.drop(e.Position)
			b.want("A14", "", effect("2"))
		}
	}
	b.events = slices.Clone(whole)
	b.event(proposed).Actor = "user/checker-1"
	b.alter(paid, `"maker":"user/clerk-1"`, `"maker":"user/checker-1"`)
	b.want("A14", "", effect("2"))
}

// TestSteps: the policy is that of the proposal; a role revoked after it was
// used does not matter; fewer steps do.
func TestSteps(t *testing.T) {
	b, _, _, paid := fourBook(t)
	b.do("2024-02-06", "admin-1", "revoke-role", `"user":"checker-1","role":"checker"`)
	small := b.clerk("2024-02-07", "disburse", `"award":"W","instalment":1,"amount":"400.00","payee":"X","bank_reference":"B2"`)
	b.do("2024-02-08", "admin-1", "grant-role", `"user":"checker-1","role":"checker","funds":["F"]`)
	lower := b.do("2024-02-08", "admin-1", "set-fund-policy", `"fund":"F","approval":[{"commands":["disburse"],"steps":1},{"commands":["*"],"steps":0}]`)
	b.do("2024-02-09", "admin-1", "set-fund-policy", `"fund":"F","approval":[{"commands":["*"],"steps":2}]`)
	done := b.do("2024-02-09", "checker-1", "approve-proposal", `"proposal":"`+b.event(small).Key+`"`)
	listed := hit("pattern", "fund/F", "1", "2", lower)
	b.want("A14", "", listed)
	b.alter(b.nth("fund.policy-set.v1", 1), `"up_to":50000,"steps":1`, `"up_to":30000,"steps":1`)
	b.want("A14", "", hit("recheck", "award/W", "1", "2", done), listed)
	b.alter(paid, `"approval":{`, `"approved":{`)
	b.event(paid).Actor = "user/clerk-1"
	b.want("A14", "", hit("recheck", "award/W", "0", "2", paid), hit("recheck", "award/W", "1", "2", done), listed)
}

// TestRecipientHeld: a hold, and a second award of a round, at confirmation.
func TestRecipientHeld(t *testing.T) {
	b := newBook(t)
	b.do("2024-01-10", "checker-1", "place-hold", `"subject":"organisation/X","hold":"H","reason":"r"`)
	released := b.do("2024-01-10", "checker-1", "release-hold", `"subject":"organisation/X","hold":"H","reason":"r"`)
	for _, id := range []string{"C1", "C2"} {
		b.clerk("2024-01-10", "register-project", `"project":"`+id+`","name":"c","district":"341882","purpose":"elderly","parent":"P"`)
	}
	first := b.award("2024-02-01", "W", "C1", "X", "10.00", "grant")
	second := b.award("2024-02-01", "V", "C2", "X", "10.00", "grant")
	b.want("A15", "")
	b.alter(b.nth("fund.opened.v1", 1), `"purposes"`, `"one_award":true,"purposes"`)
	b.want("A15", "", hit("recheck", "award/V", "2", "1", second))
	b.drop(released)
	b.want("A15", "", hit("recheck", "award/W", "hold", "", first), hit("recheck", "award/V", "hold", "", second))
}
