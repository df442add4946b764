package memory

import (
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// listing is a SubjectQuery at work.
type listing struct {
	*matcher
	q    *projections.SubjectQuery
	sums map[[3]uint32]*domain.Sums // by the number of the subject; of an award by fund, project, organisation
	last int                        // newest year of the filter; 0 = any
}

// ids lists what the query's kind has, in order.
func (l *listing) ids() ([]string, error) {
	switch l.q.Kind {
	case "fund", "project", "organisation", "award", "pledge", "lot", "transfer", "proposal", "user":
		return l.m.subjects[l.q.Kind].inOrder(), nil
	case "district":
		return l.districts(), nil
	}
	return nil, &projections.QueryError{Parameter: "kind", Reason: "enum"}
}

// districts lists the codes valid at a date, or else those that the lines of the
// filter show; at the level of a parent, the parents of those.
func (l *listing) districts() []string {
	var ids []string
	if l.q.On != 0 {
		for row := range l.register.In(l.q.On.Year()) {
			if l.passes(row.Code) {
				ids = append(ids, row.Code)
			}
		}
	} else {
		seen := map[uint32]bool{}
		l.tuples(asTheyStand, func(n uint32, t *tuple) {
			if l.existed(n) {
				seen[l.row(t)] = true
			}
		})
		for id := range seen {
			ids = append(ids, l.m.districts.text(id))
		}
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return l.q.Level != "" && division.Level(id) != l.q.Level })
	slices.Sort(ids)
	return ids
}

// existed tells whether the tuple had a line at the position.
func (l *listing) existed(n uint32) bool {
	return slices.ContainsFunc(l.m.cellsOf.at(n), func(c uint32) bool { return l.m.lineEvent[l.m.lines.at(c)[0]] <= l.limit })
}

// row is the district in whose row the tuple counts.
func (l *listing) row(t *tuple) uint32 {
	shown := l.shown[t.district]
	code := l.m.districts.text(shown)
	switch l.q.Level {
	case division.Prefecture:
		shown, _ = l.m.districts.find(division.PrefectureOf(code))
	case division.Province:
		shown, _ = l.m.districts.find(division.ProvinceOf(code))
	}
	return shown
}

// sum adds up the figures of all subjects at once.
func (l *listing) sum() {
	l.sums = map[[3]uint32]*domain.Sums{}
	if !l.year.any && len(l.year.ids) > 0 {
		l.last = int(l.year.ids[len(l.year.ids)-1])
	}
	l.roll(l.keys())
	l.tuples(anyYear, func(n uint32, t *tuple) {
		if l.byDistrict && !l.shownOK[l.shown[t.district]] {
			return
		}
		k := l.keyOf(t)
		s := l.sums[k]
		if s == nil {
			s = &domain.Sums{}
			l.sums[k] = s
		}
		l.life(s, n, t)
	})
}

// keys are what keyOf reads of a tuple.
func (l *listing) keys() []projections.Key {
	switch {
	case l.q.Kind == "award":
		return []projections.Key{projections.Fund, projections.Project, projections.Organisation}
	case l.q.Kind == "district" && l.q.Level == division.Prefecture:
		return []projections.Key{projections.City}
	case l.q.Kind == "district" && l.q.Level == division.Province:
		return []projections.Key{projections.Province}
	}
	return []projections.Key{projections.Key(l.q.Kind)}
}

func (l *listing) keyOf(t *tuple) (k [3]uint32) {
	switch l.q.Kind {
	case "fund":
		k[0] = t.fund
	case "project":
		k[0] = t.project
	case "organisation":
		k[0] = t.organisation
	case "district":
		k[0] = l.row(t)
	case "award":
		k = [3]uint32{t.fund, t.project, t.organisation}
	}
	return k
}

// life adds a tuple to figures that span years: the two sides of a carry-over
// cancel, unless the filter names one year.
func (l *listing) life(s *domain.Sums, n uint32, t *tuple) {
	for _, c := range l.in.cellsOf.at(n) {
		cell := &l.in.cells[c]
		p := l.of(c)
		if l.last == 0 || int(t.year) <= l.last {
			s.AddStock(cell.account, p.debits+p.credits)
		}
		if !l.year.has(uint32(t.year)) {
			continue
		}
		if cell.account == domain.Carried && (l.year.any || len(l.year.ids) > 1) {
			p.debits, p.credits = 0, p.debits+p.credits
		}
		s.Add(cell.account, p.debits, p.credits, t.project != 0, t.organisation != 0)
	}
}

// subject makes the item of an id; ok is false when the query leaves it out.
func (l *listing) subject(id string) (s projections.Subject, ok bool) {
	if r := l.m.subjects[l.q.Kind]; r != nil && l.q.Kind != "district" && r.first[id] > l.limit {
		return s, false
	}
	s, ok = projections.Summary(l.m.ledger, l.q.Kind, id)
	if !ok || l.q.State != "" && s.State != l.q.State || !l.sight.showsSubject(&s) || !l.hasText(&s) {
		return s, false
	}
	s.Published = l.sight.isPublished(&s)
	if l.q.Published != nil && *l.q.Published != s.Published || !l.belongs(&s) {
		return s, false
	}
	s.OneProject = s.Kind == "project"
	if sums := l.sums[l.keyOfSubject(&s)]; sums != nil {
		s.Sums = *sums
	}
	return s, true
}

