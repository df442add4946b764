package record

// Account is one of the 25 accounts of section 4, in four books.
type Account uint8

// Book is the part of an account's name before the dot. Within one event each book sums to zero by itself.
type Book uint8

// The books, in the order of their accounts.
const (
	Budget Book = iota
	Money
	Pledge
	Match
	Books = 4 // number of books
)

// Accounts is the number of accounts; an Account is less.
const Accounts = Account(len(accountNames))

var accountNames = [...]string{
	"budget.authority", "budget.available", "budget.allocated", "budget.committed", "budget.disbursed",
	"budget.transferred", "budget.lapsed", "budget.carried", "budget.recovered",
	"money.income", "money.cash", "money.advance", "money.refund_due", "money.goods", "money.spent",
	"money.delivered", "money.loss",
	"pledge.origin", "pledge.open", "pledge.fulfilled", "pledge.released",
	"match.origin", "match.open", "match.evidenced", "match.waived",
}

// String is the name in a line of an entry, e.g. money.cash.
func (a Account) String() string { return accountNames[a] }

// Book tells the book of the account.
func (a Account) Book() Book {
	switch {
	case a < 9:
		return Budget
	case a < 17:
		return Money
	case a < 21:
		return Pledge
	}
	return Match
}

// ParseAccount gives the account of a name; ok is false for a name that is none.
func ParseAccount(name []byte) (a Account, ok bool) {
	from, to := 0, 0
	switch {
	case len(name) < 10:
		return 0, false
	case name[0] == 'b':
		from, to = 0, 9
	case name[0] == 'm' && name[1] == 'o':
		from, to = 9, 17
	case name[0] == 'p':
		from, to = 17, 21
	default:
		from, to = 21, len(accountNames)
	}
	for i := from; i < to; i++ {
		if string(name) == accountNames[i] {
			return Account(i), true
		}
	}
	return 0, false
}
