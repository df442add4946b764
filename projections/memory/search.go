package memory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/projections"
)

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
