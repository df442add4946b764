package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// tableRow is one aim of PERFORMANCE.md with what this run measured.
type tableRow struct {
	What   string  `json:"what"`
	Aim    string  `json:"aim"`
	Figure string  `json:"figure"`
	Raw    string  `json:"raw"`
	Ratio  float64 `json:"ratio"`
	Met    bool    `json:"met"`
}

// tableFlags are the flags of bench table.
type tableFlags struct {
	seconds float64
	events  int64
	urlFile string
}

// benchCommands are the measurements beside bench write.
func (c *console) benchCommands(cmd *cobra.Command) {
	var f tableFlags
	reading := func(name, about string, measure func(context.Context, string) (readResult, error)) *cobra.Command {
		sub := &cobra.Command{Use: name, Short: about, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			return benchLedger(cmd.Context(), f.events, func(dir string) error {
				r, err := measure(cmd.Context(), dir)
				if err == nil {
					c.printRead(r)
				}
				return err
			})
		}}
		sub.Flags().Int64Var(&f.events, "events", 200_000, "events in the ledger that is read")
		return sub
	}
	table := &cobra.Command{
		Use: "table", Short: "各项目标一览 / every aim, the figure, the raw limit of the same run, the ratio", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.benchTable(cmd.Context(), f) },
	}
	table.Flags().Float64Var(&f.seconds, "seconds", 5, "time of each measurement of writing")
	table.Flags().Int64Var(&f.events, "events", 200_000, "events in the ledger that is read")
	table.Flags().StringVar(&f.urlFile, "postgres-url-file", "", urlFileAbout)
	cmd.AddCommand(
		c.benchQueryCommand(),
		c.benchSealCommand(),
		reading("replay", "a start: every check, the rules, the read model", measureReplay),
		reading("export", "a full package", measureExport),
		table,
	)
}

// writeAims are the variants of bench write in the table: what a figure is, and
// when the aim is met.
var writeAims = []struct {
	what, aim string
	flags     benchFlags
	row       func(r, first benchResult) (figure, raw string, ratio float64, met bool)
}{
	{"commands over HTTP, 64 clients, 1,000 projects", ">= 15,000/s, p99 < 30 ms", benchFlags{callers: 64, funds: 10, projects: 1000, batch: 1, http: true}, httpRow},
	{"the same on one hot fund and project", "within 10 % of it", benchFlags{callers: 64, funds: 1, projects: 1, batch: 1, http: true}, hotRow},
	{"commands in process, 1,024 callers", ">= 80,000/s", benchFlags{callers: 1024, funds: 10, projects: 1000, batch: 1}, eventsRow(80_000)},
	{"commands in process, 1 caller", ">= 0.6 of raw fsync/s", benchFlags{callers: 1, funds: 1, projects: 1000, batch: 1}, singleRow},
	{"atomic lists of 500", ">= 60,000 events/s", benchFlags{callers: 4, funds: 10, projects: 1000, batch: 500}, eventsRow(60_000)},
}

func httpRow(r, _ benchResult) (figure, raw string, ratio float64, met bool) {
	return fmt.Sprintf("%.0f/s, p99 %.1f ms", r.CommandsPerSecond, r.P99), fmt.Sprintf("empty handler %.0f/s", r.RawHTTP),
		r.CommandsPerSecond / r.RawHTTP, r.CommandsPerSecond >= 15_000 && r.P99 < 30
}

func hotRow(r, first benchResult) (figure, raw string, ratio float64, met bool) {
	ratio = r.CommandsPerSecond / first.CommandsPerSecond
	return fmt.Sprintf("%.0f/s, p99 %.1f ms", r.CommandsPerSecond, r.P99), fmt.Sprintf("row above %.0f/s", first.CommandsPerSecond), ratio, ratio >= 0.9
}

