package audit

import (
	"cmp"
	"slices"

	"grantledger/domain"
)

// post remembers what the event's lines did: to the money still to be set
// aside (A02), to the rate of its fund year (A03), to the balances that lapse
// (A04), to the award (A05, A11, A15).
func (s *step) post() {
	if len(s.e.Entries) == 0 {
		return
	}
	if s.v.number != "" {
		s.vouchers[s.v.number] = s.v
	}
	s.inOrder = append(s.inOrder, s.v)
	for i := range s.e.Entries {
		entry := &s.e.Entries[i]
		for _, line := range entry.Lines {
			s.postStock(entry, line)
			s.postAward(line)
			if line.Account == domain.Goods {
				f := s.fund()
				f.goods, f.lastGoods = f.goods+line.Amount, s.v
			}
		}
	}
	if s.e.Type != "entry.reversed.v1" { // it is left out together with what it reverses
		s.postFlows()
		s.postRates()
	}
}

func (s *step) postStock(entry *domain.Entry, line domain.Line) {
	if line.Account != domain.Available && line.Account != domain.Allocated {
		return
	}
	b := at(s.stocks, stockKey{entry.Fund, entry.Project, entry.Year, entry.Vintage})
	b.amount += line.Amount
	b.last = s.v
}

// postAward sums up the open accounts of the award that the event is about; a
// carry-over names no award and moves nothing between its accounts.
func (s *step) postAward(line domain.Line) {
	if s.v.award == "" {
		return
	}
	w := s.award()
	switch line.Account {
	case domain.Committed:
		w.committed += line.Amount
	case domain.Advance:
		w.advance += line.Amount
	case domain.MatchOpen:
		w.matchOpen += line.Amount
	case domain.MatchWaived:
		w.matchWaived += line.Amount
		w.waivers = append(w.waivers, s.v)
	}
}

// postFlows remembers what came into the available money of each vintage, and
// what was set aside, passed on or taken back.
func (s *step) postFlows() {
	if s.e.Type == "year.carried.v1" {
		return
	}
	f := s.fund()
	for i := range s.e.Entries {
		for _, line := range s.e.Entries[i].Lines {
			if line.Account != domain.Available {
				continue
			}
			move := flow{v: s.v, vintage: s.e.Entries[i].Vintage}
			switch s.e.Type {
			case "appropriation.received.v1", "fund.transfer-received.v1", "donation.received.v1", "refund.received.v1":
				move.in, move.tested = line.Amount, s.e.Type == "appropriation.received.v1"
			default:
				move.out = -line.Amount
			}
			f.flows = append(f.flows, move)
		}
	}
}

// postRates remembers the event's share of the rate of execution: disbursed,
// and the base as DOMAIN.md 11 defines it.
func (s *step) postRates() {
	f := s.fund()
	for i := range s.e.Entries {
		move := rateMove{v: s.v, year: s.e.Entries[i].Year}
		for _, line := range s.e.Entries[i].Lines {
			switch line.Account {
			case domain.Authority, domain.Recovered, domain.Transferred:
				move.base -= line.Amount
			case domain.Carried:
				move.base -= min(line.Amount, 0) // the credit: carried in
			case domain.Disbursed:
				move.disbursed += line.Amount
			}
		}
		if move.base != 0 || move.disbursed != 0 {
			f.rates = append(f.rates, move)
		}
	}
}

// byPosition sorts events by position, each once.
func byPosition(list []*voucher) []*voucher {
	list = slices.Clone(list)
	slices.SortFunc(list, func(x, y *voucher) int { return cmp.Compare(x.position, y.position) })
	return slices.Compact(list)
}

// byDay orders events by business date, then position.
func byDay(x, y *voucher) int {
	return cmp.Or(cmp.Compare(x.on, y.on), cmp.Compare(x.position, y.position))
}
