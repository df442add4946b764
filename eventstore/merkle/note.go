package merkle

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of a note.
const (
	MaxNote      = 65536 // bytes
	MaxNoteLines = 64    // signature lines
)

const dash = "— "

// Note is a signed text (section 7, C2SP signed-note).
type Note struct {
	Text  string // ends with LF
	Lines []NoteLine
}

// NoteLine is one signature: `— NAME BASE64`.
type NoteLine struct {
	Name      string
	ID        uint32 // key id
	Signature []byte // what follows the key id
}

// ParseNote reads a note. Signatures are not checked; see Trust.Verify.
func ParseNote(b []byte) (*Note, error) {
	if len(b) > MaxNote || !isText(b) {
		return nil, errors.New("note is too long, or not UTF-8 without control characters")
	}
	s := string(b)
	i := strings.LastIndex(s, "\n\n")
	if i < 0 || !strings.HasSuffix(s, "\n") {
		return nil, errors.New("note has no signature lines")
	}
	n := &Note{Text: s[:i+1]}
	rest := strings.TrimSuffix(s[i+2:], "\n")
	for line := range strings.SplitSeq(rest, "\n") {
		l, err := parseNoteLine(line)
		if err != nil {
			return nil, err
		}
		if len(n.Lines) == MaxNoteLines {
			return nil, errors.New("note has more than 64 signature lines")
		}
		n.Lines = append(n.Lines, l)
	}
	return n, nil
}

// isText holds for UTF-8 without bytes below 0x20 but LF.
func isText(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && c != '\n' {
			return false
		}
	}
	return utf8.Valid(b)
}

func parseNoteLine(line string) (NoteLine, error) {
	rest, ok := strings.CutPrefix(line, dash)
	name, encoded, spaced := strings.Cut(rest, " ")
	b, err := parseBase64(encoded)
	if !ok || !spaced || err != nil || !isKeyName(name) || len(b) < 5 {
		return NoteLine{}, errors.New("note has a malformed signature line")
	}
	return NoteLine{Name: name, ID: binary.BigEndian.Uint32(b), Signature: b[4:]}, nil
}

// Sign appends a line of each signer.
func (n *Note) Sign(signers ...Signer) error {
	for _, s := range signers {
		key := s.VKey()
		signature, err := s.Sign(n.Text)
		if err != nil {
			return fmt.Errorf("sign as %s: %w", key.Name, err)
		}
		n.Lines = append(n.Lines, NoteLine{Name: key.Name, ID: key.ID(), Signature: signature})
	}
	return nil
}

// Bytes is the note as it is stored and handed out.
func (n *Note) Bytes() []byte {
	b := append([]byte(n.Text), '\n')
	for _, l := range n.Lines {
		b = append(append(append(b, dash...), l.Name...), ' ')
		signature := append(binary.BigEndian.AppendUint32(nil, l.ID), l.Signature...)
		b = append(base64.StdEncoding.AppendEncode(b, signature), '\n')
	}
	return b
}

// SignNote makes a note of a text, which must end with LF.
func SignNote(text string, signers ...Signer) ([]byte, error) {
	n := &Note{Text: text}
	if err := n.Sign(signers...); err != nil {
		return nil, err
	}
	return n.Bytes(), nil
}
