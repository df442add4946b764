package merkle

import (
	"fmt"
	"math/bits"
	"strings"
)

// Frontier is the least that is needed to go on appending: the roots of the perfect subtrees for the set bits of the
// size, largest first. The zero value is the empty tree. Not safe for concurrent use.
type Frontier struct {
	size   uint64
	hashes []Hash
}

// NewFrontier is the frontier of a size with its hashes, largest subtree first; there must be one per set bit.
func NewFrontier(size uint64, hashes []Hash) (*Frontier, error) {
	if len(hashes) != bits.OnesCount64(size) {
		return nil, fmt.Errorf("size %d has %d frontier hashes, not %d", size, bits.OnesCount64(size), len(hashes))
	}
	return &Frontier{size: size, hashes: append([]Hash(nil), hashes...)}, nil
}

// Append adds the next leaf.
func (f *Frontier) Append(leaf Hash) {
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.hashes) - 1
		leaf = Node(f.hashes[last], leaf)
		f.hashes = f.hashes[:last]
	}
	f.hashes = append(f.hashes, leaf)
	f.size++
}

// Size is the number of leaves.
func (f *Frontier) Size() uint64 { return f.size }

// Root is the root of that size.
func (f *Frontier) Root() Hash {
	if f.size == 0 {
		return EmptyRoot()
	}
	last := len(f.hashes) - 1
	root := f.hashes[last]
	for i := last - 1; i >= 0; i-- {
		root = Node(f.hashes[i], root)
	}
	return root
}

// Hashes is a copy of the frontier hashes, largest subtree first.
func (f *Frontier) Hashes() []Hash { return append([]Hash(nil), f.hashes...) }

// Clone is an independent copy.
func (f *Frontier) Clone() *Frontier { return &Frontier{size: f.size, hashes: f.Hashes()} }

// AppendLines appends one line `frontier BASE64` LF per hash, as seal messages and manifests hold them.
func (f *Frontier) AppendLines(b []byte) []byte {
	for _, h := range f.hashes {
		b = append(append(b, "frontier "...), h.String()...)
		b = append(b, '\n')
	}
	return b
}

// CutFrontier cuts frontier lines off the front of s and gives their hashes and the rest.
func CutFrontier(s string) (hashes []Hash, rest string, err error) {
	for {
		line, ok := strings.CutPrefix(s, "frontier ")
		if !ok {
			return hashes, s, nil
		}
		text, after, ok := strings.Cut(line, "\n")
		h, err := ParseHash(text)
		if err != nil || !ok || len(hashes) == 64 {
			return nil, s, fmt.Errorf("frontier line %d is malformed", len(hashes)+1)
		}
		hashes, s = append(hashes, h), after
	}
}

// FormatSeal is a seal message (section 8): the frontier lines, an empty line, the checkpoint note.
func FormatSeal(f *Frontier, note []byte) []byte {
	return append(append(f.AppendLines(nil), '\n'), note...)
}

// ParseSeal reads a seal message. The note's signatures are not checked; its size and root must be the frontier's.
func ParseSeal(message []byte) (*Frontier, *Note, error) {
	hashes, rest, err := CutFrontier(string(message))
	if err != nil {
		return nil, nil, err
	}
	text, ok := strings.CutPrefix(rest, "\n")
	if !ok {
		return nil, nil, fmt.Errorf("no empty line after the frontier")
	}
	note, err := ParseNote([]byte(text))
	if err != nil {
		return nil, nil, err
	}
	c, err := ParseCheckpoint(note.Text)
	if err != nil {
		return nil, nil, err
	}
	f, err := NewFrontier(c.Size, hashes)
	if err == nil && f.Root() != c.Root {
		err = fmt.Errorf("frontier of size %d has another root than the checkpoint", c.Size)
	}
	return f, note, err
}
