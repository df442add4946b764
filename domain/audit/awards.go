package audit

import (
	"slices"

	"grantledger/domain"
)

// award runs the patterns that look at one award.
func (r *run) award(w *award) {
	r.unpaid(w)
	r.unaccounted(w)
	r.match(w)
	r.unfit(w)
	r.lateUse(w)
	r.overdue(w)
}

func counting(list []use) (kept []use) {
	for _, u := range list {
		if u.v.counts() {
			kept = append(kept, u)
		}
	}
	slices.SortStableFunc(kept, func(x, y use) int { return byDay(x.v, y.v) })
	return kept
}

// unpaid is the second part of A03: confirmed and nothing disbursed.
func (r *run) unpaid(w *award) {
	if w.confirmed == nil || w.state == "terminated" || len(counting(w.payments)) > 0 {
		return
	}
	if n := age(w.confirmed.on, r.today); n > r.UnpaidDays {
		r.hit("A03", "award/"+w.id, []*voucher{w.confirmed}, days(n), days(r.UnpaidDays), say("立项确认 %d 天仍未拨付", "confirmed %d days ago and nothing disbursed", n))
	}
}

// unaccounted is A05: acceptances and demands cover payments first in, first
// out; the hit names the payments that are old and not covered.
func (r *run) unaccounted(w *award) {
	var covered, rest domain.Fen
	for _, u := range counting(slices.Concat(w.acceptances, w.demands)) {
		covered += u.amount
	}
	var old []*voucher
	oldest := 0
	for _, p := range counting(w.payments) {
		open := p.amount - min(covered, p.amount)
		covered -= p.amount - open
		if n := age(p.v.on, r.today); open > 0 && n > r.AdvanceDays {
			old, rest, oldest = append(old, p.v), rest+open, max(oldest, n)
		}
	}
	if len(old) > 0 {
		r.hit("A05", "award/"+w.id, old, days(oldest), days(r.AdvanceDays), say("已拨 %[2]d 天仍有 %[1]s 未核销", "%[1]s not accounted for, paid up to %[2]d days ago", rest, oldest))
	}
}

// match is A11.
func (r *run) match(w *award) {
	if w.final != nil && w.matchOpen > 0 {
		r.hit("A11", "award/"+w.id, []*voucher{w.final}, fen(w.matchOpen), fen(0), say("末期评估已登记, 配套仍有 %s 未落实", "final evaluation recorded while %s of the match is open", w.matchOpen))
	}
	if w.matchWaived*100 <= w.promised*domain.Fen(r.WaivedPercent) {
		return
	}
	var waivers []*voucher
	for _, v := range w.waivers {
		if v.counts() && v.typ != "entry.reversed.v1" {
			waivers = append(waivers, v)
		}
	}
	r.hit("A11", "award/"+w.id, waivers, points(ratio(w.matchWaived, w.promised)), percent(r.WaivedPercent),
		say("承诺配套 %[2]s, 免除 %[1]s", "%[1]s of the promised match of %[2]s was waived", w.matchWaived, w.promised))
}

// unfit is the pattern of A15: money with a recipient that is not active.
func (r *run) unfit(w *award) {
	o := r.organisations[w.organisation]
	if o == nil || o.status == "active" || o.status == "" || w.confirmed == nil || w.committed <= 0 && w.advance <= 0 {
		return
	}
	r.hit("A15", "award/"+w.id, []*voucher{w.confirmed, {position: o.changed}}, fen(max(w.committed, 0)+max(w.advance, 0)), fen(0),
		say("受助单位 %s 状态为 %s, 待拨 %s, 待核销 %s", "recipient %s is %s with %s committed and %s advanced", w.organisation, o.status, w.committed, w.advance))
}

// lateUse is A16.
func (r *run) lateUse(w *award) {
	p := r.projects[w.project]
	if p == nil || p.ends == 0 {
		return
	}
	for _, u := range counting(slices.Concat(w.payments, w.acceptances)) {
		if n := age(p.ends, u.v.on); n > r.LateUseDays {
			r.hit("A16", "award/"+w.id, []*voucher{u.v}, days(n), days(r.LateUseDays), say("项目 %s 于 %s 结束, %d 天后仍有拨付或核销", "project %s ended on %s, %d days before this payment or acceptance", w.project, p.ends, n))
		}
	}
}

// overdue is A17.
func (r *run) overdue(w *award) {
	for _, c := range w.claims {
		due := c.due
		if due == 0 {
			due = c.v.on + domain.Date(r.RefundDays)
		}
		if open := c.open(); c.v.counts() && open > 0 && r.today > due {
			r.hit("A17", "award/"+w.id, []*voucher{c.v}, days(age(due, r.today)), days(0), say("退款 %s 于 %s 到期, 仍有 %s 未退回", "refund %s was due on %s, %s is open", c.id, due, open))
		}
	}
}
