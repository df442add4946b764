package domain_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/eventstore/record"
)

// history is a world with its log: it executes, stores, takes back and checks.
type history struct {
	t       failer
	w       *world
	l       *domain.Ledger
	facts   []fact
	groups  []int // facts at the end of each group that is cut and not confirmed
	stored  []storedLine
	last    time.Time
	trace   []string
	counted func(command, code string)
}

// failer is what a history needs of a test.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func newHistory(t failer, backdate bool, counted func(string, string)) *history {
	l := domain.NewLedger(genesis)
	return &history{t: t, l: l, w: newWorld(l, "", backdate), counted: counted}
}

// storedLine is a command with the position of its first event.
type storedLine struct {
	line
	first uint64
}

var genesis = domain.Genesis{Origin: "ledger.example.cn/test", Trust: "test\n"}

func (o *history) fatalf(format string, args ...any) {
	o.t.Helper()
	o.t.Fatalf("%s\nlast commands:\n%s", fmt.Sprintf(format, args...), strings.Join(o.trace[max(0, len(o.trace)-25):], "\n"))
}

// at is the recording time: noon of the world's day in UTC+8, a little later
// with every event.
func (o *history) at() time.Time {
	t := time.Unix(int64(o.w.day)*86400, 0).UTC().Add(4 * time.Hour)
	if !t.After(o.last) {
		t = o.last.Add(time.Millisecond)
	}
	return t
}

// furnish plays the commands that every world begins with.
func (o *history) furnish() {
	for _, cmd := range append(founding(), o.w.furnish()...) {
		events, _, code := o.decide(cmd)
		if code != "ok" {
			o.fatalf("furnishing: %s", code)
		}
		o.w.sent = append(o.w.sent, cmd)
		o.keep(events, cmd)
	}
	o.settle(0)
}

// bind makes the line a command; an error is a refusal of its shape.
func bind(cmd line) (domain.Command, error) {
	c, err := domain.Bind(cmd.Command, cmd.Data)
	c.Key, c.Actor = cmd.Key, cmd.Actor
	return c, err
}

// decide executes the line without storing it; code is "ok", "replayed" or that
// of the refusal.
func (o *history) decide(cmd line) (events []*domain.Event, answer domain.Answer, code string) {
	c, err := bind(cmd)
	if err == nil {
		var answers []domain.Answer
		if events, answers, err = o.l.Execute([]domain.Command{c}, o.at()); err == nil {
			answer = answers[0]
		}
	}
	switch {
	case err != nil:
		code = string(err.(*domain.Refusal).Code)
	case answer.Replayed != 0:
		code = "replayed"
	default:
		code = "ok"
	}
	o.trace = append(o.trace, fmt.Sprintf("%d %s %s %s %s %s", o.l.Position(), cmd.Key, cmd.Command, cmd.Actor, cmd.Data, code))
	return events, answer, code
}

// keep stores the events as one group that is not confirmed yet.
func (o *history) keep(events []*domain.Event, by line) {
	for _, e := range events {
		o.last = o.at()
		head, body := storedAt(e, o.last)
		f, err := readFact(e.Position, head, body)
		if err != nil {
			o.fatalf("event %d is no JSON: %v", e.Position, err)
		}
		o.facts = append(o.facts, f)
	}
	o.w.learn(events, by)
	if by.Key != "" {
		o.stored = append(o.stored, storedLine{by, events[0].Position})
	}
	o.l.Cut()
	o.groups = append(o.groups, len(o.facts))
}

// storedAt gives an event its head and body with an id of that time.
func storedAt(e *domain.Event, at time.Time) (head, body []byte) {
	actor, key := e.Author()
	if key == "" {
		key = "system:" + ulid(at, e.Position)
	}
	body = record.AppendBodyStart(nil, [16]byte{1}, actor, key)
	body = e.AppendTail(body)
	typ, subject, version, scopes := e.Header()
	h := record.Heading{Type: typ, Subject: subject, Version: version, Scopes: scopes, Body: sha256sum(body)}
	copy(h.ID[:], ulid(at, e.Position))
	return record.AppendHead(nil, h), body
}

