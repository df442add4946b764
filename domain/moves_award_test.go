package domain_test

import (
	"grantledger/domain"
)

// advance is what the award has paid and not seen evidence for.
func (w *world) advance(a domain.Award) domain.Fen {
	return w.sum(domain.Advance, func(d domain.Dimensions) bool {
		return d.Fund == a.Fund && d.Project == a.Project && d.Organisation == a.Organisation
	})
}

// committed is what is left for the award in the day's year.
func (w *world) committed(a domain.Award) domain.Fen {
	return w.sum(domain.Committed, func(d domain.Dimensions) bool {
		return d.Fund == a.Fund && d.Project == a.Project && d.Organisation == a.Organisation && d.Year == w.day.Year()
	})
}

// matchOpen is the recipient's own share that is still to come.
func (w *world) matchOpen(a domain.Award) domain.Fen {
	return w.sum(domain.MatchOpen, func(d domain.Dimensions) bool {
		return d.Fund == a.Fund && d.Project == a.Project && d.Organisation == a.Organisation
	})
}

// plan is how an amount is to be paid: by shares, or in two instalments.
func (w *world) plan(d data, total domain.Fen) data {
	after := func(percent int) map[string]any {
		return map[string]any{"percent": percent, "after": one(w, "signing", "midterm", "final")}
	}
	switch {
	case w.chance(15):
		return d.put("shares", []any{after(60), after(30)}, true)
	case w.chance(3) && total > 2:
		first := 1 + domain.Fen(w.r.Int64N(int64(total-1)))
		return d.put("instalments", []any{
			map[string]any{"amount": first.String(), "after": "signing"},
			map[string]any{"amount": (total - first).String(), "after": one(w, "signing", "midterm")},
		}, true)
	}
	return d.put("shares", []any{map[string]any{"percent": 50, "after": "signing"}, after(30), after(20)}, total > 0)
}

// openObjection finds one that is not resolved.
func openObjection(a domain.Award) string {
	for _, o := range a.Objections {
		if o.Result == "" {
			return o.ID
		}
	}
	return "OB-0"
}

// claim picks a claim of the award, mostly an open one.
func (w *world) claim(a domain.Award) (c domain.Claim, ok bool) {
	for _, c := range a.Claims {
		if c.Open() > 0 || w.chance(10) {
			return c, true
		}
	}
	return c, false
}

// due is the first instalment that is not paid in full.
func due(a domain.Award) (number int, rest domain.Fen) {
	for i, p := range a.Instalments {
		if p.Paid < p.Amount {
			return i + 1, p.Amount - p.Paid
		}
	}
	return 1, 0
}

