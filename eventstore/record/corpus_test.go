package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
	"testing"
)

// corpusLine is a line with the verdict of this package, for other implementations to agree with.
type corpusLine struct {
	Head bool   `json:"head"` // else a body
	Line []byte `json:"line"`
	Code string `json:"code"` // "" when accepted
}

// fragments are what a changed line gets: characters, numbers, dates and members at the edges of the grammar.
var fragments = []string{"\u202e", "\ufeff", "\ufffd", "\ufdd0", "\U0001fffe", "\U0001f600", "\u0080", "\u00a0", "\xff", "\xed\xa0\x80", "\xc0\x80",
	`\u0041`, `\/`, `\n`, `\"`, `\\`, `\t`, "\x7f", "\x00", "\t", " ", "-0", "0", "1", "00", "9007199254740991", "9007199254740992", "10000000000000000",
	"1e5", "1.0", "999999999999999", "1000000000000000", "null", "true", "[", "]", "{", "}", ",", ":", `"`, "[[", "]]", "{}", "[]", `""`, `"a":1`,
	`,"a":1`, `"2024":1`, "2024-02-30", "2024-02-29", "2023-02-29", "1979", "1980", "2199", "2200", "year/2200", "district/12345",
	"district/123456789", "ledger/meta", "ledger/other", "source/x", "中", "é", "24:00", "60", "voucher", "photo", "money.cash", "match.open",
	`"memo":"",`, `"memo":"m",`, `"year":2024,`, `"on":"2024-01-01",`, `"docs":[],`, `"entries":[],`, "v0", "v1000", ".", "/", "A", "~", "!", "#"}

// change damages a line in one of four ways.
func change(r *rand.Rand, line []byte, all [][]byte) []byte {
	at, piece := r.Intn(len(line)+1), fragments[r.Intn(len(fragments))]
	end := at
	switch r.Intn(4) {
	case 0:
		end = min(len(line), at+len(piece))
	case 1:
		end, piece = min(len(line), at+1+r.Intn(12)), ""
	case 2:
		other := all[r.Intn(len(all))]
		from := r.Intn(len(other))
		piece = string(other[from:min(len(other), from+r.Intn(40))])
	}
	return append(append(bytes.Clone(line[:at]), piece...), line[end:]...)
}

// TestWriteCorpus writes changed lines to the directory that GRANTLEDGER_CORPUS names.
func TestWriteCorpus(t *testing.T) {
	dir := os.Getenv("GRANTLEDGER_CORPUS")
	if dir == "" {
		t.Skip("GRANTLEDGER_CORPUS is not set")
	}
	heads, bodies := testLines(t, "heads.ndjson"), testLines(t, "bodies.ndjson")
	all := append(append([][]byte{}, heads...), bodies...)
	f, err := os.Create(filepath.Join(dir, "lines.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, r := bufio.NewWriter(f), rand.New(rand.NewSource(7))
	for range 20000 {
		k := r.Intn(len(all))
		c := corpusLine{Head: k < len(heads), Line: change(r, all[k], all)}
		if bytes.IndexByte(c.Line, '\n') >= 0 {
			continue
		}
		if err := parseCorpusLine(c); err != nil {
			c.Code = err.(*Invalid).Code
		}
		if err := json.NewEncoder(w).Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

func parseCorpusLine(c corpusLine) error {
	if c.Head {
		return new(Head).Parse(c.Line)
	}
	return new(Body).Parse(c.Line)
}

func testLines(t *testing.T, name string) [][]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
}
