package bundle

import (
	"cmp"
	"crypto/sha256"
	"io"
	"slices"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

// eventCheck is the check of heads and bodies side by side: steps 5 to 8.
type eventCheck struct {
	manifest *Manifest
	withheld bool // allowed
	chain    *record.Chain
	event    record.Event
	bodies   *lines
	leaves   list[merkle.Hash]
	millis   list[int64]
	history  merkle.History
	seals    []seal
	balances *balances
	scopes   [][]byte // of an entry, reused
	seen     struct{ bodies, withheld uint64 }
}

// seal is a ledger.sealed.v1 event, kept until the roots are known.
type seal struct {
	position uint64
	*merkle.Signed
}

func (v *verifier) checkEvents() error {
	heads, bodies := v.pkg.reader(headsFile), v.pkg.reader(bodiesFile)
	stop := make(chan struct{})
	headLines, bodyLines := newLines(heads, record.CodeHead, leafSum, stop), newLines(bodies, record.CodeBody, sha256.Sum256, stop)
	m := v.manifest
	v.events = &eventCheck{
		manifest: m, withheld: v.policy.AllowWithheld, chain: record.NewChain(m.Start), bodies: bodyLines,
		history: merkle.History{Origin: m.Origin, Pinned: v.trust}, balances: newBalances(),
	}
	if err := sideBySide(headLines, bodyLines, stop, func() error { return v.events.run(headLines) }); err != nil {
		return err
	}
	if err := v.checkSum(headsFile, heads.hash()); err != nil {
		return err
	}
	if err := v.checkSum(bodiesFile, bodies.hash()); err != nil {
		return err
	}
	if err := v.checkRoots(); err != nil {
		return err
	}
	return v.checkTimes()
}

// leafSum is merkle.Leaf as a function over lines.
func leafSum(head []byte) [32]byte { return merkle.Leaf(head) }

// run takes every head with its body and compares the counts.
func (c *eventCheck) run(heads *lines) error {
	for {
		line, leaf, err := heads.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		position := c.chain.Position() + 1
		if position > c.manifest.Size {
			return refuse(CodeCount, "more heads than the size %d says", c.manifest.Size)
		}
		if err := c.take(line, leaf); err != nil {
			return refuseAt(position, "", err)
		}
	}
	if c.chain.Position() != c.manifest.Size {
		return refuse(CodeCount, "heads end at position %d of %d", c.chain.Position(), c.manifest.Size)
	}
	if _, _, err := c.bodies.next(); err != io.EOF {
		if err == nil {
			err = refuse(record.CodeBody, "bodies.ndjson has a line that belongs to no head")
		}
		return err
	}
	if c.seen.bodies != c.manifest.Bodies || c.seen.withheld != c.manifest.Withheld {
		return refuse(CodeCount, "%d bodies, %d of them withheld; the MANIFEST says %d and %d",
			c.seen.bodies, c.seen.withheld, c.manifest.Bodies, c.manifest.Withheld)
	}
	return nil
}

// take checks one head line and, when it matches the filter, its body.
func (c *eventCheck) take(line []byte, leaf merkle.Hash) error {
	h := &c.event.Head
	if err := h.Parse(line); err != nil {
		return err
	}
	if err := c.chain.Next(h); err != nil {
		return err
	}
	c.chain.Keep()
	if h.Millis > (c.manifest.Exported.Unix()+tolerance)*1000 {
		return refuse(CodeTime, "recorded after the export")
	}
	c.leaves.append(leaf)
	c.millis.append(h.Millis)
	if !c.manifest.Filter.Matches(h) {
		return nil
	}
	return c.takeBody()
}

func (c *eventCheck) takeBody() error {
	line, sum, err := c.bodies.next()
	if err == io.EOF {
		return refuse(record.CodeBody, "bodies.ndjson ends before this event")
	}
	if err != nil {
		return err
	}
	c.seen.bodies++
	if len(line) == 0 {
		c.seen.withheld++
		if !c.withheld || c.event.Head.Meta {
			return refuse(CodeWithheld, "the body is withheld")
		}
		return nil
	}
	if err := c.event.ParseHashed(line, sum); err != nil {
		return err
	}
	if c.event.Head.Meta {
		return c.takeLedgerEvent()
	}
	return c.balances.addEvent(&c.event, c.manifest.Filter, &c.scopes)
}

// takeLedgerEvent checks what the ledger says about itself: step 7.
func (c *eventCheck) takeLedgerEvent() error {
	data := c.event.Body.Data
	switch string(c.event.Head.Type) {
	case "ledger.opened.v1":
		o := record.ParseOpened(data)
		if err := c.history.Opened(o.Format, o.Origin, o.Trust); err != nil {
			return refuse(CodeTrust, "%v", err)
		}
	case "ledger.trust.changed.v1":
		if err := c.history.Changed(record.ParseTrust(data)); err != nil {
			return refuse(CodeTrust, "%v", err)
		}
	case "ledger.sealed.v1":
		position := c.chain.Position()
		s, err := c.history.Seal(position, record.ParseSeal(data))
		if err != nil {
			return refuse(CodeSeal, "%v", err)
		}
		for _, w := range s.Witnesses {
			if c.event.Head.Millis < (w.Time-tolerance)*1000 {
				return refuse(CodeTime, "recorded before the witness %s saw the seal", w.Name)
			}
		}
		c.seals = append(c.seals, seal{position, s})
	}
	return nil
}

// known is a root that the events must give at a size.
type known struct {
	size     uint64
	root     merkle.Hash
	code     string
	position uint64
}

// checkRoots builds the tree once and compares its root at the size of every seal, kept checkpoint and the package.
func (v *verifier) checkRoots() error {
	all := []known{{v.manifest.Size, v.manifest.Root, CodeRoot, 0}}
	for _, s := range v.events.seals {
		if s.Size >= v.manifest.Start {
			all = append(all, known{s.Size, s.Root, CodeSeal, s.position})
		}
	}
	for _, k := range v.kept {
		all = append(all, known{k.Size, k.Root, CodeFork, 0})
	}
	slices.SortStableFunc(all, func(a, b known) int { return cmp.Compare(a.size, b.size) })
	f, err := merkle.NewFrontier(v.manifest.Start, v.manifest.Frontier)
	if err != nil {
		return err
	}
	for _, k := range all {
		for f.Size() < k.size {
			f.Append(v.events.leaves.at(f.Size() - v.manifest.Start))
		}
		if f.Root() != k.root {
			return &Refusal{k.code, "the events give another root at this size", k.position}
		}
	}
	return nil
}

// checkTimes compares the time of the last event under a seal, and under the checkpoint, with their witnesses.
func (v *verifier) checkTimes() error {
	signed := []*merkle.Signed{v.checkpoint}
	for _, s := range v.events.seals {
		if s.Size > v.manifest.Start {
			signed = append(signed, s.Signed)
		}
	}
	for _, s := range signed {
		millis := v.events.millis.at(s.Size - v.manifest.Start - 1)
		for _, w := range s.Witnesses {
			if millis > (w.Time+tolerance)*1000 {
				return &Refusal{CodeTime, "recorded after the witness " + w.Name + " saw it", s.Size}
			}
		}
	}
	return nil
}
