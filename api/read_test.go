package api

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"grantledger/domain"
)

// TestReading is sections 3 and 6 of the interface on the scenario lifecycle.
func TestReading(t *testing.T) {
	newFixture(t, Config{}).tell("lifecycle", "").play(t, "read.txt")
}

// page is a list as a client reads it.
type readPage struct {
	Position uint64           `json:"position"`
	Coverage string           `json:"coverage"`
	Items    []map[string]any `json:"items"`
	Totals   map[string]any   `json:"totals"`
	Next     *string          `json:"next_cursor"`
}

func (f *fixture) page(user, path string) readPage {
	f.t.Helper()
	w := f.send("GET", "/api/v1"+path, user, "")
	if w.Code != 200 {
		f.t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	var p readPage
	must(f.t, json.Unmarshal(w.Body.Bytes(), &p))
	return p
}

// walk reads all items of a list by its cursors.
func (f *fixture) walk(user, path string, limit int, between func()) (items []map[string]any, position uint64) {
	f.t.Helper()
	list, _, _ := strings.Cut(path, "?")
	p := f.page(user, path+"&limit="+strconv.Itoa(limit))
	position = p.Position
	for {
		items = append(items, p.Items...)
		if p.Next == nil {
			return items, position
		}
		if between != nil {
			between()
		}
		p = f.page(user, list+"?cursor="+*p.Next+"&limit="+strconv.Itoa(limit))
		if p.Position != position {
			f.t.Fatalf("the cursor moved from %d to %d", position, p.Position)
		}
	}
}

// TestGoldenBalances: all seven dimensions of a scenario are its balances.tsv.
func TestGoldenBalances(t *testing.T) {
	for _, name := range []string{"first-slice", "lifecycle", "corners", "refusals", "xuancheng"} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Config{}).tell(name, "")
			items, _ := f.walk("admin-1", "/balances?group_by=fund,project,organisation,district,year,vintage,purpose&district_view=recorded", 7, nil)
			var got []string
			for _, item := range items {
				key := item["key"].(map[string]any)
				for account, text := range item["accounts"].(map[string]any) {
					if text == "0.00" {
						continue
					}
					row := account
					for _, k := range tupleKeys {
						row += "\t" + plain(key[string(k)])
					}
					got = append(got, row+"\t"+strings.ReplaceAll(text.(string), ".", ""))
				}
			}
			slices.Sort(got)
			for i, row := range got { // "012" of 0.12
				at := strings.LastIndexByte(row, '\t') + 1
				n, err := strconv.ParseInt(row[at:], 10, 64)
				must(t, err)
				got[i] = row[:at] + strconv.FormatInt(n, 10)
			}
			slices.Sort(got)
			want := golden(t, name, "balances.tsv")
			if g := strings.Join(got, "\n"); g != want {
				t.Errorf("balances differ\ngot:\n%s\nwant:\n%s", g, want)
			}
		})
	}
}

// golden is a table of a scenario, sorted, without its header.
func golden(t *testing.T, scenario, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "domain", "testdata", "scenarios", scenario, name))
	must(t, err)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")[1:]
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// plain writes a value out of JSON as CSV does.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = plain(v[i])
		}
		return strings.Join(texts, ";")
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// TestGoldenReport: figures by project, district and year are report.tsv.
func TestGoldenReport(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "")
	var names []string
	for _, m := range domain.Figures() {
		names = append(names, m.String())
	}
	keys := []string{"fund", "project", "district", "year"}
	items, _ := f.walk("admin-1", "/balances?district_view=recorded&group_by="+strings.Join(keys, ",")+"&measures="+strings.Join(names, ","), 500, nil)
	got := map[string]map[string]any{}
	for _, item := range items {
		row := ""
		for _, k := range keys {
			row += orElse(plain(item["key"].(map[string]any)[k]), "-") + "\t"
		}
		got[row] = item["measures"].(map[string]any)
	}
	compared := 0
	for line := range strings.SplitSeq(golden(t, "lifecycle", "report.tsv"), "\n") {
		cells := strings.Split(line, "\t")
		if cells[0] == "*" || cells[1] == "*" || cells[2] == "*" {
			continue
		}
		have, ok := got[strings.Join(cells[:4], "\t")+"\t"]
		if !ok {
			t.Errorf("no row %v", cells[:4])
			continue
		}
		for i, name := range names {
			want := cells[4+i]
			if n, err := strconv.ParseInt(want, 10, 64); err == nil {
				want = domain.Fen(n).String()
				if name == "rate" {
					want = string(appendRatio(nil, n))
				}
			}
			if text := orElse(plain(have[name]), "-"); text != want {
				t.Errorf("%v %s: got %s, want %s", cells[:4], name, text, want)
			}
			compared++
		}
	}
	if compared == 0 {
		t.Error("nothing compared")
	}
}

