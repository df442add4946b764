package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"grantledger/projections"
	"grantledger/projections/postgres"

	"golang.org/x/sync/errgroup"
)

// The paces of the aims in PERFORMANCE.md.
const (
	paceClients  = 16
	lagPace      = 1000 // commands a second
	queryPace    = 1500 // queries a second
	lagInMemory  = 1.0  // ms, p99
	lagInTables  = 5.0
	readInMemory = 1.0
	readInTables = 5.0
)

// atPace runs do from 16 clients together, perSecond times a second, and gives the
// times sorted. A client that is late counts from when the call was due, so that
// a stall shows in all the calls that it held up.
func atPace(ctx context.Context, perSecond int, seconds float64, do func(ctx context.Context, i int) (time.Duration, error)) ([]time.Duration, error) {
	total := int(seconds * float64(perSecond))
	times := make([]time.Duration, total)
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for range paceClients {
		group.Go(func() error {
			for i := int(next.Add(1)) - 1; i < total; i = int(next.Add(1)) - 1 {
				due := start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
				var late time.Duration
				if early := time.Until(due); early > 0 {
					if err := pause(ctx, early); err != nil {
						return err
					}
				} else {
					late = -early
				}
				took, err := do(ctx, i)
				if err != nil {
					return err
				}
				times[i] = late + took
			}
			return nil
		})
	}
	err := group.Wait()
	slices.Sort(times)
	return times, err
}

// pause lets time pass; ctx ends it early.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lagRow measures one read model behind the real writer: the time from the
// receipt of a command until the model shows its event. follow gives the model
// of an open node and what its raw limit is.
func lagRow(ctx context.Context, what string, aim, seconds float64, inMemory bool, follow func(n *node) (followed, error)) (row tableRow, err error) {
	tmp, err := os.MkdirTemp("", "grantledger-bench-")
	if err != nil {
		return row, err
	}
	defer os.RemoveAll(tmp)
	config := benchNode(filepath.Join(tmp, "data"))
	config.inMemory = inMemory
	n, err := openNode(ctx, config)
	if err != nil {
		return row, err
	}
	defer n.close()
	f, err := follow(n)
	if err != nil {
		return row, err
	}
	defer f.close()
	group, running := errgroup.WithContext(ctx)
	writing, stop := context.WithCancel(running)
	defer stop()
	n.runStore(group, writing)
	reading, stopReading := context.WithCancel(running)
	defer stopReading()
	group.Go(func() error { return unlessEnded(reading, f.model.Run(reading)) })
	times, raw, err := f.lag(running, n, seconds)
	stopReading()
	stop()
	if err = errors.Join(err, group.Wait()); err != nil {
		return row, err
	}
	return timesRow(what, fmt.Sprintf("p99 < %.0f ms", aim), times, f.rawName, raw, aim), nil
}

// followed is a read model whose lag is measured.
type followed struct {
	model   projections.Model
	rawName string
	raw     func(ctx context.Context) error
	close   func()
}

// lag writes allocations at the pace of the aim and waits for each; half as long
// before it, the same is done unmeasured.
func (f *followed) lag(ctx context.Context, n *node, seconds float64) (times, raw []time.Duration, err error) {
	load := workload{prefix: "B", funds: 10, projects: 1000, on: time.Now().UTC().Format(time.DateOnly)}
	if err := write(ctx, n.writer, append(load.open(), load.fill()...)); err != nil {
		return nil, nil, err
	}
	if err := f.model.Wait(ctx, n.log.Position()); err != nil {
		return nil, nil, err
	}
	if raw, err = atPace(ctx, lagPace, min(seconds, 1), timed(func(ctx context.Context, _ int) error { return f.raw(ctx) })); err != nil {
		return nil, nil, err
	}
	visible := func(first int) func(ctx context.Context, i int) (time.Duration, error) {
		return func(ctx context.Context, i int) (time.Duration, error) {
			_, receipt, err := n.writer.Do(ctx, load.allocation(first+i))
			if err != nil {
				return 0, err
			}
			stored := time.Now()
			err = f.model.Wait(ctx, receipt.Last)
			return time.Since(stored), err
		}
	}
	if _, err = atPace(ctx, lagPace, 1, visible(0)); err != nil { // warm
		return nil, nil, err
	}
	times, err = pacedAlone(ctx, seconds, visible(lagPace))
	return times, raw, err
}

// pacedAlone is atPace for lags: a wait for the writer is none of the model's.
func pacedAlone(ctx context.Context, seconds float64, visible func(context.Context, int) (time.Duration, error)) ([]time.Duration, error) {
	times := make([]time.Duration, int(seconds*lagPace))
	_, err := atPace(ctx, lagPace, seconds, func(ctx context.Context, i int) (took time.Duration, err error) {
		times[i], err = visible(ctx, i)
		return times[i], err
	})
	slices.Sort(times)
	return times, err
}

func timed(do func(ctx context.Context, i int) error) func(ctx context.Context, i int) (time.Duration, error) {
	return func(ctx context.Context, i int) (time.Duration, error) {
		began := time.Now()
		err := do(ctx, i)
		return time.Since(began), err
	}
}

// timesRow is a row of times: p50 and p99 beside those of the raw limit; the
// ratio is that of the medians.
func timesRow(what, aim string, times []time.Duration, rawName string, raw []time.Duration, atMost float64) tableRow {
	p99 := quantile(times, 0.99)
	return tableRow{
		What: what, Aim: aim, Figure: fmt.Sprintf("p50 %.2f ms, p99 %.2f ms", quantile(times, 0.5), p99),
		Raw:   fmt.Sprintf("%s p50 %.2f ms, p99 %.2f ms", rawName, quantile(raw, 0.5), quantile(raw, 0.99)),
		Ratio: quantile(times, 0.5) / max(quantile(raw, 0.5), 0.001), Met: p99 < atMost,
	}
}

// memoryLag measures the model in memory against a round trip to the log's server.
func memoryLag(ctx context.Context, seconds float64) (tableRow, error) {
	what := fmt.Sprintf("live lag at %d/s, memory", lagPace)
	return lagRow(ctx, what, lagInMemory, seconds, true, func(n *node) (followed, error) {
		ping := func(context.Context) error { _, err := n.conn.RTT(); return err }
		return followed{n.model, "NATS round trip", ping, func() {}}, nil
	})
}

// tablesLag measures the model in PostgreSQL against `select 1`.
func tablesLag(ctx context.Context, s postgres.Settings, seconds float64) (tableRow, error) {
	s.Schema = "grantledger_bench_lag"
	if err := postgres.Drop(ctx, s); err != nil {
		return tableRow{}, err
	}
	what := fmt.Sprintf("live lag at %d/s, PostgreSQL", lagPace)
	row, err := lagRow(ctx, what, lagInTables, seconds, false, func(n *node) (followed, error) {
		m, err := postgres.New(n.log, s)
		if err != nil {
			return followed{}, err
		}
		return followed{m, "select 1", m.RawSelect, m.Close}, nil
	})
	return row, errors.Join(err, postgres.Drop(ctx, s))
}