// ulid writes the time and the position in Crockford's digits.
func ulid(at time.Time, position uint64) string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	id := []byte(strings.Repeat("0", 26))
	for i, n := 9, uint64(at.UnixMilli()); i >= 0; i, n = i-1, n/32 {
		id[i] = digits[n%32]
	}
	for i, n := 25, position; n > 0; i, n = i-1, n/32 {
		id[i] = digits[n%32]
	}
	return string(id)
}

// settle confirms all groups but the newest n.
func (o *history) settle(n int) {
	for len(o.groups) > n {
		o.l.Confirm()
		o.groups = o.groups[1:]
	}
}

// fingerprint is everything a ledger shows.
func fingerprint(l *domain.Ledger) string {
	b, err := json.Marshal([]any{
		l.Position(), slices.Collect(l.Users()), slices.Collect(l.Funds()), slices.Collect(l.Projects()), slices.Collect(l.Organisations()),
		slices.Collect(l.Awards()), slices.Collect(l.Pledges()), slices.Collect(l.Lots()), slices.Collect(l.Transfers()), slices.Collect(l.Proposals()),
	})
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(b), ",", ",\n") + "\n" + l.BalancesTSV()
}

// replay folds the stored bytes into a second ledger.
func (o *history) replay() *domain.Ledger {
	l := domain.NewLedger(domain.Genesis{})
	for i := range o.facts {
		if err := l.Apply(o.facts[i].position, o.facts[i].head, o.facts[i].body); err != nil {
			o.fatalf("apply %d: %v", o.facts[i].position, err)
		}
	}
	return l
}

// step makes one command and checks what must hold around it. The seed 0 is no
// step, so that a failing history shrinks.
func (o *history) step(seed uint64, moves ...move) {
	if seed == 0 {
		return
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(len(o.trace)))
	o.w.r = rand.New(rand.NewChaCha8(key))
	cmd := o.w.next(moves...)
	if o.w.chance(50) {
		o.seal()
	}
	probe := o.w.chance(8)
	before := ""
	if probe {
		before = fingerprint(o.l)
		o.dryRun(cmd, before)
		o.takeBack(cmd, before)
		o.together(cmd, before)
	}
	position := o.l.Position()
	events, _, code := o.decide(cmd)
	o.counted(cmd.Command, code)
	if code != "ok" {
		if cmd.Command == "approve-proposal" {
			var d struct{ Proposal string }
			_ = json.Unmarshal(cmd.Data, &d)
			o.w.failed[d.Proposal]++
		}
		if o.l.Position() != position || len(events) > 0 || probe && fingerprint(o.l) != before {
			o.fatalf("%s was answered %s and changed the ledger", cmd.Command, code)
		}
		return
	}
	if len(events) == 0 || o.l.Position() != position+uint64(len(events)) {
		o.fatalf("%s: %d events, position from %d to %d", cmd.Command, len(events), position, o.l.Position())
	}
	o.keep(events, cmd)
	if before != "" {
		o.undoAndRedo(cmd, events, before)
	}
	o.settle(o.w.r.IntN(4))
	if o.w.chance(100) {
		o.fence()
	}
}

// dryRun decides the command and must change nothing.
func (o *history) dryRun(cmd line, before string) {
	c, err := bind(cmd)
	if err != nil {
		return
	}
	c.DryRun = true
	_, _, _ = o.l.Execute([]domain.Command{c}, o.at())
	if err := difference(fingerprint(o.l), before); err != nil {
		o.fatalf("dry run of %s %s: %v", cmd.Command, cmd.Data, err)
	}
}

// takeBack executes the command and rolls it back: everything is as before.
func (o *history) takeBack(cmd line, before string) {
	o.settle(0)
	if _, _, code := o.decide(cmd); code == "ok" && o.w.chance(2) {
		o.l.Cut()
	}
	o.l.Rollback()
	if err := difference(fingerprint(o.l), before); err != nil {
		o.fatalf("rollback of %s: %v", cmd.Command, err)
	}
}

