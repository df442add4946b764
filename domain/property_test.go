package domain_test

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/eventstore/record"

	"pgregory.net/rapid"
)

// The properties are checked over random command sequences of 200 steps. A
// plain run takes 100 of them (20 with -short); the long run is
//
//	go test ./domain -run TestProperties -v -rapid.checks=10000 -rapid.seed=20261125 -timeout 3h
//
// It prints the seed and how often each command was tried, accepted and refused
// with which code. A failure prints its own seed and the last commands.
const sequenceSteps = 200

// history is a world with its log: it executes, stores, takes back and checks.
type history struct {
	t       *rapid.T
	w       *world
	l       *domain.Ledger
	facts   []fact
	groups  []int // facts at the end of each group that is cut and not confirmed
	stored  []storedLine
	last    time.Time
	trace   []string
	counted func(command, code string)
}

func newHistory(t *rapid.T, backdate bool, counted func(string, string)) *history {
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
	o.stored = append(o.stored, storedLine{by, events[0].Position})
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
	probe := o.w.chance(8)
	before := ""
	if probe {
		before = fingerprint(o.l)
		o.dryRun(cmd, before)
		o.takeBack(cmd, before)
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
	for _, fresh := range []string{"transfer", "pledge", "lot"} {
		if cmd.Command == map[string]string{"transfer": "transfer-out", "pledge": "pledge-donation", "lot": "receive-goods"}[fresh] {
			d[fresh] = o.w.id("again-")
		}
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

// finish checks what must hold at the end of every history.
func (o *history) finish() {
	o.settle(0)
	if err := difference(o.l.BalancesTSV(), naiveTSV(o.facts)); err != nil {
		o.fatalf("balances and stored bodies: %v", err)
	}
	for _, c := range checks {
		if err := c.of(o.facts); err != nil {
			o.fatalf("%s: %v", c.name, err)
		}
	}
	if err := instalmentsHold(o.l, o.w.sum); err != nil {
		o.fatalf("%v", err)
	}
	if err := goodsHold(o.l, o.w.sum); err != nil {
		o.fatalf("%v", err)
	}
	second := o.replay()
	if err := difference(fingerprint(second), fingerprint(o.l)); err != nil {
		o.fatalf("replay: %v", err)
	}
	o.repeat(second)
}

// repeat sends every stored command to the replayed ledger again: both ledgers
// know them, with the same answer.
func (o *history) repeat(second *domain.Ledger) {
	at := o.at()
	for _, cmd := range o.stored {
		c, err := bind(cmd.line)
		if err != nil {
			o.fatalf("%v", err)
		}
		position := cmd.first
		for i, l := range []*domain.Ledger{o.l, second} {
			_, answers, err := l.Execute([]domain.Command{c}, at)
			if err != nil || answers[0].Replayed != position {
				o.fatalf("%s %s %s %s again in ledger %d: %v %v, want the answer of %d: %s", cmd.Key, cmd.Command, cmd.Actor, cmd.Data, i, answers, err, position, o.facts[position-1].body)
			}
		}
	}
}

// instalmentsHold: instalments sum to the award's amount, no one is paid more
// than it is, and what is not paid is committed while the award is active
// (DOMAIN.md 7.4).
func instalmentsHold(l *domain.Ledger, sum func(domain.Account, func(domain.Dimensions) bool) domain.Fen) error {
	for a := range l.Awards() {
		if a.State != "active" {
			continue
		}
		var planned, paid domain.Fen
		for _, i := range a.Instalments {
			if i.Paid > i.Amount || i.Paid < 0 {
				return fmt.Errorf("award %s: paid %s of %s", a.ID, i.Paid, i.Amount)
			}
			planned, paid = planned+i.Amount, paid+i.Paid
		}
		committed := sum(domain.Committed, func(d domain.Dimensions) bool {
			return d.Fund == a.Fund && d.Project == a.Project && d.Organisation == a.Organisation
		})
		if planned != a.Amount || paid+committed != a.Amount {
			return fmt.Errorf("award %s of %s: planned %s, paid %s, committed %s", a.ID, a.Amount, planned, paid, committed)
		}
	}
	return nil
}

// goodsHold: the goods of a fund are what its lots still hold.
func goodsHold(l *domain.Ledger, sum func(domain.Account, func(domain.Dimensions) bool) domain.Fen) error {
	left := map[string]domain.Fen{}
	for lot := range l.Lots() {
		if !lot.Reversed {
			left[lot.Fund] += lot.Value - lot.ValueOut
		}
	}
	for f := range l.Funds() {
		if goods := sum(domain.Goods, func(d domain.Dimensions) bool { return d.Fund == f.ID }); goods != left[f.ID] {
			return fmt.Errorf("fund %s: goods of %s, lots hold %s", f.ID, goods, left[f.ID])
		}
	}
	return nil
}

// tally counts commands and their answers over all sequences.
type tally map[string]map[string]int

func (c tally) add(command, code string) {
	if c[command] == nil {
		c[command] = map[string]int{}
	}
	c[command][code]++
}

func (c tally) report(t *testing.T, sequences int) {
	total, accepted := 0, 0
	for _, command := range slices.Sorted(maps.Keys(c)) {
		n := 0
		for _, count := range c[command] {
			n += count
		}
		total, accepted = total+n, accepted+c[command]["ok"]
		t.Logf("%-22s %8d tried %8d accepted %v", command, n, c[command]["ok"], c[command])
	}
	t.Logf("%d sequences, %d commands, %d accepted (%.1f %%), rapid.seed=%s", sequences, total, accepted,
		100*float64(accepted)/float64(max(total, 1)), flag.Lookup("rapid.seed").Value)
}

// TestProperties plays random sequences and checks every property.
func TestProperties(t *testing.T) {
	counts, sequences := tally{}, 0
	rapid.Check(t, func(rt *rapid.T) {
		seeds := rapid.SliceOfN(rapid.Uint64(), sequenceSteps, sequenceSteps).Draw(rt, "seeds")
		o := newHistory(rt, rapid.Bool().Draw(rt, "backdate"), counts.add)
		sequences++
		for _, cmd := range append(founding(), o.w.furnish()...) {
			events, _, code := o.decide(cmd)
			if code != "ok" {
				o.fatalf("furnishing: %s", code)
			}
			o.w.sent = append(o.w.sent, cmd)
			o.keep(events, cmd)
		}
		o.settle(0)
		for _, seed := range seeds {
			o.step(seed, registerDistrict)
		}
		o.finish()
	})
	counts.report(t, sequences)
	for _, row := range domain.Catalogue() {
		if counts[row.Name]["ok"] == 0 && row.Name != "open-ledger" && !testing.Short() {
			t.Errorf("%s was never accepted", row.Name)
		}
	}
}
