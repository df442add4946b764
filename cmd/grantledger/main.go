// Command grantledger is the server of the grant and funds ledger, and what its
// operators and clerks type: serve, demo, export, backup, restore, doctor,
// keys, seal, replay, bench, config, version. It holds flags, wiring and shutdown; the rules are in domain.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"

	"github.com/spf13/cobra"
)

// Exit codes (API.md 8).
const (
	exitFailed      = 1
	exitUsage       = 2
	exitIntegrity   = 3
	exitRefused     = 4
	exitUnreachable = 5
	exitInUse       = 6
	exitInterrupted = 130
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // a second signal ends the program at once
		<-signals
		stop()
		<-signals
		os.Exit(exitFailed)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without its process: arguments in, exit code out.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &console{out: stdout, err: stderr, stop: func() {}}
	root := c.root()
	c.json = slices.Contains(args, "--json") // also when another flag cannot be read
	strict(root)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	c.stop()
	if err == nil {
		return 0
	}
	code := exitCode(err)
	if !errors.Is(err, errPrinted) {
		c.fail(err, code)
	}
	return code
}

// console is where a command reads its flags and writes its results: results
// on out, all else on err.
type console struct {
	out, err io.Writer
	config   string
	data     string
	server   string
	tokens   string
	lang     string
	json     bool
	quiet    bool
	timeout  time.Duration

	stop    context.CancelFunc // of the timeout
	origins map[string]string  // where each setting came from
}

func (c *console) root() *cobra.Command {
	root := &cobra.Command{
		Use: "grantledger", Short: "善款明账 / grant and funds ledger",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	f := root.PersistentFlags()
	f.StringVar(&c.config, "config", "", "configuration file")
	f.StringVar(&c.data, "data", "", "data directory (data.dir)")
	f.StringVar(&c.server, "server", "http://127.0.0.1:8080", "address of a running server")
	f.StringVar(&c.tokens, "token-file", "", "file with the API token (else GRANTLEDGER_TOKEN)")
	f.StringVar(&c.lang, "lang", "zh", "language of messages: zh or en")
	f.BoolVar(&c.json, "json", false, "one JSON object on stdout")
	f.BoolVar(&c.quiet, "quiet", false, "no progress, no notes")
	f.Bool("no-color", false, "no colours (none are used)")
	f.DurationVar(&c.timeout, "timeout", 0, "give up after this time, e.g. 30s; 0 = never")
	root.PersistentPreRunE = c.begin
	root.AddCommand(c.serve(), c.demo(), c.export(), c.keys(), c.seal(), c.replay(), c.rebuild(), c.bench(), c.backup(), c.restore(), c.doctor(), c.configuration(), c.version())
	return root
}

// begin checks the flags that every command has, and starts its timeout.
func (c *console) begin(cmd *cobra.Command, _ []string) error {
	if c.lang != "zh" && c.lang != "en" {
		return usagef("--lang is zh or en")
	}
	if c.timeout < 0 {
		return usagef("--timeout is 0 or more")
	}
	if c.timeout > 0 {
		var ctx context.Context
		ctx, c.stop = context.WithTimeout(cmd.Context(), c.timeout)
		cmd.SetContext(ctx)
	}
	return nil
}

// strict makes wrong arguments and unknown commands usage errors, at every
// level.
func strict(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usage(err)
			}
			return nil
		}
	}
	if !cmd.Runnable() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return usagef("unknown command %q for %q", args[0], cmd.CommandPath())
			case cmd.HasParent() || cmd.Flag("json").Changed:
				return usagef("%s: a command is needed; see --help", cmd.CommandPath())
			}
			return cmd.Help()
		}
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// coded is an error with the exit code it ends the program with.
type coded struct {
	code int
	err  error
}

func (e coded) Error() string { return e.err.Error() }
func (e coded) Unwrap() error { return e.err }

// errPrinted is a failure of which the result already says everything.
var errPrinted = errors.New("see the result")

func usage(err error) error { return coded{exitUsage, err} }

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// exitCode maps an error to the exit code of the program.
func exitCode(err error) int {
	var c coded
	var integrity *eventstore.IntegrityError
	var mode *eventstore.ModeError
	var refusal *domain.Refusal
	switch {
	case errors.As(err, &c):
		return c.code
	case errors.As(err, &integrity):
		return exitIntegrity
	case errors.As(err, &mode), errors.Is(err, eventstore.ErrNoKeys):
		return exitUsage
	case errors.As(err, &refusal):
		return exitRefused
	case errors.Is(err, eventstore.ErrInUse):
		return exitInUse
	case errors.Is(err, eventstore.ErrOutcomeUnknown), errors.Is(err, eventstore.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return exitUnreachable
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}

// codeNames are the codes of the problem object of a failure, by exit code.
var codeNames = map[int]string{
	exitFailed: "internal", exitUsage: "usage", exitIntegrity: "integrity", exitRefused: "refused",
	exitUnreachable: "unreachable", exitInUse: "in_use", exitInterrupted: "interrupted",
}

// sentences say in Chinese what an exit code means; the English line behind it
// has the place and the cause.
var sentences = map[int]string{
	exitFailed: "未完成。", exitUsage: "用法或配置有误。", exitIntegrity: "账本未通过核对，没有启动，未改动任何数据。", exitRefused: "按规则未办理。",
	exitUnreachable: "连不上服务器，或结果未知。", exitInUse: "数据目录正由另一个进程使用。", exitInterrupted: "已中断。",
}

// fail writes the error: a sentence on stderr, or with --json a problem object
// on stdout.
func (c *console) fail(err error, code int) {
	if c.json {
		c.write(problem{Code: codeNames[code], Status: code, Detail: err.Error()})
		return
	}
	if sentence := sentences[code]; c.lang != "en" && sentence != "" {
		fmt.Fprintln(c.err, "grantledger:", sentence)
	}
	fmt.Fprintln(c.err, "grantledger:", err)
}

type problem struct {
	Code   string `json:"code"`
	Status int    `json:"exit"`
	Detail string `json:"detail"`
}

// write puts one JSON object on stdout.
func (c *console) write(v any) {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}

// note says something to a person: never with --quiet, never on stdout.
func (c *console) note(format string, args ...any) {
	if !c.quiet {
		fmt.Fprintf(c.err, format+"\n", args...)
	}
}

func (c *console) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "版本与格式 / version, commit and formats", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if c.json {
				c.write(map[string]any{"version": version, "commit": commit(), "format": 1, "api": "v1"})
				return nil
			}
			_, err := fmt.Fprintf(c.out, "grantledger %s\ncommit %s\nrecord and export format 1, HTTP API v1\n", version, commit())
			return err
		},
	}
}

// commit is the revision that the program was built from, "" when the build
// did not say.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