// TestCursorsWhileWriting: a chain neither repeats nor misses an item while
// events are added, and a pinned position keeps its bytes.
func TestCursorsWhileWriting(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048")
	rest := slices.DeleteFunc(readScenario(t, "lifecycle"), func(l scenarioLine) bool { return l.Expect != "ok" || l.Key < "lifecycle-0048" })
	write := func() {
		if len(rest) == 0 {
			return
		}
		f.advance(rest[0])
		cmd, err := domain.Bind(rest[0].Command, rest[0].Data)
		must(t, err)
		cmd.Key, cmd.Actor = rest[0].Key, rest[0].Actor
		_, _, err = f.writer.Do(t.Context(), cmd)
		must(t, err)
		rest = rest[1:]
		f.settle()
		f.issue("auditor-1") // the story takes longer than a token lasts
	}
	for _, path := range []string{"/events?order=desc", "/events?order=asc", "/statements?fund=GD", "/timeline?fund=GD", "/balances?group_by=project,year&sort=-budget.committed", "/projects?sort=-disbursed"} {
		begin := f.server.Model.Progress()
		items, position := f.walk("auditor-1", path, 3, write)
		if position != begin {
			t.Errorf("%s: begun at %d, answered for %d", path, begin, position)
		}
		whole := f.page("auditor-1", path+"&limit=500&position="+strconv.FormatUint(position, 10))
		strip(items)
		strip(whole.Items)
		if got, want := fmt.Sprint(items), fmt.Sprint(whole.Items); got != want {
			t.Errorf("%s: the chain has %d items, the whole %d, or they differ\n%s\n%s", path, len(items), len(whole.Items), got, want)
		}
	}
}

// strip takes out what is of today at every position.
func strip(items []map[string]any) {
	for _, item := range items {
		for _, name := range []string{"state", "published", "version", "labels", "label"} {
			delete(item, name)
		}
	}
}

// TestFormatsAgree: JSON, CSV and XLSX of one address hold the same rows.
func TestFormatsAgree(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "")
	for _, path := range []string{
		"/balances?group_by=fund,project,year,vintage&account=money.advance,budget.committed", "/balances?year=2023&group_by=project&measures=rate,remaining&account=money.cash",
		"/statements?project=P-A", "/timeline?project=P-A", "/events?project=P-A", "/funds?x", "/projects?x", "/organisations?x", "/subjects/award?x", "/subjects/user?x",
	} {
		path = strings.TrimSuffix(strings.TrimSuffix(path, "x"), "?")
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		t.Run(path, func(t *testing.T) {
			p := f.page("auditor-1", path+sep+"limit=500")
			if p.Next != nil || len(p.Items) == 0 {
				t.Fatalf("%d items, next %v", len(p.Items), p.Next)
			}
			w := f.send("GET", "/api/v1"+path+sep+"format=csv", "auditor-1", "")
			text, ok := strings.CutPrefix(w.Body.String(), bom)
			if !ok || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || !strings.Contains(w.Header().Get("Link"), "position="+strconv.FormatUint(p.Position, 10)) {
				t.Errorf("headers %v", w.Header())
			}
			rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			must(t, err)
			compareRows(t, "csv", p.Items, rows)
			w = f.send("GET", "/api/v1"+path, "auditor-1", "", "Accept: "+typeXLSX)
			compareRows(t, "xlsx", p.Items, sheetRows(t, w.Body.Bytes(), len(rows[0])))
		})
	}
}

func compareRows(t *testing.T, what string, items []map[string]any, rows [][]string) {
	t.Helper()
	if len(rows) != len(items)+1 {
		t.Fatalf("%s has %d rows for %d items", what, len(rows)-1, len(items))
	}
	for i, item := range items {
		for column, name := range rows[0] {
			want := plain(memberAt(item, name))
			if got := strings.TrimPrefix(rows[i+1][column], "'"); got != want {
				t.Errorf("%s row %d %s: %q, in JSON %q", what, i+1, name, got, want)
			}
		}
	}
}

// memberAt finds a member by its path; names may have dots.
func memberAt(v any, path string) any {
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	if found, ok := object[path]; ok {
		return found
	}
	first, rest, _ := strings.Cut(path, ".")
	return memberAt(object[first], rest)
}

// TestUnchanged: the same bytes again are 304.
func TestUnchanged(t *testing.T) {
	f := newFixture(t, Config{}).tell("first-slice", "")
	w := f.send("GET", "/api/v1/balances?group_by=fund", "auditor-1", "")
	tag := w.Header().Get("ETag")
	if w.Code != 200 || !strings.HasPrefix(tag, `W/"`) {
		t.Fatalf("%d %q", w.Code, tag)
	}
	w = f.send("GET", "/api/v1/balances?group_by=fund", "auditor-1", "", `If-None-Match: "other", `+tag)
	if w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("%d with %d bytes", w.Code, w.Body.Len())
	}
	if w = f.send("GET", "/api/v1/balances?group_by=year", "auditor-1", "", "If-None-Match: "+tag); w.Code != 200 {
		t.Errorf("other bytes: %d", w.Code)
	}
}

