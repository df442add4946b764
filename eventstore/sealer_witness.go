package eventstore

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"grantledger/eventstore/merkle"
)

// Limits of talking to a witness.
const (
	witnessTimeout = 10 * time.Second
	witnessPause   = time.Minute // at most between two attempts after failures
)

// Cosigner asks witnesses for their lines on each new checkpoint, over HTTP by C2SP tlog-witness. It works beside the
// sealer: a witness that is slow or down delays nothing.
type Cosigner struct {
	Sealer    *Sealer
	Witnesses []string      // addresses; add-checkpoint is appended to each
	Every     time.Duration // between two looks for a new checkpoint
	// Failed, optional, is told what a witness refused or why it could not be reached; it will be asked again.
	Failed func(witness string, err error)

	client http.Client
	asked  []asked
}

// asked is what is known of a witness.
type asked struct {
	size  uint64 // that it signed last, as far as known
	fails int
	again time.Time // not before
}

// Run asks until ctx ends. It returns nil then.
func (c *Cosigner) Run(ctx context.Context) error {
	c.asked = make([]asked, len(c.Witnesses))
	c.client = http.Client{
		Timeout:       witnessTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t := time.NewTicker(c.Every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			c.round(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// round asks all witnesses about one checkpoint, so that a quorum comes together on one size.
func (c *Cosigner) round(ctx context.Context) {
	seal, ok := c.Sealer.Log.Newest()
	if !ok {
		return
	}
	var all sync.WaitGroup
	for i := range c.Witnesses {
		a := &c.asked[i]
		if a.size >= seal.Size || time.Now().Before(a.again) {
			continue
		}
		all.Go(func() {
			err := c.one(ctx, c.Witnesses[i], a, seal)
			if err == nil {
				*a = asked{size: seal.Size}
				return
			}
			a.fails++
			a.again = time.Now().Add(min(c.Every<<min(a.fails, 10), witnessPause))
			if c.Failed != nil && ctx.Err() == nil {
				c.Failed(c.Witnesses[i], err)
			}
		})
	}
	all.Wait()
}

// one gets the line of a witness and adds it. When the witness signed another size last than is known here, it says
// which, and is asked once more with the proof from there.
func (c *Cosigner) one(ctx context.Context, address string, a *asked, seal Seal) error {
	old := a.size
	for range 2 {
		proof, err := c.Sealer.Log.Consistency(old, seal.Size)
		if err != nil {
			return fmt.Errorf("prove size %d from %d: %w", seal.Size, old, err)
		}
		if old == seal.Size {
			proof = nil
		}
		lines, have, err := c.post(ctx, address, old, proof, seal.Note)
		switch {
		case err != nil:
			return err
		case lines != nil:
			return c.take(ctx, seal, lines)
		case have > seal.Size:
			return fmt.Errorf("the witness has signed size %d, this log has a checkpoint of %d: events are lost here, or another server is ahead", have, seal.Size)
		case have == old:
			return fmt.Errorf("the witness has signed another root at size %d: there are two histories", have)
		}
		old = have
	}
	return errors.New("the witness names one size after the other")
}

// take checks the lines against the trust text in force before any is kept.
func (c *Cosigner) take(ctx context.Context, seal Seal, lines []byte) error {
	n, err := merkle.ParseNote(append([]byte(seal.Text()+"\n"), lines...))
	if err != nil {
		return fmt.Errorf("the witness answered with no signature line: %w", err)
	}
	own, err := merkle.ParseNote(seal.Note)
	if err != nil {
		return err
	}
	own.Lines = slices.Concat(own.Lines, n.Lines)
	_, err = c.Sealer.Cosign(ctx, own.Bytes())
	return err
}

// post sends one request. It gives the signature lines, or, when they are nil, the size that the witness signed last.
func (c *Cosigner) post(ctx context.Context, address string, old uint64, proof []merkle.Hash, note []byte) (lines []byte, have uint64, err error) {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n" + string(note))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(address, "/")+"/add-checkpoint", strings.NewReader(b.String()))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, merkle.MaxNote))
	if err != nil {
		return nil, 0, err
	}
	switch answer.StatusCode {
	case http.StatusOK:
		return append([]byte{}, text...), 0, nil
	case http.StatusConflict:
		have, err = merkle.ParseNum(strings.TrimSuffix(string(text), "\n"))
		return nil, have, err
	}
	return nil, 0, fmt.Errorf("the witness refused: %s: %.200s", answer.Status, strings.TrimSpace(string(text)))
}
