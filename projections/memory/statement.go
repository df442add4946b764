package memory

import (
	"context"
	"slices"

	"grantledger/domain"
	"grantledger/projections"
)

// Statement lists lines with a running balance per account.
func (m *Model) Statement(_ context.Context, v projections.View, q projections.StatementQuery) (*projections.Statement, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	x, err := m.matcher(v, &q.Filter)
	if err != nil {
		return nil, err
	}
	s := &statement{matcher: x, q: &q}
	s.collect()
	return s.answer(), nil
}

// statement is a StatementQuery at work.
type statement struct {
	*matcher
	q        *projections.StatementQuery
	accounts [32]projections.AccountStatement
	lines    []uint64 // date and number of each line, so that they sort in the order asked for
}

// collect finds the lines within the dates, and sums those before them.
func (s *statement) collect() {
	s.tuples(asTheyStand, func(n uint32, _ *tuple) {
		for _, c := range s.m.cellsOf.at(n) {
			if s.matcher.accounts[s.m.cells[c].account] {
				s.take(c)
			}
		}
	})
	slices.Sort(s.lines)
	for a := range s.accounts {
		at := &s.accounts[a]
		at.Account = domain.Account(a)
		at.Closing = at.Opening + at.Net()
	}
}

func (s *statement) take(c uint32) {
	at := &s.accounts[s.m.cells[c].account]
	for _, line := range s.m.lines.at(c) {
		position := s.m.lineEvent[line]
		if position > s.limit {
			return
		}
		on, amount := s.m.at(position).on, s.m.lineAmount[line]
		switch {
		case s.from != 0 && on < s.from:
			at.Opening += amount
		case s.asOf != 0 && on > s.asOf:
		default:
			s.lines = append(s.lines, s.order(on, line))
			at.Lines++
			if amount > 0 {
				at.In += amount
			} else {
				at.Out -= amount
			}
		}
	}
}

func (s *statement) order(on domain.Date, line uint32) uint64 {
	if s.q.ByPosition {
		return uint64(line)
	}
	return uint64(on)<<32 | uint64(line)
}

// answer walks the lines up to the page's end, so that its balances run on.
func (s *statement) answer() *projections.Statement {
	from, to, next := s.q.Slice(len(s.lines))
	a := &projections.Statement{Position: uint64(s.limit), Lines: len(s.lines), Next: next, Items: make([]projections.StatementLine, 0, to-from)}
	var running [32]domain.Fen
	named := len(s.q.Books)+len(s.q.Accounts) > 0
	for _, account := range s.q.Asked() {
		at := &s.accounts[account]
		running[account] = at.Opening
		if named || at.Lines > 0 || at.Opening != 0 {
			a.Accounts = append(a.Accounts, *at)
		}
	}
	for i, key := range s.lines[:to] {
		line := uint32(key)
		account := s.m.cells[s.m.lineCell[line]].account
		running[account] += s.m.lineAmount[line]
		if i >= from {
			item := s.item(line)
			item.Balance = running[account]
			a.Items = append(a.Items, item)
		}
	}
	return a
}

// item writes a line out; its balance is the caller's.
func (s *statement) item(line uint32) projections.StatementLine {
	m := s.m
	position := m.lineEvent[line]
	e := m.at(position)
	cell := &m.cells[m.lineCell[line]]
	dims := m.dimensions(cell.tuple)
	dims.District = m.districts.text(s.shown[m.tuples[cell.tuple].district])
	return projections.StatementLine{
		Position: uint64(position), Line: int(line-e.firstLine) + 1, On: e.on, Time: e.id.time(),
		Type: m.types.text(uint32(e.typ)), Subject: m.refs.text(e.subject), Voucher: m.voucher(position),
		Account: cell.account, Amount: m.lineAmount[line], Debit: m.lineDebit[line], Dimensions: dims,
		Memo: m.memos[position], Docs: int(e.docs), Corrects: uint64(m.corrects[position]), CorrectedBy: m.correctedBy(position, s.limit),
	}
}
