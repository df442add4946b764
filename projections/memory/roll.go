package memory

import (
	"slices"
	"sync"
)

// roll lists the subjects of a kind. It is sorted when it is asked for, not when
// it grows.
type roll struct {
	first map[string]uint32 // position of the first event, by id
	ids   []string          // in order of position

	mu     sync.Mutex // guards sorted; readers share the model's lock
	sorted []string
}

func (r *roll) add(id string, position uint32) {
	if _, known := r.first[id]; !known && id != "" {
		r.first[id] = position
		r.ids = append(r.ids, id)
	}
}

// inOrder lists the ids bytewise. It is to be read only.
func (r *roll) inOrder() []string {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sorted) < len(r.ids) {
		r.sorted = slices.Clone(r.ids)
		slices.Sort(r.sorted)
	}
	return r.sorted
}
