package projtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// story is a scenario in a log, with a model that follows it and the lines as
// this suite sees them.
type story struct {
	*testing.T
	m     projections.Model
	log   *Log
	lines []line
	last  uint64
}

// line is a stored line with what a filter asks of it.
type line struct {
	*domain.Event
	domain.Dimensions
	domain.Line
	number int
	source string
}

var ctx = context.Background()

// testStory plays a scenario and asks about it.
func testStory(t *testing.T, open Open, name string) {
	s := &story{T: t, log: NewLog()}
	s.m = start(t, open, s.log)
	pins := map[uint64]string{}
	play(t, s.log, name, func(a domain.Answer, last uint64) {
		s.last = wait(t, s.m, s.log)
		s.effects(a, last)
		if last%17 == 0 {
			pins[last] = s.everything(0)
		}
	})
	s.readLines()
	for position, want := range pins {
		if got := s.everything(position); got != want {
			t.Errorf("position %d does not show what it showed", position)
		}
	}
	for i, f := range s.filters() {
		t.Run(fmt.Sprint("filter ", i), func(t *testing.T) {
			one := *s
			one.T = t
			one.balances(f)
			one.statement(f)
			one.events(f)
		})
	}
	s.groupings()
	s.cursors()
	s.lists()
	s.timeline()
	s.corrections()
	s.reports()
	s.views()
}

// everything is a text of what the model answers at a position.
func (s *story) everything(position uint64) string {
	var b strings.Builder
	tsv, err := s.m.BalancesTSV(ctx, position)
	s.must(err)
	report, err := s.m.ReportTSV(ctx, position)
	s.must(err)
	f := projections.Filter{Position: position}
	st, err := s.m.Statement(ctx, projections.Everything, projections.StatementQuery{Filter: f})
	s.must(err)
	ev, err := s.m.Events(ctx, projections.Everything, projections.EventQuery{Filter: f})
	s.must(err)
	b.WriteString(tsv + report + fmt.Sprintf("%+v\n", st.Accounts))
	for _, i := range st.Items {
		fmt.Fprintf(&b, "%d %d %s %d %d\n", i.Position, i.Line, i.Account, i.Amount, i.Balance)
	}
	for _, e := range ev.Items {
		fmt.Fprintf(&b, "%d %s %d %v\n", e.Position, e.Type, e.Corrects, e.CorrectedBy)
	}
	return b.String()
}

func (s *story) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// readLines makes the list of lines that answers are checked against.
func (s *story) readLines() {
	sources := map[string]string{}
	s.m.State(func(l *domain.Ledger) {
		for f := range l.Funds() {
			sources[f.ID] = f.Source
		}
	})
	events := s.log.Events()
	for i := range events {
		n := 0
		for _, e := range events[i].Entries {
			for _, l := range e.Lines {
				n++
				s.lines = append(s.lines, line{&events[i], e.Dimensions, l, n, sources[e.Fund]})
			}
		}
	}
}

// value is the line's value of a key, as the filter's view of districts has it.
func (l *line) value(k projections.Key, recorded bool) string {
	district := l.District
	if !recorded {
		district = division.Base().Current(district)
	}
	switch k {
	case projections.Fund:
		return l.Fund
	case projections.Source:
		return l.source
	case projections.Project:
		return l.Project
	case projections.Organisation:
		return l.Organisation
	case projections.District:
		return district
	case projections.City:
		return division.PrefectureOf(district)
	case projections.Province:
		return division.ProvinceOf(district)
	case projections.Year:
		return yearText(l.Dimensions.Year)
	case projections.Vintage:
		return yearText(l.Vintage)
	}
	return l.Purpose
}

func yearText(y int) string {
	if y == 0 {
		return ""
	}
	return strconv.Itoa(y)
}

// passes tells whether the line is one that the filter chooses; dates aside.
func (l *line) passes(f *projections.Filter) bool {
	if !f.Has(l.Account) || f.Position != 0 && l.Position > f.Position {
		return false
	}
	for k, values := range f.Where {
		v := l.value(k, f.Recorded)
		if !slices.ContainsFunc(values, func(want string) bool { return want == v || want == projections.None && v == "" }) {
			return false
		}
	}
	return true
}

func (l *line) within(f *projections.Filter) bool {
	return (f.AsOf == 0 || l.On <= f.AsOf) && (f.From == 0 || l.On >= f.From)
}

// filters are taken from the middle of the story, so that each finds something.
func (s *story) filters() []projections.Filter {
	all := projections.Filter{}
	mid := s.lines[len(s.lines)/2]
	var awarded line
	for _, l := range s.lines {
		if l.Organisation != "" && l.Project != "" {
			awarded = l
		}
	}
	day := mid.On
	return []projections.Filter{
		all, {Position: mid.Position}, {AsOf: day}, {From: day}, {From: day - 100, AsOf: day + 100, Position: s.last - 3}, {Recorded: true},
		all.With(projections.Fund, mid.Fund), all.With(projections.Project, awarded.Project), all.With(projections.Project, projections.None),
		all.With(projections.Project, awarded.Project, projections.None), all.With(projections.Organisation, awarded.Organisation),
		all.With(projections.Organisation, projections.None).With(projections.Fund, mid.Fund),
		all.With(projections.District, "341882"), all.With(projections.City, "341800"), all.With(projections.Province, "340000", "110000"),
		projections.Filter{Recorded: true}.With(projections.District, "341822"),
		all.With(projections.Year, yearText(mid.Dimensions.Year)), all.With(projections.Vintage, yearText(awarded.Dimensions.Year), projections.None),
		all.With(projections.Purpose, awarded.Purpose), all.With(projections.Source, "donation", "venture"),
		{Books: []domain.Book{domain.Money}}, {Accounts: []domain.Account{domain.Advance, domain.Spent}, AsOf: day},
		projections.Filter{Accounts: []domain.Account{domain.Disbursed}}.With(projections.Project, awarded.Project).With(projections.Year, yearText(awarded.Dimensions.Year)),
		all.With(projections.Fund, "no-such-fund"),
	}
}

