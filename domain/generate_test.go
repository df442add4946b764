package domain_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"

	"grantledger/domain"
)

// world is a small finance office that makes up its next command from what the
// ledger shows: mostly what could be right, sometimes what cannot.
type world struct {
	l        *domain.Ledger
	r        *rand.Rand
	prefix   string // of every id, so that two worlds share nothing
	day      domain.Date
	backdate bool // dates may go back within the open year
	serial   int
	vouchers []used
	balances map[balance]domain.Fen
	sent     []line
	failed   map[string]int // refused approvals by proposal
}

// used is a voucher as the office remembers it, with the command that made it.
type used struct {
	position uint64
	number   string
	typ      string
	fund     string
	year     int
	entries  []domain.Entry
	by       line
}

type balance struct {
	account domain.Account
	domain.Dimensions
}

func newWorld(l *domain.Ledger, prefix string, backdate bool) *world {
	return &world{l: l, prefix: prefix, backdate: backdate, day: domain.NewDate(2018, 1, 2), balances: map[balance]domain.Fen{}, failed: map[string]int{}, r: rand.New(rand.NewPCG(1, 2))}
}

// learn books the events of a command; position is where a rollback would cut.
func (w *world) learn(events []*domain.Event, by line) {
	for _, e := range events {
		for _, entry := range e.Entries {
			for _, l := range entry.Lines {
				w.balances[balance{l.Account, entry.Dimensions}] += l.Amount
			}
		}
		if number := voucherOf(e); number != "" {
			w.vouchers = append(w.vouchers, used{e.Position, number, e.Type, e.Entries[0].Fund, e.Year, e.Entries, by})
		}
	}
}

// forget takes back what was learnt after position.
func (w *world) forget(position uint64) {
	for len(w.vouchers) > 0 && w.vouchers[len(w.vouchers)-1].position > position {
		last := w.vouchers[len(w.vouchers)-1]
		for _, entry := range last.entries {
			for _, l := range entry.Lines {
				w.balances[balance{l.Account, entry.Dimensions}] -= l.Amount
			}
		}
		w.vouchers = w.vouchers[:len(w.vouchers)-1]
	}
}

func voucherOf(e *domain.Event) string {
	_, rest, ok := strings.Cut(string(e.Data), `,"voucher":"`)
	if !ok || len(e.Entries) == 0 {
		return ""
	}
	number, _, _ := strings.Cut(rest, `"`)
	return number
}

// chance is true in one of n cases.
func (w *world) chance(n int) bool { return w.r.IntN(n) == 0 }

// one picks from a list; the zero value from an empty one.
func one[T any](w *world, list ...T) (v T) {
	if len(list) == 0 {
		return v
	}
	return list[w.r.IntN(len(list))]
}

// some picks an element that fits; ok is false when none does.
func some[T any](w *world, all iter.Seq[T], fits func(T) bool) (v T, ok bool) {
	n := 0
	for x := range all {
		if fits != nil && !fits(x) {
			continue
		}
		if n++; w.r.IntN(n) == 0 {
			v = x
		}
	}
	return v, n > 0
}

// id is a fresh id or paper number.
func (w *world) id(kind string) string {
	w.serial++
	return fmt.Sprintf("%s%s%d", w.prefix, kind, w.serial)
}

// used paper numbers come again now and then.
func (w *world) paper(kind string) string {
	if w.serial > 0 && w.chance(40) {
		return fmt.Sprintf("%s%s%d", w.prefix, kind, 1+w.r.IntN(w.serial))
	}
	return w.id(kind)
}

// sum adds up the balances of an account that fit.
func (w *world) sum(a domain.Account, fits func(domain.Dimensions) bool) (sum domain.Fen) {
	for b, fen := range w.balances {
		if b.account == a && fits(b.Dimensions) {
			sum += fen
		}
	}
	return sum
}

// amount is up to most, often all of it, sometimes more.
func (w *world) amount(most domain.Fen) string {
	switch {
	case w.chance(60):
		return one(w, "0.00", "1.005", "260余万元")
	case w.chance(2000):
		return "9999999999999.99"
	case most <= 0:
		return domain.Fen(1 + w.r.IntN(500000)).String()
	case w.chance(25):
		return (most + 1).String()
	case w.chance(6):
		return most.String()
	}
	return (1 + domain.Fen(w.r.Int64N(int64(most)))).String()
}

