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
			m.notices = append(m.notices, notice{0, textMember(e.Data, "project"), e.Entries[0].Fund})
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
		kind, id, _ := strings.Cut(s.m.refs.text(r), "/")
		switch kind {
		case "ledger":
			return true
		case "fund":
			n, _ := s.m.funds.find(id)
			if s.own[n] {
				return true
			}
			funds++
			open = open && s.public[n]
		case "project":
			n, _ := s.m.projects.find(id)
			projects++
			open = open && s.published(n)
		}
	}
	if funds == 0 && s.signedIn {
		return true
	}
	return funds+projects > 0 && open
}
