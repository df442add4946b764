package audit

import (
	"fmt"
	"testing"
)

func TestTransfers(t *testing.T) {
	b := newBook(t)
	b.do("2024-01-06", "admin-1", "open-fund", `"fund":"G","name":"G","source":"venture","custody":"treasury","district":"341882","purposes":["elderly"],`+free)
	send := func(id string) uint64 {
		return b.clerk("2024-02-01", "transfer-out", `"fund":"F","transfer":"`+id+`","kind":"down","to_fund":"G","amount":"100.00","document":"T-`+id+`"`)
	}
	receive := func(on, id string) uint64 {
		return b.clerk(on, "receive-transfer", `"fund":"G","transfer":"`+id+`","amount":"100.00"`)
	}
	late, _, open, undone := send("LATE"), send("INTIME"), send("OPEN"), send("UNDONE")
	b.clerk("2024-02-01", "transfer-out", `"fund":"F","transfer":"LEFT","kind":"other-budget","amount":"100.00","document":"T-LEFT"`)
	b.reverse("2024-02-02", undone)
	receive("2024-03-02", "INTIME") // 30 days
	b.want("A02", "2024-03-02")
	got := receive("2024-03-03", "LATE")
	lateHit := hit("pattern", "fund/F", "31", "30", late, got)
	b.want("A02", "2024-03-03", lateHit, hit("pattern", "fund/F", "31", "30", open))
	b.reverse("2024-03-04", got) // on its way again
	b.want("A02", "2024-03-04", hit("pattern", "fund/F", "32", "30", late), hit("pattern", "fund/F", "32", "30", open))
}

// TestPassingOn: first in, first out; what is reversed was never passed on.
func TestPassingOn(t *testing.T) {
	b := newBook(t) // 100,000.00 on 5 January, 90,000.00 allocated on the 6th
	in := func(on, doc, amount string) uint64 {
		return b.clerk(on, "receive-appropriation", `"fund":"F","amount":"`+amount+`","document":"`+doc+`"`)
	}
	second := in("2024-02-01", "DOC-2", "1000.00")
	allocated := b.clerk("2024-04-01", "allocate", `"fund":"F","project":"P","amount":"10500.00"`) // rest of the first, half of the second
	b.want("A02", "2024-06-01")
	b.reverse("2024-04-02", allocated)
	b.want("A02", "2024-04-01") // the 60th day itself
	b.want("A02", "2024-04-02", hit("pattern", "fund/F", "0.00%", "50.00%", second))
	b.clerk("2024-04-01", "allocate", `"fund":"F","project":"P","amount":"10499.99"`)
	b.want("A02", "2024-04-02", hit("pattern", "fund/F", "50.00%", "50.00%", second))
	b.clerk("2024-04-02", "allocate", `"fund":"F","project":"P","amount":"500.00"`) // too late
	b.want("A02", "2024-04-02", hit("pattern", "fund/F", "50.00%", "50.00%", second))
	b.clerk("2024-04-01", "reduce-appropriation", `"fund":"F","amount":"0.01","document":"DOC-3"`)
	b.want("A02", "2024-04-02")
}

func TestIdle(t *testing.T) {
	b := newBook(t)
	w := b.award("2024-02-01", "W", "P", "X", "45000.00", "grant")
	b.want("A03", "2024-05-01") // 90 days
	b.want("A03", "2024-05-02", hit("pattern", "award/W", "91", "90", w))
	last := b.pay("2024-05-03", "W", "X", "39994.00")
	b.want("A03", "2024-06-29")
	b.want("A03", "2024-06-30", hit("pattern", "fund/F", "39.99%", "40.00%", last))
}

func TestIdleRates(t *testing.T) {
	b := newBook(t)
	b.award("2024-02-01", "W", "P", "X", "45000.00", "grant")
	first := b.pay("2024-05-03", "W", "X", "39900.00")
	wrong := b.pay("2024-05-04", "W", "X", "100.00")
	b.want("A03", "2024-09-29") // 40 % in June
	b.reverse("2024-07-01", wrong)
	june := hit("pattern", "fund/F", "39.90%", "40.00%", first)
	b.want("A03", "2024-09-29", june)
	september := hit("pattern", "fund/F", "39.90%", "70.00%", first)
	b.want("A03", "2024-09-30", june, september)
	closed := b.clerk("2024-12-31", "close-year", `"fund":"F","year":2024`)
	b.want("A03", "2024-12-31", june, september, hit("pattern", "fund/F", "39.90%", "90.00%", closed))
}

