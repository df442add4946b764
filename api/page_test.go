package api

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"grantledger/api/web"
	"grantledger/domain"

	"golang.org/x/net/html"
)

// storyPages is the golden scenario on a real log, shared by the tests of pages,
// which only read.
func storyPages(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t, Config{PublicEnabled: true, PublicFunds: []string{"*"}, Demo: true})
	f.tell("xuancheng", "")
	_, err := f.server.Sealer.Seal(t.Context())
	must(t, err)
	must(t, f.server.Model.Wait(t.Context(), f.server.Log.Position()))
	return f
}

// get is a page as a browser asks for it.
func (f *fixture) get(path, user string) (status int, header http.Header, body string) {
	f.t.Helper()
	w := f.send("GET", path, user, "", "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	return w.Code, w.Header(), w.Body.String()
}

// parse reads HTML and refuses what the policy would: styles and scripts in
// the markup.
func parse(t *testing.T, path, body string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	must(t, err)
	headings := 0
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "h1" {
			headings++
		}
		if n.Data == "style" || n.Data == "script" && attribute(n, "src") == "" {
			t.Errorf("%s: inline %s", path, n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s: attribute %s", path, a.Key)
			}
		}
	}
	if headings != 1 {
		t.Errorf("%s: %d h1", path, headings)
	}
	return root
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textIn(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// byClass are the elements of a class.
func byClass(root *html.Node, class string) (out []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && slices.Contains(strings.Fields(attribute(n, "class")), class) {
			out = append(out, n)
		}
	}
	return out
}

// reportRow is a row of report.tsv by the names of its columns.
func reportRows(t *testing.T, keep func(fund, project, district string) bool) map[string]map[string]domain.Fen {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "domain", "testdata", "scenarios", "xuancheng", "report.tsv"))
	must(t, err)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	names := strings.Split(lines[0], "\t")
	out := map[string]map[string]domain.Fen{}
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if !keep(cells[0], cells[1], cells[2]) {
			continue
		}
		row := map[string]domain.Fen{}
		for i := 4; i < len(cells); i++ {
			n, _ := strconv.ParseInt(cells[i], 10, 64)
			row[names[i]] = domain.Fen(n)
		}
		out[cells[0]+"|"+cells[2]+"|"+cells[3]] = row
	}
	return out
}

// The four figures, and the tables of C2 and C4, are those of the report.
func TestOverviewAgreesWithReport(t *testing.T) {
	f := storyPages(t)
	rows := reportRows(t, func(fund, project, district string) bool { return project == "*" })
	for year := 2017; year <= 2024; year++ {
		path := "/?year=" + strconv.Itoa(year)
		_, _, body := f.get(path, "")
		root := parse(t, path, body)
		all := rows["*|*|"+strconv.Itoa(year)]
		exact := byClass(root, "figures")[0]
		shown := textIn(exact)
		for _, name := range []string{"remaining", "appropriated", "disbursed"} {
			if want := "¥" + web.Money(all[name]); !strings.Contains(shown, want) {
				t.Errorf("%s: %s %s is not among %q", path, name, want, shown)
			}
		}
		if want := web.Percent(int64(all["rate"])); !strings.Contains(shown, want) {
			t.Errorf("%s: rate %s is not among %q", path, want, shown)
		}
		tables := map[string]string{}
		for _, figure := range byClass(root, "chart") {
			for n := range figure.Descendants() {
				if n.Data == "table" {
					tables[attribute(byTag(figure, "h2"), "id")] = textIn(n)
				}
			}
		}
		for key, row := range rows {
			parts := strings.Split(key, "|")
			if parts[2] != strconv.Itoa(year) || row["disbursed"] == 0 {
				continue
			}
			switch {
			case parts[0] != "*" && parts[1] == "*":
				holdsText(t, path+" C2 "+parts[0], tables["c2"], web.Money(row["disbursed"]))
			case parts[0] == "*" && parts[1] != "*" && parts[1] != "341822": // shown under its code of today
				holdsText(t, path+" C4 "+parts[1], tables["c4"], web.Money(row["disbursed"]))
			}
		}
	}
}

func byTag(root *html.Node, tag string) *html.Node {
	for n := range root.Descendants() {
		if n.Data == tag {
			return n
		}
	}
	return &html.Node{}
}

