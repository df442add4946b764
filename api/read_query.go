package api

import (
	"slices"
	"time"

	"grantledger/domain"
	"grantledger/projections"
)

// reading is a read request of API.md 3 on its way: its parameters, whose view
// it has, and the form its answer takes.
type reading struct {
	*call
	params *params
	list   string // name of the resource in its cursors
	shape  shape
	view   projections.View
	limit  int // of a page
}

// Parameters of API.md 3 that every reading takes, and those of lists.
var (
	sharedNames = []string{"min_position", "wait", "format", "encoding", "header"}
	filterNames = filterParameters()
	pageNames   = []string{"limit", "cursor"}
)

func filterParameters() []string {
	names := []string{"as_of", "from", "position", "book", "account", "district_view"}
	for _, k := range projections.Keys() {
		names = append(names, string(k))
	}
	return names
}

// limits of a page, and of waiting (API.md 3).
const (
	usualLimit = 50
	mostLimit  = 500
	mostWait   = 30 * time.Second
)

// read begins a reading of a resource that takes the named parameters beside
// the shared ones.
func (c *call) read(list string, names ...[]string) (*reading, error) {
	r := &reading{call: c, list: list}
	r.params = c.params(slices.Concat(append(names, sharedNames)...)...)
	var err error
	r.shape, err = c.shape(r.params)
	return r, err
}

// bind fills the query from the cursor, or from the parameters by calling from,
// and waits until the read model knows enough. f is the query's own filter.
func (r *reading) bind(query any, f *projections.Filter, from func(*params)) error {
	p := r.params
	if p.has("cursor") {
		if err := r.resume(query, f); err != nil {
			return err
		}
	} else {
		p.filter(f)
		from(p)
	}
	low := p.number("min_position", 0, 0, mostPosition)
	patience := p.duration("wait", patience, mostWait)
	r.limit = int(p.number("limit", usualLimit, 1, mostLimit))
	if err := p.refused(); err != nil {
		return err
	}
	r.view = r.call.view()
	return r.reach(max(low, f.Position), patience)
}

// refused is problem, but a fault in amounts alone has its own code (API.md 5).
func (p *params) refused() error {
	err := p.problem()
	if err == nil || slices.ContainsFunc(p.faults, func(f fault) bool { return f.code != "amount" }) {
		return err
	}
	refusal := domain.Refusal{Code: domain.InvalidAmount}
	for _, f := range p.faults {
		refusal.Faults = append(refusal.Faults, domain.Fault{Location: f.location, Code: f.code, Value: f.value})
	}
	return &refusal
}

const mostPosition = 999_999_999_999_999

// resume takes up a list where a cursor points. The cursor pins everything but
// the limit.
func (r *reading) resume(query any, f *projections.Filter) error {
	for name := range r.params.values {
		if name != "cursor" && name != "limit" && name != "lang" {
			if err := r.params.problem(); err != nil {
				return err
			}
			return newProblem("cursor_conflict")
		}
	}
	if projections.Resume(r.list, r.params.text("cursor"), query) != nil || !sound(f) {
		return newProblem("invalid_cursor")
	}
	return nil
}

// sound tells whether a filter out of a cursor can be one of ours.
func sound(f *projections.Filter) bool {
	known := domain.Accounts()
	for _, a := range f.Accounts {
		if !slices.Contains(known, a) {
			return false
		}
	}
	for _, b := range f.Books {
		if b > domain.Match {
			return false
		}
	}
	return f.Position > 0 && f.Check() == nil
}

func soundFigures(figures []domain.Figure) bool {
	for _, f := range figures {
		if f > domain.FigureRate {
			return false
		}
	}
	return true
}

// page is the part of a list that is asked for; files hold every row.
func (r *reading) page(offset int) projections.Page {
	if r.shape.format != formatJSON {
		return projections.Page{}
	}
	return projections.Page{Offset: offset, Limit: r.limit}
}

// filter reads the filter parameters of API.md 3.
func (p *params) filter(f *projections.Filter) {
	f.Position = p.position("position")
	f.AsOf, f.From = p.date("as_of"), p.date("from")
	for _, k := range projections.Keys() {
		if values := p.set(string(k)); len(values) > 0 {
			if f.Where == nil {
				f.Where = make(map[projections.Key][]string, 4)
			}
			f.Where[k] = values
		}
	}
	f.Books, f.Accounts = p.books(), p.accounts()
	f.Recorded = p.enum("district_view", "current", "current", "recorded") == "recorded"
	if f.Check() != nil {
		p.malformed(f)
	}
}

// malformed notes every value of the filter that cannot be one of its key.
func (p *params) malformed(f *projections.Filter) {
	for k, values := range f.Where {
		for _, v := range values {
			one := projections.Filter{Where: map[projections.Key][]string{k: {v}}}
			if one.Check() != nil {
				p.fault("query."+string(k), "pattern", v)
			}
		}
	}
}

// set is a list without repeats.
func (p *params) set(name string) []string {
	values := p.list(name)
	for i := 1; i < len(values); {
		if slices.Contains(values[:i], values[i]) {
			values = slices.Delete(values, i, i+1)
		} else {
			i++
		}
	}
	return values
}

func (p *params) books() (books []domain.Book) {
	for _, v := range p.set("book") {
		at := slices.IndexFunc(allBooks, func(b domain.Book) bool { return b.String() == v })
		if at < 0 {
			p.fault("query.book", "enum", v)
			continue
		}
		books = append(books, allBooks[at])
	}
	return books
}

var allBooks = []domain.Book{domain.Budget, domain.Money, domain.Pledges, domain.Match}

func (p *params) accounts() (accounts []domain.Account) {
	for _, v := range p.set("account") {
		a, ok := domain.ParseAccount(v)
		if !ok {
			p.fault("query.account", "enum", v)
			continue
		}
		accounts = append(accounts, a)
	}
	return accounts
}

func (p *params) figures(name string) (figures []domain.Figure) {
	for _, v := range p.set(name) {
		f, ok := domain.ParseFigure(v)
		if !ok {
			p.fault("query."+name, "enum", v)
			continue
		}
		figures = append(figures, f)
	}
	return figures
}

// keys are keys to group by; Check of the query says which may stand together.
func (p *params) keys(name string, allowed ...projections.Key) (keys []projections.Key) {
	for _, v := range p.list(name) {
		if k := projections.Key(v); !slices.Contains(allowed, k) || slices.Contains(keys, k) {
			p.fault("query."+name, "enum", v)
		} else {
			keys = append(keys, k)
		}
	}
	return keys
}

// order is sort: one of the names, or "-" and one of them.
func (p *params) order(allowed ...string) string {
	v := p.text("sort")
	if !p.has("sort") {
		return ""
	}
	name := v
	if len(name) > 1 && name[0] == '-' {
		name = name[1:]
	}
	if !slices.Contains(allowed, name) {
		p.fault("query.sort", "enum", v)
	}
	return v
}
