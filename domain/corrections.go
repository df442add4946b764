package domain

import "slices"

var correctionRows = []*Definition{
	define(Definition{Name: "reverse-entry", Title: Words{"红字冲销", "Reverse an entry"}, Stage: "correction", Roles: byClerk, Subject: "voucher", Approval: true, Events: []string{"entry.reversed.v1"}},
		(*decision).reverseEntry, foldReversed),
	define(Definition{Name: "reclassify", Title: Words{"受益地区更正", "Reclassify a district"}, Stage: "correction", Roles: byClerk, Subject: "voucher", Approval: true, Events: []string{"entry.reclassified.v1"}},
		(*decision).reclassify, foldMoved),
	define(Definition{Name: "adjust-prior-year", Title: Words{"以前年度调整", "Adjust a prior year"}, Stage: "correction", Roles: byClerk, Subject: "voucher", Approval: true, Events: []string{"expenditure.adjusted.v1"}},
		(*decision).adjustPriorYear, foldAdjusted),
}

// The event's own number is its member voucher; the voucher that the command
// named is stored as reverses (a reversal) or corrects (the other two).

type reverseEntry struct {
	Voucher string `f:"voucher voucher"`
	Reason  string `f:"reason text"`
}

type reclassify struct {
	Voucher      string `f:"voucher voucher"`
	Amount       Fen    `f:"amount amt"`
	District     string `f:"district code"`
	FromDistrict string `f:"from_district code opt"`
	Reason       string `f:"reason text"`
}

type adjustPriorYear struct {
	Voucher  string `f:"voucher voucher"`
	Kind     string `f:"kind enum=disallowed|district"`
	Amount   Fen    `f:"amount amt"`
	Refund   string `f:"refund id opt"`
	District string `f:"district code opt"`
	Reason   string `f:"reason text"`
}

// reversals lists the events that reverse-entry can undo, each with what has
// to be undone beside lines and papers. free tells whether nothing was built
// on it; the guarded balances are checked for all.
var reversals = map[string]struct {
	free func(*Ledger, *voucher) bool
	undo func(*fold, *undoing)
}{
	"appropriation.received.v1": {}, "appropriation.reduced.v1": {},
	"allocation.made.v1": {}, "allocation.released.v1": {}, "allocation.moved.v1": {},
	"match.evidenced.v1": {}, "match.waived.v1": {},
	"expenditure.accepted.v1":   {free: func(l *Ledger, v *voucher) bool { return v.movedTotal() == 0 }},
	"fund.transferred.v1":       {transferUnreceived, func(f *fold, u *undoing) { f.setTransfer(u.transfer, "reversed") }},
	"fund.transfer-received.v1": {undo: func(f *fold, u *undoing) { f.setTransfer(u.transfer, "sent") }},
	"award.disbursed.v1":        {lastPaid, undoPayment},
	"refund.demanded.v1":        {claimUntouched, undoDemand},
	"refund.received.v1":        {undo: undoRefund},
	"pledge.made.v1":            {pledgeUnused, func(f *fold, u *undoing) { f.changePledge(u.pledge, func(p *Pledge) { p.Reversed = true }) }},
	"pledge.released.v1":        {undo: func(f *fold, u *undoing) { f.changePledge(u.pledge, func(p *Pledge) { p.Released -= u.amount }) }},
	"donation.received.v1":      {undo: undoFulfilment},
	"goods.received.v1":         {lotFull, undoLot},
	"goods.delivered.v1":        {func(l *Ledger, v *voucher) bool { return v.movedTotal() == 0 }, undoDelivery},
	"entry.reclassified.v1":     {undo: undoMove},
}

func (v *voucher) movedTotal() Fen {
	var sum Fen
	for _, m := range v.moved {
		sum += m
	}
	return sum
}

func transferUnreceived(l *Ledger, v *voucher) bool {
	return l.transfers.at(v.undone().transfer).State != "received"
}

func lastPaid(l *Ledger, v *voucher) bool {
	w := l.awards.at(v.undone().award)
	paid := v.undone()
	for _, later := range w.Instalments[min(paid.instalment, len(w.Instalments)):] {
		if later.Paid > 0 {
			return false
		}
	}
	return paid.instalment <= len(w.Instalments) && w.Instalments[paid.instalment-1].Paid >= paid.amount
}

func claimUntouched(l *Ledger, v *voucher) bool {
	w := l.awards.at(v.undone().award)
	at := claimOf(&w, v.undone().claim)
	return at >= 0 && w.Claims[at].Received == 0 && w.Claims[at].Waived == 0
}

func pledgeUnused(l *Ledger, v *voucher) bool {
	p := l.pledges.at(v.undone().pledge)
	return p.Fulfilled == 0 && p.Released == 0
}

// lotFull tells whether nothing left the lot and its value is still the
// voucher's: a revaluation must be taken back first, or its change would stay.
func lotFull(l *Ledger, v *voucher) bool {
	lot := l.lots.at(v.undone().lot)
	return lot.Out == 0 && lot.Value == v.amount
}

