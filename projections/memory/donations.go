package memory

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// disclosure4 is 捐赠: for each donation fund its donors with what they gave in
// the year, the villages and projects helped, and what is left.
func (r *report) disclosure4() error {
	r.column("fund", "资金", "Fund", projections.TextCell)
	r.column("donor", "捐赠方", "Donor", projections.TextCell)
	r.column("cash", "现金", "Cash", projections.AmountCell, domain.Income)
	r.column("goods", "物资(数量、计价依据)", "Goods (quantity, basis)", projections.TextCell)
	r.column("goods_value", "物资价值", "Value of goods", projections.AmountCell, domain.Income)
	r.column("pledge_open", "认捐未兑现", "Pledges open", projections.AmountCell, domain.PledgeOpen)
	r.column("project", "受助村/项目", "Village or project helped", projections.TextCell)
	r.column("used", "使用", "Used", projections.AmountCell, domain.Spent, domain.Delivered)
	r.column("left", "结余", "Left", projections.AmountCell, domain.Available, domain.Allocated, domain.Committed, domain.Carried, domain.Goods)
	f := r.inYear().With(projections.Source, "donation")
	a, err := r.groups(f, projections.Fund)
	if err != nil {
		return err
	}
	var sum [9]domain.Fen
	for i := range a.Items {
		fund := a.Items[i].Key[0]
		gifts, err := r.gifts(f.With(projections.Fund, fund))
		if err != nil {
			return err
		}
		for _, g := range gifts {
			for column, v := range g.amounts {
				sum[column] += v
			}
			r.giftRow(fund, &g)
		}
		s := &a.Items[i].Sums
		left := s[domain.FigureRemaining] + s[domain.FigureGoodsStock]
		sum[8] += left
		r.row([]projections.Key{projections.Fund}, []string{fund}, text(r.fundName(fund)), words(domain.Words{ZH: "结余", EN: "Left"}),
			null, null, null, null, null, null, amount(left))
	}
	r.a.Totals = []projections.Cell{words(domain.Words{ZH: "合计", EN: "Total"}), null, amount(sum[2]), null, amount(sum[4]), amount(sum[5]), null, amount(sum[7]), amount(sum[8])}
	return nil
}

func (r *report) fundName(id string) string {
	return cmp.Or(r.name(projections.Fund, id), id)
}

// gift is a row of the donations: of a donor, or of a project helped.
type gift struct {
	donor, project string
	amounts        [9]domain.Fen // by column
}

// gifts sums what donors gave, and what projects used.
func (r *report) gifts(f projections.Filter) ([]gift, error) {
	x, err := r.m.matcher(r.v, &f)
	if err != nil {
		return nil, err
	}
	found := map[[2]string]*gift{}
	row := func(donor, project string) *gift {
		k := [2]string{donor, project}
		if found[k] == nil {
			found[k] = &gift{donor: donor, project: project}
		}
		return found[k]
	}
	x.tuples(anywhere, func(n uint32, t *tuple) {
		for _, c := range r.m.cellsOf.at(n) {
			cell := &r.m.cells[c]
			p := x.of(c)
			sum := p.debits + p.credits
			switch a := cell.account; {
			case p.lines == 0 || int(t.year) > r.only:
			case a == domain.PledgeOpen && sum != 0:
				row(r.m.organisations.text(t.organisation), "").amounts[5] += sum
			case int(t.year) != r.only:
			case a == domain.Income && t.organisation != 0 && t.project == 0 && t.vintage != 0:
				row(r.m.organisations.text(t.organisation), "").amounts[2] -= sum
			case a == domain.Income && t.organisation != 0 && t.project == 0:
				row(r.m.organisations.text(t.organisation), "").amounts[4] -= sum
			case a == domain.Spent || a == domain.Delivered:
				row("", r.m.projects.text(t.project)).amounts[7] += sum
			}
		}
	})
	out := make([]gift, 0, len(found))
	for _, g := range found {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b gift) int {
		return cmp.Or(projections.CompareText(a.donor, b.donor), strings.Compare(a.project, b.project))
	})
	return out, nil
}

func (r *report) giftRow(fund string, g *gift) {
	if g.donor == "" {
		r.row([]projections.Key{projections.Fund, projections.Project}, []string{fund, g.project}, text(r.fundName(fund)), null, null, null, null, null,
			text(cmp.Or(r.name(projections.Project, g.project), g.project)), amount(g.amounts[7]), null)
		return
	}
	r.row([]projections.Key{projections.Fund, projections.Organisation}, []string{fund, g.donor}, text(r.fundName(fund)),
		text(cmp.Or(r.name(projections.Organisation, g.donor), g.donor)), amount(g.amounts[2]), words(r.goods(fund, g.donor)), amount(g.amounts[4]),
		amount(g.amounts[5]), null, null, null)
}

var basisWords = map[string]domain.Words{
	"invoice": {ZH: "发票", EN: "invoice"}, "appraisal": {ZH: "评估", EN: "appraisal"}, "market": {ZH: "市价", EN: "market price"}, "none": {ZH: "未计价", EN: "not valued"},
}

// goods lists the lots that the donor gave in the report's year.
func (r *report) goods(fund, donor string) domain.Words {
	var zh, en []string
	lots := r.m.subjects["lot"]
	for lot := range r.m.ledger.Lots() {
		if lot.Fund != fund || lot.Donor != donor || lot.Reversed || lot.Received.Year() != r.only || lots.first[lot.ID] > r.x.limit {
			continue
		}
		what := lot.Item + " " + strconv.FormatInt(lot.Quantity, 10) + " " + lot.Unit
		zh = append(zh, what+"（"+basisWords[lot.Basis].ZH+"）")
		en = append(en, what+" ("+basisWords[lot.Basis].EN+")")
	}
	return domain.Words{ZH: strings.Join(zh, "；"), EN: strings.Join(en, "; ")}
}
