package domain

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// The table of keys is a map whose additions can be taken back, also with ids
// that crowd on few slots, and over its growth.
func TestKeyTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spread := rapid.SampledFrom([]uint64{3, 100, 1 << 40}).Draw(t, "spread")
		table, want := newKeyTable(), map[keyID]keyUse{}
		var marks []int
		var before []map[keyID]keyUse
		for step := range rapid.IntRange(1, 400).Draw(t, "steps") {
			switch rapid.IntRange(0, 19).Draw(t, "kind") {
			case 0:
				marks, before = append(marks, table.mark()), append(before, maps.Clone(want))
			case 1:
				if n := len(marks); n > 0 {
					table.rollback(marks[n-1])
					want = before[n-1]
					marks, before = marks[:n-1], before[:n-1]
				}
			case 2:
				table.drop(table.mark())
				marks, before = nil, nil
			case 3:
				table = table.clone()
				marks, before = nil, nil
			default:
				id := keyID{rapid.Uint64Range(0, spread).Draw(t, "id"), rapid.Uint64Range(0, 5).Draw(t, "rest")}
				if s := table.find(id); s.position == 0 {
					use := keyUse{uint64(step + 1), id[0]}
					table.add(s, id, use)
					want[id] = use
				}
			}
			if table.used != len(want) {
				t.Fatalf("step %d: %d keys, not %d", step, table.used, len(want))
			}
			for id, use := range want {
				if got, ok := table.get(id); !ok || got != use {
					t.Fatalf("step %d: %v is %v, %v; not %v", step, id, got, ok, use)
				}
			}
		}
	})
}
