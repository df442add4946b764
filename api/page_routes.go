package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"grantledger/api/web"

	"github.com/labstack/echo/v4"
)

// pageNamesShared are parameters that every page takes beside its own; lang is
// known everywhere.
var pageNamesShared = []string{"as_of", "position", "theme"}

// routePages registers the HTML pages.
func (s *Server) routePages(r *router) {
	r.page("/", s.overviewPage)
	r.page("/funds", s.fundsPage)
	r.page("/funds/{id}", s.fundPage)
	r.page("/projects", s.projectsPage)
	r.page("/projects/{id}", s.projectPage)
	r.page("/districts", s.districtsPage)
	r.page("/districts/{id}", s.districtPage)
	r.page("/statements", s.statementsPage)
	r.page("/events", s.eventsPage)
	r.page("/events/{id}", s.eventPage)
	r.openPage("/checkpoints", s.checkpointsPage)
	s.routeVerify(r)
	r.openPage("/help", s.helpPage)
	s.routeDocs(r)
	r.openPage("/login", s.loginPage)
	static := web.Static()
	r.handle("GET", "/static/{file}", forAll, nil, func(c *call) error {
		c.header().Set("Cache-Control", "public, max-age=3600")
		static.ServeHTTP(c.echo.Response(), c.request)
		return nil
	})
}

// page registers a page for readers. A request that wants no HTML gets the
// very bytes of the resource under the base path (API.md 1.7).
func (r *router) page(path string, h func(*call) error) {
	pattern := strings.NewReplacer("{", ":", "}", "").Replace(path)
	r.echo.Add(http.MethodGet, pattern, func(e echo.Context) error {
		c := callOf(e.Request().Context())
		c.echo = e
		if !c.wantsPage() {
			return r.forward(c)
		}
		if err := c.admit(forReaders); err != nil {
			c.failPage(err)
			return nil
		}
		if err := h(c); err != nil {
			c.failPage(err)
			return nil
		}
		c.finish(e.Response().Status, "")
		return nil
	})
}

// openPage registers a page for everyone.
func (r *router) openPage(path string, h func(*call) error) {
	r.handle("GET", path, forAll, nil, func(c *call) error {
		err := h(c)
		if err == nil || !c.wantsPage() {
			return err
		}
		c.failPage(err)
		return nil
	})
}

// forward answers with the resource that has the page's path below the base.
func (r *router) forward(c *call) error {
	request := c.request.Clone(c.request.Context())
	request.URL.Path = base + request.URL.Path
	request.URL.RawPath = ""
	c.request = request
	c.echo.SetRequest(request)
	r.echo.Router().Find(http.MethodGet, request.URL.Path, c.echo)
	return c.echo.Handler()(c.echo)
}

// wantsPage tells whether the answer is to be HTML: no format is named, and
// Accept likes HTML no less than what the interface offers.
func (c *call) wantsPage() bool {
	if c.request.Method != http.MethodGet && c.request.Method != http.MethodHead || strings.HasPrefix(c.request.URL.Path, base) {
		return false
	}
	if query := c.request.URL.Query(); query.Has("format") {
		return false
	}
	accept := c.request.Header.Values("Accept")
	if len(accept) == 0 {
		return true
	}
	html := weight(accept, "text/html")
	for _, o := range offers {
		if weight(accept, o.media) > html {
			return false
		}
	}
	return html > 0
}

// failPage writes err as a page, or sends those who must sign in to the form.
func (c *call) failPage(err error) {
	p := problemOf(err)
	if p.code == "unauthenticated" {
		p.headers(c.header())
		_ = c.redirect("/login?" + url.Values{"next": {c.request.URL.RequestURI()}}.Encode())
		c.finish(http.StatusSeeOther, p.code)
		return
	}
	if c.echo.Response().Committed {
		c.finish(p.status, p.code)
		return
	}
	if p.status >= 500 && p.cause != nil {
		c.server.Logger.Error("request failed", "request_id", c.id, "code", p.code, "error", p.cause)
	}
	p.headers(c.header())
	if c.problemPage(p) != nil {
		c.fail(err)
		return
	}
	c.finish(p.status, p.code)
}

// problemPage draws the page of a problem.
func (c *call) problemPage(p *problem) error {
	page := c.bareReader()
	out := c.newPage(page, p.title.In(c.lang), "")
	content := web.ProblemPage{Status: p.status, Code: p.code, Detail: p.detail.In(c.lang), RequestID: c.id, Back: page.URL("/")}
	if p.status >= 500 || p.code == "rate_limited" {
		content.Retry = c.request.URL.RequestURI()
	}
	for _, f := range p.faults {
		content.Faults = append(content.Faults, web.Fact{Label: f.location, Values: []web.Link{{Text: f.value + " " + f.message.In(c.lang)}}})
	}
	out.Timeless, out.Content = true, content
	return c.render(p.status, "problem", out)
}

// known tells whether the caller may read at all.
func (c *call) known() bool { return c.identity.user != "" || c.server.Config.PublicEnabled }

// only are the parameter names of a page.
func only(names ...[]string) []string { return slices.Concat(append(names, pageNamesShared)...) }
