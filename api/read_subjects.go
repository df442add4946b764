package api

import (
	"slices"
	"strconv"
	"sync/atomic"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// registerKinds are the kinds of subject that have a list of their own, by its
// name.
var registerKinds = map[string]string{"funds": "fund", "projects": "project", "organisations": "organisation", "districts": "district"}

// subjectKinds are the kinds that can be asked for under /subjects.
var subjectKinds = []string{"fund", "project", "organisation", "district", "award", "pledge", "lot", "transfer", "proposal", "user"}

// registerNames are the parameters of a list beside those of every list.
func registerNames(kind string) []string {
	names := []string{"q", "measures", "sort"}
	switch kind {
	case "project":
		names = append(names, "state", "published")
	case "district":
		names = append(names, "level", "on")
	}
	return names
}

// readRegister answers the list of funds, projects, organisations or districts.
func readRegister(list string) func(*call) error {
	kind, known := registerKinds[list], &lineages{}
	return func(c *call) error {
		r, err := c.read(list, filterNames, pageNames, registerNames(kind))
		if err != nil {
			return err
		}
		q, err := r.subjects(kind, domain.Figures())
		if err != nil {
			return err
		}
		found, err := r.server.Model.Subjects(r.context(), r.view, q)
		if err != nil {
			return modelError(err)
		}
		e := r.subjectEnvelope(&q, found)
		e.totals = strconv.AppendInt([]byte(`{"count":`), int64(found.Count), 10)
		e.totals = append(e.totals, `,"measures":`...)
		e.totals = append(appendFigures(e.totals, q.Measures, sumsOf(&found.Totals)), '}')
		return r.answer(r.registerTable(list, q.Measures, found.Items, known), listTitles[list], e)
	}
}

var listTitles = map[string]words{
	"funds": {ZH: "资金", EN: "Funds"}, "projects": {ZH: "项目", EN: "Projects"}, "organisations": {ZH: "单位", EN: "Organisations"}, "districts": {ZH: "地区", EN: "Districts"},
}

func sumsOf(s *domain.Sums) func(domain.Figure) (int64, bool) {
	g := projections.Group{Sums: *s}
	return g.Figure
}

// readSubjects answers the subjects of any kind.
func readSubjects(c *call) error {
	kind := c.echo.Param("kind")
	if !slices.Contains(subjectKinds, kind) {
		return newProblem("not_found")
	}
	r, err := c.read("subjects/"+kind, filterNames, pageNames, []string{"q", "state", "sort"})
	if err != nil {
		return err
	}
	q, err := r.subjects(kind, nil)
	if err != nil {
		return err
	}
	found, err := r.server.Model.Subjects(r.context(), r.view, q)
	if err != nil {
		return modelError(err)
	}
	e := r.subjectEnvelope(&q, found)
	e.totals = append(strconv.AppendInt([]byte(`{"count":`), int64(found.Count), 10), '}')
	return r.answer(r.subjectTable(kind, found.Items), words{ZH: kind, EN: kind}, e)
}

// subjects makes the query of a list; measures are those shown when none are
// asked for.
func (r *reading) subjects(kind string, measures []domain.Figure) (q projections.SubjectQuery, err error) {
	err = r.bind(&q, &q.Filter, func(p *params) {
		q.Kind, q.Measures = kind, measures
		p.subjects(&q)
	})
	if err == nil && (!soundFigures(q.Measures) || q.Kind != kind) {
		err = newProblem("invalid_cursor")
	}
	q.Page = r.page(q.Offset)
	return q, err
}

// subjects reads the parameters of subject lists.
func (p *params) subjects(q *projections.SubjectQuery) {
	q.Text, q.State = p.words("q"), p.text("state")
	if p.has("state") && !lettered(q.State, "_") {
		p.fault("query.state", "pattern", q.State)
	}
	if p.has("published") {
		published := p.flag("published")
		q.Published = &published
	}
	q.Level = p.enum("level", "", division.Province, division.Prefecture, division.County)
	q.On = p.date("on")
	if figures := p.figures("measures"); len(figures) > 0 {
		q.Measures = figures
	}
	sortable := []string{"key", "label", "state"}
	for _, f := range q.Measures {
		sortable = append(sortable, f.String())
	}
	q.Sort = p.order(sortable...)
}

func (r *reading) subjectEnvelope(q *projections.SubjectQuery, found *projections.Subjects) envelope {
	e := envelope{position: found.Position, filter: &q.Filter}
	if found.Next > 0 {
		next := *q
		next.Position, next.Offset = found.Position, found.Next
		e.next = projections.Cursor(r.list, next)
	}
	return e
}

// registerTable has one row a subject with its figures.
func (r *reading) registerTable(list string, measures []domain.Figure, items []projections.Subject, known *lineages) *table {
	var cs columns
	cs.plain(textCell, "id", "label", "state")
	cs.plain(flagCell, "published")
	cs.plain(integerCell, "version")
	cs.figures("measures", measures)
	cs.plain(textCell, "url")
	var history *lineage
	if list == "districts" {
		cs.plain(listCell, "predecessors", "successors")
		history = r.lineage(known)
	}
	return &table{columns: cs, rows: len(items), fill: func(row int, cells []cell) {
		s := &items[row]
		cells[0].say(s.ID)
		cells[1].say(s.Label)
		cells[2].say(s.State)
		cells[3].flag(s.Published)
		cells[4].count(int64(s.Version))
		for i, f := range measures {
			cells[5+i].figure(s.Figure(f))
		}
		cells = cells[5+max(len(measures), 1):]
		cells[0].say(base + "/" + list + "/" + s.ID)
		if list == "districts" {
			cells[1].list, cells[2].list = history.predecessors[s.ID], history.successors[s.ID]
		}
	}}
}

// lineage is which codes of districts took over from which, by a register.
type lineage struct {
	register                 *division.Register
	predecessors, successors map[string][]string
}

// lineages keeps the lineage of the register used last: registers do not change.
type lineages struct{ last atomic.Pointer[lineage] }

func (r *reading) lineage(known *lineages) *lineage {
	var register *division.Register
	r.naming(func(n namer) { register = n.ledger.Register() })
	if l := known.last.Load(); l != nil && l.register == register {
		return l
	}
	l := &lineage{register, map[string][]string{}, map[string][]string{}}
	for _, code := range register.Codes() {
		for _, s := range register.Successors(code) {
			l.successors[code] = append(l.successors[code], s.Code)
			l.predecessors[s.Code] = append(l.predecessors[s.Code], code)
		}
	}
	known.last.Store(l)
	return l
}

// subjectTable has one row a subject with its facts.
func (r *reading) subjectTable(kind string, items []projections.Subject) *table {
	var cs columns
	cs.plain(textCell, "kind", "id", "label")
	cs.plain(integerCell, "version")
	cs.plain(textCell, "state", "project")
	cs.plain(amountCell, "amount")
	begin := len(cs)
	all := make([]facts, len(items))
	r.naming(func(n namer) {
		cs.facts(n.facts(kind, ""))
		for i := range items {
			all[i] = n.facts(kind, items[i].ID)
		}
	})
	end := len(cs)
	cs.plain(integerCell, "first_position", "last_position")
	return &table{columns: cs, rows: len(items), fill: func(row int, cells []cell) {
		s := &items[row]
		cells[0].say(s.Kind)
		cells[1].say(s.ID)
		cells[2].say(s.Label)
		cells[3].count(int64(s.Version))
		cells[4].say(s.State)
		cells[5].say(s.Project)
		if s.HasAmount {
			cells[6].amount(s.Amount)
		}
		for i, f := range all[row] {
			cells[begin+i] = f.cell
		}
		cells[end].position(s.FirstPosition)
		cells[end+1].position(s.LastPosition)
	}}
}

// facts adds the columns of facts.
func (cs *columns) facts(f facts) {
	for _, one := range f {
		cs.add("facts", one.name, one.kind, memberWords(one.name))
	}
	if len(f) == 0 {
		cs.empty("facts")
	}
}
