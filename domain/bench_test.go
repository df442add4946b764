package domain_test

import (
	"testing"

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
	for i := 0; b.Loop(); i++ {
		s := all[i%len(all)]
		if err := domain.DecodeEvent(s.head, s.body, &e); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApply folds stored events into the state of the rules: one
// operation is one event of the xuancheng scenario.
func BenchmarkApply(b *testing.B) {
	all := storedStory(b)
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
