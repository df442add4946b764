package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"grantledger/domain"
)

// effects are the commands under approval (◆ in DOMAIN.md 5) by the type of
// their event.
var effects = map[string]string{
	"appropriation.received.v1": "receive-appropriation", "appropriation.reduced.v1": "reduce-appropriation",
	"fund.transferred.v1": "transfer-out", "fund.transfer-received.v1": "receive-transfer",
	"pledge.made.v1": "pledge-donation", "pledge.released.v1": "release-pledge", "donation.received.v1": "receive-donation",
	"goods.received.v1": "receive-goods", "goods.revalued.v1": "revalue-goods", "goods.delivered.v1": "deliver-goods",
	"goods.written-off.v1": "write-off-goods",
	"allocation.made.v1":   "allocate", "allocation.released.v1": "release-allocation", "allocation.moved.v1": "reallocate",
	"award.confirmed.v1": "confirm-award", "agreement.signed.v1": "sign-agreement", "agreement.amended.v1": "amend-agreement",
	"award.terminated.v1": "terminate-award", "award.disbursed.v1": "disburse", "expenditure.accepted.v1": "accept-expenditure",
	"match.evidenced.v1": "evidence-match", "match.waived.v1": "waive-match",
	"refund.demanded.v1": "demand-refund", "refund.received.v1": "receive-refund", "refund.written-off.v1": "write-off-refund",
	"entry.reversed.v1": "reverse-entry", "entry.reclassified.v1": "reclassify", "expenditure.adjusted.v1": "adjust-prior-year",
	"year.lapsed.v1": "lapse", "year.carried.v1": "close-year", "year.closed.v1": "close-year",
}

func (s *step) fundOpened() {
	f := s.fund()
	f.source, f.district, f.supplement = s.m.Text("source"), s.m.Text("district"), 10
	f.lapses = f.source != "donation"
	s.setPolicy(f)
}

// policySet folds a new policy and lists it when it lowers the steps of any
// command (A14).
func (s *step) policySet() {
	f := s.fund()
	before := f.bands
	s.setPolicy(f)
	command, amount, from, to := lowered(before, f.bands)
	if command == "" {
		return
	}
	bound := domain.Words{ZH: "不论金额", EN: "whatever the amount"}
	if amount > 0 {
		bound = say("金额 %s 时", "of %s", amount)
	}
	h := finding("A14", Pattern, s.e.Subject, []*voucher{s.v}, stepCount(to), stepCount(from), domain.Words{
		ZH: fmt.Sprintf("资金规则降低了审批步骤: %s(%s)由 %d 步降为 %d 步", command, bound.ZH, from, to),
		EN: fmt.Sprintf("the new policy lowers the steps of approval: %s, %s, from %d to %d", command, bound.EN, from, to),
	})
	s.hits = append(s.hits, h)
}

func (s *step) setPolicy(f *fund) {
	if s.m.Has("purposes") {
		f.purposes = s.m.Texts("purposes")
		f.everHad = append(slices.Clone(f.everHad), f.purposes...)
	}
	if s.m.Has("lapses") {
		f.lapses = s.m.Bool("lapses")
	}
	if s.m.Has("inspection") {
		f.inspection = s.m.Bool("inspection")
	}
	if s.m.Has("one_award") {
		f.oneAward = s.m.Bool("one_award")
	}
	if s.m.Has("min_rating") {
		f.minRating = int(s.m.Int("min_rating"))
	}
	if s.m.Has("supplement_percent") {
		f.supplement = int(s.m.Int("supplement_percent"))
	}
	if s.m.Has("approval") {
		f.bands = nil
		for _, rule := range s.m.List("approval") {
			f.bands = append(f.bands, band{rule.Texts("commands"), rule.Has("up_to"), rule.Fen("up_to"), int(rule.Int("steps"))})
		}
	}
}

func (b *band) names(command string) bool {
	return slices.Contains(b.commands, command) || slices.Contains(b.commands, "*")
}

// required is the number of steps that the policy demands: the first rule that
// names the command and is without limit, or has one not below the amount;
// none: two (DOMAIN.md 4). A command without amount is not priced.
func required(bands []band, command string, amount domain.Fen, priced bool) int {
	for i := range bands {
		if b := &bands[i]; b.names(command) && (!b.limited || priced && amount <= b.upTo) {
			return b.steps
		}
	}
	return 2
}

// limits are those of the bands that the command may fall into.
func limits(bands []band, command string) (list []domain.Fen) {
	for i := range bands {
		if b := &bands[i]; b.limited && b.names(command) {
			list = append(list, b.upTo)
		}
	}
	return list
}

// lowered finds the first command, by name, of which some amount takes fewer
// steps after than before; amount is 0 for a command without one.
func lowered(before, after []band) (command string, amount domain.Fen, from, to int) {
	amounts := []domain.Fen{1}
	for _, b := range slices.Concat(before, after) {
		amounts = append(amounts, b.upTo, b.upTo+1)
	}
	slices.Sort(amounts)
	for _, command := range slices.Compact(slices.Sorted(maps.Values(effects))) {
		priced := command != "lapse" && command != "close-year"
		for _, amount := range slices.Compact(amounts) {
			from, to := required(before, command, amount, priced), required(after, command, amount, priced)
			if to < from && priced && amount > 0 {
				return command, amount, from, to
			}
			if to < from && !priced {
				return command, 0, from, to
			}
		}
	}
	return "", 0, 0, 0
}

// purposes is A01. Money may be put under a purpose, and awards proposed, only
// while the fund has it; what lies there may still be moved on after the list
// was shortened.
func (s *step) purposes() {
	fresh := false
	switch s.e.Type {
	case "award.proposed.v1":
		f := at(s.funds, s.m.Text("fund"))
		if p := at(s.projects, s.m.Text("project")).purpose; !slices.Contains(f.purposes, p) {
			s.foreign(p, f)
		}
		return
	case "allocation.made.v1", "allocation.moved.v1", "goods.delivered.v1":
		fresh = true
	}
	for i := range s.e.Entries {
		entry := &s.e.Entries[i]
		f := at(s.funds, entry.Fund)
		list := f.everHad
		if fresh && slices.ContainsFunc(entry.Lines, func(l domain.Line) bool { return l.Amount > 0 }) {
			list = f.purposes
		}
		if entry.Purpose != "" && !slices.Contains(list, entry.Purpose) {
			s.foreign(entry.Purpose, f)
			return
		}
	}
}

func (s *step) foreign(purpose string, f *fund) {
	list := strings.Join(f.purposes, " ")
	s.hit("A01", text(purpose), text(list), say("用途 %s 不在该资金当时的用途范围(%s)内", "purpose %s was not among the purposes of the fund then (%s)", purpose, list))
}