func TestLapsing(t *testing.T) {
	b := newBook(t)
	b.award("2024-02-01", "W", "P", "X", "45000.00", "grant")
	b.clerk("2024-02-02", "receive-donation", `"fund":"D","donor":"DONOR","amount":"10.00","receipt":"R-1"`)
	b.want("A04", "2024-12-31") // of this year
	b.clerk("2024-12-31", "close-year", `"fund":"D","year":2024`)
	carried := b.clerk("2024-12-31", "close-year", `"fund":"F","year":2024`) - 1
	moved := b.clerk("2025-02-01", "allocate", `"fund":"F","project":"Q","amount":"1000.00"`)
	b.want("A04", "2025-06-30")
	b.want("A04", "2025-07-01", hit("pattern", "project/P", "5000.00", "0.00", carried),
		hit("pattern", "fund/F", "9000.00", "0.00", moved), hit("pattern", "project/Q", "41000.00", "0.00", moved))
	b.clerk("2025-12-31", "lapse", `"fund":"F","year":2025`)
	b.want("A04", "2025-12-31")
}

// TestUnaccounted: acceptances and demands cover the oldest payment first.
func TestUnaccounted(t *testing.T) {
	b := newBook(t)
	b.award("2024-01-10", "W", "P", "X", "1000.00", "grant")
	first, second := b.pay("2024-01-10", "W", "X", "400.00"), b.pay("2024-03-10", "W", "X", "600.00")
	b.want("A05", "2024-07-08") // 180 days
	b.want("A05", "2024-07-09", hit("pattern", "award/W", "181", "180", first))
	b.accept("2024-04-01", "W", "300.00")
	b.clerk("2024-04-02", "demand-refund", `"award":"W","refund":"RF","amount":"100.00","reason":"r"`)
	b.want("A05", "2024-09-06")
	b.want("A05", "2024-09-07", hit("pattern", "award/W", "181", "180", second))
	done := b.accept("2024-04-03", "W", "600.00")
	b.want("A05", "2024-12-31")
	b.reverse("2024-04-04", done)
	b.want("A05", "2024-09-07", hit("pattern", "award/W", "181", "180", second))
}

func TestEqualAcceptances(t *testing.T) {
	b := newBook(t)
	b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.award("2024-02-01", "V", "P", "Y", "1000.00", "grant")
	b.pay("2024-02-02", "W", "X", "1000.00")
	b.pay("2024-02-02", "V", "Y", "1000.00")
	first := b.accept("2024-02-10", "W", "33.33")
	b.accept("2024-02-11", "W", "33.33") // the same award
	b.accept("2024-02-11", "V", "33.34") // another amount
	last := b.accept("2024-02-12", "W", "50.00")
	b.accept("2024-02-20", "V", "50.00") // 8 days
	b.want("A06", "")
	third := b.accept("2024-02-18", "V", "33.33")
	b.want("A06", "", hit("pattern", "award/V", "7", "7", first+1, third))
	b.reverse("2024-02-20", first+1)
	b.want("A06", "")
	fourth := b.accept("2024-02-19", "V", "50.00")
	b.want("A06", "", hit("pattern", "award/V", "7", "7", last, fourth))
}

func TestSplitting(t *testing.T) {
	b := newBook(t)
	b.do("2024-01-10", "admin-1", "set-fund-policy", `"fund":"F","approval":[{"commands":["confirm-award","disburse"],"up_to":"1000.00","steps":0},{"commands":["*"],"steps":0}]`)
	one := b.award("2024-02-01", "W", "P", "X", "900.00", "grant")
	b.award("2024-03-03", "V", "P", "Y", "1000.00", "grant") // another recipient
	b.want("A09", "")
	two := b.award("2024-03-02", "U", "Q", "X", "1000.00", "grant") // 30 days
	awards := hit("pattern", "organisation/X", "1900.00", "1000.00", one, two)
	b.want("A09", "", awards)
	b.pay("2024-03-05", "U", "X", "1000.00")
	b.pay("2024-03-05", "W", "X", "899.99") // below 90 %
	b.want("A09", "", awards)
	b.pay("2024-03-05", "V", "Y", "50.00")
	p1, p2 := b.pay("2024-03-06", "V", "Y", "900.00"), uint64(0)
	b.want("A09", "", awards)
	b.award("2024-03-06", "T", "Q", "Y", "2000.00", "grant") // above the band
	p2 = b.pay("2024-03-07", "T", "Y", "950.00")
	b.want("A09", "", awards, hit("pattern", "organisation/Y", "1850.00", "1000.00", p1, p2))
	b.reverse("2024-03-08", p2)
	b.want("A09", "", awards)
}

