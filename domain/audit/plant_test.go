package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"grantledger/domain"
)

// book is a small ledger on the real rules into which cases are planted.
type book struct {
	*ledger
	t *testing.T
	n int
}

// free lets every command take effect at once.
const free = `"approval":[{"commands":["*"],"steps":0}]`

// newBook has the people, two recipients, a donor, two projects (P ends on
// 2024-06-30), a lottery fund F with 100,000.00 of 2024, 90,000.00 of it
// allocated, and a donation fund D.
func newBook(t *testing.T) *book {
	b := &book{newLedger(), t, 0}
	b.do("2024-01-02", "admin-1", "open-ledger", `"ledger":"plant","name":"plant","district":"341800"`)
	for user, role := range map[string]string{"clerk-1": "clerk", "clerk-2": "clerk", "checker-1": "checker", "approver-1": "approver"} {
		b.do("2024-01-02", "admin-1", "enrol-user", `"user":"`+user+`"`)
		b.do("2024-01-02", "admin-1", "grant-role", `"user":"`+user+`","role":"`+role+`","funds":["*"]`)
	}
	b.do("2024-01-02", "admin-1", "open-fund", `"fund":"F","name":"F","source":"lottery","custody":"treasury","district":"341882","purposes":["elderly","poverty"],`+free)
	b.do("2024-01-02", "admin-1", "open-fund", `"fund":"D","name":"D","source":"donation","custody":"held","district":"341882","purposes":["rural","elderly"],`+free)
	for id, uscc := range map[string]string{"X": "52341882MJ00000185", "Y": "51341882MJ00000263", "DONOR": "51341881MJ0000034F"} {
		b.clerk("2024-01-02", "register-organisation", `"organisation":"`+id+`","name":"`+id+`","uscc":"`+uscc+`","kind":"service","district":"341882"`)
	}
	b.clerk("2024-01-02", "register-project", `"project":"P","name":"P","district":"341882","purpose":"elderly","starts":"2024-01-01","ends":"2024-06-30"`)
	b.clerk("2024-01-02", "register-project", `"project":"Q","name":"Q","district":"341882","purpose":"elderly"`)
	b.clerk("2024-01-05", "receive-appropriation", `"fund":"F","amount":"100000.00","document":"DOC-1"`)
	b.clerk("2024-01-06", "allocate", `"fund":"F","project":"P","amount":"50000.00"`)
	b.clerk("2024-01-06", "allocate", `"fund":"F","project":"Q","amount":"40000.00"`)
	return b
}

// do plays a command that the rules must accept, and gives the position of its
// last event.
func (b *book) do(on, user, command, data string) uint64 {
	b.t.Helper()
	b.n++
	c := line{Key: "k-" + strconv.Itoa(b.n), Command: command, Actor: "user/" + user}
	c.Data = json.RawMessage(`{"on":"` + on + `",` + data + `}`)
	if err := b.ledger.do(c); err != nil {
		b.t.Fatalf("%s %s: %v", command, data, err)
	}
	return b.events[len(b.events)-1].Position
}

func (b *book) clerk(on, command, data string) uint64 {
	b.t.Helper()
	return b.do(on, "clerk-1", command, data)
}

// award proposes, confirms and signs an award of the fund F in one instalment,
// and gives the position of its confirmation.
func (b *book) award(on, id, project, organisation, amount, kind string) uint64 {
	b.t.Helper()
	b.clerk(on, "propose-award", fmt.Sprintf(`"award":%q,"fund":"F","project":%q,"organisation":%q,"amount":%q,"kind":%q`, id, project, organisation, amount, kind))
	at := b.clerk(on, "confirm-award", fmt.Sprintf(`"award":%q`, id))
	b.clerk(on, "sign-agreement", fmt.Sprintf(`"award":%q,"agreement":"AGR-%s","instalments":[{"amount":%q,"after":"signing"}]`, id, id, amount))
	return at
}

func (b *book) pay(on, id, organisation, amount string) uint64 {
	b.t.Helper()
	return b.clerk(on, "disburse", fmt.Sprintf(`"award":%q,"instalment":1,"amount":%q,"payee":%q,"bank_reference":"BANK-%d"`, id, amount, organisation, b.n))
}

// papers is a member docs with an invoice whose hash is made of n.
func papers(n int) string {
	return fmt.Sprintf(`"docs":[{"kind":"invoice","name":"i.pdf","sha256":"%064x"}]`, n)
}

func (b *book) accept(on, id, amount string) uint64 {
	b.t.Helper()
	return b.clerk(on, "accept-expenditure", fmt.Sprintf(`"award":%q,"lines":[{"invoice":"INV-%d","amount":%q}],%s`, id, b.n, amount, papers(b.n)))
}

// reverse reverses the voucher of the event at a position.
func (b *book) reverse(on string, position uint64) uint64 {
	b.t.Helper()
	return b.clerk(on, "reverse-entry", `"voucher":"`+b.event(position).Members().Text("voucher")+`","reason":"r"`)
}

func (b *book) event(position uint64) *domain.Event { return b.events[position-1] }

// alter changes stored bytes of an event's data.
func (b *book) alter(position uint64, before, after string) {
	b.t.Helper()
	e := b.event(position)
	if !bytes.Contains(e.Data, []byte(before)) {
		b.t.Fatalf("no %s in %s", before, e.Data)
	}
	e.Data = bytes.Replace(e.Data, []byte(before), []byte(after), 1)
}

// nth is the position of the n-th event of a type, from 1.
func (b *book) nth(typ string, n int) uint64 {
	for _, e := range b.events {
		if e.Type == typ {
			if n--; n == 0 {
				return e.Position
			}
		}
	}
	b.t.Fatalf("no such %s", typ)
	return 0
}

// drop takes an event out of the log.
func (b *book) drop(position uint64) {
	b.events = slices.Clone(b.events)
	b.events[position-1] = &domain.Event{Type: "nothing.v1", Position: position}
}

// found lists the hits of a test as "kind subject positions figure limit".
func (b *book) found(test, today string) []string {
	b.t.Helper()
	day, _ := domain.ParseDate(today)
	var out []string
	for _, f := range Run(b.events, Defaults(), day) {
		if f.Test != test {
			continue
		}
		if f.Detail.ZH == "" || f.Detail.EN == "" || strings.Contains(f.Detail.ZH+f.Detail.EN, "%!") {
			b.t.Errorf("%s: no proper detail: %v", test, f.Detail)
		}
		out = append(out, hit(string(f.Kind), f.Subject, f.Figure.String(), f.Limit.String(), f.Positions...))
	}
	return out
}

func hit(kind, subject, figure, limit string, positions ...uint64) string {
	return fmt.Sprintf("%s %s %v %s/%s", kind, subject, positions, figure, limit)
}

// want compares the hits of a test at a day.
func (b *book) want(test, today string, hits ...string) {
	b.t.Helper()
	if got := b.found(test, today); !slices.Equal(got, hits) {
		b.t.Errorf("%s at %s:\n got %s\nwant %s", test, today, strings.Join(got, "\n     "), strings.Join(hits, "\n     "))
	}
}
