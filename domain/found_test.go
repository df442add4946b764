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

// TestDistrictEndsOnce: a district that has a successor gets no second one, and
// its code does not come back; balances that moved could not be found again.
func TestDistrictEndsOnce(t *testing.T) {
	l := domain.NewLedger(genesis)
	w := newWorld(l, "", false)
	var c clock
	for _, s := range []struct{ code, predecessor, want string }{
		{"", "", "ok"},
		{"341883", "341881", "ok"},
		{"341884", "341881", "invalid_district"},
		{"341881", "", "already_exists"},
		{"341884", "341822", "invalid_district"},
		{"341884", "341883", "ok"},
	} {
		cmd := founding()[0]
		if s.code != "" {
			d := data{"code": s.code, "name": "示例新区", "from": 2019}
			cmd = w.line("register-district", "user/admin", w.day, d.put("predecessor", s.predecessor, s.predecessor != ""))
		}
		if _, code := run(l, cmd, c.at(cmd)); code != s.want {
			t.Errorf("%s after %s: got %s, want %s", s.code, s.predecessor, code, s.want)
		}
	}
	if got := l.Register().Current("341881"); got != "341884" {
		t.Errorf("341881 is followed to %s", got)
	}
}
