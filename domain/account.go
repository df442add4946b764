package domain

// Book is one of the four books; each sums to zero in every event.
type Book uint8

// The four books.
const (
	Budget Book = iota
	Money
	Pledges
	Match
)

var bookNames = [...]string{"budget", "money", "pledge", "match"}

// String is the book's name as it stands before the dot of an account.
func (b Book) String() string { return bookNames[b] }

// Account is an account of the ledger (FORMAT.md 4). The zero value is none.
type Account uint8

// The accounts, book by book.
const (
	NoAccount Account = iota
	Authority
	Available
	Allocated
	Committed
	Disbursed
	Transferred
	Lapsed
	Carried
	Recovered
	Income
	Cash
	Advance
	RefundDue
	Goods
	Spent
	Delivered
	Loss
	PledgeOrigin
	PledgeOpen
	PledgeFulfilled
	PledgeReleased
	MatchOrigin
	MatchOpen
	MatchEvidenced
	MatchWaived
	accountCount
)

var accountNames = [...]string{
	"", "budget.authority", "budget.available", "budget.allocated", "budget.committed", "budget.disbursed",
	"budget.transferred", "budget.lapsed", "budget.carried", "budget.recovered",
	"money.income", "money.cash", "money.advance", "money.refund_due", "money.goods", "money.spent", "money.delivered", "money.loss",
	"pledge.origin", "pledge.open", "pledge.fulfilled", "pledge.released",
	"match.origin", "match.open", "match.evidenced", "match.waived",
}

var accountsByName = func() map[string]Account {
	m := make(map[string]Account, accountCount)
	for a := Authority; a < accountCount; a++ {
		m[accountNames[a]] = a
	}
	return m
}()

// Accounts lists every account in the order of its books.
func Accounts() []Account {
	all := make([]Account, 0, accountCount-1)
	for a := Authority; a < accountCount; a++ {
		all = append(all, a)
	}
	return all
}

// ParseAccount reads "budget.committed"; false for anything else.
func ParseAccount(s string) (Account, bool) {
	a, ok := accountsByName[s]
	return a, ok
}

// String is the account's full name, "money.advance".
func (a Account) String() string { return accountNames[a] }

// Book is the book the account belongs to.
func (a Account) Book() Book {
	switch {
	case a <= Recovered:
		return Budget
	case a <= Loss:
		return Money
	case a <= PledgeReleased:
		return Pledges
	}
	return Match
}

// Short is the account's name within its book: "advance", and "pledge" or
// "match" for the open part of those books, as in insufficient_<account>.
func (a Account) Short() string {
	switch a {
	case PledgeOpen:
		return "pledge"
	case MatchOpen:
		return "match"
	}
	name := accountNames[a]
	for i := 0; i < len(name); i++ {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}
