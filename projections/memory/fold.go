package memory

import (
	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// add folds one event.
func (m *Model) add(e *domain.Event) error {
	if err := m.ledger.ApplyEvent(e); err != nil {
		return err
	}
	return m.addOwn(e)
}

// addOwn folds an event into all but the rules' state.
func (m *Model) addOwn(e *domain.Event) error {
	position := uint32(e.Position)
	kept := m.journal.add(e, len(m.lineCell))
	if len(e.Entries) > 0 {
		m.addEntries(e, kept)
	}
	if e.Type == "district.registered.v1" {
		m.registers = append(m.registers, registerFrom{position, m.ledger.Register()})
		m.current, m.stored = m.current[:0], m.stored[:0]
		m.addSuccessors(m.districts.list)
	}
	m.noteMeanings()
	m.enrol(e)
	m.publish(m.ledger, e)
	return nil
}

// addEntries posts the lines, and links the event to the one that it corrects.
func (m *Model) addEntries(e *domain.Event, kept *event) {
	position := uint32(e.Position)
	m.byDay.add(uint32(e.On), position)
	kept.voucher = voucherNumber(m.ledger.Datum("voucher"))
	reversed := m.linkCorrected(e)
	for i := range e.Entries {
		entry := &e.Entries[i]
		known := len(m.tuples)
		t := m.tuple(&entry.Dimensions)
		if len(m.tuples) > known && len(m.byDistrict.at(m.tuples[t].district)) == 1 {
			m.addSuccessors([]string{entry.District})
		}
		for _, line := range entry.Lines {
			m.post(t, line, position, e.On, domain.Debit(e.Type, reversed, line.Account, line.Amount))
		}
		m.noteYear(position, entry.Year)
	}
}

// linkCorrected links the event to the one that its data names as reversed,
// corrected or replaced; it is the type of a reversed one, else "".
func (m *Model) linkCorrected(e *domain.Event) (reversed string) {
	for _, member := range [...]string{"reverses", "corrects", "replaces"} {
		number := m.ledger.Datum(member)
		if number == "" {
			continue
		}
		if earlier, _, ok := m.ledger.Voucher(number); ok && earlier < e.Position {
			m.link(uint32(e.Position), uint32(earlier))
			if member == "reverses" {
				reversed = m.types.text(uint32(m.at(uint32(earlier)).typ))
			}
			break
		}
	}
	return reversed
}

// maxReplacements bounds a walk along districts that replaced one another.
const maxReplacements = 32

// addSuccessors numbers the codes under which queries may show the districts:
// those that took their place one by one, and the codes above all of them.
func (m *Model) addSuccessors(codes []string) {
	register := m.ledger.Register()
	for _, code := range codes {
		for range maxReplacements {
			m.districts.add(code)
			m.districts.add(division.ProvinceOf(code))
			m.districts.add(division.PrefectureOf(code))
			if code = register.Replacement(code); code == "" {
				break
			}
		}
	}
	m.noteDistricts(register)
}

func (m *Model) noteYear(position uint32, year int) {
	if n := len(m.years); n == 0 || m.years[n-1].year < year {
		m.years = append(m.years, yearFrom{position, year})
	}
}

// lastYear is the newest year with entries up to a position, 0 without any.
func (m *Model) lastYear(limit uint32) int {
	year := 0
	for _, y := range m.years {
		if y.position <= limit {
			year = y.year
		}
	}
	return year
}

// register is the register of districts in force at a position.
func (m *Model) register(limit uint32) *division.Register {
	r := m.registers[0].register
	for _, from := range m.registers {
		if from.position <= limit {
			r = from.register
		}
	}
	return r
}

// enrol notes a subject at its first event.
func (m *Model) enrol(e *domain.Event) {
	kind, id, ok := projections.Enrolled(e)
	if !ok {
		return
	}
	switch kind {
	case "fund":
		m.funds.add(id)
	case "project":
		m.projects.add(id)
	case "organisation":
		m.organisations.add(id)
	}
	list := m.subjects[kind]
	if list == nil {
		list = &roll{first: map[string]uint32{}}
		m.subjects[kind] = list
	}
	list.add(id, uint32(e.Position))
}
