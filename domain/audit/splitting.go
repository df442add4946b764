package audit

import (
	"maps"
	"slices"
	"strings"

	"grantledger/domain"
)

// equalAcceptances is the pattern of A06: two acceptances of different awards,
// of one amount, within a few days. Each hit is an acceptance with the nearest
// one before it.
func (r *run) equalAcceptances() {
	type acceptance struct {
		use
		award string
	}
	byAmount := map[domain.Fen][]acceptance{}
	for _, id := range keys(r.awards) {
		for _, u := range r.awards[id].acceptances {
			if u.v.counts() {
				byAmount[u.amount] = append(byAmount[u.amount], acceptance{u, id})
			}
		}
	}
	for _, amount := range slices.Sorted(maps.Keys(byAmount)) {
		list := byAmount[amount]
		slices.SortFunc(list, func(x, y acceptance) int { return byDay(x.v, y.v) })
		other := -1 // the newest one of another award than the one before
		for i := 1; i < len(list); i++ {
			if list[i-1].award != list[i].award {
				other = i - 1
			}
			if other < 0 {
				continue
			}
			if n := age(list[other].v.on, list[i].v.on); n <= r.EqualDays {
				r.hit("A06", "award/"+list[i].award, []*voucher{list[other].v, list[i].v}, days(n), days(r.EqualDays),
					say("与立项 %s 在 %d 天内核销相同金额 %s", "award %s accepted within %d days the same amount, %s", list[other].award, n, amount))
			}
		}
	}
}

// decided is an award or a payment to an organisation, with the limits of the
// policy under which it was decided.
type decided struct {
	use
	purchase bool
	limits   []domain.Fen
}

// splitKey is a row of awards, or of payments, from one fund to one organisation.
type splitKey struct{ fund, organisation, command string }

// splitting is A09.
func (r *run) splitting() {
	rows := map[splitKey][]decided{}
	add := func(w *award, command string, u use) {
		if u.v.counts() && len(u.v.limits) > 0 {
			k := splitKey{w.fund, w.organisation, command}
			rows[k] = append(rows[k], decided{u, command == "confirm-award" && w.kind == "purchase", u.v.limits})
		}
	}
	for _, id := range keys(r.awards) {
		w := r.awards[id]
		if w.confirmed != nil {
			add(w, "confirm-award", use{w.confirmed, w.first})
		}
		for _, p := range w.payments {
			add(w, "disburse", p)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(rows), func(x, y splitKey) int {
		return strings.Compare(x.fund+"\x00"+x.organisation+"\x00"+x.command, y.fund+"\x00"+y.organisation+"\x00"+y.command)
	}) {
		r.split(k, rows[k])
	}
}

// split looks at one row, band by band: several near to the limit, or purchases
// that are above it together.
func (r *run) split(k splitKey, row []decided) {
	slices.SortFunc(row, func(x, y decided) int { return byDay(x.v, y.v) })
	bands := map[domain.Fen]bool{}
	for _, d := range row {
		for _, limit := range d.limits {
			bands[limit] = true
		}
	}
	for _, limit := range slices.Sorted(maps.Keys(bands)) {
		var near, small []decided
		for _, d := range row {
			if d.amount > limit || !slices.Contains(d.limits, limit) {
				continue
			}
			if d.amount*100 >= limit*domain.Fen(r.SplitPercent) {
				near = append(near, d)
			}
			if d.purchase {
				small = append(small, d)
			}
		}
		r.windows(near, func(list []*voucher, total domain.Fen) {
			r.hit("A09", "organisation/"+k.organisation, list, fen(total), fen(limit), say("%[2]d 天内 %[1]d 笔接近分档上限 %[3]s, 合计 %[4]s", "%[1]d within %[2]d days, each near to the limit of %[3]s, together %[4]s", len(list), r.SplitDays, limit, total))
		})
		r.windows(small, func(list []*voucher, total domain.Fen) {
			if total > limit {
				r.hit("A09", "organisation/"+k.organisation, list, fen(total), fen(limit), say("%[2]d 天内 %[1]d 笔采购各不超过 %[3]s, 合计 %[4]s", "%[1]d purchases within %[2]d days, none above %[3]s, together %[4]s", len(list), r.SplitDays, limit, total))
			}
		})
	}
}

// windows gives every longest run of two or more that lies within SplitDays.
func (r *run) windows(row []decided, found func([]*voucher, domain.Fen)) {
	end := 0
	for start := range row {
		before := end
		for end < len(row) && age(row[start].v.on, row[end].v.on) <= r.SplitDays {
			end++
		}
		if end == before || end-start < 2 { // within the run before, or alone
			continue
		}
		var list []*voucher
		var total domain.Fen
		for _, d := range row[start:end] {
			list, total = append(list, d.v), total+d.amount
		}
		found(list, total)
	}
}
