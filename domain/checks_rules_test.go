package domain_test

import (
	"fmt"

	"grantledger/domain/division"
)

// papers are those of DOMAIN.md 6 that the event uses.
func (f *fact) papers() (list []string) {
	d := &f.Body.Data
	use := func(kind, number string) {
		if number != "" {
			list = append(list, kind+" "+number)
		}
	}
	switch f.Head.Type {
	case "appropriation.received.v1", "appropriation.reduced.v1", "fund.transferred.v1":
		use("document of "+d.Fund, d.Document)
	case "donation.received.v1", "goods.received.v1":
		use("receipt", d.Receipt)
		use("bank", d.BankReference)
	case "award.disbursed.v1", "refund.received.v1":
		use("bank", d.BankReference)
	case "agreement.signed.v1":
		use("agreement", d.Agreement)
	case "expenditure.accepted.v1":
		for _, l := range d.Lines {
			use("invoice", l.Invoice)
		}
		for _, doc := range f.Body.Docs {
			if doc.Kind == "invoice" || doc.Kind == "receipt" || doc.Kind == "voucher" {
				use("file", doc.SHA256)
			}
		}
	}
	return list
}

// papersCountOnce: a paper counts again only after the reversal of its voucher.
func papersCountOnce(facts []fact) error {
	used := map[string]uint64{}
	of := map[string][]string{}
	for i := range facts {
		f := &facts[i]
		for _, p := range of[f.Body.Data.Reverses] {
			delete(used, p)
		}
		list := f.papers()
		for _, p := range list {
			if at, ok := used[p]; ok {
				return fmt.Errorf("event %d: %s counts since event %d", f.position, p, at)
			}
			used[p] = f.position
		}
		if v := f.Body.Data.Voucher; v != "" {
			of[v] = list
		}
	}
	return nil
}

// reversalsNegate: a reversal is the exact negative of its voucher, once.
func reversalsNegate(facts []fact) error {
	lines := map[string]map[string]int64{}
	for i := range facts {
		f := &facts[i]
		sums := map[string]int64{}
		f.each(func(e *factEntry, account string, fen int64) { sums[account+" "+e.tuple()] += fen })
		lines[f.Body.Data.Voucher] = sums
		if f.Head.Type != "entry.reversed.v1" {
			continue
		}
		undone, ok := lines[f.Body.Data.Reverses]
		if !ok || len(undone) != len(sums) {
			return fmt.Errorf("event %d: %d lines for the %d of %q", f.position, len(sums), len(undone), f.Body.Data.Reverses)
		}
		for k, fen := range undone {
			if sums[k] != -fen {
				return fmt.Errorf("event %d: %d on %s, undoing %d of %s", f.position, sums[k], k, fen, f.Body.Data.Reverses)
			}
		}
		delete(lines, f.Body.Data.Reverses)
	}
	return nil
}

// oldMoneyLapses: what comes back to a fund that lapses, two years after its
// vintage, goes to budget.lapsed and nowhere else (DOMAIN.md 3, Free again).
func oldMoneyLapses(facts []fact) error {
	lapses := map[string]bool{}
	for i := range facts {
		f := &facts[i]
		d := &f.Body.Data
		switch f.Head.Type {
		case "fund.opened.v1":
			lapses[d.Fund] = d.Source != "donation"
			fallthrough
		case "fund.policy-set.v1":
			if d.Lapses != nil {
				lapses[d.Fund] = *d.Lapses
			}
		case "allocation.released.v1", "award.terminated.v1", "agreement.amended.v1", "refund.received.v1":
			for _, e := range f.Body.Entries {
				for _, l := range e.Lines {
					free := l.account == "budget.available" || l.account == "budget.allocated"
					if lapses[e.Fund] && free && l.fen > 0 && e.Year-e.Vintage >= 2 {
						return fmt.Errorf("event %d %s: %d of %d is free again in %d", f.position, f.Head.Type, l.fen, e.Vintage, e.Year)
					}
				}
			}
		}
	}
	return nil
}

// districtsInForce: what comes to stand on a guarded account stands under the
// code normalised for its year (DOMAIN.md 10). Reversals and lapses keep the
// tuple they found.
func districtsInForce(facts []fact) (err error) {
	register := division.Base()
	for i := range facts {
		f := &facts[i]
		switch d := &f.Body.Data; f.Head.Type {
		case "district.registered.v1":
			from, _ := d.From.(float64)
			register = register.With(d.Code, d.Name, int(from), d.Predecessor)
		case "entry.reversed.v1", "year.lapsed.v1":
			continue
		}
		f.each(func(e *factEntry, account string, fen int64) {
			if want := register.Normalise(e.District, e.Year); err == nil && fen > 0 && guardedAccounts[account] && e.District != want {
				err = fmt.Errorf("event %d %s: %s under %s in %d, want %s", f.position, f.Head.Type, account, e.District, e.Year, want)
			}
		})
	}
	return err
}
