package api

import (
	"fmt"
	"html"
	"strings"
)

// problemPage explains a code in both languages.
func (s *Server) problemPage(c *call) error {
	if err := c.params().problem(); err != nil {
		return err
	}
	code := c.echo.Param("code")
	t, ok := explain(code)
	if !ok {
		return newProblem("not_found")
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>%s</title><link rel="stylesheet" href="/static/site.css"></head><body><main><h1><code>%s</code></h1>`,
		html.EscapeString(code), html.EscapeString(code))
	for _, lang := range []string{"zh", "en"} {
		fmt.Fprintf(&b, `<section class="card" lang="%s"><h2>%s</h2><p>%s</p></section>`, lang, html.EscapeString(t.title.In(lang)), html.EscapeString(plainTemplate(t.detail.In(lang))))
	}
	fmt.Fprintf(&b, `<p>HTTP %d</p></main></body></html>`, t.status)
	return c.bytes(200, typeHTML, []byte(b.String()))
}

// plainTemplate shows the places of details as […].
func plainTemplate(text string) string { return strings.NewReplacer("{", "[", "}", "]").Replace(text) }
