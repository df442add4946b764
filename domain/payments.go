package domain

import "strconv"

var paymentRows = []*Definition{
	define(Definition{Name: "disburse", Title: Words{"拨付", "Disburse"}, Stage: "payment", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"award.disbursed.v1"}},
		(*decision).disburse, foldDisbursed),
	define(Definition{Name: "accept-expenditure", Title: Words{"核销支出", "Accept expenditure"}, Stage: "payment", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"expenditure.accepted.v1"}},
		(*decision).acceptExpenditure, foldExpenditure),
}

type disburse struct {
	Award         string `f:"award ref=award"`
	Instalment    int    `f:"instalment int min=1 max=1000"`
	Amount        Fen    `f:"amount amt opt"`
	Payee         string `f:"payee id"`
	BankReference string `f:"bank_reference paper max=100"`
}

type acceptExpenditure struct {
	Award string        `f:"award ref=award"`
	Lines []expenseLine `f:"lines list"`
}

type expenseLine struct {
	Invoice  string `f:"invoice paper max=100"`
	Amount   Fen    `f:"amount amt"`
	District string `f:"district code opt"`
}

func (d *decision) disburse(c *disburse) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	w, err := d.inState(c.Award, "active")
	if err != nil {
		return err
	}
	if d.c.On < w.Signed {
		return refuse(TooEarly, "on", "date", w.Signed.String())
	}
	if err := d.payable(w, c.Payee); err != nil {
		return err
	}
	part, err := d.due(w, c.Instalment)
	if err != nil {
		return err
	}
	amount, rest := c.Amount, part.Amount-part.Paid
	if amount == 0 {
		amount = rest
	}
	if rest == 0 || amount > rest {
		return short(Committed, rest, amount)
	}
	if err := d.unused("bank_reference", "bank_reference", "", c.BankReference); err != nil {
		return err
	}
	parts, err := d.draw(Committed, d.a(w, 0), amount)
	if err != nil {
		return err
	}
	for _, p := range parts {
		d.pay(w, p)
	}
	d.price(amount)
	return d.emit("award.disbursed.v1")
}

// pay posts a payment of one vintage to the award's recipient.
func (d *decision) pay(w *Award, p part) {
	a := d.a(w, p.vintage)
	d.post(a, Committed, -p.amount)
	d.post(a, Disbursed, p.amount)
	d.post(a, Advance, p.amount)
	if d.fund.Custody == "held" {
		d.post(d.t(d.fund, p.vintage), Cash, -p.amount)
	} else {
		d.post(a, Income, -p.amount)
	}
}

// payable checks who would be paid.
func (d *decision) payable(w *Award, payee string) *Refusal {
	o := d.l.organisations.at(w.Organisation)
	switch {
	case payee != w.Organisation:
		return refuse(WrongPayee, "payee", "organisation", w.Organisation)
	case o.Identifier != "valid":
		return refuse(InvalidIdentifier, "payee", "organisation", o.ID, "status", o.Identifier)
	case o.Status == "liquidating" || o.Status == "deregistered":
		return refuse(IneligibleRecipient, "payee", "organisation", o.ID, "condition", "status "+o.Status)
	}
	if h := held(w.Holds, o.Holds); h != nil {
		return refuse(OnHold, "award", "reason", h.Reason)
	}
	return nil
}

// due gives the instalment, whose condition must be met: the earlier ones are
// paid in full and its stage is passed by the last evaluation of it.
func (d *decision) due(w *Award, number int) (*Instalment, *Refusal) {
	if number > len(w.Instalments) {
		return nil, refuse(UnknownSubject, "instalment", "subject", "award/"+w.ID+" instalment "+strconv.Itoa(number))
	}
	for i := range number - 1 {
		if earlier := &w.Instalments[i]; earlier.Paid < earlier.Amount {
			return nil, refuse(ConditionNotMet, "instalment", "condition", "instalment "+strconv.Itoa(i+1))
		}
	}
	part := &w.Instalments[number-1]
	if part.After != "signing" && !w.Passed(part.After) {
		return nil, refuse(ConditionNotMet, "instalment", "condition", part.After)
	}
	return part, nil
}

