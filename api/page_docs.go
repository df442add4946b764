package api

import (
	"net/http"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/eventstore/bundle"
)

// routeDocs registers the documentation of exports and the script that it prints.
func (s *Server) routeDocs(r *router) {
	r.openPage("/docs", s.docsPage)
	r.handle("GET", "/docs/audit-recipe", forAll, nil, func(c *call) error {
		return c.bytes(http.StatusOK, "text/plain; charset=utf-8", []byte(web.AuditRecipe))
	})
}

// docsPage says how a package is checked and what that does not prove: the text of the README.txt in every package.
func (s *Server) docsPage(c *call) error {
	v, err := c.visit()
	if err != nil {
		return err
	}
	r := v.reader
	content := web.DocsPage{Recipe: web.AuditRecipe}
	say := func(texts []bundle.Text) (out []string) {
		for _, t := range texts {
			out = append(out, r.In(domain.Words{ZH: t.ZH, EN: t.EN}))
		}
		return out
	}
	for _, g := range bundle.Guide() {
		content.Sections = append(content.Sections, web.DocsSection{
			ID: g.ID, Title: say([]bundle.Text{g.Title})[0], Paragraphs: say(g.Paragraphs), Points: say(g.Points), Commands: g.Commands,
		})
	}
	page := v.page(r.Docs("title"), "/docs", web.Crumb{Label: r.Docs("title")})
	page.Timeless = true
	return v.show("docs", page, content)
}
