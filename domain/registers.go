package domain

import (
	"slices"
	"strconv"
	"strings"

	"grantledger/domain/division"
)

var registerRows = []*Definition{
	define(Definition{Name: "register-district", Title: Words{"登记区划", "Register a district"}, Stage: "registers", Roles: byAdmin, Subject: "district", Events: []string{"district.registered.v1"}},
		(*decision).registerDistrict, foldDistrictRegistered),
	define(Definition{Name: "register-organisation", Title: Words{"登记单位", "Register an organisation"}, Stage: "registers", Roles: byClerk, Subject: "organisation", Events: []string{"organisation.registered.v1"}},
		(*decision).registerOrganisation, foldOrganisationRegistered),
	define(Definition{Name: "change-organisation", Title: Words{"变更单位", "Change an organisation"}, Stage: "registers", Roles: byClerk, Subject: "organisation", Events: []string{"organisation.changed.v1"}},
		(*decision).changeOrganisation, foldOrganisationChanged),
	define(Definition{Name: "rate-organisation", Title: Words{"登记等级评估", "Rate an organisation"}, Stage: "registers", Roles: byClerk, Subject: "organisation", Events: []string{"organisation.rated.v1"}},
		(*decision).rateOrganisation, foldOrganisationRated),
	define(Definition{Name: "record-inspection", Title: Words{"登记年检", "Record a yearly inspection"}, Stage: "registers", Roles: byClerk, Subject: "organisation", Events: []string{"organisation.inspected.v1"}},
		func(d *decision, c *recordInspection) *Refusal { return d.emit("organisation.inspected.v1") }, foldOrganisationInspected),
	define(Definition{Name: "register-project", Title: Words{"登记项目", "Register a project"}, Stage: "registers", Roles: byClerk, Subject: "project", Events: []string{"project.registered.v1"}},
		(*decision).registerProject, foldProjectRegistered),
	define(Definition{Name: "close-project", Title: Words{"项目办结", "Close a project"}, Stage: "registers", Roles: byClerk, Subject: "project", Events: []string{"project.closed.v1"}},
		(*decision).closeProject, foldProjectClosed),
	define(Definition{Name: "attach-evidence", Title: Words{"补充凭证", "Attach evidence"}, Stage: "registers", Roles: byClerk, Subject: "subject", Events: []string{"evidence.attached.v1"}},
		(*decision).attachEvidence, func(*fold) {}),
}

type registerDistrict struct {
	Code        string `f:"code code"`
	Name        string `f:"name text"`
	From        int    `f:"from year"`
	Predecessor string `f:"predecessor code opt"`
}

type registerOrganisation struct {
	Organisation string `f:"organisation new=organisation"`
	Name         string `f:"name text"`
	USCC         string `f:"uscc text opt max=18"`
	Kind         string `f:"kind enum=society|service|foundation|chamber|company|village|public|other"`
	District     string `f:"district code"`
}

type changeOrganisation struct {
	Organisation string `f:"organisation ref=organisation"`
	Status       string `f:"status enum=active|abnormal|liquidating|deregistered opt"`
	USCC         string `f:"uscc text opt max=18"`
	Name         string `f:"name text opt"`
}

type rateOrganisation struct {
	Organisation string `f:"organisation ref=organisation"`
	Rating       int    `f:"rating int min=1 max=5"`
	From         Date   `f:"from date"`
	Until        Date   `f:"until date"`
}

type recordInspection struct {
	Organisation string `f:"organisation ref=organisation"`
	Year         int    `f:"year year"`
	Result       string `f:"result enum=passed|basic|failed"`
}

type registerProject struct {
	Project  string `f:"project new=project"`
	Name     string `f:"name text"`
	District string `f:"district code"`
	Purpose  string `f:"purpose id"`
	Parent   string `f:"parent see=project opt"`
	Place    string `f:"place text opt"`
	Starts   Date   `f:"starts date opt"`
	Ends     Date   `f:"ends date opt"`
}

type closeProject struct {
	Project string `f:"project ref=project"`
}

type attachEvidence struct {
	Subject string `f:"subject subject"`
}

// registerHash names the embedded register of districts in ledger.opened.
func registerHash() string { return division.SHA256() }

// validDistrict refuses a code that is not valid in the year of the command.
func (d *decision) validDistrict(code string) *Refusal {
	return d.validDistrictIn(code, d.c.On.Year())
}

func (d *decision) validDistrictIn(code string, year int) *Refusal {
	r := d.l.register()
	if r.Valid(r.Normalise(code, year), year) {
		return nil
	}
	return refuse(InvalidDistrict, "district", "district", code, "year", year)
}

func (d *decision) validPurpose(field string, codes ...string) *Refusal {
	for _, code := range codes {
		if _, ok := division.PurposeOf(code); !ok {
			return invalid(field, "pattern")
		}
	}
	return nil
}

// invalid is invalid_input for one member, as Bind would have put it.
func invalid(field, reason string) *Refusal {
	return shapeRefusal([]Fault{{Location: "body." + field, Code: reason}})
}

func (d *decision) registerDistrict(c *registerDistrict) *Refusal {
	r := d.l.register()
	if r.Valid(c.Code, c.From) || r.Replacement(c.Code) != "" {
		return refuse(AlreadyExists, "code", "subject", "district/"+c.Code)
	}
	if c.Predecessor != "" && (c.Predecessor == c.Code || !r.Valid(c.Predecessor, c.From) || !unended(r, c.Predecessor)) {
		return refuse(InvalidDistrict, "predecessor", "district", c.Predecessor, "year", c.From)
	}
	d.subject = "district/" + c.Code
	return d.emit("district.registered.v1")
}

