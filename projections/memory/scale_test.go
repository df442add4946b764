package memory

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// scaleEvents is how many events the scale test folds; GRANTLEDGER_SCALE sets
// it, and without it the test is a small one.
func scaleEvents() int {
	if n, err := strconv.Atoi(os.Getenv("GRANTLEDGER_SCALE")); err == nil {
		return n
	}
	return 20000
}

// payments makes events of the usual kind: payments of awards in many projects,
// districts and years.
func payments(first, n int, codes []string) []domain.Event {
	events := make([]domain.Event, n)
	for i := range events {
		k := first + i
		fund, project, organisation := "F-"+strconv.Itoa(k%20), "P-"+strconv.Itoa(k%50000), "O-"+strconv.Itoa(k%5000)
		year := 2015 + k*10/1_000_000%10
		dims := domain.Dimensions{Fund: fund, Project: project, Organisation: organisation, District: codes[k%50000%len(codes)], Year: year, Vintage: year, Purpose: "elderly"}
		amount := domain.Fen(k%9000 + 100)
		voucher := fmt.Sprintf("%s/%d/%d", fund, year, k/20+1)
		at := time.Date(year, 1, 1, 0, 0, k%30000000, 0, time.UTC)
		events[i] = domain.Event{
			Position: uint64(k + 1), ID: ulid{6: byte(k >> 24), 7: byte(k >> 16), 14: byte(k >> 8), 15: byte(k)}.String(), Time: at, Type: "award.disbursed.v1", Subject: "award/" + project, Version: 1, Actor: "user/clerk-1", Key: "key-" + strconv.Itoa(k),
			On: domain.NewDate(year, 1+k%12, 1+k%28), Year: year,
			Scopes: []string{"award/" + project, "district/" + dims.District, "fund/" + fund, "organisation/" + organisation, "project/" + project, "purpose/elderly", "source/lottery", "year/" + strconv.Itoa(year)},
			Data:   fmt.Appendf(nil, `{"award":"%s","instalment":1,"voucher":"%s"}`, project, voucher),
			Entries: []domain.Entry{{Dimensions: dims, Lines: []domain.Line{
				{Account: domain.Committed, Amount: -amount}, {Account: domain.Disbursed, Amount: amount}, {Account: domain.Advance, Amount: amount}, {Account: domain.Income, Amount: -amount}}}},
		}
	}
	return events
}

// TestScale folds many events and asks usual questions; it reports time and
// memory, and asserts only what does not hang on the machine.
func TestScale(t *testing.T) {
	var codes []string
	for row := range division.Base().In(2024) {
		codes = append(codes, row.Code)
	}
	m := New(nil)
	n := scaleEvents()
	started := time.Now()
	for at := 0; at < n; at += 1000 {
		for i, e := range payments(at, 1000, codes) {
			if err := m.addOwn(&e); err != nil {
				t.Fatal(at+i, err)
			}
		}
	}
	spent := time.Since(started)
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("%d events in %v (making them included), heap %d MB, %d tuples, %d cells, %d sets", n, spent, mem.HeapAlloc>>20, len(m.tuples), len(m.cells), len(m.sets))
	for name, ask := range questions() {
		var took []time.Duration
		for i := range 200 {
			begin := time.Now()
			if err := ask(m, i); err != nil {
				t.Fatal(name, err)
			}
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		t.Logf("%-28s p50 %8v p99 %8v", name, took[100], took[197])
	}
}

func questions() map[string]func(m *Model, i int) error {
	f := projections.Filter{}
	balances := func(m *Model, q projections.BalanceQuery) error {
		_, err := m.Balances(context.Background(), projections.Everything, q)
		return err
	}
	return map[string]func(m *Model, i int) error{
		"project by year": func(m *Model, i int) error {
			return balances(m, projections.BalanceQuery{Filter: f.With(projections.Project, "P-"+strconv.Itoa(i*7)), GroupBy: []projections.Key{projections.Year}})
		},
		"project statement": func(m *Model, i int) error {
			_, err := m.Statement(context.Background(), projections.Everything, projections.StatementQuery{Filter: f.With(projections.Project, "P-"+strconv.Itoa(i*7)), Page: projections.Page{Limit: 50}})
			return err
		},
		"fund, year": func(m *Model, i int) error {
			return balances(m, projections.BalanceQuery{Filter: f.With(projections.Fund, "F-"+strconv.Itoa(i%20)).With(projections.Year, "2016")})
		},
		"by fund": func(m *Model, _ int) error {
			return balances(m, projections.BalanceQuery{GroupBy: []projections.Key{projections.Fund}})
		},
		"by district, year, measures": func(m *Model, _ int) error {
			return balances(m, projections.BalanceQuery{Filter: f.With(projections.Year, "2016"), GroupBy: []projections.Key{projections.District}, Measures: domain.Figures(), Page: projections.Page{Limit: 50}})
		},
		"city, as of": func(m *Model, i int) error {
			g := f.With(projections.City, "341800")
			g.AsOf = domain.NewDate(2016, 6, 1+i%28)
			return balances(m, projections.BalanceQuery{Filter: g, GroupBy: []projections.Key{projections.Year}})
		},
		"newest events": func(m *Model, _ int) error {
			_, err := m.Events(context.Background(), projections.View{Public: []string{"F-1"}}, projections.EventQuery{Limit: 50})
			return err
		},
		"events of a project": func(m *Model, i int) error {
			_, err := m.Events(context.Background(), projections.Everything, projections.EventQuery{Filter: f.With(projections.Project, "P-"+strconv.Itoa(i*7)), Limit: 50})
			return err
		},
		"event": func(m *Model, i int) error {
			_, err := m.Event(context.Background(), projections.Everything, uint64(i*50+1))
			return err
		},
	}
}
