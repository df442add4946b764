package domain

import "strconv"

var receiptRows = []*Definition{
	define(Definition{Name: "receive-appropriation", Title: Words{"下达指标", "Receive an appropriation"}, Stage: "in", Roles: byClerk, Subject: "fund", Approval: true, Events: []string{"appropriation.received.v1"}},
		func(d *decision, c *appropriation) *Refusal {
			return d.appropriate(c, "appropriation.received.v1", c.Amount)
		}, foldAppropriation),
	define(Definition{Name: "reduce-appropriation", Title: Words{"调减指标", "Reduce an appropriation"}, Stage: "in", Roles: byClerk, Subject: "fund", Approval: true, Events: []string{"appropriation.reduced.v1"}},
		func(d *decision, c *appropriation) *Refusal {
			return d.appropriate(c, "appropriation.reduced.v1", -c.Amount)
		}, foldAppropriation),
	define(Definition{Name: "transfer-out", Title: Words{"转移支付下达", "Transfer out"}, Stage: "in", Roles: byClerk, Subject: "fund", Approval: true, Events: []string{"fund.transferred.v1"}},
		(*decision).transferOut, foldTransferred),
	define(Definition{Name: "receive-transfer", Title: Words{"接收转移支付", "Receive a transfer"}, Stage: "in", Roles: byClerk, Subject: "fund", Approval: true, Events: []string{"fund.transfer-received.v1"}},
		(*decision).receiveTransfer, foldTransferReceived),
	define(Definition{Name: "receive-donation", Title: Words{"接收捐款", "Receive a donation"}, Stage: "in", Roles: byClerk, Subject: "fund", Approval: true, Events: []string{"donation.received.v1"}},
		(*decision).receiveDonation, foldDonation),
}

type appropriation struct {
	Fund         string `f:"fund ref=fund"`
	Amount       Fen    `f:"amount amt"`
	Document     string `f:"document paper max=100"`
	Vintage      int    `f:"vintage year opt"`
	Tier         string `f:"tier text opt"`
	FromDistrict string `f:"from_district code opt"`
}

type transferOut struct {
	Fund       string `f:"fund ref=fund"`
	Transfer   string `f:"transfer new=transfer"`
	Kind       string `f:"kind enum=down|across|up|other-budget"`
	ToFund     string `f:"to_fund see=fund opt"`
	ToDistrict string `f:"to_district code opt"`
	Amount     Fen    `f:"amount amt"`
	Document   string `f:"document paper max=100"`
	Vintage    int    `f:"vintage year opt"`
}

type receiveTransfer struct {
	Fund     string `f:"fund ref=fund"`
	Transfer string `f:"transfer see=transfer"`
	Amount   Fen    `f:"amount amt"`
}

type receiveDonation struct {
	Fund          string `f:"fund ref=fund"`
	Donor         string `f:"donor ref=organisation"`
	Amount        Fen    `f:"amount amt"`
	Receipt       string `f:"receipt paper max=100"`
	BankReference string `f:"bank_reference paper opt max=100"`
	Pledge        string `f:"pledge ref=pledge opt"`
}

// unused refuses a paper that counts already.
func (d *decision) unused(field, kind, scope, number string) *Refusal {
	if at := d.l.papers.at(paper{kind, scope, number}); at != 0 && number != "" {
		return refuse(DuplicateDocument, field, "number", number, "position", at)
	}
	return nil
}

// appropriate posts a budget from outside, or takes it back (negative amount).
func (d *decision) appropriate(c *appropriation, event string, amount Fen) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	if err := d.source(false); err != nil {
		return err
	}
	vintage := c.Vintage
	if vintage == 0 {
		vintage = d.year
	}
	if vintage > d.year {
		return invalid("vintage", "too_large")
	}
	if c.FromDistrict != "" {
		if err := d.validDistrict(c.FromDistrict); err != nil {
			err.Field = "from_district"
			return err
		}
	}
	if err := d.unused("document", "document", c.Fund, c.Document); err != nil {
		return err
	}
	t := d.t(d.fund, vintage)
	if have := d.l.books.drawVintage(Available, t, vintage); have+amount < 0 {
		return short(Available, have, -amount)
	}
	d.price(c.Amount)
	d.post(t, Authority, -amount)
	d.post(t, Available, amount)
	if d.fund.Custody == "held" {
		d.post(t, Income, -amount)
		d.post(t, Cash, amount)
	}
	return d.emit(event)
}

