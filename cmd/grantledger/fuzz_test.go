package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
)

// FuzzBackupIndex reads foreign backup.json files: what is accepted names files
// inside the backup only, and is the same when it is written again.
func FuzzBackupIndex(f *testing.F) {
	f.Add([]byte(`{"format":1,"created":"2026-01-05T02:00:00Z","origin":"ledger.example.cn/grants","ledger":"main","size":2,"root":"x","files":[{"path":"package.zip","bytes":3,"sha256":"00"},{"path":"evidence/00","bytes":1,"sha256":"00"}],"evidence":[{"name":"a.pdf","path":"evidence/00"}],"secrets":true}`))
	f.Add([]byte(`{"format":1,"files":[{"path":"../../etc/passwd","sha256":""}]}`))
	f.Add([]byte(`{"format":1,"files":[{"path":"/etc/passwd"}],"evidence":null}`))
	f.Add([]byte(`{"format":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		index, err := parseIndex(text)
		if err != nil {
			if exitCode(err) != exitIntegrity {
				t.Errorf("exit code %d of %v", exitCode(err), err)
			}
			return
		}
		for _, file := range index.Files {
			if !inside(t, file.Path) {
				t.Errorf("accepted the path %q", file.Path)
			}
		}
		for _, o := range index.Objects {
			if !inside(t, o.Path) {
				t.Errorf("accepted the path %q of %q", o.Path, o.Name)
			}
		}
		same(t, index, parseIndex)
	})
}

// FuzzSecrets reads foreign secrets.json files: what is accepted names key files
// of the key directory only, and is the same when it is written again.
func FuzzSecrets(f *testing.F) {
	f.Add([]byte(`{"keys":{"log.key":"aGk=","export.key":""},"private":{"token/a":"e30=","password/b":"eA=="}}`))
	f.Add([]byte(`{"keys":{"../log.key":"aGk="}}`))
	f.Add([]byte(`{"keys":{"anchor":"aGk="},"private":null}`))
	f.Add([]byte(`{"keys":{"log.key":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseSecrets(text)
		if err != nil {
			if exitCode(err) != exitIntegrity {
				t.Errorf("exit code %d of %v", exitCode(err), err)
			}
			return
		}
		for name := range s.Keys {
			if !inside(t, name) || strings.ContainsAny(name, `/\`) || !strings.HasSuffix(name, ".key") {
				t.Errorf("accepted the key file %q", name)
			}
		}
		same(t, s, parseSecrets)
	})
}

// inside tells whether a path stays below the directory that it is joined to.
func inside(t *testing.T, path string) bool {
	t.Helper()
	relative, err := filepath.Rel("/backup", filepath.Join("/backup", path))
	return err == nil && relative != ".." && !strings.HasPrefix(relative, "../") && !filepath.IsAbs(path)
}

// same asks that what a parser gave is the same when it is written and parsed again.
func same[T any](t *testing.T, v *T, parse func([]byte) (*T, error)) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := parse(text); err != nil || !reflect.DeepEqual(again, v) {
		t.Errorf("%+v is %+v when it is written again: %v", v, again, err)
	}
}

// FuzzConfiguration reads foreign configuration files: what is accepted has the
// values that were checked, whichever way the program asks for them, and the
// same values when they are written again.
func FuzzConfiguration(f *testing.F) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "GRANTLEDGER_") {
			f.Setenv(name, "") // f puts it back
			_ = os.Unsetenv(name)
		}
	}
	f.Add([]byte("http:\n  listen: 127.0.0.1:9000\nledger.origin: ledger.example.cn/grants\nseal: {every: 3s}\npublic.funds: [GD, GS]\n"))
	f.Add([]byte("store.mode: nats\nnats.urls: tls://a:4222,tls://b:4222\nnats.replicas: 0x3\nlimits:\n  commands: 1e2\nlogin.local: no\n"))
	f.Add([]byte("a: &a [x, x]\nb: &b [*a, *a]\nui.title: [*b, *b]\n"))
	f.Add([]byte("http.listen:\nlog: {level: debug, format: json}\ndata.dir: ~\n"))
	f.Add([]byte("- http.listen\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		read := func(text []byte) (map[string]string, error) {
			path := filepath.Join(t.TempDir(), "grantledger.yaml")
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			k, err := (&console{config: path}).settingsFrom(map[string]any{})
			if err != nil {
				return nil, err
			}
			values := map[string]string{}
			for _, s := range settings {
				value := k.String(s.name)
				values[s.name] = value
				if used := typed(s, k.Bool, k.Int, k.Duration); used != "" && used != checkedAs(s, fmt.Sprint(k.Get(s.name))) {
					t.Errorf("%s: %q was checked, %s is used", s.name, value, used)
				}
			}
			return values, nil
		}
		values, err := read(text)
		if err != nil {
			if exitCode(err) != exitUsage {
				t.Errorf("exit code %d of %v", exitCode(err), err)
			}
			return
		}
		flat := map[string]any{}
		for name, value := range values {
			flat[name] = value
		}
		written, err := yaml.Parser().Marshal(flat)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := read(written); err != nil || !reflect.DeepEqual(again, values) {
			t.Errorf("%v is %v when it is written again: %v", values, again, err)
		}
	})
}

// typed is the value as the program asks for it; "" of a text.
func typed(s setting, asBool func(string) bool, asInt func(string) int, asDuration func(string) time.Duration) string {
	switch s.value.(type) {
	case bool:
		return fmt.Sprint(asBool(s.name))
	case int:
		return fmt.Sprint(asInt(s.name))
	case time.Duration:
		return asDuration(s.name).String()
	}
	return ""
}

// checkedAs is the value as checkForm understands it.
func checkedAs(s setting, text string) string {
	switch s.value.(type) {
	case bool:
		v, _ := strconv.ParseBool(text)
		return fmt.Sprint(v)
	case int:
		v, _ := strconv.ParseUint(text, 10, 31)
		return fmt.Sprint(v)
	}
	v, _ := time.ParseDuration(text)
	return v.String()
}
