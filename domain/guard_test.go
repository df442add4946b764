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
