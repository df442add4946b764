package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

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

// search is an EventQuery at work.
type search struct {
	*matcher
	q       *projections.EventQuery
	types   []bool    // nil: any
	sets    []verdict // by set, found when it is needed
	refs    []uint32  // scopes that the event must have
	nowhere bool      // one of them was never seen
	byLine  bool      // accounts or vintages are asked for: entries alone decide
	narrow  bool      // dimensions are asked for
	actor   choice
	key     [2]uint32 // first and last position of the key's events
}

// verdict is what the scopes of an event say of it.
type verdict uint8

const (
	unjudged verdict = iota
	refused          // no event of the set matches
	entries          // an event matches if one of its entries does
	scoped           // an event matches by its scopes
)

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

func (m *Model) search(v projections.View, q *projections.EventQuery) (*search, error) {
	x, err := m.matcher(v, &q.Filter)
	if err != nil {
		return nil, err
	}
	s := &search{matcher: x, q: q, actor: choice{any: true}, key: [2]uint32{1, x.limit}}
	_, vintage := q.Where[projections.Vintage]
	s.byLine = vintage || len(q.Accounts)+len(q.Books) > 0
	s.narrow = len(q.Where) > 0 || s.byLine
	if len(q.Types) > 0 {
		s.chooseTypes()
	}
	if q.Actor != "" {
		n, ok := m.actors.find(q.Actor)
		s.actor = choice{}
		if ok {
			s.actor.ids = []uint32{n}
		}
	}
	s.chooseRange()
	s.chooseScopes()
	s.sets = make([]verdict, len(m.sets))
	return s, nil
}

func (s *search) chooseTypes() {
	s.types = make([]bool, s.m.types.len())
	for i, t := range s.m.types.list {
		s.types[i] = slices.ContainsFunc(s.q.Types, func(want string) bool {
			start, open := strings.CutSuffix(want, "*")
			return t == want || open && strings.HasPrefix(t, start)
		})
	}
}

// chooseRange narrows the positions by key, voucher and the limits of the query.
func (s *search) chooseRange() {
	nothing := [2]uint32{1, 0}
	if s.q.Voucher != "" {
		p, _, ok := s.m.ledger.Voucher(s.q.Voucher)
		s.key = nothing
		if ok {
			s.key = [2]uint32{uint32(p), uint32(p)}
		}
	}
	if s.q.Key != "" {
		s.key = s.rangeOfKey(s.key)
	}
	s.key[0] = max(s.key[0], uint32(min(s.q.After, 1<<31))+1)
	s.key[1] = min(s.key[1], s.limit)
	if s.q.Before > 0 {
		s.key[1] = min(s.key[1], uint32(min(s.q.Before, 1<<31))-1)
	}
	if !s.q.RecordedFrom.IsZero() {
		s.key[0] = max(s.key[0], s.since(s.q.RecordedFrom))
	}
	if !s.q.RecordedTo.IsZero() {
		s.key[1] = min(s.key[1], s.since(s.q.RecordedTo.Add(time.Millisecond))-1)
	}
}

// rangeOfKey is where within r the events of the key are: a command's events
// follow one another. A key of the server itself holds the event's id.
func (s *search) rangeOfKey(r [2]uint32) [2]uint32 {
	first := uint32(s.m.ledger.KeyPosition(s.q.Key))
	if id, ok := strings.CutPrefix(s.q.Key, "system:"); ok {
		first, _ = s.m.locate(id)
	}
	if first == 0 {
		return [2]uint32{1, 0}
	}
	last := first
	for uint64(last) < s.m.progress() && s.m.journal.key(last+1) == s.q.Key {
		last++
	}
	return [2]uint32{max(r[0], first), min(r[1], last)}
}

// since is the first position recorded at or after t.
func (s *search) since(t time.Time) uint32 {
	i, _ := slices.BinarySearchFunc(s.m.events, t.UnixMilli(), func(e event, ms int64) int { return cmp.Compare(e.id.millis(), ms) })
	return uint32(i) + 1
}

// chooseScopes numbers the scopes that are asked for by themselves.
func (s *search) chooseScopes() {
	want := slices.Clone(s.q.Scopes)
	if s.q.Subject != "" {
		want = append(want, s.q.Subject)
	}
	for _, text := range want {
		ref, ok := s.m.refs.find(text)
		s.refs, s.nowhere = append(s.refs, ref), s.nowhere || !ok
	}
}

// verdict judges the set, once.
func (s *search) verdict(n uint32) verdict {
	if s.sets[n] == unjudged {
		s.sets[n] = s.judge(&s.m.sets[n])
	}
	return s.sets[n]
}

func (s *search) judge(set *scopeSet) verdict {
	for _, r := range s.refs {
		if !set.has(r) {
			return refused
		}
	}
	switch {
	case !s.sight.showsSet(set.refs):
		return refused
	case !s.narrow:
		return scoped
	case !s.byLine && s.byScopes(set):
		return scoped
	}
	return entries
}

