package main

import (
	"context"
	"encoding/csv"
	"os"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections"
	"grantledger/projections/memory"

	"github.com/spf13/cobra"
)

type replayFlags struct {
	to            uint64
	asOf, groupBy string
	out           string
}

// replayed is what replay prints.
type replayed struct {
	Position    uint64  `json:"position"`
	Root        string  `json:"root"`
	Checkpoints int     `json:"checkpoints"`
	Rows        int     `json:"rows"`
	Seconds     float64 `json:"seconds"`
	PerSecond   float64 `json:"events_per_second"`
}

func (c *console) replay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use: "replay", Short: "从第 1 号事件重算并核对全部账面 / read the log from event 1, check everything, and write its balances", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runReplay(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.to, "to-position", 0, "balances after this event; 0 = the newest")
	flags.StringVar(&f.asOf, "as-of", "", "balances of business dates up to this one, 2026-09-30")
	flags.StringVar(&f.groupBy, "group-by", "", "keys by comma; default balances.tsv with every key")
	flags.StringVar(&f.out, "out", "", "file for the balances; nothing is overwritten")
	return cmd
}

// runReplay opens the log, which makes every start check (heads, bodies, block
// headers, seals, anchor) and folds the rules, folds the read model, and
// compares the two.
func (c *console) runReplay(ctx context.Context, f replayFlags) error {
	query, err := f.query()
	if err != nil {
		return err
	}
	began := time.Now()
	n, _, err := c.openLog(ctx)
	if err != nil {
		return err
	}
	defer n.close()
	model, err := fold(ctx, n)
	if err != nil {
		return err
	}
	if tsv, err := model.BalancesTSV(ctx, 0); err != nil {
		return err
	} else if tsv != n.ledger.BalancesTSV() {
		return &eventstore.IntegrityError{Check: eventstore.CheckReadModels, Reason: "the balances of the read model and of the rules differ"}
	}
	result := replayed{Checkpoints: len(n.log.Checkpoints()), Seconds: time.Since(began).Seconds()}
	result.Position, result.Root = n.end()
	result.PerSecond = float64(result.Position) / result.Seconds
	if f.to > result.Position {
		return usagef("the log ends at position %d", result.Position)
	}
	if result.Rows, err = f.write(ctx, model, query); err != nil {
		return err
	}
	if c.json {
		c.write(result)
		return nil
	}
	c.say("已核对 checked %d 条事件 events，%d 个检查点 checkpoints，锚点 anchor ✓", result.Position, result.Checkpoints)
	c.say("根 root %s", result.Root)
	c.say("%.2f s, %.0f events/s", result.Seconds, result.PerSecond)
	return nil
}

// fold brings a fresh read model to the end of the log.
func fold(ctx context.Context, n *node) (*memory.Model, error) {
	following, stop := context.WithCancel(ctx)
	defer stop()
	model := memory.New(n.log)
	done := make(chan error, 1)
	go func() { done <- model.Run(following) }()
	if err := model.Wait(ctx, n.log.Position()); err != nil {
		return nil, err
	}
	stop()
	<-done
	return model, nil
}

func (f *replayFlags) query() (projections.BalanceQuery, error) {
	q := projections.BalanceQuery{Filter: projections.Filter{Position: f.to}}
	if f.asOf != "" {
		on, ok := domain.ParseDate(f.asOf)
		if !ok {
			return q, usagef("--as-of: %s is no date", f.asOf)
		}
		q.AsOf = on
	}
	for _, k := range list(f.groupBy) {
		q.GroupBy = append(q.GroupBy, projections.Key(k))
	}
	if err := q.Check(); err != nil {
		return q, usage(err)
	}
	return q, nil
}

// write puts the balances into the file: balances.tsv without --group-by and
// --as-of, else one row a group with a column for each account.
func (f *replayFlags) write(ctx context.Context, m *memory.Model, q projections.BalanceQuery) (rows int, err error) {
	if f.out == "" {
		return 0, nil
	}
	file, err := os.OpenFile(f.out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, usage(err)
	}
	defer file.Close()
	if f.groupBy == "" && f.asOf == "" {
		tsv, err := m.BalancesTSV(ctx, f.to)
		if err != nil {
			return 0, err
		}
		_, err = file.WriteString(tsv)
		return strings.Count(tsv, "\n") - 1, err
	}
	answer, err := m.Balances(ctx, projections.Everything, q)
	if err != nil {
		return 0, err
	}
	w := csv.NewWriter(file)
	var head []string
	for _, k := range answer.Keys {
		head = append(head, string(k))
	}
	for _, a := range answer.Accounts {
		head = append(head, a.String())
	}
	_ = w.Write(head)
	for _, g := range answer.Items {
		row := append([]string(nil), g.Key...)
		for _, amount := range g.Amounts {
			row = append(row, amount.String())
		}
		_ = w.Write(row)
	}
	w.Flush()
	return len(answer.Items), w.Error()
}
