package api

import (
	"html/template"
	"slices"
	"strings"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/projections"
)

// figureAccounts are the accounts whose lines make up a figure (DOMAIN.md 11).
var figureAccounts = map[domain.Figure]string{
	domain.FigureAppropriated: "budget.authority", domain.FigureCarriedIn: "budget.carried", domain.FigureRecovered: "budget.recovered", domain.FigureTransferred: "budget.transferred",
	domain.FigureArranged: arrangedNames, domain.FigureAwarded: "budget.committed,budget.disbursed,budget.carried", domain.FigureDisbursed: "budget.disbursed", domain.FigureLapsed: "budget.lapsed",
	domain.FigureCarriedOut: "budget.carried", domain.FigureAvailable: "budget.available", domain.FigureAllocated: "budget.allocated", domain.FigureCommitted: "budget.committed",
	domain.FigureRemaining: "budget.available,budget.allocated,budget.committed,budget.carried", domain.FigureSpent: "money.spent", domain.FigureAdvance: "money.advance", domain.FigureRefundDue: "money.refund_due",
	domain.FigureRefunded: "money.refund_due,money.loss", domain.FigureLoss: "money.loss", domain.FigureGoodsReceived: "money.goods", domain.FigureGoodsDelivered: "money.delivered", domain.FigureGoodsStock: "money.goods",
	domain.FigurePledged: "pledge.origin", domain.FigurePledgeOpen: "pledge.open", domain.FigureMatchOpen: "match.open", domain.FigureRate: "budget.disbursed,budget.authority,budget.carried,budget.recovered,budget.transferred",
}

// baseAccounts are those of the left side of the proof line.
const baseAccounts = "budget.authority,budget.carried,budget.recovered,budget.transferred"

// pageQuery is the query of the statement page with the figure that the reader
// came from.
type pageQuery struct {
	projections.StatementQuery
	Figure string `json:"fi,omitempty"`
}

// statementsPage shows lines with a running balance, and on top how a figure
// is made of them.
func (s *Server) statementsPage(c *call) error {
	keys := make([]string, 0, 16)
	for _, k := range projections.Keys() {
		keys = append(keys, string(k))
	}
	v, err := c.visit(keys, []string{"from", "book", "account", "district_view", "figure", "order", "cursor"})
	if err != nil {
		return err
	}
	q, err := v.statementQuery()
	if err != nil {
		return err
	}
	answer, err := s.Model.Statement(c.context(), v.view, q.StatementQuery)
	if err != nil {
		return err
	}
	content := web.StatementPage{Summary: v.summary(answer, q.Where), Count: answer.Lines}
	if content.Fields, err = v.statementFields(q); err != nil {
		return err
	}
	v.naming(func(n namer) {
		for _, line := range answer.Items {
			d := line.Dimensions
			row := web.StatementRow{StatementLine: line, Fund: orElse(n.label(projections.Fund, d.Fund, 0), d.Fund), District: orElse(n.label(projections.District, d.District, orElse(d.Year, anyYear)), d.District)}
			if d.Project != "" {
				row.Project, row.ProjectURL = orElse(n.label(projections.Project, d.Project, 0), d.Project), v.reader.URL("/projects/"+d.Project)
			}
			content.Lines = append(content.Lines, row)
		}
		content.Filters = v.chips(n, q)
	})
	if err := v.formula(&content, q); err != nil {
		return err
	}
	if answer.Next > 0 {
		next := q
		next.Offset = answer.Next
		content.More = v.reader.URL("/statements", "cursor", projections.Cursor("page/statements", next))
	}
	page := v.page(v.reader.T("statements.title"), "/statements", web.Crumb{Label: v.reader.T("statements.title")})
	page.Actions = v.statementFiles(q)
	return v.show("statement", page, content)
}