// byScopes tells whether the set has, for each key asked for, one of the scopes
// asked for, or none of the kind where that was asked.
func (s *search) byScopes(set *scopeSet) bool {
	for k, values := range s.where {
		kind := string(k)
		if k == projections.City || k == projections.Province {
			kind = "district"
		}
		found, any := false, false
		for _, r := range set.refs {
			id, ok := strings.CutPrefix(s.m.refs.text(r), kind+"/")
			if !ok {
				continue
			}
			any = true
			if kind == "district" {
				if !s.recorded {
					id = s.register.Current(id)
				}
				found = found || slices.ContainsFunc(values, func(v string) bool { return s.names(k, v, id) })
			} else {
				found = found || slices.Contains(values, id)
			}
		}
		if !found && !(slices.Contains(values, projections.None) && !any) {
			return false
		}
	}
	return true
}

// walk yields the matching positions in the order asked for until yield is
// false.
func (s *search) walk(yield func(uint32) bool) {
	if list, ok := s.listed(); ok {
		if !s.q.Ascending {
			slices.Reverse(list)
		}
		for _, p := range list {
			if s.matches(p) && !yield(p) {
				return
			}
		}
		return
	}
	for i := s.key[0]; i <= s.key[1]; i++ {
		p := i
		if !s.q.Ascending {
			p = s.key[1] - (i - s.key[0])
		}
		if s.matches(p) && !yield(p) {
			return
		}
	}
}

// listed gathers the positions of the sets that may match, when a scope that
// all of them have is named and they are few against the range that would be
// gone through else.
func (s *search) listed() ([]uint32, bool) {
	if s.key[0] > s.key[1] || s.nowhere {
		return nil, true
	}
	best, found := s.fewest()
	if !found {
		return nil, false
	}
	n, most := 0, int(s.key[1]-s.key[0]+1)/8
	list := []uint32{}
	for _, set := range best {
		if s.verdict(set) == refused {
			continue
		}
		if n += len(s.m.sets[set].events); n > most && n > 1000 {
			return nil, false
		}
		list = append(list, s.m.sets[set].events...)
	}
	slices.Sort(list)
	return list, true
}

// fewest lists the sets with one of the scopes that the query names, or with
// one of a key's values, whichever are fewest. An event that matches by an
// entry has the scopes of the entry.
func (s *search) fewest() (best []uint32, found bool) {
	consider := func(refs ...uint32) {
		var sets []uint32
		for _, r := range refs {
			sets = append(sets, s.m.setsOf.at(r)...)
		}
		if !found || len(sets) < len(best) {
			best, found = slices.Clone(sets), true
		}
	}
	for _, r := range s.refs {
		consider(r)
	}
	for _, k := range [...]projections.Key{projections.Project, projections.Organisation, projections.Fund} {
		values, asked := s.where[k]
		if !asked || slices.Contains(values, projections.None) {
			continue
		}
		var refs []uint32
		for _, v := range values {
			if r, ok := s.m.refs.find(string(k) + "/" + v); ok {
				refs = append(refs, r)
			}
		}
		consider(refs...)
	}
	if refs, few := s.sight.refs(); few {
		consider(refs...)
	}
	slices.Sort(best)
	return slices.Compact(best), found
}

func (s *search) matches(p uint32) bool {
	if p < s.key[0] || p > s.key[1] {
		return false
	}
	e := s.m.at(p)
	if v := s.verdict(e.scopes); v == refused || v == entries && !s.entryMatches(p) {
		return false
	}
	if s.types != nil && !s.types[e.typ] || !s.actor.has(e.actor) {
		return false
	}
	if (s.asOf != 0 || s.from != 0) && !s.within(dateOf(e)) {
		return false
	}
	if s.q.AmountMin == 0 && s.q.AmountMax == 0 {
		return true
	}
	amount, ok := s.m.largest(p)
	return ok && amount >= s.q.AmountMin && (s.q.AmountMax == 0 || amount <= s.q.AmountMax)
}

// dateOf is the event's business date, or its recording date when it has none.
func dateOf(e *event) domain.Date {
	if e.on != 0 {
		return e.on
	}
	return domain.DateOf(e.id.time())
}

func (s *search) entryMatches(p uint32) bool {
	from, to := s.m.linesOf(p)
	for line := from; line < to; line++ {
		c := &s.m.cells[s.m.lineCell[line]]
		if s.accounts[c.account] && s.passesTuple(&s.m.tuples[c.tuple]) {
			return true
		}
	}
	return false
}

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
		before := m.before(c, line)
		effect.Lines = append(effect.Lines, domain.Change{Account: c.account, Before: before, After: before + m.lineAmount[line]})
	}
	return out
}

// before sums the cell's lines ahead of the line.
func (m *Model) before(c *cell, line uint32) domain.Fen {
	at, _ := slices.BinarySearch(c.lines, line)
	if behind := c.lines[at:]; len(behind) < at { // whichever way is shorter
		sum := c.sum
		for _, l := range behind {
			sum -= m.lineAmount[l]
		}
		return sum
	}
	var sum domain.Fen
	for _, l := range c.lines[:at] {
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
			out = merge(out, e)
		}
	}
	return out, nil
}

// merge adds the changes of an effect to that of the same tuple.
func merge(all []domain.Effect, e domain.Effect) []domain.Effect {
	i := slices.IndexFunc(all, func(o domain.Effect) bool { return o.Dimensions == e.Dimensions })
	if i < 0 {
		return append(all, e)
	}
	for _, change := range e.Lines {
		at := slices.IndexFunc(all[i].Lines, func(c domain.Change) bool { return c.Account == change.Account })
		if at < 0 {
			all[i].Lines = append(all[i].Lines, change)
		} else {
			all[i].Lines[at].After = change.After
		}
	}
	return all
}