// docs of a kind, sometimes missing or used before.
func (w *world) docs(kinds ...string) []map[string]string {
	if w.chance(30) {
		return nil
	}
	n := w.serial
	if w.chance(30) {
		n = w.r.IntN(w.serial + 1)
	}
	w.serial++
	sum := sha256.Sum256(fmt.Append(nil, w.prefix, n))
	return []map[string]string{{"kind": one(w, kinds...), "name": `凭证 "1".pdf`, "sha256": hex.EncodeToString(sum[:])}}
}

// on is the business date of a command for the fund: today, or earlier in a
// year that is still open.
func (w *world) on(fund string) domain.Date {
	if !w.backdate || !w.chance(8) {
		return w.day
	}
	f, _ := w.l.Fund(fund)
	first := domain.NewDate(max(2018, f.LastClosed+1, w.day.Year()-1), 1, 1)
	if w.chance(30) {
		first = domain.NewDate(2018, 1, 1)
	}
	if first >= w.day {
		return w.day
	}
	return first + domain.Date(w.r.IntN(int(w.day-first)))
}

// fund picks a fund of the source kinds.
func (w *world) fund(sources ...string) (domain.Fund, bool) {
	wrong := w.chance(40)
	return some(w, w.l.Funds(), func(f domain.Fund) bool { return wrong || len(sources) == 0 || slices.Contains(sources, f.Source) })
}

// project picks one that the fund may pay.
func (w *world) project(f domain.Fund) (domain.Project, bool) {
	wrong := w.chance(30)
	return some(w, w.l.Projects(), func(p domain.Project) bool {
		return wrong || !p.Closed && slices.Contains(f.Policy.Purposes, p.Purpose)
	})
}

func (w *world) organisation() string {
	wrong := w.chance(20)
	o, _ := some(w, w.l.Organisations(), func(o domain.Organisation) bool { return wrong || o.Status == "active" })
	return o.ID
}

// award picks one in a state.
func (w *world) award(states ...string) (domain.Award, bool) {
	wrong := w.chance(25)
	return some(w, w.l.Awards(), func(a domain.Award) bool { return wrong || slices.Contains(states, a.State) })
}

// voucher picks one that fits, half the time the newest.
func (w *world) voucher(fits func(*used) bool) (used, bool) {
	n := len(w.vouchers)
	if n == 0 {
		return used{}, false
	}
	from := n - 1
	if w.chance(2) {
		from = w.r.IntN(n)
	}
	for i := range n {
		if v := &w.vouchers[(from-i+n)%n]; fits(v) {
			return *v, true
		}
	}
	return used{}, false
}

// user picks one with a role.
func (w *world) user(role string) string {
	if w.chance(50) {
		role = one(w, "clerk", "checker", "approver", "auditor", "admin")
	}
	fund := "*" // mostly one who holds it for all funds
	if w.chance(8) {
		fund = ""
	}
	u, ok := some(w, w.l.Users(), func(u domain.User) bool { return u.Holds(role, fund) })
	if !ok {
		return "user/nobody"
	}
	return "user/" + u.ID
}

func (w *world) district() string {
	if w.chance(40) {
		return one(w, "341871", "000000", "341801")
	}
	return one(w, "341882", "341881", "341800", "341825", "341822", "341823")
}

// data of a command, its members in the order of their names.
type data map[string]any

// put adds a member when it is wanted.
func (d data) put(name string, v any, when bool) data {
	if when {
		d[name] = v
	}
	return d
}

// uscc makes an identifier of GB 32100 whose check character is right.
func uscc(n int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := fmt.Sprintf("52341882MJ%07d", n)
	sum, weight := 0, 1
	for _, c := range body {
		sum += strings.IndexRune(alphabet, c) * weight
		weight = weight * 3 % 31
	}
	return body + string(alphabet[(31-sum%31)%31])
}

func (w *world) line(command, actor string, on domain.Date, d data) line {
	w.serial++
	d["on"] = on.String()
	raw, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return line{Key: fmt.Sprintf("%sk-%d", w.prefix, w.serial), Command: command, Actor: actor, Data: raw}
}

