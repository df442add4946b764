package audit

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"

	"grantledger/domain"
)

// passingOn is A02, over transfers and over appropriations.
func (r *run) passingOn() {
	for _, id := range keys(r.transfers) {
		t := r.transfers[id]
		if t.sent == nil || !t.inside || !t.sent.counts() {
			continue
		}
		until, events := r.today, []*voucher{t.sent}
		for _, v := range t.receipts {
			if v.counts() {
				until, events = v.on, append(events, v)
			}
		}
		switch n := age(t.sent.on, until); {
		case n <= r.ReceiveDays:
		case len(events) > 1:
			r.hit("A02", t.sent.subject, events, days(n), days(r.ReceiveDays), say("转移支付 %s 下达 %d 天后才接收", "transfer %s was received %d days after it was sent", id, n))
		default:
			r.hit("A02", t.sent.subject, events, days(n), days(r.ReceiveDays), say("转移支付 %s 下达 %d 天仍未接收", "transfer %s, sent %d days ago, has not been received", id, n))
		}
	}
	for _, id := range keys(r.funds) {
		pools := map[int][]flow{}
		for _, move := range r.funds[id].flows {
			if move.v.counts() {
				pools[move.vintage] = append(pools[move.vintage], move)
			}
		}
		for _, vintage := range slices.Sorted(maps.Keys(pools)) {
			r.passedOn(id, pools[vintage])
		}
	}
}

// passedOn looks at the money of one fund and vintage: what leaves it is taken
// from what came first. Of each appropriation the share that had left at the
// end of its time is the figure; what was taken back counts as gone.
func (r *run) passedOn(id string, pool []flow) {
	slices.SortStableFunc(pool, func(x, y flow) int { return byDay(x.v, y.v) })
	var outs, ins []flow
	for _, move := range pool {
		if move.in > 0 {
			ins = append(ins, move)
		} else {
			outs = append(outs, move)
		}
	}
	var before, gone domain.Fen
	next := 0
	for _, in := range ins {
		deadline := in.v.on + domain.Date(r.PassOnDays)
		for ; next < len(outs) && outs[next].v.on <= deadline; next++ {
			gone += outs[next].out
		}
		share := min(max(gone-before, 0), in.in)
		before += in.in
		if in.tested && r.today > deadline && share*100 < in.in*domain.Fen(r.PassOnPercent) {
			r.hit("A02", "fund/"+id, []*voucher{in.v}, points(ratio(share, in.in)), percent(r.PassOnPercent),
				say("下达 %[2]s 后 %[1]d 天内只分配或转移了 %[3]s", "of %[2]s received, only %[3]s was allocated or transferred within %[1]d days", r.PassOnDays, in.in, share))
		}
	}
}

// ratio is part/whole in basis points, half up; parts below zero are none.
func ratio(part, whole domain.Fen) int64 {
	if part <= 0 || whole <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(part), 10000)
	lo, carry := bits.Add64(lo, uint64(whole)/2, 0)
	if hi += carry; hi >= uint64(whole) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(q)
}

// yearRate is the rate of a fund year on its three days.
type yearRate struct {
	base, disbursed [3]domain.Fen
	last            [3]*voucher
}

func (y *yearRate) add(at int, move *rateMove) {
	y.base[at] += move.base
	y.disbursed[at] += move.disbursed
	if y.last[at] == nil || move.v.position > y.last[at].position {
		y.last[at] = move.v
	}
}

// idleYears is A03 over fund years: the rate on 30 June and 30 September by
// business dates, and at closing.
func (r *run) idleYears() {
	for _, id := range keys(r.funds) {
		f := r.funds[id]
		years := map[int]*yearRate{}
		for i := range f.rates {
			move := &f.rates[i]
			if !move.v.counts() {
				continue
			}
			y := at(years, move.year)
			for part, day := range [2]domain.Date{domain.NewDate(move.year, 6, 30), domain.NewDate(move.year, 9, 30)} {
				if move.v.on <= day {
					y.add(part, move)
				}
			}
			y.add(2, move)
		}
		for _, year := range slices.Sorted(maps.Keys(years)) {
			r.idleYear(f, year, years[year])
		}
	}
}

func (r *run) idleYear(f *fund, year int, y *yearRate) {
	for part, day := range [2]domain.Date{domain.NewDate(year, 6, 30), domain.NewDate(year, 9, 30)} {
		if r.today >= day {
			r.idle(f, year, y, part, []int{r.JunePercent, r.SeptemberPercent}[part], domain.Words{ZH: day.String(), EN: "on " + day.String()})
		}
	}
	for _, closing := range f.closings {
		if closing.year == year {
			y.last[2] = closing
			r.idle(f, year, y, 2, r.ClosingPercent, domain.Words{ZH: "关账时", EN: "at closing"})
			return
		}
	}
}

func (r *run) idle(f *fund, year int, y *yearRate, part, limit int, when domain.Words) {
	base, paid := y.base[part], y.disbursed[part]
	rate := ratio(paid, base)
	if base <= 0 || rate >= int64(limit)*100 {
		return
	}
	r.hit("A03", "fund/"+f.id, []*voucher{y.last[part]}, points(rate), percent(limit), domain.Words{
		ZH: fmt.Sprintf("%d 年度%s执行率 %s (已拨付 %s / %s)", year, when.ZH, points(rate), paid, base),
		EN: fmt.Sprintf("rate of %d %s: %s (disbursed %s of %s)", year, when.EN, points(rate), paid, base),
	})
}

// lapsing is A04: in the second half of a year that is not closed, authority of
// earlier vintages that would lapse.
func (r *run) lapsing() {
	type group struct {
		fund, project string
		year          int
	}
	sums := map[group]*stock{}
	for key, b := range r.stocks {
		f := r.funds[key.fund]
		if b.amount <= 0 || f == nil || !f.lapses || key.vintage > key.year-1 || r.today < domain.NewDate(key.year, 7, 1) || f.closed(key.year) {
			continue
		}
		s := at(sums, group{key.fund, key.project, key.year})
		s.amount += b.amount
		if s.last == nil || b.last.position > s.last.position {
			s.last = b.last
		}
	}
	for _, g := range slices.SortedFunc(maps.Keys(sums), func(x, y group) int {
		return cmp.Or(cmp.Compare(x.fund, y.fund), cmp.Compare(x.project, y.project), cmp.Compare(x.year, y.year))
	}) {
		s, subject, where := sums[g], "fund/"+g.fund, domain.Words{ZH: "可分配", EN: "available"}
		if g.project != "" {
			subject, where = "project/"+g.project, domain.Words{ZH: "已分配", EN: "allocated"}
		}
		r.hit("A04", subject, []*voucher{s.last}, fen(s.amount), fen(0), domain.Words{
			ZH: fmt.Sprintf("%s %d 年度%s中有 %s 为以前年度指标, 年末将收回", g.fund, g.year, where.ZH, s.amount),
			EN: fmt.Sprintf("%[1]s %[2]d: %[4]s %[3]s is of earlier vintages and will lapse at the end of the year", g.fund, g.year, where.EN, s.amount),
		})
	}
}

func (f *fund) closed(year int) bool {
	for _, c := range f.closings {
		if c.year >= year {
			return true
		}
	}
	return false
}
