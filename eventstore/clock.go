package eventstore

import (
	"fmt"
	"io"
	"time"

	"github.com/oklog/ulid/v2"
)

// Bounds of the clock against the time of the last event (record format, section 2).
const (
	clockBehind = 5 * time.Minute
	clockAhead  = 30 * 24 * time.Hour
)

// stamper gives events their times and ids. Times are max(clock, time of the last event) in whole milliseconds; ids
// are ULIDs that strictly increase: within one millisecond the random part grows by 1.
type stamper struct {
	random io.Reader
	last   ulid.ULID // of the last event, zero before the first
}

// now is the recording time for what is decided next.
func (s *stamper) now(clock time.Time, confirmed bool) (time.Time, error) {
	at := clock.UTC().Truncate(time.Millisecond)
	if s.last.IsZero() {
		return at, nil
	}
	last := ulid.Time(s.last.Time()).UTC()
	switch {
	case at.Before(last.Add(-clockBehind)):
		return at, ErrClockBehind
	case at.After(last.Add(clockAhead)) && !confirmed:
		return at, ErrClockUnconfirmed
	case at.Before(last):
		return last, nil
	}
	return at, nil
}

// next is the id of an event recorded at a time that now gave.
func (s *stamper) next(at time.Time) (ulid.ULID, error) {
	ms := uint64(at.UnixMilli())
	if !s.last.IsZero() && ms <= s.last.Time() {
		id := s.last
		for i := len(id) - 1; i >= 6; i-- {
			if id[i]++; id[i] != 0 {
				s.last = id
				return id, nil
			}
		}
		ms = s.last.Time() + 1 // the random part was all ones
	}
	var id ulid.ULID
	if err := id.SetTime(ms); err != nil {
		return id, fmt.Errorf("make an id: %w", err)
	}
	if _, err := io.ReadFull(s.random, id[6:]); err != nil {
		return id, fmt.Errorf("make an id: %w", err)
	}
	s.last = id
	return id, nil
}

// set goes back to the last event of a chain.
func (s *stamper) set(id [26]byte, ok bool) {
	s.last = ulid.ULID{}
	if ok {
		_ = s.last.UnmarshalText(id[:]) // the chain holds only ids that were parsed
	}
}
