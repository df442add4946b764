package bundle

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// packageFlips is how many bits TestRandomFlips flips; GRANTLEDGER_PACKAGE_FLIPS changes it for a soak.
func packageFlips() int {
	if n, err := strconv.Atoi(os.Getenv("GRANTLEDGER_PACKAGE_FLIPS")); err == nil {
		return n
	}
	return 2000
}

// flipSeed is GRANTLEDGER_SEED, to repeat a run, else the time.
func flipSeed() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("GRANTLEDGER_SEED"), 10, 64); err == nil {
		return n
	}
	return uint64(time.Now().UnixNano())
}

// tally counts what became of flipped packages.
type tally struct {
	sync.Mutex
	refused map[string]int // by code
	same    int            // accepted, with the same content: a bit that means nothing
}

// One random bit of a random sample is flipped, every fourth time in a member before it is packed, so that lengths and CRC
// fit: each package is refused, or holds what the good one holds.
func TestRandomFlips(t *testing.T) {
	seed, flips := flipSeed(), packageFlips()
	samples := map[string][][]byte{}
	for name := range verdicts {
		samples[name] = partsContent(t, read(t, name))
	}
	result := &tally{refused: map[string]int{}}
	var group sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := range cores {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(core)))
			for n := core; n < flips; n += cores {
				result.flip(t, random, samples, n/cores%4 == 3)
			}
		})
	}
	group.Wait()
	t.Logf("GRANTLEDGER_SEED=%d: %d flips on %d cores, 0 accepted with other content, %d with the same; refused %v", seed, flips, cores, result.same, result.refused)
	if result.same > flips/100 {
		t.Error("too many flips changed nothing")
	}
}

// flip verifies a sample with one flipped bit, of the file or of a member.
func (r *tally) flip(t *testing.T, random *rand.Rand, samples map[string][][]byte, unpacked bool) {
	names := slices.Sorted(maps.Keys(samples))
	name := names[random.IntN(len(names))]
	z, member := slices.Clone(read(t, name)), -1
	changed := z
	if unpacked {
		member = random.IntN(memberCount)
		changed = slices.Clone(samples[name][member])
	}
	at, bit := random.IntN(len(changed)), random.IntN(8)
	changed[at] ^= 1 << bit
	if unpacked {
		all := [memberCount][]byte(samples[name])
		all[member] = changed
		z = zipOf(t, all, 8)
	}
	_, err := verify(z, Policy{Trust: trust(t), Kept: [][]byte{read(t, "kept.checkpoint")}})
	var refusal *Refusal
	r.Lock()
	defer r.Unlock()
	switch {
	case errors.As(err, &refusal):
		r.refused[refusal.Code]++
	case err != nil:
		t.Errorf("%s, member %d, bit %d of byte %d: no verdict: %v", name, member, bit, at, err)
	case !slices.EqualFunc(partsContent(t, z), samples[name], bytes.Equal):
		t.Errorf("%s, member %d, bit %d of byte %d: accepted with other content", name, member, bit, at)
	default:
		r.same++
	}
}
