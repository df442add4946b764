package record

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"errors"
	"strings"
	"testing"
	"time"
)

//go:embed testdata/heads.ndjson
var sampleHeads []byte

//go:embed testdata/bodies.ndjson
var sampleBodies []byte

// sample gives the 13 events of the format's test vectors.
func sample() (heads, bodies [][]byte) {
	split := func(b []byte) [][]byte { return bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n")) }
	return split(sampleHeads), split(sampleBodies)
}

func codeOf(err error) string {
	var bad *Invalid
	if errors.As(err, &bad) {
		return bad.Code
	}
	if err != nil {
		return "not an Invalid: " + err.Error()
	}
	return ""
}

func TestSampleEvents(t *testing.T) {
	heads, bodies := sample()
	chain := NewChain(0)
	var e Event
	for i := range heads {
		if err := e.Parse(heads[i], bodies[i]); err != nil {
			t.Fatalf("position %d: %v", i+1, err)
		}
		if err := chain.Next(&e.Head); err != nil {
			t.Fatalf("position %d: %v", i+1, err)
		}
		if i != 4 {
			continue
		}
		if memo := Unquote(e.Body.Memo); memo != "服务协议 \"银龄\" 第一期\n按 60/40 拨付" {
			t.Errorf("memo %q", memo)
		}
		entry := e.Body.Entries[0]
		if e.Body.Year != 2024 || entry.Vintage != 2023 || string(entry.Purpose) != "elderly" || len(entry.Lines) != 4 {
			t.Errorf("entry %+v", entry)
		}
		if l := entry.Lines[2]; l.Account.String() != "match.origin" || l.Account.Book() != Match || l.Fen != -500000 {
			t.Errorf("line %v", l)
		}
		if got, _ := Member(e.Body.Data, "schedule"); string(got) != "[1854000,1236000]" {
			t.Errorf("schedule %s", got)
		}
	}
	if chain.Position() != 13 || chain.Version("award/W-2024-0001") != 3 {
		t.Errorf("position %d, version %d", chain.Position(), chain.Version("award/W-2024-0001"))
	}
}

func TestOpenedData(t *testing.T) {
	_, bodies := sample()
	var b Body
	if err := b.Parse(bodies[0]); err != nil {
		t.Fatal(err)
	}
	o := ParseOpened(b.Data)
	if o.Format != 1 || o.Origin != "ledger.example.cn/grants" || !strings.HasPrefix(o.Trust, "grantledger trust v1\norigin ") {
		t.Errorf("%+v", o)
	}
	if o := ParseOpened([]byte(`{"format":"1","origin":7}`)); o != (Opened{}) {
		t.Errorf("members of another kind read as %+v", o)
	}
}

func TestAppendGivesSampleLines(t *testing.T) {
	heads, bodies := sample()
	var e Event
	for i := range heads {
		if err := e.Parse(heads[i], bodies[i]); err != nil {
			t.Fatal(err)
		}
		h := Heading{Type: string(e.Head.Type), Subject: string(e.Head.Subject), Version: e.Head.Version, Body: sha256.Sum256(bodies[i])}
		copy(h.ID[:], e.Head.ID)
		for _, s := range e.Head.Scopes {
			h.Scopes = append(h.Scopes, string(s))
		}
		if got := AppendHead(nil, h); !bytes.Equal(got, heads[i]) {
			t.Errorf("got  %s\nwant %s", got, heads[i])
		}
		if got := AppendTime(nil, time.UnixMilli(e.Head.Millis)); !bytes.Equal(got, e.Head.Time) {
			t.Errorf("time %s, want %s", got, e.Head.Time)
		}
	}
	if got := AppendBodyStart(nil, [16]byte{}, "user/a", "k"); string(got) != `{"salt":"AAAAAAAAAAAAAAAAAAAAAA","actor":"user/a","key":"k",` {
		t.Errorf("%s", got)
	}
	if got := AppendString(nil, "a\"\\\n善"); string(got) != `"a\"\\\n善"` || Unquote(got[1:len(got)-1]) != "a\"\\\n善" {
		t.Errorf("%s", got)
	}
}

// changed gives line with the first old replaced; it must be there.
func changed(t *testing.T, line []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(line, []byte(old)) {
		t.Fatalf("%q is not in the line", old)
	}
	return bytes.Replace(line, []byte(old), []byte(new), 1)
}

func TestHeadRefusals(t *testing.T) {
	heads, _ := sample()
	long := `"scopes":[`
	for i := range 65 {
		long += `"award/` + string(rune('A'+i/26)) + string(rune('A'+i%26)) + `",`
	}
	for _, c := range []struct{ name, old, new string }{
		{"white space", `{"id"`, `{ "id"`},
		{"another member", `{"id"`, `{"x":1,"id"`},
		{"other order", `"type":"allocation.made.v1","subject":"project/P-2024-0001"`, `"subject":"project/P-2024-0001","type":"allocation.made.v1"`},
		{"lower-case id", "01HR6678SPSJ9", "01hr6678SPSJ9"},
		{"id with I", "J9WWTC5B6Y8553J", "I9WWTC5B6Y8553J"},
		{"id too large", "01HR6678SPSJ9", "81HR6678SPSJ9"},
		{"id of another time", "01HR6678SP", "01HR6678SQ"},
		{"time of another id", "02:14:00.246Z", "02:14:00.247Z"},
		{"second 60", "02:14:00.246Z", "02:13:60.246Z"},
		{"no such day", "2024-03-05T", "2024-02-34T"},
		{"offset", "00.246Z", "00.246+00:00"},
		{"type without version", "allocation.made.v1", "allocation.made"},
		{"type version 0", "allocation.made.v1", "allocation.made.v0"},
		{"type version 1000", "allocation.made.v1", "allocation.made.v1000"},
		{"type of one segment", "allocation.made.v1", "allocation.v1"},
		{"type upper case", "allocation.made.v1", "Allocation.made.v1"},
		{"type empty segment", "allocation.made.v1", "allocation..v1"},
		{"type too long", "allocation.made.v1", "allocation." + strings.Repeat("a", 60) + ".v1"},
		{"ledger type without meta", "allocation.made.v1", "ledger.made.v1"},
		{"subject without value", "project/P-2024-0001\",\"version", "project/\",\"version"},
		{"subject kind upper case", `"subject":"project/`, `"subject":"Project/`},
		{"subject too long", `"subject":"project/`, `"subject":"project/` + strings.Repeat("a", 96)},
		{"kind too long", `"subject":"project/`, `"subject":"` + strings.Repeat("a", 25) + `/`},
		{"escape", `"subject":"project/`, `"subject":"pro\u006aect/`},
		{"version 0", `"version":1`, `"version":0`},
		{"version 01", `"version":1`, `"version":01`},
		{"version 1.0", `"version":1`, `"version":1.0`},
		{"version too large", `"version":1`, `"version":1000000000000000`},
		{"version negative", `"version":1`, `"version":-1`},
		{"no scope", `"scopes":[`, `"scopes":[],"x":[`},
		{"65 scopes", `"scopes":[`, long},
		{"unsorted", `"district/341800","district/341882"`, `"district/341882","district/341800"`},
		{"twice", `"district/341800",`, `"district/341800","district/341800",`},
		{"district of 7 digits", "district/341800", "district/3418001"},
		{"year 1979", "year/2024", "year/1979"},
		{"year 02024", "year/2024", "year/02024"},
		{"unknown source", "source/lottery", "source/lotteri"},
		{"ledger scope", `"organisation/`, `"ledger/x","organisation/`},
		{"meta without ledger type", `"organisation/`, `"ledger/meta","organisation/`},
		{"hash upper case", `"body":"712c`, `"body":"712C`},
		{"hash short", `"body":"712c`, `"body":"712`},
		{"trailing byte", `ed2f0"}`, `ed2f0"} `},
		{"missing brace", `ed2f0"}`, `ed2f0"`},
		{"CR", `ed2f0"}`, "ed2f0\"}\r"},
		{"duplicate member", `,"body"`, `,"version":1,"body"`},
	} {
		var h Head
		if code := codeOf(h.Parse(changed(t, heads[2], c.old, c.new))); code != CodeHead {
			t.Errorf("%s: %q", c.name, code)
		}
	}
}

func TestBodyRefusals(t *testing.T) {
	_, bodies := sample()
	award, plain := bodies[4], bodies[7]
	deep := `"data":{"d":` + strings.Repeat("[", 15) + strings.Repeat("]", 15)
	members := `"data":{`
	for i := range 257 {
		members += `"m` + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10)) + `":0,`
	}
	for _, c := range []struct {
		name, old, new string
		line           []byte
	}{
		{"white space", `"data":{`, `"data": {`, award},
		{"salt short", `"salt":"X`, `"salt":"`, award},
		{"salt with unused bits", `-kZiA"`, `-kZiB"`, award},
		{"actor no REF", `"user/clerk-01"`, `"clerk"`, award},
		{"key empty", `"c-0005"`, `""`, award},
		{"key with space", `"c-0005"`, `"c 0005"`, award},
		{"key too long", `"c-0005"`, `"` + strings.Repeat("k", 129) + `"`, award},
		{"31 April", `"on":"2024-03-05"`, `"on":"2024-04-31"`, award},
		{"29 February 2023", `"on":"2024-03-05"`, `"on":"2023-02-29"`, award},
		{"on 2200", `"on":"2024-03-05"`, `"on":"2200-01-01"`, award},
		{"year 1979", `,"year":2024,"memo"`, `,"year":1979,"memo"`, award},
		{"year in quotes", `,"year":2024,"memo"`, `,"year":"2024","memo"`, award},
		{"null memo", `"memo":"服务协议 \"银龄\" 第一期\n按 60/40 拨付"`, `"memo":null`, award},
		{"empty memo", `"memo":"服务协议 \"银龄\" 第一期\n按 60/40 拨付"`, `"memo":""`, award},
		{"long memo", `"memo":"`, `"memo":"` + strings.Repeat("a", 4096), award},
		{"tab", "服务", "服\t务", award},
		{"escaped tab", "服务", `服\t务`, award},
		{"escaped slash", "60/40", `60\/40`, award},
		{"unicode escape", "服务", `服\u52a1`, award},
		{"DEL", "服务", "服\x7f务", award},
		{"C1", "服务", "服\u0085务", award},
		{"line separator", "服务", "服\u2028务", award},
		{"right to left override", "服务", "服\u202e务", award},
		{"isolate", "服务", "服\u2066务", award},
		{"byte order mark", "服务", "服\ufeff务", award},
		{"replacement character", "服务", "服\ufffd务", award},
		{"non-character", "服务", "服\ufdd0务", award},
		{"non-character of a plane", "服务", "服\U0001fffe务", award},
		{"bad UTF-8", "服务", "服\xff务", award},
		{"overlong", "服务", "服\xc0\xaf务", award},
		{"surrogate", "服务", "服\xed\xa0\x80务", award},
		{"data null", `"data":{"days":7,"ends":null,"open":true}`, `"data":null`, plain},
		{"data list", `"data":{"days":7,"ends":null,"open":true}`, `"data":[]`, plain},
		{"member twice", `"days":7,`, `"days":7,"days":7,`, plain},
		{"member name", `"days":7,`, `"da ys":7,`, plain},
		{"member name empty", `"days":7,`, `"":7,`, plain},
		{"fraction", `"days":7`, `"days":7.0`, plain},
		{"exponent", `"days":7`, `"days":7e0`, plain},
		{"leading zero", `"days":7`, `"days":07`, plain},
		{"minus zero", `"days":7`, `"days":-0`, plain},
		{"2^53", `"days":7`, `"days":9007199254740992`, plain},
		{"long number", `"days":7`, `"days":900719925474099100000000000`, plain},
		{"depth 17", `"data":{`, deep + `,`, plain},
		{"257 members", `"data":{`, members, plain},
		{"trailing comma", `"open":true}`, `"open":true,}`, plain},
		{"True", `true`, `True`, plain},
		{"after data", `"open":true}`, `"open":true},"more":1`, plain},
		{"trailing", `}}`, `}} `, plain},
		{"unfinished", `}}`, `}`, plain},
		{"top member twice", `"data":{`, `"data":{},"data":{`, plain},
		{"docs empty", `"data":{`, `"docs":[],"data":{`, plain},
		{"docs order", `"data":{`, `"docs":[{"name":"a","sha256":"` + strings.Repeat("0", 64) + `","kind":"voucher"}],"data":{`, plain},
		{"docs kind", `"data":{`, `"docs":[{"sha256":"` + strings.Repeat("0", 64) + `","name":"a","kind":"vouchers"}],"data":{`, plain},
		{"docs name", `"data":{`, `"docs":[{"sha256":"` + strings.Repeat("0", 64) + `","name":"","kind":"voucher"}],"data":{`, plain},
		{"docs number", `"data":{`, `"docs":[{"sha256":"` + strings.Repeat("0", 64) + `","name":"a","kind":"voucher","number":""}],"data":{`, plain},
		{"entries empty", `}}`, `},"entries":[]}`, plain},
		{"entry without lines", `"lines":[["budget.allocated",-3090000],["budget.committed",3090000],["match.origin",-500000],["match.open",500000]]`, `"lines":[]`, award},
		{"entry order", `{"fund":"lottery-2023-city","project":"P-2024-0001"`, `{"project":"P-2024-0001","fund":"lottery-2023-city"`, award},
		{"entry begins with a comma", `{"fund"`, `{,"fund"`, award},
		{"entry vintage", `"vintage":2023`, `"vintage":1979`, award},
		{"entry district", `"district":"341882"`, `"district":"34188"`, award},
		{"unknown account", `"match.open"`, `"match.opened"`, award},
		{"account twice", `"match.open",500000`, `"match.origin",500000`, award},
		{"amount 0", `["match.origin",-500000],["match.open",500000]`, `["match.origin",0],["match.open",0]`, award},
		{"amount 10^15", `["match.origin",-500000],["match.open",500000]`, `["match.origin",-1000000000000000],["match.open",1000000000000000]`, award},
		{"line of three", `["match.open",500000]`, `["match.open",500000,1]`, award},
		{"entries without on", `"on":"2024-03-05",`, ``, award},
		{"entries without year", `"year":2024,"memo"`, `"memo"`, award},
	} {
		var b Body
		if code := codeOf(b.Parse(changed(t, c.line, c.old, c.new))); code != CodeBody {
			t.Errorf("%s: %q", c.name, code)
		}
	}
	var b Body
	if code := codeOf(b.Parse(changed(t, award, `"match.open",500000`, `"match.open",500001`))); code != CodeEntries {
		t.Errorf("a book that does not sum to zero: %q", code)
	}
	if code := codeOf(b.Parse(changed(t, award, `"match.origin",-500000`, `"money.income",-500000`))); code != CodeEntries {
		t.Errorf("books that only sum to zero together: %q", code)
	}
}

