package domain

var pledgeRows = []*Definition{
	define(Definition{Name: "pledge-donation", Title: Words{"登记认捐", "Record a pledge"}, Stage: "in", Roles: byClerk, Subject: "pledge", Approval: true, Events: []string{"pledge.made.v1"}},
		(*decision).pledgeDonation, foldPledgeMade),
	define(Definition{Name: "release-pledge", Title: Words{"解除认捐", "Release a pledge"}, Stage: "in", Roles: byClerk, Subject: "pledge", Approval: true, Events: []string{"pledge.released.v1"}},
		(*decision).releasePledge, foldPledgeReleased),
}

type pledgeDonation struct {
	Fund   string `f:"fund ref=fund"`
	Pledge string `f:"pledge new=pledge"`
	Donor  string `f:"donor ref=organisation"`
	Amount Fen    `f:"amount amt"`
	Form   string `f:"form enum=cash|goods|mixed"`
	Due    Date   `f:"due date opt"`
}

type releasePledge struct {
	Pledge string `f:"pledge ref=pledge"`
	Amount Fen    `f:"amount amt"`
	Reason string `f:"reason text"`
}

// promise is the tuple of a pledge: T without vintage and its donor.
func (d *decision) promise(donor string) Dimensions {
	t := d.t(d.fund, 0)
	t.Organisation = donor
	return t
}

func (d *decision) pledgeDonation(c *pledgeDonation) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	if err := d.source(true); err != nil {
		return err
	}
	d.price(c.Amount)
	d.post(d.promise(c.Donor), PledgeOrigin, -c.Amount)
	d.post(d.promise(c.Donor), PledgeOpen, c.Amount)
	return d.emit("pledge.made.v1")
}

func foldPledgeMade(f *fold) {
	p := Pledge{
		ID: f.v.str("pledge"), Fund: f.v.str("fund"), Donor: f.v.str("donor"), Form: f.v.str("form"),
		Amount: f.v.fen("amount"), Due: f.v.date("due"), Made: f.e.On,
	}
	f.pledges.put(p.ID, p)
	f.undoing().pledge = p.ID
}

func (d *decision) releasePledge(c *releasePledge) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	p := d.l.pledges.at(c.Pledge)
	if p.Open() < c.Amount {
		return short(PledgeOpen, p.Open(), c.Amount)
	}
	d.price(c.Amount)
	d.post(d.promise(p.Donor), PledgeOpen, -c.Amount)
	d.post(d.promise(p.Donor), PledgeReleased, c.Amount)
	return d.emit("pledge.released.v1")
}

func foldPledgeReleased(f *fold) {
	p := f.pledges.at(f.v.str("pledge"))
	p.Released += f.v.fen("amount")
	f.pledges.put(p.ID, p)
	u := f.undoing()
	u.pledge, u.amount = p.ID, f.v.fen("amount")
}

// fulfil posts the part of a pledge that a donation keeps, when it names one.
func (d *decision) fulfil(pledge, donor string, amount Fen) *Refusal {
	if pledge == "" {
		return nil
	}
	p := d.l.pledges.at(pledge)
	if p.Fund != d.fund.ID || p.Donor != donor {
		return refuse(PledgeMismatch, "pledge", "pledge", pledge)
	}
	if p.Open() < amount {
		return short(PledgeOpen, p.Open(), amount)
	}
	d.post(d.promise(donor), PledgeOpen, -amount)
	d.post(d.promise(donor), PledgeFulfilled, amount)
	return nil
}

// fulfil folds what a donation kept of the pledge it names.
func (f *fold) fulfil(amount Fen) {
	p, ok := f.pledges.get(f.v.str("pledge"))
	if !ok {
		return
	}
	p.Fulfilled += amount
	f.pledges.put(p.ID, p)
	if f.voucher != nil {
		u := f.undoing()
		u.pledge, u.amount = p.ID, amount
	}
}
