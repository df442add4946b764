// Command grantledger is the server of the grant and funds ledger, and what its
// operators and clerks type: serve, demo, export, backup, restore, doctor,
// keys, replay, bench, config, version. It holds flags, wiring and shutdown; the rules are in domain.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { // a second signal ends the program at once
		<-ctx.Done()
		stop()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without its process: arguments in, exit code out.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &console{out: stdout, err: stderr}
	root := c.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
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
}

func (c *console) root() *cobra.Command {
	root := &cobra.Command{
		Use: "grantledger", Short: "善款明账: grant and funds ledger",
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
	root.AddCommand(c.serve(), c.demo(), c.export(), c.keys(), c.replay(), c.bench(), c.backup(), c.restore(), c.doctor(), c.configuration(), c.version())
	return root
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
	case errors.Is(err, eventstore.ErrOutcomeUnknown):
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

// fail writes the error: a sentence on stderr, or with --json a problem object
// on stdout.
func (c *console) fail(err error, code int) {
	if c.json {
		c.write(problem{Code: codeNames[code], Status: code, Detail: err.Error()})
		return
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
		Use: "version", Short: "version and formats", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if c.json {
				c.write(map[string]any{"version": version, "format": 1})
				return nil
			}
			_, err := fmt.Fprintf(c.out, "grantledger %s\nrecord and export format 1\n", version)
			return err
		},
	}
}
