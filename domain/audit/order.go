package audit

import (
	"slices"

	"grantledger/domain"
)

// awardConfirmed rechecks the end of notice and the objections (A12) and the
// recipient (A15), then confirms.
func (s *step) awardConfirmed() {
	w := s.award()
	if s.e.On <= w.noticeUntil {
		s.hit("A12", date(s.e.On), date(w.noticeUntil), say("公示期未满即确认立项(公示至 %[2]s)", "confirmed on %[1]s, before the end of notice on %[2]s", s.e.On, w.noticeUntil))
	}
	for _, id := range keys(w.objections) {
		if w.objections[id] != "dismissed" {
			s.hit("A12", text(id), Measure{}, say("异议 %s 未处理或成立时确认立项", "confirmed while objection %s was open or upheld", id))
		}
	}
	s.recipient(w)
	s.v.limits = limits(s.fund().bands, "confirm-award")
	w.state, w.confirmed = "confirmed", s.v
}

// recipient is the recheck of A15: the snapshot that the confirmation froze
// must satisfy the fund's policy, and be what the log says of that day.
func (s *step) recipient(w *award) {
	f, o, on := s.fund(), at(s.organisations, w.organisation), s.e.On
	snapshot := s.m.Object("eligibility")
	stars, inspected := o.ratingAt(on), o.lastInspection(on.Year())
	unfit := func(zh, en string, figure, limit Measure) {
		s.hit("A15", figure, limit, domain.Words{
			ZH: "确认立项时受助单位 " + w.organisation + " " + zh, EN: "at confirmation recipient " + w.organisation + " " + en,
		})
	}
	switch {
	case snapshot.Text("status") != "active":
		unfit("状态不正常", "was not active", text(snapshot.Text("status")), text("active"))
	case snapshot.Text("identifier") != "valid":
		unfit("统一社会信用代码无效", "had no valid credit code", text(snapshot.Text("identifier")), text("valid"))
	case int(snapshot.Int("rating")) < f.minRating:
		unfit("评估等级不够", "was rated too low", count(int(snapshot.Int("rating"))), count(f.minRating))
	case f.inspection && (snapshot.Text("inspection") == "failed" || snapshot.Text("inspection") == "" || inspected.year < on.Year()-2):
		unfit("年检不合格或过期", "had no passed inspection of the last two years", text(snapshot.Text("inspection")), text("passed"))
	case snapshot.Text("status") != o.status || snapshot.Text("identifier") != o.identifier ||
		int(snapshot.Int("rating")) != stars || snapshot.Text("inspection") != inspected.result:
		unfit("的资格记录与日志不符", "differs from what the log says of it", text("snapshot"), text("log"))
	case inForce(w.holds) || inForce(o.holds):
		unfit("处于暂停拨付", "was on hold", text("hold"), Measure{})
	case f.oneAward && s.awardInRound(w):
		unfit("在同一批次已有立项", "had another award of the round", count(2), count(1))
	}
}

func inForce(holds map[string]bool) bool {
	for _, on := range holds {
		if on {
			return true
		}
	}
	return false
}

// ratingAt is the newest rating that is valid on the day, or 0.
func (o *organisation) ratingAt(on domain.Date) int {
	for _, r := range slices.Backward(o.ratings) {
		if r.from <= on && on <= r.until {
			return r.value
		}
	}
	return 0
}

// lastInspection is that of the latest year before year.
func (o *organisation) lastInspection(year int) (last inspection) {
	for _, i := range o.inspections {
		if i.year < year && i.year >= last.year {
			last = i
		}
	}
	return last
}

// awardInRound tells whether the recipient has another award in the round that
// is confirmed or active.
func (a *Audit) awardInRound(w *award) bool {
	for _, other := range a.rounds[inRound{at(a.projects, w.project).parent, w.organisation}] {
		if other != w && (other.state == "confirmed" || other.state == "active") {
			return true
		}
	}
	return false
}

func (s *step) agreementSigned() {
	s.use("agreement", "", s.m.Text("agreement"))
	w := s.award()
	w.state, w.signed, w.promised = "active", s.e.On, s.m.Fen("match")
	w.after = s.stages()
}

// stages are the conditions of the instalments.
func (s *step) stages() []string {
	var list []string
	for _, i := range s.m.List("instalments") {
		list = append(list, i.Text("after"))
	}
	return list
}

// agreementAmended rechecks A10: a purchase may grow by supplement_percent of
// its first amount.
func (s *step) agreementAmended() {
	w, amount := s.award(), s.m.Fen("amount")
	if most := w.first + w.first*domain.Fen(s.fund().supplement)/100; w.kind == "purchase" && amount > most {
		s.hit("A10", fen(amount), fen(most), say("采购由 %s 增至 %s, 超过 %d%% 的追加上限", "purchase of %s grew to %s, above the supplement of %d %%", w.first, amount, s.fund().supplement))
	}
	w.amount, w.after = amount, s.stages()
}

// disbursed rechecks order (A12) and payee (A13) of a payment.
func (s *step) disbursed() {
	w := s.award()
	switch number := int(s.m.Int("instalment")); {
	case w.signed == 0 || s.e.On < w.signed:
		s.hit("A12", date(s.e.On), date(w.signed), say("签订协议之前拨付", "paid before the agreement was signed"))
	case number < 1 || number > len(w.after):
		s.hit("A12", count(number), count(len(w.after)), say("拨付的分期不存在", "paid an instalment that does not exist"))
	default:
		if stage := w.after[number-1]; stage != "signing" && w.stages[stage] != "passed" {
			s.hit("A12", text(stage+" "+w.stages[stage]), text(stage+" passed"), say("第 %d 期的阶段 %s 未通过即拨付", "instalment %d was paid before stage %s was passed", number, stage))
		}
	}
	s.payee(w)
	s.use("bank_reference", "", s.m.Text("bank_reference"))
	amount := sum(s.e, domain.Disbursed)
	s.v.limits = limits(s.fund().bands, "disburse")
	w.paid += amount
	w.payments = append(w.payments, use{s.v, amount})
}

// payee is A13: the money goes to the award's recipient, by name and by entry.
func (s *step) payee(w *award) {
	payee := s.m.Text("payee")
	for i := range s.e.Entries {
		entry := &s.e.Entries[i]
		paid := slices.ContainsFunc(entry.Lines, func(l domain.Line) bool { return l.Account == domain.Disbursed || l.Account == domain.Advance })
		if paid && payee == w.organisation {
			payee = entry.Organisation
		}
	}
	if payee != w.organisation {
		s.hit("A13", text(payee), text(w.organisation), say("收款单位 %s 不是受助单位 %s", "payee %s is not the recipient %s", payee, w.organisation))
	}
}

// accepted takes the papers of an acceptance into use.
func (s *step) accepted() {
	for _, line := range s.m.List("lines") {
		s.use("invoice", "", line.Text("invoice"))
	}
	for _, doc := range s.e.Docs {
		if doc.Kind == "invoice" || doc.Kind == "receipt" || doc.Kind == "voucher" {
			s.use("evidence", "", doc.SHA256)
		}
	}
	w := s.award()
	w.acceptances = append(w.acceptances, use{s.v, -sum(s.e, domain.Advance)})
}
