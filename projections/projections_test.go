package projections_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/projections"
)

func TestCursor(t *testing.T) {
	q := projections.EventQuery{
		Filter: projections.Filter{
			Position: 9, AsOf: domain.NewDate(2024, 2, 29), Where: map[projections.Key][]string{projections.Fund: {"A", "-"}},
			Accounts: []domain.Account{domain.Spent}, Recorded: true,
		},
		Types: []string{"award.*"}, Before: 7, AmountMin: 1, RecordedFrom: time.UnixMilli(1234).UTC(),
	}
	text := projections.Cursor("events", q)
	var back projections.EventQuery
	if err := projections.Resume("events", text, &back); err != nil || !reflect.DeepEqual(back, q) {
		t.Fatalf("%v: %+v", err, back)
	}
	for _, damaged := range []string{"", "x", text[:len(text)-1], text + "A", "A" + text[1:], text + "="} {
		if err := projections.Resume("events", damaged, &back); !errors.Is(err, projections.ErrCursor) {
			t.Errorf("%q: %v", damaged, err)
		}
	}
	if err := projections.Resume("balances", text, &back); !errors.Is(err, projections.ErrCursor) {
		t.Errorf("cursor of another list: %v", err)
	}
}

func TestFilterCheck(t *testing.T) {
	for _, c := range []struct {
		key   projections.Key
		value string
		ok    bool
	}{
		{projections.Fund, "GD", true}, {projections.Fund, "-", true}, {projections.Fund, "a b", false}, {projections.Fund, "", false},
		{projections.Year, "2024", true}, {projections.Year, "-", true}, {projections.Year, "24", false}, {projections.Year, "1979", false}, {projections.Year, "+202", false},
		{projections.District, "341882", true}, {projections.District, "34188", false}, {projections.District, "34188x", false},
		{projections.Province, "340000", true}, {projections.Province, "341800", false}, {projections.City, "341800", true}, {projections.City, "341882", false},
		{projections.Source, "lottery", true}, {projections.Source, "tax", false}, {projections.Period, "2024-01", false},
	} {
		f := projections.Filter{}.With(c.key, c.value)
		var bad *projections.QueryError
		if err := f.Check(); (err == nil) != c.ok || err != nil && (!errors.As(err, &bad) || bad.Parameter != string(c.key)) {
			t.Errorf("%s=%q: %v", c.key, c.value, err)
		}
	}
}

func TestBalanceQueryCheck(t *testing.T) {
	year := projections.Filter{}.With(projections.Year, "2024")
	rate := []domain.Figure{domain.FigureRate}
	for i, c := range []struct {
		q         projections.BalanceQuery
		parameter string
	}{
		{projections.BalanceQuery{GroupBy: projections.Keys()}, "group_by"},
		{projections.BalanceQuery{GroupBy: projections.Keys()[:8]}, ""},
		{projections.BalanceQuery{GroupBy: []projections.Key{"fund", "fund"}}, "group_by"},
		{projections.BalanceQuery{GroupBy: []projections.Key{"period"}}, "group_by"},
		{projections.BalanceQuery{Measures: rate}, "year"},
		{projections.BalanceQuery{Measures: rate, Filter: year}, ""},
		{projections.BalanceQuery{Measures: rate, Filter: year, Interval: projections.ByMonth}, "interval"},
		{projections.BalanceQuery{Measures: rate, Filter: year, GroupBy: []projections.Key{"purpose"}}, "group_by"},
	} {
		var bad *projections.QueryError
		err := c.q.Check()
		if errors.As(err, &bad); (err == nil) != (c.parameter == "") || bad != nil && bad.Parameter != c.parameter {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestPage(t *testing.T) {
	for _, c := range []struct {
		page projections.Page
		n    int
		want [3]int
	}{
		{projections.Page{}, 5, [3]int{0, 5, 0}}, {projections.Page{Limit: 2}, 5, [3]int{0, 2, 2}},
		{projections.Page{Limit: 2, Offset: 4}, 5, [3]int{4, 5, 0}}, {projections.Page{Limit: 2, Offset: 9}, 5, [3]int{5, 5, 0}},
		{projections.Page{Limit: 5}, 5, [3]int{0, 5, 0}},
	} {
		from, to, next := c.page.Slice(c.n)
		if [3]int{from, to, next} != c.want {
			t.Errorf("%+v of %d: %d %d %d", c.page, c.n, from, to, next)
		}
	}
}

func TestWordsOfEveryEvent(t *testing.T) {
	for _, d := range domain.Catalogue() {
		for _, e := range d.Events {
			if s, w := projections.Stage(e, 0, false), projections.Title(e); s.ZH == "" || s.EN == "" || w.ZH == "" || w.EN == "" {
				t.Errorf("%s: %v %v", e, s, w)
			}
		}
	}
	for _, f := range domain.Figures() {
		if projections.FigureAccounts(f) == nil {
			t.Errorf("figure %s has no accounts", f)
		}
	}
	if projections.Everything.Coverage() != "all" || (projections.View{SignedIn: true, Funds: []string{"A"}}).Coverage() != "funds" || (projections.View{}).Coverage() != "published" {
		t.Error("coverage")
	}
}