func (d *decision) reverseEntry(c *reverseEntry) *Refusal {
	v := d.l.voucher(c.Voucher)
	if err := d.posts(v.year); err != nil {
		return err
	}
	rule, ok := reversals[v.typ]
	if !ok {
		return refuse(NotReversible, "voucher", "number", c.Voucher)
	}
	if v.reversed != 0 {
		return refuse(AlreadyReversed, "voucher", "number", c.Voucher, "position", v.reversed)
	}
	if d.c.On < v.on {
		return refuse(TooEarly, "on", "date", v.on.String())
	}
	if rule.free != nil && !rule.free(d.l, &v) {
		return refuse(UsedDownstream, "voucher", "account", v.subject)
	}
	for _, p := range v.lines {
		at := &d.l.books.cells[p.cell]
		d.post(at.Dimensions, at.account, -p.amount)
	}
	if a, have, want, found := d.l.books.shortfall(d.entries); found {
		return refuse(UsedDownstream, "voucher", "account", a.String(), "available", have.String(), "requested", want.String())
	}
	d.price(v.amount)
	d.derived = "voucher"
	return d.emit("entry.reversed.v1", textMember("reverses", c.Voucher))
}

func foldReversed(f *fold) {
	v := f.Ledger.voucher(f.v.str("reverses"))
	v.reversed = f.e.Position
	f.vouchers.put(&v)
	for _, p := range v.papers {
		f.papers.put(p, 0)
	}
	if rule := reversals[v.typ]; rule.undo != nil {
		rule.undo(f, v.undone())
	}
}

func (f *fold) setTransfer(id, state string) {
	t := f.transfers.at(id)
	t.State = state
	f.transfers.put(id, t)
}

func (f *fold) changePledge(id string, change func(*Pledge)) {
	if p, ok := f.pledges.get(id); ok {
		change(&p)
		f.pledges.put(id, p)
	}
}

func undoFulfilment(f *fold, u *undoing) {
	f.changePledge(u.pledge, func(p *Pledge) { p.Fulfilled -= u.amount })
}

func undoPayment(f *fold, u *undoing) {
	w := f.awards.at(u.award)
	w.Instalments = slices.Clone(w.Instalments)
	w.Instalments[u.instalment-1].Paid -= u.amount
	f.awards.put(w.ID, w)
}

func undoDemand(f *fold, u *undoing) {
	w := f.awards.at(u.award)
	w.Claims = slices.Clone(w.Claims)
	w.Claims[claimOf(&w, u.claim)].Reversed = true
	f.awards.put(w.ID, w)
}

func undoRefund(f *fold, u *undoing) {
	w := f.awards.at(u.award)
	w.Claims = slices.Clone(w.Claims)
	w.Claims[claimOf(&w, u.claim)].Received -= u.amount
	f.awards.put(w.ID, w)
}

func undoLot(f *fold, u *undoing) {
	lot := f.lots.at(u.lot)
	lot.Reversed = true
	f.lots.put(lot.ID, lot)
	undoFulfilment(f, u)
}

func undoDelivery(f *fold, u *undoing) {
	lot := f.lots.at(u.lot)
	lot.Out -= u.quantity
	lot.ValueOut -= u.amount
	f.lots.put(lot.ID, lot)
}

func undoMove(f *fold, u *undoing) {
	v := f.Ledger.voucher(u.of)
	v.moved = slices.Clone(v.moved)
	for i, m := range u.moves {
		v.moved[i] -= m
	}
	f.vouchers.put(&v)
}

// used are the accounts whose lines can be moved to another district.
func used(a Account) bool { return a == Spent || a == Delivered }

// movable is what the voucher's line i still has to move away: lines of use,
// at the district if one is given, and not at except.
func (d *decision) movable(v *voucher, i int, from, except string) Fen {
	p := v.lines[i]
	at := &d.l.books.cells[p.cell]
	district := d.district(at.District)
	if !used(at.account) || from != "" && district != from || district == except {
		return 0
	}
	if v.moved != nil {
		return p.amount - v.moved[i]
	}
	return p.amount
}

// takeLines takes amount from the voucher's lines in order.
func (d *decision) takeLines(v *voucher, amount Fen, from, except string) ([]posting, *Refusal) {
	var taken []posting
	rest, have := amount, Fen(0)
	for i := range v.lines {
		left := d.movable(v, i, from, except)
		have += left
		if take := min(rest, left); take > 0 {
			taken = append(taken, posting{v.lines[i].cell, take})
			rest -= take
		}
	}
	if rest > 0 {
		return nil, refuse(OverVoucher, "amount", "available", have.String(), "requested", amount.String())
	}
	return taken, nil
}

