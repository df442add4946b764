package audit

import (
	"math/bits"

	"grantledger/domain"
)

// goodsReceived opens a lot; what the goods account takes must be its value.
func (s *step) goodsReceived() {
	s.receipt()
	s.v.lot = s.m.Text("lot")
	l := at(s.lots, s.v.lot)
	*l = lot{received: s.v, quantity: s.m.Int("quantity"), value: s.m.Fen("value")}
	s.lotLines(l.value, "登记价值", "the value received")
}

func (s *step) goodsRevalued() {
	l, value := at(s.lots, s.m.Text("lot")), s.m.Fen("value")
	s.lotLines(value-l.value, "价值变动", "the change of value")
	l.value = value
}

// goodsOut rechecks what leaves a lot, delivered or written off: not more than
// is left, and at the lot's value per unit.
func (s *step) goodsOut() {
	s.v.lot, s.v.quantity = s.m.Text("lot"), s.m.Int("quantity")
	l := at(s.lots, s.v.lot)
	left := l.quantity - l.out
	if l.received != nil && !l.received.counts() {
		left = 0
	}
	if s.v.quantity > left {
		s.fund().lotGoods += sum(s.e, domain.Goods)
		s.hit("A22", count(int(s.v.quantity)), count(int(left)), say("发放或核销数量 %d 超过结存 %d", "%d units left a lot that held %d", s.v.quantity, left))
	} else {
		s.v.value = l.valueOf(s.v.quantity)
		s.lotLines(-s.v.value, "按数量折算的价值", "the value of the units")
	}
	l.out += s.v.quantity
	l.valueOut += s.v.value
}

// lotLines holds the event's lines on the goods account against want.
func (s *step) lotLines(want domain.Fen, zh, en string) {
	got := sum(s.e, domain.Goods)
	s.fund().lotGoods += got
	if got != want {
		s.hit("A22", fen(got), fen(want), domain.Words{ZH: "库存科目发生额与" + zh + "不符", EN: "the lines on goods are not " + en})
	}
}

// valueOf is the value of the next q units: the share of all that is then out,
// rounded down, less what went out before (DOMAIN.md 5.2), but never negative.
func (l *lot) valueOf(q int64) domain.Fen {
	hi, lo := bits.Mul64(uint64(l.value), uint64(l.out+q))
	if l.quantity <= 0 || hi >= uint64(l.quantity) {
		return 0
	}
	share, _ := bits.Div64(hi, lo, uint64(l.quantity))
	return max(0, domain.Fen(share)-l.valueOut)
}

// lotReversed puts back what the reversed voucher took from a lot, or takes out
// the lot that it received.
func (s *step) lotReversed(v *voucher) {
	l := s.lots[v.lot]
	if l == nil {
		return
	}
	if v.typ == "goods.received.v1" {
		s.lotLines(-l.value, "冲销的价值", "the value reversed")
		return
	}
	s.lotLines(v.value, "冲销的价值", "the value reversed")
	l.out -= v.quantity
	l.valueOut -= v.value
}

// goodsStock is the recheck of A22 over a fund: events that are about no lot
// leave its goods account alone.
func (r *run) goodsStock() {
	for _, id := range keys(r.funds) {
		f := r.funds[id]
		if f.goods != f.lotGoods && f.lastGoods != nil {
			r.out = append(r.out, finding("A22", Recheck, "fund/"+id, []*voucher{f.lastGoods}, fen(f.goods), fen(f.lotGoods),
				say("库存科目余额 %s, 各批物资的发生额合计 %s", "the goods account holds %s, the events of lots add up to %s", f.goods, f.lotGoods)))
		}
	}
}

// oldStock is the pattern of A22: goods that lie in stock.
func (r *run) oldStock() {
	for _, id := range keys(r.lots) {
		l := r.lots[id]
		left := l.quantity - l.out
		if l.received == nil || !l.received.counts() || left <= 0 {
			continue
		}
		if n := age(l.received.on, r.today); n > r.StockDays {
			r.hit("A22", "lot/"+id, []*voucher{l.received}, days(n), days(r.StockDays), say("结存 %[1]d 件已 %[2]d 天", "%[1]d units have lain in stock for %[2]d days", left, n))
		}
	}
}
