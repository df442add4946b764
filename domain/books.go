package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	"grantledger/domain/division"
)

// cell is one balance of the ledger: an account and a full tuple.
type cell struct {
	account Account
	Dimensions
}

// potKey says which cells are drawn on together: budget accounts within their
// year, the others over all years with the district followed to its latest
// code (DOMAIN.md 3, Drawing).
type potKey struct {
	account                               Account
	fund, project, organisation, district string
	year                                  int
	purpose                               string
}

// pot is the part of a potKey that has one vintage.
type pot struct {
	account Account
	vintage int
	amount  Fen
}

// books holds every balance. Cells and pots are numbered densely as they
// appear and never go away, so a change is taken back by its negative.
type books struct {
	tuples    map[Dimensions]uint32
	ids       [][]uint32 // cells by tuple
	cells     []cell
	amount    []Fen    // by cell
	potOf     []uint32 // by cell
	pots      []pot
	byKey     map[potKey][]uint32 // pots of a key, in order of vintage
	byFund    map[string][]uint32 // cells of a fund
	byProject map[string][]uint32 // cells of a project
	undo      []posting
	final     bool // changes are not to be taken back
	slab      slab[posting]

	register *division.Register
}

// clone shares nothing that changes.
func (b *books) clone() books {
	c := *b
	c.tuples, c.ids = maps.Clone(b.tuples), make([][]uint32, len(b.ids))
	for i, cells := range b.ids {
		c.ids[i] = slices.Clone(cells)
	}
	c.cells, c.amount, c.potOf, c.pots = slices.Clone(b.cells), slices.Clone(b.amount), slices.Clone(b.potOf), slices.Clone(b.pots)
	c.byKey, c.byFund, c.byProject = cloneLists(b.byKey), cloneLists(b.byFund), cloneLists(b.byProject)
	c.undo, c.final, c.slab = nil, false, slab[posting]{}
	return c
}

func cloneLists[K comparable](m map[K][]uint32) map[K][]uint32 {
	c := maps.Clone(m)
	for k, list := range c {
		c[k] = slices.Clone(list)
	}
	return c
}

// posting is a line of an event in the books.
type posting struct {
	cell   uint32
	amount Fen
}

func newBooks(register *division.Register) books {
	return books{tuples: map[Dimensions]uint32{}, byKey: map[potKey][]uint32{}, byFund: map[string][]uint32{}, byProject: map[string][]uint32{}, register: register}
}

func (b *books) keyOf(c *cell) potKey {
	k := potKey{c.account, c.Fund, c.Project, c.Organisation, c.District, c.Year, c.Purpose}
	if c.account.Book() != Budget {
		k.year, k.district = 0, b.register.Current(c.District)
	}
	return k
}

// cellsOf are the cells of a tuple; nil before the first of them.
func (b *books) cellsOf(d *Dimensions) []uint32 {
	if n, ok := b.tuples[*d]; ok {
		return b.ids[n]
	}
	return nil
}

// find is the account's cell among those of a tuple.
func (b *books) find(cells []uint32, a Account) (id uint32, ok bool) {
	for _, id := range cells {
		if b.cells[id].account == a {
			return id, true
		}
	}
	return 0, false
}

// id numbers the cell, and the pot it belongs to, at first sight.
func (b *books) id(a Account, d *Dimensions) uint32 {
	if id, ok := b.find(b.cellsOf(d), a); ok {
		return id
	}
	return b.number(cell{a, *d})
}

// number makes a new cell.
func (b *books) number(c cell) uint32 {
	tuple, ok := b.tuples[c.Dimensions]
	if !ok {
		tuple = uint32(len(b.ids))
		b.tuples[c.Dimensions], b.ids = tuple, append(b.ids, nil)
	}
	id := uint32(len(b.cells))
	b.ids[tuple] = append(b.ids[tuple], id)
	b.cells, b.amount = append(b.cells, c), append(b.amount, 0)
	b.potOf = append(b.potOf, b.potOfCell(&c))
	b.byFund[c.Fund] = append(b.byFund[c.Fund], id)
	if c.Project != "" {
		b.byProject[c.Project] = append(b.byProject[c.Project], id)
	}
	return id
}

