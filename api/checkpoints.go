package api

import (
	"cmp"
	"encoding/hex"
	"strconv"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"

	"github.com/danielgtaylor/huma/v2"
)

// checkpointShown is a checkpoint in the list.
type checkpointShown struct {
	Size    uint64   `json:"size"`
	Root    string   `json:"root"`
	Time    string   `json:"time" doc:"recording time of its last event"`
	Signers []string `json:"signers"`
	Note    string   `json:"note"`
}

// consistency proves that a larger tree begins with a smaller one.
type consistency struct {
	From   uint64   `json:"from"`
	To     uint64   `json:"to"`
	Hashes []string `json:"hashes"`
}

func (s *Server) routeProofs(r *router) {
	s.routeEvents(r)
	for _, path := range []string{base + "/checkpoint", "/checkpoint"} {
		r.handle("GET", path, forAll, about("proofs", "signed checkpoint, the newest or that of a size"), s.checkpoint)
	}
	r.handle("GET", base+"/trust", forAll, about("proofs", "trust text in force"), s.trust)
	op := huma.Operation{Tags: []string{"proofs"}, Summary: "stored checkpoints, newest first"}
	operation(r, "GET", base+"/checkpoints", forAll, op, func(c *call, in *struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
		Before uint64 `query:"before" minimum:"1" doc:"only smaller sizes"`
	}) (*answer[items[checkpointShown]], error) {
		out, err := c.checkpoints(in.Limit, in.Before)
		if err != nil {
			return nil, err
		}
		return answerAt(s.Log.Position(), items[checkpointShown]{out}), nil
	})
	op.Summary = "consistency proof between two sizes"
	operation(r, "GET", base+"/consistency", forAll, op, func(c *call, in *struct {
		From uint64 `query:"from" required:"true" minimum:"1"`
		To   uint64 `query:"to" required:"true" minimum:"1"`
	}) (*answer[consistency], error) {
		if in.From > in.To || in.To > s.Log.Position() {
			return nil, newProblem("not_found")
		}
		hashes, err := s.Log.Consistency(in.From, in.To)
		if err != nil {
			return nil, err
		}
		return answerAt(s.Log.Position(), consistency{in.From, in.To, hexes(hashes)}), nil
	})
	s.routeSealing(r)
}

func (s *Server) routeSealing(r *router) {
	op := huma.Operation{Tags: []string{"operations"}, Summary: "seal now", DefaultStatus: 201}
	operation(r, "POST", base+"/checkpoints", forUsers, op, func(c *call, _ *struct{}) (*answer[checkpointShown], error) {
		if err := c.need("admin"); err != nil {
			return nil, err
		}
		seal, err := s.Sealer.Seal(c.context())
		switch {
		case err != nil:
			return nil, unavailable(err)
		case seal.Size == 0:
			return nil, newProblem("not_found")
		}
		return s.sealAnswer(c, seal)
	})
	op = huma.Operation{Tags: []string{"proofs"}, Summary: "add a witness line to a checkpoint", DefaultStatus: 201}
	operation(r, "POST", base+"/checkpoints/{size}/cosignatures", forUsers, op, func(c *call, in *struct {
		Size uint64 `path:"size" minimum:"1"`
		Body struct {
			Note string `json:"note" maxLength:"65536" doc:"the checkpoint with the witness line"`
		}
	}) (*answer[checkpointShown], error) {
		if err := c.need("admin"); err != nil {
			return nil, err
		}
		return s.cosign(c, in.Size, in.Body.Note)
	})
	op = huma.Operation{Tags: []string{"operations"}, Summary: "accept a clock that the writer doubts"}
	operation(r, "POST", base+"/clock/confirm", forUsers, op, func(c *call, _ *struct{}) (*struct{}, error) {
		if err := c.need("admin"); err != nil {
			return nil, err
		}
		s.Writer.ConfirmClock()
		return nil, nil
	})
}