// awardMoves take an award from proposal to refund.
var awardMoves = []move{
	{"propose-award", 24, byFund(func(w *world, f domain.Fund) data {
		from, ok := w.setAside(f)
		p, ok2 := w.project(f)
		if !ok || !ok2 {
			return nil
		}
		most := w.allocated(f.ID, from.ID)
		if f.Policy.AwardCap > 0 {
			most = min(most, f.Policy.AwardCap)
		}
		d := data{"award": w.paper("AW-"), "fund": f.ID, "project": p.ID, "organisation": w.organisation(), "amount": w.amount(most), "kind": one(w, "grant", "purchase")}
		d.put("from", from.ID, p.ID != from.ID && p.Parent != from.ID).put("project_budget", (most * 2).String(), !w.chance(12) && most > 0)
		notice := f.Policy.NoticeDays > 0 && !w.chance(15) || w.chance(10)
		return d.put("notice_from", w.day.String(), notice).put("notice_until", (w.day + domain.Date(max(1, f.Policy.NoticeDays)) - domain.Date(w.r.IntN(2)*w.r.IntN(2))).String(), notice)
	})},
	{"raise-objection", 2, byAward(func(w *world, a domain.Award) data {
		return data{"award": a.ID, "objection": one(w, "OB-1", "OB-2"), "text": "评分有误"}
	}, "proposed")},
	{"resolve-objection", 8, byAward(func(w *world, a domain.Award) data {
		if openObjection(a) == "OB-0" && !w.chance(15) {
			return nil
		}
		return data{"award": a.ID, "objection": openObjection(a), "result": one(w, "dismissed", "dismissed", "upheld")}
	}, "proposed")},
	{"confirm-award", 20, byAward(func(w *world, a domain.Award) data {
		if w.allocated(a.Fund, a.From) < a.Amount && !w.chance(10) || openObjection(a) != "OB-0" && !w.chance(5) {
			return nil
		}
		return data{"award": a.ID}
	}, "proposed")},
	{"sign-agreement", 24, byAward(func(w *world, a domain.Award) data {
		d := data{"award": a.ID, "agreement": w.paper("AG-")}
		return w.plan(d, a.Amount).put("match", w.amount(5_000_000), w.chance(2))
	}, "confirmed")},
	{"amend-agreement", 9, byAward(func(w *world, a domain.Award) data {
		total := a.Paid() + domain.Fen(w.r.Int64N(int64(a.Amount-a.Paid())*5/4+2))
		if total == 0 {
			return nil
		}
		return w.plan(data{"award": a.ID, "amount": total.String()}, total-a.Paid())
	}, "active")},
	{"terminate-award", 2, byAward(func(w *world, a domain.Award) data {
		return data{"award": a.ID, "reason": "项目终止"}
	}, "confirmed", "active")},
	{"record-evaluation", 12, byAward(func(w *world, a domain.Award) data {
		return data{"award": a.ID, "stage": one(w, "midterm", "final"), "score": 60 + w.r.IntN(41), "result": one(w, "passed", "passed", "passed", "rectify", "failed")}
	}, "active")},
	{"place-hold", 1, simple("checker", func(w *world) data {
		a, ok := w.award("proposed", "active")
		d := data{"subject": "organisation/" + w.organisation(), "hold": w.paper("H-"), "reason": "审计"}
		return d.put("subject", "award/"+a.ID, ok && w.chance(2))
	})},
	{"release-hold", 2, simple("approver", func(w *world) data {
		for a := range w.l.Awards() {
			for _, h := range a.Holds {
				if h.Released == 0 {
					return data{"subject": "award/" + a.ID, "hold": h.ID, "reason": "整改完成"}
				}
			}
		}
		for o := range w.l.Organisations() {
			for _, h := range o.Holds {
				if h.Released == 0 {
					return data{"subject": "organisation/" + o.ID, "hold": h.ID, "reason": "整改完成"}
				}
			}
		}
		return data{"subject": "organisation/" + w.organisation(), "hold": "H-0", "reason": "整改完成"}
	})},
	{"disburse", 34, byAward(func(w *world, a domain.Award) data {
		number, rest := due(a)
		if w.committed(a) < rest && !w.chance(10) {
			return nil
		}
		if w.chance(20) {
			number++
		}
		d := data{"award": a.ID, "instalment": number, "payee": a.Organisation, "bank_reference": w.paper("BR-")}
		if w.chance(40) {
			d["payee"] = w.organisation()
		}
		return d.put("amount", w.amount(rest), w.chance(3))
	}, "active")},
	{"accept-expenditure", 24, byAward(func(w *world, a domain.Award) data {
		have := w.advance(a)
		if have < 3 && !w.chance(10) {
			return nil
		}
		lines := []map[string]any{{"invoice": w.paper("INV-"), "amount": w.amount(have / 2)}}
		if w.chance(2) {
			lines = append(lines, map[string]any{"invoice": w.paper("INV-"), "amount": w.amount(have / 2), "district": w.district()})
		}
		return data{"award": a.ID, "lines": lines, "docs": w.docs("invoice", "receipt", "voucher")}
	}, "active", "terminated")},
	{"evidence-match", 6, byAward(func(w *world, a domain.Award) data {
		if w.matchOpen(a) == 0 && !w.chance(10) {
			return nil
		}
		return data{"award": a.ID, "amount": w.amount(w.matchOpen(a)), "docs": w.docs("report", "invoice")}
	}, "active")},
	{"waive-match", 4, byAward(func(w *world, a domain.Award) data {
		if w.matchOpen(a) == 0 && !w.chance(10) {
			return nil
		}
		return data{"award": a.ID, "amount": w.amount(w.matchOpen(a))}
	}, "active")},
	{"demand-refund", 12, byAward(func(w *world, a domain.Award) data {
		have := w.advance(a)
		if have == 0 && !w.chance(10) {
			return nil
		}
		return data{"award": a.ID, "refund": one(w, "R-0", w.id("R-"), w.id("R-")), "amount": w.amount(have), "reason": "结余"}
	}, "active", "terminated")},
	{"receive-refund", 16, byAward(func(w *world, a domain.Award) data {
		c, ok := w.claim(a)
		if !ok {
			return nil
		}
		return data{"award": a.ID, "refund": c.ID, "amount": w.amount(c.Open()), "bank_reference": w.paper("BR-")}
	}, "active", "terminated")},
	{"write-off-refund", 5, byAward(func(w *world, a domain.Award) data {
		c, ok := w.claim(a)
		if !ok {
			return nil
		}
		return data{"award": a.ID, "refund": c.ID, "amount": w.amount(c.Open()), "reason": "无法收回"}
	}, "active", "terminated")},
}

// used tells whether the voucher is of a use of money or goods.
func (v *used) use() bool { return v.typ == "expenditure.accepted.v1" || v.typ == "goods.delivered.v1" }

// spent is the sum of the voucher's lines of use.
func (v *used) spent() (sum domain.Fen) {
	for _, e := range v.entries {
		for _, l := range e.Lines {
			if l.Account == domain.Spent || l.Account == domain.Delivered {
				sum += l.Amount
			}
		}
	}
	return sum
}

// closed tells whether the voucher's year is.
func (w *world) closed(v *used) bool {
	f, _ := w.l.Fund(v.fund)
	return f.Closed(v.year)
}

// correctionMoves work on vouchers.
var correctionMoves = []move{
	{"reverse-entry", 10, byVoucher(func(w *world, v *used) bool {
		_, reversed, _ := w.l.Voucher(v.number)
		return naiveReversible[v.typ] && !w.closed(v) && reversed == 0
	}, func(w *world, v used) data { return data{"voucher": v.number, "reason": "录入错误"} })},
	{"reclassify", 9, byVoucher(func(w *world, v *used) bool { return v.use() && !w.closed(v) },
		func(w *world, v used) data {
			return data{"voucher": v.number, "amount": w.amount(v.spent()), "district": w.district(), "reason": "受益地区有误"}.put("from_district", w.district(), w.chance(4))
		})},
	{"adjust-prior-year", 10, byVoucher(func(w *world, v *used) bool { return v.typ == "expenditure.accepted.v1" && w.closed(v) },
		func(w *world, v used) data {
			kind := one(w, "disallowed", "district")
			d := data{"voucher": v.number, "kind": kind, "amount": w.amount(v.spent()), "reason": "审计意见"}
			return d.put("refund", w.id("R-"), kind == "disallowed").put("district", w.district(), kind == "district")
		})},
}
