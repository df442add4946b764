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

// row is one line of balances.tsv in the making.
type row struct {
	dimensions string
	sum        int64
}

// rows calls fn for each line of balances.tsv with its LF, in order, and counts them. The line holds until fn returns.
func (b *balances) rows(fn func(line []byte) error) (count uint64, err error) {
	var byAccount [record.Accounts][]row
	for dimensions, at := range b.tuples {
		for ; at >= 0; at = b.cells[at].next {
			if c := b.cells[at]; c.sum != 0 {
				byAccount[c.account] = append(byAccount[c.account], row{dimensions, c.sum})
			}
		}
	}
	var line []byte
	for _, a := range accountsByName() {
		rows := byAccount[a]
		slices.SortFunc(rows, func(x, y row) int { return strings.Compare(x.dimensions, y.dimensions) })
		for _, r := range rows {
			line = append(append(line[:0], a.String()...), r.dimensions...)
			line = append(strconv.AppendInt(append(line, '\t'), r.sum, 10), '\n')
			if err := fn(line); err != nil {
				return count, err
			}
			count++
		}
	}
	return count, nil
}

func accountsByName() []record.Account {
	out := make([]record.Account, record.Accounts)
	for a := range record.Accounts {
		out[a] = a
	}
	slices.SortFunc(out, func(a, b record.Account) int { return strings.Compare(a.String(), b.String()) })
	return out
}
