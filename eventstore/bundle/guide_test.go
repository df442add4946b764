package bundle

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// The guide is whole in both languages, fits a package, and names every limit.
func TestGuide(t *testing.T) {
	text := readme()
	if len(text) > maxSmall || !utf8.Valid(text) {
		t.Errorf("%d bytes", len(text))
	}
	for _, s := range Guide() {
		for _, p := range append(append([]Text{s.Title}, s.Paragraphs...), s.Points...) {
			if p.ZH == "" || p.EN == "" || !strings.Contains(string(text), p.ZH) || !strings.Contains(string(text), p.EN) {
				t.Errorf("%s: %+v", s.ID, p)
			}
		}
		if len(s.Points)+len(s.Paragraphs) == 0 {
			t.Errorf("%s is empty", s.ID)
		}
	}
	for _, word := range []string{"这不能证明什么", "What this does not prove", "stolen key", "first checkpoint", "outside the log", "outside the filter", "two histories"} {
		if !strings.Contains(string(text), word) {
			t.Errorf("%q is missing", word)
		}
	}
}
