package memory

import (
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// publications know through which funds a project is published, once and for
// all: an award on notice, confirmed or later, goods delivered, or a round of
// which a project is published (API.md 2). Whether the fund is published is a
// setting of the server, and comes with each view.
type publications struct {
	publishedBy index // funds by project
	notices     []notice
	today       domain.Date // recording date of the newest event
}

// notice is a project that becomes published when its notice begins.
type notice struct {
	from          domain.Date
	project, fund string
}

func newPublications() publications { return publications{} }

// publish looks for what the event publishes.
func (m *Model) publish(l *domain.Ledger, e *domain.Event) {
	m.today = max(m.today, domain.DateOf(e.Time))
	switch e.Type {
	case "award.proposed.v1", "award.confirmed.v1":
		_, id, _ := strings.Cut(e.Subject, "/")
		w, _ := l.Award(id)
		if w.NoticeFrom != 0 || e.Type == "award.confirmed.v1" {
			from := w.NoticeFrom
			if e.Type == "award.confirmed.v1" {
				from = 0
			}
			m.notices = append(m.notices, notice{from, w.Project, w.Fund})
		}
	case "goods.delivered.v1":
		if len(e.Entries) > 0 {
			m.notices = append(m.notices, notice{0, projections.StoredText(e.Data, "project"), e.Entries[0].Fund})
		}
	}
	m.notices = slices.DeleteFunc(m.notices, func(n notice) bool {
		if n.from > m.today {
			return false
		}
		m.publishProject(l, n.project, m.funds.add(n.fund))
		return true
	})
}

// publishProject publishes the project and the rounds above it.
func (m *Model) publishProject(l *domain.Ledger, project string, fund uint32) {
	for project != "" {
		id := m.projects.add(project)
		if slices.Contains(m.publishedBy.at(id), fund) {
			return
		}
		m.publishedBy.add(id, fund)
		p, _ := l.Project(project)
		project = p.Parent
	}
}

// meaning is what a scope says to views: a fund or project by number, or the
// ledger itself.
type meaning struct {
	kind uint8
	id   uint32
}

const (
	ofOther uint8 = iota
	ofLedger
	ofFund
	ofProject
)

// noteMeanings looks at the scopes that are new.
func (m *Model) noteMeanings() {
	for i := len(m.meaning); i < m.refs.len(); i++ {
		kind, id, _ := strings.Cut(m.refs.text(uint32(i)), "/")
		switch kind {
		case "ledger":
			m.meaning = append(m.meaning, meaning{kind: ofLedger})
		case "fund":
			m.meaning = append(m.meaning, meaning{ofFund, m.funds.add(id)})
		case "project":
			m.meaning = append(m.meaning, meaning{ofProject, m.projects.add(id)})
		default:
			m.meaning = append(m.meaning, meaning{})
		}
	}
}

// sight is a view by numbers.
type sight struct {
	m           *Model
	all         bool
	own, public []bool // by fund
	signedIn    bool
}

func (m *Model) sight(v projections.View) *sight {
	return &sight{
		m: m, all: v.All || slices.Contains(v.Funds, "*"), signedIn: v.All || v.SignedIn,
		own: m.fundSet(v.Funds), public: m.fundSet(v.Public),
	}
}

// fundSet marks the named funds, "*" all of them.
func (m *Model) fundSet(ids []string) []bool {
	set := make([]bool, m.funds.len())
	for _, id := range ids {
		if n, ok := m.funds.find(id); ok {
			set[n] = true
		}
		for i := range set {
			set[i] = set[i] || id == "*"
		}
	}
	return set
}

// shows tells whether lines of the fund and project are seen; project 0 is an
// entry of the fund itself.
func (s *sight) shows(fund, project uint32) bool {
	if s.all || s.own[fund] {
		return true
	}
	return s.public[fund] && (project == 0 || s.published(project))
}

// published tells whether a published fund publishes the project.
func (s *sight) published(project uint32) bool {
	for _, fund := range s.m.publishedBy.at(project) {
		if s.public[fund] {
			return true
		}
	}
	return false
}

// showsSet tells whether events with these scopes are seen: those of own funds;
// without a fund, to every user; to the public when all projects are published,
// or there are none and the fund is; and those of the ledger itself.
func (s *sight) showsSet(refs []uint32) bool {
	if s.all {
		return true
	}
	funds, projects, open := 0, 0, true
	for _, r := range refs {
		switch ref := s.m.meaning[r]; ref.kind {
		case ofLedger:
			return true
		case ofFund:
			if s.own[ref.id] {
				return true
			}
			funds++
			open = open && s.public[ref.id]
		case ofProject:
			projects++
			open = open && s.published(ref.id)
		}
	}
	if funds == 0 && s.signedIn {
		return true
	}
	return funds+projects > 0 && open
}

// refs lists the scopes of which every event has one that a public view shows;
// few is false when the view shows more, or they are many.
func (s *sight) refs() (refs []uint32, few bool) {
	if s.all || s.signedIn {
		return nil, false
	}
	if r, ok := s.m.journal.refs.find("ledger/meta"); ok {
		refs = append(refs, r)
	}
	for fund, public := range s.public {
		if r, ok := s.m.journal.refs.find("fund/" + s.m.funds.text(uint32(fund))); ok && (public || s.own[fund]) {
			refs = append(refs, r)
		}
	}
	for project, funds := range s.m.publishedBy {
		if len(refs) > mostRefs {
			break
		}
		if len(funds) > 0 && s.published(uint32(project)) {
			if r, ok := s.m.journal.refs.find("project/" + s.m.projects.text(uint32(project))); ok {
				refs = append(refs, r)
			}
		}
	}
	return refs, len(refs) <= mostRefs
}

// mostRefs is up to how many scopes it pays to gather the events of each.
const mostRefs = 64
