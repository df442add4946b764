package domain

import (
	"hash/maphash"
	"time"

	"grantledger/domain/division"
)

// Genesis is what the ledger needs to know about its log when it is opened.
type Genesis struct {
	Origin string // name of the log in checkpoints
	Trust  string // text of the trust file in force
}

// Ledger is the state of the rules: all that a decision may ask. It is folded
// from events alone, and is not safe for concurrent use: the writer owns one,
// a read model another.
type Ledger struct {
	genesis  Genesis
	rows     map[string]*Definition // the catalogue, by name
	seeds    [2]maphash.Seed
	position uint64
	marks    [][]int // per cut group: the marks of the journals, and the position, at its end
	start    uint64  // position of the newest confirmed event

	info          table[string, string] // id, name, district of the ledger
	versions      table[string, uint64] // by subject
	keys          keyTable
	users         table[string, User]
	organisations table[string, Organisation]
	funds         table[string, Fund]
	projects      table[string, Project]
	awards        table[string, Award]
	pledges       table[string, Pledge]
	lots          table[string, Lot]
	transfers     table[string, Transfer]
	proposals     table[string, Proposal]
	pending       table[string, []string] // open proposals by fund
	papers        table[paper, uint64]    // position of the use; 0 = freed
	vouchers      vouchers
	triples       table[triple, string]
	rounds        table[inRound, []string] // awards of an organisation in a round
	registers     table[string, *division.Register]
	books         books

	replaying bool // events are stored ones: nothing is to be taken back
	reader    Decoder
	parser    parser
	event     Event // the one being applied
	data      value // of the event applied last
	folding   fold
	scratch   []byte // for prints
	made      slab[voucher]
	undoings  slab[undoing]
	refs      [refSlots]*Refs // that vouchers had of late, by subject
	read      Refs            // being read
}

// refSlots is how many Refs are remembered.
const refSlots = 1 << 12

type triple struct{ fund, project, organisation string }

type inRound struct{ round, organisation string }

// paper is a document that counts once (DOMAIN.md 6).
type paper struct{ kind, scope, number string }

// voucher is what a later correction needs to know of an entry.
type voucher struct {
	number   string
	typ      string // of its event
	subject  string
	refs     *Refs // shared with other vouchers
	on       Date
	year     int
	position uint64
	amount   Fen
	lines    []posting
	moved    []Fen // per line: taken by reclassify and adjust-prior-year
	reversed uint64
	papers   []paper
	undo     *undoing // nil: nothing but the lines
}

// voucher is a copy of the voucher with the number; the zero value for none.
func (l *Ledger) voucher(number string) voucher {
	if v := l.vouchers.get(number); v != nil {
		return *v
	}
	return voucher{}
}

// undone is what the reversal takes back.
func (v *voucher) undone() *undoing {
	if v.undo == nil {
		return &undoing{}
	}
	return v.undo
}

// undoing is what reverse-entry takes back beside the lines.
type undoing struct {
	award, claim, lot, pledge, transfer string
	instalment                          int
	amount                              Fen // paid, claimed, received, pledged, fulfilled, value out
	quantity                            int64
	of                                  string // voucher that a reclassification moved
	moves                               []Fen  // per line of that voucher
}

// NewLedger is the state before the first event.
func NewLedger(g Genesis) *Ledger {
	l := &Ledger{
		genesis: g, rows: rowsByName, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		info: newTable[string, string](), versions: newTable[string, uint64](), keys: newKeyTable(),
		users: newTable[string, User](), organisations: newTable[string, Organisation](), funds: newTable[string, Fund](),
		projects: newTable[string, Project](), awards: newTable[string, Award](), pledges: newTable[string, Pledge](),
		lots: newTable[string, Lot](), transfers: newTable[string, Transfer](), proposals: newTable[string, Proposal](),
		pending: newTable[string, []string](), papers: newTable[paper, uint64](), vouchers: vouchers{series: map[fundYear][]*voucher{}},
		triples: newTable[triple, string](), rounds: newTable[inRound, []string](),
		registers: newTable[string, *division.Register](),
	}
	l.books = newBooks(division.Base())
	l.reader.texts = newTexts()
	l.parser.texts = l.reader.texts
	return l
}

func (l *Ledger) journals() [19]journal {
	return [...]journal{&l.info, &l.versions, &l.keys, &l.users, &l.organisations, &l.funds, &l.projects, &l.awards, &l.pledges,
		&l.lots, &l.transfers, &l.proposals, &l.pending, &l.papers, &l.vouchers, &l.triples, &l.rounds, &l.registers, &l.books}
}

// Position is that of the newest event applied, confirmed or not.
func (l *Ledger) Position() uint64 { return l.position }

// Answer is what a command's caller learns from the rules.
type Answer struct {
	Command  string
	Key      string
	Replayed uint64 // position of the key's first event when this command was done before; else 0
	DryRun   bool
	Events   []*Event // Position and Version are set, ID and Time are not
	Effects  []Effect
	Next     *Next
}

// Effect is the change of one tuple of dimensions.
type Effect struct {
	Dimensions
	Lines []Change
}

// Change is the change of one account of a tuple, summed over the command.
type Change struct {
	Account       Account
	Before, After Fen
}

// Next says who must act before a proposal takes effect.
type Next struct {
	Proposal    string
	Step, Steps int
	Role        string
}

// Execute decides the commands in order at the recording time, each seeing the
// ones before it, all or none, and applies their events. A *Refusal names the
// command by Index and leaves everything as it was.
func (l *Ledger) Execute(cs []Command, at time.Time) (events []*Event, answers []Answer, err error) {
	l.replay(false)
	before := l.snapshot()
	answers = make([]Answer, 0, len(cs))
	for i := range cs {
		answer, err := l.execute(&cs[i], at)
		if err != nil {
			err.Index = i
			l.restore(before)
			return nil, nil, err
		}
		if !answer.DryRun && answer.Replayed == 0 {
			events = append(events, answer.Events...)
		}
		answers = append(answers, answer)
	}
	return events, answers, nil
}

