package eventstore

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go/jetstream"
)

// tally is rules that count: a command is the text of a note, "open" opens the log. The answer is the count after it.
type tally struct {
	log    *Log
	counts []uint64 // after each executed command, the confirmed one first
	groups []int
	open   int
}

type noted struct {
	text    string
	version uint64
	trust   string
}

func (n noted) Header() (typ, subject string, version uint64, scopes []string) {
	if n.trust != "" {
		return openedType, "ledger/genesis", 1, []string{"ledger/meta"}
	}
	return "note.taken.v1", "note/n", n.version, []string{"note/n"}
}

func (n noted) Author() (actor, key string) { return "user/tester", "" }

func (n noted) AppendTail(b []byte) []byte {
	if n.trust != "" {
		b = append(b, `"data":{"format":1,"origin":"grantledger.local/test","trust":`...)
		return append(record.AppendString(b, n.trust), "}}"...)
	}
	return append(record.AppendString(append(b, `"data":{"text":`...), n.text), "}}"...)
}

func newTally(l *Log) *tally { return &tally{log: l, counts: []uint64{0}} }

func (r *tally) Execute(commands []string, _ time.Time) (events []noted, answers []uint64, err error) {
	for _, c := range commands {
		n := r.counts[len(r.counts)-1]
		e := noted{text: c, version: n}
		if c == "open" {
			e.trust = r.log.Trust().Text
		}
		if c == "count" {
			return nil, []uint64{n}, nil
		}
		events, answers = append(events, e), append(answers, n+1)
		r.counts = append(r.counts, n+1)
		r.open++
	}
	return events, answers, nil
}

func (r *tally) Cut()      { r.groups, r.open = append(r.groups, r.open), 0 }
func (r *tally) Confirm()  { r.counts, r.groups = r.counts[r.groups[0]:], r.groups[1:] }
func (r *tally) Rollback() { r.counts, r.groups, r.open = r.counts[:1], nil, 0 }

func (r *tally) Apply(uint64, []byte, []byte) error {
	if len(r.counts) > 1 {
		return errors.New("applied on top of what is not confirmed")
	}
	r.counts[0]++
	return nil
}

// steps is a writer whose steps the test takes itself.
type steps struct {
	*Writer[string, noted, uint64]
	t *testing.T
}

// stepWriter opens the log again, as another server would, and opens the ledger when it is empty.
func stepWriter(t *testing.T, config Config) *steps {
	t.Helper()
	rules := newTally(nil)
	config.Apply = rules.Apply
	l, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	rules.log = l
	s := &steps{NewWriter(l, rules), t}
	s.reset()
	if l.Position() == 0 {
		s.decide("open")
		s.send()
		s.finish()
	}
	return s
}