// statementQuery reads the address.
func (v *visit) statementQuery() (q pageQuery, err error) {
	p := v.params
	if p.has("cursor") {
		if projections.Resume("page/statements", p.text("cursor"), &q) != nil || !sound(&q.Filter) {
			return q, newProblem("invalid_cursor")
		}
		q.Limit = usualLimit
		return q, nil
	}
	p.drop("account", "book", "from")
	q.Filter = v.at(p.one(projections.Keys()...))
	q.From, q.Books, q.Accounts = p.date("from"), p.books(), p.accounts()
	q.Recorded = p.enum("district_view", "current", "current", "recorded") == "recorded"
	q.ByPosition = p.enum("order", "on", "on", "position") == "position"
	q.Figure, q.Limit = p.text("figure"), usualLimit
	names, known := baseAccounts, q.Figure == "base" || q.Figure == ""
	if f, ok := domain.ParseFigure(q.Figure); ok {
		names, known = figureAccounts[f], true
	}
	if !known {
		p.fault("query.figure", "enum", q.Figure)
	}
	if err := p.problem(); err != nil {
		return q, err
	}
	if q.Figure != "" && len(q.Accounts) == 0 {
		for name := range strings.SplitSeq(names, ",") {
			a, _ := domain.ParseAccount(name)
			q.Accounts = append(q.Accounts, a)
		}
	}
	return q, nil
}

// drop forgets empty values, as forms send them.
func (p *params) drop(names ...string) {
	for _, name := range names {
		if v := p.values[name]; len(v) == 1 && v[0] == "" {
			delete(p.values, name)
		}
	}
}

// summary is the table of the accounts of a statement; where leads to one of
// them alone.
func (v *visit) summary(answer *projections.Statement, where map[projections.Key][]string) web.Table {
	r := v.reader
	t := web.Table{Caption: r.T("statement.sums"), Empty: r.T("statement.none"), Heads: []web.Head{{Label: r.T("account")}, {Label: r.T("opening"), Right: true}, {Label: r.T("in"), Right: true}, {Label: r.T("out"), Right: true}, {Label: r.T("net"), Right: true}, {Label: r.T("closing"), Right: true}}}
	for _, a := range answer.Accounts {
		var more []string
		if from := v.params.text("from"); from != "" {
			more = []string{"from", from}
		}
		t.Rows = append(t.Rows, []web.Cell{web.Linked(r.Account(a.Account), v.accountLines(where, a.Account.String(), more...)), web.Amount(a.Opening, ""), web.Amount(a.In, ""), web.Amount(a.Out, ""), web.Amount(a.Net(), ""), web.Amount(a.Closing, "")})
	}
	return t
}

// formula fills in how the figure is made, with its value from the same filter.
func (v *visit) formula(content *web.StatementPage, q pageQuery) error {
	if q.Figure == "" {
		return nil
	}
	r := v.reader
	f := q.Filter
	f.Accounts, f.Books = nil, nil
	measures := projections.BalanceQuery{Filter: f, Measures: domain.Figures()}
	if measures.Check() != nil {
		return nil // no one year: the lines speak for themselves
	}
	answer, err := v.server.Model.Balances(v.context(), v.view, measures)
	if err != nil {
		return err
	}
	total := answer.Totals
	content.Formula = r.T("formula." + q.Figure)
	figure, _ := domain.ParseFigure(q.Figure)
	switch {
	case q.Figure == "base":
		content.Result = template.HTML(web.Money(broughtIn(&total)))
	case figure == domain.FigureRate:
		content.Result = "—"
		if value, ok := total.Figure(figure); ok {
			content.Result = web.PercentHTML(value)
		}
		content.Parts = []web.Link{
			{Text: r.T("numerator") + " " + web.Money(total.Sums[domain.FigureDisbursed]), URL: v.statement(domain.FigureDisbursed, q.Where)},
			{Text: r.T("denominator") + " " + web.Money(broughtIn(&total)), URL: r.URL("/statements", pairs(q.Where, "figure", "base")...)},
		}
	default:
		content.Result = r.Money(total.Sums[figure])
	}
	return nil
}

