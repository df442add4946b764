package domain

import "math/bits"

// Figure is one of the figures of reports (DOMAIN.md 11).
type Figure uint8

// The figures, in the order of report.tsv.
const (
	FigureAppropriated Figure = iota
	FigureCarriedIn
	FigureRecovered
	FigureTransferred
	FigureArranged
	FigureAwarded
	FigureDisbursed
	FigureLapsed
	FigureCarriedOut
	FigureAvailable
	FigureAllocated
	FigureCommitted
	FigureRemaining
	FigureSpent
	FigureAdvance
	FigureRefundDue
	FigureRefunded
	FigureLoss
	FigureGoodsReceived
	FigureGoodsDelivered
	FigureGoodsStock
	FigurePledged
	FigurePledgeOpen
	FigureMatchOpen
	FigureRate // in basis points; all others are amounts
	figureCount
)

var figureNames = [figureCount]string{
	"appropriated", "carried_in", "recovered", "transferred", "arranged", "awarded", "disbursed", "lapsed", "carried_out",
	"available", "allocated", "committed", "remaining", "spent", "advance", "refund_due", "refunded", "loss",
	"goods_received", "goods_delivered", "goods_stock", "pledged", "pledge_open", "match_open", "rate",
}

var figureWords = [figureCount]Words{
	{"本年收入(下达/捐入)", "Received this year"},
	{"上年结转", "Carried in"},
	{"收回以前年度", "Recovered, earlier years"},
	{"转移支付净额", "Transferred, net"},
	{"本年安排", "Arranged this year"},
	{"本年立项净额", "Awarded this year, net"},
	{"已拨付", "Disbursed"},
	{"结余收回", "Lapsed"},
	{"结转下年", "Carried out"},
	{"可分配", "Available"},
	{"已分配", "Allocated"},
	{"待拨", "Committed"},
	{"年末结余", "Remaining"},
	{"核销支出", "Spent, accepted"},
	{"待核销", "Advances outstanding"},
	{"应退", "Refunds due"},
	{"退回", "Refunded"},
	{"损失", "Losses"},
	{"物资接收", "Goods received"},
	{"物资发放", "Goods delivered"},
	{"物资库存", "Goods in stock"},
	{"认捐", "Pledged"},
	{"认捐未兑现", "Pledges open"},
	{"配套未落实", "Match open"},
	{"执行率", "Execution rate"},
}

// Figures lists all figures in the order of report.tsv.
func Figures() []Figure {
	all := make([]Figure, figureCount)
	for i := range all {
		all[i] = Figure(i)
	}
	return all
}

// ParseFigure reads a figure's name, "carried_in"; false for anything else.
func ParseFigure(s string) (Figure, bool) {
	for i, name := range figureNames {
		if name == s {
			return Figure(i), true
		}
	}
	return 0, false
}

// String is the figure's name, "carried_in".
func (f Figure) String() string { return figureNames[f] }

// Words is the figure's name on screen.
func (f Figure) Words() Words { return figureWords[f] }

// Stock tells whether the figure sums over all years up to its own.
func (f Figure) Stock() bool {
	switch f {
	case FigureAdvance, FigureRefundDue, FigureGoodsStock, FigurePledgeOpen, FigureMatchOpen:
		return true
	}
	return false
}

// StockFigure is the figure that shows the account's stock; ok is false for an
// account of flows.
func StockFigure(a Account) (f Figure, ok bool) {
	switch a {
	case Advance:
		return FigureAdvance, true
	case RefundDue:
		return FigureRefundDue, true
	case Goods:
		return FigureGoodsStock, true
	case PledgeOpen:
		return FigurePledgeOpen, true
	case MatchOpen:
		return FigureMatchOpen, true
	}
	return 0, false
}

// Debit tells on which side of its account a line stands: positive is a debit,
// negative a credit. By the red-letter rule a line of entry.reversed.v1 stays,
// as a negative, on the side of the line it undoes (reversed is the type of the
// event undone, else ""), and what goods.revalued, entry.reclassified and
// expenditure.adjusted post on goods, spent and delivered is a debit always.
func Debit(eventType, reversed string, a Account, amount Fen) bool {
	switch eventType {
	case "entry.reversed.v1":
		return Debit(reversed, "", a, -amount)
	case "goods.revalued.v1", "entry.reclassified.v1", "expenditure.adjusted.v1":
		if a == Goods || a == Spent || a == Delivered {
			return true
		}
	}
	return amount > 0
}

