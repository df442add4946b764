package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// documented are the names of API.md 9, limits.* written out.
var documented = strings.Fields(`data.dir ledger.name ledger.origin http.listen http.adminlisten http.tls.cert http.tls.key http.behindproxy
	http.publicurl http.trustedproxies store.mode nats.urls nats.credsfile nats.tls.ca nats.tls.cert nats.tls.key nats.replicas nats.domain
	nats.listen postgres.urlfile postgres.maxconns seal.every seal.keys oidc.issuer oidc.clientid oidc.clientsecretfile oidc.userclaim
	login.local public.enabled public.funds public.embed evidence.required evidence.maxbytes imports.maxrows exports.keep session.idle
	session.max limits.reads limits.publicreads limits.commands limits.exports limits.logins limits.addresslogins log.level log.format
	ui.title ui.tiles`)

// TestDocumentedSettings finds each documented name either at work or refused
// with what to do instead, and never both; from a file and from the environment.
func TestDocumentedSettings(t *testing.T) {
	known := map[string]bool{}
	for _, s := range settings {
		known[s.name] = true
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	for _, name := range documented {
		if known[name] {
			if absent[name] != "" {
				t.Errorf("%s is a setting and refused", name)
			}
			continue
		}
		writeText(t, path, name+": x\n")
		if code, _, errs := command(t, "grantledger", "config", "check", "--config", path); code != exitUsage || !strings.Contains(errs, name) || !strings.Contains(errs, "not in this version: ") {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
	}
	t.Setenv("GRANTLEDGER_NATS_LISTEN", "127.0.0.1:4222")
	if code, _, errs := command(t, "grantledger", "config", "check"); code != exitUsage || !strings.Contains(errs, "nats.listen") {
		t.Errorf("from the environment: exit %d, %s", code, errs)
	}
}

// TestSettingsAreRead finds every setting named in the program beyond its table.
func TestSettingsAreRead(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(path, "_test.go") {
			source.Write(text)
		}
	}
	text := source.String()
	for _, s := range settings {
		if name := `"` + s.name + `"`; !strings.Contains(strings.Replace(text, "{"+name, "", 1), `("`+s.name+`")`) {
			t.Errorf("nothing reads %s", s.name)
		}
	}
}

// TestConfigCheck accepts a whole file and names what is wrong with a value.
func TestConfigCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	for text, want := range map[string]string{
		"http: {listen: 127.0.0.1:0, trustedproxies: [10.0.0.0/8, 192.0.2.1]}\nseal: {every: 2s}\nlimits: {reads: 0}\n": "",
		"store: {mode: nats}\n":                   "nats.urls",
		"store: {mode: disk}\n":                   "store.mode",
		"nats: {tls: {cert: a.pem}}\n":            "nats.tls.key",
		"http: {trustedproxies: proxy.example}\n": "http.trustedproxies",
		"seal: {every: 1ms}\n":                    "seal.every",
		"seal: {every: soon}\n":                   "seal.every",
		"limits: {reads: -1}\n":                   "limits.reads",
		"login: {local: perhaps}\n":               "login.local",
		"log: {level: loud}\n":                    "log.level",
		"ledger: {name: Main}\n":                  "ledger.name",
		"ledger: {origin: nowhere}\n":             "ledger.origin",
		"http: {listne: 127.0.0.1:0}\n":           "unknown setting http.listne",
		"http: [\n":                               "config.yaml",
	} {
		writeText(t, path, text)
		code, _, errs := command(t, "grantledger", "config", "check", "--config", path)
		if wrong := want != ""; wrong != (code == exitUsage) || !wrong && code != 0 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit %d, %s", text, code, errs)
		}
	}
}
