package memory

import (
	"context"
	"strconv"

	"grantledger/domain"
	"grantledger/projections"
)

// voucher is the number of the event's voucher, "" without entries.
func (m *Model) voucher(position uint32) string {
	e := m.at(position)
	if e.voucher == 0 {
		return ""
	}
	fund := m.tuples[m.cells[m.lineCell[e.firstLine]].tuple].fund
	return m.funds.text(fund) + "/" + strconv.Itoa(int(e.year)) + "/" + strconv.Itoa(int(e.voucher))
}

// correctedBy lists the corrections known at limit.
func (m *Model) correctedBy(position, limit uint32) []uint64 {
	var out []uint64
	for _, p := range m.corrected[position] {
		if p <= limit {
			out = append(out, uint64(p))
		}
	}
	return out
}

// linesOf gives the numbers of the event's lines: from, and the first behind.
func (m *Model) linesOf(position uint32) (from, to uint32) {
	from, to = m.at(position).firstLine, uint32(len(m.lineCell))
	if uint64(position) < m.progress() {
		to = m.at(position + 1).firstLine
	}
	return from, to
}

// largest is the event's largest line, absolute.
func (m *Model) largest(position uint32) (amount domain.Fen, ok bool) {
	from, to := m.linesOf(position)
	for _, a := range m.lineAmount[from:to] {
		amount = max(amount, a, -a)
	}
	return amount, from < to
}

// item writes an event out as it was known at limit.
func (m *Model) item(position, limit uint32) projections.EventItem {
	e := m.at(position)
	scopes := make([]string, len(m.sets[e.scopes].refs))
	for i, r := range m.sets[e.scopes].refs {
		scopes[i] = m.refs.text(r)
	}
	amount, ok := m.largest(position)
	return projections.EventItem{
		Position: uint64(position), ID: e.id.String(), Time: e.id.time(), Type: m.types.text(uint32(e.typ)),
		Subject: m.refs.text(e.subject), Version: uint64(e.version), Scopes: scopes, On: e.on, Year: int(e.year),
		Voucher: m.voucher(position), Actor: m.actors.text(e.actor), Key: m.journal.key(position), Amount: amount, HasEntries: ok,
		Memo: m.memos[position], Docs: int(e.docs), Corrects: uint64(m.corrects[position]), CorrectedBy: m.correctedBy(position, limit),
	}
}

// Events lists events.
func (m *Model) Events(_ context.Context, v projections.View, q projections.EventQuery) (*projections.Events, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, err := m.search(v, &q)
	if err != nil {
		return nil, err
	}
	a := &projections.Events{Position: uint64(s.limit), Items: []projections.EventItem{}}
	s.walk(func(p uint32) bool {
		if q.Limit > 0 && len(a.Items) == q.Limit {
			a.Next = a.Items[len(a.Items)-1].Position
			return false
		}
		a.Items = append(a.Items, m.item(p, s.limit))
		return true
	})
	return a, nil
}