func TestBodyLimitsAccepted(t *testing.T) {
	_, bodies := sample()
	deep := `"data":{"d":` + strings.Repeat("[", 14) + strings.Repeat("]", 14) + ","
	for _, c := range []struct{ name, old, new string }{
		{"depth 16", `"data":{`, deep},
		{"2^53-1", `"days":7`, `"days":-9007199254740991`},
		{"actor system", "user/clerk-01", "system/sealer"},
		{"leap day", "2025-01-08", "2024-02-29"},
		{"no on", `"on":"2025-01-08",`, ``},
		{"memo", `"data":{`, `"memo":"` + strings.Repeat(`\n`, 4096) + `","data":{`},
		{"astral", `"ends":null`, `"ends":"𠮷"`},
		{"same name at two levels", `"ends":null`, `"ends":{"days":1}`},
	} {
		var b Body
		if err := b.Parse(changed(t, bodies[7], c.old, c.new)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestMatchRefusals(t *testing.T) {
	heads, bodies := sample()
	for _, c := range []struct {
		name, old, new, code string
		hash                 bool // the head names the changed body
	}{
		{"hash", "60/40", "60/50", CodeBody, false},
		{"year", `"year":2024,"memo"`, `"year":2025,"memo"`, CodeScopes, true},
		{"project of an entry", `"project":"P-2024-0001"`, `"project":"P-2024-0002"`, CodeScopes, true},
		{"district of an entry", `"district":"341882"`, `"district":"341881"`, CodeScopes, true},
		{"year of an entry", `"year":2024,"vintage"`, `"year":2023,"vintage"`, CodeScopes, true},
		{"vintage has no scope", `"vintage":2023`, `"vintage":2019`, "", true},
	} {
		body := changed(t, bodies[4], c.old, c.new)
		var e Event
		if err := e.Head.Parse(heads[4]); err != nil {
			t.Fatal(err)
		}
		if c.hash {
			e.Head.Body = sha256.Sum256(body)
		}
		if code := codeOf(e.ParseBody(body)); code != c.code {
			t.Errorf("%s: %q, want %q", c.name, code, c.code)
		}
	}
	var e Event
	for old, new := range map[string]string{`"source/lottery",`: ``, `"fund/lottery-2023-city",`: ``} {
		if code := codeOf(e.Parse(changed(t, heads[4], old, new), bodies[4])); code != CodeScopes {
			t.Errorf("without %s: %q", old, code)
		}
	}
	if err := e.Head.Parse(heads[6]); err != nil {
		t.Fatal(err)
	}
	e.Head.Body = sha256.Sum256(bodies[4])
	if code := codeOf(e.ParseBody(bodies[4])); code != CodeScopes && code != CodeEntries {
		t.Errorf("entries of a ledger event: %q", code)
	}
}

func TestEntryScopes(t *testing.T) {
	heads, bodies := sample()
	var e Event
	if err := e.Parse(heads[9], bodies[9]); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"district/341882 fund/lottery-2023-city organisation/52341882MJ0000001X project/P-2024-0001 purpose/elderly source/lottery year/2024",
		"district/341881 fund/lottery-2023-city organisation/52341881MJ0000002Y project/P-2024-0002 purpose/children source/lottery year/2025",
	}
	for i := range e.Body.Entries {
		got := bytes.Join(e.Body.Entries[i].AppendScopes(nil, e.Head.Scopes), []byte(" "))
		if string(got) != want[i] {
			t.Errorf("entry %d: %s", i, got)
		}
	}
}

func TestValidText(t *testing.T) {
	for s, want := range map[string]bool{"善款\n\"a\\": true, "": true, "𠮷": true, "a\tb": false, "\r": false, "\u202e": false, "\xe5\x96": false} {
		if ValidText(s) != want {
			t.Errorf("%q: not %v", s, want)
		}
	}
}

func TestDates(t *testing.T) {
	for at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2500; at = at.AddDate(0, 0, 17) {
		millis, ok := parseTime(AppendTime(nil, at))
		if !ok || millis != at.UnixMilli() {
			t.Fatalf("%s: %d %v", at, millis, ok)
		}
	}
}

func TestAccounts(t *testing.T) {
	for a := range Accounts {
		got, ok := ParseAccount([]byte(a.String()))
		book := map[string]Book{"budget": Budget, "money": Money, "pledge": Pledge, "match": Match}[strings.Split(a.String(), ".")[0]]
		if !ok || got != a || a.Book() != book {
			t.Errorf("%s: %v %v", a, got, ok)
		}
	}
	if Accounts != 25 {
		t.Errorf("%d accounts", Accounts)
	}
}

func BenchmarkEvent(b *testing.B) {
	heads, bodies := sample()
	var e Event
	b.SetBytes(int64(len(heads[5]) + len(bodies[5])))
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Parse(heads[5], bodies[5]); err != nil {
			b.Fatal(err)
		}
	}
}
