package web

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every text must be there in both languages, and take the same values.
func TestWordsAreComplete(t *testing.T) {
	verbs := regexp.MustCompile(`%[a-z]`)
	for key, w := range texts {
		if strings.TrimSpace(w.ZH) == "" || strings.TrimSpace(w.EN) == "" {
			t.Errorf("%s: a language is missing: %+v", key, w)
		}
		if zh, en := verbs.FindAllString(w.ZH, -1), verbs.FindAllString(w.EN, -1); strings.Join(zh, "") != strings.Join(en, "") {
			t.Errorf("%s: values differ: %v, %v", key, zh, en)
		}
		if strings.ContainsAny(w.ZH+w.EN, "!！") {
			t.Errorf("%s: exclamation mark", key)
		}
	}
	for name, w := range typeNames {
		if w.ZH == "" || w.EN == "" {
			t.Errorf("type %s: a language is missing", name)
		}
	}
}

// Every key that templates and handlers name must be in the table.
func TestKeysAreKnown(t *testing.T) {
	used := regexp.MustCompile(`\.T\(? ?"([a-z0-9.]+[a-z0-9])"`)
	check := func(fsys fs.FS, pattern string) {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range used.FindAllStringSubmatch(string(text), -1) {
				if _, ok := texts[m[1]]; !ok {
					t.Errorf("%s: no text %q", name, m[1])
				}
			}
		}
	}
	check(templateFiles, "templates/*.html")
	check(os.DirFS("."), "*.go")
	check(os.DirFS(".."), "page_*.go")
}

func TestStaticFilesAreSmall(t *testing.T) {
	for name, most := range map[string]int64{"static/site.css": 20 << 10, "static/app.js": 20 << 10} {
		info, err := fs.Stat(staticFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > most {
			t.Errorf("%s has %d bytes, at most %d", name, info.Size(), most)
		}
	}
}

func TestTemplatesParse(t *testing.T) {
	if len(pages()) != len(Names()) || len(Names()) < 8 {
		t.Fatalf("pages: %v", Names())
	}
}
