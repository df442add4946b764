package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// listing is a SubjectQuery at work: figures and positions come from the tables,
// everything else from the rules' state.
type listing struct {
	*matcher
	m    *Model
	q    *projections.SubjectQuery
	sums map[string]*domain.Sums // by keyOf
}

// item is a subject that the state lets through, and the keys that its events
// must have.
type item struct {
	projections.Subject
	rest map[projections.Key][]string
}

// ids lists what the query's kind has, in order.
func (l *listing) ids(ctx context.Context) (ids []string, err error) {
	switch l.q.Kind {
	case "fund", "project", "organisation", "award", "pledge", "lot", "transfer", "proposal", "user":
		l.m.mu.RLock()
		defer l.m.mu.RUnlock()
		if r := l.m.facts.subjects[l.q.Kind]; r != nil {
			ids = make([]string, 0, len(r.first))
			for id, first := range r.first {
				if first <= l.limit {
					ids = append(ids, id)
				}
			}
		}
	case "district":
		if ids, err = l.districts(ctx); err != nil {
			return nil, err
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return l.q.Level != "" && division.Level(id) != l.q.Level })
	default:
		return nil, &projections.QueryError{Parameter: "kind", Reason: "enum"}
	}
	slices.Sort(ids)
	return ids, nil
}

// districts lists the codes valid at a date, or else those that the lines of the
// filter show; at the level of a parent, the parents of those.
func (l *listing) districts(ctx context.Context) (ids []string, err error) {
	if l.q.On != 0 {
		for row := range l.register.In(l.q.On.Year()) {
			if l.passes(row.Code) {
				ids = append(ids, row.Code)
			}
		}
		return ids, nil
	}
	var s clauses
	s.tuple(l.matcher, false)
	s.add("t.first_position <= %s", s.arg(int64(l.limit)))
	seen := map[string]bool{}
	err = l.m.rows(ctx, "SELECT DISTINCT coalesce(t.district, '') FROM tuples t WHERE "+s.conditions(), s.args, func(scan func(...any) error) error {
		var code string
		if err := scan(&code); err != nil {
			return err
		}
		if code = l.row(code); !seen[code] {
			seen[code] = true
			ids = append(ids, code)
		}
		return nil
	})
	return ids, err
}

// row is the district in whose row a recorded code counts.
func (l *listing) row(code string) string {
	code = l.shown(code)
	switch l.q.Level {
	case division.Prefecture:
		return division.PrefectureOf(code)
	case division.Province:
		return division.ProvinceOf(code)
	}
	return code
}

// sum adds up the figures of all subjects at once.
func (l *listing) sum(ctx context.Context) error {
	l.sums = map[string]*domain.Sums{}
	d := l.lifeDims()
	switch l.q.Kind {
	case "fund":
		d.fund = true
	case "project":
		d.project = true
	case "organisation":
		d.organisation = true
	case "district":
		d.district = true
	case "award":
		d.fund, d.project, d.organisation = true, true, true
	default:
		return nil
	}
	return l.cells(ctx, d, func(c *cell) {
		k := l.keyOf(c)
		if l.sums[k] == nil {
			l.sums[k] = &domain.Sums{}
		}
		l.life(l.sums[k], c)
	})
}

// lifeDims are the dimensions that life looks at.
func (l *listing) lifeDims() dims {
	_, byYear := l.filter.Where[projections.Year]
	return dims{flags: true, year: byYear}
}

// cells gives the sums of the filter's lines, of all years: from the roll-up
// where it has them, unless the progress moves meanwhile.
func (l *listing) cells(ctx context.Context, d dims, yield func(*cell)) error {
	var keys []projections.Key
	switch {
	case d.fund && !d.project:
		keys = []projections.Key{projections.Fund}
	case d.district:
		keys = []projections.Key{projections.District}
	}
	r, ok := l.rollup(keys)
	if !ok || d.project || d.organisation || l.filter.AsOf != 0 || l.limit != l.m.Progress() {
		return l.m.cells(ctx, l.matcher, l.conditions(l.matcher), d, yield)
	}
	var kept []cell
	moved, err := l.m.areaCells(ctx, l.matcher, r, l.conditions, d, func(c *cell) { kept = append(kept, *c) })
	if err == nil && moved != 0 {
		return l.m.cells(ctx, l.matcher, l.conditions(l.matcher), d, yield)
	}
	for i := range kept {
		yield(&kept[i])
	}
	return err
}

// conditions are those of the filter's lines, their year aside.
func (l *listing) conditions(x *matcher) *clauses {
	var s clauses
	s.tuple(x, true)
	if l.district {
		s.districts(x, func(code string) bool { return l.passes(l.shown(code)) })
	}
	return &s
}

func (l *listing) keyOf(c *cell) string {
	switch l.q.Kind {
	case "fund":
		return c.Fund
	case "project":
		return c.Project
	case "organisation":
		return c.Organisation
	case "district":
		return l.row(c.District)
	}
	return c.Fund + "/" + c.Project + "/" + c.Organisation
}

// life adds a cell to figures that span years: the two sides of a carry-over
// cancel, unless the filter names one year.
func (l *listing) life(s *domain.Sums, c *cell) {
	values, asked := l.filter.Where[projections.Year]
	if numbers := yearNumbers(values); len(numbers) == 0 || slices.Max(numbers) == 0 || c.Year <= int(slices.Max(numbers)) {
		s.AddStock(c.account, c.debits+c.credits)
	}
	if !l.year(c.Year) {
		return
	}
	debits, credits := c.debits, c.credits
	if c.account == domain.Carried && (!asked || len(values) > 1) {
		debits, credits = 0, debits+credits
	}
	s.Add(c.account, debits, credits, c.hasProject, c.organisation)
}

