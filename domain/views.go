package domain

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"grantledger/domain/division"
)

// The views below are what read models show of the state. Their results share
// slices with the ledger: they are to be read, not changed.

// Info is a fact of the ledger itself: id, name, district, origin, trust.
func (l *Ledger) Info(name string) string { return l.info.at(name) }

// Register is the register of districts now in force.
func (l *Ledger) Register() *division.Register { return l.register() }

// Version is the version of a subject; 0 when it has no event.
func (l *Ledger) Version(subject string) uint64 { return l.versions.at(subject) }

// User gives a user by id.
func (l *Ledger) User(id string) (User, bool) { return l.users.get(id) }

// Fund gives a fund by id.
func (l *Ledger) Fund(id string) (Fund, bool) { return l.funds.get(id) }

// Project gives a project by id.
func (l *Ledger) Project(id string) (Project, bool) { return l.projects.get(id) }

// Organisation gives an organisation by id.
func (l *Ledger) Organisation(id string) (Organisation, bool) { return l.organisations.get(id) }

// Award gives an award by id.
func (l *Ledger) Award(id string) (Award, bool) { return l.awards.get(id) }

// Pledge gives a pledge by id.
func (l *Ledger) Pledge(id string) (Pledge, bool) { return l.pledges.get(id) }

// Lot gives a lot by id.
func (l *Ledger) Lot(id string) (Lot, bool) { return l.lots.get(id) }

// Transfer gives a transfer by id.
func (l *Ledger) Transfer(id string) (Transfer, bool) { return l.transfers.get(id) }

// Proposal gives a proposal by its id, the key of the maker's command.
func (l *Ledger) Proposal(id string) (Proposal, bool) { return l.proposals.get(id) }

// Users, Funds and the others yield the subjects of a kind by id.
func (l *Ledger) Users() iter.Seq[User] { return sorted(l.users.m) }

// Funds yields the funds by id.
func (l *Ledger) Funds() iter.Seq[Fund] { return sorted(l.funds.m) }

// Projects yields the projects by id.
func (l *Ledger) Projects() iter.Seq[Project] { return sorted(l.projects.m) }

// Organisations yields the organisations by id.
func (l *Ledger) Organisations() iter.Seq[Organisation] { return sorted(l.organisations.m) }

// Awards yields the awards by id.
func (l *Ledger) Awards() iter.Seq[Award] { return sorted(l.awards.m) }

// Pledges yields the pledges by id.
func (l *Ledger) Pledges() iter.Seq[Pledge] { return sorted(l.pledges.m) }

// Lots yields the lots by id.
func (l *Ledger) Lots() iter.Seq[Lot] { return sorted(l.lots.m) }

// Transfers yields the transfers by id.
func (l *Ledger) Transfers() iter.Seq[Transfer] { return sorted(l.transfers.m) }

// Proposals yields the proposals by id.
func (l *Ledger) Proposals() iter.Seq[Proposal] { return sorted(l.proposals.m) }

func sorted[V any](m map[string]V) iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(m[k]) {
				return
			}
		}
	}
}

// Voucher tells where a voucher stands: the position of its event, and that of
// the event which reversed it (0 = none). ok is false for an unknown number.
func (l *Ledger) Voucher(number string) (position, reversedBy uint64, ok bool) {
	v := l.vouchers.get(number)
	if v == nil {
		return 0, 0, false
	}
	return v.position, v.reversed, true
}

// Datum is a text among the data of the event that was applied last, "" when it
// has none of the name. It saves a read model from reading the data again.
func (l *Ledger) Datum(name string) string { return l.data.str(name) }

// KeyPosition is the position of the first event of the command that used the
// idempotency key; 0 when none did.
func (l *Ledger) KeyPosition(key string) uint64 { return l.keys.find(l.keyID(key)).position }

// BalancesTSV writes every balance that is not zero as balances.tsv (DOMAIN.md
// 11): header, rows sorted bytewise, amounts in fen.
func (l *Ledger) BalancesTSV() string {
	var b strings.Builder
	b.WriteString(BalancesHeader)
	for _, row := range l.books.rows(l.books.all(), nil) {
		b.WriteString(row)
	}
	return b.String()
}
