package merkle

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxTrust is the largest trust text in bytes.
const MaxTrust = 32 << 10

const trustHeader = "grantledger trust v1"

// Role is what a key of a trust text may sign.
type Role uint8

// The roles, in the order that Format writes them.
const (
	RoleRoot    Role = iota // the next trust text; has no range
	RoleLog                 // checkpoints
	RoleSM2                 // checkpoints, with the national algorithms
	RoleExport              // manifests of packages
	RoleWitness             // checkpoints that it has seen
)

var roleNames = [...]string{"root", "log", "sm2", "export", "witness"}

// String is the word that begins a key line.
func (r Role) String() string { return roleNames[r] }

// Algorithm is how keys of the role sign.
func (r Role) Algorithm() Algorithm {
	switch r {
	case RoleSM2:
		return SM2
	case RoleWitness:
		return Cosignature
	}
	return Ed25519
}

// NoEnd is the To of a key that is not retired.
const NoEnd = math.MaxUint64

// TrustKey is a key line: a key counts for sizes From to To, both inclusive. A root has 0 to NoEnd.
type TrustKey struct {
	Role Role
	From uint64
	To   uint64 // NoEnd when the line says "-"
	Key  VKey
}

// BeyondRange is in the reason of every refusal of a signature that is true but made for a size outside its key's range:
// the key was retired, withdrawn, or not yet in use.
const BeyondRange = "outside the sizes of its key"

// Beyond says of a key that signed a size which it does not cover what is wrong.
func (k TrustKey) Beyond(size uint64) error {
	to := "on"
	if k.To != NoEnd {
		to = "to " + strconv.FormatUint(k.To, 10)
	}
	return fmt.Errorf("the %s signature for size %d is %s: key %s+%08x counts for sizes from %d %s", k.Role, size, BeyondRange, k.Key.Name, k.Key.ID(), k.From, to)
}

// Covers reports whether the key counts for a size.
func (k TrustKey) Covers(size uint64) bool { return k.From <= size && size <= k.To }

// Trust is a parsed trust text (section 9): whose signatures an auditor accepts. Lines of the same kind keep their order.
type Trust struct {
	Text       string // as parsed, without the signature lines of a note
	Origin     string
	Version    int // 1, 2, 3…
	Quorum     int // witness names needed on a checkpoint
	RequireSM2 bool
	Keys       []TrustKey
}