func holdsText(t *testing.T, what, have, want string) {
	t.Helper()
	if !strings.Contains(have, want) {
		t.Errorf("%s: %q is not in %q", what, want, have)
	}
}

// pagesOfStory are pages of every kind.
var pagesOfStory = []string{
	"/", "/?year=2019", "/funds", "/funds/GD-GYCT", "/funds/NG-CHAMBER", "/projects", "/projects?fund=GD-GYCT&year=2020", "/projects/GD-R1", "/projects/NG-V1-ROAD",
	"/districts", "/districts/341882", "/districts/341822", "/districts/341800", "/statements?year=2023&figure=remaining", "/statements?year=2023&figure=rate",
	"/statements?project=NG-V1-ROAD", "/events", "/events?type=award.disbursed.v1&district=341881", "/events/1", "/events/1300", "/checkpoints", "/help", "/docs", "/login",
}

// Every page is whole in both languages, small, and says that it is an
// example; what it links to is there.
func TestPagesAreWhole(t *testing.T) {
	f := storyPages(t)
	seen := map[string]bool{}
	for _, path := range pagesOfStory {
		for _, lang := range []string{"zh", "en"} {
			join := "?"
			if strings.Contains(path, "?") {
				join = "&"
			}
			status, header, body := f.get(path+join+"lang="+lang, "")
			if status != 200 || len(body) > 100<<10 {
				t.Fatalf("%s %s: status %d, %d bytes", path, lang, status, len(body))
			}
			root := parse(t, path, body)
			mark := map[string]string{"zh": "示例", "en": "Example"}[lang]
			holdsText(t, path, textIn(byClass(root, "demo")[0]), mark)
			if lang == "en" && strings.Contains(body, "跳到正文") {
				t.Errorf("%s: Chinese on the English page", path)
			}
			if header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: no policy", path)
			}
			for n := range root.Descendants() {
				if n.Data == "a" {
					seen[attribute(n, "href")] = true
				}
			}
		}
	}
	checkLinks(t, f, seen)
}

// checkLinks follows links, of each form a few.
func checkLinks(t *testing.T, f *fixture, links map[string]bool) {
	t.Helper()
	form := regexp.MustCompile(`[0-9A-Z][0-9A-Za-z.-]*`)
	count := map[string]int{}
	for link := range links {
		if !strings.HasPrefix(link, "/") {
			if !strings.HasPrefix(link, "#") {
				t.Errorf("link %q leaves the server", link)
			}
			continue
		}
		shape := form.ReplaceAllString(link, "N")
		if count[shape]++; count[shape] > 3 {
			continue
		}
		if status, _, _ := f.get(link, ""); status != 200 {
			t.Errorf("%s: status %d", link, status)
		}
	}
}

// From a figure to its proof in three clicks: statement, event, bytes.
func TestThreeClicksToProof(t *testing.T) {
	f := storyPages(t)
	_, _, body := f.get("/?year=2023", "")
	root := parse(t, "/", body)
	figure := byClass(root, "big")[2] // disbursed
	_, _, body = f.get(attribute(figure, "href"), "")
	statement := parse(t, "statement", body)
	holdsText(t, "sum", textIn(byClass(statement, "formula")[0]), "1,082,040.29")
	event := ""
	for n := range byClass(statement, "cards")[0].Descendants() {
		if n.Data == "a" && event == "" && strings.HasPrefix(attribute(n, "href"), "/events/") {
			event = attribute(n, "href")
		}
	}
	_, _, body = f.get(event, "")
	page := parse(t, event, body)
	raw := byClass(page, "raw")
	if len(raw) != 1 || len(byClass(page, "proof")) != 1 {
		t.Fatal("no bytes or no proof")
	}
	holdsText(t, event, textIn(byClass(page, "proof")[0]), "哈希一致，在检查点")
	holdsText(t, event, textIn(raw[0]), `"subject":"`)
}

