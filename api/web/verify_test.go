package web

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// samples is where package bundle keeps the packages of the vectors.
const samples = "../../eventstore/bundle/testdata/"

// offlinePage writes the single file and gives its address.
func offlinePage(t *testing.T) string {
	t.Helper()
	html, scriptHash, styleHash := OfflineVerify()
	if !strings.Contains(string(html), "'"+scriptHash+"'") || !strings.Contains(string(html), "'"+styleHash+"'") {
		t.Fatal("the policy of the file lacks its hashes")
	}
	path := filepath.Join(t.TempDir(), "offline.html")
	if err := os.WriteFile(path, html, 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(samples + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// useForm fills in the form as a person does and waits for the verdict.
const useForm = `async ({ file, trust, kept }) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const put = (id, parts) => {
    const all = new DataTransfer();
    parts.forEach((p, i) => all.items.add(new File([bytes(p)], "file" + i)));
    document.getElementById(id).files = all.files;
  };
  put("verify-file", [file]);
  put("verify-kept", kept);
  document.getElementById("verify-trust").value = trust;
  const box = document.getElementById("verify-verdict");
  box.hidden = true;
  const shown = new Promise((done) => {
    const watch = new MutationObserver(() => { if (!box.hidden) { watch.disconnect(); done(); } });
    watch.observe(box, { attributes: true });
  });
  document.getElementById("verify-run").click();
  await shown;
  return { verdict: box.dataset.verdict, code: box.dataset.code, text: box.innerText };
}`

type formInput struct {
	File  []byte   `json:"file"`
	Trust string   `json:"trust"`
	Kept  [][]byte `json:"kept"`
}

type shownVerdict struct{ Verdict, Code, Text string }

// The single file from disk, by its fields and words: good packages, refused ones, no keys; nothing is asked for.
func TestVerifyPage(t *testing.T) {
	b := openBrowser(t, offlinePage(t))
	trust, kept := string(sample(t, "trust.txt")), sample(t, "kept.checkpoint")
	changed := sample(t, "sample-full.zip")
	changed[len(changed)/2] ^= 1
	for _, c := range []struct {
		name, verdict, code, text string
		in                        formInput
	}{
		{"full", "ok", "", "✓ 可信：13 条事件连续无缺，签名有效", formInput{sample(t, "sample-full.zip"), trust, [][]byte{kept}}},
		{"project", "ok", "", "本包只含上列范围的正文", formInput{sample(t, "sample-project.zip"), trust, [][]byte{}}},
		{"year", "ok", "", "第 1 至 7 条由根固定", formInput{sample(t, "sample-year.zip"), trust, [][]byte{kept}}},
		{"checkpoint", "ok", "", "检查点签名有效", formInput{kept, trust, [][]byte{}}},
		{"one bit", "refused", "body", "✗ 不可信：第 2 条：正文与摘要不符", formInput{changed, trust, [][]byte{}}},
		{"no keys", "unknown", "none", "? 无法判断：没有可信公钥", formInput{kept, "", [][]byte{}}},
		{"bad keys", "unknown", "trust", "? 无法判断", formInput{kept, "grantledger trust v1\n", [][]byte{}}},
		{"garbage", "refused", "container", "✗", formInput{[]byte("hello"), trust, [][]byte{}}},
	} {
		var got shownVerdict
		b.evalWith(useForm, c.in, &got)
		if got.Verdict != c.verdict || got.Code != c.code || !strings.Contains(got.Text, c.text) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	b.eval(`document.getElementById("verify-language").click()`, nil)
	var got shownVerdict
	b.evalWith(useForm, formInput{sample(t, "sample-full.zip"), trust, [][]byte{kept}}, &got)
	if !strings.Contains(got.Text, "✓ Reliable: 13 events without a gap") || strings.Contains(got.Text, "可信") {
		t.Errorf("English: %q", got.Text)
	}
	for _, address := range b.requests {
		if !strings.HasPrefix(address, "file://") && !strings.HasPrefix(address, "blob:") {
			t.Errorf("the page asked for %s", address)
		}
	}
	for _, text := range b.consoles {
		t.Errorf("the page complained: %s", text)
	}
}

// inWorker verifies cases in one worker of the page, one after the other.
const inWorker = `async (cases) => {
  const bytes = (text) => Uint8Array.from(atob(text || ""), (c) => c.charCodeAt(0));
  const worker = new Worker(URL.createObjectURL(new Blob([workerSource])));
  const out = [];
  for (const c of cases) {
    const verdict = new Promise((done) => { worker.onmessage = ({ data }) => { if (data.verdict) done(data.verdict); }; });
    worker.postMessage({
      file: new Blob([bytes(c.package)]), trust: c.trust, kept: (c.kept || []).map(bytes),
      policy: { requireSM2: c.require_sm2, quorum: c.quorum, maxAgeSeconds: c.max_age, now: c.now, allowWithheld: c.allow_withheld },
    });
    out.push(await verdict);
  }
  worker.terminate();
  return out;
}`

// corpusCase is what package bundle's tests write: a package, a policy and the verdict of the Go verifier.
type corpusCase struct {
	raw    json.RawMessage
	Code   string          `json:"code"`
	Result json.RawMessage `json:"result"`
}

func corpus(t *testing.T) []corpusCase {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "test", "-short", "-count=1", "grantledger/eventstore/bundle")
	cmd.Env = append(os.Environ(), "GRANTLEDGER_CORPUS="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) < 300 {
		t.Fatalf("a corpus of %d cases, %v", len(names), err)
	}
	cases := make([]corpusCase, len(names))
	for i, name := range names {
		if cases[i].raw, err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(cases[i].raw, &cases[i]); err != nil {
			t.Fatal(err)
		}
	}
	return cases
}

// Every package that the tests of the Go verifier make, attacks and flipped bits included, gets the same verdict here.
// Which code is given when several things are wrong may differ.
func TestVerifyPageAgreesWithGo(t *testing.T) {
	b := openBrowser(t, offlinePage(t))
	cases := corpus(t)
	otherCode := 0
	for len(cases) > 0 {
		part := cases[:min(40, len(cases))]
		cases = cases[len(part):]
		raw := make([]json.RawMessage, len(part))
		for i, c := range part {
			raw[i] = c.raw
		}
		var verdicts []map[string]any
		b.evalWith(inWorker, raw, &verdicts)
		for i, c := range part {
			otherCode += compareVerdict(t, c, verdicts[i])
		}
	}
	t.Logf("another code for %d refusals", otherCode)
}

// compareVerdict gives 1 when both refuse with different codes.
func compareVerdict(t *testing.T, c corpusCase, got map[string]any) int {
	t.Helper()
	if c.Code != "" {
		if got["verdict"] != "refused" {
			t.Errorf("Go refuses with %s, the page says %v", c.Code, got)
		}
		if got["code"] != c.Code {
			return 1
		}
		return 0
	}
	var want map[string]any
	if err := json.Unmarshal(c.Result, &want); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		a, _ := json.Marshal(value)
		b, _ := json.Marshal(got[name])
		if string(a) != string(b) {
			t.Errorf("%s: Go says %s, the page %s (%v)", name, a, b, got["reason"])
		}
	}
	return 0
}

// flipBits verifies copies of a package with one bit flipped and gives the bits that were accepted.
const flipBits = `async ({ package: text, trust, count }) => {
  const good = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const worker = new Worker(URL.createObjectURL(new Blob([workerSource])));
  const accepted = [], unknown = [];
  let seed = 1;
  for (let i = 0; i < count; i++) {
    seed = (seed * 48271) % 2147483647;
    const bit = seed % (good.length * 8), changed = good.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    const verdict = new Promise((done) => { worker.onmessage = ({ data }) => { if (data.verdict) done(data.verdict.verdict); }; });
    worker.postMessage({ file: new Blob([changed]), trust, kept: [], policy: {} });
    const v = await verdict;
    if (v === "ok") accepted.push(bit);
    if (v === "unknown") unknown.push(bit);
  }
  worker.terminate();
  return { accepted, unknown };
}`

var flippedBits = flag.Int("verify.flips", 400, "flipped bits of TestVerifyPageRefusesFlippedBits")

// Flipped bits: what is accepted has the same contents, which may be so for the unused bits at the end of a stream.
func TestVerifyPageRefusesFlippedBits(t *testing.T) {
	count := *flippedBits
	b, good := openBrowser(t, offlinePage(t)), sample(t, "sample-full.zip")
	var got struct{ Accepted, Unknown []int }
	b.evalWith(flipBits, map[string]any{"package": good, "trust": string(sample(t, "trust.txt")), "count": count}, &got)
	want := members(t, good)
	for _, bit := range got.Accepted {
		changed := bytes.Clone(good)
		changed[bit/8] ^= 1 << (bit % 8)
		if members(t, changed) != want {
			t.Errorf("bit %d of byte %d is accepted with other contents", bit%8, bit/8)
		}
	}
	if len(got.Unknown) > 0 {
		t.Errorf("no verdict for bits %v", got.Unknown)
	}
	t.Logf("%d bits: %d accepted, with the same contents", count, len(got.Accepted))
}

// members are the inflated contents of a package.
func members(t *testing.T, pkg []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(pkg), int64(len(pkg)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}

// The proof of one event, as the server answers it.
func TestVerifyPageEvent(t *testing.T) {
	b := openBrowser(t, offlinePage(t))
	heads := strings.Split(string(sample(t, "../../record/testdata/heads.ndjson")), "\n")
	bodies := strings.Split(string(sample(t, "../../record/testdata/bodies.ndjson")), "\n")
	var left, frontier [][32]byte // of size 13: 8, 4 and 1 leaves
	for _, h := range heads[:13] {
		left = append(left, sha256.Sum256(append([]byte{0}, h...)))
	}
	frontier = [][32]byte{fold(left[:8]), fold(left[8:12])}
	answer := func(head, body string) []byte {
		text, err := json.Marshal(map[string]any{
			"position": 13, "head_raw": head, "body_raw": body, "checkpoint": string(sample(t, "../../merkle/testdata/package.checkpoint")),
			"inclusion": map[string]any{"index": 12, "size": 13, "hashes": []string{hex.EncodeToString(frontier[1][:]), hex.EncodeToString(frontier[0][:])}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	trust := string(sample(t, "trust.txt"))
	for _, c := range []struct {
		verdict, code string
		file          []byte
	}{
		{"ok", "", answer(heads[12], bodies[12])},
		{"refused", "root", answer(heads[11], bodies[11])},
		{"refused", "body", answer(heads[12], bodies[11])},
		{"unknown", "file", []byte("{}")},
	} {
		var got shownVerdict
		b.evalWith(useForm, formInput{c.file, trust, [][]byte{}}, &got)
		if got.Verdict != c.verdict || got.Code != c.code {
			t.Errorf("want %s %s: %+v", c.verdict, c.code, got)
		}
	}
}

// fold is the root of a power of two of leaves.
func fold(row [][32]byte) [32]byte {
	for len(row) > 1 {
		var up [][32]byte
		for i := 0; i < len(row); i += 2 {
			up = append(up, sha256.Sum256(append(append([]byte{1}, row[i][:]...), row[i+1][:]...)))
		}
		row = up
	}
	return row[0]
}

// An old browser, or a page that is not a secure context, has no Ed25519: own code gives the same verdicts.
func TestVerifyPageWithOwnCurves(t *testing.T) {
	b := openBrowser(t, offlinePage(t))
	var got []map[string]any
	c := map[string]any{"package": sample(t, "sample-full.zip"), "trust": string(sample(t, "trust.txt"))}
	without := strings.Replace(inWorker, "[workerSource]", `["Object.defineProperty(globalThis, 'crypto', { value: undefined });\n" + workerSource]`, 1)
	b.evalWith(without, []any{c}, &got)
	if got[0]["verdict"] != "ok" {
		t.Error(got)
	}
}

var largeEvents = flag.Int("verify.events", 0, "events of the package of TestVerifyPageLarge; 0: skipped")

// largePackage writes a package of that many events to a file.
func largePackage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "test", "-run=^$", "-bench=^BenchmarkVerify$", "-benchtime=1x", "grantledger/eventstore/bundle", "-events="+strconv.Itoa(*largeEvents))
	cmd.Env = append(os.Environ(), "GRANTLEDGER_CORPUS="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	raw, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Package []byte `json:"package"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "large.zip")
	if err := os.WriteFile(path, c.Package, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// watchForm starts the check of the chosen file and measures the longest gap between frames and between progress texts.
const watchForm = `async (trust) => {
  document.getElementById("verify-trust").value = trust;
  const box = document.getElementById("verify-verdict"), line = document.getElementById("verify-progress");
  box.hidden = true;
  const started = performance.now();
  let last = started, said = started, gap = 0, silence = 0, over = false;
  const tick = () => { const now = performance.now(); gap = Math.max(gap, now - last); last = now; if (!over) setTimeout(tick, 10); };
  new MutationObserver(() => { const now = performance.now(); silence = Math.max(silence, now - said); said = now; }).observe(line, { childList: true });
  const shown = new Promise((done) => { new MutationObserver(() => { if (!box.hidden) done(); }).observe(box, { attributes: true }); });
  document.getElementById("verify-run").click();
  tick();
  await shown;
  over = true;
  return { verdict: box.dataset.verdict, code: box.dataset.code, text: box.innerText.slice(0, 400), seconds: (performance.now() - started) / 1000, gap, silence };
}`

// A large package is checked without freezing the page: at least one progress text a second, no long stop of its script.
func TestVerifyPageLarge(t *testing.T) {
	if *largeEvents == 0 {
		t.Skip("-verify.events is not given")
	}
	b := openBrowser(t, offlinePage(t))
	var node struct{ Result struct{ ObjectID string } }
	b.into(b.call("Runtime.evaluate", map[string]any{"expression": `document.getElementById("verify-file")`}), &node)
	b.call("DOM.setFileInputFiles", map[string]any{"files": []string{largePackage(t)}, "objectId": node.Result.ObjectID})
	var got struct {
		shownVerdict
		Seconds, Gap, Silence float64
	}
	b.evalWith(watchForm, string(sample(t, "trust.txt")), &got)
	t.Logf("%d events: %.1f s, longest stop of the page %.0f ms, longest silence %.0f ms", *largeEvents, got.Seconds, got.Gap, got.Silence)
	if got.Verdict != "ok" || got.Gap > 1000 || got.Silence > 1000 {
		t.Errorf("%+v", got)
	}
}

// parseLines runs the worker's own grammar over lines and gives those on which it disagrees.
const parseLines = `async (text) => {
  const own = "\nonmessage = ({ data }) => { const out = []; for (const c of data) { let code = ''; try { c.head ? parseHead(latin.decode(c.bytes)) : parseBody(c.bytes); } catch (e) { code = e.code || String(e); } if (code !== c.code) out.push(c.code + ' or ' + code + ': ' + latin.decode(c.bytes)); } postMessage(out); };";
  const worker = new Worker(URL.createObjectURL(new Blob([workerSource, own])));
  const cases = text.trim().split("\n").map(JSON.parse).map((c) => ({ head: c.head, code: c.code, bytes: Uint8Array.from(atob(c.line), (x) => x.charCodeAt(0)) }));
  const answer = new Promise((done) => { worker.onmessage = ({ data }) => done(data); });
  worker.postMessage(cases);
  return { count: cases.length, accepted: cases.filter((c) => c.code === "").length, differ: await answer };
}`

// Damaged heads and bodies: the two grammars accept the same lines, and refuse the others with the same codes.
func TestVerifyPageGrammarAgreesWithGo(t *testing.T) {
	b, dir := openBrowser(t, offlinePage(t)), t.TempDir()
	cmd := exec.Command("go", "test", "-count=1", "-run=^TestWriteCorpus$", "grantledger/eventstore/record")
	cmd.Env = append(os.Environ(), "GRANTLEDGER_CORPUS="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "lines.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Count, Accepted int
		Differ          []string
	}
	b.evalWith(parseLines, string(text), &got)
	if got.Count < 15000 || got.Accepted < 500 {
		t.Errorf("%d lines, %d good", got.Count, got.Accepted)
	}
	for _, line := range got.Differ {
		t.Errorf("Go or page: %s", line)
	}
}
