package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"
)

// options are the flags and the package of one verification.
type options struct {
	trust, to, out, pkg string
	kept                []string
	policy              bundle.Policy // what flags alone say
	json                bool
}

func parseOptions(args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("grantverify", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.StringVar(&o.trust, "trust", "", "")
	f.Func("kept", "", func(path string) error { o.kept = append(o.kept, path); return nil })
	f.BoolVar(&o.policy.RequireSM2, "require-sm2", false, "")
	f.IntVar(&o.policy.Quorum, "quorum", 0, "")
	f.Func("max-age", "", func(s string) (err error) { o.policy.MaxAge, err = parseAge(s); return err })
	f.BoolVar(&o.policy.AllowWithheld, "allow-withheld", false, "")
	f.BoolVar(&o.json, "json", false, "")
	f.StringVar(&o.to, "to", "", "")
	f.StringVar(&o.out, "out", "", "")
	var packages []string
	for len(args) > 0 { // flags may stand behind the package too
		if err := f.Parse(args); err != nil {
			return nil, usageError{err.Error()}
		}
		if args = f.Args(); len(args) > 0 {
			packages, args = append(packages, args[0]), args[1:]
		}
	}
	if len(packages) != 1 {
		return nil, usageError{"需要一个导出包 / give one package"}
	}
	o.pkg = packages[0]
	return o, o.check()
}

func (o *options) check() error {
	switch {
	case o.trust == "":
		return usageError{"需要 --trust / --trust is needed"}
	case o.policy.Quorum < 0:
		return usageError{"--quorum 不能为负 / --quorum is not negative"}
	case o.to != "" && o.to != "hledger" && o.to != "csv":
		return usageError{"--to 为 hledger 或 csv / --to is hledger or csv"}
	case (o.to == "") != (o.out == ""):
		return usageError{"--to 和 --out 要一起给出 / --to and --out go together"}
	}
	return nil
}

// parseAge reads hours or days: 24h, 7d.
func parseAge(s string) (time.Duration, error) {
	unit := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour}
	if len(s) < 2 || unit[s[len(s)-1]] == 0 {
		return 0, errors.New("not hours or days, such as 24h or 7d")
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 16)
	if err != nil || n == 0 {
		return 0, errors.New("not hours or days, such as 24h or 7d")
	}
	return time.Duration(n) * unit[s[len(s)-1]], nil
}

func runVerify(args []string, stdout, stderr io.Writer) (int, error) {
	o, err := parseOptions(args)
	if err != nil {
		return exitNoVerdict, err
	}
	policy, err := o.readPolicy()
	if err != nil {
		return exitNoVerdict, err
	}
	file, err := os.Open(o.pkg)
	if err != nil {
		return exitNoVerdict, err
	}
	defer file.Close()
	result, err := verify(o, file, policy)
	return o.conclude(stdout, stderr, result, err)
}

// readPolicy reads the trust file and the kept checkpoints.
func (o *options) readPolicy() (bundle.Policy, error) {
	policy := o.policy
	policy.Now = time.Now()
	text, err := readSmall(o.trust)
	if err != nil {
		return policy, err
	}
	if policy.Trust, err = merkle.ParseTrust(text); err != nil {
		return policy, fmt.Errorf("%s: %w", o.trust, err)
	}
	for _, path := range o.kept {
		note, err := readSmall(path)
		if err != nil {
			return policy, err
		}
		policy.Kept = append(policy.Kept, note)
	}
	return policy, nil
}

// readSmall reads a trust file or a checkpoint; a longer file than a note may be is cut, and refused by its parser.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, merkle.MaxNote+1))
}

// verify gives the result and writes the view that was asked for.
func verify(o *options, file *os.File, policy bundle.Policy) (*bundle.Result, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", o.pkg)
	}
	p, err := bundle.Open(file, info.Size())
	if err != nil {
		return nil, err
	}
	result, err := p.Verify(policy)
	if err != nil {
		return nil, err
	}
	return result, writeView(o, p)
}

// verdict is a *bundle.Result or a *bundle.Refusal.
type verdict interface{ Text() string }

func (o *options) print(w io.Writer, v verdict) error {
	if !o.json {
		_, err := io.WriteString(w, v.Text())
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
