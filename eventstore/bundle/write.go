package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

// Source gives the stored events of positions first to last, in order; the slices hold until fn returns, and an error of
// fn ends it.
type Source interface {
	Events(ctx context.Context, first, last uint64, fn func(position uint64, head, body []byte) error) error
}

// Export says what package to write. The package ends at the size of its checkpoint.
type Export struct {
	Trust      *merkle.Trust             // in force; the package must satisfy it
	Checkpoint []byte                    // note with the witness lines that the quorum asks for
	Frontier   *merkle.Frontier          // of the start: positions after its size go in; nil from the beginning
	Filter     Filter                    // whose bodies go in; nil: all
	Withhold   func(h *record.Head) bool // bodies to leave out though they match, never of ledger events; nil: none
	Exported   time.Time                 // recorded times may be at most 5 minutes later
	Signer     merkle.Signer             // an export key that counts for the size
	TempDir    string                    // for the members while they are made; "" is the system's
}

// Write writes a package. Every event is checked as the verifier does, and the root that they give must be the
// checkpoint's: an error means that nothing usable was written. heads.ndjson, bodies.ndjson and balances.tsv depend on
// events, start and filter alone.
func (x *Export) Write(ctx context.Context, source Source, w io.Writer) (*Manifest, error) {
	checkpoint, err := x.check()
	if err != nil {
		return nil, err
	}
	out, err := newPackageWriter(x, checkpoint)
	if err != nil {
		return nil, err
	}
	defer out.close()
	first := out.manifest.Start + 1
	if err := source.Events(ctx, first, checkpoint.Size, out.add); err != nil {
		return nil, fmt.Errorf("export positions %d to %d: %w", first, checkpoint.Size, err)
	}
	if err := out.finish(w); err != nil {
		return nil, fmt.Errorf("write the package: %w", err)
	}
	return out.manifest, nil
}

// check compares what is asked for with the trust text.
func (x *Export) check() (*merkle.Signed, error) {
	c, err := x.Trust.OpenCheckpoint(x.Checkpoint)
	if err != nil {
		return nil, fmt.Errorf("checkpoint to export: %w", err)
	}
	key, ok := x.Trust.Find(x.Signer.VKey())
	switch {
	case c.Witnessed() < x.Trust.Quorum:
		return nil, fmt.Errorf("the checkpoint of size %d has %d witnesses, the trust text asks for %d", c.Size, c.Witnessed(), x.Trust.Quorum)
	case x.Trust.RequireSM2 && !c.SM2:
		return nil, fmt.Errorf("the checkpoint of size %d has no SM2 signature, which the trust text asks for", c.Size)
	case !ok || key.Role != merkle.RoleExport || !key.Covers(c.Size):
		return nil, fmt.Errorf("the trust text has no such export key for size %d", c.Size)
	case x.Frontier != nil && x.Frontier.Size() >= c.Size:
		return nil, fmt.Errorf("nothing between start %d and size %d", x.Frontier.Size(), c.Size)
	case c.Size == 0:
		return nil, errors.New("nothing to export")
	}
	return c, x.Filter.check()
}

// packageWriter is one package being made.
type packageWriter struct {
	export   *Export
	manifest *Manifest
	frontier *merkle.Frontier
	members  [memberCount]*memberWriter
	chain    *record.Chain
	event    record.Event
	balances *balances
	scopes   [][]byte
}

func newPackageWriter(x *Export, c *merkle.Signed) (*packageWriter, error) {
	p := &packageWriter{export: x, frontier: &merkle.Frontier{}, balances: newBalances()}
	if x.Frontier != nil {
		p.frontier = x.Frontier.Clone()
	}
	start := p.frontier.Size()
	p.chain = record.NewChain(start)
	p.manifest = &Manifest{
		Origin: c.Origin, Size: c.Size, Root: c.Root, Start: start, Frontier: p.frontier.Hashes(),
		Filter: x.Filter, Heads: c.Size - start, Exported: x.Exported.UTC().Truncate(time.Second),
	}
	slots := packers()
	for i := range p.members {
		m, err := newMemberWriter(memberNames[i], x.TempDir, slots)
		if err != nil {
			p.close()
			return nil, err
		}
		p.members[i] = m
	}
	return p, nil
}

