package bundle

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"testing"

	"grantledger/eventstore/merkle"
)

func (e events) tree() *merkle.Tree {
	t := &merkle.Tree{}
	for _, h := range e.heads {
		t.Append(merkle.Leaf(h))
	}
	return t
}

// proofOf is what the server answers about an event of the sample.
func proofOf(t testing.TB, position uint64) map[string]any {
	t.Helper()
	e := sampleEvents(t)
	hashes, err := e.tree().Inclusion(position-1, 13)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"position": position, "head_raw": string(e.heads[position-1]), "body_raw": string(e.bodies[position-1]), "sealed": true,
		"inclusion":  map[string]any{"index": position - 1, "size": 13, "hashes": hexes(hashes)},
		"checkpoint": string(content(t, read(t, "sample-full.zip"), checkpointFile)),
	}
}

func hexes(hashes []merkle.Hash) []string {
	out := []string{}
	for _, h := range hashes {
		out = append(out, hex.EncodeToString(h[:]))
	}
	return out
}

func verifyEvent(t testing.TB, answer map[string]any, policy Policy) (*EventResult, error) {
	t.Helper()
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParseEventProof(text)
	if err != nil {
		t.Fatal(err)
	}
	policy.Trust = trust(t)
	return p.Verify(policy)
}

func TestEventProof(t *testing.T) {
	for position := uint64(1); position <= 13; position++ {
		r, err := verifyEvent(t, proofOf(t, position), Policy{})
		if err != nil || r.Position != position || r.Size != 13 || len(r.Cosigned) != 1 || !slices.Equal(r.Signed, []string{"ed25519", "sm2"}) {
			t.Errorf("%d: %+v %v", position, r, err)
		}
	}
	for name, c := range map[string]struct {
		code   string
		policy Policy
		change func(map[string]any)
	}{
		"quorum":                 {CodeWitness, Policy{Quorum: 2}, func(map[string]any) {}},
		"body of another event":  {"body", Policy{}, func(a map[string]any) { a["body_raw"] = proofOf(t, 4)["body_raw"] }},
		"head of another event":  {CodeRoot, Policy{}, func(a map[string]any) { a["head_raw"] = proofOf(t, 4)["head_raw"] }},
		"proof of another event": {CodeRoot, Policy{}, func(a map[string]any) { a["inclusion"] = proofOf(t, 4)["inclusion"] }},
		"withheld":               {CodeWithheld, Policy{}, func(a map[string]any) { a["body_raw"] = nil }},
		"withheld, allowed":      {"", Policy{AllowWithheld: true}, func(a map[string]any) { a["body_raw"] = nil }},
		"another checkpoint":     {CodeWitness, Policy{}, func(a map[string]any) { a["checkpoint"] = string(withoutLine([]byte(a["checkpoint"].(string)), 2)) }},
		"smaller checkpoint":     {CodeRoot, Policy{}, func(a map[string]any) { a["checkpoint"] = string(read(t, "kept.checkpoint")) }},
	} {
		a := proofOf(t, 3)
		c.change(a)
		if _, err := verifyEvent(t, a, c.policy); codeOf(t, err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "{}", `{"head_raw":"x","inclusion":{"index":0,"size":1,"hashes":["00"]}}`} {
		if p, err := ParseEventProof([]byte(text)); err == nil {
			t.Errorf("%s: %+v", text, p)
		}
	}
}

func TestConsistency(t *testing.T) {
	e := sampleEvents(t)
	kept, newest := read(t, "kept.checkpoint"), content(t, read(t, "sample-full.zip"), checkpointFile)
	proof, err := e.tree().Consistency(7, 13)
	if err != nil {
		t.Fatal(err)
	}
	policy := Policy{Trust: trust(t)}
	if r, err := VerifyConsistency(kept, newest, proof, policy); err != nil || r.From != 7 || r.Size != 13 {
		t.Errorf("%+v %v", r, err)
	}
	other := sign(t, origin, 7, merkle.EmptyRoot(), signer(t, "log", origin, exported))
	for name, c := range map[string]struct {
		older, newer []byte
		proof        []merkle.Hash
		code         string
	}{
		"fork":          {other, newest, proof, CodeFork},
		"two roots":     {other, kept, nil, CodeFork},
		"rollback":      {newest, kept, proof, CodeRollback},
		"no proof":      {kept, newest, nil, CodeFork},
		"same":          {kept, kept, nil, ""},
		"not a note":    {[]byte("x"), newest, proof, CodeKept},
		"newer no note": {kept, []byte("x"), proof, CodeCheckpoint},
	} {
		if _, err := VerifyConsistency(c.older, c.newer, c.proof, policy); codeOf(t, err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}
