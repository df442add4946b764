package domain_test

import (
	"grantledger/domain"
)

// available is what the fund has not set aside in the year of the world's day.
func (w *world) available(f domain.Fund) domain.Fen {
	return w.sum(domain.Available, func(d domain.Dimensions) bool { return d.Fund == f.ID && d.Year == w.day.Year() })
}

// allocated is what is set aside for a project.
func (w *world) allocated(fund, project string) domain.Fen {
	return w.sum(domain.Allocated, func(d domain.Dimensions) bool {
		return d.Fund == fund && d.Project == project && d.Year == w.day.Year()
	})
}

// setAside picks a project that has an allocation of the fund.
func (w *world) setAside(f domain.Fund) (domain.Project, bool) {
	return some(w, w.l.Projects(), func(p domain.Project) bool { return w.allocated(f.ID, p.ID) > 0 })
}

func appropriated(most domain.Fen) func(*world, domain.Fund) data {
	return func(w *world, f domain.Fund) data {
		d := data{"fund": f.ID, "amount": w.amount(most), "document": w.paper("DOC-")}
		return d.put("vintage", w.day.Year()-w.r.IntN(3)+w.r.IntN(2)*w.r.IntN(2), w.chance(4)).put("from_district", w.district(), w.chance(5)).put("tier", "省级", w.chance(5))
	}
}

// moneyMoves bring money in, set it aside, and end years.
var moneyMoves = []move{
	{"receive-appropriation", 9, byFund(appropriated(30_000_000), "lottery", "venture")},
	{"reduce-appropriation", 2, byFund(func(w *world, f domain.Fund) data { return appropriated(w.available(f)/3)(w, f) }, "lottery", "venture")},
	{"transfer-out", 5, byFund(func(w *world, f domain.Fund) data {
		if w.available(f) == 0 && !w.chance(20) {
			return nil
		}
		to, ok := some(w, w.l.Funds(), func(o domain.Fund) bool {
			return o.ID != f.ID && (o.Source == "donation") == (f.Source == "donation")
		})
		d := data{"fund": f.ID, "transfer": w.paper("TR-"), "kind": one(w, "down", "across", "up", "other-budget"), "amount": w.amount(w.available(f)), "document": w.paper("DOC-")}
		return d.put("to_fund", to.ID, ok && !w.chance(6)).put("to_district", w.district(), w.chance(5)).put("vintage", w.day.Year()-w.r.IntN(2), w.chance(5))
	})},
	{"receive-transfer", 6, func(w *world) (string, domain.Date, data, bool) {
		wrong := w.chance(20)
		t, ok := some(w, w.l.Transfers(), func(t domain.Transfer) bool { return wrong || t.State == "sent" })
		f, _ := w.fund()
		return w.user("clerk"), w.on(t.To), data{"fund": one(w, t.To, t.To, t.To, t.To, t.To, f.ID), "transfer": t.ID, "amount": t.Amount().String()}, ok
	}},
	{"pledge-donation", 4, byFund(func(w *world, f domain.Fund) data {
		return data{"fund": f.ID, "pledge": w.paper("PL-"), "donor": w.organisation(), "amount": w.amount(20_000_000), "form": one(w, "cash", "goods", "mixed")}
	}, "donation")},
	{"release-pledge", 2, byPledge(func(w *world, p domain.Pledge) data {
		return data{"pledge": p.ID, "amount": w.amount(p.Open()), "reason": "捐赠人来函"}
	})},
	{"receive-donation", 4, byFund(func(w *world, f domain.Fund) data {
		d := data{"fund": f.ID, "donor": w.organisation(), "amount": w.amount(10_000_000), "receipt": w.paper("RC-")}
		return d.put("bank_reference", w.paper("BR-"), w.chance(2))
	}, "donation")},
	{"receive-donation", 3, byPledge(func(w *world, p domain.Pledge) data {
		return data{"fund": p.Fund, "donor": one(w, p.Donor, p.Donor, p.Donor, w.organisation()), "amount": w.amount(p.Open()), "receipt": w.paper("RC-"), "pledge": p.ID}
	})},
	{"receive-goods", 5, byFund(func(w *world, f domain.Fund) data {
		d := data{"fund": f.ID, "lot": w.paper("LOT-"), "donor": w.organisation(), "item": "大米", "unit": "袋", "quantity": 1 + w.r.IntN(37), "value": w.amount(3_000_000), "basis": "invoice", "receipt": w.paper("RC-")}
		if w.chance(8) {
			d["value"], d["basis"] = "0.00", "none"
		}
		p, ok := some(w, w.l.Pledges(), func(p domain.Pledge) bool { return p.Fund == f.ID && p.Open() > 0 })
		if ok && w.chance(3) {
			d["donor"], d["pledge"], d["value"] = p.Donor, p.ID, w.amount(p.Open())
		}
		return d
	}, "donation")},
	{"revalue-goods", 2, byLot(func(w *world, lot domain.Lot) data {
		return data{"lot": lot.ID, "value": w.amount(2*lot.Value + 1), "basis": "market"}
	})},
	{"deliver-goods", 5, byLot(func(w *world, lot domain.Lot) data {
		f, _ := w.l.Fund(lot.Fund)
		p, _ := w.project(f)
		return data{"lot": lot.ID, "project": p.ID, "organisation": w.organisation(), "quantity": 1 + w.r.Int64N(lot.Quantity-lot.Out+1), "docs": w.docs("receipt", "photo")}
	})},
	{"write-off-goods", 1, byLot(func(w *world, lot domain.Lot) data {
		return data{"lot": lot.ID, "quantity": 1 + w.r.Int64N(lot.Quantity-lot.Out+1), "reason": "受潮"}
	})},
	{"allocate", 14, byFund(func(w *world, f domain.Fund) data {
		p, ok := w.project(f)
		if !ok || w.available(f) == 0 && !w.chance(20) {
			return nil
		}
		return data{"fund": f.ID, "project": p.ID, "amount": w.amount(w.available(f))}.put("vintage", w.day.Year()-w.r.IntN(2), w.chance(8))
	})},
	{"release-allocation", 2, byFund(func(w *world, f domain.Fund) data {
		p, ok := w.setAside(f)
		if !ok {
			return nil
		}
		return data{"fund": f.ID, "project": p.ID, "amount": w.amount(w.allocated(f.ID, p.ID))}
	})},
	{"reallocate", 3, byFund(func(w *world, f domain.Fund) data {
		p, ok := w.setAside(f)
		to, ok2 := w.project(f)
		if !ok || !ok2 {
			return nil
		}
		return data{"fund": f.ID, "project": p.ID, "to_project": to.ID, "amount": w.amount(w.allocated(f.ID, p.ID))}
	})},
	{"lapse", 1, ofYear(func(w *world, f domain.Fund) data { return data{} })},
	{"close-year", 1, ofYear(func(w *world, f domain.Fund) data { return data{} })},
}

