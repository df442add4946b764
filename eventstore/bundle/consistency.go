package bundle

import (
	"encoding/json"
	"fmt"
	"strings"

	"grantledger/eventstore/merkle"
)

// ConsistencyResult is the verdict that a newer checkpoint continues an older one.
type ConsistencyResult struct {
	Verdict  string      `json:"verdict"` // "ok"
	Origin   string      `json:"origin"`
	From     uint64      `json:"from"`
	FromRoot merkle.Hash `json:"from_root"`
	Size     uint64      `json:"size"`
	Root     merkle.Hash `json:"root"`
	Signed   []string    `json:"signed"`
	Cosigned []Cosigned  `json:"cosigned"`
}

// ParseConsistency reads the JSON answer of GET /api/v1/consistency.
func ParseConsistency(text []byte) (from, to uint64, hashes []merkle.Hash, err error) {
	var in struct {
		From   uint64   `json:"from"`
		To     uint64   `json:"to"`
		Hashes []string `json:"hashes"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return 0, 0, nil, fmt.Errorf("not the JSON of a consistency proof: %w", err)
	}
	hashes, err = parseHashes(in.Hashes)
	return in.From, in.To, hashes, err
}

// VerifyConsistency checks that the tree of a newer checkpoint begins with that of an older one (RFC 6962, 2.1.2). The
// older one needs a log signature only, like a kept one; the newer one is under the policy. The error is a *Refusal.
func VerifyConsistency(older, newer []byte, proof []merkle.Hash, policy Policy) (*ConsistencyResult, error) {
	old, err := policy.Trust.OpenCheckpoint(older)
	if err != nil {
		return nil, refuse(CodeKept, "%v", err)
	}
	s, err := OpenUnder(policy, newer)
	if err != nil {
		return nil, err
	}
	if err := Continues(old.Checkpoint, s.Checkpoint, proof); err != nil {
		return nil, err
	}
	r := &ConsistencyResult{Verdict: "ok", Origin: s.Origin, From: old.Size, FromRoot: old.Root, Size: s.Size, Root: s.Root}
	r.Signed, r.Cosigned = signers(s)
	return r, nil
}

// Continues checks that the history of a newer checkpoint begins with that of an older one. The error is a *Refusal:
// rollback when the newer one is smaller, fork when the proof does not hold.
func Continues(old, newer merkle.Checkpoint, proof []merkle.Hash) error {
	switch {
	case newer.Origin != old.Origin:
		return refuse(CodeCheckpoint, "checkpoints of two ledgers")
	case newer.Size < old.Size:
		return refuse(CodeRollback, "the size goes back from %d to %d", old.Size, newer.Size)
	case newer.Size == old.Size && newer.Root != old.Root:
		return refuse(CodeFork, "two roots of the size %d", newer.Size)
	}
	if newer.Size > old.Size {
		if err := merkle.VerifyConsistency(proof, old.Size, newer.Size, old.Root, newer.Root); err != nil {
			return refuse(CodeFork, "the proof does not lead from size %d to size %d", old.Size, newer.Size)
		}
	}
	return nil
}

// Text is the verdict for people.
func (r *ConsistencyResult) Text() string {
	return fmt.Sprintf("VERIFIED 核验通过  %s\n规模 %d 的账本是规模 %d 的前段，没有改写 / the ledger of size %d begins with that of size %d; nothing was rewritten\nroots %s, %s\nsigned: %s; witnesses: %s\n",
		r.Origin, r.From, r.Size, r.Size, r.From, r.FromRoot, r.Root, strings.Join(r.Signed, ", "), witnessText(r.Cosigned))
}
