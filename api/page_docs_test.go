package api

import (
	"html"
	"os"
	"strings"
	"testing"

	"grantledger/eventstore/bundle"
)

// The documentation holds the guide of the packages in the reader's language, and the very script of scripts/audit-recipe.
func TestDocsPage(t *testing.T) {
	f := storyPages(t)
	script, err := os.ReadFile("../scripts/audit-recipe")
	must(t, err)
	if _, _, served := f.get("/docs/audit-recipe", ""); served != string(script) {
		t.Error("api/web/docs/audit-recipe is not scripts/audit-recipe: copy it")
	}
	for _, lang := range []string{"zh", "en"} {
		status, _, body := f.get("/docs?lang="+lang, "")
		text := strings.ReplaceAll(html.UnescapeString(body), "\r", "")
		if status != 200 || !strings.Contains(text, string(script)) {
			t.Errorf("%s: status %d, or another script", lang, status)
		}
		for _, s := range bundle.Guide() {
			for _, p := range append(append([]bundle.Text{s.Title}, s.Paragraphs...), s.Points...) {
				want, other := p.ZH, p.EN
				if lang == "en" {
					want, other = p.EN, p.ZH
				}
				if !strings.Contains(text, want) || strings.Contains(text, other) {
					t.Errorf("%s: %q is missing, or the other language is there", lang, want)
				}
			}
		}
	}
}
