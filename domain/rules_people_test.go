package domain_test

import (
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/domain/division"
)

// TestOpenLedger holds the rows that need a ledger without office.
func TestOpenLedger(t *testing.T) {
	l := domain.NewLedger(domain.Genesis{Origin: "ledger.example.cn/test", Trust: "test\n"})
	at := time.Date(2024, 1, 2, 2, 0, 0, 0, time.UTC)
	open := "2024-01-02 open-ledger @a ledger=t name=x district=341800"
	for _, r := range []struct{ when, then string }{
		{"2024-01-02 enrol-user @a user=b", "! ledger_not_open"},
		{"2024-01-03 open-ledger @a ledger=t name=x district=341800", "! future_date on"},
		{"2024-01-02 open-ledger @a ledger=t name=x district=341871", "! invalid_district district"},
		{open, `ledger.opened.v1 ledger/t - ledger="t" name="x" district="341800" format=1 origin="ledger.example.cn/test" trust="test\n" register_sha256="` + division.SHA256() + `"`},
		{open + " #other", "! already_exists ledger"},
		{"2024-01-02 enrol-user @a #second user=b", "user.enrolled.v1 user/b -"},
		{"2024-01-02 enrol-user @b #third user=c", "! not_authorised"},
	} {
		events, err := execute(l, step(t, r.when, "k"), at)
		if got, want := outcome(events, err, r.then); got != want {
			t.Errorf("%s: got %s, want %s", r.when, got, want)
		}
	}
}

func TestRulesOfPeople(t *testing.T) {
	hold(t, []row{
		{"enrol", "", "2024-03-01 enrol-user @admin-1 user=u", "user.enrolled.v1 user/u -"},
		{"enrol twice", "", "2024-03-01 enrol-user @admin-1 user=clerk-1", "! already_exists user"},
		{"the first admin is a user", "", "2024-03-01 enrol-user @admin-1 user=admin-1", "! already_exists user"},
		{"enrol by a clerk", "", "2024-03-01 enrol-user user=u", "! not_authorised"},
		{"grant", "2024-03-01 enrol-user @admin-1 user=u", "2024-03-01 grant-role @admin-1 user=u role=clerk funds=F,H",
			`role.granted.v1 user/u - role="clerk" funds=["F","H"]`},
		{"clerk, checker and approver go together", "", "2024-03-01 grant-role @admin-1 user=clerk-1 role=approver funds=*", "role.granted.v1 user/clerk-1 -"},
		{"grant to nobody", "", "2024-03-01 grant-role @admin-1 user=u role=clerk funds=*", "! unknown_subject user"},
		{"grant for no fund", "", "2024-03-01 grant-role @admin-1 user=clerk-1 role=checker funds=X", "! unknown_subject funds"},
		{"grant to oneself", "", "2024-03-01 grant-role @admin-1 user=admin-1 role=auditor funds=*", "! same_person user"},
		{"oneself before conflict", "", "2024-03-01 grant-role @admin-1 user=admin-1 role=clerk funds=*", "! same_person user"},
		{"auditor and clerk", "", "2024-03-01 grant-role @admin-1 user=clerk-1 role=auditor funds=*", "! role_conflict role"},
		{"admin and checker", "", "2024-03-01 grant-role @admin-1 user=checker-1 role=admin funds=F", "! role_conflict role"},
		{"approver after auditor", "2024-03-01 enrol-user @admin-1 user=u\n2024-03-01 grant-role @admin-1 user=u role=auditor funds=F",
			"2024-03-01 grant-role @admin-1 user=u role=approver funds=H", "! role_conflict role"},
		{"no conflict once revoked", "2024-03-01 revoke-role @admin-1 user=clerk-1 role=clerk",
			"2024-03-01 grant-role @admin-1 user=clerk-1 role=auditor funds=*", "role.granted.v1 user/clerk-1 -"},
		{"admin and auditor go together", "2024-03-01 enrol-user @admin-1 user=u\n2024-03-01 grant-role @admin-1 user=u role=auditor funds=*",
			"2024-03-01 grant-role @admin-1 user=u role=admin funds=*", "role.granted.v1 user/u -"},
		{"revoke", "", "2024-03-01 revoke-role @admin-1 user=clerk-1 role=clerk", `role.revoked.v1 user/clerk-1 - role="clerk"`},
		{"revoke from nobody", "", "2024-03-01 revoke-role @admin-1 user=u role=clerk", "! unknown_subject user"},
		{"revoke what is not held", "", "2024-03-01 revoke-role @admin-1 user=clerk-1 role=checker", "! unknown_subject role"},
		{"revoke from oneself", "", "2024-03-01 revoke-role @admin-1 user=admin-1 role=admin", "! same_person user"},
		{"revoked takes effect", "2024-03-01 revoke-role @admin-1 user=clerk-1 role=clerk", "2024-03-01 allocate fund=F project=P amount=1.00", "! not_authorised"},
	})
}

// second is a clerk for fund H alone.
const second = "2024-03-01 enrol-user @admin-1 user=u\n2024-03-01 grant-role @admin-1 user=u role=clerk funds=H\n"

