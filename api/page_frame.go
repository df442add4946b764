package api

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections"
)

// visit is a page request on its way: its parameters, the filter that they
// make, whose view it has, and for whom it is drawn.
type visit struct {
	*call
	params *params
	filter projections.Filter
	view   projections.View
	reader *web.Reader
}

// visit reads the parameters of a page; names are its own, beside time,
// language and theme.
func (c *call) visit(names ...[]string) (*visit, error) {
	v := &visit{call: c, params: c.params(only(names...)...)}
	p := v.params
	v.filter.Position, v.filter.AsOf = p.position("position"), p.date("as_of")
	theme := p.enum("theme", "", "light", "dark")
	if err := p.problem(); err != nil {
		return nil, err
	}
	v.reader = c.bareReader()
	v.reader.Theme = theme
	if err := c.reach(v.filter.Position, patience); err != nil {
		return nil, err
	}
	if v.filter.Position == 0 && c.server.Model.Progress() > 0 {
		v.filter.Position = c.server.Model.Progress() // all figures of a page are of one position
	}
	v.reader.Position = v.filter.Position
	v.view = c.view()
	return v, nil
}

// bareReader is the reader with what the address says, as far as it can be
// read.
func (c *call) bareReader() *web.Reader {
	query := c.request.URL.Query()
	r := &web.Reader{Lang: c.lang, Keep: url.Values{}}
	for _, name := range []string{"as_of", "position", "lang", "theme"} {
		if v := query.Get(name); v != "" {
			r.Keep.Set(name, v)
		}
	}
	if d, ok := domain.ParseDate(query.Get("as_of")); ok {
		r.AsOf = d
	}
	r.Pinned = r.Keep.Has("as_of") || r.Keep.Has("position")
	return r
}

// newPage puts the frame around a page; here is its entry in the navigation.
func (c *call) newPage(r *web.Reader, title, here string) *web.Page {
	s := c.server
	p := &web.Page{Reader: *r, Title: title, Here: here, Demo: s.Config.Demo, User: c.identity.user, Known: c.known(), Ledger: s.Config.Title}
	p.Trial = eventstore.IsTrial(s.Log.Origin())
	p.Next = c.request.URL.RequestURI()
	p.Other = c.inLanguage()
	p.Newest = c.unpinned()
	p.TimeText = c.timeText(r)
	p.Hidden = c.hidden()
	if log, model := s.Log.Position(), s.Model.Progress(); log > model+50 {
		p.Behind = log - model
	}
	p.Foot = c.foot(r)
	if p.Ledger == "" {
		s.Model.State(func(l *domain.Ledger) { p.Ledger = l.Info("name") })
	}
	return p
}

// inLanguage is the address of the same page in the other language.
func (c *call) inLanguage() string {
	query := c.request.URL.Query()
	other := "en"
	if c.lang == "en" {
		other = "zh"
	}
	query.Set("lang", other)
	return c.request.URL.Path + "?" + query.Encode()
}

// unpinned is the address of the same page without date and position.
func (c *call) unpinned() string {
	query := c.request.URL.Query()
	for _, name := range []string{"as_of", "position", "cursor"} {
		query.Del(name)
	}
	address := url.URL{Path: c.request.URL.Path, RawQuery: query.Encode()}
	return address.String()
}

// timeText is the sentence of the yellow bar, "" when the page is live.
func (c *call) timeText(r *web.Reader) string {
	position := r.Keep.Get("position")
	if n, err := strconv.ParseUint(position, 10, 64); err == nil {
		position = web.Count(n)
	}
	switch {
	case r.AsOf != 0 && position != "":
		return r.T("time.both", r.Day(r.AsOf), position)
	case r.AsOf != 0:
		return r.T("time.date", r.Day(r.AsOf))
	case position != "":
		return r.T("time.position", position)
	}
	return ""
}

// hidden are the other parameters of the address, for the form that changes
// the time.
func (c *call) hidden() (pairs []web.Pair) {
	query := c.request.URL.Query()
	names := make([]string, 0, len(query))
	for name := range query {
		if name != "as_of" && name != "position" && name != "cursor" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range query[name] {
			pairs = append(pairs, web.Pair{Name: name, Value: v})
		}
	}
	return pairs
}

// foot says what the page reflects, and whether the own tree agrees with the
// newest checkpoint.
func (c *call) foot(r *web.Reader) web.Foot {
	s := c.server
	f := web.Foot{Position: r.Position, Made: r.Moment(s.Clock())}
	if f.Position == 0 {
		f.Position = s.Model.Progress()
	}
	if root, err := s.Log.Root(f.Position); err == nil && f.Position > 0 {
		f.Root = hex.EncodeToString(root[:])
	}
	if seal, ok := s.Log.Newest(); ok {
		f.Checkpoint = seal.Size
		root, err := s.Log.Root(seal.Size)
		f.Agrees = err == nil && root == seal.Root
		f.Alarm = err != nil || !f.Agrees
	}
	return f
}

// page is the frame of a visit.
func (v *visit) page(title, here string, crumbs ...web.Crumb) *web.Page {
	p := v.newPage(v.reader, title, here)
	if len(crumbs) > 0 {
		p.Crumbs = append([]web.Crumb{{Label: v.reader.T("nav.overview"), URL: v.reader.URL("/")}}, crumbs...)
	}
	return p
}

// render answers with a page.
func (c *call) render(status int, name string, p *web.Page) error {
	b := takeBuffer()
	defer giveBuffer(b)
	if err := web.Render(b, name, p); err != nil {
		return err
	}
	if p.Foot.Position > 0 {
		c.reflects(p.Foot.Position)
	}
	c.header()["Cache-Control"] = noCache
	if c.request.Method == http.MethodHead {
		b.Reset()
	}
	return c.bytes(status, typeHTML, b.Bytes())
}

// show answers with a page of a visit.
func (v *visit) show(name string, p *web.Page, content any) error {
	p.Content = content
	return v.render(http.StatusOK, name, p)
}

// today is the date that a page speaks of: that of the address, else of the
// clock.
func (v *visit) today() domain.Date {
	if v.filter.AsOf != 0 {
		return v.filter.AsOf
	}
	return domain.DateOf(v.server.Clock())
}

// files are the actions of lists: the resource of a path below the base as
// file with the same parameters, and the fixed link of the page.
func (v *visit) files(path string) []web.Action {
	query := v.request.URL.Query()
	pairs := func(format string) []string {
		var out []string
		for name, values := range query {
			if name != "cursor" && name != "theme" && name != "figure" {
				out = append(out, name, strings.Join(values, ","))
			}
		}
		if format != "" {
			out = append(out, "format", format)
		}
		return out
	}
	bare := web.Reader{Lang: v.lang, Position: v.reader.Position}
	return []web.Action{
		{Label: v.reader.T("excel"), URL: bare.Fixed(base+path, pairs("xlsx")...), Download: true},
		{Label: v.reader.T("csv"), URL: bare.Fixed(base+path, pairs("csv")...), Download: true},
		{Label: v.reader.T("fixed"), URL: v.reader.Fixed(v.request.URL.Path, pairs("")...)},
	}
}

// elapsed is how much of a year is gone at a date, in basis points.
func elapsed(year int, at domain.Date) int64 {
	first, next := domain.NewDate(year, 1, 1), domain.NewDate(year+1, 1, 1)
	switch {
	case at < first:
		return 0
	case at >= next:
		return 10000
	}
	return int64(at-first+1) * 10000 / int64(next-first)
}
