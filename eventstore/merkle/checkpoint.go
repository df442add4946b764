package merkle

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Checkpoint is a signed tree head without its signatures: three lines, no extension (section 7).
type Checkpoint struct {
	Origin string
	Size   uint64 // number of events
	Root   Hash
}

// Text is `ORIGIN LF size LF base64 root LF`, the text of the note.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// ParseCheckpoint reads the text of a checkpoint note.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || !IsOrigin(lines[0]) {
		return Checkpoint{}, errors.New("checkpoint is not three lines that begin with an origin")
	}
	size, err := ParseNum(lines[1])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("size of the checkpoint: %w", err)
	}
	root, err := ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("root of the checkpoint: %w", err)
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// ParseNum reads a NUM of the format: 0|[1-9][0-9]{0,14}.
func ParseNum(s string) (uint64, error) {
	if s == "" || len(s) > 15 || s[0] == '0' && s != "0" {
		return 0, fmt.Errorf("%q is not a number of up to 15 digits", s)
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, fmt.Errorf("%q is not a number of up to 15 digits", s)
		}
	}
	return strconv.ParseUint(s, 10, 64)
}

// IsOrigin holds for an ORIGIN: a host and one to three path segments, e.g. ledger.example.cn/grants.
func IsOrigin(s string) bool {
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 4 {
		return false
	}
	for i, p := range parts {
		if !isOriginPart(p, i > 0) {
			return false
		}
	}
	return true
}

func isOriginPart(p string, underscore bool) bool {
	if p == "" || len(p) > 64 {
		return false
	}
	for i := range len(p) {
		c := p[i]
		word := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !word && (i == 0 || c != '.' && c != '-' && (c != '_' || !underscore)) {
			return false
		}
	}
	return true
}

// Cosigned is a counting witness line of a checkpoint.
type Cosigned struct {
	Name string
	Time int64 // seconds since 1970 UTC
}

// Signed is a checkpoint whose note was verified against a trust text.
type Signed struct {
	Checkpoint
	SM2       bool       // it carries an SM2 line that counts
	Witnesses []Cosigned // the witness lines that count, in their order
	Note      *Note
}

// Witnessed counts the distinct names among the counting witness lines.
func (s *Signed) Witnessed() int {
	names := make(map[string]bool)
	for _, w := range s.Witnesses {
		names[w.Name] = true
	}
	return len(names)
}

// OpenCheckpoint reads a checkpoint note of the ledger that t trusts. It needs a log line that counts; SM2 and witness
// lines are reported, what is required of them is the caller's policy.
func (t *Trust) OpenCheckpoint(b []byte) (*Signed, error) {
	n, err := ParseNote(b)
	if err != nil {
		return nil, err
	}
	s := &Signed{Note: n}
	if s.Checkpoint, err = ParseCheckpoint(n.Text); err != nil {
		return nil, err
	}
	if s.Origin != t.Origin {
		return nil, fmt.Errorf("checkpoint of another ledger, %s", s.Origin)
	}
	lines, err := t.Verify(n)
	if err != nil {
		return nil, err
	}
	logged, beyond := false, error(nil)
	for _, l := range lines {
		if !l.Covers(s.Size) {
			if l.Role == RoleLog {
				beyond = l.Beyond(s.Size)
			}
			continue
		}
		switch l.Role {
		case RoleLog:
			logged = true
		case RoleSM2:
			s.SM2 = true
		case RoleWitness:
			s.Witnesses = append(s.Witnesses, Cosigned{l.Key.Name, l.Time})
		}
	}
	switch {
	case !logged && beyond != nil:
		return nil, beyond
	case !logged:
		return nil, errors.New("checkpoint has no log signature that counts")
	}
	return s, nil
}
