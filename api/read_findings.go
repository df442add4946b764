package api

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"grantledger/domain"
	"grantledger/domain/audit"
	"grantledger/projections"
)

// auditor keeps the fold of the audit tests at the newest position asked for;
// an earlier position is folded anew.
type auditor struct {
	mu   sync.Mutex
	fold *audit.Audit
}

// at gives the findings at a position with the settings. today is the day to
// which open matters are counted; 0 is that of the newest event.
func (a *auditor) at(ctx context.Context, s *Server, position uint64, settings audit.Settings, today domain.Date) ([]audit.Finding, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	fold := a.fold
	if fold == nil || fold.Position() > position {
		fold = audit.New()
	}
	err := s.Log.Events(ctx, fold.Position()+1, position, func(at uint64, head, body []byte) error {
		var e domain.Event
		if err := domain.DecodeEvent(head, body, &e); err != nil {
			return err
		}
		e.Position = at
		fold.Apply(&e)
		return nil
	})
	if err != nil { // the fold may have stopped in the middle of a block
		return nil, err
	}
	if a.fold == nil || fold.Position() > a.fold.Position() {
		a.fold = fold
	}
	return fold.Findings(settings, today), nil
}

// findingsQuery is what a page of findings pins.
type findingsQuery struct {
	projections.Filter
	Tests    []string       `json:"te,omitempty"`
	Kind     string         `json:"ki,omitempty"`
	Settings map[string]int `json:"se,omitempty"` // set beside the defaults
	projections.Page
}

// readFindings answers the hits of the audit tests (DOMAIN.md 13) at a
// position. as_of is the day to which open matters are counted.
func readFindings(c *call) error {
	if c.identity.user == "" {
		return newProblem("not_found")
	}
	r, err := c.read("findings", []string{"position", "as_of", "fund", "test", "kind"}, settingNames(), pageNames)
	if err != nil {
		return err
	}
	var q findingsQuery
	if err := r.bind(&q, &q.Filter, q.from); err != nil {
		return err
	}
	if q.Position == 0 {
		q.Position = r.server.Model.Progress()
	}
	settings := audit.Defaults()
	for name, v := range q.Settings {
		settings.Set(name, v)
	}
	all, err := r.server.auditor.at(r.context(), r.server, q.Position, settings, q.AsOf)
	if err != nil {
		return err
	}
	shown, err := r.choose(all, &q)
	if err != nil {
		return err
	}
	q.Page = r.page(q.Offset)
	from, to, next := q.Slice(len(shown))
	e := envelope{position: q.Position, filter: &q.Filter}
	if next > 0 {
		q.Offset = next
		e.next = projections.Cursor(r.list, q)
	}
	return r.answer(r.findingsTable(shown[from:to]), words{ZH: "疑点", EN: "Findings"}, e)
}

// from reads the parameters of the query.
func (q *findingsQuery) from(p *params) {
	q.Tests = p.set("test")
	q.Kind = p.enum("kind", "", string(audit.Recheck), string(audit.Pattern))
	for _, name := range settingNames() {
		if p.has(name) {
			if q.Settings == nil {
				q.Settings = map[string]int{}
			}
			q.Settings[name] = int(p.number(name, 0, 0, 1_000_000))
		}
	}
}

// settingNames are the settings of the tests, which a reader may change.
func settingNames() []string {
	var names []string
	defaults := audit.Defaults()
	for _, s := range defaults.List() {
		names = append(names, s.Name)
	}
	return names
}

// choose keeps the hits that were asked for and that the caller may see.
func (r *reading) choose(all []audit.Finding, q *findingsQuery) ([]audit.Finding, error) {
	var shown []audit.Finding
	for _, f := range all {
		if len(q.Tests) > 0 && !slices.Contains(q.Tests, f.Test) || q.Kind != "" && string(f.Kind) != q.Kind || !ofFund(&f, q.Where[projections.Fund]) {
			continue
		}
		visible, err := r.seesFinding(&f)
		if err != nil {
			return nil, err
		}
		if visible {
			shown = append(shown, f)
		}
	}
	return shown, nil
}

// ofFund tells whether a voucher or the subject of the hit is of one of the funds.
func ofFund(f *audit.Finding, funds []string) bool {
	return len(funds) == 0 || slices.ContainsFunc(funds, func(fund string) bool {
		return f.Subject == "fund/"+fund || slices.ContainsFunc(f.Vouchers, func(v string) bool { return strings.HasPrefix(v, fund+"/") })
	})
}

// seesFinding asks whether the caller may see the hit's subject.
func (r *reading) seesFinding(f *audit.Finding) (bool, error) {
	kind, id, ok := strings.Cut(f.Subject, "/")
	if !ok || r.view.All {
		return r.view.All, nil
	}
	return r.server.Model.Visible(r.context(), projections.View{SignedIn: true, Funds: r.view.Funds}, kind, id)
}

// findingsTable has one row a hit.
func (r *reading) findingsTable(list []audit.Finding) *table {
	var cs columns
	cs.plain(textCell, "test", "kind", "title", "subject")
	cs.plain(recordsCell, "positions")
	cs.plain(listCell, "vouchers")
	cs.plain(textCell, "figure", "limit", "detail")
	return &table{columns: cs, rows: len(list), fill: func(row int, cells []cell) {
		f := &list[row]
		test, _ := audit.Find(f.Test)
		cells[0].say(f.Test)
		cells[1].say(string(f.Kind))
		cells[2].say(test.Title.In(r.lang))
		cells[3].say(f.Subject)
		for _, position := range f.Positions {
			cells[4].list = append(cells[4].list, strconv.FormatUint(position, 10))
		}
		cells[5].list = f.Vouchers
		cells[6].say(f.Figure.String())
		cells[7].say(f.Limit.String())
		cells[8].say(f.Detail.In(r.lang))
	}}
}

// readTests answers the audit tests with their rule texts and settings.
func readTests(c *call) error {
	if c.identity.user == "" {
		return newProblem("not_found")
	}
	if _, err := c.read("findings/tests"); err != nil {
		return err
	}
	type setting struct {
		Name  string `json:"name"`
		Value int    `json:"value"`
	}
	type test struct {
		Test     string    `json:"test"`
		Kinds    []string  `json:"kinds"`
		Title    string    `json:"title"`
		Rule     string    `json:"rule"`
		Rules    words     `json:"rules"`
		Settings []setting `json:"settings"`
	}
	items := []test{}
	for _, t := range audit.Tests(audit.Defaults()) {
		item := test{Test: t.ID, Title: t.Title.In(c.lang), Rule: t.Rule.In(c.lang), Rules: t.Rule, Settings: []setting{}}
		for _, k := range t.Kinds {
			item.Kinds = append(item.Kinds, string(k))
		}
		for _, s := range t.Settings {
			item.Settings = append(item.Settings, setting{s.Name, s.Value})
		}
		items = append(items, item)
	}
	return c.json(200, map[string]any{"items": items})
}
