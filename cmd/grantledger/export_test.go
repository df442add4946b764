package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"grantledger/eventstore/bundle"

	"golang.org/x/sync/errgroup"
)

// packedMembers gives the SHA-256 of the members that depend on events, start and filter alone.
func packedMembers(t *testing.T, path string) (sums [3][32]byte) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for i, name := range []string{"heads.ndjson", "bodies.ndjson", "balances.tsv"} {
		for _, f := range z.File {
			if f.Name != name {
				continue
			}
			raw, err := f.OpenRaw()
			if err != nil {
				t.Fatal(err)
			}
			h := sha256.New()
			if _, err := io.Copy(h, raw); err != nil {
				t.Fatal(err)
			}
			sums[i] = [32]byte(h.Sum(nil))
		}
	}
	return sums
}

// TestSamePackages makes packages of one size and filter while commands go on
// and after a restart: heads, bodies and balances are the same bytes.
func TestSamePackages(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	filters := map[string]bundle.Filter{"all": nil}
	filter, err := bundle.NewFilter([][]string{{"project/GP7"}})
	if err != nil {
		t.Fatal(err)
	}
	filters["project"] = filter
	var size uint64
	export := func(n *node, round string) {
		for name, f := range filters {
			if _, err := n.exportTo(t.Context(), exportFlags{out: filepath.Join(dir, name+round), size: size}, f); err != nil {
				t.Fatal(err)
			}
		}
	}
	running := func(do func(n *node)) {
		n, err := openNode(t.Context(), benchNode(data))
		if err != nil {
			t.Fatal(err)
		}
		defer n.close()
		group, ctx := errgroup.WithContext(t.Context())
		writing, stop := context.WithCancel(ctx)
		n.runStore(group, writing)
		do(n)
		stop()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	}
	load := workload{prefix: "B", funds: 1, projects: 1, on: "2026-01-05"}
	running(func(n *node) {
		if err := errors.Join(write(t.Context(), n.writer, load.open()), generateEvents(t.Context(), n.writer, 5000, benchNode(data).clock())); err != nil {
			t.Fatal(err)
		}
		seal, err := n.checkpoint(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		size = seal.Size
		export(n, "1")
		loading, enough := context.WithCancel(t.Context())
		var p paced
		done := make(chan error, 1)
		go func() { done <- p.run(loading, n.writer) }()
		export(n, "2")
		enough()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	running(func(n *node) { export(n, "3") })
	for name := range filters {
		want := packedMembers(t, filepath.Join(dir, name+"1"))
		for _, round := range []string{"2", "3"} {
			if packedMembers(t, filepath.Join(dir, name+round)) != want {
				t.Errorf("%s, round %s: other bytes", name, round)
			}
		}
		if bytes.Equal(want[0][:], make([]byte, 32)) {
			t.Error("no heads")
		}
		code, out, errs := command(t, "grantverify", "--trust", filepath.Join(data, "trust.txt"), filepath.Join(dir, name+"2"))
		if code != 0 {
			t.Errorf("%s: %d %s %s", name, code, out, errs)
		}
	}
}

// TestExportOfNothing asks an unopened ledger for a package.
func TestExportOfNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "demo", "--empty", "--json", "--listen", "127.0.0.1:0", "--data", data)
	if code := p.stop(t); code != 0 {
		t.Fatalf("exit %d %s", code, p.stderr)
	}
	out := filepath.Join(t.TempDir(), "x.zip")
	code, _, errs := command(t, "grantledger", "export", "--data", data, "--out", out)
	if code != exitRefused || !strings.Contains(errs, "ledger_not_open") || !strings.Contains(errs, "无包可导") {
		t.Errorf("exit %d %s", code, errs)
	}
	if failure := decode[problem](t, must(t, exitRefused, "export", "--json", "--data", data, "--out", out)); failure.Code != "refused" || !strings.HasPrefix(failure.Detail, "ledger_not_open: ") {
		t.Errorf("%+v", failure)
	}
}