func (b *books) potOfCell(c *cell) uint32 {
	k := b.keyOf(c)
	list := b.byKey[k]
	i, found := slices.BinarySearchFunc(list, c.Vintage, func(p uint32, v int) int { return b.pots[p].vintage - v })
	if found {
		return list[i]
	}
	p := uint32(len(b.pots))
	b.pots = append(b.pots, pot{account: c.account, vintage: c.Vintage})
	b.byKey[k] = slices.Insert(list, i, p)
	return p
}

// reroute sorts the cells into pots anew, after the register has changed.
func (b *books) reroute(register *division.Register) {
	b.register = register
	b.pots, b.byKey = b.pots[:0], make(map[potKey][]uint32, len(b.byKey))
	for i := range b.cells {
		p := b.potOfCell(&b.cells[i])
		b.potOf[i] = p
		b.pots[p].amount += b.amount[i]
	}
}

func (b *books) add(p posting) {
	b.amount[p.cell] += p.amount
	b.pots[b.potOf[p.cell]].amount += p.amount
}

// post adds the entries and returns their lines.
func (b *books) post(entries []Entry) []posting {
	n := 0
	for i := range entries {
		n += len(entries[i].Lines)
	}
	lines := b.slab.take(n)
	for i := range entries {
		dims := &entries[i].Dimensions
		cells := b.cellsOf(dims)
		for _, line := range entries[i].Lines {
			id, ok := b.find(cells, line.Account)
			if !ok {
				id = b.number(cell{line.Account, *dims})
			}
			lines = append(lines, posting{id, line.Amount})
		}
	}
	for _, p := range lines {
		b.add(p)
	}
	if !b.final {
		b.undo = append(b.undo, lines...)
	}
	return lines
}

func (b *books) finally(final bool) { b.final = final }

func (b *books) mark() int { return len(b.undo) }

func (b *books) rollback(n int) {
	for _, p := range b.undo[n:] {
		b.add(posting{p.cell, -p.amount})
	}
	b.undo = b.undo[:n]
}

func (b *books) drop(n int) { b.undo = b.undo[:copy(b.undo, b.undo[n:])] }

// balance is the sum of the full tuple.
func (b *books) balance(a Account, d Dimensions) Fen {
	if id, ok := b.find(b.cellsOf(&d), a); ok {
		return b.amount[id]
	}
	return 0
}

// part is a share of an amount that has one vintage.
type part struct {
	vintage int
	amount  Fen
}

// potsOf lists what can be drawn from account at d, oldest vintage first;
// d.Vintage is ignored.
func (b *books) potsOf(a Account, d Dimensions) []uint32 {
	return b.byKey[b.keyOf(&cell{a, d})]
}

// draw takes amount from account at d, the oldest vintage with a positive
// balance first. have is all there is to take; it is less than amount when the
// account is short, and then there are no parts.
func (b *books) draw(a Account, d Dimensions, amount Fen) (parts []part, have Fen) {
	rest := amount
	for _, id := range b.potsOf(a, d) {
		p := &b.pots[id]
		if p.amount <= 0 {
			continue
		}
		have += p.amount
		if take := min(rest, p.amount); take > 0 {
			parts = append(parts, part{p.vintage, take})
			rest -= take
		}
	}
	if rest > 0 {
		return nil, have
	}
	return parts, have
}

// drawVintage is the balance of one vintage of what draw takes from.
func (b *books) drawVintage(a Account, d Dimensions, vintage int) Fen {
	for _, id := range b.potsOf(a, d) {
		if p := &b.pots[id]; p.vintage == vintage {
			return p.amount
		}
	}
	return 0
}

// guarded accounts never go below zero (DOMAIN.md 7.3).
func guarded(a Account) bool {
	switch a {
	case Available, Allocated, Committed, Disbursed, Lapsed,
		Cash, Advance, RefundDue, Goods, Spent, Delivered, PledgeOpen, MatchOpen:
		return true
	}
	return false
}

