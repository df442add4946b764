package domain

var allocationRows = []*Definition{
	define(Definition{Name: "allocate", Title: Words{"分配资金", "Allocate"}, Stage: "allocation", Roles: byClerk, Subject: "project", Approval: true, Events: []string{"allocation.made.v1"}},
		(*decision).allocate, func(*fold) {}),
	define(Definition{Name: "release-allocation", Title: Words{"收回分配", "Release an allocation"}, Stage: "allocation", Roles: byClerk, Subject: "project", Approval: true, Events: []string{"allocation.released.v1"}},
		(*decision).releaseAllocation, func(*fold) {}),
	define(Definition{Name: "reallocate", Title: Words{"调整分配", "Reallocate"}, Stage: "allocation", Roles: byClerk, Subject: "project", Approval: true, Events: []string{"allocation.moved.v1"}},
		(*decision).reallocate, func(*fold) {}),
}

type allocate struct {
	Fund    string `f:"fund ref=fund"`
	Project string `f:"project ref=project"`
	Amount  Fen    `f:"amount amt"`
	Vintage int    `f:"vintage year opt"`
}

type releaseAllocation struct {
	Fund    string `f:"fund ref=fund"`
	Project string `f:"project ref=project"`
	Amount  Fen    `f:"amount amt"`
}

type reallocate struct {
	Fund      string `f:"fund ref=fund"`
	Project   string `f:"project ref=project"`
	ToProject string `f:"to_project ref=project"`
	Amount    Fen    `f:"amount amt"`
}

// takes refuses a project that cannot be given money: closed, or of a purpose
// that the fund does not have.
func (d *decision) takes(p *Project) *Refusal {
	if p.Closed {
		return wrongState("project/"+p.ID, "closed")
	}
	return d.allows(p)
}

func (d *decision) allocate(c *allocate) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	project := d.l.projects.at(c.Project)
	if err := d.takes(&project); err != nil {
		return err
	}
	parts, err := d.drawFrom(Available, d.t(d.fund, 0), c.Vintage, c.Amount)
	if err != nil {
		return err
	}
	d.price(c.Amount)
	for _, p := range parts {
		d.move(d.t(d.fund, p.vintage), Available, d.p(d.fund, &project, p.vintage), Allocated, p.amount)
	}
	return d.emit("allocation.made.v1")
}

func (d *decision) releaseAllocation(c *releaseAllocation) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	project := d.l.projects.at(c.Project)
	parts, err := d.draw(Allocated, d.p(d.fund, &project, 0), c.Amount)
	if err != nil {
		return err
	}
	d.price(c.Amount)
	for _, p := range parts {
		d.move(d.p(d.fund, &project, p.vintage), Allocated, d.t(d.fund, p.vintage), d.free(Available, p.vintage), p.amount)
	}
	return d.emit("allocation.released.v1")
}

func (d *decision) reallocate(c *reallocate) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	from, to := d.l.projects.at(c.Project), d.l.projects.at(c.ToProject)
	if c.Project == c.ToProject {
		return invalid("to_project", "pattern")
	}
	if err := d.takes(&to); err != nil {
		return err
	}
	parts, err := d.draw(Allocated, d.p(d.fund, &from, 0), c.Amount)
	if err != nil {
		return err
	}
	d.price(c.Amount)
	for _, p := range parts {
		d.move(d.p(d.fund, &from, p.vintage), Allocated, d.p(d.fund, &to, p.vintage), Allocated, p.amount)
	}
	return d.emit("allocation.moved.v1")
}
