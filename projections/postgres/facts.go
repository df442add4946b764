package postgres

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// facts is what the model folds in memory beside the tables: the rules' state,
// the numbers under which the tables know texts, and what queries must know
// before they ask. All numbers follow from the log alone, so that a rebuild
// gives the same.
type facts struct {
	ledger   *domain.Ledger // nil in a rebuild
	rules    rules
	position uint64
	genesis  [32]byte
	chain    [32]byte

	numbers
	sets    table
	setList []set
	setLast []uint64            // newest event with the set
	holders map[string][]uint32 // sets by scope; nil in a rebuild

	times     []time.Time // of recording, of every timeSteps-th event from the first on
	types     []uint16    // by position, from 1
	typeNames []string
	typeOf    map[string]uint16

	districts      []string            // as recorded, in order of appearance
	scopeDistricts []string            // among scopes, in order of appearance
	known          map[string]bool     // what is in the two lists
	recipients     map[string][]uint32 // tuples by organisation
	tupleYears     map[int]bool
	papers         map[string][]paper  // that gave authority, by fund
	carried        map[int][]int64     // events that carried a year over
	correctedBy    map[uint64][]uint64 // events that correct or replace one
	registers      []registerFrom
	moves          *moves
	years          []yearFrom
	subjects       map[string]*roll
	publications
}

// paper is a document by which a fund was given authority.
type paper struct {
	position uint64
	set      uint32
	year     int
	text     string
}

// set is a set of scopes, separated by blanks.
type set struct {
	scopes string
	first  uint64
}

// registerFrom is the register of districts in force from a position on.
type registerFrom struct {
	position uint64
	register *division.Register
}

// yearFrom is the newest year with entries from a position on.
type yearFrom struct {
	position uint64
	year     int
}

// roll lists the subjects of a kind with the position of their first event.
type roll struct{ first map[string]uint64 }

// rules are what the fold asks of the state of the rules.
type rules interface {
	ApplyEvent(e *domain.Event) error
	Register() *division.Register
	Voucher(number string) (position, reversedBy uint64, ok bool)
	Award(id string) (domain.Award, bool)
	Project(id string) (domain.Project, bool)
}

func newFacts() *facts {
	l := domain.NewLedger(domain.Genesis{})
	f := factsOf(l, 0)
	f.ledger, f.holders = l, map[string][]uint32{}
	return f
}

// factsOf are facts that ask the given rules, with room for those of some events.
func factsOf(r rules, events int) *facts {
	return &facts{
		rules: r, numbers: newNumbers(events), sets: newTable(events), setList: make([]set, 0, events), setLast: make([]uint64, 0, events), recipients: map[string][]uint32{},
		types: []uint16{0}, typeOf: map[string]uint16{}, known: map[string]bool{}, tupleYears: map[int]bool{}, papers: map[string][]paper{}, carried: map[int][]int64{}, correctedBy: map[uint64][]uint64{},
		registers: []registerFrom{{0, division.Base()}}, moves: &moves{}, subjects: map[string]*roll{},
		publications: publications{by: map[string][]string{}},
	}
}

// event is a decoded event with what the fold found out about it.
type event struct {
	domain.Event
	hash     [32]byte // of its head
	chain    [32]byte // of all heads up to its own
	scopes   string   // between blanks
	scopesID identity
	set      uint32
	voucher  string
	amends   bool // it names an earlier voucher
	corrects uint64
	detail   int16
	entryIDs []identity // of their dimensions
	lines    []line     // as many as it has, filled by the fold
}

// line is a row of the journal.
type line struct {
	amount  domain.Fen
	tuple   uint32
	areas   [len(rollups)]uint32
	account domain.Account
	debit   bool
}

// fold takes one event in; the position must be the next.
func (f *facts) fold(e *event) error {
	if err := f.rules.ApplyEvent(&e.Event); err != nil {
		return err
	}
	f.position = e.Position
	if e.Position == 1 {
		f.genesis = e.hash
	}
	var both [64]byte
	copy(both[:32], f.chain[:])
	copy(both[32:], e.hash[:])
	f.chain = sha256.Sum256(both[:])
	e.chain = f.chain
	e.set = f.set(e)
	f.noteTime(e.Time)
	f.noteType(e.Type)
	if len(e.Entries) > 0 {
		f.post(e)
	}
	if e.Type == "district.registered.v1" {
		f.registers = append(f.registers, registerFrom{e.Position, f.rules.Register()})
	}
	f.enrol(&e.Event)
	f.publish(f.rules, &e.Event)
	return nil
}

// timeSteps is within how many events a recording time is found.
const timeSteps = 256

func (f *facts) noteTime(at time.Time) {
	if f.position%timeSteps == 1 {
		f.times = append(f.times, at)
	}
}

