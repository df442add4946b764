package domain

import "testing"

// TestGuardedCash posts a payment that the cash does not cover, as no correct
// history can: the writer's last check must refuse it.
func TestGuardedCash(t *testing.T) {
	l := NewLedger(Genesis{})
	f := Fund{ID: "H", Source: "donation", Custody: "held", District: "341881"}
	c := Command{Name: "allocate", Actor: "user/x", Key: "k", def: Find("allocate"), body: &allocate{Fund: "H", Project: "P", Amount: 1}}
	d := decision{l: l, c: &c, fund: &f, year: 2024}
	d.post(d.t(&f, 2024), Cash, -1)
	d.post(d.t(&f, 2024), Income, 1)
	err := d.emit("allocation.made.v1")
	if err == nil || err.Code != "insufficient_cash" {
		t.Errorf("got %v, want insufficient_cash", err)
	}
}

// TestExcess posts a line, and a balance, larger than the log can hold
// (FORMAT.md 16): both are refused as too large, and the largest are not.
func TestExcess(t *testing.T) {
	b := NewLedger(Genesis{}).books
	entry := func(amount Fen) []Entry {
		return []Entry{{Dimensions{Fund: "H", District: "341881", Year: 2024}, []Line{{Authority, -amount}, {Available, amount}}}}
	}
	if _, found := b.excess(entry(MaxAmount + 1)); !found {
		t.Error("a line of 10^15 fen was taken")
	}
	for range 9 {
		if limit, found := b.excess(entry(MaxAmount)); found {
			t.Fatalf("over %s", limit)
		}
		b.post(entry(MaxAmount))
	}
	if limit, found := b.excess(entry(MaxAmount)); !found || limit != 1<<53-1 {
		t.Errorf("a balance of 10^16 fen was taken, limit %s", limit)
	}
}

// TestWordsAreComplete asks every code for its texts in both languages.
func TestWordsAreComplete(t *testing.T) {
	for _, code := range Codes() {
		title, detail := code.Words()
		if title.ZH == "" || title.EN == "" || detail.ZH == "" || detail.EN == "" || title.EN == string(code) {
			t.Errorf("%s has no complete words", code)
		}
	}
	for _, row := range Catalogue() {
		if row.Title.ZH == "" || row.Title.EN == "" || row.Stage == "" || len(row.Events) == 0 {
			t.Errorf("%s has no complete row", row.Name)
		}
	}
}
