package domain_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"grantledger/domain"

	"pgregory.net/rapid"
)

// endOfTime is a recording time after every business date of the worlds, the
// same for every order of their commands.
var endOfTime = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// island is a world on a ledger of its own: its commands and their answers.
type island struct {
	furniture, sent []line
	codes           map[string][]string // by key, in the order sent
	rows            []string
}

// playIsland makes up one command for every seed.
func playIsland(t failer, prefix string, seeds []uint64) island {
	l := domain.NewLedger(genesis)
	w := newWorld(l, prefix, true)
	s := island{furniture: w.furnish(), codes: map[string][]string{}}
	for _, cmd := range append(founding(), s.furniture...) {
		if _, code := answer(l, w, cmd); code != "ok" {
			t.Fatalf("%s: %s", cmd.Data, code)
		}
	}
	for i, seed := range seeds {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], seed)
		binary.LittleEndian.PutUint64(key[8:], uint64(i))
		w.r = rand.New(rand.NewChaCha8(key))
		cmd := w.next()
		_, code := answer(l, w, cmd)
		s.sent = append(s.sent, cmd)
		s.codes[cmd.Key] = append(s.codes[cmd.Key], code)
	}
	s.rows = balanceRows(l)
	return s
}

// answer executes the line; w, when there is one, learns from it.
func answer(l *domain.Ledger, w *world, cmd line) (events []*domain.Event, code string) {
	c, err := bind(cmd)
	if err == nil {
		events, _, err = l.Execute([]domain.Command{c}, endOfTime)
	}
	if err != nil {
		return nil, string(err.(*domain.Refusal).Code)
	}
	l.Cut()
	l.Confirm()
	if w != nil {
		w.learn(events, cmd)
	}
	return events, "ok"
}

func balanceRows(l *domain.Ledger) []string {
	return strings.SplitAfter(strings.TrimPrefix(l.BalancesTSV(), domain.BalancesHeader), "\n")
}

// merge plays the commands of both islands on one ledger, the next one of a
// where the order says so, and gives its balances; every answer must be that of
// the island alone.
func merge(t failer, a, b island, order func() bool) []string {
	l := domain.NewLedger(genesis)
	for _, cmd := range slices.Concat(founding(), a.furniture, b.furniture) {
		if _, code := answer(l, nil, cmd); code != "ok" {
			t.Fatalf("%s: %s", cmd.Data, code)
		}
	}
	seen := map[string]int{}
	for x, y := a.sent, b.sent; len(x)+len(y) > 0; {
		from, codes := &x, a.codes
		if len(x) == 0 || len(y) > 0 && order() {
			from, codes = &y, b.codes
		}
		cmd := (*from)[0]
		*from = (*from)[1:]
		_, code := answer(l, nil, cmd)
		if want := codes[cmd.Key][seen[cmd.Key]]; code != want {
			t.Fatalf("%s %s: %s, alone %s", cmd.Command, cmd.Data, code, want)
		}
		seen[cmd.Key]++
	}
	return balanceRows(l)
}

// TestIndependentCommandsCommute plays two worlds that share no subject on one
// ledger, in two random orders: every command is answered as in its own world,
// and the balances are those of both worlds together.
func TestIndependentCommandsCommute(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seeds := rapid.SliceOfN(rapid.Uint64(), 60, 60)
		a := playIsland(rt, "A-", seeds.Draw(rt, "a"))
		b := playIsland(rt, "B-", seeds.Draw(rt, "b"))
		want := slices.Concat(a.rows, b.rows)
		slices.Sort(want)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 3))
		for range 2 {
			got := merge(rt, a, b, func() bool { return r.IntN(2) == 0 })
			slices.Sort(got)
			if err := difference(strings.Join(got, ""), strings.Join(want, "")); err != nil {
				rt.Fatalf("%v", err)
			}
		}
	})
}

// stopped records a failure instead of ending a test.
type stopped struct{ failed bool }

func (s *stopped) Helper() {}

func (s *stopped) Fatalf(string, ...any) { s.failed = true }

// TestPlantedDependence shows that the comparison above bites: commands of one
// world, played backwards, are answered otherwise.
func TestPlantedDependence(t *testing.T) {
	seeds := make([]uint64, 60)
	for i := range seeds {
		seeds[i] = uint64(i + 1)
	}
	a, b := playIsland(t, "A-", seeds), playIsland(t, "B-", seeds)
	slices.Reverse(a.sent)
	var s stopped
	merge(&s, a, b, func() bool { return false })
	if !s.failed {
		t.Error("the order of dependent commands is not noticed")
	}
}
