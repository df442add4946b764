package domain

var matchRows = []*Definition{
	define(Definition{Name: "evidence-match", Title: Words{"落实配套", "Evidence the match"}, Stage: "payment", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"match.evidenced.v1"}},
		(*decision).evidenceMatch, func(*fold) {}),
	define(Definition{Name: "waive-match", Title: Words{"免除配套", "Waive the match"}, Stage: "payment", Roles: byClerk, Subject: "award", Approval: true, Events: []string{"match.waived.v1"}},
		(*decision).waiveMatch, func(*fold) {}),
}

type evidenceMatch struct {
	Award  string `f:"award ref=award"`
	Amount Fen    `f:"amount amt"`
}

type waiveMatch struct {
	Award  string `f:"award ref=award"`
	Amount Fen    `f:"amount amt"`
	Reason string `f:"reason text opt"`
}

// matchOpen is the recipient's own share that is neither evidenced nor waived.
func (d *decision) matchOpen(w *Award) Fen {
	_, have := d.l.books.draw(MatchOpen, d.a(w, 0), 0)
	return have
}

func (d *decision) postMatch(w *Award, to Account, amount Fen) {
	dims := d.a(w, 0)
	d.post(dims, MatchOpen, -amount)
	d.post(dims, to, amount)
}

func (d *decision) evidenceMatch(c *evidenceMatch) *Refusal {
	return d.settleMatch(c.Award, c.Amount, MatchEvidenced, "match.evidenced.v1")
}

func (d *decision) waiveMatch(c *waiveMatch) *Refusal {
	return d.settleMatch(c.Award, c.Amount, MatchWaived, "match.waived.v1")
}

func (d *decision) settleMatch(award string, amount Fen, to Account, event string) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	w, err := d.inState(award, "active")
	if err != nil {
		return err
	}
	if to == MatchEvidenced {
		if err := d.evidence("invoice", "receipt", "voucher", "report"); err != nil {
			return err
		}
	}
	if open := d.matchOpen(w); open < amount {
		return short(MatchOpen, open, amount)
	}
	d.price(amount)
	d.postMatch(w, to, amount)
	return d.emit(event)
}
