package web

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/*
var staticFiles embed.FS

// Page is a page with the frame around it. Templates read the Reader's methods
// on it, and what is their own in Content.
type Page struct {
	Reader
	Title    string // heading, and the tab's title
	Ledger   string // name on every page
	Demo     bool   // an illustrative ledger
	Trial    bool   // an origin that is for trials only
	Here     string // path of the navigation's entry
	Crumbs   []Crumb
	Actions  []Action
	Next     string // address of this page, for signing in and the other language
	Other    string // the same page in the other language
	Newest   string // the same page without date and position
	Hidden   []Pair // fields that the as-of form carries along
	TimeText string // what the yellow bar says; "" when live
	User     string // "" = not signed in
	Known    bool   // reading is allowed: the navigation is shown
	Timeless bool   // the page does not depend on a date or position
	Behind   uint64 // events that the read model lags behind
	Foot     Foot
	Content  any
}

// Crumb is a step of the breadcrumb; the last one has no URL.
type Crumb struct{ Label, URL string }

// Action is a link or button beside the heading.
type Action struct {
	Label, URL string
	Primary    bool
	Download   bool
}

// Pair is a name and a value.
type Pair struct{ Name, Value string }

// Foot says what the page reflects.
type Foot struct {
	Position   uint64
	Root       string // hex, in full
	Checkpoint uint64 // size of the newest checkpoint at most Position; 0 = none
	Agrees     bool   // the own tree agrees with it
	Alarm      bool   // it does not
	Made       string
}

// NavItem is an entry of the navigation.
type NavItem struct{ Path, Key string }

// Nav lists the pages of the navigation that are there.
func (p *Page) Nav() []NavItem {
	return []NavItem{
		{"/", "nav.overview"}, {"/funds", "nav.funds"}, {"/projects", "nav.projects"}, {"/districts", "nav.districts"},
		{"/statements", "nav.statements"}, {"/events", "nav.events"}, {"/checkpoints", "nav.checkpoints"}, {"/verify", "nav.verify"}, {"/help", "nav.help"},
	}
}

// IsHere tells whether a path is the navigation's entry of this page.
func (p *Page) IsHere(path string) bool { return p.Here == path }

// Brand is the name in the head of every page.
func (p *Page) Brand() string { return orText(p.Ledger, p.T("brand")) }

func orText(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Scheme is the class that fixes the colours; "" lets the browser choose.
func (p *Page) Scheme() string { return p.Theme }

// With pairs a figure with the page, for templates that need both.
func (p *Page) With(it any) Shared { return Shared{p, it} }

// Shared is what a shared template gets: the page and its own matter.
type Shared struct {
	*Page
	It any
}

var pages = sync.OnceValue(func() map[string]*template.Template {
	shared := template.Must(template.ParseFS(templateFiles, "templates/frame.html", "templates/parts.html"))
	all := map[string]*template.Template{}
	for _, name := range Names() {
		all[name] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, "templates/"+name+".html"))
	}
	return all
})

// Names lists the pages that there are templates for.
func Names() []string {
	files, _ := fs.Glob(templateFiles, "templates/*.html")
	var names []string
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(f, "templates/"), ".html")
		if name != "frame" && name != "parts" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Render writes the page whole; an error leaves b as it was.
func Render(b *bytes.Buffer, name string, p *Page) error {
	n := b.Len()
	if err := pages()[name].ExecuteTemplate(b, "frame", p); err != nil {
		b.Truncate(n)
		return err
	}
	return nil
}

// Static serves the style sheet and the script; the path is /static/<file>.
func Static() http.Handler {
	files, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic("web: " + err.Error())
	}
	return http.StripPrefix("/static/", http.FileServerFS(files))
}

// Kept tells whether a hidden field belongs to every form: time, language and
// theme.
func (p *Page) Kept(name string) bool {
	return name == "as_of" || name == "position" || name == "lang" || name == "theme"
}