func TestSplitPurchases(t *testing.T) {
	b := newBook(t)
	b.do("2024-01-10", "admin-1", "set-fund-policy", `"fund":"F","approval":[{"commands":["confirm-award"],"up_to":"1000.00","steps":0},{"commands":["*"],"steps":0}]`)
	one := b.award("2024-02-01", "W", "P", "X", "600.00", "purchase")
	b.award("2024-02-01", "V", "P", "Y", "600.00", "purchase")
	b.want("A09", "")
	two := b.award("2024-02-10", "U", "Q", "X", "401.00", "purchase")
	b.want("A09", "", hit("pattern", "organisation/X", "1001.00", "1000.00", one, two))
	b.alter(b.nth("award.proposed.v1", 3), "40100", "40000")
	b.want("A09", "")
}

func TestMatch(t *testing.T) {
	b := newBook(t)
	b.clerk("2024-02-01", "propose-award", `"award":"W","fund":"F","project":"P","organisation":"X","amount":"1000.00","kind":"grant"`)
	b.clerk("2024-02-01", "confirm-award", `"award":"W"`)
	b.clerk("2024-02-01", "sign-agreement", `"award":"W","agreement":"A","match":"100.00","instalments":[{"amount":"1000.00","after":"signing"}]`)
	waive := func(amount string) uint64 {
		return b.clerk("2024-02-02", "waive-match", `"award":"W","amount":"`+amount+`"`)
	}
	one := waive("20.00")
	b.want("A11", "")
	two := waive("0.01")
	b.want("A11", "", hit("pattern", "award/W", "20.01%", "20.00%", one, two))
	b.reverse("2024-02-03", two)
	b.want("A11", "")
	b.clerk("2024-03-01", "record-evaluation", `"award":"W","stage":"midterm","score":80,"result":"passed"`)
	b.want("A11", "")
	final := b.clerk("2024-03-02", "record-evaluation", `"award":"W","stage":"final","score":80,"result":"passed"`)
	b.want("A11", "", hit("pattern", "award/W", "80.00", "0.00", final))
	b.clerk("2024-03-03", "evidence-match", `"award":"W","amount":"80.00",`+papers(9))
	b.want("A11", "")
}

func TestUnfitRecipient(t *testing.T) {
	b := newBook(t)
	w := b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.pay("2024-02-02", "W", "X", "400.00")
	b.want("A15", "")
	changed := b.clerk("2024-02-03", "change-organisation", `"organisation":"X","status":"abnormal"`)
	b.want("A15", "", hit("pattern", "award/W", "1000.00", "0.00", w, changed))
	b.clerk("2024-02-04", "terminate-award", `"award":"W","reason":"r"`)
	b.want("A15", "", hit("pattern", "award/W", "400.00", "0.00", w, changed))
	b.accept("2024-02-05", "W", "400.00")
	b.want("A15", "")
}

func TestLateUse(t *testing.T) {
	b := newBook(t) // P ends on 30 June
	b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.award("2024-02-01", "V", "Q", "X", "1000.00", "grant")
	b.pay("2024-08-29", "W", "X", "400.00") // 60 days
	b.pay("2024-12-01", "V", "X", "400.00") // no end
	b.want("A16", "")
	paid := b.pay("2024-08-30", "W", "X", "100.00")
	accepted := b.accept("2024-09-01", "W", "300.00")
	b.want("A16", "", hit("pattern", "award/W", "61", "60", paid), hit("pattern", "award/W", "63", "60", accepted))
	b.reverse("2024-12-01", paid)
	b.want("A16", "", hit("pattern", "award/W", "63", "60", accepted))
}

func TestRefundOverdue(t *testing.T) {
	b := newBook(t)
	b.award("2024-02-01", "W", "P", "X", "1000.00", "grant")
	b.pay("2024-02-01", "W", "X", "1000.00")
	due := b.clerk("2024-02-02", "demand-refund", `"award":"W","refund":"RF-1","amount":"100.00","due":"2024-02-20","reason":"r"`)
	open := b.clerk("2024-02-02", "demand-refund", `"award":"W","refund":"RF-2","amount":"50.00","reason":"r"`)
	b.want("A17", "2024-02-20")
	b.want("A17", "2024-02-21", hit("pattern", "award/W", "1", "0", due))
	b.want("A17", "2024-03-04", hit("pattern", "award/W", "13", "0", due), hit("pattern", "award/W", "1", "0", open))
	got := b.clerk("2024-02-03", "receive-refund", `"award":"W","refund":"RF-1","amount":"100.00","bank_reference":"B-1"`)
	b.reverse("2024-02-03", open)
	b.want("A17", "2024-03-04")
	b.reverse("2024-02-03", got)
	b.want("A17", "2024-03-04", hit("pattern", "award/W", "13", "0", due))
	b.clerk("2024-02-04", "write-off-refund", `"award":"W","refund":"RF-1","amount":"100.00","reason":"r"`)
	b.want("A17", "2024-03-04")
}

