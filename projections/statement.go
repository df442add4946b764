package projections

import (
	"time"

	"grantledger/domain"
)

// StatementQuery asks for lines with a running balance per account.
type StatementQuery struct {
	Filter
	ByPosition bool `json:"y,omitempty"` // order; else by business date, then position
	Page
}

// Statement is the answer: per account opening + net = closing. Opening, Totals
// and Closing are those of the whole statement on every page.
type Statement struct {
	Position uint64
	Accounts []AccountStatement // asked for; those with lines when the filter names none
	Items    []StatementLine
	Lines    int // of the whole statement
	Next     int // offset of the next page, 0 at the end
}

// AccountStatement sums up one account.
type AccountStatement struct {
	Account          domain.Account
	Opening, Closing domain.Fen // before From; at the end
	In, Out          domain.Fen // sums of positive, and of negative lines as a positive amount
	Lines            int
}

// Net is the movement between opening and closing.
func (a *AccountStatement) Net() domain.Fen { return a.In - a.Out }

// StatementLine is one line of an entry.
type StatementLine struct {
	Position    uint64
	Line        int // within the event in stored order, from 1
	On          domain.Date
	Time        time.Time
	Type        string
	Subject     string
	Voucher     string
	Account     domain.Account
	Amount      domain.Fen
	Debit       bool       // side by the red-letter rule
	Balance     domain.Fen // of the account within the statement, after this line
	Dimensions  domain.Dimensions
	Memo        string
	Docs        int
	Corrects    uint64   // position of the event that this one corrects or replaces; 0 = none
	CorrectedBy []uint64 // positions of the events that correct or replace this one
}
