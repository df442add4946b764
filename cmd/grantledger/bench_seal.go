package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"grantledger/domain"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// sealCallers write while checkpoints are signed.
const sealCallers = 64

func (c *console) benchSealCommand() *cobra.Command {
	var seconds float64
	seal := &cobra.Command{
		Use: "seal", Short: "签名对写入的影响 / what a checkpoint every second costs those who write", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			row, err := c.sealRow(cmd.Context(), seconds)
			if err == nil {
				c.printTable([]tableRow{row})
			}
			return err
		},
	}
	seal.Flags().Float64Var(&seconds, "seconds", 5, "a quarter of the time that is measured")
	return seal
}

// sealRow writes without a pause and signs a checkpoint at the begin of every
// second. All that it costs falls into the first quarter of the second, which is
// compared with the other three; the cost is that of the middle second.
func (c *console) sealRow(ctx context.Context, seconds float64) (row tableRow, err error) {
	err = inTemporary(func(dir string) error {
		config := benchNode(dir)
		config.sealEvery = 24 * time.Hour
		n, err := openNode(ctx, config)
		if err != nil {
			return err
		}
		defer n.close()
		group, running := errgroup.WithContext(ctx)
		writing, stop := context.WithCancel(running)
		defer stop()
		n.runStore(group, writing)
		load := workload{prefix: "B", funds: 10, projects: 1000, on: domain.DateOf(time.Now()).String()}
		if err := write(ctx, n.writer, append(load.open(), load.fill()...)); err != nil {
			return err
		}
		row, err = n.sealEachSecond(running, &load, max(4, int(4*seconds)))
		stop()
		return errors.Join(err, group.Wait())
	})
	return row, err
}

func (n *node) sealEachSecond(ctx context.Context, load *workload, seconds int) (row tableRow, err error) {
	var next, done atomic.Int64
	callers, ctx := errgroup.WithContext(ctx)
	ending, end := context.WithCancel(ctx)
	defer end()
	for range sealCallers {
		callers.Go(func() error {
			for ending.Err() == nil {
				if _, _, err := n.writer.Do(ctx, load.allocation(int(next.Add(1)))); err != nil {
					return err
				}
				done.Add(1)
			}
			return nil
		})
	}
	during := func(d time.Duration, sealing bool) (perSecond float64, err error) {
		before, began := done.Load(), time.Now()
		if sealing {
			if _, err := n.sealer.Seal(ctx); err != nil {
				return 0, err
			}
		}
		err = pause(ctx, d-time.Since(began))
		return float64(done.Load()-before) / time.Since(began).Seconds(), err
	}
	const quarter = time.Second / 4
	var without, costs []float64
	for range seconds {
		first, err := during(quarter, true)
		if err != nil {
			return row, err
		}
		others, err := during(3*quarter, false)
		if err != nil {
			return row, err
		}
		without, costs = append(without, others), append(costs, (1-first/others)/4)
	}
	end()
	err = callers.Wait()
	cost := middle(costs)
	return tableRow{
		What: fmt.Sprintf("a checkpoint every second, %d callers", sealCallers), Aim: "slows appends by < 3 %",
		Figure: fmt.Sprintf("%.1f %% slower, middle of %d s", 100*cost, seconds), Raw: fmt.Sprintf("without %.0f/s", middle(without)),
		Ratio: 1 - cost, Met: cost < 0.03,
	}, err
}

func middle(list []float64) float64 {
	slices.Sort(list)
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}
