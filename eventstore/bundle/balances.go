package bundle

import (
	"slices"
	"strconv"
	"strings"

	"grantledger/eventstore/record"
)

// balances sums entries by account and dimensions (section 13). A tuple of dimensions is kept once, with a chain of the
// accounts that it was posted on.
type balances struct {
	tuples map[string]int32 // dimensions as in a row, between TABs -> first cell of its chain
	cells  []cell
	key    []byte
}

type cell struct {
	sum     int64 // fen
	next    int32 // cell of the same tuple, -1 at the end
	account record.Account
}

func newBalances() *balances { return &balances{tuples: make(map[string]int32)} }

// addEvent adds those entries of an event that count under a filter: it holds for the entry's own scopes. scopes is a
// buffer to reuse.
func (b *balances) addEvent(e *record.Event, f Filter, scopes *[][]byte) error {
	for i := range e.Body.Entries {
		entry := &e.Body.Entries[i]
		if len(f) > 0 {
			*scopes = entry.AppendScopes((*scopes)[:0], e.Head.Scopes)
			if !f.Holds(*scopes) {
				continue
			}
		}
		if err := b.add(entry); err != nil {
			return err
		}
	}
	return nil
}

// add adds the lines of an entry. The error is a *Refusal with code balances when a sum passes 2^53-1 either way.
func (b *balances) add(e *record.Entry) error {
	b.key = appendDimensions(b.key[:0], e)
	at, ok := b.tuples[string(b.key)]
	if !ok {
		at = b.new(e.Lines[0].Account)
		b.tuples[string(b.key)] = at
	}
	for _, l := range e.Lines {
		c := b.find(at, l.Account)
		c.sum += l.Fen
		if c.sum > record.MaxBalance || c.sum < -record.MaxBalance {
			return refuse(CodeBalances, "a sum passes 2^53-1 fen")
		}
	}
	return nil
}

func (b *balances) new(a record.Account) int32 {
	b.cells = append(b.cells, cell{next: -1, account: a})
	return int32(len(b.cells) - 1)
}

// find gives the cell of an account in the chain that begins at first.
func (b *balances) find(first int32, a record.Account) *cell {
	at := first
	for b.cells[at].account != a {
		next := b.cells[at].next
		if next < 0 {
			next = b.new(a)
			b.cells[at].next = next
		}
		at = next
	}
	return &b.cells[at]
}

// appendDimensions appends fund to purpose, each after a TAB, absent ones empty.
func appendDimensions(b []byte, e *record.Entry) []byte {
	year := func(n int) {
		if b = append(b, '\t'); n != 0 {
			b = strconv.AppendInt(b, int64(n), 10)
		}
	}
	for _, v := range [...][]byte{e.Fund, e.Project, e.Organisation, e.District} {
		b = append(append(b, '\t'), v...)
	}
	year(e.Year)
	year(e.Vintage)
	return append(append(b, '\t'), e.Purpose...)
}

// tuple is a tuple of dimensions with the first cell of its chain.
type tuple struct {
	dimensions string
	cell       int32
}

// sum is a row of balances.tsv in the making: an index into the sorted tuples, and a cell.
type sum struct{ tuple, cell int32 }

// rows calls fn for each line of balances.tsv with its LF, in order, and counts them. The line holds until fn returns.
func (b *balances) rows(fn func(line []byte) error) (count uint64, err error) {
	tuples := b.sorted()
	sums := b.byAccount(tuples)
	var line []byte
	for _, a := range accountsByName() {
		for _, s := range sums[a] {
			line = append(append(line[:0], a.String()...), tuples[s.tuple].dimensions...)
			line = append(strconv.AppendInt(append(line, '\t'), b.cells[s.cell].sum, 10), '\n')
			if err := fn(line); err != nil {
				return count, err
			}
			count++
		}
	}
	return count, nil
}

// sorted gives the tuples in the order of rows. A TAB is less than every byte of a value, so whole texts compare as the
// fields do.
func (b *balances) sorted() []tuple {
	all := make([]tuple, 0, len(b.tuples))
	for dimensions, cell := range b.tuples {
		all = append(all, tuple{dimensions, cell})
	}
	slices.SortFunc(all, func(x, y tuple) int { return strings.Compare(x.dimensions, y.dimensions) })
	return all
}

// byAccount gives the sums other than 0 of each account, in the order of tuples.
func (b *balances) byAccount(tuples []tuple) (sums [record.Accounts][]sum) {
	var counts [record.Accounts]int
	for _, c := range b.cells {
		counts[c.account]++
	}
	for a, n := range counts {
		sums[a] = make([]sum, 0, n)
	}
	for i, t := range tuples {
		for at := t.cell; at >= 0; at = b.cells[at].next {
			if c := b.cells[at]; c.sum != 0 {
				sums[c.account] = append(sums[c.account], sum{int32(i), at})
			}
		}
	}
	return sums
}

func accountsByName() []record.Account {
	out := make([]record.Account, record.Accounts)
	for a := range record.Accounts {
		out[a] = a
	}
	slices.SortFunc(out, func(a, b record.Account) int { return strings.Compare(a.String(), b.String()) })
	return out
}
