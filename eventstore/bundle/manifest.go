package bundle

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"grantledger/eventstore/merkle"
)

const exportedLayout = "2006-01-02T15:04:05Z"

// Manifest is what a package claims about itself (section 12).
type Manifest struct {
	Origin   string
	Size     uint64 // of the checkpoint
	Root     merkle.Hash
	Start    uint64        // positions Start+1 to Size are in the package
	Frontier []merkle.Hash // of size Start
	Filter   Filter
	Heads    uint64 // Size - Start
	Bodies   uint64 // lines of bodies.ndjson
	Withheld uint64 // empty ones among them
	Exported time.Time
	Bytes    [memberCount]uint64   // by member; that of MANIFEST is 0
	Sums     [memberCount][32]byte // SHA-256 by member; that of MANIFEST is zero
}

// Text is the text that the export key signs.
func (m *Manifest) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/export/v1\nsize %d\nroot %s\nstart %d\n", m.Origin, m.Size, m.Root, m.Start)
	for _, h := range m.Frontier {
		fmt.Fprintf(&b, "frontier %s\n", h)
	}
	for _, line := range m.Filter.lines() {
		fmt.Fprintf(&b, "filter %s\n", line)
	}
	fmt.Fprintf(&b, "heads %d\nbodies %d\nwithheld %d\n", m.Heads, m.Bodies, m.Withheld)
	fmt.Fprintf(&b, "exported %s\n", m.Exported.UTC().Format(exportedLayout))
	for i := checkpointFile; i < memberCount; i++ {
		fmt.Fprintf(&b, "bytes %s %d\n", memberNames[i], m.Bytes[i])
	}
	for i := checkpointFile; i < memberCount; i++ {
		fmt.Fprintf(&b, "%x  %s\n", m.Sums[i], memberNames[i])
	}
	return b.String()
}

// openManifest reads the MANIFEST: its note needs an export line that counts.
func openManifest(b []byte, trust *merkle.Trust) (*Manifest, error) {
	n, err := merkle.ParseNote(b)
	if err != nil {
		return nil, err
	}
	lines, err := trust.Verify(n)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(n.Text)
	if err != nil {
		return nil, err
	}
	if m.Origin != trust.Origin {
		return nil, fmt.Errorf("a package of another ledger, %s", m.Origin)
	}
	refused := errors.New("no export signature that counts")
	for _, l := range lines {
		if l.Role != merkle.RoleExport {
			continue
		}
		if l.Covers(m.Size) {
			return m, nil
		}
		refused = l.Beyond(m.Size)
	}
	return nil, refused
}

// manifestText takes the lines of a MANIFEST one by one; the first failure is kept.
type manifestText struct {
	rest string
	err  error
}

// field takes the next line, which must begin with word, and gives what follows it.
func (t *manifestText) field(word string) string {
	line, rest, ok := strings.Cut(t.rest, "\n")
	value, found := strings.CutPrefix(line, word)
	if t.err == nil && (!ok || !found) {
		t.err = fmt.Errorf("expected %q", word)
	}
	if t.err != nil {
		return ""
	}
	t.rest = rest
	return value
}

func (t *manifestText) number(word string) uint64 {
	n, err := merkle.ParseNum(t.field(word))
	t.keep(err)
	return n
}

func (t *manifestText) keep(err error) {
	if t.err == nil {
		t.err = err
	}
}

// parseManifest reads the text of a MANIFEST and checks what holds between its lines.
func parseManifest(text string) (*Manifest, error) {
	t := &manifestText{rest: text}
	m := &Manifest{}
	origin, ok := strings.CutSuffix(t.field(""), "/export/v1")
	if m.Origin = origin; !ok || !merkle.IsOrigin(origin) {
		return nil, errors.New("the first line is not ORIGIN/export/v1")
	}
	m.Size = t.number("size ")
	root, err := merkle.ParseHash(t.field("root "))
	m.Root = root
	t.keep(err)
	m.Start = t.number("start ")
	m.Frontier, t.rest, err = merkle.CutFrontier(t.rest)
	t.keep(err)
	m.Filter = t.filter()
	m.Heads = t.number("heads ")
	m.Bodies = t.number("bodies ")
	m.Withheld = t.number("withheld ")
	exported := t.field("exported ")
	m.Exported, err = time.Parse(exportedLayout, exported)
	t.keep(err)
	for i := checkpointFile; i < memberCount; i++ {
		m.Bytes[i] = t.number("bytes " + memberNames[i] + " ")
	}
	for i := checkpointFile; i < memberCount; i++ {
		m.Sums[i] = t.sum(memberNames[i])
	}
	if t.err != nil {
		return nil, t.err
	}
	if _, err = merkle.NewFrontier(m.Start, m.Frontier); err != nil {
		return nil, err
	}
	if m.Start >= m.Size || m.Heads != m.Size-m.Start || m.Withheld > m.Bodies || m.Bodies > m.Heads {
		return nil, errors.New("the numbers contradict each other")
	}
	if m.Text() != text {
		return nil, errors.New("not written as the format asks")
	}
	return m, nil
}

func (t *manifestText) filter() Filter {
	var lines []string
	for strings.HasPrefix(t.rest, "filter ") && len(lines) <= maxFilterLines {
		lines = append(lines, t.field("filter "))
	}
	f, err := parseFilter(lines)
	t.keep(err)
	return f
}

// sum takes a line of sha256sum's form.
func (t *manifestText) sum(name string) (sum [32]byte) {
	text, ok := strings.CutSuffix(t.field(""), "  "+name)
	if n, err := hex.Decode(sum[:], []byte(text[:min(len(text), 64)])); err != nil || n != len(sum) || !ok {
		t.keep(fmt.Errorf("expected the SHA-256 of %s", name))
	}
	return sum
}