func eventsRow(aim float64) func(r, first benchResult) (string, string, float64, bool) {
	return func(r, _ benchResult) (figure, raw string, ratio float64, met bool) {
		return fmt.Sprintf("%.0f events/s, p99 %.1f ms", r.EventsPerSecond, r.P99), fmt.Sprintf("fsync %.0f/s", r.RawFsyncs),
			r.EventsPerSecond / r.RawFsyncs, r.EventsPerSecond >= aim
	}
}

func singleRow(r, _ benchResult) (figure, raw string, ratio float64, met bool) {
	ratio = r.CommandsPerSecond / r.RawFsyncs
	return fmt.Sprintf("%.0f/s, p50 %.2f ms", r.CommandsPerSecond, r.P50), fmt.Sprintf("fsync %.0f/s", r.RawFsyncs), ratio, ratio >= 0.6
}

// benchTable measures row after row; a missed aim is no failure of the program.
func (c *console) benchTable(ctx context.Context, f tableFlags) error {
	var rows []tableRow
	var first benchResult
	for i, a := range writeAims {
		c.note("%s …", a.what)
		flags := a.flags
		flags.seconds = f.seconds
		r, err := c.benchOnce(ctx, flags)
		if err != nil {
			return err
		}
		if i == 0 {
			first = r
		}
		row := tableRow{What: a.what, Aim: a.aim}
		row.Figure, row.Raw, row.Ratio, row.Met = a.row(r, first)
		rows = append(rows, row)
	}
	c.note("sealing …")
	sealing, err := c.sealRow(ctx, f.seconds)
	if err != nil {
		return err
	}
	rows = append(rows, sealing)
	c.note("a ledger of %d events …", f.events)
	err = benchLedger(ctx, f.events, func(dir string) error {
		replay, err := measureReplay(ctx, dir)
		if err != nil {
			return err
		}
		export, err := measureExport(ctx, dir)
		rows = append(rows, readRow(replay, "start: checks, rules, read model", ">= 500,000 events/s", 500_000), readRow(export, "full package", "(no aim)", 0))
		return err
	})
	if err != nil {
		return err
	}
	more, err := c.readRows(ctx, queryFlags{events: int(max(f.events, 1000)), seconds: f.seconds, urlFile: f.urlFile})
	if err != nil {
		return err
	}
	c.printTable(append(rows, more...))
	return nil
}

func readRow(r readResult, what, aim string, atLeast float64) tableRow {
	figure := fmt.Sprintf("%.0f events/s", r.EventsPerSecond)
	if r.Kept > 0 {
		figure += fmt.Sprintf(", %.0f B garbage and %.0f B memory each", r.Garbage, r.Kept)
	}
	return tableRow{
		What: fmt.Sprintf("%s, %d events", what, r.Events), Aim: aim, Figure: figure,
		Raw: fmt.Sprintf("%s %.0f/s", r.Raw, r.RawPerSecond), Ratio: r.EventsPerSecond / r.RawPerSecond, Met: r.EventsPerSecond >= atLeast,
	}
}

// benchOnce is one run of bench write in a directory of its own.
func (c *console) benchOnce(ctx context.Context, f benchFlags) (r benchResult, err error) {
	err = inTemporary(func(dir string) error {
		if f.http {
			r, err = c.benchHTTP(ctx, dir, f)
		} else {
			r, err = c.benchInProcess(ctx, dir, f)
		}
		return err
	})
	return r, err
}

// inTemporary gives a data directory that goes away again.
func inTemporary(fn func(dir string) error) error {
	tmp, err := os.MkdirTemp("", "grantledger-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	return fn(filepath.Join(tmp, "data"))
}

func (c *console) printTable(rows []tableRow) {
	if c.json {
		c.write(map[string]any{"machine": machine(), "rows": rows})
		return
	}
	c.say("%s\n", machine())
	c.say("| what | aim | figure | raw limit of the same run | ratio | met |\n|---|---|---|---|---|---|")
	for _, r := range rows {
		c.say("| %s | %s | %s | %s | %.2f | %s |", r.What, r.Aim, r.Figure, r.Raw, r.Ratio, map[bool]string{true: "yes", false: "no"}[r.Met])
	}
}