// items are the subjects that the state lets through. The caller holds the lock.
func (l *listing) items(f *facts, ids []string) []item {
	see := &sight{view: l.view, facts: f}
	out := make([]item, 0, len(ids))
	for _, id := range ids {
		s, ok := projections.Summary(f.ledger, l.q.Kind, id)
		if !ok || l.q.State != "" && s.State != l.q.State || !see.showsSubject(&s) || !l.hasText(&s) {
			continue
		}
		s.Published = see.isPublished(&s)
		rest, ok := l.belongs(f.ledger, &s)
		if !ok || l.q.Published != nil && *l.q.Published != s.Published {
			continue
		}
		s.OneProject = s.Kind == "project"
		key := s.ID
		if s.Kind == "award" {
			w, _ := f.ledger.Award(s.ID)
			key = w.Fund + "/" + w.Project + "/" + w.Organisation
		}
		if sums := l.sums[key]; sums != nil {
			s.Sums = *sums
		}
		out = append(out, item{s, rest})
	}
	return out
}

func (l *listing) hasText(s *projections.Subject) bool {
	if l.q.Text == "" {
		return true
	}
	text := strings.ToLower(l.q.Text)
	return strings.Contains(strings.ToLower(s.ID), text) || strings.Contains(strings.ToLower(s.Label), text)
}

// belongs tells whether the subject is one that the filter asks for by its own
// dimensions; rest are the keys that it has not, which its events must have.
func (l *listing) belongs(state *domain.Ledger, s *projections.Subject) (rest map[projections.Key][]string, ok bool) {
	if len(l.filter.Where) == 0 || s.Kind == "district" {
		return nil, true
	}
	own := l.own(state, s)
	for k, values := range l.filter.Where {
		value, has := own[k]
		switch {
		case !has && k == projections.Vintage:
		case !has && rest == nil:
			rest = map[projections.Key][]string{k: values}
		case !has:
			rest[k] = values
		case slices.Contains(districtKeys[:], k):
			if !slices.ContainsFunc(values, func(v string) bool { return l.names(k, v, value) }) {
				return nil, false
			}
		case !slices.Contains(values, value) && !(value == "" && slices.Contains(values, projections.None)):
			return nil, false
		}
	}
	return rest, true
}

// own are the dimensions that the subject itself has.
func (l *listing) own(state *domain.Ledger, s *projections.Subject) map[projections.Key]string {
	own := map[projections.Key]string{}
	district := ""
	fund, _ := state.Fund(s.Fund)
	project, _ := state.Project(s.Project)
	if s.Fund != "" {
		own[projections.Fund], own[projections.Source], district = s.Fund, fund.Source, fund.District
	}
	if s.Project != "" {
		own[projections.Project], own[projections.Purpose], district = s.Project, project.Purpose, project.District
	}
	switch s.Kind {
	case "organisation":
		o, _ := state.Organisation(s.ID)
		own[projections.Organisation], district = s.ID, o.District
	case "award":
		w, _ := state.Award(s.ID)
		own[projections.Organisation] = w.Organisation
	case "pledge":
		p, _ := state.Pledge(s.ID)
		own[projections.Organisation] = p.Donor
	case "lot":
		lot, _ := state.Lot(s.ID)
		own[projections.Organisation] = lot.Donor
	}
	if district != "" {
		if !l.filter.Recorded {
			district = l.register.Current(district)
		}
		own[projections.District], own[projections.City], own[projections.Province] = district, district, district
	}
	return own
}

// related keeps the items of which an event has, for each key of their rest, one
// of the values among its scopes. The events of a year end, which speak of many
// projects and organisations at once, relate a subject to its year only.
func (l *listing) related(items []item) []item {
	found := map[string]map[string]bool{}
	for i := range items {
		key := fmt.Sprint(items[i].rest)
		if items[i].rest == nil || found[key] != nil {
			continue
		}
		found[key] = l.relatedTo(items[i].rest)
	}
	return slices.DeleteFunc(items, func(i item) bool { return i.rest != nil && !found[fmt.Sprint(i.rest)][i.ID] })
}

// relatedTo lists the subjects of the kind with such an event.
func (l *listing) relatedTo(where map[projections.Key][]string) map[string]bool {
	_, byYear := where[projections.Year]
	byYear = byYear && len(where) == 1
	ids := map[string]bool{}
	x, sets := l.setsWith(where)
	for _, n := range sets {
		s := &x.list[n]
		if !byYear && s.several("project") && s.several("organisation") {
			continue
		}
		for scope := range strings.SplitSeq(s.scopes, " ") {
			if id, ok := strings.CutPrefix(scope, l.q.Kind+"/"); ok {
				ids[id] = true
			}
		}
	}
	return ids
}

// setsWith are the sets that have, for each key, one of the scopes asked for, or
// none of the kind where that was asked.
func (l *listing) setsWith(where map[projections.Key][]string) (x *setIndex, sets []uint32) {
	first := true
	for k, values := range where {
		kind, scopes := l.scopesBy(k, values)
		x = l.m.setsOf(l.limit, scopes)
		found := x.any(scopes)
		if slices.Contains(values, projections.None) {
			for n := range x.list[:newer(x.list, l.limit, func(s set) uint64 { return s.first })] {
				if !x.list[n].has(kind) {
					found = append(found, uint32(n))
				}
			}
			slices.Sort(found)
		}
		if !first {
			found = both(sets, found)
		}
		sets, first = found, false
	}
	return x, sets
}
