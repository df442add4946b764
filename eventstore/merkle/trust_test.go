package merkle

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
)

func TestNoteRefusals(t *testing.T) {
	good := string(read(t, "kept.checkpoint"))
	for name, bad := range map[string]string{
		"no signature":       good[:strings.Index(good, "\n\n")+2],
		"no empty line":      strings.Replace(good, "\n\n", "\n", 1),
		"no last LF":         good[:len(good)-1],
		"empty line after":   good + "\n",
		"CR":                 strings.Replace(good, "\n", "\r\n", 1),
		"hyphen":             strings.Replace(good, "—", "-", 1),
		"two spaces":         strings.Replace(good, "— ", "—  ", 1),
		"tab":                strings.Replace(good, "— ledger.example.cn/grants ", "— ledger.example.cn/grants\t", 1),
		"base64 not padded":  strings.Replace(good, "AM=\n", "AM\n", 1),
		"base64 spare bits":  strings.Replace(good, "AM=\n", "AN=\n", 1),
		"name with a plus":   strings.Replace(good, "— ledger", "— l+edger", 1),
		"key id only":        good + "— a AAAAAA==\n",
		"65 lines":           good + strings.Repeat("— a AAAAAAA=\n", 62),
		"invalid UTF-8":      strings.Replace(good, "— ledger", "— l\xffedger", 1),
		"more than 64 KiB":   strings.Repeat("a", MaxNote) + good,
		"text after the end": good + "x\n",
	} {
		if _, err := ParseNote([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := ParseNote([]byte(good + strings.Repeat("— a AAAAAAA=\n", 61))); err != nil {
		t.Errorf("64 lines: %v", err)
	}
}

func TestCheckpointRefusals(t *testing.T) {
	tr := trust(t)
	good := string(read(t, "kept.checkpoint"))
	logLine := good[strings.Index(good, "— ledger"):]
	logLine = logLine[:strings.Index(logLine, "\n")+1]
	for name, bad := range map[string]string{
		"no log line":               strings.Replace(good, logLine, "", 1),
		"signature of another text": strings.Replace(good, "\n7\n", "\n8\n", 1),
		"bad witness line":          strings.Replace(good, "lGmd9gAAAABl5qtE", "lGmd9gAAAABl5qtF", 1),
		"bad first, good second":    strings.Replace(good, logLine, strings.Replace(logLine, "W/gT", "W/gU", 1)+logLine, 1),
	} {
		if _, err := tr.OpenCheckpoint([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, fine := range map[string]string{
		"unknown line":           good + "— nobody AAAAAAAA\n",
		"good first, bad second": strings.Replace(good, logLine, logLine+strings.Replace(logLine, "W/gT", "W/gU", 1), 1),
	} {
		if _, err := tr.OpenCheckpoint([]byte(fine)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	sign := func(text string) []byte {
		note, err := SignNote(text, signer(t, "log", origin))
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	root := EmptyRoot().String()
	for name, text := range map[string]string{
		"other origin":   "ledger.example.cn/other\n7\n" + root + "\n",
		"extension":      origin + "\n7\n" + root + "\nmore\n",
		"leading zero":   origin + "\n07\n" + root + "\n",
		"sixteen digits": origin + "\n1000000000000000\n" + root + "\n",
		"short root":     origin + "\n7\nAAAA\n",
		"no root":        origin + "\n7\n",
	} {
		if _, err := tr.OpenCheckpoint(sign(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := tr.OpenCheckpoint(sign(origin + "\n0\n" + root + "\n")); err != nil {
		t.Errorf("size 0: %v", err)
	}
}

func TestRanges(t *testing.T) {
	text := string(read(t, "trust.txt"))
	for _, c := range []struct {
		name, old, new string
		accepted, sm2  bool
		witnesses      int
	}{
		{"log retired before", "log 0 - ", "log 0 6 ", false, false, 0},
		{"log retired at", "log 0 - ", "log 0 7 ", true, true, 1},
		{"log from later", "log 0 - ", "log 8 - ", false, false, 0},
		{"sm2 retired", "sm2 0 - ", "sm2 0 6 ", true, false, 1},
		{"witness from later", "witness 0 - ", "witness 8 - ", true, true, 0},
	} {
		tr, err := ParseTrust([]byte(strings.Replace(text, c.old, c.new, 1)))
		if err != nil {
			t.Fatal(err)
		}
		s, err := tr.OpenCheckpoint(read(t, "kept.checkpoint"))
		if (err == nil) != c.accepted || err == nil && (s.SM2 != c.sm2 || s.Witnessed() != c.witnesses) {
			t.Errorf("%s: %+v %v", c.name, s, err)
		}
	}
}

func TestTrustRefusals(t *testing.T) {
	good := string(read(t, "trust.txt"))
	line := func(word string) string {
		i := strings.Index(good, "\n"+word+" ") + 1
		return good[i : i+strings.Index(good[i:], "\n")+1]
	}
	for name, bad := range map[string]string{
		"empty":              "",
		"other first line":   strings.Replace(good, "v1", "v2", 1),
		"comment first":      "# hello\n" + good,
		"empty line":         strings.Replace(good, "version", "\nversion", 1),
		"CR":                 strings.ReplaceAll(good, "\n", "\r\n"),
		"no last LF":         strings.TrimSuffix(good, "\n"),
		"unknown word":       good + "policy x\n",
		"version 0":          strings.Replace(good, "version 1", "version 0", 1),
		"version 01":         strings.Replace(good, "version 1", "version 01", 1),
		"version 7 digits":   strings.Replace(good, "version 1", "version 1000000", 1),
		"version twice":      good + "version 1\n",
		"no version":         strings.Replace(good, "version 1\n", "", 1),
		"quorum 100":         strings.Replace(good, "quorum 1", "quorum 100", 1),
		"no quorum":          strings.Replace(good, "quorum 1\n", "", 1),
		"two spaces":         strings.Replace(good, "quorum 1", "quorum  1", 1),
		"require other":      strings.Replace(good, "require sm2", "require rsa", 1),
		"no root":            strings.Replace(good, line("root"), "", 1),
		"no log":             strings.Replace(good, line("log"), "", 1),
		"no export":          strings.Replace(good, line("export"), "", 1),
		"a key twice":        good + strings.Replace(line("witness"), "0 -", "0 9", 1),
		"sm2 key for log":    strings.Replace(good, line("log"), strings.Replace(line("sm2"), "sm2", "log", 1), 1),
		"witness key as log": strings.Replace(good, "witness 0 - ", "export 0 - ", 1),
		"log name":           strings.Replace(good, "origin ledger.example.cn/grants", "origin ledger.example.cn/other", 1),
		"from with sign":     strings.Replace(good, "log 0 -", "log +0 -", 1),
		"key id":             strings.Replace(good, "+8024425b+", "+8024425c+", 1),
		"key id upper case":  strings.Replace(good, "+8024425b+", "+8024425B+", 1),
		"origin":             strings.Replace(good, "origin ledger.example.cn/grants", "origin Ledger.example.cn/grants", 1),
		"signature garbage":  good + "\nhello\n",
		"signature none":     good + "\n",
		"too long":           strings.Replace(good, "version", "# "+strings.Repeat("a", MaxTrust)+"\nversion", 1),
		"point off curve":    strings.Replace(good, "+754addea+/2dtLnNtMi1zbTMudjEKBP3/", "+754addea+/2dtLnNtMi1zbTMudjEKBP3+", 1),
	} {
		if _, err := ParseTrust([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, fine := range map[string]string{
		"comment":      strings.Replace(good, "version", "# 说明\nversion", 1),
		"other order":  strings.Replace(good, "quorum 1\n", "", 1) + "quorum 1\n",
		"signed":       good + "\n— anything at all\n",
		"without sm2":  strings.Replace(strings.Replace(good, line("sm2"), "", 1), "require sm2\n", "", 1),
		"empty range":  strings.Replace(good, "witness 0 -", "witness 9 3", 1),
		"two log keys": good + "log 9 - " + signer(t, "second", origin).VKey().String() + "\n",
	} {
		tr, err := ParseTrust([]byte(fine))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(tr.Text, "—") {
			t.Errorf("%s: the text holds the signatures", name)
		}
	}
}

func TestSucceeds(t *testing.T) {
	old := trust(t)
	base := strings.Replace(old.Text, "version 1", "version 2", 1)
	root := signer(t, "root", "ledger.example.cn/root")
	second := "log 8 - " + signer(t, "second", origin).VKey().String() + "\n"
	for _, c := range []struct {
		name, text string
		by         Signer
		accepted   bool
	}{
		{"same keys", base, root, true},
		{"new log key", base + second, root, true},
		{"retired", strings.Replace(base, "log 0 -", "log 0 7", 1) + second, root, true},
		{"by another key", base, signer(t, "other", "ledger.example.cn/root"), false},
		{"by the log key", base, signer(t, "log", origin), false},
		{"version kept", old.Text, root, false},
		{"version 3", strings.Replace(base, "version 2", "version 3", 1), root, false},
		{"key missing", base[:strings.Index(base, "witness ")], root, false},
		{"from changed", strings.Replace(base, "log 0 -", "log 1 -", 1), root, false},
		{"quorum changed", strings.Replace(base, "quorum 1", "quorum 0", 1), root, true},
	} {
		note, err := SignNote(c.text, c.by)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := old.Succeeds(note); (err == nil) != c.accepted {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := old.Succeeds([]byte(base)); err == nil {
		t.Error("a text without signature is accepted")
	}
	retired, err := ParseTrust([]byte(strings.Replace(old.Text, "log 0 -", "log 0 7", 1)))
	if err != nil {
		t.Fatal(err)
	}
	note, _ := SignNote(base, root)
	if _, err := retired.Succeeds(note); err == nil {
		t.Error("a retired key came back")
	}
}

func TestHistory(t *testing.T) {
	kept := string(read(t, "kept.checkpoint"))
	text := string(read(t, "trust.txt"))
	next := strings.Replace(text, "version 1", "version 2", 1)
	opened := func(pinned *Trust) *History {
		h := &History{Origin: origin, Pinned: pinned}
		if err := h.Opened(1, origin, text); err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := opened(nil)
	before := *h
	if _, err := h.Seal(8, kept); err != nil {
		t.Error(err)
	}
	if _, err := h.Seal(9, kept); err == nil {
		t.Error("the same seal twice")
	}
	*h = before
	if _, err := h.Seal(7, kept); err == nil {
		t.Error("a seal of a size that is not before it")
	}
	if _, err := h.Seal(8, strings.Replace(kept, "\n7\n", "\n6\n", 1)); err == nil {
		t.Error("a seal with a false signature")
	}
	if err := h.Changed(next); err != nil || h.Trust.Version != 2 {
		t.Error(err)
	}
	if err := h.Changed(next); err == nil {
		t.Error("a version twice")
	}
	if err := opened(trust(t)).Changed(next); err == nil {
		t.Error("a version newer than the auditor's")
	}
	late := &History{Origin: origin, Pinned: trust(t)}
	if err := late.Changed(strings.Replace(text, "quorum 1", "quorum 0", 1)); err == nil {
		t.Error("another text of the auditor's version")
	}
	for name, err := range map[string]error{
		"format":  (&History{Origin: origin}).Opened(2, origin, text),
		"origin":  (&History{Origin: origin}).Opened(1, "a.b/c", text),
		"version": (&History{Origin: origin}).Opened(1, origin, next),
		"text":    (&History{Origin: origin}).Opened(1, origin, "x"),
		"ledger":  (&History{Origin: "a.b/c"}).Opened(1, "a.b/c", text),
	} {
		if err == nil {
			t.Errorf("opened with another %s", name)
		}
	}
}

func TestGeneratedKeys(t *testing.T) {
	for _, a := range []Algorithm{Ed25519, SM2} {
		text, err := GeneratePEM(a, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ParseSigner(origin, text, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ParseVKey(s.VKey().String())
		if err != nil || key != s.VKey() || key.Algorithm != a {
			t.Fatalf("%v %v", key, err)
		}
		signature, err := s.Sign("善款\n")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := key.Verify("善款\n", signature); err != nil {
			t.Error(err)
		}
		if _, err := key.Verify("善款 \n", signature); err == nil {
			t.Error("another text verifies")
		}
		if _, err := ParseSigner(origin, append(text, text...), rand.Reader); err == nil {
			t.Error("two keys in one file")
		}
		if _, err := ParseSigner("a b", text, rand.Reader); err == nil {
			t.Error("a name with a space")
		}
	}
	if _, err := ParseSigner(origin, []byte("x"), rand.Reader); err == nil {
		t.Error("no PEM")
	}
}

func FuzzNote(f *testing.F) {
	f.Add(read(f, "kept.checkpoint"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := ParseNote(b); err == nil && !bytes.Equal(n.Bytes(), b) {
			t.Fatalf("accepted %q as %q", b, n.Bytes())
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	f.Add(origin + "\n7\nv8AQD+jCZ0l9YjVI5qy8cEnQubTterFb7gud9xcMVYo=\n")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseCheckpoint(s); err == nil && c.Text() != s {
			t.Fatalf("accepted %q as %q", s, c.Text())
		}
	})
}

func FuzzTrust(f *testing.F) {
	f.Add(read(f, "trust.txt"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr, err := ParseTrust(b)
		if err != nil {
			return
		}
		again, err := ParseTrust([]byte(tr.Format()))
		if err != nil || again.Format() != tr.Format() {
			t.Fatalf("%q is written as %q: %v", b, tr.Format(), err)
		}
	})
}
