package merkle

import (
	"errors"
	"fmt"
)

// Succeeds reads the note of a trust text and accepts it as the next one after t (section 9, rotation): version one
// more, same origin, signed by a root key of t, no key line of t missing or with another FROM, and TO only made smaller.
func (t *Trust) Succeeds(note []byte) (*Trust, error) {
	next, err := ParseTrust(note)
	if err != nil {
		return nil, err
	}
	n, err := ParseNote(note)
	if err != nil {
		return nil, err
	}
	if next.Origin != t.Origin || next.Version != t.Version+1 {
		return nil, fmt.Errorf("expected %s version %d, not %s version %d", t.Origin, t.Version+1, next.Origin, next.Version)
	}
	if err := t.rooted(n); err != nil {
		return nil, err
	}
	for _, old := range t.Keys {
		if err := next.keeps(old); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// rooted checks that a root key of t signed the note.
func (t *Trust) rooted(n *Note) error {
	lines, err := t.Verify(n)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.Role == RoleRoot {
			return nil
		}
	}
	return errors.New("not signed by a root key of the old trust text")
}

// keeps checks that t holds a key line of the text before it, retired at most.
func (t *Trust) keeps(old TrustKey) error {
	k, ok := t.Find(old.Key)
	if !ok || k.Role != old.Role {
		return fmt.Errorf("the %s key %s is missing", old.Role, old.Key.Name)
	}
	if k.From != old.From || k.To > old.To {
		return fmt.Errorf("the range of the %s key %s was changed otherwise than by ending it earlier", old.Role, old.Key.Name)
	}
	return nil
}
