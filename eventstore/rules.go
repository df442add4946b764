package eventstore

import "time"

// Pending is an event as the rules decide it, before the store gives it an id, a time and a salt.
type Pending interface {
	// Header is what the head says: scopes sorted bytewise and unique.
	Header() (typ, subject string, version uint64, scopes []string)
	// Author is the actor (a REF) and the idempotency key. An empty key marks an event that the server makes by itself;
	// it becomes "system:" and the id.
	Author() (actor, key string)
	// AppendTail appends the members of the body after key and the closing brace of the body:
	//
	//	"on":"2024-03-05",…,"data":{…}}
	AppendTail(b []byte) []byte
}

// Rules is the state machine behind a writer: it decides commands and keeps the state that they are decided on. The
// writer calls it from one goroutine. State has a confirmed part, which the log holds, and on top of it groups of events
// that were executed and are not stored yet.
type Rules[C any, E Pending, A any] interface {
	// Execute decides commands in their order at a recording time (UTC, milliseconds), each seeing those before it, all
	// or none, and applies their events to the state. A refusal is an error and changes nothing. There is one answer per
	// command. Answers without events are fine: a dry run, or the repetition of a known key.
	Execute(commands []C, at time.Time) (events []E, answers []A, err error)
	// Cut closes the group executed since the last Cut; it becomes one block.
	Cut()
	// Confirm says that the oldest cut group is stored.
	Confirm()
	// Rollback forgets everything executed and not confirmed.
	Rollback()
	// Apply evolves the confirmed state by a stored event, when the log is opened or another writer stored something;
	// nothing unconfirmed is there then.
	Apply(position uint64, head, body []byte) error
}

// Receipt says where the events of a Do are. It is zero when nothing was stored.
type Receipt struct {
	First, Last uint64 // positions, both inclusive
	Stamps      []Stamp
}

// Stamp is what the store gave one event.
type Stamp struct {
	Position uint64
	ID       string    // ULID
	Time     time.Time // UTC, milliseconds
}
