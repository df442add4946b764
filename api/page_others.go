package api

import (
	"net/http"
	"strconv"

	"grantledger/api/web"
	"grantledger/domain"
)

// checkpointsShown is how many checkpoints a page lists.
const checkpointsShown = 50

// checkpointsPage lists the signed checkpoints and the trust text.
func (s *Server) checkpointsPage(c *call) error {
	v, err := c.visit([]string{"before"})
	if err != nil {
		return err
	}
	before := v.params.number("before", 0, 1, mostPosition)
	if err := v.params.problem(); err != nil {
		return err
	}
	list, err := c.checkpoints(checkpointsShown, before)
	if err != nil {
		return err
	}
	content := web.CheckpointPage{Trust: s.Log.Trust().Format()}
	for _, item := range list {
		root, err := s.Log.Root(item.Size)
		row := web.CheckpointRow{Size: item.Size, Root: item.Root, Signers: v.signers(item.Note), Time: item.Time, Agrees: err == nil && hexOf(root) == item.Root, URL: "/checkpoint?size=" + strconv.FormatUint(item.Size, 10)}
		content.Rows = append(content.Rows, row)
	}
	if len(list) == checkpointsShown {
		content.More = v.reader.URL("/checkpoints", "before", strconv.FormatUint(list[len(list)-1].Size, 10))
	}
	page := v.page(v.reader.T("checkpoints.title"), "/checkpoints", web.Crumb{Label: v.reader.T("checkpoints.title")})
	page.Timeless = true
	return v.show("checkpoints", page, content)
}

// helpPage explains words, figures and accounts.
func (s *Server) helpPage(c *call) error {
	v, err := c.visit()
	if err != nil {
		return err
	}
	r := v.reader
	content := web.HelpPage{Glossary: r.Glossary(), Shell: []string{"grantverify --trust trust.txt package.zip", "unzip -p package.zip heads.ndjson | wc -l", "unzip -p package.zip MANIFEST"}}
	content.Figures = web.Table{Caption: r.T("help.figures"), Heads: []web.Head{{Label: r.T("word")}, {Label: r.T("other.name")}, {Label: r.T("code")}}}
	other := "en"
	if v.lang == "en" {
		other = "zh"
	}
	for _, f := range domain.Figures() {
		content.Figures.Rows = append(content.Figures.Rows, []web.Cell{web.Plain(r.Figure(f)), web.Plain(f.Words().In(other)), web.Code(f.String())})
	}
	content.Accounts = web.Table{Caption: r.T("help.accounts"), Heads: []web.Head{{Label: r.T("account")}, {Label: r.T("other.name")}, {Label: r.T("book")}, {Label: r.T("code")}}}
	for _, a := range domain.Accounts() {
		content.Accounts.Rows = append(content.Accounts.Rows, []web.Cell{web.Plain(r.Account(a)), web.Plain(a.Words().In(other)), web.Plain(r.In(a.Book().Words())), web.Code(a.String())})
	}
	page := v.page(r.T("help.title"), "/help", web.Crumb{Label: r.T("help.title")})
	page.Timeless = true
	return v.show("help", page, content)
}

// loginPage is the form to sign in.
func (s *Server) loginPage(c *call) error {
	p := c.params(only([]string{"next"})...)
	next := localPath(p.text("next"))
	if err := p.problem(); err != nil {
		return err
	}
	key := ""
	if s.Config.PasswordsOff {
		key = "login.off"
	}
	return c.loginForm(http.StatusOK, next, key)
}

// loginForm draws the form; key names the text of what went wrong, if any.
func (c *call) loginForm(status int, next, key string) error {
	r := c.bareReader()
	page := c.newPage(r, r.T("login"), "/login")
	page.Timeless, page.Next = true, next
	content := web.LoginPage{Next: next}
	if key != "" {
		content.Problem = r.T(key)
	}
	page.Content = content
	return c.render(status, "login", page)
}

// signInPage is the login of a browser: what is wrong is said on the form.
func (s *Server) signInPage(c *call) error {
	err := s.login(c)
	if err == nil || weight(c.request.Header.Values("Accept"), "text/html") == 0 || c.echo.Response().Committed {
		return err
	}
	next := "/"
	switch {
	case s.Config.PasswordsOff && isProblem(err, "not_found"):
		return c.loginForm(http.StatusNotFound, next, "login.off")
	case isProblem(err, "bad_credentials"):
		return c.loginForm(http.StatusUnauthorized, next, "login.wrong")
	case isProblem(err, "rate_limited"):
		return c.loginForm(http.StatusTooManyRequests, next, "login.many")
	}
	return err
}