// keyOfSubject is the key under which sum keeps the subject's figures.
func (l *listing) keyOfSubject(s *projections.Subject) (k [3]uint32) {
	none := [3]uint32{^uint32(0)}
	find := func(n *names, id string) uint32 {
		if number, ok := n.find(id); ok && id != "" {
			return number
		}
		return none[0]
	}
	switch s.Kind {
	case "fund":
		k[0] = find(&l.m.funds, s.ID)
	case "project":
		k[0] = find(&l.m.projects, s.ID)
	case "organisation":
		k[0] = find(&l.m.organisations, s.ID)
	case "district":
		k[0] = find(&l.m.districts, s.ID)
	case "award":
		w, _ := l.m.ledger.Award(s.ID)
		k = [3]uint32{find(&l.m.funds, w.Fund), find(&l.m.projects, w.Project), find(&l.m.organisations, w.Organisation)}
	default:
		return none
	}
	return k
}

func (l *listing) hasText(s *projections.Subject) bool {
	if l.q.Text == "" {
		return true
	}
	text := strings.ToLower(l.q.Text)
	return strings.Contains(strings.ToLower(s.ID), text) || strings.Contains(strings.ToLower(s.Label), text)
}

// belongs tells whether the subject is one that the filter asks for: by its own
// dimensions where it has them, by its events otherwise.
func (l *listing) belongs(s *projections.Subject) bool {
	if len(l.where) == 0 || s.Kind == "district" {
		return true
	}
	own := l.own(s)
	rest := map[projections.Key][]string{}
	for k, values := range l.where {
		value, ok := own[k]
		switch {
		case !ok && k == projections.Vintage:
		case !ok:
			rest[k] = values
		case k == projections.District || k == projections.City || k == projections.Province:
			if !slices.ContainsFunc(values, func(v string) bool { return l.names(k, v, value) }) {
				return false
			}
		case !slices.Contains(values, value) && !(value == "" && slices.Contains(values, projections.None)):
			return false
		}
	}
	return len(rest) == 0 || l.related(s, rest)
}

// own are the dimensions that the subject itself has.
func (l *listing) own(s *projections.Subject) map[projections.Key]string {
	own := map[projections.Key]string{}
	district := ""
	fund, _ := l.m.ledger.Fund(s.Fund)
	project, _ := l.m.ledger.Project(s.Project)
	if s.Fund != "" {
		own[projections.Fund], own[projections.Source], district = s.Fund, fund.Source, fund.District
	}
	if s.Project != "" {
		own[projections.Project], own[projections.Purpose], district = s.Project, project.Purpose, project.District
	}
	switch s.Kind {
	case "organisation":
		o, _ := l.m.ledger.Organisation(s.ID)
		own[projections.Organisation], district = s.ID, o.District
	case "award":
		w, _ := l.m.ledger.Award(s.ID)
		own[projections.Organisation] = w.Organisation
	case "pledge":
		p, _ := l.m.ledger.Pledge(s.ID)
		own[projections.Organisation] = p.Donor
	case "lot":
		lot, _ := l.m.ledger.Lot(s.ID)
		own[projections.Organisation] = lot.Donor
	}
	if district != "" {
		if !l.recorded {
			district = l.register.Current(district)
		}
		own[projections.District], own[projections.City], own[projections.Province] = district, district, district
	}
	return own
}

// related tells whether an event of the subject has, for each key, one of the
// values among its scopes. The events of a year end, which speak of many
// projects and organisations at once, relate a subject to its year only.
func (l *listing) related(s *projections.Subject, where map[projections.Key][]string) bool {
	ref, ok := l.m.refs.find(s.Kind + "/" + s.ID)
	if !ok {
		return false
	}
	_, byYear := where[projections.Year]
	onlyYear := byYear && len(where) == 1
	probe := &search{matcher: &matcher{m: l.m, where: where, recorded: l.recorded, register: l.register}}
	for _, n := range l.m.setsOf.at(ref) {
		set := &l.m.sets[n]
		if set.events[0] <= l.limit && (onlyYear || !l.m.many(set)) && probe.byScopes(set) {
			return true
		}
	}
	return false
}

// many tells whether the set holds several projects and several organisations.
func (m *Model) many(set *scopeSet) bool {
	projects, organisations := 0, 0
	for _, r := range set.refs {
		switch kind, _, _ := strings.Cut(m.refs.text(r), "/"); kind {
		case "project":
			projects++
		case "organisation":
			organisations++
		}
	}
	return projects > 1 && organisations > 1
}

// complete adds what only the items of the page need: positions, and at an
// earlier position the version that the subject had there.
func (l *listing) complete(s *projections.Subject) {
	if r := l.m.subjects[s.Kind]; r != nil {
		s.FirstPosition = uint64(r.first[s.ID])
	}
	s.LastPosition = s.FirstPosition
	ref, ok := l.m.refs.find(s.Kind + "/" + s.ID)
	if !ok {
		return
	}
	if first := l.m.firstOf[ref]; s.FirstPosition == 0 && first <= l.limit {
		s.FirstPosition = uint64(first)
	}
	if p := l.newestOf(ref); l.head && p > 0 {
		s.LastPosition = max(s.LastPosition, uint64(p))
		return
	}
	newest := uint32(0)
	for _, n := range l.m.setsOf.at(ref) {
		events := l.m.sets[n].events
		at, _ := slices.BinarySearch(events, l.limit+1)
		if at > 0 {
			s.LastPosition = max(s.LastPosition, uint64(events[at-1]))
		}
		for i := at - 1; !l.head && i >= 0 && events[i] > newest; i-- {
			if e := l.m.at(events[i]); e.subject == ref {
				newest, s.Version = events[i], uint64(e.version)
			}
		}
	}
}

// newestOf looks for a scope's newest event from the end of the journal, no
// further than it has sets; 0 when it is not there.
func (l *listing) newestOf(ref uint32) uint32 {
	p := uint32(l.m.progress())
	for range min(len(l.m.setsOf.at(ref)), len(l.m.events)) {
		if l.m.sets[l.m.at(p).scopes].has(ref) {
			return p
		}
		p--
	}
	return 0
}
