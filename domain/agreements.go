package domain

import "strconv"

var agreementRows = []*Definition{
	define(Definition{Name: "sign-agreement", Title: Words{"签订协议", "Sign the agreement"}, Stage: "award", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"agreement.signed.v1"}},
		(*decision).signAgreement, foldAgreementSigned),
	define(Definition{Name: "amend-agreement", Title: Words{"变更协议", "Amend the agreement"}, Stage: "award", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"agreement.amended.v1"}},
		(*decision).amendAgreement, foldAgreementAmended),
}

type signAgreement struct {
	Award       string       `f:"award ref=award"`
	Agreement   string       `f:"agreement paper max=100"`
	Shares      []share      `f:"shares list opt max=20"`
	Instalments []instalment `f:"instalments list opt max=20"`
	Match       Fen          `f:"match amt opt"`
	Starts      Date         `f:"starts date opt"`
	Ends        Date         `f:"ends date opt"`
}

type amendAgreement struct {
	Award       string       `f:"award ref=award"`
	Amount      Fen          `f:"amount amt"`
	Shares      []share      `f:"shares list opt min=0 max=20"`
	Instalments []instalment `f:"instalments list opt min=0 max=20"`
}

type share struct {
	Percent int    `f:"percent int min=1 max=100"`
	After   string `f:"after enum=signing|midterm|final"`
}

type instalment struct {
	Amount Fen    `f:"amount amt"`
	After  string `f:"after enum=signing|midterm|final"`
}

// plan turns shares or instalments into the parts of total. Every share but
// the last is rounded down, the last is the rest; none may be zero.
func plan(total Fen, shares []share, instalments []instalment) ([]Instalment, *Refusal) {
	mismatch := refuse(InstalmentsMismatch, "instalments", "limit", total.String())
	if len(shares) > 0 && len(instalments) > 0 || total > 0 && len(shares)+len(instalments) == 0 {
		return nil, mismatch
	}
	var out []Instalment
	percent, sum := 0, Fen(0)
	for i, s := range shares {
		part := total / 100 * Fen(s.Percent)
		part += total % 100 * Fen(s.Percent) / 100
		if i == len(shares)-1 {
			part = total - sum
		}
		percent += s.Percent
		sum += part
		out = append(out, Instalment{Amount: part, After: s.After})
	}
	for _, p := range instalments {
		sum += p.Amount
		out = append(out, Instalment{Amount: p.Amount, After: p.After})
	}
	if sum != total || len(shares) > 0 && percent != 100 {
		return nil, mismatch
	}
	for _, p := range out {
		if p.Amount <= 0 {
			return nil, mismatch
		}
	}
	return out, nil
}

// instalmentsMember writes the plan into the event, paid ones included.
func instalmentsMember(list []Instalment) member {
	b := []byte{'['}
	for i, p := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(append(b, `{"amount":`...), int64(p.Amount), 10), `,"after":`...)
		b = append(appendString(b, p.After), '}')
	}
	return member{"instalments", append(b, ']')}
}

func (d *decision) signAgreement(c *signAgreement) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	w, err := d.inState(c.Award, "confirmed")
	if err != nil {
		return err
	}
	if d.c.On < w.Confirmed {
		return refuse(TooEarly, "on", "date", w.Confirmed.String())
	}
	if c.Ends != 0 && c.Ends < c.Starts {
		return invalid("ends", "date")
	}
	if err := d.unused("agreement", "agreement", "", c.Agreement); err != nil {
		return err
	}
	list, err := plan(w.Amount, c.Shares, c.Instalments)
	if err != nil {
		return err
	}
	d.price(w.Amount)
	if c.Match > 0 {
		dims := d.a(w, 0)
		d.post(dims, MatchOrigin, -c.Match)
		d.post(dims, MatchOpen, c.Match)
	}
	d.derived = "instalments"
	return d.emit("agreement.signed.v1", instalmentsMember(list))
}

func foldAgreementSigned(f *fold) {
	w := f.awards.at(f.v.str("award"))
	w.State, w.Signed, w.Agreement = "active", f.e.On, f.v.str("agreement")
	w.Starts, w.Ends, w.Promised = f.v.date("starts"), f.v.date("ends"), f.v.fen("match")
	w.Instalments = f.instalments()
	f.awards.put(w.ID, w)
	f.papers.put(paper{"agreement", "", w.Agreement}, f.e.Position)
}

func (f *fold) instalments() []Instalment {
	items := f.v.member("instalments").items
	list := make([]Instalment, len(items))
	for i := range items {
		list[i] = Instalment{Amount: items[i].fen("amount"), After: items[i].str("after")}
	}
	return list
}

// settled are the instalments that were paid, each cut to what was paid.
func settled(w *Award) []Instalment {
	var out []Instalment
	for _, i := range w.Instalments {
		if i.Paid > 0 {
			out = append(out, Instalment{Amount: i.Paid, Paid: i.Paid, After: i.After})
		}
	}
	return out
}

func (d *decision) amendAgreement(c *amendAgreement) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	w, err := d.inState(c.Award, "active")
	if err != nil {
		return err
	}
	paid := w.Paid()
	if c.Amount < paid {
		return refuse(InstalmentsMismatch, "amount", "limit", paid.String())
	}
	list, err := plan(c.Amount-paid, c.Shares, c.Instalments)
	if err != nil {
		return err
	}
	if most := w.First + w.First*Fen(d.fund.Policy.SupplementPercent)/100; w.Kind == "purchase" && c.Amount > most {
		return refuse(SupplementLimit, "amount", "limit", most.String())
	}
	if limit := d.fund.Policy.AwardCap; limit != 0 && c.Amount > limit {
		return refuse(OverCap, "amount", "limit", limit.String())
	}
	from := d.l.projects.at(w.From)
	change := c.Amount - w.Amount
	if change > 0 {
		err = d.commit(w, &from, change)
	} else if change < 0 {
		err = d.uncommit(w, &from, -change)
	}
	if err != nil {
		return err
	}
	d.price(max(change, -change))
	d.derived = "instalments"
	return d.emit("agreement.amended.v1", instalmentsMember(append(settled(w), list...)))
}

func foldAgreementAmended(f *fold) {
	w := f.awards.at(f.v.str("award"))
	kept := settled(&w)
	w.Amount = f.v.fen("amount")
	w.Instalments = f.instalments()
	copy(w.Instalments, kept)
	f.awards.put(w.ID, w)
}
