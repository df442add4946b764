package postgres

import (
	"fmt"

	"grantledger/domain"
	"grantledger/projections"
)

// accountYear is an account within a year: what it began with, and the sums of
// the year's lines by side.
type accountYear struct {
	opening, debit, credit domain.Fen // credit as a positive amount
	found                  bool
	lines                  []ledgerLine
}

func (a *accountYear) closing() domain.Fen { return a.opening + a.debit - a.credit }

// ledgerLine is a line of a project ledger.
type ledgerLine struct {
	position           uint64
	on                 domain.Date
	amount             domain.Fen
	debit              bool
	typ, voucher, memo string
}

// parts begins a query over the lines j of tuples t of a year, and gives the
// condition on which a line belongs to the opening: a budget account opens with
// what was carried in, a stock account with the stock of earlier years. For year
// 0 it takes all years, and opens with the lines before the filter's From.
func (r *report) parts(year int) (c *clauses, opening string) {
	c = &clauses{}
	c.tuple(r.x, true)
	if r.x.district {
		c.districts(r.x, func(code string) bool {
			if year == 0 {
				return r.x.passes(r.x.shown(code))
			}
			return r.x.passes(r.x.shownIn(code, year))
		})
	}
	c.accounts("j.account", r.q.Asked())
	c.add("j.position <= %s", c.arg(int64(r.x.limit)))
	if r.q.AsOf != 0 {
		c.add("j.on_date <= %s", c.day(r.q.AsOf))
	}
	opening = "false"
	if values, asked := r.q.Where[projections.Year]; year == 0 && asked {
		c.add("t.year = ANY(%s)", c.arg(yearNumbers(values)))
	}
	if year != 0 {
		this := c.arg(int16(year))
		c.add("(t.year = %s OR t.year < %s AND j.account = ANY(%s))", this, this, c.arg(append(stockAccounts(), int16(domain.Cash))))
		opening = "(t.year < " + this + " OR j.position = ANY(" + c.arg(r.carried(year-1)) + "))"
	}
	if r.q.From != 0 {
		opening = "(" + opening + " OR j.on_date < " + c.day(r.q.From) + ")"
	}
	return c, opening
}

// carried lists the events that carried a year over.
func (r *report) carried(year int) []int64 {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	return append([]int64{}, r.m.facts.carried[year]...)
}

// accountYears sums the filter's lines for a year.
func (r *report) accountYears(year int) (*[32]accountYear, error) {
	var all [32]accountYear
	c, opening := r.parts(year)
	text := fmt.Sprintf(`SELECT j.account, coalesce(sum(j.amount) FILTER (WHERE %[1]s), 0)::bigint,
  coalesce(sum(j.amount) FILTER (WHERE NOT %[1]s AND j.debit), 0)::bigint, coalesce(-sum(j.amount) FILTER (WHERE NOT %[1]s AND NOT j.debit), 0)::bigint
FROM tuples t JOIN journal j ON j.tuple = t.id WHERE %[2]s GROUP BY 1`, opening, c.conditions())
	err := r.m.rows(r.ctx, text, c.args, func(scan func(...any) error) error {
		var account domain.Account
		at := accountYear{found: true}
		if err := scan(&account, &at.opening, &at.debit, &at.credit); err != nil {
			return err
		}
		all[account] = at
		return nil
	})
	return &all, err
}

// accountLines adds the year's lines by date.
func (r *report) accountLines(year int, all *[32]accountYear) error {
	c, opening := r.parts(year)
	text := fmt.Sprintf(`SELECT j.account, j.position, j.on_date - date '1970-01-01', j.amount, j.debit, e.type, coalesce(e.voucher, ''), coalesce(e.memo, '')
FROM tuples t JOIN journal j ON j.tuple = t.id JOIN events e ON e.position = j.position WHERE %s AND NOT %s ORDER BY j.on_date, j.position, j.line`, c.conditions(), opening)
	return r.m.rows(r.ctx, text, c.args, func(scan func(...any) error) error {
		var account domain.Account
		var l ledgerLine
		var on int32
		if err := scan(&account, &l.position, &on, &l.amount, &l.debit, &l.typ, &l.voucher, &l.memo); err != nil {
			return err
		}
		l.on = domain.Date(on)
		all[account].lines = append(all[account].lines, l)
		return nil
	})
}

