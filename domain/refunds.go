package domain

import "slices"

var refundRows = []*Definition{
	define(Definition{Name: "demand-refund", Title: Words{"要求退款", "Demand a refund"}, Stage: "payment", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"refund.demanded.v1"}},
		(*decision).demandRefund, foldRefundDemanded),
	define(Definition{Name: "receive-refund", Title: Words{"收到退款", "Receive a refund"}, Stage: "payment", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"refund.received.v1"}},
		(*decision).receiveRefund, foldRefundReceived),
	define(Definition{Name: "write-off-refund", Title: Words{"核销应退款", "Write off a refund"}, Stage: "payment", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"refund.written-off.v1"}},
		(*decision).writeOffRefund, foldRefundWrittenOff),
}

type demandRefund struct {
	Award  string `f:"award ref=award"`
	Refund string `f:"refund id"`
	Amount Fen    `f:"amount amt"`
	Due    Date   `f:"due date opt"`
	Reason string `f:"reason text"`
}

type receiveRefund struct {
	Award         string `f:"award ref=award"`
	Refund        string `f:"refund id"`
	Amount        Fen    `f:"amount amt"`
	BankReference string `f:"bank_reference paper max=100"`
}

type writeOffRefund struct {
	Award  string `f:"award ref=award"`
	Refund string `f:"refund id"`
	Amount Fen    `f:"amount amt"`
	Reason string `f:"reason text"`
}

// claimOf finds a claim of the award by its id; -1 when there is none.
func claimOf(w *Award, id string) int {
	return slices.IndexFunc(w.Claims, func(c Claim) bool { return c.ID == id })
}

func (d *decision) demandRefund(c *demandRefund) *Refusal {
	if w := d.l.awards.at(c.Award); claimOf(&w, c.Refund) >= 0 {
		return refuse(AlreadyExists, "refund", "subject", "refund "+c.Refund)
	}
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	w, err := d.inState(c.Award, "active", "terminated")
	if err != nil {
		return err
	}
	parts, err := d.draw(Advance, d.a(w, 0), c.Amount)
	if err != nil {
		return err
	}
	for _, p := range parts {
		d.post(d.a(w, p.vintage), Advance, -p.amount)
		d.post(d.a(w, p.vintage), RefundDue, p.amount)
	}
	d.price(c.Amount)
	return d.emit("refund.demanded.v1")
}

func foldRefundDemanded(f *fold) {
	f.openClaim(Claim{ID: f.v.str("refund"), Year: f.e.On.Year(), Amount: f.v.fen("amount"), Due: f.v.date("due"), Demanded: f.e.On})
}

// openClaim adds a claim to the award that the event names.
func (f *fold) openClaim(c Claim) {
	w := f.awards.at(refAward(f.e))
	w.Claims = append(w.Claims, c)
	f.awards.put(w.ID, w)
	u := f.undoing()
	u.award, u.claim, u.amount = w.ID, c.ID, c.Amount
}

// refAward is the award that the event is about.
func refAward(e *Event) string { return e.Subject[len("award/"):] }

// claim finds the open claim that the command names, and what is to take.
func (d *decision) claim(award, id string, amount Fen) (*Award, Claim, *Refusal) {
	w := d.l.awards.at(award)
	at := claimOf(&w, id)
	if at < 0 {
		return nil, Claim{}, refuse(UnknownSubject, "refund", "subject", "refund "+id)
	}
	if err := d.posts(d.c.On.Year()); err != nil {
		return nil, Claim{}, err
	}
	if _, err := d.inState(award, "active", "terminated"); err != nil {
		return nil, Claim{}, err
	}
	if open := w.Claims[at].Open(); amount > open {
		return nil, Claim{}, short(RefundDue, open, amount)
	}
	return &w, w.Claims[at], nil
}

func (d *decision) receiveRefund(c *receiveRefund) *Refusal {
	w, claim, err := d.claim(c.Award, c.Refund, c.Amount)
	if err != nil {
		return err
	}
	if err := d.unused("bank_reference", "bank_reference", "", c.BankReference); err != nil {
		return err
	}
	parts, err := d.draw(RefundDue, d.a(w, 0), c.Amount)
	if err != nil {
		return err
	}
	for _, p := range parts {
		d.takeBack(w, claim.Year, p)
	}
	d.price(c.Amount)
	return d.emit("refund.received.v1")
}

// takeBack posts a refund of one vintage. What the award still shows as paid
// this year, for a claim of this year, is unpaid; the rest is recovered from
// earlier years (DOMAIN.md 5.4).
func (d *decision) takeBack(w *Award, claimYear int, p part) {
	a, t := d.a(w, p.vintage), d.t(d.fund, p.vintage)
	d.post(a, RefundDue, -p.amount)
	if d.fund.Custody == "held" {
		d.post(t, Cash, p.amount)
	} else {
		d.post(a, Income, p.amount)
	}
	var unpaid Fen
	if claimYear == d.year {
		unpaid = min(p.amount, max(0, d.l.books.balance(Disbursed, a)))
	}
	back := d.free(Available, p.vintage)
	if unpaid > 0 {
		d.move(a, Disbursed, t, back, unpaid)
	}
	if rest := p.amount - unpaid; rest > 0 {
		d.post(t, Recovered, -rest)
		d.post(t, back, rest)
	}
}

func foldRefundReceived(f *fold) {
	f.changeClaim(func(c *Claim, amount Fen) { c.Received += amount })
	f.use("bank_reference", "", f.v.str("bank_reference"))
}

func (d *decision) writeOffRefund(c *writeOffRefund) *Refusal {
	w, _, err := d.claim(c.Award, c.Refund, c.Amount)
	if err != nil {
		return err
	}
	parts, err := d.draw(RefundDue, d.a(w, 0), c.Amount)
	if err != nil {
		return err
	}
	for _, p := range parts {
		d.post(d.a(w, p.vintage), RefundDue, -p.amount)
		d.post(d.a(w, p.vintage), Loss, p.amount)
	}
	d.price(c.Amount)
	return d.emit("refund.written-off.v1")
}

func foldRefundWrittenOff(f *fold) {
	f.changeClaim(func(c *Claim, amount Fen) { c.Waived += amount })
}

// changeClaim changes the claim that the event names by the event's amount.
func (f *fold) changeClaim(change func(*Claim, Fen)) {
	w, id, amount := f.awards.at(f.v.str("award")), f.v.str("refund"), f.v.fen("amount")
	w.Claims = slices.Clone(w.Claims)
	change(&w.Claims[claimOf(&w, id)], amount)
	f.awards.put(w.ID, w)
	u := f.undoing()
	u.award, u.claim, u.amount = w.ID, id, amount
}