// balances compares groups with sums of the lines.
func (s *story) balances(f projections.Filter) {
	for _, keys := range [][]projections.Key{nil, {projections.Year}, {projections.District, projections.Fund}, projections.Keys()[:8]} {
		a, err := s.m.Balances(ctx, projections.Everything, projections.BalanceQuery{Filter: f, GroupBy: keys})
		s.must(err)
		want, count := map[string]domain.Fen{}, 0
		for i := range s.lines {
			l := &s.lines[i]
			if !l.passes(&f) || !l.within(&f) {
				continue
			}
			count++
			key := ""
			for _, k := range keys {
				key += l.value(k, f.Recorded) + "/"
			}
			want[key+l.Account.String()] += l.Line.Amount
		}
		seen := 0
		for i := range a.Items {
			g := &a.Items[i]
			key := ""
			for _, v := range g.Key {
				key += v + "/"
			}
			for c, account := range a.Accounts {
				if got := g.Amounts[c]; got != want[key+account.String()] {
					s.Errorf("%v %s: %s, want %s", keys, key+account.String(), got, want[key+account.String()])
				}
				if g.Seen[c] {
					seen++
				}
			}
		}
		if seen != len(want) || a.Totals.Lines != count {
			s.Errorf("%v: %d amounts of %d lines, want %d of %d", keys, seen, a.Totals.Lines, len(want), count)
		}
	}
}

// statement checks opening + net = closing, the running balances and the order,
// and the lines themselves.
func (s *story) statement(f projections.Filter) {
	a, err := s.m.Statement(ctx, projections.Everything, projections.StatementQuery{Filter: f})
	s.must(err)
	opening, running := map[domain.Account]domain.Fen{}, map[domain.Account]domain.Fen{}
	count := 0
	for i := range s.lines {
		l := &s.lines[i]
		if l.passes(&f) && f.From != 0 && l.On < f.From {
			opening[l.Account] += l.Line.Amount
			running[l.Account] += l.Line.Amount
		}
		if l.passes(&f) && l.within(&f) {
			count++
		}
	}
	for i := range a.Items {
		it := &a.Items[i]
		running[it.Account] += it.Amount
		if it.Balance != running[it.Account] {
			s.Errorf("line %d of #%d: balance %s, want %s", it.Line, it.Position, it.Balance, running[it.Account])
		}
		if i > 0 && (a.Items[i-1].On > it.On || a.Items[i-1].On == it.On && a.Items[i-1].Position > it.Position) {
			s.Errorf("line %d of #%d out of order", it.Line, it.Position)
		}
		if !slices.ContainsFunc(s.lines, func(l line) bool {
			return l.Position == it.Position && l.number == it.Line && l.Account == it.Account && l.Line.Amount == it.Amount && l.On == it.On && l.Type == it.Type
		}) {
			s.Errorf("no such line: %+v", it)
		}
	}
	for i := range a.Accounts {
		at := &a.Accounts[i]
		if at.Opening != opening[at.Account] || at.Opening+at.Net() != at.Closing || at.Closing != running[at.Account] {
			s.Errorf("%s: %s + %s = %s", at.Account, at.Opening, at.Net(), at.Closing)
		}
	}
	if len(a.Items) != count || a.Lines != count {
		s.Errorf("%d lines, want %d", len(a.Items), count)
	}
}

// events checks that every event with a matching entry is listed, and that no
// event of another scope is.
func (s *story) events(f projections.Filter) {
	a, err := s.m.Events(ctx, projections.Everything, projections.EventQuery{Filter: f, Ascending: true})
	s.must(err)
	got := map[uint64]bool{}
	for i, e := range a.Items {
		got[e.Position] = true
		if i > 0 && a.Items[i-1].Position >= e.Position {
			s.Errorf("#%d out of order", e.Position)
		}
		if want := s.log.Events()[e.Position-1]; e.ID != want.ID || e.Type != want.Type || e.Subject != want.Subject || e.Version != want.Version ||
			e.Key != want.Key || e.Actor != want.Actor || e.Memo != want.Memo || !slices.Equal(e.Scopes, want.Scopes) || !e.Time.Equal(want.Time) || e.On != want.On || e.Docs != len(want.Docs) {
			s.Errorf("#%d is %+v", e.Position, e)
		}
	}
	for i := range s.lines {
		if l := &s.lines[i]; l.passes(&f) && l.within(&f) && !got[l.Position] {
			s.Errorf("#%d is not listed", l.Position)
		}
	}
	if id, ok := f.Only(projections.Project); ok {
		for _, e := range a.Items {
			if !slices.Contains(e.Scopes, "project/"+id) {
				s.Errorf("#%d is not of project %s", e.Position, id)
			}
		}
	}
}

// effects compares the model's changes around a command with the rules' own.
func (s *story) effects(a domain.Answer, last uint64) {
	got, err := s.m.Effects(ctx, last-uint64(len(a.Events))+1, last)
	s.must(err)
	if len(got) != len(a.Effects) {
		s.Errorf("#%d: %d effects, want %d", last, len(got), len(a.Effects))
		return
	}
	for i := range got {
		if fmt.Sprint(got[i]) != fmt.Sprint(a.Effects[i]) {
			s.Errorf("#%d: %v, want %v", last, got[i], a.Effects[i])
		}
	}
}