func (l *Ledger) execute(c *Command, at time.Time) (Answer, *Refusal) {
	answer := Answer{Command: c.Name, Key: c.Key, DryRun: c.DryRun}
	print := l.print(c)
	id := l.keyID(c.Key)
	if used, ok := l.keys.get(id); ok && c.Key != "" {
		if used.print != print {
			return answer, refuse(KeyReused, "", "position", used.position)
		}
		answer.Replayed, answer.DryRun = used.position, false
		return answer, nil
	}
	d := decision{l: l, c: c, at: at, today: DateOf(at)}
	if err := d.decide(); err != nil {
		return answer, err
	}
	answer.Events, answer.Next = d.events, d.next
	answer.Effects = l.effects(d.events)
	if c.DryRun {
		for _, e := range d.events {
			e.Position = 0
		}
		return answer, nil
	}
	if c.Key != "" {
		l.keys.add(l.keys.find(id), id, keyUse{d.events[0].Position, print})
	}
	for _, e := range d.events {
		l.evolve(e)
	}
	return answer, nil
}

// effects sums the events' lines by tuple, with the balances around them.
func (l *Ledger) effects(events []*Event) []Effect {
	var out []Effect
	for _, e := range events {
		for i := range e.Entries {
			out = l.addEffect(out, &e.Entries[i])
		}
	}
	return out
}

func (l *Ledger) addEffect(out []Effect, entry *Entry) []Effect {
	at := 0
	for at < len(out) && out[at].Dimensions != entry.Dimensions {
		at++
	}
	if at == len(out) {
		out = append(out, Effect{Dimensions: entry.Dimensions})
	}
	effect := &out[at]
	for _, line := range entry.Lines {
		i := 0
		for i < len(effect.Lines) && effect.Lines[i].Account != line.Account {
			i++
		}
		if i == len(effect.Lines) {
			before := l.books.balance(line.Account, entry.Dimensions)
			effect.Lines = append(effect.Lines, Change{line.Account, before, before})
		}
		effect.Lines[i].After += line.Amount
	}
	return out
}

// Apply folds a stored event into the confirmed state. Its errors mean a log
// that this program did not write, or a gap.
func (l *Ledger) Apply(position uint64, head, body []byte) error {
	if err := l.reader.Decode(head, body, &l.event); err != nil {
		return err
	}
	l.event.Position = position
	return l.ApplyEvent(&l.event)
}

// replay makes the changes to come final, or such as can be taken back.
func (l *Ledger) replay(final bool) {
	if l.replaying == final {
		return
	}
	l.replaying = final
	for _, j := range l.journals() {
		j.finally(final)
	}
}

// snapshot and restore bracket commands that may be taken back.
func (l *Ledger) snapshot() []int {
	js := l.journals()
	marks := make([]int, len(js)+1)
	for i, j := range js {
		marks[i] = j.mark()
	}
	marks[len(js)] = int(l.position - l.start)
	return marks
}

func (l *Ledger) restore(marks []int) {
	js := l.journals()
	for i, j := range js {
		j.rollback(marks[i])
	}
	l.position = l.start + uint64(marks[len(js)])
	if r := l.register(); l.books.register != r {
		l.books.reroute(r)
	}
}

// Cut closes the group executed since the last Cut: it becomes one block.
func (l *Ledger) Cut() { l.marks = append(l.marks, l.snapshot()) }

// Confirm makes the oldest cut group final: it is stored.
func (l *Ledger) Confirm() {
	group := l.marks[0]
	js := l.journals()
	for i, j := range js {
		j.drop(group[i])
	}
	l.start += uint64(group[len(js)])
	l.marks = l.marks[:copy(l.marks, l.marks[1:])]
	for _, later := range l.marks {
		for i := range later {
			later[i] -= group[i]
		}
	}
}

// Rollback forgets everything that was executed and is not confirmed.
func (l *Ledger) Rollback() {
	l.restore(make([]int, len(l.journals())+1))
	l.marks = l.marks[:0]
}

// Expect makes room in an empty ledger for about so many events.
func (l *Ledger) Expect(events int) {
	if l.position == 0 {
		l.keys.expect(events)
	}
}

// Clone is a ledger with the same state, which then goes its own way. What it
// shares with l is never changed in place. Nothing may be unconfirmed.
func (l *Ledger) Clone() *Ledger {
	c := NewLedger(l.genesis)
	c.seeds, c.position, c.start = l.seeds, l.position, l.start
	c.info, c.versions, c.keys, c.users = l.info.clone(), l.versions.clone(), l.keys.clone(), l.users.clone()
	c.organisations, c.funds, c.projects, c.awards = l.organisations.clone(), l.funds.clone(), l.projects.clone(), l.awards.clone()
	c.pledges, c.lots, c.transfers, c.proposals = l.pledges.clone(), l.lots.clone(), l.transfers.clone(), l.proposals.clone()
	c.pending, c.papers, c.vouchers, c.triples = l.pending.clone(), l.papers.clone(), l.vouchers.clone(), l.triples.clone()
	c.rounds, c.registers, c.books = l.rounds.clone(), l.registers.clone(), l.books.clone()
	return c
}

// register is the register of districts now in force.
func (l *Ledger) register() *division.Register {
	if r := l.registers.at("register"); r != nil {
		return r
	}
	return division.Base()
}

// Found tells the ledger the log it will be opened on; it is needed once,
// before open-ledger is decided.
func (l *Ledger) Found(g Genesis) { l.genesis = g }
