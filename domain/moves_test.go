package domain_test

import (
	"fmt"
	"slices"

	"grantledger/domain"
)

// move makes one command of its name out of the world; ok is false when the
// world has nothing to make it of.
type move struct {
	command string
	weight  int
	make    func(*world) (actor string, on domain.Date, d data, ok bool)
}

// simple is a move that only needs its members, dated today.
func simple(role string, d func(*world) data) func(*world) (string, domain.Date, data, bool) {
	return func(w *world) (string, domain.Date, data, bool) { return w.user(role), w.day, d(w), true }
}

// byFund is a move of a clerk on a fund.
func byFund(d func(*world, domain.Fund) data, sources ...string) func(*world) (string, domain.Date, data, bool) {
	return func(w *world) (string, domain.Date, data, bool) {
		f, ok := w.fund(sources...)
		if !ok {
			return "", 0, nil, false
		}
		m := d(w, f)
		return w.user("clerk"), w.on(f.ID), m, m != nil
	}
}

// byAward is a move of a clerk on an award in one of the states.
func byAward(d func(*world, domain.Award) data, states ...string) func(*world) (string, domain.Date, data, bool) {
	return func(w *world) (string, domain.Date, data, bool) {
		a, ok := w.award(states...)
		if !ok {
			return "", 0, nil, false
		}
		m := d(w, a)
		return w.user("clerk"), w.on(a.Fund), m, m != nil
	}
}

// byVoucher is a move of a clerk on a voucher that fits.
func byVoucher(fits func(*world, *used) bool, d func(*world, used) data) func(*world) (string, domain.Date, data, bool) {
	return func(w *world) (string, domain.Date, data, bool) {
		wrong := w.chance(25)
		v, ok := w.voucher(func(v *used) bool { return wrong || fits(w, v) })
		if !ok {
			return "", 0, nil, false
		}
		return w.user("clerk"), w.day, d(w, v), true
	}
}

// moves are all commands of the catalogue, with how often each is tried.
var moves = slices.Concat(moneyMoves, awardMoves, correctionMoves, []move{
	{"open-ledger", 1, simple("admin", func(w *world) data {
		return data{"ledger": "office", "name": "示例账本", "district": "341800"}
	})},
	{"enrol-user", 2, simple("admin", func(w *world) data { return data{"user": w.paper("temp-")} })},
	{"grant-role", 3, simple("admin", func(w *world) data {
		u, _ := some(w, w.l.Users(), nil)
		f, _ := w.fund()
		return data{"user": u.ID, "role": one(w, "clerk", "checker", "approver", "auditor"), "funds": []string{one(w, "*", f.ID)}}
	})},
	{"revoke-role", 1, simple("admin", func(w *world) data {
		u, _ := some(w, w.l.Users(), func(u domain.User) bool { return len(u.Roles) > 0 && u.ID != w.prefix+"clerk-1" && u.ID != "admin" })
		return data{"user": u.ID, "role": one(w, "clerk", "checker", "approver")}
	})},
	{"register-organisation", 3, simple("clerk", func(w *world) data {
		id := w.paper("ORG-")
		d := data{"organisation": id, "name": "示例新单位", "kind": "society", "district": w.district()}
		return d.put("uscc", one(w, uscc(w.serial), "11370800MB325774GF", "1137****MB325774GF"), !w.chance(4))
	})},
	{"change-organisation", 3, simple("clerk", func(w *world) data {
		d := data{"organisation": w.organisation()}
		if w.chance(2) {
			return d.put("name", "示例更名单位", true).put("uscc", uscc(w.serial), w.chance(2))
		}
		return d.put("status", one(w, "active", "abnormal", "abnormal", "liquidating", "deregistered"), true)
	})},
	{"rate-organisation", 3, simple("clerk", func(w *world) data {
		return data{"organisation": w.organisation(), "rating": 1 + w.r.IntN(5), "from": w.day.String(), "until": (w.day + domain.Date(w.r.IntN(700)) - 10).String()}
	})},
	{"record-inspection", 3, simple("clerk", func(w *world) data {
		return data{"organisation": w.organisation(), "year": w.day.Year() - w.r.IntN(3), "result": one(w, "passed", "passed", "basic", "failed")}
	})},
	{"open-fund", 1, simple("admin", func(w *world) data {
		source := one(w, "lottery", "venture", "donation")
		d := data{"fund": w.paper("F-"), "name": "示例新资金", "source": source, "custody": one(w, "held", "held", "treasury"), "district": w.district(), "purposes": []string{"elderly", "rural"}}
		return d.put("approval", bands, true).put("supplement_percent", 20, w.chance(2))
	})},
	{"set-fund-policy", 3, simple("admin", func(w *world) data {
		f, _ := w.fund()
		d := data{"fund": f.ID}
		d.put("approval", one(w, bands, rules{{"commands": []string{"*"}, "steps": 0}}, rules{{"commands": []string{"*"}, "up_to": "30000.00", "steps": 0}, {"commands": []string{"*"}, "steps": 1}}), w.chance(2))
		d.put("lapses", w.chance(2), w.chance(6)).put("notice_days", w.r.IntN(8), w.chance(4)).put("one_award", w.chance(2), w.chance(4))
		return d.put("award_cap", "120000.00", w.chance(4)).put("min_rating", w.r.IntN(5), w.chance(5)).put("share_percent", 90, w.chance(5))
	})},
	{"register-project", 3, simple("clerk", func(w *world) data {
		parent, _ := some(w, w.l.Projects(), func(p domain.Project) bool { return p.Parent == "" })
		d := data{"project": w.paper("PR-"), "name": "示例新项目", "district": w.district(), "purpose": one(w, "elderly", "community", "children", "rural", "poverty")}
		return d.put("parent", parent.ID, w.chance(2)).put("place", "某镇某村", w.chance(3)).put("starts", w.day.String(), true)
	})},
	{"close-project", 2, simple("clerk", func(w *world) data {
		p, _ := some(w, w.l.Projects(), func(p domain.Project) bool {
			return w.sum(domain.Allocated, func(d domain.Dimensions) bool { return d.Project == p.ID }) == 0
		})
		return data{"project": p.ID}
	})},
	{"attach-evidence", 2, simple("clerk", func(w *world) data {
		f, _ := w.fund()
		return data{"subject": one(w, "fund/"+f.ID, "organisation/"+w.organisation()), "docs": w.docs("report", "photo")}
	})},
	{"approve-proposal", 0, decideOn(false, func(w *world, p domain.Proposal) (string, data) {
		return w.user([]string{"", "checker", "approver"}[p.Step]), data{"proposal": p.ID}
	})},
	{"reject-proposal", 1, decideOn(true, func(w *world, p domain.Proposal) (string, data) {
		return w.user("checker"), data{"proposal": p.ID, "reason": "材料不齐"}
	})},
	{"withdraw-proposal", 1, decideOn(true, func(w *world, p domain.Proposal) (string, data) {
		return one(w, p.Maker, p.Maker, p.Maker, "user/"+w.prefix+"clerk-2"), data{"proposal": p.ID}
	})},
})