// byPledge is a move of a clerk on a pledge, mostly one with an open part.
func byPledge(d func(*world, domain.Pledge) data) func(*world) (string, domain.Date, data, bool) {
	return func(w *world) (string, domain.Date, data, bool) {
		wrong := w.chance(15)
		p, ok := some(w, w.l.Pledges(), func(p domain.Pledge) bool { return wrong || p.Open() > 0 })
		if !ok {
			return "", 0, nil, false
		}
		return w.user("clerk"), w.on(p.Fund), d(w, p), true
	}
}

// byLot is a move of a clerk on a lot, mostly one that holds something.
func byLot(d func(*world, domain.Lot) data) func(*world) (string, domain.Date, data, bool) {
	return func(w *world) (string, domain.Date, data, bool) {
		wrong := w.chance(15)
		lot, ok := some(w, w.l.Lots(), func(lot domain.Lot) bool { return wrong || !lot.Reversed && lot.Out < lot.Quantity })
		if !ok {
			return "", 0, nil, false
		}
		return w.user("clerk"), w.on(lot.Fund), d(w, lot), true
	}
}

// ofYear is a move that ends the fund's next open year.
func ofYear(d func(*world, domain.Fund) data) func(*world) (string, domain.Date, data, bool) {
	return func(w *world) (string, domain.Date, data, bool) {
		f, ok := w.overdue()
		if !ok {
			f, ok = w.fund()
		}
		m := d(w, f)
		m["fund"], m["year"] = f.ID, max(2018, f.LastClosed+1)
		return w.user("clerk"), w.day, m, ok
	}
}
