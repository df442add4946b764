package eventstore_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/storetest"
)

// memo brings an event of the tests to the 500 bytes of a usual one.
var memo = strings.Repeat("x", 180)

// BenchmarkWriter stores b.N events of one command each, and reports the fsyncs a second that the disk gives alone.
func BenchmarkWriter(b *testing.B) {
	for _, callers := range []int{1, 64, 1024} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s, stop := benchServer(b)
			defer stop()
			raw, err := eventstore.RawFsync(b.TempDir(), 200*time.Millisecond)
			if err != nil {
				b.Fatal(err)
			}
			blocks := s.Log.Sequence()
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for i := range callers {
				wg.Go(func() {
					account := fmt.Sprint("account-", i)
					for k := n.Add(1); k <= int64(b.N); k = n.Add(1) {
						c := storetest.Command{Kind: storetest.Spam, Key: fmt.Sprint("key-", k), To: account, Amount: 1, Text: memo}
						if _, _, err := s.Writer.Do(b.Context(), c); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(s.Log.Sequence()-blocks)/b.Elapsed().Seconds(), "blocks/s")
			b.ReportMetric(raw, "fsync/s")
		})
	}
}

// BenchmarkOpen replays a log of 200,000 events.
func BenchmarkOpen(b *testing.B) {
	const events = 200_000
	e, err := start(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer e.stop()
	s, err := storetest.Serve(b.Context(), e.open, nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Genesis(b.Context()); err != nil {
		b.Fatal(err)
	}
	for i := range events / 1000 {
		c := storetest.Command{Kind: storetest.Spam, Key: fmt.Sprint("key-", i), To: fmt.Sprint("account-", i), Amount: 1000, Text: memo}
		if _, _, err := s.Writer.Do(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	s.Stop()
	b.ResetTimer()
	for range b.N {
		_, err := e.open(func(c *eventstore.Config) { c.Apply = func(uint64, []byte, []byte) error { return nil } })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
}

func benchServer(b *testing.B) (*storetest.Server, func()) {
	e, err := start(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	s, err := storetest.Serve(b.Context(), e.open, nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Genesis(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s, func() {
		s.Stop()
		e.stop()
	}
}
