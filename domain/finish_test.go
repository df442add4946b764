package domain_test

import (
	"fmt"

	"grantledger/domain"
)

// finish checks what must hold at the end of every history.
func (o *history) finish() {
	o.settle(0)
	if err := difference(o.l.BalancesTSV(), naiveTSV(o.facts)); err != nil {
		o.fatalf("balances and stored bodies: %v", err)
	}
	for _, c := range checks {
		if err := c.of(o.facts); err != nil {
			o.fatalf("%s: %v", c.name, err)
		}
	}
	if err := instalmentsHold(o.l, o.w.sum); err != nil {
		o.fatalf("%v", err)
	}
	if err := goodsHold(o.l, o.w.sum); err != nil {
		o.fatalf("%v", err)
	}
	if err := promisesHold(o.l, o.w.sum); err != nil {
		o.fatalf("%v", err)
	}
	second := o.replay()
	if err := difference(fingerprint(second), fingerprint(o.l)); err != nil {
		o.fatalf("replay: %v", err)
	}
	o.repeat(second)
}

// repeat sends every stored command to the replayed ledger again: both ledgers
// know them, with the same answer.
func (o *history) repeat(second *domain.Ledger) {
	at := o.at()
	for _, cmd := range o.stored {
		c, err := bind(cmd.line)
		if err != nil {
			o.fatalf("%v", err)
		}
		position := cmd.first
		for i, l := range []*domain.Ledger{o.l, second} {
			_, answers, err := l.Execute([]domain.Command{c}, at)
			if err != nil || answers[0].Replayed != position {
				o.fatalf("%s %s %s %s again in ledger %d: %v %v, want the answer of %d: %s", cmd.Key, cmd.Command, cmd.Actor, cmd.Data, i, answers, err, position, o.facts[position-1].body)
			}
		}
	}
}

// instalmentsHold: instalments sum to the award's amount, no one is paid more
// than it is, and what is not paid is committed while the award is active
// (DOMAIN.md 7.4).
func instalmentsHold(l *domain.Ledger, sum func(domain.Account, func(domain.Dimensions) bool) domain.Fen) error {
	for a := range l.Awards() {
		if a.State != "active" {
			continue
		}
		var planned, paid domain.Fen
		for _, i := range a.Instalments {
			if i.Paid > i.Amount || i.Paid < 0 {
				return fmt.Errorf("award %s: paid %s of %s", a.ID, i.Paid, i.Amount)
			}
			planned, paid = planned+i.Amount, paid+i.Paid
		}
		committed := sum(domain.Committed, func(d domain.Dimensions) bool {
			return d.Fund == a.Fund && d.Project == a.Project && d.Organisation == a.Organisation
		})
		if planned != a.Amount || paid+committed != a.Amount {
			return fmt.Errorf("award %s of %s: planned %s, paid %s, committed %s", a.ID, a.Amount, planned, paid, committed)
		}
	}
	return nil
}

// goodsHold: the goods of a fund are what its lots still hold.
func goodsHold(l *domain.Ledger, sum func(domain.Account, func(domain.Dimensions) bool) domain.Fen) error {
	left := map[string]domain.Fen{}
	for lot := range l.Lots() {
		if out := lot.ValueOut; out < 0 || out > lot.Value || lot.Out == 0 && out != 0 || lot.Out == lot.Quantity && out != lot.Value {
			return fmt.Errorf("lot %s: %d of %d are out, worth %s of %s", lot.ID, lot.Out, lot.Quantity, out, lot.Value)
		}
		if !lot.Reversed {
			left[lot.Fund] += lot.Value - lot.ValueOut
		}
	}
	for f := range l.Funds() {
		if goods := sum(domain.Goods, func(d domain.Dimensions) bool { return d.Fund == f.ID }); goods != left[f.ID] {
			return fmt.Errorf("fund %s: goods of %s, lots hold %s", f.ID, goods, left[f.ID])
		}
	}
	return nil
}

// promisesHold: what is open of pledges and claims is what the books show, and
// never less than nothing.
func promisesHold(l *domain.Ledger, sum func(domain.Account, func(domain.Dimensions) bool) domain.Fen) error {
	type donor struct{ fund, organisation string }
	pledged := map[donor]domain.Fen{}
	for p := range l.Pledges() {
		if p.Open() < 0 {
			return fmt.Errorf("pledge %s: %s is open", p.ID, p.Open())
		}
		pledged[donor{p.Fund, p.Donor}] += p.Open()
	}
	for k, open := range pledged {
		if have := sum(domain.PledgeOpen, func(d domain.Dimensions) bool { return d.Fund == k.fund && d.Organisation == k.organisation }); have != open {
			return fmt.Errorf("pledges of %v: %s are open, the books show %s", k, open, have)
		}
	}
	for a := range l.Awards() {
		var open domain.Fen
		for _, c := range a.Claims {
			if c.Open() < 0 {
				return fmt.Errorf("award %s claim %s: %s is open", a.ID, c.ID, c.Open())
			}
			open += c.Open()
		}
		if have := sum(domain.RefundDue, func(d domain.Dimensions) bool {
			return d.Fund == a.Fund && d.Project == a.Project && d.Organisation == a.Organisation
		}); have != open {
			return fmt.Errorf("award %s: claims of %s are open, the books show %s", a.ID, open, have)
		}
	}
	return nil
}
