package audit

import (
	"slices"

	"grantledger/domain"
)

// voucher is an event as the tests refer to it. Events without entries have
// one too, without number; those cannot be reversed.
type voucher struct {
	number   string // "" without entries
	typ      string
	subject  string
	fund     string
	maker    string // user that issued the command
	year     int
	on       domain.Date
	recorded domain.Date // UTC+8
	position uint64
	amount   domain.Fen // turnover, for the policy on reversals
	reversed uint64     // position of the reversal; 0 = counts
	papers   []paper
	award    string
	lot      string
	quantity int64        // of the lot
	value    domain.Fen   // of that quantity
	limits   []domain.Fen // of the bands of an award or a payment
}

func (v *voucher) counts() bool { return v.reversed == 0 }

type fund struct {
	id, district string
	source       string
	lapses       bool
	purposes     []string
	everHad      []string // every purpose that was ever on the list
	supplement   int
	minRating    int
	inspection   bool
	oneAward     bool
	bands        []band // replaced as a whole, so that a proposal can keep those of its day
	closings     []*voucher
	flows        []flow
	rates        []rateMove
	goods        domain.Fen // stock by account
	lotGoods     domain.Fen // of it, by events about lots
	lastGoods    *voucher
}

// band is a rule of the approval policy.
type band struct {
	commands []string
	limited  bool
	upTo     domain.Fen
	steps    int
}

// flow is what an event did to the available money of one vintage.
type flow struct {
	v       *voucher
	vintage int
	in, out domain.Fen // came in; was set aside, passed on or taken back
	tested  bool       // in came by an appropriation
}

// rateMove is what an event did to the rate of a fund year.
type rateMove struct {
	v               *voucher
	year            int
	base, disbursed domain.Fen
}

type organisation struct {
	status, identifier string
	changed            uint64 // position of the newest change of status
	ratings            []rating
	inspections        []inspection
	holds              map[string]bool // id: in force
}

type rating struct {
	value       int
	from, until domain.Date
}

type inspection struct {
	year   int
	result string
}

type project struct {
	purpose, parent string
	ends            domain.Date
}

type award struct {
	id, fund, project, organisation, kind, state string
	amount, first, paid                          domain.Fen
	noticeUntil, signed                          domain.Date
	confirmed                                    *voucher
	after                                        []string          // stage of each instalment
	stages                                       map[string]string // newest result of a stage
	final                                        *voucher          // final evaluation
	objections                                   map[string]string // result; "" while open
	holds                                        map[string]bool
	promised                                     domain.Fen
	committed, advance, matchOpen, matchWaived   domain.Fen
	waivers                                      []*voucher
	payments, acceptances, demands               []use
	claims                                       []*claim
}

// inRound names the awards of an organisation in a round.
type inRound struct{ round, organisation string }

// use is an amount that an event paid, accepted or claimed back.
type use struct {
	v      *voucher
	amount domain.Fen
}

// claim is a refund that was demanded; it lives as long as its voucher counts.
type claim struct {
	id      string
	v       *voucher
	amount  domain.Fen
	due     domain.Date
	settled []use // received and written off
}

func (c *claim) open() domain.Fen {
	rest := c.amount
	for _, s := range c.settled {
		if s.v.counts() {
			rest -= s.amount
		}
	}
	return rest
}

type lot struct {
	received        *voucher
	quantity, out   int64
	value, valueOut domain.Fen
}

type transfer struct {
	sent     *voucher
	inside   bool // stays in the ledger
	amount   domain.Fen
	receipts []*voucher
}

// proposal is a command that waited for approval, with the policy of its day.
type proposal struct {
	command   string
	maker     string
	fund      string
	bands     []band
	approvals []approval
}

type approval struct {
	actor, key string
	role       string
	holder     bool // held the role then
}

// stock is a balance of available or allocated authority.
type stock struct {
	amount domain.Fen
	last   *voucher
}

type stockKey struct {
	fund, project string
	year, vintage int
}

// at gives the entry of the map, made when it is missing: an altered log may
// name what it never registered.
func at[K comparable, V any](m map[K]*V, key K) *V {
	v := m[key]
	if v == nil {
		v = new(V)
		m[key] = v
	}
	return v
}

// keys are the keys of a map in order.
func keys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// sum adds up the event's lines on an account.
func sum(e *domain.Event, a domain.Account) domain.Fen {
	var total domain.Fen
	for i := range e.Entries {
		for _, line := range e.Entries[i].Lines {
			if line.Account == a {
				total += line.Amount
			}
		}
	}
	return total
}

// turnover is the amount of a voucher: the largest sum of positive, or of
// negative, lines on one account (DOMAIN.md 4).
func turnover(e *domain.Event) domain.Fen {
	plus, minus := map[domain.Account]domain.Fen{}, map[domain.Account]domain.Fen{}
	var most domain.Fen
	for i := range e.Entries {
		for _, line := range e.Entries[i].Lines {
			if line.Amount > 0 {
				plus[line.Account] += line.Amount
			} else {
				minus[line.Account] -= line.Amount
			}
			most = max(most, plus[line.Account], minus[line.Account])
		}
	}
	return most
}
