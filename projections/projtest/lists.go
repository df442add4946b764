package projtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/projections"
)

// groupings checks that totals, and the sums of the groups, are the same under
// any grouping, the figures among them.
func (s *story) groupings() {
	years := projections.BalanceQuery{GroupBy: []projections.Key{projections.Year}, Measures: domain.Figures()}
	byYear, err := s.m.Balances(ctx, projections.Everything, years)
	s.must(err)
	for _, keys := range [][]projections.Key{
		{projections.Year, projections.Fund}, {projections.Project, projections.Year}, {projections.Source, projections.District, projections.Year},
		{projections.City, projections.Year}, {projections.Province, projections.Year, projections.Fund},
	} {
		q := years
		q.GroupBy = keys
		a, err := s.m.Balances(ctx, projections.Everything, q)
		s.must(err)
		if a.Totals.Sums != byYear.Totals.Sums || !slices.Equal(a.Totals.Amounts, byYear.Totals.Amounts) || a.Totals.Lines != byYear.Totals.Lines {
			s.Errorf("totals differ by %v", keys)
		}
		at := slices.Index(keys, projections.Year)
		for i := range byYear.Items {
			want := &byYear.Items[i]
			var sums domain.Sums
			for j := range a.Items {
				if a.Items[j].Key[at] == want.Key[0] {
					sums.Plus(&a.Items[j].Sums)
				}
			}
			if sums != want.Sums {
				s.Errorf("figures of %s differ by %v", want.Key[0], keys)
			}
		}
	}
	s.periods()
	s.booksAreEven(byYear)
}

// periods checks that months and quarters add up to the whole.
func (s *story) periods() {
	whole, err := s.m.Balances(ctx, projections.Everything, projections.BalanceQuery{})
	s.must(err)
	for _, i := range []projections.Interval{projections.ByMonth, projections.ByQuarter, projections.ByYear} {
		a, err := s.m.Balances(ctx, projections.Everything, projections.BalanceQuery{Interval: i})
		s.must(err)
		if !slices.Equal(a.Totals.Amounts, whole.Totals.Amounts) || len(a.Items) < 2 {
			s.Errorf("by %s: %d groups", i, len(a.Items))
		}
	}
}

// booksAreEven checks that each book sums to zero, and the proof line.
func (s *story) booksAreEven(a *projections.Balances) {
	var sums [4]domain.Fen
	for i, account := range a.Accounts {
		sums[account.Book()] += a.Totals.Amounts[i]
	}
	if sums != [4]domain.Fen{} {
		s.Errorf("books sum to %v", sums)
	}
	for i := range a.Items {
		if came, is := a.Items[i].Sums.Proof(); came != is {
			s.Errorf("proof of %v: %s = %s", a.Items[i].Key, came, is)
		}
	}
}

// cursors walks lists page by page while the log grows: no row twice, none
// missed.
func (s *story) cursors() {
	q := projections.EventQuery{Limit: 7}
	whole, err := s.m.Events(ctx, projections.Everything, projections.EventQuery{})
	s.must(err)
	var got []uint64
	for range 10000 {
		a, err := s.m.Events(ctx, projections.Everything, q)
		s.must(err)
		for _, e := range a.Items {
			got = append(got, e.Position)
		}
		if a.Next == 0 {
			break
		}
		next := projections.EventQuery{}
		s.must(projections.Resume("events", projections.Cursor("events", q.Continue(a)), &next))
		q, q.Limit = next, 7
		s.grow()
	}
	if len(got) != len(whole.Items) {
		s.Errorf("%d events by pages, want %d", len(got), len(whole.Items))
	}
	for i := range got {
		if got[i] != whole.Items[i].Position {
			s.Fatalf("page item %d is #%d", i, got[i])
		}
	}
	s.groupPages(whole.Position)
}