// trialBalance is 科目余额表.
func (r *report) trialBalance() error {
	r.column("account", "科目", "Account", projections.TextCell)
	r.column("opening", "期初", "Opening", projections.AmountCell)
	r.column("debit", "借方", "Debit", projections.AmountCell)
	r.column("credit", "贷方", "Credit", projections.AmountCell)
	r.column("closing", "期末", "Closing", projections.AmountCell)
	all, err := r.accountYears(r.only)
	if err != nil {
		return err
	}
	var opening, debit, credit, closing domain.Fen
	for _, a := range r.q.Asked() {
		at := &all[a]
		if !at.found {
			continue
		}
		opening, debit, credit, closing = opening+at.opening, debit+at.debit, credit+at.credit, closing+at.closing()
		r.row(nil, nil, accountCell(a), amount(at.opening), amount(at.debit), amount(at.credit), amount(at.closing()))
	}
	r.a.Totals = []projections.Cell{words(domain.Words{ZH: "合计", EN: "Total"}), amount(opening), amount(debit), amount(credit), amount(closing)}
	return nil
}

// accountCell has the account's name as its text, and its words.
func accountCell(a domain.Account) projections.Cell {
	return projections.Cell{Text: a.String(), Words: a.Words()}
}

// projectLedger is 项目明细账: for each account of one project its opening, its
// lines, the year's sums and its closing.
func (r *report) projectLedger() error {
	if _, ok := r.q.Only(projections.Project); !ok {
		return &projections.QueryError{Parameter: "project", Reason: "required"}
	}
	r.column("account", "科目", "Account", projections.TextCell)
	r.column("on", "日期", "Date", projections.DateCell)
	r.column("voucher", "凭证号", "Voucher", projections.TextCell)
	r.column("summary", "摘要", "Summary", projections.TextCell)
	r.column("debit", "借方", "Debit", projections.AmountCell)
	r.column("credit", "贷方", "Credit", projections.AmountCell)
	r.column("balance", "余额", "Balance", projections.AmountCell)
	all, err := r.accountYears(r.only)
	if err != nil {
		return err
	}
	if err := r.accountLines(r.only, all); err != nil {
		return err
	}
	for _, a := range r.q.Asked() {
		if at := &all[a]; at.found {
			r.ledgerOf(a, at)
		}
	}
	return nil
}

// ledgerOf writes the rows of one account.
func (r *report) ledgerOf(a domain.Account, at *accountYear) {
	account := accountCell(a)
	r.row(nil, nil, account, null, null, words(domain.Words{ZH: "期初余额", EN: "Opening"}), null, null, amount(at.opening))
	balance := at.opening
	for _, l := range at.lines {
		balance += l.amount
		debit, credit := amount(l.amount), null
		if !l.debit {
			debit, credit = null, amount(-l.amount)
		}
		summary := words(projections.Title(l.typ))
		if l.memo != "" {
			summary = text(l.memo)
		}
		r.row(nil, nil, account, text(l.on.String()), text(l.voucher), summary, debit, credit, amount(balance))
		r.a.Rows[len(r.a.Rows)-1].Event = l.position
	}
	r.row(nil, nil, account, null, null, words(domain.Words{ZH: "本年合计", EN: "Sums of the year"}), amount(at.debit), amount(at.credit), null)
	r.row(nil, nil, account, null, null, words(domain.Words{ZH: "期末余额", EN: "Closing"}), null, null, amount(at.closing()))
}