// between narrows the positions of the events of a span of time, of which the
// zero times are open ends: they lie after one position, up to another. Recording
// times never decrease (FORMAT.md 3).
func (f *facts) between(from, to time.Time) (after, until uint64) {
	start, _ := slices.BinarySearchFunc(f.times, from, time.Time.Compare)
	if start > 0 {
		after = uint64(start-1) * timeSteps
	}
	if to.IsZero() {
		return after, f.position
	}
	end, _ := slices.BinarySearchFunc(f.times, to.Add(1), time.Time.Compare)
	return after, uint64(end) * timeSteps
}

func (f *facts) noteType(name string) {
	n, ok := f.typeOf[name]
	if !ok {
		n = uint16(len(f.typeNames))
		f.typeOf[name] = n
		f.typeNames = append(f.typeNames, name)
	}
	f.types = append(f.types, n)
}

func (f *facts) set(e *event) uint32 {
	n, made := f.sets.number(e.scopesID)
	if made {
		f.setList = append(f.setList, set{e.scopes, e.Position})
		f.setLast = append(f.setLast, e.Position)
		f.noteDistricts(e.Scopes)
		f.hold(e.scopes, n)
	}
	f.setLast[n] = e.Position
	return n
}

func (f *facts) noteDistricts(scopes []string) {
	for _, scope := range scopes {
		if code, ok := strings.CutPrefix(scope, "district/"); ok && !f.known[scope] {
			f.known[scope] = true
			f.scopeDistricts = append(f.scopeDistricts, code)
		}
	}
}

// post numbers the event's lines and finds the event that it corrects.
func (f *facts) post(e *event) {
	reversed := ""
	if e.amends {
		reversed = f.correction(e)
	}
	switch e.Type {
	case "appropriation.received.v1":
		if text := strings.TrimSpace(projections.StoredText(e.Data, "tier") + " " + projections.StoredText(e.Data, "document")); text != "" {
			fund := e.Entries[0].Fund
			f.papers[fund] = append(f.papers[fund], paper{e.Position, e.set, e.Year, text})
		}
	case "year.carried.v1":
		f.carried[e.Year] = append(f.carried[e.Year], int64(e.Position))
	}
	n := 0
	for i := range e.Entries {
		entry := &e.Entries[i]
		t := f.tupleOf(e.entryIDs[i], &entry.Dimensions, e.Position)
		for _, l := range entry.Lines {
			e.lines[n] = line{l.Amount, t, f.areas(t, l.Account), l.Account, domain.Debit(e.Type, reversed, l.Account, l.Amount)}
			n++
		}
		if n := len(f.years); n == 0 || f.years[n-1].year < entry.Year {
			f.years = append(f.years, yearFrom{e.Position, entry.Year})
		}
	}
}

// amending are the members that name an earlier voucher.
var amending = [...]string{"reverses", "corrects", "replaces"}

// correction notes which event this one corrects or replaces; the type of the
// event is returned when it was reversed.
func (f *facts) correction(e *event) (reversed string) {
	for _, member := range amending {
		number := projections.StoredText(e.Data, member)
		if number == "" {
			continue
		}
		if earlier, _, ok := f.rules.Voucher(number); ok && earlier < e.Position {
			e.corrects = earlier
			f.correctedBy[earlier] = append(f.correctedBy[earlier], e.Position)
			if member == "reverses" {
				reversed = f.typeNames[f.types[earlier]]
			}
			return reversed
		}
	}
	return ""
}

// tupleOf numbers an entry's dimensions and notes what is new in them.
func (f *facts) tupleOf(id identity, d *domain.Dimensions, position uint64) uint32 {
	n, made := f.tuple(id, d, position)
	if !made {
		return n
	}
	f.tupleYears[d.Year] = true
	if d.Organisation != "" {
		f.recipients[d.Organisation] = append(f.recipients[d.Organisation], n)
	}
	if !f.known[d.District] {
		f.known[d.District] = true
		f.districts = append(f.districts, d.District)
	}
	return n
}

// lastYear is the newest year with entries up to a position, 0 without any.
func (f *facts) lastYear(limit uint64) int {
	year := 0
	for _, y := range f.years {
		if y.position <= limit {
			year = y.year
		}
	}
	return year
}

// register is the register of districts in force at a position.
func (f *facts) register(limit uint64) *division.Register {
	r := f.registers[0].register
	for _, from := range f.registers {
		if from.position <= limit {
			r = from.register
		}
	}
	return r
}

// enrol notes a subject at its first event.
func (f *facts) enrol(e *domain.Event) {
	kind, id, ok := projections.Enrolled(e)
	if !ok {
		return
	}
	r := f.subjects[kind]
	if r == nil {
		r = &roll{first: map[string]uint64{}}
		f.subjects[kind] = r
	}
	if _, known := r.first[id]; !known && id != "" {
		r.first[id] = e.Position
	}
}
