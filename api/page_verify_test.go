package api

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// checkInPage puts a file and the trusted keys into the fields, presses the button and reads the verdict.
const checkInPage = `(async ({ file, trust }) => {
  const all = new DataTransfer();
  all.items.add(new File([Uint8Array.from(atob(file), (c) => c.charCodeAt(0))], "file"));
  document.getElementById("verify-file").files = all.files;
  document.getElementById("verify-trust").value = trust;
  const box = document.getElementById("verify-verdict");
  box.hidden = true;
  const shown = new Promise((done) => { new MutationObserver(() => { if (!box.hidden) done(); }).observe(box, { attributes: true }); });
  document.getElementById("verify-run").click();
  await shown;
  return box.dataset.verdict + " " + box.innerText;
})(%s)`

func (b *browser) check(file []byte, trust string) string {
	b.t.Helper()
	text, err := json.Marshal(map[string]any{"file": file, "trust": trust})
	must(b.t, err)
	said, _ := b.eval(fmt.Sprintf(checkInPage, text)).(string)
	return said
}

// The served page: both languages, packages of the vectors, an event of this ledger; no request, nothing on the console.
func TestVerifyPageInChromium(t *testing.T) {
	f := storyPages(t)
	server := httptest.NewServer(f.handler)
	t.Cleanup(server.Close)
	b := newBrowser(t, server.URL)
	trust, err := os.ReadFile("../eventstore/bundle/testdata/trust.txt")
	must(t, err)
	full, err := os.ReadFile("../eventstore/bundle/testdata/sample-full.zip")
	must(t, err)
	changed := append([]byte(nil), full...)
	changed[len(changed)/2] ^= 1
	event := f.send("GET", "/api/v1/events/1300", "", "").Body.Bytes()
	own := f.send("GET", "/api/v1/trust", "", "").Body.String()
	for _, c := range []struct {
		lang, begin string
		file        []byte
		trust       string
	}{
		{"zh", "ok ✓ 可信：13 条事件连续无缺，签名有效", full, string(trust)},
		{"en", "ok ✓ Reliable: 13 events without a gap", full, string(trust)},
		{"zh", "refused ✗ 不可信：第 2 条：正文与摘要不符", changed, string(trust)},
		{"en", "ok ✓ Reliable: event 1,300 is in the signed ledger", event, own},
		{"zh", "refused ✗ 不可信", event, string(trust)},
	} {
		for _, width := range []int{1360, 390} {
			b.open("/verify?lang="+c.lang, width, 2000)
			if said := b.check(c.file, c.trust); !strings.HasPrefix(said, c.begin) {
				t.Errorf("%s: %q, want %q", c.lang, said, c.begin)
			}
			if wide := b.eval("document.documentElement.scrollWidth"); wide.(float64) > float64(width) {
				t.Errorf("%v px wide at %d", wide, width)
			}
			b.shoot("verify-"+c.lang+"-"+c.begin[:2], width, 2000)
		}
	}
	for _, fault := range b.faults {
		t.Error(fault)
	}
}

func TestVerifyAnswers(t *testing.T) {
	f := storyPages(t)
	for path, kind := range map[string]string{"/verify": "text/html", "/verify/offline.html": "text/html", "/static/verify.js": "text/javascript", "/static/verify-worker.js": "text/javascript", "/static/verify.css": "text/css"} {
		status, header, body := f.get(path, "")
		policy := header.Get("Content-Security-Policy")
		if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), kind) || !strings.Contains(policy, "form-action 'none'") || strings.Contains(policy, "connect-src 'self'") {
			t.Errorf("%s: %d %q %q", path, status, header.Get("Content-Type"), policy)
		}
		if path == "/verify" {
			parse(t, path, body)
		}
	}
	if _, _, body := f.get("/verify?lang=en", ""); strings.Contains(body, "核验") {
		t.Error("Chinese on the English page")
	}
	script, worker := len(f.send("GET", "/static/verify.js", "", "").Body.Bytes()), len(f.send("GET", "/static/verify-worker.js", "", "").Body.Bytes())
	t.Logf("script %d bytes, worker %d bytes", script, worker)
}