// unended tells whether the code is in force without end. A district ends once:
// a second successor would lead its balances elsewhere than those already moved.
func unended(r *division.Register, code string) bool {
	return slices.ContainsFunc(r.Rows(code), func(row division.Row) bool { return row.To == 0 })
}

func foldDistrictRegistered(f *fold) {
	r := f.register().With(f.v.str("code"), f.v.str("name"), int(f.v.int("from")), f.v.str("predecessor"))
	f.registers.put("register", r)
	f.books.reroute(r)
}

func (d *decision) registerOrganisation(c *registerOrganisation) *Refusal {
	if err := d.validDistrict(c.District); err != nil {
		return err
	}
	return d.emit("organisation.registered.v1", textMember("identifier", division.CheckUSCC(c.USCC)))
}

func foldOrganisationRegistered(f *fold) {
	id := f.v.str("organisation")
	f.organisations.put(id, Organisation{
		ID: id, Name: f.v.str("name"), USCC: f.v.str("uscc"), Identifier: f.v.str("identifier"),
		Kind: f.v.str("kind"), District: f.v.str("district"), Status: "active",
	})
}

// statusFrom lists the states that an organisation may come from (DOMAIN.md 8).
var statusFrom = map[string][]string{
	"active":       {"abnormal"},
	"abnormal":     {"active"},
	"liquidating":  {"active", "abnormal"},
	"deregistered": {"liquidating"},
}

func (d *decision) changeOrganisation(c *changeOrganisation) *Refusal {
	if c.Status == "" && c.USCC == "" && c.Name == "" {
		return invalid("status", "required")
	}
	o := d.l.organisations.at(c.Organisation)
	if o.Status == "deregistered" || c.Status != "" && !slices.Contains(statusFrom[c.Status], o.Status) {
		return wrongState("organisation/"+o.ID, o.Status)
	}
	return d.emit("organisation.changed.v1")
}

func wrongState(subject, state string) *Refusal {
	return refuse(WrongState, "", "subject", subject, "state", state)
}

func foldOrganisationChanged(f *fold) {
	o := f.organisations.at(f.v.str("organisation"))
	if f.v.has("status") {
		o.Status = f.v.str("status")
	}
	if f.v.has("uscc") {
		o.USCC, o.Identifier = f.v.str("uscc"), division.CheckUSCC(f.v.str("uscc"))
	}
	if f.v.has("name") {
		o.Name = f.v.str("name")
	}
	f.organisations.put(o.ID, o)
}

func (d *decision) rateOrganisation(c *rateOrganisation) *Refusal {
	if c.Until < c.From {
		return invalid("until", "date")
	}
	return d.emit("organisation.rated.v1")
}

func foldOrganisationRated(f *fold) {
	o := f.organisations.at(f.v.str("organisation"))
	o.Ratings = append(o.Ratings, Rating{int(f.v.int("rating")), f.v.date("from"), f.v.date("until")})
	f.organisations.put(o.ID, o)
}

func foldOrganisationInspected(f *fold) {
	o := f.organisations.at(f.v.str("organisation"))
	o.Inspections = append(o.Inspections, Inspection{int(f.v.int("year")), f.v.str("result")})
	f.organisations.put(o.ID, o)
}

func (d *decision) registerProject(c *registerProject) *Refusal {
	if err := d.validPurpose("purpose", c.Purpose); err != nil {
		return err
	}
	if c.Ends != 0 && c.Ends < c.Starts {
		return invalid("ends", "date")
	}
	if err := d.validDistrict(c.District); err != nil {
		return err
	}
	return d.emit("project.registered.v1")
}

func foldProjectRegistered(f *fold) {
	id := f.v.str("project")
	f.projects.put(id, Project{
		ID: id, Name: f.v.str("name"), District: f.v.str("district"), Purpose: f.v.str("purpose"),
		Parent: f.v.str("parent"), Place: f.v.str("place"), Starts: f.v.date("starts"), Ends: f.v.date("ends"),
	})
}

// closeProject refuses while a stage, an advance or a refund is not zero, in
// any fund and year.
func (d *decision) closeProject(c *closeProject) *Refusal {
	if p := d.l.projects.at(c.Project); p.Closed {
		return wrongState("project/"+c.Project, "closed")
	}
	if a, have, found := d.l.books.openOn(c.Project); found {
		return refuse(OpenBalances, "project", "account", a.String(), "available", have.String())
	}
	return d.emit("project.closed.v1")
}

func foldProjectClosed(f *fold) {
	p := f.projects.at(f.v.str("project"))
	p.Closed = true
	f.projects.put(p.ID, p)
}

func (d *decision) attachEvidence(c *attachEvidence) *Refusal {
	kind, _, _ := strings.Cut(c.Subject, "/")
	if !slices.Contains([]string{"fund", "project", "organisation", "award", "pledge", "lot"}, kind) {
		return invalid("subject", "pattern")
	}
	if len(d.c.Docs) == 0 {
		return refuse(EvidenceMissing, "docs")
	}
	return d.emit("evidence.attached.v1")
}

// text of a whole number, for data members.
func intMember(name string, n int64) member {
	return member{name, strconv.AppendInt(nil, n, 10)}
}
