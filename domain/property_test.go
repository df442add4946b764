package domain_test

import (
	"flag"
	"maps"
	"slices"
	"testing"

	"grantledger/domain"

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

// sequenceSeeds is how many seeds are drawn for them: a zero seed is no step,
// which lets a failing sequence shrink, and about one in twenty is zero.
const sequenceSeeds = 240

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
		seeds := rapid.SliceOfN(rapid.Uint64(), sequenceSeeds, sequenceSeeds).Draw(rt, "seeds")
		o := newHistory(rt, rapid.Bool().Draw(rt, "backdate"), counts.add)
		sequences++
		o.furnish()
		steps := 0
		for _, seed := range seeds {
			if seed != 0 && steps < sequenceSteps {
				steps++
				o.step(seed, registerDistrict)
			}
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
