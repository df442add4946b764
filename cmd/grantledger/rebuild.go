package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"grantledger/eventstore"
	"grantledger/projections/postgres"

	"github.com/spf13/cobra"
)

type rebuildFlags struct {
	model   string
	workers int
	verify  bool
}

// rebuilt is what rebuild prints.
type rebuilt struct {
	Model       string   `json:"read_model"`
	Position    uint64   `json:"position"`
	Seconds     float64  `json:"seconds"`
	PerSecond   float64  `json:"events_per_second"`
	Verified    bool     `json:"verified"`
	Differences []string `json:"differences"`
}

func (c *console) rebuild() *cobra.Command {
	var f rebuildFlags
	cmd := &cobra.Command{
		Use: "rebuild", Short: "由账本重建查询库 / build a read model anew from the log, beside the live one, then swap", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runRebuild(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.model, "read-model", "postgres", "postgres or memory")
	flags.IntVar(&f.workers, "workers", 0, "connections to PostgreSQL used at once; 0 = postgres.maxconns")
	flags.BoolVar(&f.verify, "verify", false, "compare every figure with a fresh model in memory")
	return cmd
}

// runRebuild opens the log, which makes every start check, and builds the model
// from event 1. The live tables stay in use until the new ones are complete.
func (c *console) runRebuild(ctx context.Context, f rebuildFlags) error {
	if f.model != "postgres" && f.model != "memory" {
		return usagef("--read-model is postgres or memory")
	}
	if f.workers < 0 || f.workers == 1 {
		return usagef("--workers is 0, or 2 and more")
	}
	k, err := c.settingsFrom(map[string]any{})
	if err != nil {
		return err
	}
	settings, err := postgresOf(k)
	if err != nil {
		return err
	}
	if settings == nil && f.model == "postgres" {
		return usagef("postgres.urlfile is not set")
	}
	n, _, err := c.openLog(ctx)
	if err != nil {
		return err
	}
	defer n.close()
	began := time.Now()
	result := rebuilt{Model: f.model, Differences: []string{}}
	result.Position = n.log.Position()
	c.note("重建 %s：%d 条事件 / rebuilding %s: %d events", f.model, result.Position, f.model, result.Position)
	if f.model == "memory" {
		err = result.memory(ctx, n)
	} else {
		err = result.postgres(ctx, c, n, settings, f)
	}
	if err != nil {
		return unreachable(err)
	}
	if result.Seconds == 0 {
		result.Seconds = time.Since(began).Seconds()
	}
	result.PerSecond = float64(result.Position) / result.Seconds
	return result.print(c)
}

// unreachable gives a PostgreSQL that is away its exit code.
func unreachable(err error) error {
	var away interface{ Unavailable() bool }
	if errors.As(err, &away) && away.Unavailable() {
		return coded{exitUnreachable, err}
	}
	return differing(err)
}

// memory folds the model in memory and compares it with the rules.
func (r *rebuilt) memory(ctx context.Context, n *node) error {
	model, err := fold(ctx, n)
	if err != nil {
		return err
	}
	tsv, err := model.BalancesTSV(ctx, 0)
	if r.Verified = tsv == n.ledger.BalancesTSV(); err == nil && !r.Verified {
		r.Differences = append(r.Differences, "balances.tsv")
	}
	return err
}

func (r *rebuilt) postgres(ctx context.Context, c *console, n *node, settings *postgres.Settings, f rebuildFlags) error {
	began := time.Now()
	if f.workers > 0 {
		settings.MaxConns = f.workers
	}
	switch at, err := postgres.Stored(ctx, *settings); {
	case err != nil && !errors.Is(err, postgres.ErrLayout):
		return err
	case at > r.Position: // a log cut short, or tables of another one: a person must look first
		return &eventstore.IntegrityError{
			Check: eventstore.CheckReadModels, Position: r.Position + 1,
			Reason: fmt.Sprintf("PostgreSQL is at position %d, the log ends at %d; drop the schema grantledger if the log is right", at, r.Position),
		}
	}
	settings.Progress = c.everySecond()
	if err := postgres.Rebuild(ctx, n.log, *settings, r.Position); err != nil {
		return err
	}
	r.Seconds = time.Since(began).Seconds()
	if !f.verify {
		return nil
	}
	c.note("核对中 / comparing with a model in memory")
	return r.compare(ctx, n, *settings)
}

// everySecond notes how something goes, at most once a second.
func (c *console) everySecond() func(what string, done, of uint64) {
	last := time.Now()
	return func(what string, done, of uint64) {
		if now := time.Now(); now.Sub(last) >= time.Second {
			last = now
			c.note("  %s %d / %d", what, done, of)
		}
	}
}

// verifyTime is how long a statement of a comparison may take.
const verifyTime = 30 * time.Minute

// compare holds the new tables against themselves and against a model in memory.
func (r *rebuilt) compare(ctx context.Context, n *node, settings postgres.Settings) error {
	settings.Patience = verifyTime
	model, err := postgres.New(n.log, settings)
	if err != nil {
		return err
	}
	defer model.Close()
	following, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- model.Run(following) }()
	defer func() { stop(); <-done }()
	if err := model.Wait(ctx, n.log.Position()); err != nil {
		return err
	}
	other, err := fold(ctx, n)
	if err != nil {
		return err
	}
	_, differences, err := model.Verify(ctx, other)
	if err != nil {
		return err
	}
	for _, d := range differences {
		r.Differences = append(r.Differences, fmt.Sprintf("%s: have %q, want %q", d.Check, d.Have, d.Want))
	}
	r.Verified = len(differences) == 0
	return nil
}

func (r *rebuilt) print(c *console) error {
	if c.json {
		c.write(r)
	} else {
		c.say("已重建 rebuilt %s：%d 条事件 events，%.2f s，%.0f events/s", r.Model, r.Position, r.Seconds, r.PerSecond)
		if r.Verified {
			c.say("核对一致 verified ✓")
		}
		for _, d := range r.Differences {
			c.say("不一致 differs  %s", d)
		}
	}
	if len(r.Differences) > 0 {
		return coded{exitIntegrity, errPrinted}
	}
	return nil
}

// postgres says how far PostgreSQL is against the log.
func (d *diagnosis) postgres(ctx context.Context, settings *postgres.Settings, position uint64) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	at, err := postgres.Stored(ctx, *settings)
	switch {
	case err != nil:
		d.add("postgres", levelFail, "%v", err)
	case at > position:
		d.integrity = true
		d.add("postgres", levelFail, "at event %d, the log ends at %d", at, position)
	case at < position:
		d.add("postgres", levelWarn, "at event %d of %d; it catches up when the server runs", at, position)
	default:
		d.add("postgres", levelOK, "at event %d of %d", at, position)
	}
}