// founding opens the ledger: the commands before those of the worlds.
func founding() []line {
	w := newWorld(domain.NewLedger(domain.Genesis{}), "founding-", false)
	return []line{w.line("open-ledger", "user/admin", w.day, data{"ledger": "office", "name": "示例账本", "district": "341800"})}
}

// furnish lists the commands that give the world its people, funds,
// organisations and projects.
func (w *world) furnish() []line {
	var all []line
	admin := "user/admin"
	clerk := "user/" + w.prefix + "clerk-1"
	add := func(actor, command string, d data) { all = append(all, w.line(command, actor, w.day, d)) }
	for _, u := range []string{"clerk-1", "clerk-2", "checker-1", "checker-2", "approver-1", "approver-2", "auditor-1"} {
		role, _, _ := strings.Cut(u, "-")
		add(admin, "enrol-user", data{"user": w.prefix + u})
		add(admin, "grant-role", data{"user": w.prefix + u, "role": role, "funds": []string{"*"}})
	}
	for _, f := range w.furnishedFunds() {
		add(admin, "open-fund", f)
	}
	for i := range 7 {
		d := data{"organisation": fmt.Sprintf("%sO%d", w.prefix, i), "name": fmt.Sprintf("示例单位 %d", i), "kind": one(w, "society", "service", "chamber", "village"), "district": one(w, "341881", "341822")}
		add(clerk, "register-organisation", d.put("uscc", uscc(i), i < 6))
		add(clerk, "rate-organisation", data{"organisation": d["organisation"], "rating": 3 + i%3, "from": "2017-01-01", "until": "2020-06-30"})
		add(clerk, "record-inspection", data{"organisation": d["organisation"], "year": 2017, "result": "passed"})
	}
	for i, p := range []data{
		{"district": "341822", "purpose": "elderly"}, {"district": "341881", "purpose": "elderly", "parent": w.prefix + "P0"},
		{"district": "341822", "purpose": "community", "parent": w.prefix + "P0"}, {"district": "341825", "purpose": "children", "parent": w.prefix + "P0"},
		{"district": "341822", "purpose": "elderly"}, {"district": "341800", "purpose": "rural"}, {"district": "341881", "purpose": "rural"},
	} {
		p["project"], p["name"] = fmt.Sprintf("%sP%d", w.prefix, i), fmt.Sprintf("示例项目 %d", i)
		add(clerk, "register-project", p)
	}
	for i, fund := range []string{"CITY", "HELD", "VEN"} {
		add(clerk, "receive-appropriation", data{"fund": w.prefix + fund, "amount": "900000.00", "document": fmt.Sprintf("%s示例财社〔2018〕%d号", w.prefix, i)})
	}
	return all
}

type rules []map[string]any

func (w *world) furnishedFunds() []data {
	social := []string{"elderly", "disabled", "children", "poverty", "community"}
	free := rules{{"commands": []string{"*"}, "steps": 0}}
	return []data{
		{"fund": w.prefix + "CITY", "name": "市本级福彩公益金", "source": "lottery", "custody": "treasury", "district": "341800", "purposes": social, "approval": bands},
		{"fund": w.prefix + "HELD", "name": "县福彩公益金", "source": "lottery", "custody": "held", "district": "341822", "purposes": social, "approval": free},
		{"fund": w.prefix + "VEN", "name": "公益创投", "source": "venture", "custody": "held", "district": "341825", "purposes": social, "notice_days": 5, "award_cap": "90000.00", "min_rating": 3, "one_award": true, "inspection": true, "share_percent": 80, "approval": free},
		{"fund": w.prefix + "DON", "name": "道路捐赠", "source": "donation", "custody": "held", "district": "341881", "purposes": []string{"rural", "elderly"}, "approval": free},
		{"fund": w.prefix + "DON2", "name": "乡村捐赠", "source": "donation", "custody": "held", "district": "341822", "purposes": []string{"rural", "children"}, "lapses": true, "approval": rules{{"commands": []string{"receive-donation", "allocate", "confirm-award"}, "steps": 0}, {"commands": []string{"*"}, "steps": 1}}},
	}
}

// bands is an approval policy of none, one and two steps by amount.
var bands = rules{
	{"commands": []string{"disburse", "confirm-award"}, "up_to": "20000.00", "steps": 1},
	{"commands": []string{"disburse", "confirm-award", "close-year"}, "steps": 2},
	{"commands": []string{"*"}, "steps": 0},
}
