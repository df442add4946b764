package merkle

import (
	"errors"
	"fmt"
)

// History is the running check of the events by which a ledger speaks about itself (section 5): the trust texts in their
// versions and the seals. A server follows its own trust texts; an auditor pins the one that he was given. A copy of a
// History is a snapshot of it: keep one to take events back.
type History struct {
	Origin string
	Pinned *Trust // the auditor's; nil at the server
	Trust  *Trust // the last trust text that was seen; nil before
	Sealed uint64 // size of the last seal
	seals  int
}

// Opened takes the data of ledger.opened.v1.
func (h *History) Opened(format int64, origin, text string) error {
	if format != 1 || origin != h.Origin {
		return fmt.Errorf("format %d of %q, expected format 1 of %s", format, origin, h.Origin)
	}
	return h.trust(text, 1)
}

// Changed takes the text of ledger.trust.changed.v1. Where no text was seen before, because what came before was not
// examined, its version is free.
func (h *History) Changed(text string) error {
	if h.Trust == nil {
		return h.trust(text, 0)
	}
	return h.trust(text, h.Trust.Version+1)
}

// trust takes a trust text of a version, 0 for any.
func (h *History) trust(text string, version int) error {
	t, err := ParseTrust([]byte(text))
	if err != nil {
		return err
	}
	if t.Origin != h.Origin || version != 0 && t.Version != version {
		return fmt.Errorf("trust text of %s version %d, expected %s version %d", t.Origin, t.Version, h.Origin, version)
	}
	if h.Pinned != nil {
		if t.Version > h.Pinned.Version {
			return fmt.Errorf("the ledger has trust text version %d, yours is %d: get the new trust file", t.Version, h.Pinned.Version)
		}
		if t.Version == h.Pinned.Version && t.Text != h.Pinned.Text {
			return fmt.Errorf("the ledger's trust text version %d differs from yours", t.Version)
		}
	}
	h.Trust = t
	return nil
}

// Seal takes the note of a ledger.sealed.v1 event at a position. Roots and times of the seal are the caller's to compare.
func (h *History) Seal(position uint64, note string) (*Signed, error) {
	t := h.Pinned
	if t == nil {
		t = h.Trust
	}
	if t == nil {
		return nil, errors.New("a seal before any trust text")
	}
	s, err := t.OpenCheckpoint([]byte(note))
	if err != nil {
		return nil, err
	}
	if s.Size >= position || h.seals > 0 && s.Size <= h.Sealed {
		return nil, fmt.Errorf("a seal of size %d at position %d after one of size %d", s.Size, position, h.Sealed)
	}
	h.Sealed, h.seals = s.Size, h.seals+1
	return s, nil
}
