package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// TestLanguage ranks what a client accepts; lang comes first, zh is the default.
func TestLanguage(t *testing.T) {
	for _, row := range []struct{ query, accept, want string }{
		{"", "", "zh"}, {"", "fr", "zh"}, {"", "en", "en"}, {"", "EN-gb, zh;q=0.5", "en"}, {"", "zh;q=0.1, en;q=0.9", "en"},
		{"", "en;q=0, zh;q=0", "zh"}, {"", "fr, en;q=0.8, zh-CN;q=0.9", "zh"}, {"", "en;q=x", "zh"}, {"", "english", "zh"},
		{"lang=en", "zh", "en"}, {"lang=zh", "en", "zh"}, {"slang=en", "", "zh"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/?"+row.query, nil)
		r.Header.Set("Accept-Language", row.accept)
		if got := languageOf(r); got != row.want {
			t.Errorf("query %q, Accept-Language %q: %s, want %s", row.query, row.accept, got, row.want)
		}
	}
}

// TestBehindProxy believes X-Forwarded-For from trusted proxies only, and in it
// the last address that is none.
func TestBehindProxy(t *testing.T) {
	s := &Server{Config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for _, row := range []struct{ peer, named, want string }{
		{"10.1.2.3:9", "203.0.113.7", "203.0.113.7"}, {"10.1.2.3:9", "198.51.100.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"},
		{"10.1.2.3:9", "", "10.1.2.3"}, {"10.1.2.3:9", "203.0.113.7, junk", "10.1.2.3"}, {"10.1.2.3:9", "10.0.0.1", "10.1.2.3"},
		{"203.0.113.9:9", "198.51.100.1", "203.0.113.9"}, {"[::1]:9", "2001:db8::5", "2001:db8::5"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = row.peer
		if row.named != "" {
			r.Header.Set("X-Forwarded-For", row.named)
		}
		if got := address(s.behindProxy(r)); got != row.want {
			t.Errorf("%s for %q: %s, want %s", row.peer, row.named, got, row.want)
		}
	}
}

// TestTrustProxies believes other proxies while the server runs.
func TestTrustProxies(t *testing.T) {
	s := &Server{}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.1.2.3:9"
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	for _, row := range []struct{ network, want string }{{"10.0.0.0/8", "203.0.113.7"}, {"192.0.2.0/24", "10.1.2.3"}} {
		s.TrustProxies([]netip.Prefix{netip.MustParsePrefix(row.network)})
		if got := address(s.behindProxy(r)); got != row.want {
			t.Errorf("%s trusted: %s, want %s", row.network, got, row.want)
		}
	}
}

// TestFaultDetail says in the caller's language what is wrong, with no code.
func TestFaultDetail(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0013")
	for _, row := range []struct{ lang, detail string }{{"zh", "请检查 query.limit：类型不对。"}, {"en", "Check query.limit: has another type."}} {
		got := status(t, f.send("GET", "/api/v1/balances?limit=x&lang="+row.lang, "auditor-1", ""), 422, "invalid_input")
		if got["detail"] != row.detail {
			t.Errorf("detail %q, want %q", got["detail"], row.detail)
		}
	}
	got := status(t, f.run("clerk-1", "allocate", "k", `{"on":"2023-02-30","fund":"GD","project":"P","amount":"1.00"}`), 422, "invalid_input")
	if got["detail"] != "请检查 on：须为实际日期，如 2026-09-30。" {
		t.Errorf("detail %q", got["detail"])
	}
}

// TestListLocation points into the list, wherever the fault was found.
func TestListLocation(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0013")
	good := `{"command":"register-project","key":"k-1","data":{"on":"2023-01-03","project":"P-L","name":"示例","district":"341882","purpose":"elderly"}}`
	for bad, want := range map[string]string{
		`{"command":"register-project","key":"k-2","data":{"on":"2023-01-03","project":"P-M","name":"示例","district":"341882","purpose":7}}`: "body.commands[1].data.purpose",
		`{"command":"allocate","key":"k-2","data":{"on":"2023-01-03","fund":"NONE","project":"P-L","amount":"1.00"}}`:                       "body.commands[1].data.fund",
		`{"command":"allocate","key":"","data":{}}`: "body.commands[1].key",
	} {
		w := f.send("POST", "/api/v1/commands?mode=atomic", "clerk-1", `{"commands":[`+good+`,`+bad+`]}`)
		var got struct{ Errors []struct{ Location string } }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code < 400 || len(got.Errors) != 1 || got.Errors[0].Location != want {
			t.Errorf("%s: %d %s", bad, w.Code, w.Body)
		}
	}
}

// TestIfMatch takes one strong tag of a version and nothing else.
func TestIfMatch(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0030")
	data := `{"on":"2023-04-03","fund":"GD","amount":"1.00","document":"If-Match"}`
	for _, tag := range []string{`"v1", "v2"`, `*`, `W/"v1"`, `"v0"`, `"v01"`, `"v1`, `v1`, `"1"`, ``} {
		status(t, f.run("clerk-1", "receive-appropriation", "k", data, "If-Match: "+tag), 422, "invalid_input")
	}
	status(t, f.run("clerk-1", "receive-appropriation", "k", data, `If-Match: "v999"`), 412, "version_mismatch")
}
