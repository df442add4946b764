package bundle

import (
	"bytes"
	"runtime"
	"testing"
	"time"
)

// Two packages of one size and filter, made at different times and on another number of cores, have the same packed
// heads, bodies and balances, over several blocks.
func TestSameBytes(t *testing.T) {
	const count = 9000
	at := time.UnixMilli(1700000000000 + count*10)
	note := checkpointOf(t, synthetic{count}, count, allSigners(t, at)...)
	made := func(exported time.Time, cores int, filter Filter) []byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		x := &Export{Trust: trust(t), Checkpoint: note, Filter: filter, Exported: exported, Signer: signer(t, "export", origin+"/export", at), TempDir: t.TempDir()}
		var out bytes.Buffer
		if _, err := x.Write(t.Context(), synthetic{count}, &out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	packed := func(pkg []byte, index int) []byte {
		m := open(t, pkg).members[index]
		return pkg[m.data():m.end()]
	}
	for _, filter := range []Filter{nil, mustFilter(t, "project/P-2024-0000*")} {
		one, two := made(at, 1, filter), made(at.Add(time.Hour), 3, filter)
		for _, index := range []int{headsFile, bodiesFile, balancesFile} {
			if !bytes.Equal(packed(one, index), packed(two, index)) {
				t.Errorf("filter %s: %s differs", filter, memberNames[index])
			}
		}
		if size := open(t, one).members[headsFile].size; size < 2*packBlock {
			t.Errorf("%d bytes of heads are not several blocks", size)
		}
		if _, err := verify(two, Policy{Trust: trust(t)}); err != nil {
			t.Error(err)
		}
	}
}

// A member that cannot be written fails in write or finish, and leaves nothing running.
func TestMemberThatCannotBeWritten(t *testing.T) {
	m, err := newMemberWriter("heads.ndjson", t.TempDir(), packers())
	if err != nil {
		t.Fatal(err)
	}
	defer m.remove()
	m.file.Close()
	line := bytes.Repeat([]byte("x"), packBlock)
	for range 50 {
		if err = m.line(line); err != nil {
			return
		}
	}
	if err = m.finish(); err == nil {
		t.Error("written into a closed file")
	}
}
