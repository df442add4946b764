package bundle

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

// ledger makes events of any content with the keys of the vectors: what an operator could do who holds them all.
type ledger struct {
	t testing.TB
	events
	at       time.Time // recording time of the next event
	versions map[string]uint64
}

var ledgerStart = time.Date(2025, 1, 1, 8, 0, 0, 0, time.UTC)

// newLedger holds the opening with the vectors' trust text.
func newLedger(t testing.TB) *ledger {
	l := &ledger{t: t, at: ledgerStart, versions: make(map[string]uint64)}
	l.add("ledger.opened.v1", "ledger/genesis", []string{"ledger/meta"}, l.opened(origin, string(read(t, "trust.txt"))))
	return l
}

func (l *ledger) opened(origin, trust string) string {
	return `"on":"2025-01-01","data":{"format":1,"origin":"` + origin + `","trust":` + string(record.AppendString(nil, trust)) + `}}`
}

// add appends an event one minute after the last; tail is its body after the key.
func (l *ledger) add(typ, subject string, scopes []string, tail string) {
	n := len(l.heads) + 1
	body := append(record.AppendBodyStart(nil, [16]byte{byte(n)}, "user/clerk-01", fmt.Sprintf("c-%d", n)), tail...)
	l.versions[subject]++
	h := record.Heading{ID: ulid(uint64(l.at.UnixMilli()), uint64(n)), Type: typ, Subject: subject, Version: l.versions[subject], Scopes: scopes, Body: sha256.Sum256(body)}
	l.heads, l.bodies = append(l.heads, record.AppendHead(nil, h)), append(l.bodies, body)
	l.at = l.at.Add(time.Minute)
}

// allocate appends an event with entries that moves amount fen in a project.
func (l *ledger) allocate(project string, amount int64) {
	l.add("allocation.made.v1", "project/"+project, []string{"project/" + project, "source/lottery", "year/2025"},
		fmt.Sprintf(`"on":"2025-01-01","year":2025,"data":{},"entries":[{"project":"%s","year":2025,"lines":[["budget.available",%d],["budget.allocated",%d]]}]}`, project, -amount, amount))
}

// seal appends a seal event with a checkpoint of a size, witnessed at a time.
func (l *ledger) seal(size int, at time.Time) { l.sealNote(l.checkpoint(size, at)) }

func (l *ledger) sealNote(note []byte) {
	l.add("ledger.sealed.v1", "ledger/seal", []string{"ledger/meta"}, `"data":{"checkpoint":`+string(record.AppendString(nil, string(note)))+`}}`)
}

func (l *ledger) changeTrust(text string) {
	l.add("ledger.trust.changed.v1", "ledger/trust", []string{"ledger/meta"}, `"data":{"trust":`+string(record.AppendString(nil, text))+`}}`)
}

func (l *ledger) checkpoint(size int, at time.Time) []byte {
	return sign(l.t, origin, uint64(size), l.frontier(size).Root(), allSigners(l.t, at)...)
}

func sign(t testing.TB, origin string, size uint64, root merkle.Hash, signers ...merkle.Signer) []byte {
	t.Helper()
	note, err := merkle.SignNote(merkle.Checkpoint{Origin: origin, Size: size, Root: root}.Text(), signers...)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// parts are the contents of a package, changeable one by one.
type parts struct {
	t        testing.TB
	manifest Manifest
	files    [memberCount][]byte
	signer   merkle.Signer
	method   uint16
	claimed  bool // the manifest's sizes and sums are kept as they are
}

// pack is a package of every event whose contents claim to be right, written without any of the writer's checks.
func (l *ledger) pack(change func(p *parts)) []byte {
	at := l.at.Add(-time.Minute)
	p := &parts{t: l.t, signer: signer(l.t, "export", origin+"/export", at), method: deflated}
	f := l.frontier(len(l.heads))
	p.manifest = Manifest{Origin: origin, Size: f.Size(), Root: f.Root(), Heads: f.Size(), Bodies: f.Size(), Exported: at}
	p.files[checkpointFile] = l.checkpoint(len(l.heads), at)
	p.files[readmeFile] = readme()
	p.set(headsFile, l.heads)
	p.set(bodiesFile, l.bodies)
	p.files[balancesFile] = l.balances()
	if change != nil {
		change(p)
	}
	return p.pack()
}

func (l *ledger) balances() (rows []byte) {
	b := newBalances()
	for i := range l.heads {
		var e record.Event
		if e.Parse(l.heads[i], l.bodies[i]) != nil {
			continue
		}
		if err := b.addEvent(&e, nil, new([][]byte)); err != nil {
			continue
		}
	}
	if _, err := b.rows(func(line []byte) error { rows = append(rows, line...); return nil }); err != nil {
		l.t.Fatal(err)
	}
	return rows
}

func (p *parts) set(index int, lines [][]byte) {
	p.files[index] = nil
	for _, l := range lines {
		p.files[index] = append(append(p.files[index], l...), '\n')
	}
}

func (p *parts) lines(index int) [][]byte { return splitLines(p.files[index]) }

// replace changes text in a file; it must be there.
func (p *parts) replace(index int, old, new string) {
	p.t.Helper()
	if !bytes.Contains(p.files[index], []byte(old)) {
		p.t.Fatalf("%s does not hold %q", memberNames[index], old)
	}
	p.files[index] = bytes.Replace(p.files[index], []byte(old), []byte(new), 1)
}

func (p *parts) pack() []byte {
	p.t.Helper()
	for i := checkpointFile; i < memberCount && !p.claimed; i++ {
		p.manifest.Bytes[i], p.manifest.Sums[i] = uint64(len(p.files[i])), sha256.Sum256(p.files[i])
	}
	if p.files[manifestFile] == nil {
		note, err := merkle.SignNote(p.manifest.Text(), p.signer)
		if err != nil {
			p.t.Fatal(err)
		}
		p.files[manifestFile] = note
	}
	return zipOf(p.t, p.files, p.method)
}

// zipOf packs contents in the ZIP profile.
func zipOf(t testing.TB, files [memberCount][]byte, method uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	var headers [memberCount]member
	for i, content := range files {
		m, err := newMemberWriter(strings.ReplaceAll(memberNames[i], "/", "_"), t.TempDir(), packers())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.write(content); err != nil {
			t.Fatal(err)
		}
		if err := m.finish(); err != nil {
			t.Fatal(err)
		}
		h := &headers[i]
		*h = member{name: memberNames[i], method: method, crc: m.crc, packed: uint32(m.packed), size: uint32(m.size), offset: int64(out.Len())}
		if method == stored {
			h.packed = h.size
		}
		out.Write(h.local())
		if method == stored {
			out.Write(content)
		} else if err := m.copyTo(&out); err != nil {
			t.Fatal(err)
		}
		m.remove()
	}
	out.Write(directory(&headers))
	return out.Bytes()
}

// partsOf takes a sample package apart.
func partsOf(t testing.TB, name string) *parts {
	pkg := read(t, name)
	p := &parts{t: t, signer: signer(t, "export", origin+"/export", exported), method: deflated}
	for i := range p.files {
		p.files[i] = content(t, pkg, i)
	}
	m, err := openManifest(p.files[manifestFile], trust(t))
	if err != nil {
		t.Fatal(err)
	}
	p.manifest, p.files[manifestFile] = *m, nil
	return p
}