// Sums holds every figure but the rate. Every figure is a sum over lines, so
// the sums of two groups add up to those of both.
type Sums [FigureRate]Fen

// Add counts lines of one account whose year is that of the figures: the sums of
// their debits and of their credits, both signed as posted, and whether their
// tuple has a project and an organisation.
func (s *Sums) Add(a Account, debits, credits Fen, project, organisation bool) {
	sum := debits + credits
	switch a {
	case Authority:
		s[FigureAppropriated] -= sum
	case Recovered:
		s[FigureRecovered] -= sum
	case Transferred:
		s[FigureTransferred] += sum
	case Available, Allocated, Committed:
		s[FigureAvailable+Figure(a-Available)] += sum
		s[FigureRemaining] += sum
	case Disbursed:
		s[FigureDisbursed] += sum
	case Lapsed:
		s[FigureLapsed] += sum
	case Carried:
		s[FigureCarriedIn] -= credits
		s[FigureCarriedOut] += debits
		s[FigureRemaining] += debits
	default:
		s.addMoney(a, debits, credits, organisation)
	}
	s.addArranged(a, sum, project, organisation)
}

func (s *Sums) addArranged(a Account, sum Fen, project, organisation bool) {
	switch a {
	case Committed, Disbursed, Carried:
		if organisation {
			s[FigureAwarded] += sum
		}
	case Allocated, Lapsed:
	default:
		return
	}
	if project {
		s[FigureArranged] += sum
	}
}

func (s *Sums) addMoney(a Account, debits, credits Fen, organisation bool) {
	switch a {
	case Spent:
		s[FigureSpent] += debits + credits
	case Delivered:
		s[FigureGoodsDelivered] += debits + credits
	case Loss:
		s[FigureLoss] += debits + credits
		if organisation { // a claim given up is no refund
			s[FigureRefunded] -= debits
		}
	case RefundDue:
		s[FigureRefunded] -= credits
	case Goods:
		s[FigureGoodsReceived] += debits
	case PledgeOrigin:
		s[FigurePledged] -= debits + credits
	}
}

// AddStock counts lines of one account whose year is that of the figures or an
// earlier one; accounts of flows are ignored.
func (s *Sums) AddStock(a Account, sum Fen) {
	if f, ok := StockFigure(a); ok {
		s[f] += sum
	}
}

// Plus adds the figures of another group.
func (s *Sums) Plus(o *Sums) {
	for i, v := range o {
		s[i] += v
	}
}

// Zero tells whether no figure has an amount.
func (s *Sums) Zero() bool { return *s == Sums{} }

// Proof gives both sides of the proof line, which are equal per fund, district
// and year, and for every sum of them: what came in, and where it is.
func (s *Sums) Proof() (came, is Fen) {
	return s.base(), s[FigureDisbursed] + s[FigureLapsed] + s[FigureCarriedOut] + s[FigureAvailable] + s[FigureAllocated] + s[FigureCommitted]
}

func (s *Sums) base() Fen {
	return s[FigureAppropriated] + s[FigureCarriedIn] + s[FigureRecovered] - s[FigureTransferred]
}

// Rate is disbursed by its base in basis points, half up; ok is false when the
// base is not positive. The base of a row of one project is what was arranged
// for it and carried in, that of every other row the left side of the proof.
func (s *Sums) Rate(oneProject bool) (basisPoints int64, ok bool) {
	base := s.base()
	if oneProject {
		base = s[FigureArranged] + s[FigureCarriedIn]
	}
	if base <= 0 {
		return 0, false
	}
	return roundRatio(int64(s[FigureDisbursed]), uint64(base)), true
}

// roundRatio is 10000·a/b rounded half up, towards plus infinity.
func roundRatio(a int64, b uint64) int64 {
	abs := uint64(max(a, -a))
	high, low := bits.Mul64(abs, 10000)
	if high >= b { // beyond any ratio that can be shown
		return 0
	}
	q, rem := bits.Div64(high, low, b)
	up := rem >= b-rem
	if a < 0 {
		up = rem > b-rem
	}
	if up {
		q++
	}
	if a < 0 {
		return -int64(q)
	}
	return int64(q)
}