// ParseTrust reads a trust text, or a note of one, whose signature lines are passed over without a look.
func ParseTrust(b []byte) (*Trust, error) {
	text, signatures, noted := strings.Cut(string(b), "\n\n")
	if noted {
		text += "\n"
		if !onlySignatures(signatures) {
			return nil, errors.New("trust text has an empty line that signatures do not follow")
		}
	}
	if len(text) > MaxTrust || len(b) > MaxNote || !isText(b) || !strings.HasSuffix(text, "\n") {
		return nil, errors.New("trust text is not up to 32 KiB of whole lines in UTF-8")
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != trustHeader {
		return nil, errors.New("trust text does not begin with " + trustHeader)
	}
	t := &Trust{Text: text}
	seen := make(map[string]bool)
	for i, line := range lines[1:] {
		if err := t.parseLine(line, seen); err != nil {
			return nil, fmt.Errorf("trust text, line %d: %w", i+2, err)
		}
	}
	if err := t.complete(seen); err != nil {
		return nil, err
	}
	return t, nil
}

func onlySignatures(s string) bool {
	if !strings.HasSuffix(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		if !strings.HasPrefix(line, dash) {
			return false
		}
	}
	return true
}

// parseLine reads one line; seen holds the words of single lines and the keys.
func (t *Trust) parseLine(line string, seen map[string]bool) error {
	if strings.HasPrefix(line, "#") {
		return nil
	}
	word, rest, _ := strings.Cut(line, " ")
	var err error
	switch word {
	case "origin":
		t.Origin = rest
		if !IsOrigin(rest) {
			err = errors.New("not an origin")
		}
	case "version":
		t.Version, err = parseSmall(rest, 1, 999999)
	case "quorum":
		t.Quorum, err = parseSmall(rest, 0, 99)
	case "require":
		t.RequireSM2 = true
		if rest != "sm2" {
			err = errors.New("only sm2 can be required")
		}
	default:
		return t.parseKey(word, rest, seen)
	}
	if err == nil && seen[word] {
		err = errors.New(word + " twice")
	}
	seen[word] = true
	return err
}

func parseSmall(s string, low, high int) (int, error) {
	n, err := ParseNum(s)
	if err != nil || n < uint64(low) || n > uint64(high) {
		return 0, fmt.Errorf("%q is not a number from %d to %d", s, low, high)
	}
	return int(n), nil
}

func (t *Trust) parseKey(word, rest string, seen map[string]bool) error {
	k := TrustKey{To: NoEnd}
	for r, name := range roleNames {
		if name == word {
			k.Role = Role(r)
		}
	}
	if roleNames[k.Role] != word {
		return fmt.Errorf("unknown word %q", word)
	}
	var err error
	if k.Role != RoleRoot {
		if k.From, k.To, rest, err = cutRange(rest); err != nil {
			return err
		}
	}
	if k.Key, err = ParseVKey(rest); err != nil {
		return err
	}
	if k.Key.Algorithm != k.Role.Algorithm() {
		return errors.New("the type of the key does not suit its role")
	}
	id := fmt.Sprintf("key %s %d", k.Key.Name, k.Key.ID())
	if seen[id] || seen["material "+k.Key.material()] {
		return errors.New("a key twice")
	}
	seen[id], seen["material "+k.Key.material()], seen[word] = true, true, true
	t.Keys = append(t.Keys, k)
	return nil
}

// cutRange reads "FROM TO VKEY".
func cutRange(s string) (from, to uint64, rest string, err error) {
	first, s, _ := strings.Cut(s, " ")
	last, rest, _ := strings.Cut(s, " ")
	if from, err = ParseNum(first); err != nil {
		return 0, 0, "", err
	}
	if last == "-" {
		return from, NoEnd, rest, nil
	}
	to, err = ParseNum(last)
	return from, to, rest, err
}

// complete checks what holds between the lines.
func (t *Trust) complete(seen map[string]bool) error {
	for _, word := range []string{"origin", "version", "quorum", "root", "log", "export"} {
		if !seen[word] {
			return errors.New("trust text has no line " + word)
		}
	}
	for _, k := range t.Keys {
		switch want := t.keyName(k.Role); want {
		case "", k.Key.Name:
		default:
			return fmt.Errorf("trust text: a %s key is named %s, not %s", k.Role, k.Key.Name, want)
		}
	}
	return nil
}

// keyName is the name that keys of a role must have; "" when it is free.
func (t *Trust) keyName(r Role) string {
	switch r {
	case RoleLog, RoleSM2:
		return t.Origin
	case RoleExport:
		return t.Origin + "/export"
	}
	return ""
}

// Format writes the text of the fields, for a new trust text; Text is not looked at.
func (t *Trust) Format() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\norigin %s\nversion %d\nquorum %d\n", trustHeader, t.Origin, t.Version, t.Quorum)
	if t.RequireSM2 {
		b.WriteString("require sm2\n")
	}
	for r := range Role(len(roleNames)) {
		for _, k := range t.Keys {
			if k.Role == r {
				b.WriteString(k.line() + "\n")
			}
		}
	}
	return b.String()
}

func (k TrustKey) line() string {
	if k.Role == RoleRoot {
		return "root " + k.Key.String()
	}
	to := "-"
	if k.To != NoEnd {
		to = strconv.FormatUint(k.To, 10)
	}
	return fmt.Sprintf("%s %d %s %s", k.Role, k.From, to, k.Key)
}

// Find gives the key line of a key; ok is false when the text does not hold it.
func (t *Trust) Find(k VKey) (line TrustKey, ok bool) {
	for _, l := range t.Keys {
		if l.Key == k {
			return l, true
		}
	}
	return TrustKey{}, false
}

// Verified is a line of a note that verified with a key of the trust text.
type Verified struct {
	TrustKey
	Time int64 // of a witness line, in seconds since 1970 UTC; otherwise 0
}

// Verify checks a note: of each known key the first line must verify, or the note is refused; lines of unknown keys are
// passed over. Whether a verified line counts depends on the role and the range of its key, which is the caller's to ask.
func (t *Trust) Verify(n *Note) ([]Verified, error) {
	var out []Verified
	seen := make(map[VKey]bool)
	for _, l := range n.Lines {
		k, ok := t.Lookup(l)
		if !ok || seen[k.Key] {
			continue
		}
		seen[k.Key] = true
		at, err := k.Key.Verify(n.Text, l.Signature)
		if err != nil {
			return nil, fmt.Errorf("%s key %s: %w", k.Role, k.Key.Name, err)
		}
		out = append(out, Verified{k, at})
	}
	return out, nil
}

// Lookup gives the key that a line of a note claims, by name and key id; ok is false when the text does not hold it.
func (t *Trust) Lookup(l NoteLine) (TrustKey, bool) {
	for _, k := range t.Keys {
		if k.Key.Name == l.Name && k.Key.ID() == l.ID {
			return k, true
		}
	}
	return TrustKey{}, false
}
