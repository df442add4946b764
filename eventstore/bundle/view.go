package bundle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"

	"grantledger/eventstore/record"
)

// errNotVerified keeps views from being made of anything that was not verified.
var errNotVerified = errors.New("the package was not verified")

// Checkpoint is the note of the package's size, as it lies there: only Verify says whether it may be relied on.
func (p *Package) Checkpoint() ([]byte, error) {
	content, _, err := p.small(checkpointFile)
	return content, err
}

// Events calls fn for each event whose body is in the package, in order, after Verify has accepted it. The event holds
// until fn returns; an error of fn ends it. The files are hashed again, so that a file changed in between is refused.
func (p *Package) Events(fn func(position uint64, e *record.Event) error) error {
	return p.pairs(func(position uint64, e *record.Event, _, _ []byte) error { return fn(position, e) })
}

// Pairs is Events with the stored lines, without LF, which hold until fn returns: of a full package, all that the
// stream of the ledger is rebuilt from.
func (p *Package) Pairs(fn func(position uint64, head, body []byte) error) error {
	return p.pairs(func(position uint64, _ *record.Event, head, body []byte) error { return fn(position, head, body) })
}

func (p *Package) pairs(fn func(position uint64, e *record.Event, head, body []byte) error) error {
	if p.verified == nil {
		return errNotVerified
	}
	heads, bodies := p.reader(headsFile), p.reader(bodiesFile)
	stop := make(chan struct{})
	headLines, bodyLines := newLines(heads, record.CodeHead, leafSum, stop), newLines(bodies, record.CodeBody, sha256.Sum256, stop)
	if err := sideBySide(headLines, bodyLines, stop, func() error { return p.walk(headLines, bodyLines, fn) }); err != nil {
		return err
	}
	if heads.hash() != p.verified.Sums[headsFile] || bodies.hash() != p.verified.Sums[bodiesFile] {
		return refuse(CodeFiles, "the package changed after it was verified")
	}
	return nil
}

func (p *Package) walk(heads, bodies *lines, fn func(position uint64, e *record.Event, head, body []byte) error) error {
	var e record.Event
	for position := p.verified.Start + 1; ; position++ {
		line, _, err := heads.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = e.Head.Parse(line)
		}
		if err != nil {
			return err
		}
		if !p.verified.Filter.Matches(&e.Head) {
			continue
		}
		body, sum, err := bodies.next()
		if err != nil {
			return fmt.Errorf("body of position %d: %w", position, err)
		}
		if len(body) == 0 {
			continue
		}
		if err := e.ParseHashed(body, sum); err != nil {
			return err
		}
		if err := fn(position, &e, line, body); err != nil {
			return err
		}
	}
	if _, _, err := bodies.next(); err != io.EOF {
		return refuse(CodeFiles, "the package changed after it was verified")
	}
	return nil
}

// appendYuan appends an amount in fen as yuan with two decimals.
func appendYuan(b []byte, fen int64) []byte {
	if fen < 0 {
		b, fen = append(b, '-'), -fen
	}
	b = strconv.AppendInt(b, fen/100, 10)
	return append(b, '.', byte('0'+fen/10%10), byte('0'+fen%10))
}
