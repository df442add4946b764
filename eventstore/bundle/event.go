package bundle

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

// EventProof is one event with its inclusion in the tree of a signed checkpoint.
type EventProof struct {
	Head       []byte        // without LF
	Body       []byte        // without LF; nil when it is withheld
	Index      uint64        // of the leaf: position - 1
	Size       uint64        // of the checkpoint
	Hashes     []merkle.Hash // RFC 6962, 2.1.1
	Checkpoint []byte        // the note
}

// inclusionJSON is the proof as the server answers it; hashes are hex.
type inclusionJSON struct {
	Index  *uint64  `json:"index"`
	Size   uint64   `json:"size"`
	Hashes []string `json:"hashes"`
}

func (i *inclusionJSON) fill(p *EventProof) (err error) {
	if i == nil || i.Index == nil {
		return errors.New("no inclusion proof: an event is proved once it is sealed")
	}
	p.Index, p.Size = *i.Index, i.Size
	p.Hashes, err = parseHashes(i.Hashes)
	return err
}

// ParseEventProof reads the JSON answer of GET /api/v1/events/{position}; of its members only the stored bytes, the
// inclusion and the checkpoint are looked at.
func ParseEventProof(text []byte) (*EventProof, error) {
	var in struct {
		Head       string         `json:"head_raw"`
		Body       *string        `json:"body_raw"`
		Inclusion  *inclusionJSON `json:"inclusion"`
		Checkpoint string         `json:"checkpoint"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("not the JSON of an event: %w", err)
	}
	p := &EventProof{Head: []byte(in.Head), Checkpoint: []byte(in.Checkpoint)}
	if in.Body != nil {
		p.Body = []byte(*in.Body)
	}
	return p, in.Inclusion.fill(p)
}

// ParseRawEvent reads the bytes of GET /api/v1/events/{position}/raw, `head LF body LF`, and the JSON of …/proof.
func ParseRawEvent(raw, proof, checkpoint []byte) (*EventProof, error) {
	lines := strings.Split(string(raw), "\n")
	if len(lines) != 3 || lines[2] != "" {
		return nil, errors.New("the raw event is not two lines")
	}
	var in inclusionJSON
	if err := json.Unmarshal(proof, &in); err != nil {
		return nil, fmt.Errorf("not the JSON of a proof: %w", err)
	}
	p := &EventProof{Head: []byte(lines[0]), Body: []byte(lines[1]), Checkpoint: checkpoint}
	return p, in.fill(p)
}

// parseHashes reads the hex hashes of a proof, at most 64.
func parseHashes(texts []string) ([]merkle.Hash, error) {
	if len(texts) > 64 {
		return nil, errors.New("a proof of more than 64 hashes")
	}
	out := make([]merkle.Hash, len(texts))
	for i, text := range texts {
		if n, err := hex.Decode(out[i][:], []byte(text[:min(len(text), 64)])); err != nil || n != len(out[i]) || len(text) != 64 {
			return nil, fmt.Errorf("hash %d of the proof is not 64 hex digits", i+1)
		}
	}
	return out, nil
}

// EventResult is the verdict that an event is in the signed ledger.
type EventResult struct {
	Verdict  string      `json:"verdict"` // "ok"
	Origin   string      `json:"origin"`
	Position uint64      `json:"position"`
	ID       string      `json:"id"`
	Time     string      `json:"time"` // recording time, UTC
	Type     string      `json:"type"`
	Subject  string      `json:"subject"`
	Version  uint64      `json:"version"`
	Withheld bool        `json:"withheld"`
	Size     uint64      `json:"size"`
	Root     merkle.Hash `json:"root"`
	Signed   []string    `json:"signed"`
	Cosigned []Cosigned  `json:"cosigned"`
}

// Verify checks the event: its lines by sections 3 and 4, the body against its hash and scopes, the inclusion under the
// checkpoint, and the checkpoint under the policy (Kept is not looked at). The error is a *Refusal.
func (p *EventProof) Verify(policy Policy) (*EventResult, error) {
	checkpoint, err := OpenUnder(policy, p.Checkpoint)
	if err != nil {
		return nil, err
	}
	position := p.Index + 1
	if p.Size != checkpoint.Size || p.Index >= p.Size {
		return nil, refuse(CodeRoot, "the proof is for another size than the checkpoint")
	}
	if err := merkle.VerifyInclusion(p.Hashes, p.Index, p.Size, merkle.Leaf(p.Head), checkpoint.Root); err != nil {
		return nil, &Refusal{CodeRoot, "the proof does not lead from this event to the signed root", position}
	}
	var e record.Event
	if err := p.parse(&e, policy); err != nil {
		return nil, refuseAt(position, "", err)
	}
	for _, w := range checkpoint.Witnesses {
		if e.Head.Millis > (w.Time+tolerance)*1000 {
			return nil, &Refusal{CodeTime, "recorded after the witness " + w.Name + " saw it", position}
		}
	}
	r := &EventResult{
		Verdict: "ok", Origin: checkpoint.Origin, Position: position, ID: string(e.Head.ID), Time: string(e.Head.Time), Type: string(e.Head.Type),
		Subject: string(e.Head.Subject), Version: e.Head.Version, Withheld: p.Body == nil, Size: checkpoint.Size, Root: checkpoint.Root,
	}
	r.Signed, r.Cosigned = signers(checkpoint)
	return r, nil
}

// parse checks the lines by themselves.
func (p *EventProof) parse(e *record.Event, policy Policy) error {
	if err := e.Head.Parse(p.Head); err != nil {
		return err
	}
	if (string(e.Head.Type) == "ledger.opened.v1") != (p.Index == 0) {
		return refuse(record.CodeHead, "ledger.opened.v1 belongs to position 1 and only there")
	}
	if p.Body != nil {
		return e.ParseBody(p.Body)
	}
	if !policy.AllowWithheld || e.Head.Meta {
		return refuse(CodeWithheld, "the body is withheld")
	}
	return nil
}

// OpenUnder reads a checkpoint and applies what a policy asks of signatures and witnesses. The error is a *Refusal.
func OpenUnder(policy Policy, note []byte) (*merkle.Signed, error) {
	s, err := policy.Trust.OpenCheckpoint(note)
	if err != nil {
		return nil, refuse(CodeCheckpoint, "%v", err)
	}
	v := &verifier{policy: policy, trust: policy.Trust, checkpoint: s}
	return s, v.checkWitnesses()
}

// signers names the algorithms and witnesses of a checkpoint that count.
func signers(s *merkle.Signed) (signed []string, cosigned []Cosigned) {
	signed, cosigned = []string{"ed25519"}, []Cosigned{}
	if s.SM2 {
		signed = append(signed, "sm2")
	}
	for _, w := range s.Witnesses {
		cosigned = append(cosigned, Cosigned{w.Name, utcSeconds(w.Time)})
	}
	return signed, cosigned
}

// Text is the verdict for people.
func (r *EventResult) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "VERIFIED 核验通过  %s\n", r.Origin)
	fmt.Fprintf(&b, "第 %d 条事件在签名的账本之内 / event %d is in the signed ledger of size %d, root %s\n", r.Position, r.Position, r.Size, r.Root)
	fmt.Fprintf(&b, "%s %s, %s version %d, recorded %s\n", r.ID, r.Type, r.Subject, r.Version, r.Time)
	if r.Withheld {
		b.WriteString("正文被隐去，未核对 / its body is withheld and was not examined\n")
	}
	fmt.Fprintf(&b, "signed: %s; witnesses: %s\n", strings.Join(r.Signed, ", "), witnessText(r.Cosigned))
	return b.String()
}

func witnessText(cosigned []Cosigned) string {
	var names []string
	for _, w := range cosigned {
		names = append(names, w.Name+" "+w.Time)
	}
	return orNone(names)
}
