// Package storetest is the contract that every log must pass, whatever runs below it: an embedded server, an external
// one, a cluster. It brings rules of its own, a few accounts with balances, so that the log is tested without the domain.
package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"grantledger/eventstore/record"
)

// ErrOverdrawn is the refusal of the rules: an account would fall below zero.
var ErrOverdrawn = errors.New("overdrawn")

// Kind is what a command asks for.
type Kind int

// The kinds of commands.
const (
	Open  Kind = iota // the first event; Text is the trust text, To the origin
	Add               // Amount to account To: one event
	Move              // Amount from account From to account To: two events
	Read              // the balance of To: no event
	Seal              // a ledger.sealed.v1 event with the note in Text
	Trust             // a ledger.trust.changed.v1 event with the text in Text
	Spam              // Amount events on account To, each with the padding in Text
)

// Command is what the writer is given.
type Command struct {
	Kind     Kind
	Key      string // idempotency key; the answer to a known one has no events
	From, To string
	Amount   int64
	Text     string
}

// Answer is what comes back.
type Answer struct {
	Balance  int64 // of To, after the command
	Repeated bool  // the key was known
}

// Event is an event that the rules decided.
type Event struct {
	typ, subject, scope, actor, key string
	version                         uint64
	data                            string // members of data
}

// Header is that of eventstore.Pending.
func (e *Event) Header() (typ, subject string, version uint64, scopes []string) {
	return e.typ, e.subject, e.version, []string{e.scope}
}

// Author is that of eventstore.Pending.
func (e *Event) Author() (actor, key string) { return e.actor, e.key }

// AppendTail is that of eventstore.Pending.
func (e *Event) AppendTail(b []byte) []byte {
	return append(append(append(b, `"data":{`...), e.data...), "}}"...)
}

// Machine is the rules: accounts that may not fall below zero. It satisfies
// eventstore.Rules[Command, *Event, Answer].
type Machine struct {
	Balances map[string]int64

	versions map[string]uint64
	keys     map[string]bool
	undo     []func()
	groups   []int // steps of each group that is cut and not confirmed
	open     int   // steps since the last cut
}

// NewMachine is the state of an empty log.
func NewMachine() *Machine {
	return &Machine{Balances: make(map[string]int64), versions: make(map[string]uint64), keys: make(map[string]bool)}
}

// Execute is that of eventstore.Rules.
func (m *Machine) Execute(commands []Command, _ time.Time) (events []*Event, answers []Answer, err error) {
	mark := len(m.undo)
	for _, c := range commands {
		if c.Key != "" && m.keys[c.Key] {
			answers = append(answers, Answer{m.Balances[c.To], true})
			continue
		}
		es, err := m.decide(c)
		if err != nil {
			m.back(mark)
			return nil, nil, err
		}
		events, answers = append(events, es...), append(answers, Answer{Balance: m.Balances[c.To]})
	}
	m.open += len(m.undo) - mark
	return events, answers, nil
}

// decide gives the events of one command and applies them.
func (m *Machine) decide(c Command) (events []*Event, err error) {
	amount := fmt.Sprintf(`"amount":%d`, c.Amount)
	switch c.Kind {
	case Open:
		events = append(events, m.ledgerEvent("ledger.opened.v1", "ledger/genesis", "user/admin", c.Key,
			fmt.Sprintf(`"format":1,"origin":%s,"trust":%s`, quote(c.To), quote(c.Text))))
	case Seal:
		events = append(events, m.ledgerEvent("ledger.sealed.v1", "ledger/seal", "system/sealer", "", `"checkpoint":`+quote(c.Text)))
	case Trust:
		events = append(events, m.ledgerEvent("ledger.trust.changed.v1", "ledger/trust", "user/admin", c.Key, `"trust":`+quote(c.Text)))
	case Add:
		events = append(events, m.accountEvent("account.credited.v1", c.To, c.Key, amount))
	case Move:
		if m.Balances[c.From] < c.Amount {
			return nil, fmt.Errorf("%w: %s has %d", ErrOverdrawn, c.From, m.Balances[c.From])
		}
		events = append(events, m.accountEvent("account.debited.v1", c.From, c.Key, amount))
		m.put(m.Balances, c.From, m.Balances[c.From]-c.Amount)
		events = append(events, m.accountEvent("account.credited.v1", c.To, c.Key, amount))
	case Spam:
		for range c.Amount {
			events = append(events, m.accountEvent("account.noted.v1", c.To, c.Key, `"text":`+quote(c.Text)))
		}
	}
	if c.Kind == Add || c.Kind == Move {
		m.put(m.Balances, c.To, m.Balances[c.To]+c.Amount)
	}
	if c.Key != "" && len(events) > 0 {
		m.keys[c.Key] = true
		m.undo = append(m.undo, func() { delete(m.keys, c.Key) })
	}
	return events, nil
}

func (m *Machine) ledgerEvent(typ, subject, actor, key, data string) *Event {
	return &Event{typ: typ, subject: subject, scope: "ledger/meta", actor: actor, key: key, version: m.next(subject), data: data}
}

func (m *Machine) accountEvent(typ, account, key, data string) *Event {
	subject := "account/" + account
	return &Event{typ: typ, subject: subject, scope: subject, actor: "user/tester", key: key, version: m.next(subject), data: data}
}

func (m *Machine) next(subject string) uint64 {
	v, before := m.versions[subject]+1, m.versions[subject]
	m.versions[subject] = v
	m.undo = append(m.undo, func() { m.versions[subject] = before })
	return v
}

func (m *Machine) put(values map[string]int64, name string, v int64) {
	before := values[name]
	values[name] = v
	m.undo = append(m.undo, func() { values[name] = before })
}

func quote(s string) string { return string(record.AppendString(nil, s)) }

// Cut is that of eventstore.Rules.
func (m *Machine) Cut() {
	m.groups = append(m.groups, m.open)
	m.open = 0
}

// Confirm is that of eventstore.Rules.
func (m *Machine) Confirm() {
	n := m.groups[0]
	m.groups, m.undo = m.groups[1:], m.undo[n:]
}

// Rollback is that of eventstore.Rules.
func (m *Machine) Rollback() {
	m.back(0)
	m.groups, m.open = nil, 0
}

// back undoes the steps after a mark.
func (m *Machine) back(mark int) {
	for i := len(m.undo) - 1; i >= mark; i-- {
		m.undo[i]()
	}
	m.undo = m.undo[:mark]
}

// Apply is that of eventstore.Rules.
func (m *Machine) Apply(position uint64, head, body []byte) error {
	var e record.Event
	if err := e.Parse(head, body); err != nil {
		return err
	}
	if len(m.undo) > 0 {
		return fmt.Errorf("position %d applied with %d steps open", position, len(m.undo))
	}
	subject := string(e.Head.Subject)
	m.versions[subject]++
	if key := string(e.Body.Key); !strings.HasPrefix(key, "system:") {
		m.keys[key] = true
	}
	value, _ := record.Member(e.Body.Data, "amount")
	amount, _ := strconv.ParseInt(string(value), 10, 64)
	account := strings.TrimPrefix(subject, "account/")
	switch string(e.Head.Type) {
	case "account.credited.v1":
		m.Balances[account] += amount
	case "account.debited.v1":
		m.Balances[account] -= amount
	}
	return nil
}