func (s *story) groupPages(position uint64) {
	q := projections.BalanceQuery{Filter: projections.Filter{Position: position}, GroupBy: []projections.Key{projections.Project, projections.Year}}
	whole, err := s.m.Balances(ctx, projections.Everything, q)
	s.must(err)
	var got [][]string
	for q.Limit = 3; ; {
		a, err := s.m.Balances(ctx, projections.Everything, q)
		s.must(err)
		for _, g := range a.Items {
			got = append(got, g.Key)
		}
		if q.Offset = a.Next; a.Next == 0 {
			break
		}
		s.grow()
	}
	if len(got) != whole.Groups {
		s.Fatalf("%d groups by pages, want %d", len(got), whole.Groups)
	}
	for i := range got {
		if !slices.Equal(got[i], whole.Items[i].Key) {
			s.Errorf("group %d is %v", i, got[i])
		}
	}
}

// grow appends the newest event of the auditors' kind once more, under the next
// version: an attachment to the first fund.
func (s *story) grow() {
	events := s.log.Events()
	newest := events[len(events)-1]
	version := uint64(0)
	for _, e := range events {
		if e.Subject == "ledger/seal" {
			version = e.Version
		}
	}
	s.log.Append(newest.Time, &domain.Event{Type: "ledger.sealed.v1", Subject: "ledger/seal", Version: version + 1, Scopes: []string{"ledger/meta"},
		Actor: "system/sealer", Data: []byte(`{"checkpoint":"c"}`)})
	wait(s.T, s.m, s.log)
}

// lists checks the lists of subjects against the figures by key.
func (s *story) lists() {
	for kind, key := range map[string]projections.Key{"fund": projections.Fund, "project": projections.Project, "organisation": projections.Organisation, "district": projections.District} {
		a, err := s.m.Subjects(ctx, projections.Everything, projections.SubjectQuery{Kind: kind, Measures: domain.Figures()})
		s.must(err)
		b, err := s.m.Balances(ctx, projections.Everything, projections.BalanceQuery{GroupBy: []projections.Key{key}, Filter: projections.Filter{Accounts: []domain.Account{domain.Disbursed}}})
		s.must(err)
		sums := map[string]domain.Fen{}
		for i := range b.Items {
			sums[b.Items[i].Key[0]] = amountOf(b, &b.Items[i], domain.Disbursed)
		}
		for i := range a.Items {
			it := &a.Items[i]
			if it.Sums[domain.FigureDisbursed] != sums[it.ID] || it.FirstPosition == 0 || it.LastPosition < it.FirstPosition {
				s.Errorf("%s %s: %s disbursed, want %s; #%d to #%d", kind, it.ID, it.Sums[domain.FigureDisbursed], sums[it.ID], it.FirstPosition, it.LastPosition)
			}
			one, err := s.m.Subject(ctx, projections.Everything, kind, it.ID)
			s.must(err)
			if kind != "district" && one.Sums != it.Sums {
				s.Errorf("%s %s: figures differ from the list's", kind, it.ID)
			}
		}
		if len(a.Items) == 0 {
			s.Errorf("no %s", kind)
		}
	}
	for _, kind := range []string{"award", "user"} {
		if a, err := s.m.Subjects(ctx, projections.Everything, projections.SubjectQuery{Kind: kind}); err != nil || len(a.Items) == 0 {
			s.Errorf("no %s: %v", kind, err)
		}
	}
	if _, err := s.m.Subjects(ctx, projections.Everything, projections.SubjectQuery{Kind: "thing"}); err == nil {
		s.Error("a list of things")
	}
	early, err := s.m.Subjects(ctx, projections.Everything, projections.SubjectQuery{Kind: "project", Filter: projections.Filter{Position: 1}})
	s.must(err)
	if len(early.Items) != 0 {
		s.Error("projects before any was registered")
	}
}

// timeline checks the steps of every award's history.
func (s *story) timeline() {
	for _, e := range s.log.Events() {
		if !strings.HasPrefix(e.Subject, "award/") || e.Version != 1 {
			continue
		}
		a, err := s.m.Timeline(ctx, projections.Everything, projections.TimelineQuery{Subject: e.Subject})
		s.must(err)
		for i, it := range a.Items {
			if it.Stage.ZH == "" || it.Stage.EN == "" || it.Title.ZH == "" || i > 0 && it.On < a.Items[i-1].On {
				s.Errorf("timeline of %s: %+v", e.Subject, it)
			}
		}
	}
}

