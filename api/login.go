package api

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"grantledger/domain"
)

// maxForm bounds the forms of login and set-up.
const maxForm = 16 << 10

// form reads a posted form; every member must be named.
func (c *call) form(names ...string) (url.Values, error) {
	if media, _, _ := mime.ParseMediaType(c.request.Header.Get("Content-Type")); media != "application/x-www-form-urlencoded" {
		return nil, newProblem("unsupported_media_type", "wanted", "application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.echo.Response(), c.request.Body, maxForm))
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, newProblem("malformed_request", "reason", "form")
	}
	p := params{}
	for name := range values {
		known := false
		for _, n := range names {
			known = known || n == name
		}
		if !known {
			p.fault("body."+name, "unknown", "")
		}
	}
	return values, p.problem()
}

// localPath is next when it is a path of this server, else "/".
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

// redirect sends the browser on.
func (c *call) redirect(to string) error {
	c.header().Set("Location", to)
	c.header().Set("Cache-Control", "no-store")
	c.echo.Response().WriteHeader(http.StatusSeeOther)
	return nil
}

func (s *Server) routeSessions(r *router) {
	r.handle("POST", "/login", forAll, nil, s.signInPage)
	r.handle("POST", "/logout", forAll, nil, s.logout)
	r.openPage("/setup", s.setupForm)
	r.handle("POST", "/setup", forAll, nil, s.setup)
}

func (s *Server) login(c *call) error {
	form, err := c.form("user", "password", "next", "lang")
	if err != nil {
		return err
	}
	if s.Config.PasswordsOff {
		return newProblem("not_found")
	}
	user := form.Get("user")
	if err := s.signIn(user, form.Get("password"), address(c.request)); err != nil {
		return err
	}
	if old := c.identity.session; old != "" {
		if err := s.endSession(c.context(), old); err != nil {
			return err
		}
	}
	if err := s.beginSession(c.context(), c.header(), user); err != nil {
		return err
	}
	return c.redirect(localPath(form.Get("next")))
}

func (s *Server) logout(c *call) error {
	if hash := c.identity.session; hash != "" {
		if err := s.endSession(c.context(), hash); err != nil {
			return err
		}
	}
	s.setCookie(c.header(), "", -1)
	return c.redirect("/login")
}

// SetupTokenFile is the file of the one-time token in the data directory.
const SetupTokenFile = "setup-token"

// OfferSetup gives the one-time token of the set-up page and makes its file
// (0600) when there is none; "" when the ledger has been opened. Whoever
// starts the server shows /setup?token=… to the operator.
func (s *Server) OfferSetup() (token string, err error) {
	if s.opened() {
		return "", nil
	}
	path := filepath.Join(s.Config.DataDir, SetupTokenFile)
	stored, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(stored)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read set-up token: %w", err)
	}
	if token, err = s.random(32); err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write set-up token: %w", err)
	}
	return token, nil
}

// setupToken compares a token with the file; set-up is over when there is none.
func (s *Server) setupToken(given string) error {
	stored, err := os.ReadFile(filepath.Join(s.Config.DataDir, SetupTokenFile))
	if errors.Is(err, fs.ErrNotExist) {
		return newProblem("not_found")
	}
	if err != nil {
		return fmt.Errorf("read set-up token: %w", err)
	}
	want := strings.TrimSpace(string(stored))
	if s.opened() || want == "" || subtle.ConstantTimeCompare([]byte(want), []byte(given)) != 1 {
		return newProblem("not_found")
	}
	return nil
}

// setupPage is complete in itself: before set-up there is nothing else.
const setupPage = `<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>设置 Set-up</title>
<h1>设置账本 <span lang="en">Set up the ledger</span></h1>
<form method="post" action="/setup">%s
<p><label>管理员 Administrator (id)<br><input name="user" required pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,39}"></label></p>
<p><label>密码 Password (12–128)<br><input name="password" type="password" required minlength="12" maxlength="128" autocomplete="new-password"></label></p>
<p><label>账本编号 Ledger id<br><input name="ledger" required pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,39}"></label></p>
<p><label>账本名称 Ledger name<br><input name="name" required maxlength="200"></label></p>
<p><label>区划代码 District code<br><input name="district" required pattern="[0-9]{6}"></label></p>
<p><button>开立账本 Open the ledger</button></p></form></html>`

// Fields of the token: brought by the link, or asked for.
const (
	setupTokenGiven = `<input type="hidden" name="token" value="%s">`
	setupTokenAsked = `<p><label>设置令牌 Set-up token (` + SetupTokenFile + `)<br><input name="token" required autocomplete="off"></label></p>`
)

// setupForm draws the form. A browser without the link's token is asked for it,
// as long as the ledger has not been opened.
func (s *Server) setupForm(c *call) error {
	p := c.params("token")
	token := p.text("token")
	if err := p.problem(); err != nil {
		return err
	}
	if token == "" && c.wantsPage() && !s.opened() {
		return c.bytes(200, typeHTML, fmt.Appendf(nil, setupPage, setupTokenAsked))
	}
	if err := s.setupToken(token); err != nil {
		return err
	}
	return c.bytes(200, typeHTML, fmt.Appendf(nil, setupPage, fmt.Sprintf(setupTokenGiven, html.EscapeString(token))))
}

// setup makes the first admin: password, then the ledger is opened in his
// name, then the token is removed.
func (s *Server) setup(c *call) error {
	form, err := c.form("token", "user", "password", "ledger", "name", "district", "lang")
	if err != nil {
		return err
	}
	if err := s.setupToken(form.Get("token")); err != nil {
		return err
	}
	data := appendText([]byte(`{"on":`), domain.DateOf(s.Clock()).String())
	for _, name := range []string{"ledger", "name", "district"} {
		data = appendText(append(append(append(data, `,"`...), name...), `":`...), form.Get(name))
	}
	cmd, err := domain.Bind("open-ledger", append(data, '}'))
	if err != nil {
		return err
	}
	user := form.Get("user")
	if !isID(user) {
		return invalid(faultAt("body.user", "pattern", user))
	}
	if err := weak(form.Get("password")); err != nil {
		return err
	}
	cmd.Actor, cmd.Key = "user/"+user, "setup"
	_, receipt, err := s.Writer.Do(c.context(), cmd)
	if err != nil {
		return err
	}
	if err := s.SetPassword(c.context(), user, form.Get("password")); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(s.Config.DataDir, SetupTokenFile)); err != nil {
		return fmt.Errorf("remove set-up token: %w", err)
	}
	if err := c.reach(receipt.Last, patience); err != nil {
		return err
	}
	if err := s.beginSession(c.context(), c.header(), user); err != nil {
		return err
	}
	return c.redirect("/")
}

// isID is the pattern of ids that clients choose.
func isID(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return true
}
