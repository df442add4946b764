package memory

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/projections"
)

// event is what the model keeps of an event beside its lines.
type event struct {
	id        ulid
	firstLine uint32 // of its lines; they end where those of the next event begin
	scopes    uint32 // number of its set of scopes
	subject   uint32
	version   uint32
	voucher   uint32 // last part of its number; 0 = none
	actor     uint32
	keyEnd    uint32 // end of its key in keys
	on        domain.Date
	typ       uint16
	year      uint16
	docs      uint8
	detail    uint8 // instalment of a payment; 1 or 2 for a midterm or final evaluation
}

// scopeSet is a set of scopes that events share: most events of an award have
// the same.
type scopeSet struct {
	refs   []uint32 // numbers of the scopes, in order of their texts
	events []uint32 // positions
}

// journal are the events, numbered by their position.
type journal struct {
	types, refs, actors names

	events    []event // that of position p is events[p-1]
	keys      []byte
	memos     map[uint32]string
	documents map[uint32]string // tier and number of appropriations
	corrects  map[uint32]uint32
	corrected map[uint32][]uint32

	setNumbers map[string]uint32
	setKey     []byte // of the newest event; its room is used again
	sets       []scopeSet
	setsOf     index    // sets by scope
	firstOf    []uint32 // by scope: position of the first event
}

func newJournal() journal {
	return journal{
		types: newNames(), refs: newNames(), actors: newNames(), memos: map[uint32]string{}, documents: map[uint32]string{},
		corrects: map[uint32]uint32{}, corrected: map[uint32][]uint32{}, setNumbers: map[string]uint32{},
	}
}

// add keeps an event; its lines are added after it.
func (j *journal) add(e *domain.Event, firstLine int) *event {
	position := uint32(e.Position)
	j.keys = append(j.keys, e.Key...)
	j.events = append(j.events, event{
		id: parseULID(e.ID), firstLine: uint32(firstLine), scopes: j.set(e.Scopes, position), subject: j.refs.add(e.Subject),
		version: uint32(e.Version), actor: j.actors.add(e.Actor), keyEnd: uint32(len(j.keys)),
		on: e.On, typ: uint16(j.types.add(e.Type)), year: uint16(e.Year), docs: uint8(len(e.Docs)), detail: projections.StageDetail(e),
	})
	if e.Memo != "" {
		j.memos[position] = e.Memo
	}
	if e.Type == "appropriation.received.v1" {
		j.documents[position] = strings.TrimSpace(projections.StoredText(e.Data, "tier") + " " + projections.StoredText(e.Data, "document"))
	}
	return &j.events[position-1]
}

// set numbers the event's set of scopes and adds the event to it.
func (j *journal) set(scopes []string, position uint32) uint32 {
	key := j.setKey[:0]
	for _, s := range scopes {
		key = binary.LittleEndian.AppendUint32(key, j.refs.add(s))
	}
	j.setKey = key
	n, known := j.setNumbers[string(key)]
	if !known {
		refs := make([]uint32, len(scopes))
		for i := range refs {
			refs[i] = binary.LittleEndian.Uint32(key[4*i:])
		}
		n = uint32(len(j.sets))
		j.setNumbers[string(key)] = n
		j.sets = append(j.sets, scopeSet{refs: refs})
		for _, r := range refs {
			j.setsOf.add(r, n)
		}
		j.noteFirst(refs, position)
	}
	j.sets[n].events = append(j.sets[n].events, position)
	return n
}

func (j *journal) noteFirst(refs []uint32, position uint32) {
	for _, r := range refs {
		for uint32(len(j.firstOf)) <= r {
			j.firstOf = append(j.firstOf, 0)
		}
		if j.firstOf[r] == 0 {
			j.firstOf[r] = position
		}
	}
}

// link notes that the event corrects or replaces an earlier one.
func (j *journal) link(position, earlier uint32) {
	j.corrects[position] = earlier
	j.corrected[earlier] = append(j.corrected[earlier], position)
}

func (j *journal) at(position uint32) *event { return &j.events[position-1] }

func (j *journal) key(position uint32) string {
	start := uint32(0)
	if position > 1 {
		start = j.events[position-2].keyEnd
	}
	return string(j.keys[start:j.events[position-1].keyEnd])
}

// has tells whether the set holds the scope.
func (s *scopeSet) has(ref uint32) bool { return slices.Contains(s.refs, ref) }

// voucherNumber splits the number off a voucher "GD/2023/8".
func voucherNumber(voucher string) uint32 {
	n, _ := strconv.Atoi(voucher[strings.LastIndexByte(voucher, '/')+1:])
	return uint32(n)
}

// ulid is an event id in 16 bytes; its first six are the recording time in
// milliseconds. Its order is that of the text.
type ulid [16]byte

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// parseULID reads the 26 characters of an id, which are 130 bits of which the
// first two are zero.
func parseULID(s string) (u ulid) {
	var high, low uint64
	for i := 0; i < len(s) && i < 26; i++ {
		v := uint64(max(0, strings.IndexByte(crockford, s[i])))
		high = high<<5 | low>>59
		low = low<<5 | v
	}
	binary.BigEndian.PutUint64(u[:8], high)
	binary.BigEndian.PutUint64(u[8:], low)
	return u
}

func (u ulid) String() string {
	high, low := binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])
	var b [26]byte
	for i := 25; i >= 0; i-- {
		b[i] = crockford[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return string(b[:])
}

func (u ulid) millis() int64 { return int64(binary.BigEndian.Uint64(u[:8]) >> 16) }

func (u ulid) time() time.Time { return time.UnixMilli(u.millis()).UTC() }
