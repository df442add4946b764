package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"grantledger/domain"
)

// paper is a document that counts once (DOMAIN.md 6); scope is the fund of a
// document of appropriation or transfer, else empty.
type paper struct{ kind, scope, number string }

var paperWords = map[string]domain.Words{
	"document":       {ZH: "文号", EN: "document"},
	"receipt":        {ZH: "票据号", EN: "receipt"},
	"bank_reference": {ZH: "银行流水号", EN: "bank reference"},
	"invoice":        {ZH: "发票号", EN: "invoice"},
	"evidence":       {ZH: "凭证文件", EN: "document of evidence"},
	"agreement":      {ZH: "协议编号", EN: "agreement"},
}

// use takes a paper into use; a paper that another voucher uses, or the same
// one a second time, is a hit of A06, a receipt also of A23.
func (s *step) use(kind, scope, number string) {
	if number == "" {
		return
	}
	p := paper{kind, scope, number}
	if first := s.papers[p]; first != nil {
		w := paperWords[kind]
		detail := domain.Words{
			ZH: fmt.Sprintf("%s %s 已在第 %d 号事件使用", w.ZH, number, first.position),
			EN: fmt.Sprintf("%s %s was used before, at position %d", w.EN, number, first.position),
		}
		s.hit("A06", text(number), count(1), detail, first)
		if kind == "receipt" {
			s.hit("A23", text(number), count(1), detail, first)
		}
		return
	}
	s.papers[p] = s.v
	s.v.papers = append(s.v.papers, p)
}

// receiptUse is a receipt's number as the log first had it. A reversal frees
// the number but makes no gap: the receipt is accounted for.
type receiptUse struct {
	series string
	number int64
	v      *voucher
}

func (s *step) receipt() {
	receipt := s.m.Text("receipt")
	s.use("receipt", "", receipt)
	if series, number, ok := splitNumber(receipt); ok {
		s.receipts = append(s.receipts, receiptUse{series, number, s.v})
	}
}

// splitNumber parts a receipt's number into its series and the running number,
// its last digits, nine at most: a national receipt begins with a code that is
// written in digits too.
func splitNumber(s string) (series string, number int64, ok bool) {
	start := len(s)
	for start > 0 && len(s)-start < 9 && s[start-1] >= '0' && s[start-1] <= '9' {
		start--
	}
	number, err := strconv.ParseInt(s[start:], 10, 64)
	return s[:start], number, err == nil
}

// maxGaps bounds the gaps that the text of one hit names.
const maxGaps = 10

// receiptSeries is the second part of A23: the numbers that a series of
// receipts leaves out between its first and its last.
func (r *run) receiptSeries() {
	uses := slices.Clone(r.receipts)
	slices.SortStableFunc(uses, func(x, y receiptUse) int {
		return cmp.Or(strings.Compare(x.series, y.series), cmp.Compare(x.number, y.number))
	})
	for len(uses) > 0 {
		n := 1
		for n < len(uses) && uses[n].series == uses[0].series {
			n++
		}
		r.gaps(uses[:n])
		uses = uses[n:]
	}
}

// gaps lists the gaps of one series, sorted by number.
func (r *run) gaps(series []receiptUse) {
	var ranges []string
	var around []*voucher
	missing := 0
	for i := 1; i < len(series); i++ {
		from, to := series[i-1].number+1, series[i].number-1
		if from > to {
			continue
		}
		missing += int(to - from + 1)
		around = append(around, series[i-1].v, series[i].v)
		switch {
		case len(ranges) == maxGaps:
			ranges = append(ranges, "…")
		case len(ranges) > maxGaps:
		case from == to:
			ranges = append(ranges, strconv.FormatInt(from, 10))
		default:
			ranges = append(ranges, strconv.FormatInt(from, 10)+"–"+strconv.FormatInt(to, 10))
		}
	}
	if missing > 0 {
		r.hit("A23", around[0].subject, around, count(missing), count(0),
			say("票据号段“%s”缺号 %s", "receipts of series %q leave out %s", series[0].series, strings.Join(ranges, ", ")))
	}
}
