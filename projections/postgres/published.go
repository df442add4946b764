package postgres

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
	by      map[string][]string // funds by project
	list    []publication       // in order of position
	notices []notice
	today   domain.Date // recording date of the newest event
}

// publication is a row of the table.
type publication struct {
	project, fund string
	position      uint64
}

// notice is a project that becomes published when its notice begins.
type notice struct {
	from          domain.Date
	project, fund string
}

// publish looks for what the event publishes.
func (p *publications) publish(l rules, e *domain.Event) {
	before, known := p.today, len(p.notices)
	p.today = max(p.today, domain.DateOf(e.Time))
	switch e.Type {
	case "award.proposed.v1", "award.confirmed.v1":
		_, id, _ := strings.Cut(e.Subject, "/")
		w, _ := l.Award(id)
		if e.Type == "award.confirmed.v1" {
			w.NoticeFrom = 0
		} else if w.NoticeFrom == 0 {
			break
		}
		p.notices = append(p.notices, notice{w.NoticeFrom, w.Project, w.Fund})
	case "goods.delivered.v1":
		if len(e.Entries) > 0 {
			p.notices = append(p.notices, notice{0, projections.StoredText(e.Data, "project"), e.Entries[0].Fund})
		}
	}
	if p.today == before && len(p.notices) == known {
		return // nothing has become due
	}
	p.notices = slices.DeleteFunc(p.notices, func(n notice) bool {
		if n.from > p.today {
			return false
		}
		p.publishProject(l, n.project, n.fund, e.Position)
		return true
	})
}

// publishProject publishes the project and the rounds above it.
func (p *publications) publishProject(l rules, project, fund string, position uint64) {
	for project != "" {
		if slices.Contains(p.by[project], fund) {
			return
		}
		p.by[project] = append(p.by[project], fund)
		p.list = append(p.list, publication{project, fund, position})
		above, _ := l.Project(project)
		project = above.Parent
	}
}
