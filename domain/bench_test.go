package domain_test

import (
	"strconv"
	"testing"
	"time"

	"grantledger/domain"
)

// lines is a head and body as they lie in the log.
type storedLines struct{ head, body []byte }

// storedStory is the xuancheng scenario as stored lines.
func storedStory(b *testing.B) []storedLines {
	b.Helper()
	var all []storedLines
	var c clock
	play(b, "xuancheng", func(cmd line, a domain.Answer) {
		at := c.at(cmd)
		for _, e := range a.Events {
			head, body := stored(e, at)
			all = append(all, storedLines{head, body})
		}
	})
	return all
}

// BenchmarkDecode reads stored events.
func BenchmarkDecode(b *testing.B) {
	all := storedStory(b)
	b.ReportAllocs()
	var e domain.Event
	d := domain.NewDecoder()
	for i := 0; b.Loop(); i++ {
		s := all[i%len(all)]
		if err := d.Decode(s.head, s.body, &e); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApply folds stored events into the state of the rules: one
// operation is one event of the xuancheng scenario.
func BenchmarkApply(b *testing.B) { benchmarkApply(b, storedStory(b)) }

// BenchmarkApplyAllocations is BenchmarkApply for an event that only moves
// money: 100,000 allocations among 1,000 projects.
func BenchmarkApplyAllocations(b *testing.B) {
	l, all := allocations(b, 1000)
	at := time.Date(2024, 3, 1, 1, 0, 0, 0, time.UTC)
	for i := range 100_000 {
		events, _, err := l.Execute([]domain.Command{allocation(b, i)}, at)
		if err != nil {
			b.Fatal(err)
		}
		l.Cut()
		l.Confirm()
		head, body := stored(events[0], at)
		all = append(all, storedLines{head, body})
	}
	benchmarkApply(b, all)
}

func benchmarkApply(b *testing.B, all []storedLines) {
	b.ReportAllocs()
	var l *domain.Ledger
	for i := 0; b.Loop(); i++ {
		at := i % len(all)
		if at == 0 {
			l = domain.NewLedger(domain.Genesis{})
		}
		if err := l.Apply(uint64(at+1), all[at].head, all[at].body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExecute decides and folds allocations: one operation is one command
// that was bound before.
func BenchmarkExecute(b *testing.B) {
	l, _ := allocations(b, 1000)
	at := time.Date(2024, 3, 1, 1, 0, 0, 0, time.UTC)
	cs := make([]domain.Command, 1000)
	for i := range cs {
		cs[i] = allocation(b, i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := cs[i%len(cs)]
		c.Key = "E" + strconv.Itoa(i)
		if _, _, err := l.Execute([]domain.Command{c}, at); err != nil {
			b.Fatal(err)
		}
		l.Cut()
		l.Confirm()
	}
}

// BenchmarkBind reads the data of a command.
func BenchmarkBind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := domain.Bind("allocate", []byte(`{"on":"2024-03-01","fund":"F","project":"P1","amount":"1.00"}`)); err != nil {
			b.Fatal(err)
		}
	}
}

// allocations opens a ledger with a fund and so many projects to allocate to.
func allocations(b *testing.B, projects int) (*domain.Ledger, []storedLines) {
	b.Helper()
	l := domain.NewLedger(domain.Genesis{Origin: "grantledger.local/bench"})
	at := time.Date(2024, 3, 1, 1, 0, 0, 0, time.UTC)
	var all []storedLines
	do := func(name, actor, key, data string) {
		c, err := domain.Bind(name, []byte(`{"on":"2024-03-01",`+data+`}`))
		if err != nil {
			b.Fatal(err)
		}
		c.Key, c.Actor = key, actor
		events, _, err := l.Execute([]domain.Command{c}, at)
		if err != nil {
			b.Fatal(err)
		}
		l.Cut()
		l.Confirm()
		for _, e := range events {
			head, body := stored(e, at)
			all = append(all, storedLines{head, body})
		}
	}
	do("open-ledger", "user/admin-1", "open", `"ledger":"bench","name":"bench","district":"341800"`)
	do("enrol-user", "user/admin-1", "enrol", `"user":"clerk-1"`)
	do("grant-role", "user/admin-1", "role", `"user":"clerk-1","role":"clerk","funds":["*"]`)
	do("open-fund", "user/admin-1", "fund", `"fund":"F","name":"fund","source":"lottery","custody":"treasury","district":"341882","purposes":["elderly"],"approval":[{"commands":["*"],"steps":0}]`)
	do("receive-appropriation", "user/clerk-1", "money", `"fund":"F","amount":"1000000000000.00","document":"B-1"`)
	for i := range projects {
		id := strconv.Itoa(i)
		do("register-project", "user/clerk-1", "project-"+id, `"project":"P`+id+`","name":"project","district":"341882","purpose":"elderly"`)
	}
	return l, all
}

func allocation(b *testing.B, n int) domain.Command {
	b.Helper()
	c, err := domain.Bind("allocate", []byte(`{"on":"2024-03-01","fund":"F","project":"P`+strconv.Itoa(n%1000)+`","amount":"1.00"}`))
	if err != nil {
		b.Fatal(err)
	}
	c.Key, c.Actor = "B-"+strconv.Itoa(n), "user/clerk-1"
	return c
}
