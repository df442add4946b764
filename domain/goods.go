package domain

import (
	"math/bits"
	"slices"
)

var goodsRows = []*Definition{
	define(Definition{Name: "receive-goods", Title: Words{"接收物资", "Receive goods"}, Stage: "in", Roles: byClerk, Subject: "lot", Approval: true, Events: []string{"goods.received.v1"}},
		(*decision).receiveGoods, foldGoodsReceived),
	define(Definition{Name: "revalue-goods", Title: Words{"物资重新计价", "Revalue goods"}, Stage: "in", Roles: byClerk, Subject: "lot", Approval: true, Events: []string{"goods.revalued.v1"}},
		(*decision).revalueGoods, foldGoodsRevalued),
	define(Definition{Name: "deliver-goods", Title: Words{"发放物资", "Deliver goods"}, Stage: "payment", Roles: byClerk, Subject: "lot", Approval: true, Events: []string{"goods.delivered.v1"}},
		(*decision).deliverGoods, foldGoodsOut),
	define(Definition{Name: "write-off-goods", Title: Words{"物资核销", "Write off goods"}, Stage: "payment", Roles: byClerk, Subject: "lot", Approval: true, Events: []string{"goods.written-off.v1"}},
		(*decision).writeOffGoods, foldGoodsOut),
}

type receiveGoods struct {
	Fund     string `f:"fund ref=fund"`
	Lot      string `f:"lot new=lot"`
	Donor    string `f:"donor ref=organisation"`
	Item     string `f:"item text"`
	Unit     string `f:"unit text max=20"`
	Quantity int64  `f:"quantity int min=1 max=999999999"`
	Value    Fen    `f:"value amt0"`
	Basis    string `f:"basis enum=invoice|appraisal|market|none"`
	Receipt  string `f:"receipt paper max=100"`
	Pledge   string `f:"pledge ref=pledge opt"`
}

type revalueGoods struct {
	Lot   string `f:"lot ref=lot"`
	Value Fen    `f:"value amt"`
	Basis string `f:"basis enum=invoice|appraisal|market"`
}

type deliverGoods struct {
	Lot          string `f:"lot ref=lot"`
	Project      string `f:"project ref=project"`
	Organisation string `f:"organisation ref=organisation"`
	Quantity     int64  `f:"quantity int min=1 max=999999999"`
}

type writeOffGoods struct {
	Lot      string `f:"lot ref=lot"`
	Quantity int64  `f:"quantity int min=1 max=999999999"`
	Reason   string `f:"reason text"`
}

func (d *decision) receiveGoods(c *receiveGoods) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	if (c.Basis == "none") != (c.Value == 0) {
		return invalid("basis", "enum")
	}
	if err := d.source(true); err != nil {
		return err
	}
	if err := d.unused("receipt", "receipt", "", c.Receipt); err != nil {
		return err
	}
	d.price(c.Value)
	d.post(d.promise(c.Donor), Income, -c.Value)
	d.post(d.t(d.fund, 0), Goods, c.Value)
	if err := d.fulfil(c.Pledge, c.Donor, c.Value); err != nil {
		return err
	}
	return d.emit("goods.received.v1")
}

func foldGoodsReceived(f *fold) {
	v := f.v
	lot := Lot{
		ID: v.str("lot"), Fund: v.str("fund"), Donor: v.str("donor"), Item: v.str("item"), Unit: v.str("unit"),
		Basis: v.str("basis"), Quantity: v.int("quantity"), Value: v.fen("value"), Received: f.e.On,
	}
	f.lots.put(lot.ID, lot)
	f.use("receipt", "", v.str("receipt"))
	f.fulfil(lot.Value)
	if f.voucher != nil {
		f.undoing().lot = lot.ID
	}
}

func (d *decision) revalueGoods(c *revalueGoods) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	lot := d.l.lots.at(c.Lot)
	if lot.Out > 0 || lot.Reversed {
		return wrongState("lot/"+lot.ID, lot.State())
	}
	change := c.Value - lot.Value
	if change == 0 {
		return refuse(InvalidAmount, "value")
	}
	d.price(max(change, -change))
	d.post(d.t(d.fund, 0), Goods, change)
	d.post(d.promise(lot.Donor), Income, -change)
	return d.emit("goods.revalued.v1")
}

func foldGoodsRevalued(f *fold) {
	lot := f.lots.at(f.v.str("lot"))
	lot.Value, lot.Basis = f.v.fen("value"), f.v.str("basis")
	f.lots.put(lot.ID, lot)
}

// State is full, part or empty, or reversed.
func (l Lot) State() string {
	switch {
	case l.Reversed:
		return "reversed"
	case l.Out == 0:
		return "full"
	case l.Out < l.Quantity:
		return "part"
	}
	return "empty"
}

// ValueOf is the value of the next q units: the share of all that is then out,
// rounded down, less what went out before. The last unit takes the rest. Where
// reversed deliveries left more value out than that share, it is nothing.
func (l Lot) ValueOf(q int64) Fen {
	hi, lo := bits.Mul64(uint64(l.Value), uint64(l.Out+q))
	share, _ := bits.Div64(hi, lo, uint64(l.Quantity))
	return max(0, Fen(share)-l.ValueOut)
}

// take checks that the lot holds q units and gives their value.
func (d *decision) take(lot *Lot, q int64) (Fen, *Refusal) {
	if lot.Reversed {
		return 0, wrongState("lot/"+lot.ID, lot.State())
	}
	if left := lot.Quantity - lot.Out; q > left {
		return 0, refuse(insufficient(Goods), "quantity", "account", Goods.String(), "available", left, "requested", q)
	}
	return lot.ValueOf(q), nil
}

func (d *decision) deliverGoods(c *deliverGoods) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	lot, project := d.l.lots.at(c.Lot), d.l.projects.at(c.Project)
	if err := d.allows(&project); err != nil {
		return err
	}
	if err := d.evidence("receipt", "report", "photo", "voucher"); err != nil {
		return err
	}
	x, err := d.take(&lot, c.Quantity)
	if err != nil {
		return err
	}
	d.price(x)
	to := d.p(d.fund, &project, 0)
	to.Organisation = c.Organisation
	d.post(d.t(d.fund, 0), Goods, -x)
	d.post(to, Delivered, x)
	return d.emit("goods.delivered.v1")
}

func (d *decision) writeOffGoods(c *writeOffGoods) *Refusal {
	if err := d.posts(d.c.On.Year()); err != nil {
		return err
	}
	lot := d.l.lots.at(c.Lot)
	x, err := d.take(&lot, c.Quantity)
	if err != nil {
		return err
	}
	d.price(x)
	d.post(d.t(d.fund, 0), Goods, -x)
	d.post(d.t(d.fund, 0), Loss, x)
	return d.emit("goods.written-off.v1")
}

func foldGoodsOut(f *fold) {
	lot := f.lots.at(f.v.str("lot"))
	quantity, x := f.v.int("quantity"), -f.e.sum(Goods)
	lot.Out += quantity
	lot.ValueOut += x
	f.lots.put(lot.ID, lot)
	if f.voucher != nil {
		u := f.undoing()
		u.lot, u.quantity, u.amount = lot.ID, quantity, x
	}
}

// evidence refuses a command without a document of one of the kinds.
func (d *decision) evidence(kinds ...string) *Refusal {
	if slices.ContainsFunc(d.c.Docs, func(doc Doc) bool { return slices.Contains(kinds, doc.Kind) }) {
		return nil
	}
	return refuse(EvidenceMissing, "docs")
}
