package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// benchFlags are the flags of bench write (API.md 8).
type benchFlags struct {
	events, callers, funds, projects, batch int
	seconds                                 float64
	http                                    bool
}

// benchResult is what bench write prints, rates per second and times in
// milliseconds, beside the raw limits of the same run.
type benchResult struct {
	Mode              string  `json:"mode"`
	Callers           int     `json:"callers"`
	Funds             int     `json:"funds"`
	Projects          int     `json:"projects"`
	Batch             int     `json:"batch"`
	Events            int64   `json:"events"`
	Seconds           float64 `json:"seconds"`
	EventsPerSecond   float64 `json:"events_per_second"`
	CommandsPerSecond float64 `json:"commands_per_second"`
	P50               float64 `json:"p50_ms"`
	P99               float64 `json:"p99_ms"`
	GroupsPerSecond   float64 `json:"groups_per_second"`
	RawFsyncs         float64 `json:"raw_fsyncs_per_second"`
	RawHTTP           float64 `json:"raw_http_per_second,omitempty"`
	Machine           string  `json:"machine"`
}

func (c *console) bench() *cobra.Command {
	cmd := &cobra.Command{Use: "bench", Short: "测速，与同次运行的极限并列 / measure, beside the raw limits of the same run"}
	var f benchFlags
	write := &cobra.Command{
		Use: "write", Short: "入账速度 / durable commands: rates, p50 and p99, groups, raw fsyncs", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.benchWrite(cmd.Context(), f) },
	}
	flags := write.Flags()
	flags.IntVar(&f.callers, "callers", 64, "callers at the same time")
	flags.Float64Var(&f.seconds, "seconds", 5, "time of the measurement")
	flags.IntVar(&f.events, "events", 0, "stop after so many events; 0 = by time")
	flags.IntVar(&f.funds, "funds", 1, "funds that the commands go to")
	flags.IntVar(&f.projects, "projects", 1000, "projects that the commands go to")
	flags.IntVar(&f.batch, "batch", 1, "commands in one atomic list")
	flags.BoolVar(&f.http, "http", false, "through a loopback HTTP listener")
	cmd.AddCommand(write)
	c.benchCommands(cmd)
	return cmd
}

func (c *console) benchWrite(ctx context.Context, f benchFlags) error {
	if f.callers < 1 || f.funds < 1 || f.projects < 1 || f.batch < 1 || f.batch > 500 {
		return usagef("callers, funds and projects are at least 1, batch 1 to 500")
	}
	dir := c.data
	if dir == "" {
		tmp, err := os.MkdirTemp("", "grantledger-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = filepath.Join(tmp, "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "jetstream")); err == nil {
		return coded{exitRefused, fmt.Errorf("%s holds a ledger; bench writes into an empty directory only", dir)}
	}
	var result benchResult
	var err error
	if f.http {
		result, err = c.benchHTTP(ctx, dir, f)
	} else {
		result, err = c.benchInProcess(ctx, dir, f)
	}
	if err != nil {
		return err
	}
	result.Machine = machine()
	c.printBench(result)
	return nil
}

func (c *console) printBench(r benchResult) {
	if c.json {
		c.write(r)
		return
	}
	c.say("%-8s %d callers, %d funds, %d projects, lists of %d: %d events in %.1f s (%s)", r.Mode, r.Callers, r.Funds, r.Projects, r.Batch, r.Events, r.Seconds, r.Machine)
	c.say("  events/s %.0f   commands/s %.0f   p50 %.2f ms   p99 %.2f ms   groups/s %.0f", r.EventsPerSecond, r.CommandsPerSecond, r.P50, r.P99, r.GroupsPerSecond)
	c.say("  raw limit of this run: append+fsync/s %.0f, groups to it %.2f, events to it %.1f", r.RawFsyncs, r.GroupsPerSecond/r.RawFsyncs, r.EventsPerSecond/r.RawFsyncs)
	if r.RawHTTP > 0 {
		c.say("  raw limit of this run: empty handler %.0f/s, commands to it %.2f", r.RawHTTP, r.CommandsPerSecond/r.RawHTTP)
	}
}

// benchInProcess measures the writer with the rules, without HTTP.
func (c *console) benchInProcess(ctx context.Context, dir string, f benchFlags) (r benchResult, err error) {
	n, err := openNode(ctx, benchNode(dir))
	if err != nil {
		return r, err
	}
	defer n.close()
	group, running := errgroup.WithContext(ctx)
	writing, stop := context.WithCancel(running)
	defer stop()
	n.runStore(group, writing)
	load := workload{prefix: "B", funds: f.funds, projects: f.projects, on: domain.DateOf(time.Now()).String()}
	if err := write(ctx, n.writer, append(load.open(), load.fill()...)); err != nil {
		return r, err
	}
	groups := n.log.Sequence()
	r, err = f.measure(ctx, func(ctx context.Context, _, first int) error {
		cs := make([]domain.Command, f.batch)
		for i := range cs {
			cs[i] = load.allocation(first + i)
		}
		_, _, err := n.writer.Do(ctx, cs...)
		return err
	})
	if err != nil {
		return r, err
	}
	r.Mode, r.GroupsPerSecond = "process", float64(n.log.Sequence()-groups)/r.Seconds
	r.RawFsyncs, err = eventstore.RawFsync(dir, time.Second)
	stop()
	return r, errors.Join(err, group.Wait())
}

// measure runs the callers until the time, or the number of events, is over.
// do sends the list whose first command has the given number.
func (f *benchFlags) measure(ctx context.Context, do func(ctx context.Context, caller, first int) error) (benchResult, error) {
	var next, done atomic.Int64
	times := make([][]time.Duration, f.callers)
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	end := start.Add(time.Duration(f.seconds * float64(time.Second)))
	var started sync.WaitGroup
	started.Add(f.callers)
	for caller := range f.callers {
		group.Go(func() error {
			started.Done()
			started.Wait()
			for time.Now().Before(end) && (f.events == 0 || done.Load() < int64(f.events)) {
				first := int(next.Add(int64(f.batch))) - f.batch
				at := time.Now()
				if err := do(ctx, caller, first); err != nil {
					return err
				}
				times[caller] = append(times[caller], time.Since(at))
				done.Add(int64(f.batch))
			}
			return nil
		})
	}
	err := group.Wait()
	seconds := time.Since(start).Seconds()
	all := slices.Concat(times...)
	slices.Sort(all)
	r := benchResult{
		Callers: f.callers, Funds: f.funds, Projects: f.projects, Batch: f.batch, Events: done.Load(), Seconds: seconds,
		EventsPerSecond: float64(done.Load()) / seconds, CommandsPerSecond: float64(done.Load()) / seconds,
		P50: quantile(all, 0.50), P99: quantile(all, 0.99),
	}
	return r, err
}

// quantile is a quantile of sorted times in milliseconds.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))].Microseconds()) / 1000
}