// corrections checks for every event which one it corrects and which correct it,
// and for every line of a reversal the side by the red-letter rule: as a
// negative, on the side of the line it undoes.
func (s *story) corrections() {
	corrects, correctedBy, undone := s.links()
	s.m.State(func(l *domain.Ledger) {
		for number := range undone {
			if _, by, ok := l.Voucher(number); !ok || by == 0 {
				s.Errorf("voucher %s is not reversed", number)
			}
		}
	})
	a, err := s.m.Events(ctx, projections.Everything, projections.EventQuery{})
	s.must(err)
	if len(a.Items) != len(s.log.Events()) {
		s.Errorf("%d events, want %d", len(a.Items), len(s.log.Events()))
	}
	for _, it := range a.Items {
		if it.Corrects != corrects[it.Position] || !slices.Equal(it.CorrectedBy, correctedBy[it.Position]) {
			s.Errorf("#%d corrects %d and is corrected by %v, want %d and %v", it.Position, it.Corrects, it.CorrectedBy, corrects[it.Position], correctedBy[it.Position])
		}
	}
	st, err := s.m.Statement(ctx, projections.Everything, projections.StatementQuery{})
	s.must(err)
	for i := range st.Items {
		l := &st.Items[i]
		original := s.log.Events()[max(corrects[l.Position], 1)-1].Type
		plain := l.Type != "entry.reversed.v1" && l.Type != "goods.revalued.v1" && l.Type != "entry.reclassified.v1" && l.Type != "expenditure.adjusted.v1"
		undo := l.Type == "entry.reversed.v1" && original != "goods.revalued.v1" && original != "entry.reclassified.v1" && original != "expenditure.adjusted.v1"
		if plain && l.Debit != (l.Amount > 0) || undo && l.Debit != (l.Amount < 0) {
			s.Errorf("line %d of #%d, %s of %s: debit %v", l.Line, l.Position, l.Type, l.Amount, l.Debit)
		}
	}
}

// links reads from the stored data which event corrects which, and the vouchers
// that are reversed.
func (s *story) links() (corrects map[uint64]uint64, correctedBy map[uint64][]uint64, reversed map[string]bool) {
	corrects, correctedBy, reversed = map[uint64]uint64{}, map[uint64][]uint64{}, map[string]bool{}
	vouchers := map[string]uint64{}
	for _, e := range s.log.Events() {
		var data struct{ Voucher, Reverses, Corrects, Replaces string }
		s.must(json.Unmarshal(e.Data, &data))
		if len(e.Entries) == 0 {
			continue
		}
		vouchers[data.Voucher] = e.Position
		if earlier := vouchers[cmp.Or(data.Reverses, data.Corrects, data.Replaces)]; earlier != 0 {
			corrects[e.Position] = earlier
			correctedBy[earlier] = append(correctedBy[earlier], e.Position)
		}
		if data.Reverses != "" {
			reversed[data.Reverses] = true
		}
	}
	return corrects, correctedBy, reversed
}

// reports makes every report and checks that rows fit their columns.
func (s *story) reports() {
	var project string
	for _, l := range s.lines {
		if l.Project != "" {
			project = l.Project
		}
	}
	for _, r := range projections.Reports() {
		q := projections.ReportQuery{Name: r.Name}
		if r.Name == projections.ProjectLedger {
			q.Filter = q.With(projections.Project, project)
		}
		a, err := s.m.Report(ctx, projections.Everything, q)
		s.must(err)
		if !a.ProofOK || a.ProofDue == (r.Name == projections.ProjectLedger) || a.Title.ZH == "" || len(a.Years) == 0 {
			s.Errorf("%s: proof %v %v, years %v", r.Name, a.ProofOK, a.ProofDue, a.Years)
		}
		for i, row := range append(a.Rows, projections.Row{Cells: a.Totals}) {
			if row.Cells != nil && len(row.Cells) != len(a.Columns) {
				s.Errorf("%s: row %d has %d cells of %d", r.Name, i, len(row.Cells), len(a.Columns))
			}
		}
		if r.Name == projections.TrialBalance {
			s.evenTrial(a)
		}
		if r.Name == projections.Overview && len(a.Rows) == 0 {
			s.Error("empty overview")
		}
	}
	if _, err := s.m.Report(ctx, projections.Everything, projections.ReportQuery{Name: "none"}); !errors.Is(err, projections.ErrNotFound) {
		s.Errorf("unknown report: %v", err)
	}
}

