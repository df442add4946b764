package domain

import "slices"

var awardRows = []*Definition{
	define(Definition{Name: "propose-award", Title: Words{"拟立项", "Propose an award"}, Stage: "award", Roles: byClerk, Subject: "award", Events: []string{"award.proposed.v1"}},
		(*decision).proposeAward, foldAwardProposed),
	define(Definition{Name: "raise-objection", Title: Words{"登记异议", "Raise an objection"}, Stage: "award", Roles: byClerk, Subject: "award", Events: []string{"objection.raised.v1"}},
		(*decision).raiseObjection, foldObjectionRaised),
	define(Definition{Name: "resolve-objection", Title: Words{"处理异议", "Resolve an objection"}, Stage: "award", Roles: byClerk, Subject: "award", Events: []string{"objection.resolved.v1"}},
		(*decision).resolveObjection, foldObjectionResolved),
	define(Definition{Name: "confirm-award", Title: Words{"确认立项", "Confirm an award"}, Stage: "award", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"award.confirmed.v1"}},
		(*decision).confirmAward, foldAwardConfirmed),
	define(Definition{Name: "terminate-award", Title: Words{"终止立项", "Terminate an award"}, Stage: "award", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"award.terminated.v1"}},
		(*decision).terminateAward, foldAwardTerminated),
	define(Definition{Name: "record-evaluation", Title: Words{"登记评估", "Record an evaluation"}, Stage: "award", Roles: byClerk, Subject: "award", Events: []string{"award.evaluated.v1"}},
		(*decision).recordEvaluation, foldAwardEvaluated),
}

type proposeAward struct {
	Award         string `f:"award new=award"`
	Fund          string `f:"fund ref=fund"`
	Project       string `f:"project ref=project"`
	Organisation  string `f:"organisation ref=organisation"`
	Amount        Fen    `f:"amount amt"`
	Kind          string `f:"kind enum=grant|purchase"`
	From          string `f:"from see=project opt"`
	ProjectBudget Fen    `f:"project_budget amt opt"`
	NoticeFrom    Date   `f:"notice_from date opt"`
	NoticeUntil   Date   `f:"notice_until date opt"`
}

type raiseObjection struct {
	Award     string `f:"award ref=award"`
	Objection string `f:"objection id"`
	Text      string `f:"text text"`
}

type resolveObjection struct {
	Award     string `f:"award ref=award"`
	Objection string `f:"objection id"`
	Text      string `f:"text text opt"`
	Result    string `f:"result enum=upheld|dismissed"`
}

type confirmAward struct {
	Award string `f:"award ref=award"`
}

type terminateAward struct {
	Award  string `f:"award ref=award"`
	Reason string `f:"reason text"`
}

type recordEvaluation struct {
	Award  string `f:"award ref=award"`
	Stage  string `f:"stage enum=midterm|final"`
	Score  int    `f:"score int max=100"`
	Result string `f:"result enum=passed|rectify|failed"`
}

// inState gives the award, which must be in one of the states.
func (d *decision) inState(id string, states ...string) (*Award, *Refusal) {
	w := d.l.awards.at(id)
	if !slices.Contains(states, w.State) {
		return nil, wrongState("award/"+id, w.State)
	}
	return &w, nil
}

func (d *decision) proposeAward(c *proposeAward) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	project := d.l.projects.at(c.Project)
	if err := d.takes(&project); err != nil {
		return err
	}
	if other, ok := d.l.triples.get(triple{c.Fund, c.Project, c.Organisation}); ok {
		return refuse(DuplicateAward, "award", "award", other)
	}
	if err := d.withinPolicy(c); err != nil {
		return err
	}
	snapshot, err := d.eligible(c.Award, c.Organisation, &project, nil)
	if err != nil {
		return err
	}
	return d.emit("award.proposed.v1", snapshot)
}

// withinPolicy checks cap, share and notice of a proposed award.
func (d *decision) withinPolicy(c *proposeAward) *Refusal {
	p := &d.fund.Policy
	if p.AwardCap != 0 && c.Amount > p.AwardCap {
		return refuse(OverCap, "amount", "limit", p.AwardCap.String())
	}
	if share := Fen(p.SharePercent); c.Kind == "grant" && share > 0 && c.Amount*100 > c.ProjectBudget*share {
		return refuse(OverShare, "amount", "limit", p.SharePercent)
	}
	given := c.NoticeFrom != 0 || c.NoticeUntil != 0
	if !given && p.NoticeDays == 0 {
		return nil
	}
	days := int(c.NoticeUntil-c.NoticeFrom) + 1
	if c.NoticeFrom == 0 || c.NoticeUntil < c.NoticeFrom || c.NoticeFrom < d.c.On || days < p.NoticeDays {
		return refuse(NoticeTooShort, "notice_until", "limit", p.NoticeDays)
	}
	return nil
}

func foldAwardProposed(f *fold) {
	v := f.v
	w := Award{
		ID: v.str("award"), Fund: v.str("fund"), Project: v.str("project"), Organisation: v.str("organisation"),
		Kind: v.str("kind"), From: v.str("from"), Amount: v.fen("amount"), First: v.fen("amount"), Budget: v.fen("project_budget"),
		State: "proposed", Proposed: f.e.On, NoticeFrom: v.date("notice_from"), NoticeUntil: v.date("notice_until"),
	}
	project := f.projects.at(w.Project)
	if w.From == "" {
		w.From = project.Parent
	}
	if w.From == "" {
		w.From = w.Project
	}
	f.awards.put(w.ID, w)
	f.triples.put(triple{w.Fund, w.Project, w.Organisation}, w.ID)
	if project.Parent != "" {
		k := inRound{project.Parent, w.Organisation}
		f.rounds.put(k, append(f.rounds.at(k), w.ID))
	}
}