// TestDisallowed: a claim by adjustment of an earlier year has no due date.
func TestDisallowed(t *testing.T) {
	b := &book{&ledger{events: scenario(t, "lifecycle")[:104]}, t, 0} // up to the adjustment of 1 September 2024
	open := hit("pattern", "award/AW-B", "154", "0", 95)
	b.want("A17", "2024-10-01", open)
	b.want("A17", "2024-10-02", hit("pattern", "award/AW-B", "155", "0", 95), hit("pattern", "award/AW-A", "1", "0", 104))
}

func TestReversals(t *testing.T) {
	b := newBook(t)
	receive := func(i int) uint64 {
		return b.do("2024-03-01", "clerk-2", "receive-appropriation", fmt.Sprintf(`"fund":"F","amount":"10.00","document":"X-%d"`, i))
	}
	var wrong []uint64
	for i := range 5 {
		wrong = append(wrong, receive(i))
	}
	for _, p := range wrong[:4] {
		b.reverse("2024-03-02", p)
	}
	b.want("A18", "")
	b.reverse("2024-03-02", wrong[4])
	b.want("A18", "", hit("pattern", "user/clerk-2", "100.00%", "5.00%", wrong...))
	for i := range 95 {
		receive(100 + i)
	}
	b.want("A18", "") // 5 of 100 are not more than 5 %
}

func TestLateReversals(t *testing.T) {
	b := newBook(t)
	give := func(on, receipt string) uint64 {
		return b.clerk(on, "receive-donation", `"fund":"D","donor":"DONOR","amount":"10.00","receipt":"`+receipt+`"`)
	}
	b.reverse("2024-12-21", give("2024-12-01", "R-1"))
	b.want("A18", "")
	december := hit("pattern", "fund/D", "2024-12-22", "10", b.reverse("2024-12-22", give("2024-12-01", "R-2")))
	b.want("A18", "", december)
	b.reverse("2025-01-09", give("2024-12-01", "R-3"))
	late := b.reverse("2025-01-10", give("2024-12-01", "R-4"))
	b.want("A18", "", december)
	closed := b.clerk("2025-01-20", "close-year", `"fund":"D","year":2024`)
	b.want("A18", "", december, hit("pattern", "fund/D", "10", "10", late, closed))
}

func TestLateEntries(t *testing.T) {
	b := newBook(t)
	b.clerk("2024-03-01", "register-project", `"project":"R","name":"R","district":"341882","purpose":"elderly"`)
	b.clerk("2024-01-31", "allocate", `"fund":"F","project":"P","amount":"1.00"`) // 30 days
	b.clerk("2024-01-01", "rate-organisation", `"organisation":"X","rating":3,"from":"2024-01-01","until":"2024-12-31"`)
	b.want("A19", "")
	late := b.clerk("2024-01-30", "allocate", `"fund":"F","project":"P","amount":"1.00"`)
	b.want("A19", "", hit("pattern", "project/P", "31", "30", late))
	b.reverse("2024-03-01", late)
	b.want("A19", "")
}

// TestSettings: the bounds are those of the run, and every test is listed.
func TestSettings(t *testing.T) {
	b := newBook(t)
	late := b.clerk("2024-01-06", "allocate", `"fund":"F","project":"P","amount":"1.00"`)
	s := Defaults()
	if !s.Set("late_entry_days", 3) || s.Set("unknown", 1) || s.Set("late_entry_days", -1) || s.LateEntryDays != 3 {
		t.Errorf("settings %+v", s)
	}
	b.event(late).Time = b.event(late).Time.AddDate(0, 0, 4)
	got := Run(b.events, s, 0)
	if n := len(got); n == 0 || got[n-1].Test != "A19" || got[n-1].Positions[0] != late || got[n-1].Limit.Value != 3 {
		t.Errorf("findings %+v", got)
	}
	listed := 0
	for _, test := range Tests(s) {
		listed += len(test.Settings)
		if found, ok := Find(test.ID); !ok || found.Title != test.Title || test.Title.ZH == "" || test.Rule.EN == "" || test.Rule.ZH == "" {
			t.Errorf("test %+v", test)
		}
	}
	if listed != len(s.List()) || len(Tests(s)) != 19 {
		t.Errorf("%d tests with %d of %d settings", len(Tests(s)), listed, len(s.List()))
	}
}