func (d *decision) reclassify(c *reclassify) *Refusal {
	v := d.l.voucher(c.Voucher)
	if err := d.posts(v.year); err != nil {
		return err
	}
	if v.typ != "expenditure.accepted.v1" && v.typ != "goods.delivered.v1" || v.reversed != 0 {
		return refuse(NotReversible, "voucher", "number", c.Voucher)
	}
	if d.c.On < v.on {
		return refuse(TooEarly, "on", "date", v.on.String())
	}
	if err := d.validDistrictIn(c.District, d.year); err != nil {
		return err
	}
	to, from := d.district(c.District), ""
	if c.FromDistrict != "" {
		from = d.district(c.FromDistrict)
	}
	if from == to || from == "" && d.onlyAt(&v, to) {
		return invalid("district", "pattern")
	}
	taken, err := d.takeLines(&v, c.Amount, from, to)
	if err != nil {
		return err
	}
	for _, p := range taken {
		at := d.l.books.cells[p.cell]
		d.post(at.Dimensions, at.account, -p.amount)
		at.District = to
		d.post(at.Dimensions, at.account, p.amount)
	}
	d.price(c.Amount)
	d.derived = "voucher"
	return d.emit("entry.reclassified.v1", textMember("corrects", c.Voucher))
}

// onlyAt tells whether all lines of use stand at the district already.
func (d *decision) onlyAt(v *voucher, district string) bool {
	for _, p := range v.lines {
		if at := &d.l.books.cells[p.cell]; used(at.account) && at.District != district {
			return false
		}
	}
	return true
}

// foldMoved remembers which lines of the corrected voucher were taken, from
// the negative lines of the event.
func foldMoved(f *fold) {
	v := f.Ledger.voucher(f.v.str("corrects"))
	moved := make([]Fen, len(v.lines))
	copy(moved, v.moved)
	moves := make([]Fen, len(v.lines))
	for _, p := range f.voucher.lines {
		if p.amount >= 0 || !used(f.books.cells[p.cell].account) {
			continue
		}
		rest := -p.amount
		for i := range v.lines {
			if take := min(rest, v.lines[i].amount-moved[i]); take > 0 && f.sameUse(v.lines[i].cell, p.cell) {
				moved[i] += take
				moves[i] += take
				rest -= take
			}
		}
	}
	v.moved = moved
	f.vouchers.put(&v)
	u := f.undoing()
	u.of, u.moves = v.number, moves
}

// sameUse tells whether two cells are the same tuple of use, the year aside.
func (f *fold) sameUse(a, b uint32) bool {
	x, y := f.books.cells[a], f.books.cells[b]
	x.District, y.District = f.register().Current(x.District), f.register().Current(y.District)
	x.Year, y.Year = 0, 0
	return x == y
}

func (d *decision) adjustPriorYear(c *adjustPriorYear) *Refusal {
	v := d.l.voucher(c.Voucher)
	if c.Kind == "disallowed" {
		if c.Refund == "" {
			return invalid("refund", "required")
		}
		if w := d.l.awards.at(v.undone().award); claimOf(&w, c.Refund) >= 0 {
			return refuse(AlreadyExists, "refund", "subject", "refund "+c.Refund)
		}
	} else if c.District == "" {
		return invalid("district", "required")
	}
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	if v.typ != "expenditure.accepted.v1" || v.reversed != 0 {
		return refuse(NotReversible, "voucher", "number", c.Voucher)
	}
	if !d.fund.Closed(v.year) {
		return refuse(YearStillOpen, "voucher", "year", v.year)
	}
	except := ""
	if c.Kind == "district" {
		if err := d.validDistrict(c.District); err != nil {
			return err
		}
		except = d.district(c.District)
	}
	taken, err := d.takeLines(&v, c.Amount, "", except)
	if err != nil {
		return err
	}
	w := d.l.awards.at(v.undone().award)
	for _, p := range taken {
		d.adjust(&w, d.l.books.cells[p.cell].Dimensions, p.amount, c)
	}
	d.price(c.Amount)
	d.derived = "voucher"
	return d.emit("expenditure.adjusted.v1", textMember("corrects", c.Voucher), intMember("corrects_year", int64(v.year)))
}

// adjust takes amount off the use at dims, in the open year, and claims it
// back or gives it to the right district.
func (d *decision) adjust(w *Award, dims Dimensions, amount Fen, c *adjustPriorYear) {
	dims.Year, dims.District = d.year, d.district(dims.District)
	d.post(dims, Spent, -amount)
	if c.Kind == "disallowed" {
		d.post(d.a(w, dims.Vintage), RefundDue, amount)
		return
	}
	dims.District = d.district(c.District)
	d.post(dims, Spent, amount)
}

func foldAdjusted(f *fold) {
	foldMoved(f)
	if f.v.str("kind") == "disallowed" {
		f.openClaim(Claim{ID: f.v.str("refund"), Year: int(f.v.int("corrects_year")), Amount: f.v.fen("amount"), Demanded: f.e.On})
	}
}