// decide takes one request.
func (s *steps) decide(commands ...string) *request[string, uint64] {
	s.t.Helper()
	r := &request[string, uint64]{commands: commands, done: make(chan struct{})}
	if err := s.take(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// finish takes the outcome of the block in flight.
func (s *steps) finish() {
	s.t.Helper()
	if err := s.settle(s.t.Context(), <-s.outcome); err != nil {
		s.t.Fatal(err)
	}
}

// rest decides, sends and finishes until nothing is left.
func (s *steps) rest() {
	s.t.Helper()
	for r := s.next(); r != nil || s.open != nil || s.flight != nil; r = s.next() {
		switch {
		case r != nil:
			if err := s.take(s.t.Context(), r); err != nil {
				s.t.Fatal(err)
			}
		case s.flight == nil:
			s.send()
		default:
			s.finish()
		}
	}
}

// answered gives what a request got; it must be done, or not.
func (s *steps) answered(r *request[string, uint64], done bool) string {
	s.t.Helper()
	select {
	case <-r.done:
		if !done {
			s.t.Errorf("%.10q is answered too early", r.commands)
		}
		return fmt.Sprint(r.answers, r.receipt.First, r.receipt.Last, r.err)
	default:
		if done {
			s.t.Errorf("%.10q is not answered", r.commands)
		}
		return ""
	}
}

func (s *steps) expect(want string, r *request[string, uint64]) {
	s.t.Helper()
	if got := s.answered(r, true); got != want {
		s.t.Errorf("%.10q got %s, expected %s", r.commands, got, want)
	}
}

// A foreign block comes between: what is in flight and what is decided on top is decided again, in order.
func TestFenceWithBothGroups(t *testing.T) {
	l, _ := openTest(t)
	a, b := stepWriter(t, l.config), stepWriter(t, l.config)
	b.decide("foreign")
	b.send()
	b.finish()
	one := a.decide("one")
	a.send()
	two, count := a.decide("two", "three"), a.decide("count")
	a.answered(count, false)
	a.finish()
	for _, r := range []*request[string, uint64]{one, two, count} {
		a.answered(r, false)
	}
	if a.log.Position() != 2 || a.open != nil || len(a.again) != 3 {
		t.Fatalf("position %d, %d to be decided again", a.log.Position(), len(a.again))
	}
	a.rest()
	a.expect("[3] 3 3 <nil>", one)
	a.expect("[4 5] 4 5 <nil>", two)
	a.expect("[5] 0 0 <nil>", count)
	if a.log.Sequence() != 3 {
		t.Errorf("%d blocks", a.log.Sequence())
	}
	b.decide("late")
	b.rest()
	if p := b.log.Position(); p != 6 {
		t.Errorf("the other server is at %d", p)
	}
}

// An answer that saw events in flight waits for them; without any it comes at once.
func TestHeldAnswers(t *testing.T) {
	l, _ := openTest(t)
	s := stepWriter(t, l.config)
	s.expect("[1] 0 0 <nil>", s.decide("count"))
	one := s.decide("one")
	s.send()
	count := s.decide("count")
	s.answered(count, false)
	s.finish()
	s.expect("[2] 2 2 <nil>", one)
	s.expect("[2] 0 0 <nil>", count)
}

// A request that fills the block beyond its limit begins the next one; a bad one leaves without a trace.
func TestTakeBackWithFlight(t *testing.T) {
	l, _ := openTest(t)
	s := stepWriter(t, l.config)
	large := make([]string, 13)
	for i := range large {
		large[i] = strings.Repeat("x", 60000)
	}
	flying := s.decide("flying")
	s.send()
	first := s.decide(large...)
	s.largest = 0
	second, bad := s.decide(large...), s.decide("\x01")
	s.answered(first, false)
	if !s.again[len(s.again)-1].begins {
		t.Error("the second does not begin a block")
	}
	s.rest()
	s.expect("[2] 2 2 <nil>", flying)
	if got := s.answered(first, true); !strings.HasSuffix(got, "3 15 <nil>") {
		t.Error(got)
	}
	if got := s.answered(second, true); !strings.HasSuffix(got, "16 28 <nil>") {
		t.Error(got)
	}
	if got := s.answered(bad, true); !strings.Contains(got, "control") && !strings.Contains(got, "body: ") {
		t.Error(got)
	}
	if s.log.Sequence() != 4 {
		t.Errorf("%d blocks", s.log.Sequence())
	}
	if _, err := Open(t.Context(), l.config); err != nil {
		t.Error(err)
	}
}

// Malformed events in blocks that are sent: only their requests are refused, the others are stored in their order.
func TestMalformedInFlight(t *testing.T) {
	l, _ := openTest(t)
	s := stepWriter(t, l.config)
	one, bad, two, worse := s.decide("one"), s.decide("\x01"), s.decide("two"), s.decide("three", "\x02")
	s.send()
	later, last := s.decide("later"), s.decide("\x03")
	s.finish()
	for _, r := range []*request[string, uint64]{one, bad, two, worse, later, last} {
		s.answered(r, false)
	}
	if s.log.Position() != 1 || !s.careful {
		t.Fatalf("position %d, careful %v", s.log.Position(), s.careful)
	}
	s.rest()
	s.expect("[2] 2 2 <nil>", one)
	s.expect("[3] 3 3 <nil>", two)
	s.expect("[4] 4 4 <nil>", later)
	for _, r := range []*request[string, uint64]{bad, worse, last} {
		if got := s.answered(r, true); !strings.Contains(got, "record format") {
			t.Error(got)
		}
	}
	if s.careful {
		t.Error("still careful after a good block")
	}
	if _, err := Open(t.Context(), l.config); err != nil {
		t.Error(err)
	}
}

// Nobody answers: nothing was stored, and the writer goes on when the stream is back.
func TestUnavailable(t *testing.T) {
	l, _ := openTest(t)
	config := l.config
	config.Patience = 20 * time.Millisecond
	s := stepWriter(t, config)
	if err := s.log.js.DeleteStream(t.Context(), "LEDGER_TEST"); err != nil {
		t.Fatal(err)
	}
	one := s.decide("one")
	s.send()
	two := s.decide("two")
	s.finish()
	s.expect(fmt.Sprint("[] 0 0 ", ErrUnavailable), one)
	s.expect(fmt.Sprint("[] 0 0 ", ErrUnavailable), two)
	s.expect("[1] 0 0 <nil>", s.decide("count"))
}

// The answer to a stored block is lost and nothing can be read: the caller is told so, and later the block is found.
func TestOutcomeUnknown(t *testing.T) {
	l, _ := openTest(t)
	s := stepWriter(t, l.config)
	one := s.decide("one")
	s.send()
	two := s.decide("two")
	if o := <-s.outcome; o != committed {
		t.Fatalf("outcome %d", o)
	}
	if err := s.settle(t.Context(), unknown); err != nil {
		t.Fatal(err)
	}
	s.expect(fmt.Sprint("[] 0 0 ", ErrOutcomeUnknown), one)
	s.expect(fmt.Sprint("[] 0 0 ", ErrUnavailable), two)
	if s.log.Position() != 2 {
		t.Errorf("position %d after finding the block", s.log.Position())
	}
	three := s.decide("three")
	s.rest()
	s.expect("[3] 3 3 <nil>", three)
}

// A foreign block that breaks the format stops the writer.
func TestFenceByRubbish(t *testing.T) {
	l, _ := openTest(t)
	s := stepWriter(t, l.config)
	if _, err := s.log.js.Publish(t.Context(), "ledger.test.blocks", []byte("rubbish\n"), jetstream.WithExpectLastSequence(1)); err != nil {
		t.Fatal(err)
	}
	s.decide("one")
	s.send()
	err := s.settle(t.Context(), <-s.outcome)
	if failed, ok := errors.AsType[*IntegrityError](err); !ok || failed.Sequence != 2 || failed.Position != 2 {
		t.Errorf("%v", err)
	}
}
