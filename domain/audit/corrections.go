package audit

import (
	"cmp"
	"slices"

	"grantledger/domain"
)

// makers is the first part of A18: makers many of whose vouchers of a year were
// reversed.
func (r *run) makers() {
	type key struct {
		maker string
		year  int
	}
	made, undone := map[key]int{}, map[key][]*voucher{}
	var order []key
	for _, v := range r.inOrder {
		if v.typ == "entry.reversed.v1" {
			continue
		}
		k := key{v.maker, v.year}
		if made[k]++; made[k] == 1 {
			order = append(order, k)
		}
		if !v.counts() {
			undone[k] = append(undone[k], v)
		}
	}
	slices.SortFunc(order, func(x, y key) int { return cmp.Or(cmp.Compare(x.maker, y.maker), cmp.Compare(x.year, y.year)) })
	for _, k := range order {
		n := len(undone[k])
		if n >= r.ReversedCount && n*100 > made[k]*r.ReversedPercent {
			r.hit("A18", k.maker, undone[k], points(ratio(domain.Fen(n), domain.Fen(made[k]))), percent(r.ReversedPercent),
				say("%[1]d 年 %[3]d 张凭证中有 %[2]d 张被冲销", "%[2]d of %[3]d vouchers of %[1]d were reversed", k.year, n, made[k]))
		}
	}
}

// lateReversals is the second part of A18: reversals at the end of December,
// and shortly before their fund closes a year.
func (r *run) lateReversals() {
	for _, v := range r.reversals {
		next := r.closingAfter(v)
		switch {
		case v.on > domain.NewDate(v.on.Year(), 12, 31)-domain.Date(r.ReversalDays):
			r.hit("A18", v.subject, []*voucher{v}, date(v.on), days(r.ReversalDays), say("年末 %d 天内冲销", "reversed in the last %d days of December", r.ReversalDays))
		case next != nil && age(v.on, next.on) <= r.ReversalDays:
			r.hit("A18", v.subject, []*voucher{v, next}, days(age(v.on, next.on)), days(r.ReversalDays), say("关账前 %d 天冲销", "reversed %d days before the close", age(v.on, next.on)))
		}
	}
}

// closingAfter is the fund's next close behind the reversal, or nil.
func (r *run) closingAfter(v *voucher) *voucher {
	if f := r.funds[v.fund]; f != nil {
		for _, c := range f.closings {
			if c.position > v.position {
				return c
			}
		}
	}
	return nil
}

// lateEntries is A19.
func (r *run) lateEntries() {
	for _, v := range r.inOrder {
		if n := age(v.on, v.recorded); n > r.LateEntryDays && v.counts() {
			r.hit("A19", v.subject, []*voucher{v}, days(n), days(r.LateEntryDays), say("业务日期 %s, %d 天后入账", "dated %s, recorded %d days later", v.on, n))
		}
	}
}