func (d *decision) raiseObjection(c *raiseObjection) *Refusal {
	w := d.l.awards.at(c.Award)
	if slices.ContainsFunc(w.Objections, func(o Objection) bool { return o.ID == c.Objection }) {
		return refuse(AlreadyExists, "objection", "subject", "objection "+c.Objection)
	}
	if _, err := d.inState(c.Award, "proposed"); err != nil {
		return err
	}
	return d.emit("objection.raised.v1")
}

func foldObjectionRaised(f *fold) {
	w := f.awards.at(f.v.str("award"))
	w.Objections = append(w.Objections, Objection{ID: f.v.str("objection"), Text: f.v.str("text")})
	f.awards.put(w.ID, w)
}

func (d *decision) resolveObjection(c *resolveObjection) *Refusal {
	w := d.l.awards.at(c.Award)
	at := slices.IndexFunc(w.Objections, func(o Objection) bool { return o.ID == c.Objection })
	if at < 0 {
		return refuse(UnknownSubject, "objection", "subject", "objection "+c.Objection)
	}
	if w.State != "proposed" || w.Objections[at].Result != "" {
		return wrongState("award/"+w.ID, w.State+" "+w.Objections[at].Result)
	}
	return d.emit("objection.resolved.v1")
}

func foldObjectionResolved(f *fold) {
	w := f.awards.at(f.v.str("award"))
	w.Objections = slices.Clone(w.Objections)
	for i := range w.Objections {
		if w.Objections[i].ID == f.v.str("objection") {
			w.Objections[i].Result = f.v.str("result")
		}
	}
	if f.v.str("result") == "upheld" {
		w.State = "terminated"
	}
	f.awards.put(w.ID, w)
}

func (d *decision) confirmAward(c *confirmAward) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	w, err := d.inState(c.Award, "proposed")
	if err != nil {
		return err
	}
	if d.c.On <= w.NoticeUntil {
		return refuse(NoticeOpen, "on", "date", w.NoticeUntil.String())
	}
	for _, o := range w.Objections {
		if o.Result == "" {
			return refuse(ObjectionOpen, "award", "objection", o.ID)
		}
	}
	project, from := d.l.projects.at(w.Project), d.l.projects.at(w.From)
	snapshot, err := d.eligible(w.ID, w.Organisation, &project, w.Holds)
	if err != nil {
		return err
	}
	if err := d.commit(w, &from, w.Amount); err != nil {
		return err
	}
	d.price(w.Amount)
	return d.emit("award.confirmed.v1", snapshot)
}

// commit moves amount from the allocation of the paying project to the award.
func (d *decision) commit(w *Award, from *Project, amount Fen) *Refusal {
	parts, err := d.draw(Allocated, d.p(d.fund, from, 0), amount)
	for _, p := range parts {
		d.move(d.p(d.fund, from, p.vintage), Allocated, d.a(w, p.vintage), Committed, p.amount)
	}
	return err
}

// uncommit moves amount back from the award to the allocation that paid it.
func (d *decision) uncommit(w *Award, from *Project, amount Fen) *Refusal {
	parts, err := d.draw(Committed, d.a(w, 0), amount)
	for _, p := range parts {
		d.move(d.a(w, p.vintage), Committed, d.p(d.fund, from, p.vintage), d.free(Allocated, p.vintage), p.amount)
	}
	return err
}

func foldAwardConfirmed(f *fold) {
	w := f.awards.at(f.v.str("award"))
	w.State, w.Confirmed = "confirmed", f.e.On
	f.awards.put(w.ID, w)
}

func (d *decision) terminateAward(c *terminateAward) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	w, unpaid, err := d.terminable(c.Award)
	if err != nil {
		return err
	}
	from := d.l.projects.at(w.From)
	if unpaid > 0 {
		if err := d.uncommit(w, &from, unpaid); err != nil {
			return err
		}
	}
	if open := d.matchOpen(w); open > 0 {
		d.postMatch(w, MatchWaived, open)
	}
	d.price(unpaid)
	return d.emit("award.terminated.v1")
}

// terminable gives an award that can be terminated and what it still holds. One
// that was terminated before can be again when the reversal of a payment put
// money back on it, which nothing else could free.
func (d *decision) terminable(id string) (w *Award, unpaid Fen, err *Refusal) {
	if w, err = d.inState(id, "proposed", "confirmed", "active", "terminated"); err != nil {
		return nil, 0, err
	}
	switch w.State {
	case "confirmed", "active":
		unpaid = w.Amount - w.Paid()
	case "terminated":
		_, unpaid = d.l.books.draw(Committed, d.a(w, 0), 0)
		if unpaid == 0 && d.matchOpen(w) == 0 {
			return nil, 0, wrongState("award/"+id, w.State)
		}
	}
	return w, unpaid, nil
}

func foldAwardTerminated(f *fold) {
	w := f.awards.at(f.v.str("award"))
	w.State = "terminated"
	f.awards.put(w.ID, w)
}

func (d *decision) recordEvaluation(c *recordEvaluation) *Refusal {
	if _, err := d.inState(c.Award, "active"); err != nil {
		return err
	}
	return d.emit("award.evaluated.v1")
}

func foldAwardEvaluated(f *fold) {
	w := f.awards.at(f.v.str("award"))
	w.Evaluations = append(w.Evaluations, Evaluation{f.v.str("stage"), int(f.v.int("score")), f.v.str("result"), f.e.On})
	f.awards.put(w.ID, w)
}
