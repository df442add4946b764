package api

import (
	"strconv"

	"grantledger/domain"
	"grantledger/projections"
)

// readStatements answers lines with a running balance per account (API.md 7.4).
func readStatements(c *call) error {
	r, err := c.read("statements", filterNames, pageNames, []string{"order"})
	if err != nil {
		return err
	}
	var q projections.StatementQuery
	err = r.bind(&q, &q.Filter, func(p *params) { q.ByPosition = p.enum("order", "on", "on", "position") == "position" })
	if err != nil {
		return err
	}
	q.Page = r.page(q.Offset)
	found, err := r.server.Model.Statement(r.context(), r.view, q)
	if err != nil {
		return modelError(err)
	}
	e := envelope{position: found.Position, filter: &q.Filter}
	e.before = appendEnds([]byte(`,"opening":`), found, func(a *projections.AccountStatement) domain.Fen { return a.Opening })
	e.after = appendEnds([]byte(`,"closing":`), found, func(a *projections.AccountStatement) domain.Fen { return a.Closing })
	e.totals = appendMovements(nil, found)
	if found.Next > 0 {
		next := q
		next.Position, next.Offset = found.Position, found.Next
		e.next = projections.Cursor(r.list, next)
	}
	return r.answer(statementTable(found), words{ZH: "明细账", EN: "Statement"}, e)
}

// appendEnds appends an amount of each account.
func appendEnds(b []byte, found *projections.Statement, of func(*projections.AccountStatement) domain.Fen) []byte {
	b = append(b, '{')
	for i := range found.Accounts {
		a := &found.Accounts[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendAmount(append(appendText(b, a.Account.String()), ':'), of(a))
	}
	return append(b, '}')
}

func appendMovements(b []byte, found *projections.Statement) []byte {
	b = append(b, '{')
	for i := range found.Accounts {
		a := &found.Accounts[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, a.Account.String())
		b = appendAmount(append(b, `:{"in":`...), a.In)
		b = appendAmount(append(b, `,"out":`...), a.Out)
		b = appendAmount(append(b, `,"net":`...), a.Net())
		b = strconv.AppendInt(append(b, `,"lines":`...), int64(a.Lines), 10)
		b = append(b, '}')
	}
	return append(b, '}')
}

// tupleKeys are the seven dimensions of an entry in their order.
var tupleKeys = []projections.Key{
	projections.Fund, projections.Project, projections.Organisation, projections.District, projections.Year, projections.Vintage, projections.Purpose,
}

// statementTable has one row a line.
func statementTable(found *projections.Statement) *table {
	var cs columns
	cs.plain(integerCell, "position", "line")
	cs.plain(textCell, "on", "time", "type", "subject", "voucher", "account")
	cs.plain(amountCell, "amount", "balance")
	cs.keys("dimensions", tupleKeys)
	cs.plain(textCell, "memo")
	cs.plain(integerCell, "docs", "corrects", "corrected_by")
	cs.plain(textCell, "event")
	return &table{columns: cs, rows: len(found.Items), fill: func(row int, cells []cell) {
		l := &found.Items[row]
		cells[0].position(l.Position)
		cells[1].count(int64(l.Line))
		cells[2].say(l.On.String())
		cells[3].say(timeText(l.Time))
		cells[4].say(l.Type)
		cells[5].say(l.Subject)
		cells[6].say(l.Voucher)
		cells[7].say(l.Account.String())
		cells[8].amount(l.Amount)
		cells[9].amount(l.Balance)
		fillDimensions(cells[10:], &l.Dimensions)
		cells[17].say(l.Memo)
		cells[18].count(int64(l.Docs))
		cells[19].position(l.Corrects)
		cells[20].position(latest(l.CorrectedBy))
		cells[21].say(eventURL(l.Position))
	}}
}

// fillDimensions fills the cells of tupleKeys.
func fillDimensions(cells []cell, d *domain.Dimensions) {
	cells[0].say(d.Fund)
	cells[1].say(d.Project)
	cells[2].say(d.Organisation)
	cells[3].say(d.District)
	cells[4].position(uint64(d.Year))
	cells[5].position(uint64(d.Vintage))
	cells[6].say(d.Purpose)
}
