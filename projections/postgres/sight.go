package postgres

import (
	"slices"

	"grantledger/projections"
)

// sight is a view on the state; its user holds the model's lock.
type sight struct {
	view  projections.View
	facts *facts
}

func (s *sight) all() bool { return s.view.All || slices.Contains(s.view.Funds, "*") }

func (s *sight) signedIn() bool { return s.view.All || s.view.SignedIn }

func (s *sight) own(fund string) bool { return slices.Contains(s.view.Funds, fund) || s.all() }

func (s *sight) public(fund string) bool {
	return slices.Contains(s.view.Public, fund) || slices.Contains(s.view.Public, "*")
}

// shows tells whether lines of the fund and project are seen; project "" is an
// entry of the fund itself.
func (s *sight) shows(fund, project string) bool {
	return s.own(fund) || s.public(fund) && (project == "" || s.published(project))
}

// published tells whether a published fund publishes the project.
func (s *sight) published(project string) bool {
	return slices.ContainsFunc(s.facts.publications.by[project], s.public)
}

// showsSubject tells whether a subject is seen at all.
func (s *sight) showsSubject(x *projections.Subject) bool {
	if s.all() {
		return true
	}
	switch x.Kind {
	case "fund":
		return x.Fund != "" && (s.own(x.Fund) || s.public(x.Fund))
	case "project":
		return s.signedIn() || s.published(x.Project)
	case "organisation":
		return s.signedIn() || s.showsOrganisation(x.ID)
	case "user":
		return s.signedIn()
	case "district":
		return true
	case "proposal":
		return s.own(x.Fund) || x.Fund == "" && s.signedIn()
	}
	return x.Fund != "" && s.shows(x.Fund, x.Project)
}

// showsOrganisation tells whether any money of the organisation is seen.
func (s *sight) showsOrganisation(id string) bool {
	return slices.ContainsFunc(s.facts.recipients[id], func(n uint32) bool {
		t := &s.facts.tupleList[n]
		return s.shows(t.Fund, t.Project)
	})
}

// isPublished tells whether the public may see the subject.
func (s *sight) isPublished(x *projections.Subject) bool {
	open := &sight{view: projections.View{Public: s.view.Public}, facts: s.facts}
	return open.showsSubject(x)
}