// shortfall finds the first guarded account that the entries would take below
// zero, with what it holds and what they take.
func (b *books) shortfall(entries []Entry) (a Account, have, want Fen, found bool) {
	var changed [16]posting
	deltas := changed[:0]
	for i := range entries {
		for _, line := range entries[i].Lines {
			if !guarded(line.Account) {
				continue
			}
			p := b.potOf[b.id(line.Account, &entries[i].Dimensions)]
			at := slices.IndexFunc(deltas, func(d posting) bool { return d.cell == p })
			if at < 0 {
				deltas = append(deltas, posting{p, line.Amount})
			} else {
				deltas[at].amount += line.Amount
			}
		}
	}
	for _, d := range deltas {
		if p := &b.pots[d.cell]; d.amount < 0 && p.amount+d.amount < 0 {
			return p.account, p.amount, -d.amount, true
		}
	}
	return 0, 0, 0, false
}

// maxBalance bounds every balance (FORMAT.md 16).
const maxBalance Fen = 1<<53 - 1

// excess finds a line, or a balance after it, that is larger than the log can
// hold, with the limit it breaks.
func (b *books) excess(entries []Entry) (limit Fen, found bool) {
	for i := range entries {
		for _, line := range entries[i].Lines {
			if max(line.Amount, -line.Amount) > MaxAmount {
				return MaxAmount, true
			}
			after := b.balance(line.Account, entries[i].Dimensions) + line.Amount
			if max(after, -after) > maxBalance {
				return maxBalance, true
			}
		}
	}
	return 0, false
}

// row is the cell as a line of balances.tsv without its amount (DOMAIN.md 11).
func (c *cell) row(b []byte) []byte {
	for _, s := range [...]string{c.account.String(), c.Fund, c.Project, c.Organisation, c.District, yearText(c.Year), yearText(c.Vintage), c.Purpose} {
		b = append(append(b, s...), '\t')
	}
	return b
}

func yearText(y int) string {
	if y == 0 {
		return ""
	}
	return strconv.Itoa(y)
}

// BalancesHeader is the first line of balances.tsv (DOMAIN.md 11).
const BalancesHeader = "account\tfund\tproject\torganisation\tdistrict\tyear\tvintage\tpurpose\tamount\n"

// tsvHash is the SHA-256 of balances.tsv of one fund after the further entries.
func (b *books) tsvHash(fund string, further []Entry) string {
	sums := map[uint32]Fen{}
	for i := range further {
		for _, line := range further[i].Lines {
			sums[b.id(line.Account, &further[i].Dimensions)] += line.Amount
		}
	}
	h := sha256.New()
	h.Write([]byte(BalancesHeader))
	for _, row := range b.rows(b.byFund[fund], sums) {
		h.Write([]byte(row))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// openOn finds a stage, advance or refund of the project that is not zero.
func (b *books) openOn(project string) (a Account, have Fen, found bool) {
	for _, id := range b.byProject[project] {
		switch a := b.cells[id].account; a {
		case Available, Allocated, Committed, Advance, RefundDue:
			if sum := b.pots[b.potOf[id]].amount; sum != 0 {
				return a, sum, true
			}
		}
	}
	return 0, 0, false
}

// rows writes the cells that are not zero, with further sums added, as lines
// of balances.tsv, sorted bytewise.
func (b *books) rows(ids []uint32, further map[uint32]Fen) []string {
	rows := make([]string, 0, len(ids))
	for _, id := range ids {
		if sum := b.amount[id] + further[id]; sum != 0 {
			row := strconv.AppendInt(b.cells[id].row(nil), int64(sum), 10)
			rows = append(rows, string(append(row, '\n')))
		}
	}
	slices.Sort(rows)
	return rows
}

// all lists every cell.
func (b *books) all() []uint32 {
	ids := make([]uint32, len(b.cells))
	for i := range ids {
		ids[i] = uint32(i)
	}
	return ids
}