// evenTrial checks that debits equal credits.
func (s *story) evenTrial(a *projections.Report) {
	if a.Totals[2].Number != a.Totals[3].Number || a.Totals[4].Number != 0 || len(a.Rows) < 5 {
		s.Errorf("trial balance totals %+v", a.Totals)
	}
}

// views checks that what a narrow view shows is a part of the whole, and that
// the public sees nothing of funds that are not published.
func (s *story) views() {
	nobody := projections.View{}
	a, err := s.m.Balances(ctx, nobody, projections.BalanceQuery{GroupBy: []projections.Key{projections.Fund}})
	s.must(err)
	if len(a.Items) != 0 {
		s.Error("nobody sees funds")
	}
	fund := s.lines[0].Fund
	public := projections.View{Public: []string{fund}}
	own := projections.View{SignedIn: true, Funds: []string{fund}}
	for _, v := range []projections.View{public, own} {
		a, err := s.m.Balances(ctx, v, projections.BalanceQuery{GroupBy: []projections.Key{projections.Fund, projections.Project}})
		s.must(err)
		for _, g := range a.Items {
			if g.Key[0] != fund {
				s.Errorf("%s shows fund %s", v.Coverage(), g.Key[0])
			}
			if v.Coverage() == "published" && g.Key[1] != "" {
				ok, err := s.m.Visible(ctx, v, "project", g.Key[1])
				s.must(err)
				if !ok {
					s.Errorf("figures of project %s, which is not seen", g.Key[1])
				}
			}
		}
		s.sameFigures(v)
		s.seenEvents(v, fund)
	}
	if ok, err := s.m.Visible(ctx, nobody, "fund", fund); ok || err != nil {
		s.Error("nobody sees a fund")
	}
}

// sameFigures checks that a view's balance of a filter is its statement's closing.
func (s *story) sameFigures(v projections.View) {
	b, err := s.m.Balances(ctx, v, projections.BalanceQuery{})
	s.must(err)
	st, err := s.m.Statement(ctx, v, projections.StatementQuery{})
	s.must(err)
	for i := range st.Accounts {
		at := &st.Accounts[i]
		if got := amountOf(b, &b.Items[0], at.Account); got != at.Closing {
			s.Errorf("%s: %s is %s and %s", v.Coverage(), at.Account, got, at.Closing)
		}
	}
}

func (s *story) seenEvents(v projections.View, fund string) {
	a, err := s.m.Events(ctx, v, projections.EventQuery{Ascending: true})
	s.must(err)
	seen := map[uint64]bool{}
	for _, e := range a.Items {
		seen[e.Position] = true
		for _, scope := range e.Scopes {
			if kind, id, _ := strings.Cut(scope, "/"); kind == "fund" && id != fund {
				s.Errorf("%s sees #%d of %s", v.Coverage(), e.Position, scope)
			}
		}
	}
	for p := uint64(1); p <= s.last; p++ {
		facts, err := s.m.Event(ctx, v, p)
		if seen[p] != (err == nil) {
			s.Errorf("#%d: listed %v, %v", p, seen[p], err)
		}
		if err == nil && (facts.Position != p || facts.Next != 0 && !seen[facts.Next] && facts.Next <= s.last) {
			s.Errorf("#%d: %s", p, fmt.Sprint(facts.Previous, facts.Next))
		}
	}
}
