package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"
)

// TestEvent checks an event as an auditor would, from the answers alone.
func TestEvent(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	unsealed := status(t, f.send("GET", "/api/v1/events/47", "clerk-1", ""), 200, "")
	if unsealed["sealed"] != false || unsealed["inclusion"] != nil || unsealed["checkpoint"] != nil {
		t.Errorf("proof before the first checkpoint: %v", unsealed["inclusion"])
	}
	status(t, f.send("GET", "/api/v1/events/47/proof", "clerk-1", ""), 404, "not_found")
	status(t, f.send("POST", "/api/v1/checkpoints", "admin-1", ""), 201, "")

	e := status(t, f.send("GET", "/api/v1/events/47", "clerk-1", ""), 200, "")
	head, body := []byte(e["head_raw"].(string)), []byte(e["body_raw"].(string))
	leaf := merkle.Leaf(head)
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != e["body_hash"] || hex.EncodeToString(leaf[:]) != e["leaf_hash"] {
		t.Error("hashes differ")
	}
	raw := f.send("GET", "/api/v1/events/47/raw", "clerk-1", "")
	if raw.Header().Get("Ledger-Leaf-Hash") != e["leaf_hash"] || raw.Body.String() != string(head)+"\n"+string(body)+"\n" {
		t.Error("raw differs")
	}
	byID := status(t, f.send("GET", "/api/v1/events/"+e["id"].(string), "clerk-1", ""), 200, "")
	if byID["position"] != e["position"] {
		t.Error("id leads to another event")
	}
	signed, err := f.server.Log.Trust().OpenCheckpoint([]byte(e["checkpoint"].(string)))
	must(t, err)
	checkInclusion(t, e["inclusion"].(map[string]any), leaf, signed)
	checkInclusion(t, status(t, f.send("GET", "/api/v1/events/47/proof?size=50", "clerk-1", ""), 200, ""), leaf, signed)
	status(t, f.send("GET", "/api/v1/events/47/proof?size=47", "clerk-1", ""), 404, "not_found")
	for _, path := range []string{"999", "0", "01", "x", "01HR6CJH27RWZT512MJ54Z4ZY5"} {
		status(t, f.send("GET", "/api/v1/events/"+path, "clerk-1", ""), 404, "not_found")
	}
	like(t, e["entries"], []any{
		map[string]any{"dimensions": "*", "lines": []any{
			map[string]any{"account": "budget.committed", "before": "40000.00", "change": "-24000.00", "after": "16000.00"},
			map[string]any{"account": "budget.disbursed", "before": "0.00", "change": "24000.00", "after": "24000.00"},
			map[string]any{"account": "money.advance", "before": "0.00", "change": "24000.00", "after": "24000.00"},
			map[string]any{"account": "money.income", "before": "0.00", "change": "-24000.00", "after": "-24000.00"},
		}}}, "entries")
	like(t, e["actor"], map[string]any{"id": "user/approver-1", "name": "approver-1"}, "actor")
}

func checkInclusion(t *testing.T, proof map[string]any, leaf merkle.Hash, signed *merkle.Signed) {
	t.Helper()
	var hashes []merkle.Hash
	for _, text := range proof["hashes"].([]any) {
		raw, err := hex.DecodeString(text.(string))
		must(t, err)
		hashes = append(hashes, merkle.Hash(raw))
	}
	size := uint64(proof["size"].(float64))
	if size != signed.Size || proof["root"] != hex.EncodeToString(signed.Root[:]) {
		t.Errorf("proof of size %d, root %v", size, proof["root"])
	}
	must(t, merkle.VerifyInclusion(hashes, uint64(proof["index"].(float64)), size, leaf, signed.Root))
}

