package bundle

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
)

func verified(t *testing.T, pkg []byte) *Package {
	t.Helper()
	p := open(t, pkg)
	if _, err := p.Verify(Policy{Trust: trust(t)}); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHledger(t *testing.T) {
	var out bytes.Buffer
	if err := verified(t, read(t, "sample-full.zip")).WriteHledger(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2024-03-05 (2) appropriation.received.v1 市级福彩公益金 2023 年度指标\n" +
			"    budget:available  CNY 500000.00  ; fund:lottery-2023-city, district:341800, year:2024, vintage:2023\n" +
			"    budget:authority  CNY -500000.00  ; fund:lottery-2023-city, district:341800, year:2024, vintage:2023\n\n",
		"2024-03-05 (5) award.agreed.v1 服务协议 \"银龄\" 第一期\n",
		"    money:advance  CNY -350.55  ; fund:lottery-2023-city, project:P-2024-0001,",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "\n20"); n != 7 {
		t.Errorf("%d transactions after the first", n)
	}
	if got := description("a;b|c\nd"); got != "a；b｜c" {
		t.Errorf("description %q", got)
	}
}

func TestCSV(t *testing.T) {
	p := verified(t, read(t, "sample-full.zip"))
	var out bytes.Buffer
	if err := p.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(out.Bytes())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for i, r := range rows {
		if i == 0 || r[0] != "5" {
			continue
		}
		lines++
		if r[18] != "服务协议 \"银龄\" 第一期\n按 60/40 拨付" || r[3] != "2024-03-05" || r[6] != "1" || r[16] != "2023" {
			t.Errorf("%q", r)
		}
		if lines == 1 && (r[8] != "budget.allocated" || r[9] != "-3090000" || r[10] != "-30900.00") {
			t.Errorf("%q", r)
		}
	}
	if lines != 4 || !strings.HasPrefix(out.String(), "position,id,time,on,type,subject,version,actor,account,fen,yuan,fund,") {
		t.Errorf("%d lines of position 5", lines)
	}
	for memo, want := range map[string]string{"=1+1": "'=1+1", "-x": "'-x", "@a": "'@a", "+1": "'+1", "a=b": "a=b", "": ""} {
		if safeMemo(memo) != want {
			t.Errorf("memo %q", memo)
		}
	}
	raw, err := p.DataPackage()
	var parsed struct {
		Resources []struct {
			Path   string
			Schema struct{ Fields []struct{ Name, Type string } }
		}
	}
	if err != nil || json.Unmarshal(raw, &parsed) != nil || len(parsed.Resources[0].Schema.Fields) != len(rows[0]) {
		t.Errorf("%s %v", raw, err)
	}
}

func TestViewsOnlyAfterVerification(t *testing.T) {
	p := open(t, read(t, "sample-full.zip"))
	if err := p.WriteCSV(new(bytes.Buffer)); err == nil {
		t.Error("a view of an unverified package")
	}
	if _, err := p.DataPackage(); err == nil {
		t.Error("a description of an unverified package")
	}
}

// A file that is swapped after its verification gives no view.
func TestViewOfASwappedFile(t *testing.T) {
	first, second := newLedger(t), newLedger(t)
	first.allocate("P-1", 5)
	second.allocate("P-1", 6)
	p := verified(t, first.pack(nil))
	p.file.r = bytes.NewReader(second.pack(nil))
	if err := p.WriteCSV(new(bytes.Buffer)); err == nil {
		t.Error("a view of another file")
	}
}

func TestFilter(t *testing.T) {
	scopes := [][]byte{[]byte("district/341882"), []byte("project/P-1"), []byte("year/2024")}
	for _, c := range []struct {
		lines []string
		holds bool
	}{
		{nil, true},
		{[]string{"project/P-1"}, true},
		{[]string{"project/P-2"}, false},
		{[]string{"project/P*"}, true},
		{[]string{"project/P-1*"}, true},
		{[]string{"project/P"}, false},
		{[]string{"district/3418* year/2024"}, true},
		{[]string{"district/3418* year/2025"}, false},
		{[]string{"project/P-2", "year/2024"}, true},
	} {
		if got := mustFilter(t, c.lines...).Holds(scopes); got != c.holds {
			t.Errorf("%v: %v", c.lines, got)
		}
	}
	for _, bad := range [][][]string{{{}}, {{"*"}}, {{"project/*"}}, {{"project"}}, {{"project/P**"}}, {{"a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/7", "a/8", "a/9"}}} {
		if _, err := NewFilter(bad); err == nil {
			t.Errorf("%v accepted", bad)
		}
	}
	for _, bad := range [][]string{{}, {"all", "all"}, {"project/P-2", "project/P-1"}, {"project/P-1", "project/P-1"}, {"b/1 a/1"}, {"a/1 a/1"}, {"a/1  b/1"}, {"a/1 "}} {
		if _, err := parseFilter(bad); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
	if f := mustFilter(t, "b/1 a/1 b/1", "a/1", "a/1 b/1"); f.String() != "a/1 or a/1 b/1" {
		t.Errorf("%s", f)
	}
}
