package memory

import (
	"slices"

	"grantledger/domain"
	"grantledger/projections"
)

// accountYear is an account within a year: what it began with, the lines of the
// year by date, and their sums by side.
type accountYear struct {
	opening, debit, credit domain.Fen // credit as a positive amount
	lines                  []uint64   // date and number
	found                  bool
}

func (a *accountYear) closing() domain.Fen { return a.opening + a.debit - a.credit }

// accountYears sorts the filter's lines out for a year: a budget account opens
// with what was carried in, a stock account with the stock of earlier years.
// For year 0 it takes all years, and opens with the lines before the filter's
// From.
func (r *report) accountYears(year int) *[32]accountYear {
	var all [32]accountYear
	x := r.x
	x.tuples(anyYear, func(n uint32, t *tuple) {
		shown := x.shown[t.district]
		if year != 0 {
			shown = x.shownIn(t.district, year)
		}
		if x.byDistrict && !x.shownOK[shown] || year != 0 && int(t.year) > year || year == 0 && !x.year.has(uint32(t.year)) {
			return
		}
		for _, c := range r.m.cellsOf.at(n) {
			cell := &r.m.cells[c]
			_, stock := domain.StockFigure(cell.account)
			stock = stock || cell.account == domain.Cash
			if x.accounts[cell.account] && (year == 0 || int(t.year) == year || stock) {
				r.take(&all[cell.account], c, int(t.year), year)
			}
		}
	})
	for i := range all {
		slices.Sort(all[i].lines)
	}
	return &all
}

// take adds the cell's lines to its account.
func (r *report) take(to *accountYear, c uint32, year, want int) {
	m := r.m
	for _, line := range m.lines.at(c) {
		position := m.lineEvent[line]
		if position > r.x.limit {
			return
		}
		e := m.journal.at(position)
		if r.x.asOf != 0 && e.on > r.x.asOf {
			continue
		}
		to.found = true
		carriedIn := want != 0 && m.types.text(uint32(e.typ)) == "year.carried.v1" && int(e.year)+1 == year
		if year < want || carriedIn || r.x.from != 0 && e.on < r.x.from {
			to.opening += m.lineAmount[line]
			continue
		}
		to.lines = append(to.lines, uint64(e.on)<<32|uint64(line))
		if m.lineDebit[line] {
			to.debit += m.lineAmount[line]
		} else {
			to.credit -= m.lineAmount[line]
		}
	}
}

// trialBalance is 科目余额表.
func (r *report) trialBalance() {
	r.column("account", "科目", "Account", projections.TextCell)
	r.column("opening", "期初", "Opening", projections.AmountCell)
	r.column("debit", "借方", "Debit", projections.AmountCell)
	r.column("credit", "贷方", "Credit", projections.AmountCell)
	r.column("closing", "期末", "Closing", projections.AmountCell)
	all := r.accountYears(r.only)
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
	all := r.accountYears(r.only)
	for _, a := range r.q.Asked() {
		if at := &all[a]; at.found {
			r.ledgerOf(a, at)
		}
	}
	return nil
}

// ledgerOf writes the rows of one account.
func (r *report) ledgerOf(a domain.Account, at *accountYear) {
	m := r.m
	account := accountCell(a)
	r.row(nil, nil, account, null, null, words(domain.Words{ZH: "期初余额", EN: "Opening"}), null, null, amount(at.opening))
	balance := at.opening
	for _, key := range at.lines {
		line := uint32(key)
		position := m.lineEvent[line]
		e := m.journal.at(position)
		balance += m.lineAmount[line]
		debit, credit := amount(m.lineAmount[line]), null
		if !m.lineDebit[line] {
			debit, credit = null, amount(-m.lineAmount[line])
		}
		summary := words(projections.Title(m.types.text(uint32(e.typ))))
		if memo := m.memos[position]; memo != "" {
			summary = text(memo)
		}
		r.row(nil, nil, account, text(e.on.String()), text(m.voucher(position)), summary, debit, credit, amount(balance))
		r.a.Rows[len(r.a.Rows)-1].Event = uint64(position)
	}
	r.row(nil, nil, account, null, null, words(domain.Words{ZH: "本年合计", EN: "Sums of the year"}), amount(at.debit), amount(at.credit), null)
	r.row(nil, nil, account, null, null, words(domain.Words{ZH: "期末余额", EN: "Closing"}), null, null, amount(at.closing()))
}