// Passed tells whether the last evaluation of the stage is passed.
func (a *Award) Passed(stage string) bool {
	for i := len(a.Evaluations) - 1; i >= 0; i-- {
		if a.Evaluations[i].Stage == stage {
			return a.Evaluations[i].Result == "passed"
		}
	}
	return false
}

func foldDisbursed(f *fold) {
	w, number, amount := f.awards.at(f.v.str("award")), int(f.v.int("instalment")), f.e.sum(Disbursed)
	w.Instalments = append([]Instalment(nil), w.Instalments...)
	w.Instalments[number-1].Paid += amount
	f.awards.put(w.ID, w)
	f.use("bank_reference", "", f.v.str("bank_reference"))
	u := f.undoing()
	u.award, u.instalment, u.amount = w.ID, number, amount
}

// usable are the kinds of documents that prove a use of money.
func usable(kind string) bool { return kind == "invoice" || kind == "receipt" || kind == "voucher" }

func (d *decision) acceptExpenditure(c *acceptExpenditure) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	w, err := d.inState(c.Award, "active", "terminated")
	if err != nil {
		return err
	}
	if d.c.On < w.Signed {
		return refuse(TooEarly, "on", "date", w.Signed.String())
	}
	if err := d.evidence("invoice", "receipt", "voucher"); err != nil {
		return err
	}
	if err := d.newPapers(c.Lines); err != nil {
		return err
	}
	var total Fen
	for i, line := range c.Lines {
		if line.District != "" {
			if err := d.validDistrict(line.District); err != nil {
				err.Field = "lines[" + strconv.Itoa(i) + "].district"
				return err
			}
		}
		total += line.Amount
	}
	parts, err := d.draw(Advance, d.a(w, 0), total)
	if err != nil {
		return err
	}
	d.spend(w, parts, c.Lines)
	d.price(total)
	return d.emit("expenditure.accepted.v1")
}

// newPapers refuses an invoice or document that was used before, in the ledger
// or twice in this command.
func (d *decision) newPapers(lines []expenseLine) *Refusal {
	seen := map[paper]bool{}
	check := func(field string, p paper) *Refusal {
		if seen[p] {
			return refuse(DuplicateDocument, field, "number", p.number, "position", d.l.position+1)
		}
		seen[p] = true
		return d.unused(field, p.kind, "", p.number)
	}
	for i, line := range lines {
		if err := check("lines["+strconv.Itoa(i)+"].invoice", paper{kind: "invoice", number: line.Invoice}); err != nil {
			return err
		}
	}
	for _, doc := range d.c.Docs {
		if usable(doc.Kind) {
			if err := check("docs", paper{kind: "evidence", number: doc.SHA256}); err != nil {
				return err
			}
		}
	}
	return nil
}

// spend posts the lines in order against the drawn parts, oldest vintage first.
func (d *decision) spend(w *Award, parts []part, lines []expenseLine) {
	for _, p := range parts {
		d.post(d.a(w, p.vintage), Advance, -p.amount)
	}
	for _, line := range lines {
		for rest := line.Amount; rest > 0; {
			take := min(rest, parts[0].amount)
			dims := d.a(w, parts[0].vintage)
			if line.District != "" {
				dims.District = d.district(line.District)
			}
			d.post(dims, Spent, take)
			rest -= take
			if parts[0].amount -= take; parts[0].amount == 0 {
				parts = parts[1:]
			}
		}
	}
}

func foldExpenditure(f *fold) {
	for _, line := range f.v.member("lines").items {
		f.use("invoice", "", line.str("invoice"))
	}
	for _, doc := range f.e.Docs {
		if usable(doc.Kind) {
			f.use("evidence", "", doc.SHA256)
		}
	}
	f.undoing().award = f.v.str("award")
}
