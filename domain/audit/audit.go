package audit

import (
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
)

// Audit is the fold of all tests over a log. It is not safe for concurrent use.
type Audit struct {
	position uint64
	today    domain.Date
	hits     []Finding // rechecks, as they came

	users         map[string]map[string]map[string]bool // user, role, funds
	organisations map[string]*organisation
	funds         map[string]*fund
	projects      map[string]*project
	awards        map[string]*award
	rounds        map[inRound][]*award
	lots          map[string]*lot
	transfers     map[string]*transfer
	proposals     map[string]*proposal
	papers        map[paper]*voucher
	receipts      []receiptUse
	vouchers      map[string]*voucher
	inOrder       []*voucher // events with entries
	reversals     []*voucher
	stocks        map[stockKey]*stock
}

// New is the fold before the first event.
func New() *Audit {
	return &Audit{
		users: map[string]map[string]map[string]bool{}, organisations: map[string]*organisation{}, funds: map[string]*fund{},
		projects: map[string]*project{}, awards: map[string]*award{}, rounds: map[inRound][]*award{}, lots: map[string]*lot{}, transfers: map[string]*transfer{},
		proposals: map[string]*proposal{}, papers: map[paper]*voucher{}, vouchers: map[string]*voucher{}, stocks: map[stockKey]*stock{},
	}
}

// Position is that of the newest event applied.
func (a *Audit) Position() uint64 { return a.position }

// Today is the recording date (UTC+8) of the newest event applied: the day to
// which Findings counts unless another is given.
func (a *Audit) Today() domain.Date { return a.today }

// Apply takes the next event of the log. Events come in order, stored ones,
// with Position and Time.
func (a *Audit) Apply(e *domain.Event) {
	s := a.step(e)
	a.position, a.today = e.Position, max(a.today, s.v.recorded)
	s.purposes()
	s.fourEyes()
	if fold := folds[e.Type]; fold != nil {
		fold(s)
	}
	s.post()
}

// Findings runs the tests over what was applied. today bounds the counts of
// days; zero stands for Today.
func (a *Audit) Findings(s Settings, today domain.Date) []Finding {
	if today == 0 {
		today = a.today
	}
	r := run{Audit: a, Settings: s, today: today}
	r.out = append(r.out, a.hits...)
	r.goodsStock()
	r.receiptSeries()
	r.passingOn()
	r.idleYears()
	r.lapsing()
	r.equalAcceptances()
	r.splitting()
	for _, id := range keys(a.awards) {
		r.award(a.awards[id])
	}
	r.makers()
	r.lateReversals()
	r.lateEntries()
	r.oldStock()
	return arrange(r.out)
}

// Run is Findings over the events at once.
func Run(events []*domain.Event, s Settings, today domain.Date) []Finding {
	a := New()
	for _, e := range events {
		a.Apply(e)
	}
	return a.Findings(s, today)
}

// run is one pass of the patterns.
type run struct {
	*Audit
	Settings
	today domain.Date
	out   []Finding
}

// hit adds a pattern; the events come in any order.
func (r *run) hit(test, subject string, events []*voucher, figure, limit Measure, detail domain.Words) {
	r.out = append(r.out, finding(test, Pattern, subject, events, figure, limit, detail))
}

func finding(test string, kind Kind, subject string, events []*voucher, figure, limit Measure, detail domain.Words) Finding {
	f := Finding{Test: test, Kind: kind, Subject: subject, Figure: figure, Limit: limit, Detail: detail}
	for _, v := range byPosition(events) {
		f.Positions = append(f.Positions, v.position)
		if v.number != "" {
			f.Vouchers = append(f.Vouchers, v.number)
		}
	}
	return f
}

// step is one event on its way through the fold.
type step struct {
	*Audit
	e *domain.Event
	m domain.Members
	v *voucher
}

func (a *Audit) step(e *domain.Event) *step {
	s := &step{Audit: a, e: e, m: e.Members()}
	v := &voucher{typ: e.Type, subject: e.Subject, on: e.On, year: e.Year, position: e.Position, maker: e.Actor, recorded: domain.DateOf(e.Time)}
	if maker := s.m.Object("approval").Text("maker"); maker != "" {
		v.maker = maker
	}
	v.fund = s.fundOf()
	if len(e.Entries) > 0 {
		v.number, v.amount = s.m.Text("voucher"), turnover(e)
	}
	v.award = s.m.Text("award")
	if id, ok := strings.CutPrefix(e.Subject, "award/"); ok && v.award == "" {
		v.award = id
	}
	s.v = v
	return s
}

// fundOf is the fund of the entries, or else that of the scopes.
func (s *step) fundOf() string {
	if len(s.e.Entries) > 0 {
		return s.e.Entries[0].Fund
	}
	for _, scope := range s.e.Scopes {
		if id, ok := strings.CutPrefix(scope, "fund/"); ok {
			return id
		}
	}
	return s.m.Text("fund")
}

func (s *step) fund() *fund {
	f := at(s.funds, s.v.fund)
	f.id = s.v.fund
	return f
}

// award is the award that the event is about.
func (s *step) award() *award {
	w := at(s.awards, s.v.award)
	w.id = s.v.award
	return w
}

// hit adds a recheck hit of the event; others are the earlier events that it is
// held against.
func (s *step) hit(test string, figure, limit Measure, detail domain.Words, others ...*voucher) {
	s.hits = append(s.hits, finding(test, Recheck, s.e.Subject, append(others, s.v), figure, limit, detail))
}

// identifier is the status of a unified social credit code.
func identifier(uscc string) string { return division.CheckUSCC(uscc) }
