package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allowed is the import table of the house: what each package may import
// beside the standard library. "grantledger/…" names are written without the
// module. A new package or dependency needs a line here, so that it is always
// a visible decision.
var allowed = map[string][]string{
	"domain":               {"domain/division", "github.com/shopspring/decimal"},
	"domain/division":      {},
	"domain/audit":         {"domain", "domain/division"},
	"eventstore/record":    {},
	"eventstore/merkle":    {"golang.org/x/mod/sumdb", "github.com/emmansun/gmsm"},
	"eventstore/bundle":    {"eventstore/record", "eventstore/merkle"},
	"eventstore":           {"eventstore/record", "eventstore/merkle", "github.com/nats-io", "github.com/oklog/ulid", "github.com/minio/highwayhash"},
	"eventstore/storetest": {"eventstore", "eventstore/record", "eventstore/merkle", "github.com/nats-io"},
	"projections":          {"domain", "domain/division", "eventstore"},
	"projections/memory":   {"domain", "domain/division", "eventstore", "projections"},
	"projections/postgres": {"domain", "domain/division", "eventstore", "projections",
		"github.com/jackc/pgx", "github.com/pressly/goose"},
	"projections/postgres/pgserver": {}, // starts a server for tests and benchmarks
	"projections/postgres/pgtest":   {"projections/postgres/pgserver"},
	"projections/generate":          {"domain", "domain/division", "eventstore"},
	"projections/projtest":          {"domain", "domain/division", "eventstore", "projections", "projections/generate"},
	"api": {"domain", "domain/division", "domain/audit", "eventstore", "eventstore/bundle", "eventstore/merkle", "projections", "api/web",
		"github.com/labstack/echo", "github.com/danielgtaylor/huma", "golang.org/x/crypto", "golang.org/x/text", "golang.org/x/time",
		"github.com/xuri/excelize", "github.com/prometheus/client_golang", "github.com/oklog/ulid", "gopkg.in/yaml.v3"},
	"api/web":         {"domain", "domain/division", "projections"},
	"cmd/grantverify": {"eventstore/bundle", "eventstore/merkle"},
	"cmd/grantledger": {"*"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func TestImportTable(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "grantledger/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		check(t, strings.TrimPrefix(p.ImportPath, "grantledger/"), p.Imports)
	}
	if seen < 8 {
		t.Errorf("go list gave only %d packages", seen)
	}
}

// TestSoakFuzzesAll finds every fuzz target in the list of scripts/soak.
func TestSoakFuzzesAll(t *testing.T) {
	const root = "../.."
	soak, err := os.ReadFile(filepath.Join(root, "scripts/soak"))
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Fields(strings.ReplaceAll(string(soak), ";", " "))
	target := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	found := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range target.FindAllSubmatch(text, -1) {
			found++
			folder, _ := filepath.Rel(root, filepath.Dir(path))
			if name := filepath.ToSlash(folder) + ":" + string(m[1]); !slices.Contains(listed, name) {
				t.Errorf("scripts/soak does not fuzz %s", name)
			}
		}
		return err
	})
	if err != nil || found < 10 {
		t.Errorf("%d fuzz targets, %v", found, err)
	}
}

func check(t *testing.T, name string, imports []string) {
	may, ok := allowed[name]
	if !ok {
		t.Errorf("package %s has no line in the import table", name)
		return
	}
	for _, path := range imports {
		own, isOwn := strings.CutPrefix(path, "grantledger/")
		if isOwn && strings.HasPrefix(own, "cmd/") {
			t.Errorf("%s imports %s: nobody imports cmd", name, own)
		}
		if !isOwn && !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") || slices.Contains(may, "*") {
			continue
		}
		if !slices.ContainsFunc(may, func(m string) bool { return own == m || !isOwn && strings.HasPrefix(path, m) }) {
			t.Errorf("%s may not import %s", name, path)
		}
	}
}