// TestCheckpoints seals twice and proves that one begins with the other.
func TestCheckpoints(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	status(t, f.send("GET", "/checkpoint", "", ""), 404, "not_found")
	first := status(t, f.send("POST", "/api/v1/checkpoints", "admin-1", ""), 201, "")
	status(t, f.run("clerk-1", "allocate", "c-1", `{"on":"2023-07-16","fund":"GD","project":"P-A","amount":"1.00"}`), 201, "")
	second := status(t, f.send("POST", "/api/v1/checkpoints", "admin-1", ""), 201, "")
	list := status(t, f.send("GET", "/api/v1/checkpoints", "", ""), 200, "")
	like(t, list, map[string]any{"items": []any{second, first}}, "checkpoints")
	if signers := first["signers"].([]any); len(signers) != 2 || signers[0] != "log "+testOrigin || signers[1] != "sm2 "+testOrigin {
		t.Errorf("signers %v", signers)
	}
	if got := f.send("GET", "/checkpoint", "", "").Body.String(); got != second["note"] {
		t.Errorf("newest checkpoint: %q", got)
	}
	if got := f.send("GET", fmt.Sprintf("/api/v1/checkpoint?size=%v", first["size"]), "", "").Body.String(); got != first["note"] {
		t.Errorf("checkpoint by size: %q", got)
	}
	proof := status(t, f.send("GET", fmt.Sprintf("/api/v1/consistency?from=%v&to=%v", first["size"], second["size"]), "", ""), 200, "")
	var hashes []merkle.Hash
	for _, text := range proof["hashes"].([]any) {
		raw, err := hex.DecodeString(text.(string))
		must(t, err)
		hashes = append(hashes, merkle.Hash(raw))
	}
	root := func(c map[string]any) (h merkle.Hash) {
		raw, err := hex.DecodeString(c["root"].(string))
		must(t, err)
		return merkle.Hash(raw)
	}
	must(t, merkle.VerifyConsistency(hashes, uint64(first["size"].(float64)), uint64(second["size"].(float64)), root(first), root(second)))
	status(t, f.send("GET", "/api/v1/consistency?from=9&to=3", "", ""), 404, "not_found")
	status(t, f.send("GET", "/api/v1/consistency?from=9", "", ""), 422, "invalid_input")
	status(t, f.send("GET", "/api/v1/checkpoint?sice=3", "", ""), 422, "invalid_input")
	if got := f.send("GET", "/api/v1/trust", "", "").Body.String(); got != f.server.Log.Trust().Text {
		t.Errorf("trust text: %q", got)
	}
}

// TestCosign refuses a note without a witness line that counts.
func TestCosign(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	made := status(t, f.send("POST", "/api/v1/checkpoints", "admin-1", ""), 201, "")
	note := strings.ReplaceAll(made["note"].(string), "\n", `\n`)
	status(t, f.send("POST", fmt.Sprintf("/api/v1/checkpoints/%v/cosignatures", made["size"]), "admin-1", `{"note":"`+note+`"}`), 422, "invalid_input")
	status(t, f.send("POST", "/api/v1/checkpoints/x/cosignatures", "admin-1", `{"note":""}`), 422, "invalid_input")
}

// await asks for a job until it is no longer waiting or running; each answer
// is as it was then.
func (f *fixture) await(path string) map[string]any {
	f.t.Helper()
	for {
		got := status(f.t, f.send("GET", path, "auditor-1", ""), 200, "")
		if state := got["state"]; state != exportQueued && state != exportRunning {
			return got
		}
	}
}