// together executes the command behind another one under a new key, all or
// none: a refusal of either changes nothing.
func (o *history) together(cmd line, before string) {
	other := one(o.w, o.w.sent...)
	other.Key = o.w.id("together-")
	first, err := bind(other)
	second, err2 := bind(cmd)
	if err != nil || err2 != nil {
		return
	}
	position := o.l.Position()
	events, answers, err := o.l.Execute([]domain.Command{first, second}, o.at())
	if err == nil {
		if len(answers) != 2 || o.l.Position() != position+uint64(len(events)) {
			o.fatalf("two commands: %d answers, %d events from position %d to %d", len(answers), len(events), position, o.l.Position())
		}
		o.l.Rollback()
	}
	if err := difference(fingerprint(o.l), before); err != nil {
		o.fatalf("%s behind %s: %v", cmd.Command, other.Command, err)
	}
}

// seal stores what the server records by itself.
func (o *history) seal() {
	c := domain.RecordSeal("ledger.example.cn/test\n1\n")
	if o.w.chance(4) {
		c = domain.ChangeTrust("test\n", "rotation")
	}
	events, _, err := o.l.Execute([]domain.Command{c}, o.at())
	if err != nil {
		o.fatalf("%s: %v", c.Name, err)
	}
	o.keep(events, line{Command: c.Name})
}

// fence loses the groups that are not confirmed, as a writer does that was
// overtaken: the state is that of the stored events before them.
func (o *history) fence() {
	if len(o.groups) == 0 {
		return
	}
	o.l.Rollback()
	o.groups = nil
	o.facts = o.facts[:o.l.Position()]
	o.w.forget(o.l.Position())
	o.stored = slices.DeleteFunc(o.stored, func(s storedLine) bool { return s.first > o.l.Position() })
	if err := difference(fingerprint(o.l), fingerprint(o.replay())); err != nil {
		o.fatalf("after a fence: %v", err)
	}
}

// ownIDs are the members that name something new, whose id stays taken.
var ownIDs = map[string]string{"transfer-out": "transfer", "pledge-donation": "pledge", "receive-goods": "lot", "demand-refund": "refund"}

// undoAndRedo reverses the command's voucher and sends the command again with
// replaces: balances are as before, then as after it.
func (o *history) undoAndRedo(cmd line, events []*domain.Event, before string) {
	last := events[len(events)-1]
	if len(events) != 1 || len(last.Entries) == 0 || !naiveReversible[last.Type] {
		return
	}
	after := o.l.BalancesTSV()
	var d map[string]any
	if err := json.Unmarshal(cmd.Data, &d); err != nil {
		o.fatalf("%v", err)
	}
	on, _ := domain.ParseDate(d["on"].(string))
	reversal := o.w.line("reverse-entry", cmd.Actor, on, data{"voucher": voucherOf(last), "reason": "录入错误"})
	reversed, answer, code := o.decide(reversal)
	if answer.Next != nil { // waits for approval
		o.keep(reversed, reversal)
		return
	}
	if code != "ok" {
		o.fatalf("reversal of %s at once: %s", voucherOf(last), code)
	}
	if err := difference(o.l.BalancesTSV(), balancesOf(before)); err != nil {
		o.fatalf("reversal of %s: %v", voucherOf(last), err)
	}
	o.keep(reversed, reversal)
	d["replaces"] = voucherOf(last)
	if member, ok := ownIDs[cmd.Command]; ok {
		d[member] = o.w.id("again-")
	}
	again := o.w.line(cmd.Command, cmd.Actor, on, d)
	redone, answer, code := o.decide(again)
	if code != "ok" {
		o.fatalf("%s again, with replaces: %s", cmd.Command, code)
	}
	o.keep(redone, again)
	if answer.Next != nil {
		return
	}
	if err := difference(o.l.BalancesTSV(), after); err != nil {
		o.fatalf("%s again, with replaces: %v", cmd.Command, err)
	}
}

// balancesOf is the part of a fingerprint that is balances.tsv.
func balancesOf(print string) string { return print[strings.Index(print, "account\tfund"):] }