func TestRulesOfTheEnvelope(t *testing.T) {
	hold(t, []row{
		{"an admin posts no money", "", "2024-03-01 allocate @admin-1 fund=F project=P amount=1.00", "! not_authorised"},
		{"a clerk of another fund", second, "2024-03-01 allocate @u fund=F project=P amount=1.00", "! not_authorised"},
		{"no fund: a clerk of any", second, "2024-03-01 register-project @u project=Q name=x district=341881 purpose=rural", "project.registered.v1 project/Q -"},
		{"role before existence", "", "2024-03-01 allocate @checker-1 fund=F project=X amount=1.00", "! not_authorised"},
		{"existence before year", "2024-03-01 close-year fund=F year=2023", "2023-03-01 allocate fund=F project=X amount=1.00", "! unknown_subject project"},
		{"year before state", "2024-03-01 close-year fund=F year=2023\n2024-03-01 close-project project=P", "2023-03-01 allocate fund=F project=P amount=1.00", "! closed_year"},
		{"shape before date", "", "2024-03-02 allocate ~2024-03-01 fund=F project=P amount=1.0", "! invalid_amount amount"},
		{"date before role", "", "2024-03-02 allocate ~2024-03-01 @admin-1 fund=F project=P amount=1.00", "! future_date on"},
		{"key before date", "", "2030-03-02 receive-appropriation #o11 ~2024-03-01 fund=F amount=1000.00 document=N-1", "! key_reused"},
		{"same key, same command", "", "2024-02-01 receive-appropriation #o11 fund=F amount=1000.00 document=N-1", ""},
		{"same key, other amount", "", "2024-02-01 receive-appropriation #o11 fund=F amount=1000.01 document=N-1", "! key_reused"},
		{"same key, other actor", "", "2024-02-01 receive-appropriation #o11 @checker-1 fund=F amount=1000.00 document=N-1", "! key_reused"},
		{"same key, other memo", "", "2024-02-01 receive-appropriation #o11 fund=F amount=1000.00 document=N-1 memo=x", "! key_reused"},
		{"same key, a default said aloud", "", "2024-02-01 receive-appropriation #o11 fund=F amount=1000.00 document=N-1 vintage=2024", "! key_reused"},
		{"same key, other command", "", "2024-02-01 reduce-appropriation #o11 fund=F amount=1000.00 document=N-1", "! key_reused"},
		{"an unknown member", "", "2024-03-01 allocate fund=F project=P amount=1.00 colour=red", "! invalid_input colour"},
		{"three decimals", "", "2024-03-01 allocate fund=F project=P amount=1.000", "! invalid_amount amount"},
		{"zero", "", "2024-03-01 allocate fund=F project=P amount=0.00", "! invalid_amount amount"},
		{"negative", "", "2024-03-01 allocate fund=F project=P amount=-1.00", "! invalid_amount amount"},
		{"an estimate", "", "2024-03-01 allocate fund=F project=P amount=260余万元", "! invalid_amount amount"},
		{"fourteen digits", "", "2024-03-01 receive-appropriation fund=F amount=10000000000000.00 document=N-2", "! invalid_amount amount"},
		{"thirteen digits", "", "2024-03-01 receive-appropriation fund=F amount=9999999999999.99 document=N-2",
			"appropriation.received.v1 fund/F F/2024/2 amount=999999999999999\nF 341882 2024 v2024: authority -9999999999999.99 available +9999999999999.99"},
		{"no such day", "", "2024-02-30 allocate fund=F project=P amount=1.00", "! invalid_input on"},
		{"replaces what is not there", "", "2024-03-01 allocate fund=F project=P amount=1.00 replaces=F/2024/9", "! unknown_subject replaces"},
		{"replaces what is not reversed", "", "2024-03-01 allocate fund=F project=P amount=1.00 replaces=F/2024/1", "! not_reversed replaces"},
		{"replaces what is reversed", "2024-03-01 reverse-entry voucher=F/2024/1 reason=x", "2024-03-02 receive-appropriation fund=F amount=999.99 document=N-1 replaces=F/2024/1",
			`appropriation.received.v1 fund/F F/2024/3 replaces="F/2024/1"
			F 341882 2024 v2024: authority -999.99 available +999.99`},
		{"replaces on a command without approval", "", "2024-03-01 close-project project=P replaces=F/2024/1", "! invalid_input replaces"},
	})
}

// TestDayBorder: the recording date is the day in UTC+8.
func TestDayBorder(t *testing.T) {
	for _, r := range []struct {
		at   time.Time
		then string
	}{
		{time.Date(2024, 2, 29, 15, 59, 59, 0, time.UTC), "! future_date on"},
		{time.Date(2024, 2, 29, 16, 0, 0, 0, time.UTC), "allocation.made.v1 project/P F/2024/2\nF 341882 2024 v2024: available -1.00\nF p=P 341882 2024 v2024 elderly: allocated +1.00"},
	} {
		l := domain.NewLedger(genesis)
		var c clock
		for _, cmd := range office() {
			run(l, cmd, c.at(cmd))
		}
		events, err := execute(l, step(t, "2024-03-01 allocate fund=F project=P amount=1.00", "k"), r.at)
		if got, want := outcome(events, err, r.then); got != want {
			t.Errorf("at %s: got %s, want %s", r.at, got, want)
		}
	}
}