// TestExport makes a package of one project and verifies it.
func TestExport(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "")
	w := f.send("POST", "/api/v1/exports", "auditor-1", `{"kind":"package","filter":[["project/P-A"]],"start":0,"size":null}`)
	made := status(t, w, 202, "")
	path := w.Header().Get("Location")
	if path != "/api/v1/exports/"+made["id"].(string) {
		t.Errorf("Location %q", path)
	}
	done := f.await(path)
	size := float64(f.server.Log.Position())
	if done["state"] != exportDone || done["size"] != size || done["published"] != false || done["problem"] != nil {
		t.Fatalf("job %v", done)
	}
	like(t, done["progress"], map[string]any{"done": size, "total": size}, "progress")
	like(t, done["filter"], []any{[]any{"project/P-A"}}, "filter")

	got := f.send("GET", path+"/package", "auditor-1", "")
	status(t, got, 200, "")
	sum := sha256.Sum256(got.Body.Bytes())
	if hex.EncodeToString(sum[:]) != done["sha256"] || got.Header().Get("ETag") != `"`+done["sha256"].(string)+`"` || float64(got.Body.Len()) != done["bytes"] {
		t.Error("package has another digest or size than the job says")
	}
	f.verify(got.Body.Bytes())
	part := f.send("GET", path+"/package", "auditor-1", "", "Range: bytes=0-3")
	if part.Code != 206 || part.Body.String() != "PK\x03\x04" {
		t.Errorf("range: %d %q", part.Code, part.Body)
	}
	status(t, f.send("GET", path+"/package", "auditor-1", "", `If-None-Match: "`+done["sha256"].(string)+`"`), 304, "")

	status(t, f.send("GET", path+"/package", "admin-1", ""), 403, "not_authorised")
	status(t, f.send("GET", path, "clerk-1", ""), 404, "not_found")
	status(t, f.send("POST", path+"/publish", "auditor-1", ""), 200, "")
	if got := status(t, f.send("POST", path+"/publish", "admin-1", ""), 200, ""); got["published"] != true || got["expires"] != nil {
		t.Errorf("publication %v", got)
	}
	status(t, f.send("GET", path+"/package", "clerk-1", ""), 200, "")
	status(t, f.send("DELETE", path, "auditor-1", ""), 409, "export_state")
}

// verify runs the verifier on a package with the ledger's trust text.
func (f *fixture) verify(pkg []byte) {
	f.t.Helper()
	p, err := bundle.Open(bytes.NewReader(pkg), int64(len(pkg)))
	must(f.t, err)
	result, err := p.Verify(bundle.Policy{Trust: f.server.Log.Trust()})
	must(f.t, err)
	if result.Size != f.server.Log.Position() {
		f.t.Errorf("verified size %d", result.Size)
	}
}

// TestExportAsked refuses what cannot be made, and cancels.
func TestExportAsked(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	for body, code := range map[string]string{
		`{"kind":"package","filter":"every"}`:                        "invalid_input",
		`{"kind":"package","filter":[["project"]]}`:                  "invalid_input",
		`{"kind":"package","filter":[]}`:                             "invalid_input",
		`{"kind":"zip","filter":"all"}`:                              "invalid_input",
		`{"kind":"package","filter":"all","start":1000}`:             "invalid_input",
		`{"kind":"package","filter":"all","start":0,"colour":"red"}`: "invalid_input",
	} {
		status(t, f.send("POST", "/api/v1/exports", "auditor-1", body), 422, code)
	}
	status(t, f.send("POST", "/api/v1/exports", "auditor-1", `{"kind":"package","filter":"all","size":7}`), 404, "not_found")
	status(t, f.send("POST", "/api/v1/exports", "admin-1", `{"kind":"package","filter":"all"}`), 403, "not_authorised")
	w := f.send("POST", "/api/v1/exports", "auditor-1", `{"kind":"package","filter":"all","start":10}`)
	status(t, w, 202, "")
	path := w.Header().Get("Location")
	if got := f.await(path); got["state"] != exportDone {
		t.Fatalf("job %v", got)
	}
	f.verify(f.send("GET", path+"/package", "auditor-1", "").Body.Bytes())
	status(t, f.send("DELETE", path, "auditor-1", ""), 204, "")
	status(t, f.send("GET", path+"/package", "auditor-1", ""), 409, "export_state")
}

// TestExportExpires removes old packages.
func TestExportExpires(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	path := f.send("POST", "/api/v1/exports", "auditor-1", `{"kind":"package","filter":"all"}`).Header().Get("Location")
	f.await(path)
	f.server.exports.expire(f.clock.read().Add(8*24*3600e9), f.server.Config.ExportsKeep)
	status(t, f.send("GET", path+"/package", "auditor-1", ""), 410, "expired")
	if got := f.await(path); got["state"] != exportExpired {
		t.Errorf("state %v", got["state"])
	}
}
