package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"testing"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

var benchEvents = flag.Int("events", 20000, "events of the package that the benchmarks make")

// synthetic makes a ledger of any length: an opening, then allocations and awards of many projects.
type synthetic struct{ count uint64 }

func (s synthetic) Events(_ context.Context, first, last uint64, fn func(uint64, []byte, []byte) error) error {
	for p := first; p <= last; p++ {
		head, body := s.event(p)
		if err := fn(p, head, body); err != nil {
			return err
		}
	}
	return nil
}

func (s synthetic) event(p uint64) (head, body []byte) {
	var h record.Heading
	if p == 1 {
		text, _ := files.ReadFile("testdata/trust.txt")
		body = record.AppendBodyStart(nil, [16]byte{}, "user/admin", "c-1")
		body = append(body, `"on":"2024-01-01","data":{"format":1,"origin":"`+origin+`","trust":`...)
		body = append(record.AppendString(body, string(text)), "}}"...)
		h = record.Heading{Type: "ledger.opened.v1", Subject: "ledger/genesis", Version: 1, Scopes: []string{"ledger/meta"}}
	} else {
		project := (p - 2) % 50000
		name, org, year := fmt.Sprintf("P-2024-%05d", project), fmt.Sprintf("52341882MJ%08d", project%4000), 2015+int(p/100000)%10
		salt := sha256.Sum256(fmt.Append(nil, p))
		body = record.AppendBodyStart(nil, [16]byte(salt[:]), "user/clerk-01", fmt.Sprintf("c-%08d", p))
		body = fmt.Appendf(body, `"on":"%d-03-05","year":%d,"memo":"第 %d 期服务协议 \"银龄\" 拨付","data":{"amount":%d,"instalment":1},"entries":[{"fund":"lottery-2023-city","project":"%s","organisation":"%s","district":"341882","year":%d,"vintage":2023,"purpose":"elderly","lines":[["budget.committed",%d],["budget.disbursed",%d],["money.income",%d],["money.advance",%d]]}]}`,
			year, year, p, p*7+1, name, org, year, -int64(p*7+1), p*7+1, -int64(p*7+1), p*7+1)
		h = record.Heading{Type: "award.disbursed.v1", Subject: "award/W-" + name, Version: 1 + (p-2)/50000, Scopes: []string{
			"district/341882", "fund/lottery-2023-city", "organisation/" + org, "project/" + name, "purpose/elderly", "source/lottery", fmt.Sprintf("year/%d", year)}}
	}
	h.ID = ulid(1700000000000+p*10, p)
	h.Body = sha256.Sum256(body)
	return record.AppendHead(nil, h), body
}

// ulid writes a time in milliseconds and a number as a ULID.
func ulid(millis, random uint64) (id [26]byte) {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for i := range 10 {
		id[9-i] = digits[millis>>(5*i)&31]
	}
	for i := range 16 {
		id[25-i] = digits[random>>(4*i)&15]
	}
	return id
}

// checkpoint signs the size and root of the events.
func checkpointOf(t testing.TB, source Source, size uint64, signers ...merkle.Signer) []byte {
	t.Helper()
	f := &merkle.Frontier{}
	if err := source.Events(t.Context(), 1, size, func(_ uint64, head, _ []byte) error {
		f.Append(merkle.Leaf(head))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	note, err := merkle.SignNote(merkle.Checkpoint{Origin: origin, Size: size, Root: f.Root()}.Text(), signers...)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func allSigners(t testing.TB, at time.Time) []merkle.Signer {
	return []merkle.Signer{signer(t, "log", origin, at), signer(t, "log-sm2", origin, at), signer(t, "witness", witnessName, at)}
}

func syntheticPackage(t testing.TB, count int) []byte {
	s := synthetic{uint64(count)}
	at := time.UnixMilli(1700000000000 + int64(count)*10)
	x := &Export{
		Trust: trust(t), Checkpoint: checkpointOf(t, s, s.count, allSigners(t, at)...), Exported: at,
		Signer: signer(t, "export", origin+"/export", at), TempDir: t.TempDir(),
	}
	var out bytes.Buffer
	if _, err := x.Write(t.Context(), s, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A package of many chunks and several rows of the tree.
func TestSyntheticPackage(t *testing.T) {
	r, err := verify(syntheticPackage(t, 9000), Policy{Trust: trust(t)})
	if err != nil || r.Heads != 9000 || r.Rows != 8999*4 {
		t.Errorf("%+v %v", r, err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(len(syntheticPackage(b, *benchEvents)))/float64(*benchEvents), "B/event")
	}
	b.ReportMetric(float64(*benchEvents)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkVerify(b *testing.B) {
	content := syntheticPackage(b, *benchEvents)
	tr := trust(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verify(content, Policy{Trust: tr}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(*benchEvents)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