// decideOn is a move on an open proposal.
func decideOn(rejects bool, d func(*world, domain.Proposal) (string, data)) func(*world) (string, domain.Date, data, bool) {
	return func(w *world) (string, domain.Date, data, bool) {
		wrong := w.chance(30)
		p, ok := some(w, w.l.Proposals(), func(p domain.Proposal) bool {
			f, _ := w.l.Fund(p.Fund)
			return wrong || p.State == "open" && (!f.Closed(p.On.Year()) && w.failed[p.ID] < 2 || rejects)
		})
		if !ok {
			return "", 0, nil, false
		}
		actor, m := d(w, p)
		return actor, w.day, m, true
	}
}

// registerDistrict lets a county be renamed; it is no move of worlds that share
// a ledger, because it concerns everyone.
var registerDistrict = move{"register-district", 1, simple("admin", func(w *world) data {
	code := fmt.Sprintf("3418%02d", 83+w.r.IntN(12))
	return data{"code": code, "name": "示例新区", "from": w.day.Year() + w.r.IntN(2)}.put("predecessor", one(w, "341825", "341881", "341800"), w.chance(2))
})}

// next makes the world's next command, a few days after the last.
func (w *world) next(more ...move) line {
	w.day += domain.Date(w.r.IntN(10))
	if w.chance(60) && len(w.sent) > 0 {
		return w.again()
	}
	for {
		m := w.choose(append(moves, more...))
		actor, on, d, ok := m.make(w)
		if !ok {
			continue
		}
		if w.chance(100) {
			on = w.day + 1 + domain.Date(w.r.IntN(400))
		}
		if domain.Find(m.command).Approval && w.chance(25) && len(w.vouchers) > 0 {
			d["replaces"] = one(w, w.vouchers...).number
		}
		if w.chance(20) {
			d["memo"] = "说明:第 1 行\n\"第 2 行\"\t\\"
		}
		cmd := w.line(m.command, actor, on, d)
		w.sent = append(w.sent, cmd)
		return cmd
	}
}

// again sends an earlier command once more, in one of three cases changed.
func (w *world) again() line {
	cmd := one(w, w.sent...)
	if w.chance(3) {
		cmd.Actor = w.user("clerk")
	}
	return cmd
}

// choose draws a move by weight; open proposals, and years that should be
// closed, come first.
func (w *world) choose(all []move) move {
	if p, open := some(w, w.l.Proposals(), func(p domain.Proposal) bool { return p.State == "open" }); open && w.chance(3) {
		if f, _ := w.l.Fund(p.Fund); f.Closed(p.On.Year()) || w.failed[p.ID] > 1 || w.chance(12) {
			return find(all, "reject-proposal")
		}
		return find(all, "approve-proposal")
	}
	if f, ok := w.overdue(); ok && w.chance(2) {
		if w.mustLapse(f) && !w.chance(8) {
			return find(all, "lapse")
		}
		return find(all, "close-year")
	}
	total := 0
	for _, m := range all {
		total += m.weight
	}
	n := w.r.IntN(total)
	for _, m := range all {
		if n -= m.weight; n < 0 {
			return m
		}
	}
	panic("unreachable")
}

func find(all []move, command string) move {
	return all[slices.IndexFunc(all, func(m move) bool { return m.command == command })]
}

// overdue is a fund that holds authority in a year that is over.
func (w *world) overdue() (domain.Fund, bool) {
	return some(w, w.l.Funds(), func(f domain.Fund) bool {
		return w.sum(domain.Available, w.lastYear(f))+w.sum(domain.Allocated, w.lastYear(f))+w.sum(domain.Committed, w.lastYear(f)) > 0
	})
}

// lastYear tells whether a tuple is of the fund's years before the day's.
func (w *world) lastYear(f domain.Fund) func(domain.Dimensions) bool {
	return func(d domain.Dimensions) bool { return d.Fund == f.ID && d.Year < w.day.Year() }
}

// mustLapse tells whether the fund's next year to close has what must lapse.
func (w *world) mustLapse(f domain.Fund) bool {
	year := max(2018, f.LastClosed+1)
	old := func(d domain.Dimensions) bool { return d.Fund == f.ID && d.Year == year && d.Vintage < year }
	return f.Policy.Lapses && w.sum(domain.Available, old)+w.sum(domain.Allocated, old) > 0
}