// chips are the filters in force, each with the address without it.
func (v *visit) chips(n namer, q pageQuery) (chips []web.Choice) {
	r := v.reader
	var accounts []string
	for _, a := range q.Accounts {
		accounts = append(accounts, a.String())
	}
	params := func(without string) []string {
		where := map[projections.Key][]string{}
		for k, values := range q.Where {
			if string(k) != without {
				where[k] = values
			}
		}
		out := pairs(where)
		if without != "account" {
			out = append(out, "account", strings.Join(accounts, ","))
		}
		if without != "from" && q.From != 0 {
			out = append(out, "from", q.From.String())
		}
		return out
	}
	for _, k := range projections.Keys() {
		values := q.Where[k]
		if len(values) == 0 {
			continue
		}
		names := make([]string, len(values))
		for i, value := range values {
			names[i] = orElse(n.label(k, value, anyYear), value)
		}
		chips = append(chips, web.Choice{Label: r.Said(r.T("key."+string(k)), r.List(names)), URL: r.URL("/statements", params(string(k))...)})
	}
	if len(q.Accounts) > 0 {
		names := make([]string, len(q.Accounts))
		for i, a := range q.Accounts {
			names[i] = r.Account(a)
		}
		chips = append(chips, web.Choice{Label: r.Said(r.T("account"), r.List(names)), URL: r.URL("/statements", params("account")...)})
	}
	if q.From != 0 {
		chips = append(chips, web.Choice{Label: r.Said(r.T("date.from"), r.Day(q.From)), URL: r.URL("/statements", params("from")...)})
	}
	return chips
}

// statementFiles are the downloads of the same lines.
func (v *visit) statementFiles(q pageQuery) []web.Action {
	bare := web.Reader{Lang: v.lang, Position: v.reader.Position}
	var accounts []string
	for _, a := range q.Accounts {
		accounts = append(accounts, a.String())
	}
	file := func(format string) []string {
		out := pairs(q.Where, "account", strings.Join(accounts, ","), "from", q.From.String(), "as_of", q.AsOf.String())
		return append(out, "format", format)
	}
	fixed := slices.Concat(file("")[:len(file(""))-2], []string{"figure", q.Figure})
	return []web.Action{{Label: v.reader.T("excel"), URL: bare.Fixed(base+"/statements", file("xlsx")...), Download: true}, {Label: v.reader.T("csv"), URL: bare.Fixed(base+"/statements", file("csv")...), Download: true}, {Label: v.reader.T("fixed"), URL: v.reader.Fixed("/statements", fixed...)}}
}

func (v *visit) statementFields(q pageQuery) ([]web.Field, error) {
	funds, err := v.fundField(q.Where[projections.Fund])
	if err != nil {
		return nil, err
	}
	years, err := v.yearField(q.Where[projections.Year])
	if err != nil {
		return nil, err
	}
	districts, err := v.districtField(q.Where[projections.District])
	if err != nil {
		return nil, err
	}
	r := v.reader
	account := web.Field{Name: "account", Label: r.T("account"), Options: []web.Choice{{Label: r.T("all")}}}
	if len(q.Accounts) > 1 {
		names := make([]string, len(q.Accounts))
		for i, a := range q.Accounts {
			names[i] = a.String()
		}
		account.Options = append(account.Options, web.Choice{Label: r.T("several", len(names)), URL: strings.Join(names, ","), Here: true})
	}
	for _, a := range domain.Accounts() {
		account.Options = append(account.Options, web.Choice{Label: r.In(a.Book().Words()) + " " + r.Account(a), URL: a.String(), Here: len(q.Accounts) == 1 && q.Accounts[0] == a})
	}
	project := web.Field{Name: "project", Label: r.T("project"), Type: "text", Value: strings.Join(q.Where[projections.Project], ",")}
	from := web.Field{Name: "from", Label: r.T("date.from"), Type: "date", Value: q.From.String()}
	return []web.Field{account, funds, project, districts, years, from}, nil
}
