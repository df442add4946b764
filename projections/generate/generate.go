package generate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/eventstore"
)

// Generator is a log that makes its events when they are read, the same ones
// every time: payments, acceptances, allocations, appropriations, reversals and
// gifts over many projects, districts and years, with business dates up to two
// months before the recording date. The events obey the format and their books
// are even; they did not pass the rules.
type Generator struct {
	Seed                                      uint64
	Events                                    int
	Projects, Organisations, Districts, Funds int
	Years                                     int // from 2015
	PerBlock                                  int
	Until                                     uint64                                     // the last event that is there by now; 0 = all
	Pace                                      func(ctx context.Context, position uint64) // called before each block; nil: as fast as it is read

	once     sync.Once // two models may read at the same time
	codes    []string
	counting sync.Once
	numbers  []uint32 // of vouchers, by position: without gaps in a fund's year
}

// Province is the generator of the figures in PERFORMANCE.md: 50,000 projects,
// 3,000 districts, 10 years.
func Province(events int) *Generator {
	return &Generator{Seed: 1, Events: events, Projects: 50_000, Organisations: 5_000, Districts: 3_000, Funds: 20, Years: 10, PerBlock: 500}
}

// Village is a small generator in which everything meets everything.
func Village(seed uint64, events int) *Generator {
	return &Generator{Seed: seed, Events: events, Projects: 12, Organisations: 5, Districts: 7, Funds: 3, Years: 4, PerBlock: 7}
}

