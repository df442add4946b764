package api

import (
	"net/http"
	"sync"

	"grantledger/api/web"
)

// verifyPolicy keeps the verify page and its worker from asking anybody for anything (API.md 10.4); a worker obeys the
// policy of its own script's answer.
const verifyPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; img-src 'none'; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// verifyAssets are the answers that never change, made once.
type verifyAssets struct {
	script, worker, style, offline []byte
	offlinePolicy                  string
}

var assetsOfVerify = sync.OnceValue(func() *verifyAssets {
	html, script, style := web.OfflineVerify()
	return &verifyAssets{
		script: web.VerifyScript(), worker: web.VerifyWorker(), style: web.VerifyStyle(), offline: html,
		offlinePolicy: "default-src 'none'; script-src '" + script + "'; style-src '" + style + "'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}
})

// routeVerify registers the verify page, its files, and the page as a single file.
func (s *Server) routeVerify(r *router) {
	a := assetsOfVerify()
	r.openPage("/verify", s.verifyPage)
	for path, file := range map[string]struct {
		kind, policy string
		content      []byte
	}{
		"/static/verify.js":        {"text/javascript; charset=utf-8", verifyPolicy, a.script},
		"/static/verify-worker.js": {"text/javascript; charset=utf-8", verifyPolicy, a.worker},
		"/static/verify.css":       {"text/css; charset=utf-8", verifyPolicy, a.style},
		"/verify/offline.html":     {typeHTML, a.offlinePolicy, a.offline},
	} {
		r.handle("GET", path, forAll, nil, func(c *call) error {
			h := c.header()
			h.Set("Cache-Control", "public, max-age=3600")
			h.Set("Content-Security-Policy", file.policy)
			return c.bytes(http.StatusOK, file.kind, file.content)
		})
	}
}

// verifyPage is the page that checks packages in the browser. It has no form that is sent, so it does not sign out either.
func (s *Server) verifyPage(c *call) error {
	v, err := c.visit()
	if err != nil {
		return err
	}
	title := v.reader.T("verify")
	page := v.page(title, "/verify", web.Crumb{Label: title})
	page.Timeless, page.User = true, ""
	c.header().Set("Content-Security-Policy", verifyPolicy)
	return v.show("verify", page, web.VerifyContent(v.reader.English()))
}
