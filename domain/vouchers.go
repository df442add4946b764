package domain

import "slices"

// fundYear is a series of voucher numbers.
type fundYear struct {
	fund string
	year int
}

// vouchers are kept by their numbers, which are gapless in a fund and year. A
// voucher is replaced whole, never changed in place.
type vouchers struct {
	series map[fundYear][]*voucher // that of number n is at n-1
	undo   []undoneVoucher
	final  bool // changes are not to be taken back
}

type undoneVoucher struct {
	series fundYear
	number int
	old    *voucher // nil: it was new
}

// get is the voucher with a number as "GD/2023/8", or nil.
func (t *vouchers) get(number string) *voucher {
	series, n, ok := splitVoucher(number)
	if list := t.series[series]; ok && n > 0 && n <= len(list) && list[n-1].number == number {
		return list[n-1]
	}
	return nil
}

// newest is the newest number of a series, 0 without any.
func (t *vouchers) newest(series fundYear) int { return len(t.series[series]) }

func (t *vouchers) put(v *voucher) {
	series, n, _ := splitVoucher(v.number)
	list := t.series[series]
	var old *voucher
	if n == len(list)+1 {
		t.series[series] = append(list, v)
	} else { // beyond the end it panics: no log of ours has a gap
		old, list[n-1] = list[n-1], v
	}
	if !t.final {
		t.undo = append(t.undo, undoneVoucher{series, n, old})
	}
}

func (t *vouchers) mark() int { return len(t.undo) }

func (t *vouchers) rollback(n int) {
	for i := len(t.undo) - 1; i >= n; i-- {
		u := &t.undo[i]
		list := t.series[u.series]
		list[u.number-1] = u.old
		if u.old == nil { // what is new is the last
			t.series[u.series] = list[:u.number-1]
		}
	}
	clear(t.undo[n:])
	t.undo = t.undo[:n]
}

func (t *vouchers) drop(n int) {
	kept := copy(t.undo, t.undo[n:])
	clear(t.undo[kept:])
	t.undo = t.undo[:kept]
}

func (t *vouchers) finally(final bool) { t.final = final }

// clone shares the vouchers, but not the lists.
func (t *vouchers) clone() vouchers {
	c := vouchers{series: make(map[fundYear][]*voucher, len(t.series))}
	for k, list := range t.series {
		c.series[k] = slices.Clone(list)
	}
	return c
}
