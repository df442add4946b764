package domain_test

import (
	"testing"

	"grantledger/domain"
)

// TestReverseRevaluedLot: the reception of a lot can be reversed only at the
// value it was received with; otherwise the revaluation would stay in the books.
func TestReverseRevaluedLot(t *testing.T) {
	l := domain.NewLedger(genesis)
	w := newWorld(l, "", false)
	lot := data{"fund": "DON", "lot": "L", "donor": "O0", "item": "大米", "unit": "袋", "quantity": 3, "value": "90.00", "basis": "invoice", "receipt": "R"}
	value := func(v string) data { return data{"lot": "L", "value": v, "basis": "market"} }
	reverse := func() data { return data{"voucher": "DON/2018/1", "reason": "录入错误"} }
	var c clock
	for _, cmd := range append(founding(), w.furnish()...) {
		if _, code := run(l, cmd, c.at(cmd)); code != "ok" {
			t.Fatalf("%s: %s", cmd.Data, code)
		}
	}
	before := l.BalancesTSV()
	for _, s := range []struct {
		command string
		d       data
		want    string
	}{
		{"receive-goods", lot, "ok"},
		{"revalue-goods", value("60.00"), "ok"},
		{"reverse-entry", reverse(), "used_downstream"},
		{"revalue-goods", value("90.00"), "ok"},
		{"reverse-entry", reverse(), "ok"},
	} {
		cmd := w.line(s.command, "user/clerk-1", w.day, s.d)
		if _, code := run(l, cmd, c.at(cmd)); code != s.want {
			t.Errorf("%s: got %s, want %s", s.command, code, s.want)
		}
	}
	if err := difference(l.BalancesTSV(), before); err != nil {
		t.Error(err)
	}
}