// Follow calls fn for every block after a position, then waits for ctx to end.
func (g *Generator) Follow(ctx context.Context, after uint64, fn func(eventstore.Block) error) error {
	end := uint64(g.Events)
	if g.Until > 0 {
		end = g.Until
	}
	for first := after + 1; first <= end; {
		last := min((first-1)/uint64(g.PerBlock)*uint64(g.PerBlock)+uint64(g.PerBlock), end)
		if g.Pace != nil {
			g.Pace(ctx, first)
		}
		b := eventstore.Block{Sequence: (last-1)/uint64(g.PerBlock) + 1, First: first, Count: int(last - first + 1)}
		for p := first; p <= last; p++ {
			e := g.Event(p)
			head, body := Encode(&e)
			b.Data = append(append(append(append(b.Data, head...), '\n'), body...), '\n')
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
		first = last + 1
	}
	<-ctx.Done()
	return ctx.Err()
}

// places are the codes of the districts.
func (g *Generator) places() []string {
	g.once.Do(func() {
		for row := range division.Base().In(2018) { // some of them were replaced since
			g.codes = append(g.codes, row.Code)
		}
		r := rand.New(rand.NewPCG(g.Seed, 0))
		r.Shuffle(len(g.codes), func(i, j int) { g.codes[i], g.codes[j] = g.codes[j], g.codes[i] })
		g.codes = append([]string{"341822", "341882"}, g.codes...)
		g.codes = g.codes[:min(g.Districts, len(g.codes))]
	})
	return g.codes
}

// Event makes the event of a position.
func (g *Generator) Event(position uint64) domain.Event {
	g.counting.Do(g.count)
	return g.event(position)
}

// count numbers the vouchers.
func (g *Generator) count() {
	type fundYear struct {
		fund string
		year int
	}
	last := map[fundYear]uint32{}
	numbers := make([]uint32, g.Events+1)
	for p := 1; p <= g.Events; p++ {
		if e := g.event(uint64(p)); len(e.Entries) > 0 {
			k := fundYear{e.Entries[0].Fund, e.Year}
			last[k]++
			numbers[p] = last[k]
		}
	}
	g.numbers = numbers
}

// event makes an event; its voucher has no number before count.
func (g *Generator) event(position uint64) domain.Event {
	r := rand.New(rand.NewPCG(g.Seed, position))
	span := time.Duration(g.Years) * 365 * 24 * time.Hour
	at := time.Date(2015, 1, 1, 2, 0, 0, 0, time.UTC).Add(span / time.Duration(g.Events+1) * time.Duration(position)).Truncate(time.Millisecond)
	day := domain.DateOf(at)
	e := domain.Event{Position: position, Time: at, ID: ID(at, position), Version: position, Actor: "user/clerk-" + strconv.Itoa(r.IntN(3)), Key: "k-" + strconv.FormatUint(position, 10)}
	e.On = max(day-domain.Date(r.IntN(60)), domain.NewDate(day.Year(), 1, 1))
	e.Year = e.On.Year()
	if n := int(position) - 1; n < g.opening() {
		return g.open(e, n)
	}
	switch kind := r.IntN(100); {
	case kind < 2 && int(position) > g.opening()+50:
		return g.reversal(e, position-1-r.Uint64N(49))
	case kind < 4:
		return g.appropriation(e, r)
	case kind < 6:
		return g.gift(e, r)
	}
	return g.deal(e, r)
}

// opening is the number of events by which funds, projects and awards begin.
func (g *Generator) opening() int { return g.Funds + 3*g.Projects }

// open begins a fund, or a project with its award.
func (g *Generator) open(e domain.Event, n int) domain.Event {
	sources := []string{"lottery", "venture", "donation"}
	if n < g.Funds {
		fund := "F-" + strconv.Itoa(n)
		e.Type, e.Subject, e.Scopes = "fund.opened.v1", "fund/"+fund, []string{"fund/" + fund}
		e.Data = fmt.Appendf(nil, `{"fund":"%s","name":"资金 %d","source":"%s","district":"340000"}`, fund, n, sources[n%3])
		e.Year = 0
		return e
	}
	project := (n - g.Funds) / 3
	d := g.dimensions(rand.New(rand.NewPCG(g.Seed, uint64(n))), project, e.Year)
	e.Year = 0
	award := "AW-" + strconv.Itoa(project)
	e.Subject, e.Scopes = "award/"+award, []string{"award/" + award, "fund/" + d.Fund, "organisation/" + d.Organisation, "project/" + d.Project}
	switch (n - g.Funds) % 3 {
	case 0:
		e.Type, e.Subject, e.Scopes = "project.registered.v1", "project/"+d.Project, []string{"district/" + d.District, "project/" + d.Project}
		e.Data = fmt.Appendf(nil, `{"project":"%s","name":"项目 %d","district":"%s","purpose":"%s"}`, d.Project, project, d.District, d.Purpose)
	case 1:
		notice := ""
		if project%2 == 0 {
			notice = fmt.Sprintf(`,"notice_from":"%s"`, e.On+domain.Date(project%40))
		}
		e.Type = "award.proposed.v1"
		e.Data = fmt.Appendf(nil, `{"award":"%s","fund":"%s","project":"%s","organisation":"%s","amount":1000000%s}`, award, d.Fund, d.Project, d.Organisation, notice)
	case 2:
		e.Type = "agreement.signed.v1"
		e.Data = fmt.Appendf(nil, `{"award":"%s","agreement":"A-%d","instalments":[{"amount":1000000}]}`, award, project)
	}
	return e
}

// deal is an event of an award's life.
func (g *Generator) deal(e domain.Event, r *rand.Rand) domain.Event {
	project := r.IntN(g.Projects)
	d := g.dimensions(r, project, e.Year)
	e.Subject, e.Type = "award/AW-"+strconv.Itoa(project), "award.disbursed.v1"
	amount := domain.Fen(r.IntN(1_000_000) + 1)
	lines := []domain.Line{{Account: domain.Committed, Amount: -amount}, {Account: domain.Disbursed, Amount: amount}, {Account: domain.Advance, Amount: amount}, {Account: domain.Cash, Amount: -amount}}
	switch r.IntN(4) {
	case 0:
		e.Type, lines = "expenditure.accepted.v1", []domain.Line{{Account: domain.Advance, Amount: -amount}, {Account: domain.Spent, Amount: amount}}
	case 1:
		e.Type, lines = "allocation.made.v1", []domain.Line{{Account: domain.Available, Amount: -amount}, {Account: domain.Allocated, Amount: amount}}
		d.Organisation, e.Subject = "", "project/"+d.Project
	}
	e.Entries = []domain.Entry{{Dimensions: d, Lines: lines}}
	if r.IntN(10) == 0 { // a part of an older vintage
		d.Vintage--
		e.Entries = append(e.Entries, domain.Entry{Dimensions: d, Lines: slices.Clone(lines)})
	}
	return g.finish(e, fmt.Sprintf(`"award":"AW-%d","instalment":1`, project))
}

func (g *Generator) dimensions(r *rand.Rand, project, year int) domain.Dimensions {
	p := rand.New(rand.NewPCG(g.Seed, uint64(project)<<32)) // what stays the same for the project
	codes := g.places()
	return domain.Dimensions{
		Fund: "F-" + strconv.Itoa(p.IntN(g.Funds)), District: division.Base().Normalise(codes[p.IntN(len(codes))], year), Project: "P-" + strconv.Itoa(project),
		Organisation: "O-" + strconv.Itoa((project+r.IntN(2))%g.Organisations), Year: year, Vintage: year, Purpose: []string{"elderly", "children"}[p.IntN(2)],
	}
}

func (g *Generator) appropriation(e domain.Event, r *rand.Rand) domain.Event {
	fund := r.IntN(g.Funds)
	amount := domain.Fen(r.IntN(100_000_000) + 1)
	d := domain.Dimensions{Fund: "F-" + strconv.Itoa(fund), District: division.Base().Normalise(g.places()[fund%len(g.places())], e.Year), Year: e.Year, Vintage: e.Year}
	e.Type, e.Subject = "appropriation.received.v1", "fund/"+d.Fund
	e.Entries = []domain.Entry{{Dimensions: d, Lines: []domain.Line{{Account: domain.Authority, Amount: -amount}, {Account: domain.Available, Amount: amount}}}}
	return g.finish(e, fmt.Sprintf(`"tier":"province","document":"D-%d"`, e.Position))
}

// gift is a donation in goods: without a vintage.
func (g *Generator) gift(e domain.Event, r *rand.Rand) domain.Event {
	fund := r.IntN(g.Funds)
	amount := domain.Fen(r.IntN(100_000) + 1)
	d := domain.Dimensions{Fund: "F-" + strconv.Itoa(fund), Organisation: "O-" + strconv.Itoa(r.IntN(g.Organisations)), District: division.Base().Normalise(g.places()[fund%len(g.places())], e.Year), Year: e.Year}
	e.Type, e.Subject = "goods.received.v1", "lot/L-"+strconv.FormatUint(e.Position, 10)
	e.Memo = "棉被 \"一批\" \\ none"
	e.Entries = []domain.Entry{{Dimensions: d, Lines: []domain.Line{{Account: domain.Goods, Amount: amount}, {Account: domain.Income, Amount: -amount}}}}
	return g.finish(e, `"item":"quilt"`)
}

// reversal undoes an earlier event, if that is none itself.
func (g *Generator) reversal(e domain.Event, of uint64) domain.Event {
	earlier := g.event(of)
	if earlier.Type == "entry.reversed.v1" || earlier.Year != e.Year {
		return g.appropriation(e, rand.New(rand.NewPCG(g.Seed, of)))
	}
	e.Type, e.Subject = "entry.reversed.v1", earlier.Subject
	for _, entry := range earlier.Entries {
		lines := slices.Clone(entry.Lines)
		for i := range lines {
			lines[i].Amount = -lines[i].Amount
		}
		e.Entries = append(e.Entries, domain.Entry{Dimensions: entry.Dimensions, Lines: lines})
	}
	return g.finish(e, `"reverses":"`+g.voucher(&earlier)+`"`)
}

func (g *Generator) voucher(e *domain.Event) string {
	number := uint32(0)
	if g.numbers != nil {
		number = g.numbers[e.Position]
	}
	return fmt.Sprintf("%s/%d/%d", e.Entries[0].Fund, e.Year, number)
}

// finish adds data and scopes.
func (g *Generator) finish(e domain.Event, members string) domain.Event {
	e.Data = fmt.Appendf(nil, `{%s,"voucher":"%s"}`, members, g.voucher(&e))
	e.Scopes = []string{e.Subject, "source/lottery"}
	for _, entry := range e.Entries {
		for kind, id := range map[string]string{"fund": entry.Fund, "project": entry.Project, "organisation": entry.Organisation, "district": entry.District, "purpose": entry.Purpose, "year": strconv.Itoa(entry.Year)} {
			if id != "" {
				e.Scopes = append(e.Scopes, kind+"/"+id)
			}
		}
	}
	slices.Sort(e.Scopes)
	e.Scopes = slices.Compact(e.Scopes)
	return e
}