// An old position shows the figures of that time, and keeps them.
func TestFixedPosition(t *testing.T) {
	f := storyPages(t)
	_, _, body := f.get("/?year=2017&position=60", "")
	root := parse(t, "/", body)
	holdsText(t, "bar", textIn(byClass(root, "warn")[0]), "第 60 号事件为止")
	holdsText(t, "figures", textIn(byClass(root, "figures")[0]), "¥1,300,000.00")
	holdsText(t, "foot", textIn(byTag(root, "footer")), "截至第 60 号")
	for n := range byClass(root, "top")[0].Descendants() {
		if href := attribute(n, "href"); n.Data == "a" && strings.HasPrefix(href, "/funds") && !strings.Contains(href, "position=60") {
			t.Errorf("%s loses the position", href)
		}
	}
}

// The bar of an old view leads back to the same page, without its time.
func TestBackToLive(t *testing.T) {
	f := storyPages(t)
	for path, want := range map[string]string{
		"/?year=2017&position=60&lang=en":               "/?lang=en&year=2017",
		"/projects/GD-R1?position=900&as_of=2018-01-01": "/projects/GD-R1",
	} {
		_, _, body := f.get(path, "")
		bar := byClass(parse(t, path, body), "warn")[0]
		if got := attribute(byTag(bar, "a"), "href"); got != want {
			t.Errorf("%s: back to %s, want %s", path, got, want)
		}
	}
}

// The list of funds holds those that have no line in the year too.
func TestFundsWithoutLines(t *testing.T) {
	f := storyPages(t)
	_, _, body := f.get("/funds?year=2024", "")
	table := textIn(byTag(parse(t, "/funds", body), "table"))
	holdsText(t, "with lines", table, "宁国市行业商会乡村建设帮扶")
	holdsText(t, "without", table, "广德公益创投资金")
	if strings.Contains(table, "广德县") {
		t.Error("a district stands under the code of an earlier year")
	}
}

// An approval names its person by the step, not as the maker.
func TestPersonsOfApproval(t *testing.T) {
	f := storyPages(t)
	_, _, body := f.get("/events/300", "")
	text := textIn(byTag(parse(t, "/events/300", body), "main"))
	holdsText(t, "approval", text, "proposal.approved.v1")
	holdsText(t, "approval", text, "复核：")
	if strings.Contains(text, "经办：") {
		t.Error("an approval names a maker")
	}
}

// A page that is asked for no HTML is the resource under the base path.
func TestPageForms(t *testing.T) {
	f := storyPages(t)
	for _, c := range []struct{ path, accept string }{{"/funds", "application/json"}, {"/funds?format=csv", "text/html"}, {"/events/100", "application/json"}, {"/statements?year=2023&format=csv", "*/*"}, {"/projects/GD-R1", "application/json"}} {
		page := f.send("GET", c.path, "auditor-1", "", "Accept: "+c.accept)
		resource := f.send("GET", base+c.path, "auditor-1", "", "Accept: "+orElse(map[bool]string{true: "*/*"}[strings.Contains(c.path, "format")], c.accept))
		if page.Code != 200 || page.Body.String() != resource.Body.String() || strings.HasPrefix(page.Body.String(), "<!DOCTYPE") {
			t.Errorf("%s %s: %d, differs from the resource", c.path, c.accept, page.Code)
		}
	}
}

// Problems are pages for browsers; those who must sign in get the form.
func TestPagesThatSayNo(t *testing.T) {
	f := newFixture(t, Config{}).tell("first-slice", "")
	status, header, _ := f.get("/funds?lang=en", "")
	if status != http.StatusSeeOther || header.Get("Location") != "/login?next=%2Ffunds%3Flang%3Den" {
		t.Errorf("not signed in: %d %s", status, header.Get("Location"))
	}
	for _, c := range []struct {
		path   string
		status int
		code   string
	}{{"/nope", 404, "not_found"}, {"/funds/NOPE", 404, "not_found"}, {"/funds?nope=1", 422, "invalid_input"}, {"/?as_of=yesterday", 422, "invalid_input"}} {
		status, _, body := f.get(c.path, "auditor-1")
		root := parse(t, c.path, body)
		if status != c.status {
			t.Errorf("%s: status %d", c.path, status)
		}
		holdsText(t, c.path, textIn(byTag(root, "main")), c.code)
	}
	w := f.send("POST", "/login", "", "user=nobody&password=wrong-wrong-wrong", "Content-Type: application/x-www-form-urlencoded", "Accept: text/html")
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "用户名或密码不对") {
		t.Errorf("wrong password: %d", w.Code)
	}
}
