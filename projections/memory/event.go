package memory

import (
	"bytes"
	"context"
	"slices"

	"grantledger/domain"
	"grantledger/projections"
)

// Locate finds an event by its ULID.
func (m *Model) Locate(_ context.Context, id string) (uint64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	p, ok := m.locate(id)
	if !ok {
		return 0, projections.ErrNotFound
	}
	return uint64(p), nil
}

func (m *Model) locate(id string) (uint32, bool) {
	u := parseULID(id)
	i, found := slices.BinarySearchFunc(m.events, u, func(e event, u ulid) int { return bytes.Compare(e.id[:], u[:]) })
	if !found || u.String() != id {
		return 0, false
	}
	return uint32(i) + 1, true
}

// Event is one event with the balances around it.
func (m *Model) Event(_ context.Context, v projections.View, position uint64) (*projections.EventFacts, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if position == 0 || position > m.progress() {
		return nil, projections.ErrNotFound
	}
	p, last := uint32(position), uint32(m.progress())
	see := m.sight(v)
	shows := func(p uint32) bool { return see.showsSet(m.sets[m.at(p).scopes].refs) }
	if !shows(p) {
		return nil, projections.ErrNotFound
	}
	facts := &projections.EventFacts{EventItem: m.item(p, last), Entries: m.effects(p)}
	for q := p - 1; q > 0 && facts.Previous == 0; q-- {
		if shows(q) {
			facts.Previous = uint64(q)
		}
	}
	for q := p + 1; q <= last && facts.Next == 0; q++ {
		if shows(q) {
			facts.Next = uint64(q)
		}
	}
	return facts, nil
}

// effects are the event's entries in stored order, with the balance of each
// line's own tuple around it.
func (m *Model) effects(position uint32) []domain.Effect {
	var out []domain.Effect
	from, to := m.linesOf(position)
	last := ^uint32(0)
	for line := from; line < to; line++ {
		c := &m.cells[m.lineCell[line]]
		if c.tuple != last {
			out = append(out, domain.Effect{Dimensions: m.dimensions(c.tuple)})
			last = c.tuple
		}
		effect := &out[len(out)-1]
		before := m.before(m.lineCell[line], line)
		effect.Lines = append(effect.Lines, domain.Change{Account: c.account, Before: before, After: before + m.lineAmount[line]})
	}
	return out
}

// before sums the cell's lines ahead of the line.
func (m *Model) before(n, line uint32) domain.Fen {
	lines := m.lines.at(n)
	at, _ := slices.BinarySearch(lines, line)
	if behind := lines[at:]; len(behind) < at { // whichever way is shorter
		sum := m.cells[n].sum
		for _, l := range behind {
			sum -= m.lineAmount[l]
		}
		return sum
	}
	var sum domain.Fen
	for _, l := range lines[:at] {
		sum += m.lineAmount[l]
	}
	return sum
}

// Effects sums the changes of several events by tuple.
func (m *Model) Effects(_ context.Context, first, last uint64) ([]domain.Effect, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if first == 0 || last > m.progress() {
		return nil, projections.ErrAhead
	}
	var out []domain.Effect
	for p := first; p <= last; p++ {
		for _, e := range m.effects(uint32(p)) {
			out = projections.MergeEffect(out, e)
		}
	}
	return out, nil
}