func foldAppropriation(f *fold) { f.use("document", f.v.str("fund"), f.v.str("document")) }

func (d *decision) transferOut(c *transferOut) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	if c.ToFund == c.Fund {
		return refuse(TransferMismatch, "to_fund", "limit", c.Fund)
	}
	to, inside := d.l.funds.get(c.ToFund)
	if donation := d.fund.Source == "donation"; donation != (inside && to.Source == "donation") {
		return refuse(WrongSource, "to_fund", "source", d.fund.Source)
	}
	if c.ToDistrict != "" {
		if err := d.validDistrict(c.ToDistrict); err != nil {
			err.Field = "to_district"
			return err
		}
	}
	if err := d.unused("document", "document", c.Fund, c.Document); err != nil {
		return err
	}
	parts, err := d.drawFrom(Available, d.t(d.fund, 0), c.Vintage, c.Amount)
	if err != nil {
		return err
	}
	d.price(c.Amount)
	list := []byte{'['}
	for i, p := range parts {
		d.pass(p.vintage, p.amount)
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(append(list, `{"vintage":`...), int64(p.vintage), 10)
		list = append(strconv.AppendInt(append(list, `,"amount":`...), int64(p.amount), 10), '}')
	}
	return d.emit("fund.transferred.v1", member{"parts", append(list, ']')})
}

// pass posts authority leaving the fund (positive) or coming in (negative).
func (d *decision) pass(vintage int, amount Fen) {
	t := d.t(d.fund, vintage)
	d.post(t, Available, -amount)
	d.post(t, Transferred, amount)
	if d.fund.Custody == "held" {
		d.post(t, Cash, -amount)
		d.post(t, Income, amount)
	}
}

func foldTransferred(f *fold) {
	t := Transfer{
		ID: f.v.str("transfer"), Fund: f.v.str("fund"), To: f.v.str("to_fund"), District: f.v.str("to_district"),
		Kind: f.v.str("kind"), Sent: f.e.On, State: "sent",
	}
	if t.To == "" {
		t.State = "left"
	}
	for _, p := range f.v.member("parts").items {
		t.Parts = append(t.Parts, Part{int(p.int("vintage")), p.fen("amount")})
	}
	f.transfers.put(t.ID, t)
	f.use("document", t.Fund, f.v.str("document"))
	f.undoing().transfer = t.ID
}

func (d *decision) receiveTransfer(c *receiveTransfer) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	t := d.l.transfers.at(c.Transfer)
	if t.State != "sent" {
		return wrongState("transfer/"+t.ID, t.State)
	}
	if t.To != c.Fund || t.Amount() != c.Amount {
		return refuse(TransferMismatch, "transfer", "limit", t.To+" "+t.Amount().String())
	}
	if d.c.On < t.Sent {
		return refuse(TooEarly, "on", "date", t.Sent.String())
	}
	d.price(c.Amount)
	for _, p := range t.Parts {
		d.pass(p.Vintage, -p.Amount)
	}
	return d.emit("fund.transfer-received.v1")
}

func foldTransferReceived(f *fold) {
	t := f.transfers.at(f.v.str("transfer"))
	t.State = "received"
	f.transfers.put(t.ID, t)
	f.undoing().transfer = t.ID
}

func (d *decision) receiveDonation(c *receiveDonation) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	if err := d.source(true); err != nil {
		return err
	}
	if err := d.unused("receipt", "receipt", "", c.Receipt); err != nil {
		return err
	}
	if err := d.unused("bank_reference", "bank_reference", "", c.BankReference); err != nil {
		return err
	}
	t := d.t(d.fund, d.year)
	donor := t
	donor.Organisation = c.Donor
	d.post(donor, Income, -c.Amount)
	d.post(t, Cash, c.Amount)
	d.post(t, Authority, -c.Amount)
	d.post(t, Available, c.Amount)
	if err := d.fulfil(c.Pledge, c.Donor, c.Amount); err != nil {
		return err
	}
	d.price(c.Amount)
	return d.emit("donation.received.v1")
}

func foldDonation(f *fold) {
	f.use("receipt", "", f.v.str("receipt"))
	f.use("bank_reference", "", f.v.str("bank_reference"))
	f.fulfil(f.v.fen("amount"))
}