// TestMember: one fund has facts, links and its version as ETag.
func TestMember(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "")
	for _, path := range []string{"/funds/GD", "/projects/P-A", "/organisations/ORG-X", "/districts/341882", "/subjects/award/AW-A", "/subjects/fund/GD"} {
		w := f.send("GET", "/api/v1"+path, "auditor-1", "")
		body := status(t, w, 200, "")
		version := strconv.FormatFloat(body["version"].(float64), 'f', -1, 64)
		if tag := w.Header().Get("ETag"); tag != `"v`+version+`"` {
			t.Errorf("%s: ETag %s, version %s", path, tag, version)
		}
		for _, name := range []string{"facts", "links"} {
			if len(body[name].(map[string]any)) == 0 {
				t.Errorf("%s: no %s in %s", path, name, w.Body)
			}
		}
	}
	status(t, f.send("GET", "/api/v1/projects/P-NONE", "auditor-1", ""), 404, "not_found")
	status(t, f.send("GET", "/api/v1/subjects/nothing", "auditor-1", ""), 404, "not_found")
	status(t, f.send("GET", "/api/v1/projects/P-A?fund=x", "auditor-1", ""), 200, "")
}

// TestStatementLinks: the closing figures behind a group's link are its amounts.
func TestStatementLinks(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "")
	for _, path := range []string{"/balances?group_by=fund,project,year", "/balances?group_by=district,purpose&interval=quarter&book=budget", "/balances?fund=GD&as_of=2023-10-01&district_view=recorded&group_by=vintage"} {
		for _, item := range f.page("auditor-1", path+"&limit=500").Items {
			link := strings.TrimPrefix(item["statement"].(string), "/api/v1")
			w := f.send("GET", "/api/v1"+link, "auditor-1", "")
			body := status(t, w, 200, "")
			totals, accounts := body["totals"].(map[string]any), item["accounts"].(map[string]any)
			for account, v := range totals {
				if net := v.(map[string]any)["net"]; net != accounts[account] {
					t.Errorf("%s: %s is %v, the group has %v", link, account, net, accounts[account])
				}
			}
		}
	}
}

// TestReports: every report answers as a table whose rows fit its columns.
func TestReports(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "")
	list := status(t, f.send("GET", "/api/v1/reports", "auditor-1", ""), 200, "")
	for _, item := range list["items"].([]any) {
		url := item.(map[string]any)["url"].(string) + "?year=2023&unit=wan"
		if strings.Contains(url, "project-ledger") {
			url += "&project=P-A"
		}
		body := status(t, f.send("GET", url, "auditor-1", ""), 200, "")
		columns, rows := body["columns"].([]any), body["rows"].([]any)
		if len(columns) == 0 || body["totals"] == nil || body["proof_ok"] == nil || len(body["notes"].([]any)) == 0 {
			t.Errorf("%s: %v", url, body)
		}
		for _, row := range rows {
			if len(row.([]any)) != len(columns) {
				t.Errorf("%s: row %v for %d columns", url, row, len(columns))
			}
		}
		w := f.send("GET", url+"&format=csv&header=zh", "auditor-1", "")
		if w.Code != 200 || strings.Count(w.Body.String(), "\r\n") < len(rows)+1 {
			t.Errorf("%s as csv: %d %s", url, w.Code, w.Body)
		}
	}
}

// TestPublicView: the public reads what is published and no more.
func TestPublicView(t *testing.T) {
	f := newFixture(t, Config{PublicEnabled: true, PublicFunds: []string{"*"}}).tell("lifecycle", "")
	for _, path := range []string{"/balances?group_by=fund", "/events?limit=500", "/projects"} {
		if p := f.page("", path); p.Coverage != "published" {
			t.Errorf("%s: coverage %s", path, p.Coverage)
		}
	}
	for _, kind := range []string{"user", "proposal"} {
		if p := f.page("", "/subjects/"+kind); len(p.Items) != 0 {
			t.Errorf("the public sees %d of kind %s", len(p.Items), kind)
		}
	}
	status(t, f.send("GET", "/api/v1/subjects/user/admin-1", "", ""), 404, "not_found")
	for _, item := range f.page("", "/subjects/organisation").Items {
		if holds := item["facts"].(map[string]any)["holds"].([]any); len(holds) != 0 {
			t.Errorf("the public sees holds %v", holds)
		}
	}
	hidden := newFixture(t, Config{PublicEnabled: true}).tell("lifecycle", "")
	if p := hidden.page("", "/balances?group_by=fund"); len(p.Items) != 0 {
		t.Errorf("nothing is published, but %v", p.Items)
	}
	status(t, hidden.send("GET", "/api/v1/funds/GD", "", ""), 404, "not_found")
}
