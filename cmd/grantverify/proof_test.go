package main

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"grantledger/eventstore/merkle"
)

// sampleFiles are the event, raw bytes, proof and checkpoint of a position of the sample ledger, as files.
func sampleFiles(t *testing.T, position uint64) (event, raw, proof, checkpoint string) {
	t.Helper()
	heads := strings.Split(strings.TrimSuffix(string(read(t, "../../eventstore/record/testdata/heads.ndjson")), "\n"), "\n")
	bodies := strings.Split(strings.TrimSuffix(string(read(t, "../../eventstore/record/testdata/bodies.ndjson")), "\n"), "\n")
	tree := &merkle.Tree{}
	for _, h := range heads {
		tree.Append(merkle.Leaf([]byte(h)))
	}
	hashes, err := tree.Inclusion(position-1, 13)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{}
	for _, h := range hashes {
		texts = append(texts, hex.EncodeToString(h[:]))
	}
	head, body, note := heads[position-1], bodies[position-1], read(t, "../../eventstore/merkle/testdata/package.checkpoint")
	inclusion := map[string]any{"index": position - 1, "size": 13, "hashes": texts}
	answer, err := json.Marshal(map[string]any{"head_raw": head, "body_raw": body, "inclusion": inclusion, "checkpoint": string(note)})
	if err != nil {
		t.Fatal(err)
	}
	proofJSON, err := json.Marshal(inclusion)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "event.json", answer), write(t, "raw", []byte(head+"\n"+body+"\n")), write(t, "proof.json", proofJSON), write(t, "checkpoint", note)
}

func TestEvent(t *testing.T) {
	trust := vectors + "trust.txt"
	event, raw, proof, checkpoint := sampleFiles(t, 5)
	_, otherRaw, _, _ := sampleFiles(t, 6)
	for _, c := range []struct {
		status int
		begin  string
		args   []string
	}{
		{0, "VERIFIED", []string{"--trust", trust, event}},
		{0, "VERIFIED", []string{"--trust", trust, "--raw", raw, "--proof", proof, "--checkpoint", checkpoint}},
		{0, `{"verdict":"ok"`, []string{"--trust", trust, "--json", event}},
		{1, "REFUSED root", []string{"--trust", trust, "--raw", otherRaw, "--proof", proof, "--checkpoint", checkpoint}},
		{1, "REFUSED witness", []string{"--trust", trust, "--quorum", "2", event}},
		{2, "", []string{event}},
		{2, "", []string{"--trust", trust}},
		{2, "", []string{"--trust", trust, raw}},
		{2, "", []string{"--trust", trust, "--raw", raw, event}},
	} {
		if status, out, fail := runIn(append([]string{"event"}, c.args...)...); status != c.status || !strings.HasPrefix(out, c.begin) {
			t.Errorf("%v: %d %s%s", c.args, status, out, fail)
		}
	}
}

func TestConsistency(t *testing.T) {
	one, other, b := newHistory(t, 20, 20), newHistory(t, 20, 5), newBooth(t)
	trust := write(t, "trust", []byte(strings.Replace(string(read(t, b.trust)), "quorum 1", "quorum 0", 1)))
	old, newer, forked := write(t, "8", one.checkpoint(8)), write(t, "20", one.checkpoint(20)), write(t, "20", other.checkpoint(20))
	proof, forkProof := write(t, "p", one.proof(8, 20)), write(t, "p", other.proof(8, 20))
	for _, c := range []struct {
		status int
		begin  string
		args   []string
	}{
		{0, "VERIFIED", []string{old, newer, proof}},
		{0, `{"verdict":"ok"`, []string{"--json", old, newer, proof}},
		{1, "REFUSED fork", []string{old, forked, forkProof}},
		{1, "REFUSED rollback", []string{newer, old, proof}},
		{2, "", []string{old, newer, write(t, "p", one.proof(7, 20))}},
		{2, "", []string{old, newer}},
	} {
		args := append([]string{"consistency", "--trust", trust}, c.args...)
		status, out, fail := runIn(args...)
		if c.status == 2 && status == 1 && strings.HasPrefix(out, "REFUSED fork") {
			continue // a proof of other sizes does not hold, which may be said first
		}
		if status != c.status || !strings.HasPrefix(out, c.begin) {
			t.Errorf("%v: %d %s%s", c.args, status, out, fail)
		}
	}
}
