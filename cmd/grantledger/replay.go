package main

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/projections"
	"grantledger/projections/memory"

	"github.com/spf13/cobra"
)

type replayFlags struct {
	to            uint64
	asOf, groupBy string
	out           string
	compareFlags
}

// replayed is what replay prints.
type replayed struct {
	Position    uint64  `json:"position"`
	Root        string  `json:"root"`
	Checkpoints int     `json:"checkpoints"`
	Rows        int     `json:"rows"`
	Seconds     float64 `json:"seconds"`
	PerSecond   float64 `json:"events_per_second"`

	At       *replayedAt `json:"at,omitempty"` // of --to-position
	Compared *compared   `json:"compared,omitempty"`
}

// replayedAt is the state at an earlier position.
type replayedAt struct {
	Position   uint64 `json:"position"`
	Root       string `json:"root"`
	Checkpoint bool   `json:"checkpoint"` // there is a stored checkpoint of this size, and it agrees
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
	flags.BoolVar(&f.compare, "compare", false, "compare with the read model, the anchor and every checkpoint, and name the first difference")
	flags.StringArrayVar(&f.kept, "kept", nil, "checkpoint kept elsewhere to compare with; repeat")
	flags.StringArrayVar(&f.anchors, "anchor", nil, "anchor file of another server, or a copy, to compare with; repeat")
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
	n, k, err := c.openLog(ctx)
	if err != nil {
		return named(err)
	}
	defer n.close()
	if f.to > n.log.Position() {
		return usagef("the log ends at position %d", n.log.Position())
	}
	model, err := fold(ctx, n)
	if err != nil {
		return err
	}
	tsv, err := model.BalancesTSV(ctx, 0)
	if err != nil {
		return err
	}
	rows, err := compareRows(n.ledger.BalancesTSV(), tsv, n.log.Position())
	if err != nil {
		return err
	}
	result := replayed{Checkpoints: len(n.log.Checkpoints()), Seconds: time.Since(began).Seconds()}
	result.Position, result.Root = n.end()
	result.PerSecond = float64(result.Position) / result.Seconds
	if f.to > 0 {
		if result.At, err = n.at(f.to); err != nil {
			return err
		}
	}
	if f.compare || len(f.kept)+len(f.anchors) > 0 {
		done, err := n.compareLog(ctx, k.String("seal.keys"), f.compareFlags)
		if err != nil {
			return err
		}
		done.ReadModel, done.Rows = f.compare, rows
		result.Compared = &done
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
	if at := result.At; at != nil {
		c.say("第 %d 条时的根 root at position %d: %s%s", at.Position, at.Position, at.Root, map[bool]string{true: "，检查点相符 checkpoint agrees ✓"}[at.Checkpoint])
	}
	if done := result.Compared; done != nil {
		c.say("已比对 compared：账内检查点 stored checkpoints %d ✓，锚点 anchor %d ✓，留存 kept %v ✓，别处锚点 other anchors %v ✓，余额 balance rows %d ✓",
			done.Stored, done.Anchor, done.Kept, done.Anchors, done.Rows)
	}
	c.say("%.2f s, %.0f events/s", result.Seconds, result.PerSecond)
	return nil
}

// at gives the root at a position and whether a checkpoint of it is stored.
func (n *node) at(position uint64) (*replayedAt, error) {
	root, err := n.log.Root(position)
	if err != nil {
		return nil, err
	}
	return &replayedAt{position, hex.EncodeToString(root[:]), slices.Contains(n.log.Checkpoints(), position)}, nil
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
