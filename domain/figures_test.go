package domain_test

import (
	"testing"

	"grantledger/domain"
)

func TestDebit(t *testing.T) {
	for _, c := range []struct {
		typ, reversed string
		account       domain.Account
		amount        domain.Fen
		want          bool
	}{
		{"award.disbursed.v1", "", domain.Committed, -5, false},
		{"award.disbursed.v1", "", domain.Disbursed, 5, true},
		{"entry.reversed.v1", "award.disbursed.v1", domain.Committed, 5, false},
		{"entry.reversed.v1", "award.disbursed.v1", domain.Disbursed, -5, true},
		{"entry.reclassified.v1", "", domain.Spent, -5, true},
		{"entry.reversed.v1", "entry.reclassified.v1", domain.Spent, 5, true},
		{"expenditure.adjusted.v1", "", domain.RefundDue, 5, true},
		{"goods.revalued.v1", "", domain.Goods, -5, true},
		{"goods.revalued.v1", "", domain.Income, 5, true},
		{"goods.delivered.v1", "", domain.Goods, -5, false},
	} {
		if got := domain.Debit(c.typ, c.reversed, c.account, c.amount); got != c.want {
			t.Errorf("Debit(%s, %s, %s, %d) = %v", c.typ, c.reversed, c.account, c.amount, got)
		}
	}
}

func TestSums(t *testing.T) {
	var s domain.Sums
	s.Add(domain.Authority, 0, -1000, false, false)
	s.Add(domain.Available, 1000, -600, false, false)
	s.Add(domain.Allocated, 600, -400, true, false)
	s.Add(domain.Committed, 400, -150, true, true)
	s.Add(domain.Disbursed, 150, 0, true, true)
	s.Add(domain.RefundDue, 30, -30, true, true)
	s.Add(domain.Loss, 10, 0, true, true)
	s.AddStock(domain.Advance, 120)
	s.AddStock(domain.Spent, 7)
	for f, want := range map[domain.Figure]domain.Fen{
		domain.FigureAppropriated: 1000, domain.FigureAvailable: 400, domain.FigureAllocated: 200, domain.FigureCommitted: 250,
		domain.FigureRemaining: 850, domain.FigureDisbursed: 150, domain.FigureArranged: 600, domain.FigureAwarded: 400,
		domain.FigureRefunded: 20, domain.FigureLoss: 10, domain.FigureAdvance: 120, domain.FigureSpent: 0,
	} {
		if s[f] != want {
			t.Errorf("%s = %d, want %d", f, s[f], want)
		}
	}
	if came, is := s.Proof(); came != 1000 || is != 1000 {
		t.Errorf("proof %d = %d", came, is)
	}
	if r, ok := s.Rate(false); r != 1500 || !ok {
		t.Errorf("rate %d %v", r, ok)
	}
	if r, ok := s.Rate(true); r != 2500 || !ok {
		t.Errorf("project rate %d %v", r, ok)
	}
}

func TestSumsOfClosedYear(t *testing.T) {
	var closed, next domain.Sums
	closed.Add(domain.Authority, 0, -1000, false, false)
	closed.Add(domain.Available, 1000, -1000, false, false)
	closed.Add(domain.Carried, 1000, 0, false, false)
	next.Add(domain.Carried, 0, -1000, false, false)
	next.Add(domain.Available, 1000, 0, false, false)
	if closed[domain.FigureCarriedOut] != 1000 || closed[domain.FigureRemaining] != 1000 || next[domain.FigureCarriedIn] != 1000 || next[domain.FigureRemaining] != 1000 {
		t.Errorf("closed %v next %v", closed, next)
	}
	closed.Plus(&next)
	if came, is := closed.Proof(); came != 2000 || is != 2000 {
		t.Errorf("proof over both years %d = %d", came, is)
	}
}

func TestRateRounding(t *testing.T) {
	for _, c := range []struct {
		disbursed, base domain.Fen
		want            int64
		ok              bool
	}{
		{1, 20000, 1, true}, {1, 20001, 0, true}, {3, 20000, 2, true}, {-1, 20000, 0, true}, {-3, 20000, -1, true},
		{999_999_999_999_999, 999_999_999_999_999, 10000, true}, {0, 0, 0, false}, {5, -5, 0, false},
		{2590001, 4500000, 5756, true},
	} {
		s := domain.Sums{domain.FigureDisbursed: c.disbursed, domain.FigureAppropriated: c.base}
		if got, ok := s.Rate(false); got != c.want || ok != c.ok {
			t.Errorf("%d by %d: %d %v, want %d", c.disbursed, c.base, got, ok, c.want)
		}
	}
}

func TestFigureNames(t *testing.T) {
	for _, f := range domain.Figures() {
		if g, ok := domain.ParseFigure(f.String()); !ok || g != f || f.Words().ZH == "" || f.Words().EN == "" {
			t.Errorf("figure %d: %s", f, f)
		}
	}
	if _, ok := domain.ParseFigure("nothing"); ok {
		t.Error("unknown figure found")
	}
}