// close removes the temporary files.
func (p *packageWriter) close() {
	for _, m := range p.members {
		if m != nil {
			m.remove()
		}
	}
}

// add takes the next event.
func (p *packageWriter) add(position uint64, head, body []byte) error {
	if position != p.chain.Position()+1 {
		return fmt.Errorf("position %d after %d", position, p.chain.Position())
	}
	if err := p.take(head, body); err != nil {
		return fmt.Errorf("position %d: %w", position, err)
	}
	return nil
}

func (p *packageWriter) take(head, body []byte) error {
	h := &p.event.Head
	if err := h.Parse(head); err != nil {
		return err
	}
	if err := p.chain.Next(h); err != nil {
		return err
	}
	p.chain.Keep()
	if h.Millis > (p.manifest.Exported.Unix()+tolerance)*1000 {
		return errors.New("recorded after the export")
	}
	p.frontier.Append(merkle.Leaf(head))
	if err := p.members[headsFile].line(head); err != nil {
		return err
	}
	if !p.manifest.Filter.Matches(h) {
		return nil
	}
	return p.takeBody(body)
}

func (p *packageWriter) takeBody(body []byte) error {
	p.manifest.Bodies++
	if h := &p.event.Head; p.export.Withhold != nil && !h.Meta && p.export.Withhold(h) {
		p.manifest.Withheld++
		return p.members[bodiesFile].line(nil)
	}
	if err := p.event.ParseBody(body); err != nil {
		return err
	}
	if err := p.members[bodiesFile].line(body); err != nil {
		return err
	}
	return p.balances.addEvent(&p.event, p.manifest.Filter, &p.scopes)
}

// finish makes the other members and writes the file.
func (p *packageWriter) finish(w io.Writer) error {
	if p.frontier.Size() != p.manifest.Size || p.frontier.Root() != p.manifest.Root {
		return fmt.Errorf("the events give another root at size %d than the checkpoint of size %d", p.frontier.Size(), p.manifest.Size)
	}
	if _, err := p.balances.rows(p.members[balancesFile].write); err != nil {
		return err
	}
	if err := p.members[checkpointFile].write(p.export.Checkpoint); err != nil {
		return err
	}
	if err := p.members[readmeFile].write(readme()); err != nil {
		return err
	}
	for i := checkpointFile; i < memberCount; i++ {
		if err := p.members[i].finish(); err != nil {
			return err
		}
		p.manifest.Bytes[i], p.manifest.Sums[i] = uint64(p.members[i].size), p.members[i].hash()
	}
	note, err := merkle.SignNote(p.manifest.Text(), p.export.Signer)
	if err != nil {
		return err
	}
	if len(note) > maxSmall {
		return errors.New("the filter is too long for a MANIFEST of 64 KiB")
	}
	if err := p.members[manifestFile].write(note); err != nil {
		return err
	}
	if err := p.members[manifestFile].finish(); err != nil {
		return err
	}
	return p.assemble(w)
}

// assemble writes headers, members and directory (section 11).
func (p *packageWriter) assemble(w io.Writer) error {
	var headers [memberCount]member
	var at int64
	for i, m := range p.members {
		h := &headers[i]
		if m.size >= maxPackage || at+m.packed >= maxPackage {
			return errors.New("a package is smaller than 4 GiB: split it with start")
		}
		*h = member{name: memberNames[i], method: deflated, crc: m.crc, packed: uint32(m.packed), size: uint32(m.size), offset: at}
		at = h.end()
		if _, err := w.Write(h.local()); err != nil {
			return err
		}
		if err := m.copyTo(w); err != nil {
			return err
		}
	}
	end := directory(&headers)
	if at+int64(len(end)) >= maxPackage {
		return errors.New("a package is smaller than 4 GiB: split it with start")
	}
	_, err := w.Write(end)
	return err
}

// removeFile closes and removes a temporary file; what it held is of no further use.
func removeFile(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}
