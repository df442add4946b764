package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCommandLine holds wrong command lines and settings to exit code 2, on stderr in
// words and with --json as exactly one object on stdout.
func TestCommandLine(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	for _, args := range []string{
		"nonsense", "--bogus", "config bogus", "config", "version extra", "version --bogus", "serve extra", "--lang fr version", "version --timeout=-1s",
		"config print --config absent.yaml", "serve --listen 0.0.0.0:0 --data " + absent, "serve --listen nonsense --data " + absent,
		"serve --ledger Main --data " + absent, "serve --origin example --data " + absent, "replay --data " + absent, "export --data " + absent,
		"keys generate --kind bogus --data " + absent, "demo --events -5", "demo --password short", "demo --empty --events 3", "demo --load absent.ndjson --listen 127.0.0.1:0",
	} {
		words := strings.Fields(args)
		code, stdout, stderr := command(t, "grantledger", words...)
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "grantledger: ") {
			t.Errorf("%s: exit %d, %q, %q", args, code, stdout, stderr)
		}
		code, stdout, stderr = command(t, "grantledger", append(slices.Clone(words), "--json")...)
		var failure problem
		if err := json.Unmarshal([]byte(stdout), &failure); code != exitUsage || err != nil || failure.Code != "usage" || failure.Status != 2 || stderr != "" {
			t.Errorf("%s --json: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

// TestSettings refuses values of the wrong form and shows where each comes from.
func TestSettings(t *testing.T) {
	for _, bad := range []string{
		"LOG_LEVEL=loud", "LOG_FORMAT=xml", "SESSION_IDLE=abc", "SESSION_MAX=0s", "EXPORTS_KEEP=5", "SEAL_EVERY=1ms", "PUBLIC_ENABLED=maybe",
		"HTTP_TLS_CERT=cert.pem", "HTTP_ADMINLISTEN=192.0.2.1:9", "HTTP_TRUSTEDPROXIES=proxy", "LIMITS_READS=-1", "STORE_MODE=disk",
		"LEDGER_NAME=A", "LEDGER_ORIGIN=x", "HTTP_NONSENSE=1",
	} {
		name, value, _ := strings.Cut(bad, "=")
		t.Setenv("GRANTLEDGER_"+name, value)
		if code, stdout, stderr := command(t, "grantledger", "config", "check"); code != exitUsage || stdout != "" {
			t.Errorf("%s: exit %d, %q, %q", bad, code, stdout, stderr)
		}
		t.Setenv("GRANTLEDGER_"+name, "")
		unset(t, "GRANTLEDGER_"+name)
	}
	file := filepath.Join(t.TempDir(), "g.yaml")
	writeText(t, file, "public:\n  enabled: true\n  funds: [A, B]\nlimits: {reads: 7}\n")
	t.Setenv("GRANTLEDGER_LIMITS_READS", "9")
	code, stdout, stderr := command(t, "grantledger", "config", "print", "--config", file, "--data", "elsewhere", "--json")
	var got map[string]struct {
		Value  any
		Origin string
	}
	if err := json.Unmarshal([]byte(stdout), &got); code != 0 || err != nil {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	for name, want := range map[string][2]string{
		"public.funds": {"A,B", file}, "limits.reads": {"9", "environment"}, "data.dir": {"elsewhere", "flag"}, "exports.keep": {"168h0m0s", "default"},
	} {
		if text, _ := got[name].Value.(string); text != want[0] || got[name].Origin != want[1] {
			t.Errorf("%s is %v from %s, want %s from %s", name, got[name].Value, got[name].Origin, want[0], want[1])
		}
	}
}
