package main

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grantledger/eventstore/merkle"
)

// checkpointIn takes the checkpoint out of a package.
func checkpointIn(t *testing.T, path string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	r, err := z.Open("checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	note, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(note)
}

// TestReplayCompare replays the story and compares it with what was kept: what
// agrees, what another log says, a later size, a foreign signer, another anchor.
func TestReplayCompare(t *testing.T) {
	data, dir := story(t), t.TempDir()
	in := func(name, content string) string {
		path := filepath.Join(dir, name)
		writeText(t, path, content)
		return path
	}
	pkg := filepath.Join(dir, "package.zip")
	must(t, 0, "export", "--data", data, "--out", pkg)
	note := checkpointIn(t, pkg)
	kept := in("kept", note)
	anchor, err := os.ReadFile(filepath.Join(data, "keys", "anchor"))
	if err != nil {
		t.Fatal(err)
	}
	copied := in("anchor", string(anchor))
	r := decode[replayed](t, must(t, 0, "replay", "--json", "--data", data, "--compare", "--kept", kept, "--anchor", copied, "--to-position", "5"))
	if c := r.Compared; c == nil || !c.ReadModel || c.Rows < 10 || len(c.Kept) != 1 || c.Kept[0] > r.Position || c.Anchor != c.Anchors[0] || c.Stored < 1 {
		t.Errorf("%+v", r.Compared)
	}
	if r.At == nil || r.At.Position != 5 || r.At.Root == r.Root {
		t.Errorf("%+v", r.At)
	}
	own, err := merkle.ParseCheckpoint(strings.ReplaceAll(strings.TrimSuffix(string(anchor), "\n"), " ", "\n") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	line := func(origin string, size uint64) string {
		return fmt.Sprintf("%s %d %s\n", origin, size, merkle.EmptyRoot())
	}
	other, err := os.ReadFile("../../eventstore/bundle/testdata/kept.checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"foreign anchor":    {[]string{"--anchor", in("a1", line("ledger.example.cn/other", 3))}, []string{"第 1 条事件处", "属于另一个账本", "at position 1"}},
		"another history":   {[]string{"--anchor", copied, "--anchor", in("a2", line(own.Origin, 9)), "--anchor", in("a3", line(own.Origin, 7))}, []string{"第 1 至 7 条事件之间", "根不同", "between positions 1 and 7"}},
		"later events lost": {[]string{"--anchor", in("a4", line(own.Origin, own.Size+40))}, []string{"事件丢失", "the log ends at position"}},
		"kept by nobody":    {[]string{"--kept", in("k1", string(other))}, []string{"不是这个账本签的", "was not signed by this ledger"}},
	} {
		code, _, errs := command(t, "grantledger", append([]string{"replay", "--data", data, "--compare"}, c.args...)...)
		for _, want := range c.want {
			if code != exitIntegrity || !strings.Contains(errs, want) {
				t.Errorf("%s: exit %d %s, want %q", name, code, errs, want)
			}
		}
	}
	writeText(t, filepath.Join(data, "keys", "anchor"), line(own.Origin, own.Size))
	if code, _, errs := command(t, "grantledger", "replay", "--data", data, "--compare"); code != exitIntegrity || !strings.Contains(errs, "本机锚点") || !strings.Contains(errs, "the anchor of this server") {
		t.Errorf("own anchor replaced: exit %d %s", code, errs)
	}
}

// The first row that differs is named.
func TestCompareRows(t *testing.T) {
	if rows, err := compareRows("h\na\nb\n", "h\na\nb\n", 9); rows != 2 || err != nil {
		t.Error(rows, err)
	}
	for _, model := range []string{"h\na\nc\n", "h\na\n", "h\na\nb\nc\n"} {
		if _, err := compareRows("h\na\nb\n", model, 9); exitCode(err) != exitIntegrity || !strings.Contains(err.Error(), "at position 9") {
			t.Errorf("%q: %v", model, err)
		}
	}
}
