package api

import (
	"slices"
	"strconv"

	"grantledger/domain"
	"grantledger/projections"
)

// readMember answers one fund, project, organisation or district with facts and
// links. Its figures go by the filter, its facts are those of now.
func readMember(list string) func(*call) error {
	kind, known := registerKinds[list], &lineages{}
	return func(c *call) error {
		r, err := c.read(list, filterNames, []string{"measures"})
		if err != nil {
			return err
		}
		q := projections.SubjectQuery{Kind: kind, Measures: domain.Figures()}
		if err := r.bind(&q, &q.Filter, func(p *params) {
			if figures := p.figures("measures"); len(figures) > 0 {
				q.Measures = figures
			}
		}); err != nil {
			return err
		}
		s, position, err := r.member(&q, c.echo.Param("id"))
		if err != nil {
			return modelError(err)
		}
		t := r.registerTable(list, q.Measures, []projections.Subject{*s}, known)
		t.append(r.factsOf(kind, s.ID))
		return r.single(t, s, position, &q.Filter)
	}
}

// member finds the subject; with a filter its figures are of the filter's
// lines.
func (r *reading) member(q *projections.SubjectQuery, id string) (*projections.Subject, uint64, error) {
	if !isIdentifier(id) {
		return nil, 0, projections.ErrNotFound
	}
	s, err := r.server.Model.Subject(r.context(), r.view, q.Kind, id)
	if err != nil {
		return nil, 0, err
	}
	key := projections.Key(q.Kind)
	if asked, ok := q.Where[key]; ok && !slices.Contains(asked, id) {
		return nil, 0, projections.ErrNotFound
	}
	narrowed := *q
	narrowed.Filter = q.Filter.With(key, id)
	found, err := r.server.Model.Subjects(r.context(), r.view, narrowed)
	if err != nil {
		return nil, 0, err
	}
	for i := range found.Items {
		if found.Items[i].ID == id {
			return &found.Items[i], found.Position, nil
		}
	}
	if q.Position != 0 { // it was not there yet
		return nil, 0, projections.ErrNotFound
	}
	s.Sums = domain.Sums{}
	return s, found.Position, nil
}

// readSubject answers one subject of any kind, as it is now.
func readSubject(c *call) error {
	kind, id := c.echo.Param("kind"), c.echo.Param("id")
	if !slices.Contains(subjectKinds, kind) || !isIdentifier(id) {
		return newProblem("not_found")
	}
	r, err := c.read("subjects/" + kind)
	if err != nil {
		return err
	}
	var none projections.Filter
	if err := r.bind(nil, &none, func(*params) {}); err != nil {
		return err
	}
	position := r.server.Model.Progress()
	s, err := r.server.Model.Subject(r.context(), r.view, kind, id)
	if err != nil {
		return modelError(err)
	}
	return r.single(r.subjectTable(kind, []projections.Subject{*s}), s, position, &none)
}

func (r *reading) factsOf(kind, id string) (f facts) {
	r.naming(func(n namer) { f = n.facts(kind, id) })
	return f
}

// append adds the facts to a table of one row.
func (t *table) append(f facts) {
	begin, fill := len(t.columns), t.fill
	t.columns.facts(f)
	t.fill = func(row int, cells []cell) {
		fill(row, cells)
		for i := range f {
			cells[begin+i] = f[i].cell
		}
	}
}

// single answers with the one row of a table under its version as ETag. It is
// never 304: the figures move on while the version stands still.
func (r *reading) single(t *table, s *projections.Subject, position uint64, f *projections.Filter) error {
	r.header()["Etag"] = []string{`"v` + strconv.FormatUint(s.Version, 10) + `"`}
	if r.shape.format != formatJSON {
		return r.file(t, words{ZH: s.Label, EN: s.Label}, position)
	}
	item := t.appendItems(nil)
	b := r.appendStamp(nil, position, f)
	b = append(append(b, ','), item[2:len(item)-2]...) // without [{ and }]
	b = append(b, `,"links":{`...)
	links := subjectLinks(s.Kind, s.ID)
	for i := 0; i < len(links); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(appendText(b, links[i]), ':'), links[i+1])
	}
	r.header()["Cache-Control"] = noCache
	r.reflects(position)
	return r.bytes(200, typeJSON, append(b, "}}\n"...))
}
