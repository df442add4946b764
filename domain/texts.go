package domain

import "hash/maphash"

// texts remembers strings that were read of late, so that an id which comes
// back again and again is one string and costs no memory. It never grows: a
// text takes the place of another with the same slot.
type texts struct {
	seed  maphash.Seed
	slots []string
}

const (
	textSlots   = 1 << 14
	longestText = 96 // bytes; longer ones are names and reasons, seldom twice
)

func newTexts() *texts { return &texts{maphash.MakeSeed(), make([]string, textSlots)} }

// of is string(b). A nil *texts remembers nothing.
func (t *texts) of(b []byte) string {
	if t == nil || len(b) > longestText {
		return string(b)
	}
	slot := &t.slots[maphash.Bytes(t.seed, b)%textSlots]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}
