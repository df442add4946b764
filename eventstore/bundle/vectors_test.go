package bundle

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"embed"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

//go:embed testdata
var files embed.FS

const (
	origin      = "ledger.example.cn/grants"
	witnessName = "audit.example.cn/witness"
)

var exported = time.Date(2025, 1, 9, 0, 0, 0, 0, time.UTC)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := files.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func trust(t testing.TB) *merkle.Trust {
	t.Helper()
	tr, err := merkle.ParseTrust(read(t, "trust.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// signer gives a test key, made from its label as the vectors say; at is the time of a witness.
func signer(t testing.TB, label, name string, at time.Time) merkle.Signer {
	t.Helper()
	seed := sha256.Sum256([]byte("GrantLedger test key, never use: " + label))
	var der []byte
	var err error
	if label == "log-sm2" {
		var key *sm2.PrivateKey
		if key, err = sm2.NewPrivateKey(seed[:]); err == nil {
			der, err = smx509.MarshalPKCS8PrivateKey(key)
		}
	} else {
		der, err = x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	}
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	s, err := merkle.ParseSigner(name, text, rand.Reader)
	if label == "witness" {
		s, err = merkle.ParseWitness(name, text, func() time.Time { return at })
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, content []byte) *Package {
	t.Helper()
	p, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// verify opens and verifies in one go.
func verify(content []byte, policy Policy) (r *Result, err error) {
	defer func() { keepCase(content, policy, r, err) }()
	p, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	return p.Verify(policy)
}

func codeOf(t testing.TB, err error) string {
	t.Helper()
	var refusal *Refusal
	if err == nil {
		return ""
	}
	if !errors.As(err, &refusal) {
		t.Fatalf("not a refusal: %v", err)
	}
	return refusal.Code
}

// content inflates a member.
func content(t testing.TB, pkg []byte, index int) []byte {
	t.Helper()
	b, err := io.ReadAll(open(t, pkg).reader(index))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func splitLines(b []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
}

// events is a Source over lines.
type events struct{ heads, bodies [][]byte }

func (e events) Events(_ context.Context, first, last uint64, fn func(uint64, []byte, []byte) error) error {
	for p := first; p <= last && p <= uint64(len(e.heads)); p++ {
		if err := fn(p, e.heads[p-1], e.bodies[p-1]); err != nil {
			return err
		}
	}
	return nil
}

// sampleEvents are the 13 events of the vectors.
func sampleEvents(t testing.TB) events {
	full := read(t, "sample-full.zip")
	return events{splitLines(content(t, full, headsFile)), splitLines(content(t, full, bodiesFile))}
}

func (e events) frontier(size int) *merkle.Frontier {
	f := &merkle.Frontier{}
	for _, h := range e.heads[:size] {
		f.Append(merkle.Leaf(h))
	}
	return f
}

var verdicts = map[string]string{
	"sample-full.zip":     `{"verdict": "ok", "origin": "ledger.example.cn/grants", "size": 13, "root": "WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=", "start": 0, "heads": 13, "bodies": 13, "withheld": 0, "rows": 23, "filter": "all", "exported": "2025-01-09T00:00:00Z", "signed": ["ed25519", "sm2"], "cosigned": [{"name": "audit.example.cn/witness", "time": "2025-01-08T06:12:00Z"}], "seals": 2, "kept": [7], "trust_version": 1}`,
	"sample-project.zip":  `{"verdict": "ok", "origin": "ledger.example.cn/grants", "size": 13, "root": "WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=", "start": 0, "heads": 13, "bodies": 8, "withheld": 0, "rows": 11, "filter": [["project/P-2024-0001"]], "exported": "2025-01-09T00:00:00Z", "signed": ["ed25519", "sm2"], "cosigned": [{"name": "audit.example.cn/witness", "time": "2025-01-08T06:12:00Z"}], "seals": 2, "kept": [7], "trust_version": 1}`,
	"sample-district.zip": `{"verdict": "ok", "origin": "ledger.example.cn/grants", "size": 13, "root": "WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=", "start": 0, "heads": 13, "bodies": 9, "withheld": 0, "rows": 19, "filter": [["district/341881", "source/donation"], ["district/341882*"]], "exported": "2025-01-09T00:00:00Z", "signed": ["ed25519", "sm2"], "cosigned": [{"name": "audit.example.cn/witness", "time": "2025-01-08T06:12:00Z"}], "seals": 2, "kept": [7], "trust_version": 1}`,
	"sample-year.zip":     `{"verdict": "ok", "origin": "ledger.example.cn/grants", "size": 13, "root": "WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=", "start": 7, "heads": 6, "bodies": 6, "withheld": 0, "rows": 14, "filter": "all", "exported": "2025-01-09T00:00:00Z", "signed": ["ed25519", "sm2"], "cosigned": [{"name": "audit.example.cn/witness", "time": "2025-01-08T06:12:00Z"}], "seals": 1, "kept": [7], "trust_version": 1}`,
}

func TestVectorVerdicts(t *testing.T) {
	for name, want := range verdicts {
		r, err := verify(read(t, name), Policy{Trust: trust(t), Kept: [][]byte{read(t, "kept.checkpoint")}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(want), &b) != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}

func TestVectorRefusals(t *testing.T) {
	six, err := merkle.SignNote(merkle.Checkpoint{Origin: origin, Size: 6, Root: sampleEvents(t).frontier(6).Root()}.Text(), signer(t, "log", origin, exported))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		pkg, code string
		policy    Policy
	}{
		{"sample-full.zip", CodeWitness, Policy{Quorum: 2}},
		{"sample-full.zip", CodeStale, Policy{MaxAge: 24 * time.Hour, Now: now}},
		{"sample-full.zip", "", Policy{MaxAge: 24 * time.Hour, Now: exported}},
		{"sample-year.zip", CodePrefix, Policy{Kept: [][]byte{six}}},
		{"sample-full.zip", "", Policy{Kept: [][]byte{six}, RequireSM2: true, Quorum: 1}},
	} {
		c.policy.Trust = trust(t)
		if _, err := verify(read(t, c.pkg), c.policy); codeOf(t, err) != c.code {
			t.Errorf("%s %+v: %v", c.pkg, c.policy, err)
		}
	}
}

// export writes the vectors' packages again.
func export(t testing.TB, e events, change func(x *Export)) []byte {
	t.Helper()
	x := &Export{
		Trust: trust(t), Checkpoint: content(t, read(t, "sample-full.zip"), checkpointFile), Exported: exported,
		Signer: signer(t, "export", origin+"/export", exported), TempDir: t.TempDir(),
	}
	if change != nil {
		change(x)
	}
	var out bytes.Buffer
	m, err := x.Write(t.Context(), e, &out)
	if err != nil {
		t.Fatal(err)
	}
	if m.Text() == "" {
		t.Fatal("no manifest")
	}
	return out.Bytes()
}

func mustFilter(t testing.TB, lines ...string) Filter {
	t.Helper()
	var terms [][]string
	for _, l := range lines {
		terms = append(terms, strings.Fields(l))
	}
	f, err := NewFilter(terms)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWriterGivesVectorFiles(t *testing.T) {
	e := sampleEvents(t)
	for name, change := range map[string]func(*Export){
		"sample-full.zip":     nil,
		"sample-project.zip":  func(x *Export) { x.Filter = mustFilter(t, "project/P-2024-0001") },
		"sample-district.zip": func(x *Export) { x.Filter = mustFilter(t, "district/341882*", "source/donation district/341881") },
		"sample-year.zip":     func(x *Export) { x.Frontier = e.frontier(7) },
	} {
		source := e
		if name == "sample-year.zip" {
			source.heads = append(make([][]byte, 7), e.heads[7:]...) // what lies before the start is not asked for
		}
		made := export(t, source, change)
		for _, i := range []int{checkpointFile, headsFile, bodiesFile, balancesFile} {
			if !bytes.Equal(content(t, made, i), content(t, read(t, name), i)) {
				t.Errorf("%s: %s differs", name, memberNames[i])
			}
		}
		if _, err := verify(made, Policy{Trust: trust(t), Kept: [][]byte{read(t, "kept.checkpoint")}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWithheld(t *testing.T) {
	made := export(t, sampleEvents(t), func(x *Export) {
		x.Withhold = func(h *record.Head) bool { return h.Has("organisation", []byte("51340000MJ000003XA")) }
	})
	if _, err := verify(made, Policy{Trust: trust(t)}); codeOf(t, err) != CodeWithheld {
		t.Errorf("withheld: %v", err)
	}
	r, err := verify(made, Policy{Trust: trust(t), AllowWithheld: true})
	if err != nil || r.Withheld != 1 || r.Bodies != 13 || r.Rows != 15 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestTexts(t *testing.T) {
	r, err := verify(read(t, "sample-year.zip"), Policy{Trust: trust(t), Kept: [][]byte{read(t, "kept.checkpoint")}})
	if err != nil {
		t.Fatal(err)
	}
	want := `VERIFIED 核验通过  ledger.example.cn/grants
positions 8 to 13, root WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=
bodies 6 (withheld 0), balance rows 14, filter all
signed: ed25519, sm2; witnesses: audit.example.cn/witness 2025-01-08T06:12:00Z; seals checked: 1; kept checkpoints matched: 7
Positions 1 to 7 are fixed by the root but were not examined.
Keep the file checkpoint of this package for the next check. 请保存 checkpoint 文件。
`
	if r.Text() != want {
		t.Errorf("%s", r.Text())
	}
	r.Cosigned, r.Kept = nil, nil
	if !strings.Contains(r.Text(), "witnesses: NONE; seals checked: 1; kept checkpoints matched: NONE\n") || !strings.Contains(r.Text(), "A second, different history cannot be excluded.") {
		t.Errorf("%s", r.Text())
	}
	refusal := &Refusal{record.CodeBody, "SHA-256 differs", 4}
	if refusal.Text() != "REFUSED body: 事件内容不合格式或哈希不符 / SHA-256 differs (position 4)\n核验未通过 / do not rely on this package\n" {
		t.Errorf("%s", refusal.Text())
	}
	if b, _ := json.Marshal(refusal); string(b) != `{"verdict":"refused","code":"body","reason":"SHA-256 differs","position":4}` {
		t.Errorf("%s", b)
	}
	if b, _ := json.Marshal(&Refusal{Code: CodeRoot}); !strings.HasSuffix(string(b), `"position":null}`) {
		t.Errorf("%s", b)
	}
}