// unavailable is the problem of a log that did not answer.
func unavailable(err error) error {
	p := newProblem("ledger_unavailable")
	p.cause = err
	return p
}

// cosign takes a checkpoint with a witness line, which the sealer checks, and
// puts it into the log at once: an offline witness does not sign it again.
func (s *Server) cosign(c *call, size uint64, note string) (*answer[checkpointShown], error) {
	refused := func(cause error) error {
		p := invalid(faultAt("body.note", "pattern", ""))
		p.cause = cause
		return p
	}
	signed, err := s.Log.Trust().OpenCheckpoint([]byte(note))
	if err != nil || signed.Size != size || len(signed.Witnesses) == 0 {
		return nil, refused(err)
	}
	if _, err := s.Log.Checkpoint(c.context(), size); err != nil {
		return nil, err
	}
	seal, err := s.Sealer.Cosign(c.context(), []byte(note))
	if err != nil {
		return nil, refused(err)
	}
	if err := s.Sealer.RecordCosigned(c.context()); err != nil {
		return nil, unavailable(err)
	}
	return s.sealAnswer(c, seal)
}

func (s *Server) sealAnswer(c *call, seal eventstore.Seal) (*answer[checkpointShown], error) {
	shown, err := c.showSeal(seal)
	if err != nil {
		return nil, err
	}
	return answerAt(s.Log.Position(), *shown), nil
}

// checkpoint answers a signed note as text.
func (s *Server) checkpoint(c *call) error {
	p := c.params("size")
	size := p.position("size")
	if err := p.problem(); err != nil {
		return err
	}
	seal, err := c.seal(size)
	if err != nil {
		return err
	}
	if seal, err = s.Sealer.Checkpoint(c.context(), seal.Size); err != nil {
		return err
	}
	c.reflects(seal.Size)
	return c.bytes(200, typeText, seal.Note)
}

func (s *Server) trust(c *call) error {
	if err := c.params().problem(); err != nil {
		return err
	}
	c.reflects(s.Log.Position())
	return c.text(200, s.Log.Trust().Text)
}

// checkpoints lists the newest first.
func (c *call) checkpoints(limit int, before uint64) ([]checkpointShown, error) {
	sizes := c.server.Log.Checkpoints()
	out := []checkpointShown{}
	for i := len(sizes) - 1; i >= 0 && len(out) < limit; i-- {
		if before > 0 && sizes[i] >= before {
			continue
		}
		seal, err := c.server.Sealer.Checkpoint(c.context(), sizes[i])
		if err != nil {
			return nil, err
		}
		shown, err := c.showSeal(seal)
		if err != nil {
			return nil, err
		}
		out = append(out, *shown)
	}
	return out, nil
}

// showSeal reads the signers off the note and the time off the last event.
func (c *call) showSeal(seal eventstore.Seal) (*checkpointShown, error) {
	note, err := merkle.ParseNote(seal.Note)
	if err != nil {
		return nil, err
	}
	head, _, err := c.server.Log.Event(c.context(), seal.Size)
	if err != nil {
		return nil, err
	}
	out := &checkpointShown{Size: seal.Size, Root: hex.EncodeToString(seal.Root[:]), Time: headTime(head), Signers: []string{}, Note: string(seal.Note)}
	trust := c.server.Log.Trust()
	for _, line := range note.Lines {
		name := line.Name
		for _, k := range trust.Keys {
			if k.Key.Name == line.Name && k.Key.ID() == line.ID {
				name = k.Role.String() + " " + line.Name
			}
		}
		out.Signers = append(out.Signers, cmp.Or(name, strconv.FormatUint(uint64(line.ID), 16)))
	}
	return out, nil
}

// headTime is the member time of a head line: {"id":"<26>","time":"<24>",…
func headTime(head []byte) string {
	const from = len(`{"id":"`) + 26 + len(`","time":"`)
	if len(head) < from+24 {
		return ""
	}
	return string(head[from : from+24])
}
