package main

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"

	"grantledger/eventstore/bundle"
)

// maxProof is the largest event answer that is read: a head, a body twice, labels.
const maxProof = 4 << 20

func newFlags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

// parseMixed parses flags that may stand behind the files too.
func parseMixed(f *flag.FlagSet, args []string) (files []string, err error) {
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return nil, usageError{err.Error()}
		}
		if args = f.Args(); len(args) > 0 {
			files, args = append(files, args[0]), args[1:]
		}
	}
	return files, nil
}

// policyFlags defines the flags of the policy that all proofs share.
func (o *options) policyFlags(f *flag.FlagSet) {
	f.StringVar(&o.trust, "trust", "", "")
	f.BoolVar(&o.policy.RequireSM2, "require-sm2", false, "")
	f.IntVar(&o.policy.Quorum, "quorum", 0, "")
	f.Func("max-age", "", func(s string) (err error) { o.policy.MaxAge, err = parseAge(s); return err })
	f.BoolVar(&o.json, "json", false, "")
}

// conclude prints a verdict, and beside a refusal for people what to do; an error that is no refusal is no verdict.
func (o *options) conclude(stdout, stderr io.Writer, v verdict, err error) (int, error) {
	var refusal *bundle.Refusal
	switch {
	case errors.As(err, &refusal):
		if !o.json {
			_, _ = io.WriteString(stderr, adviceText(refusal))
		}
		return exitRefused, o.print(stdout, refusal)
	case err != nil:
		return exitNoVerdict, err
	}
	return exitVerified, o.print(stdout, v)
}

// runEvent checks one event with its inclusion proof.
func runEvent(args []string, stdout, stderr io.Writer) (int, error) {
	o := &options{}
	f := newFlags("event")
	o.policyFlags(f)
	f.BoolVar(&o.policy.AllowWithheld, "allow-withheld", false, "")
	raw, proof, checkpoint := f.String("raw", "", ""), f.String("proof", "", ""), f.String("checkpoint", "", "")
	files, err := parseMixed(f, args)
	if err != nil {
		return exitNoVerdict, err
	}
	parts := []string{*raw, *proof, *checkpoint}
	given := 0
	for _, p := range parts {
		if p != "" {
			given++
		}
	}
	switch {
	case o.trust == "" || o.policy.Quorum < 0:
		return exitNoVerdict, usageError{"需要 --trust / --trust is needed"}
	case len(files) == 1 && given == 0:
		parts = files
	case len(files) != 0 || given != 3:
		return exitNoVerdict, usageError{"需要事件的 JSON，或 --raw、--proof 和 --checkpoint / give the JSON of an event, or --raw, --proof and --checkpoint"}
	}
	policy, err := o.readPolicy()
	if err != nil {
		return exitNoVerdict, err
	}
	p, err := readEventProof(parts)
	if err != nil {
		return exitNoVerdict, err
	}
	r, err := p.Verify(policy)
	return o.conclude(stdout, stderr, r, err)
}

// readEventProof reads one JSON file, or raw event, proof and checkpoint.
func readEventProof(paths []string) (*bundle.EventProof, error) {
	texts := make([][]byte, len(paths))
	for i, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		texts[i], err = io.ReadAll(io.LimitReader(f, maxProof))
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	if len(texts) == 1 {
		return bundle.ParseEventProof(texts[0])
	}
	return bundle.ParseRawEvent(texts[0], texts[1], texts[2])
}

// runConsistency checks that a newer checkpoint continues an older one.
func runConsistency(args []string, stdout, stderr io.Writer) (int, error) {
	o := &options{}
	f := newFlags("consistency")
	o.policyFlags(f)
	files, err := parseMixed(f, args)
	if err != nil {
		return exitNoVerdict, err
	}
	if len(files) != 3 || o.trust == "" || o.policy.Quorum < 0 {
		return exitNoVerdict, usageError{"需要 --trust、旧检查点、新检查点和一致性证明 / give --trust, the older checkpoint, the newer one and the proof"}
	}
	policy, err := o.readPolicy()
	if err != nil {
		return exitNoVerdict, err
	}
	var texts [3][]byte
	for i, path := range files {
		if texts[i], err = readSmall(path); err != nil {
			return exitNoVerdict, err
		}
	}
	from, to, hashes, err := bundle.ParseConsistency(texts[2])
	if err != nil {
		return exitNoVerdict, err
	}
	r, err := bundle.VerifyConsistency(texts[0], texts[1], hashes, policy)
	if err == nil && (from != r.From || to != r.Size) {
		err = errors.New("证明的规模与检查点不同 / the proof is for other sizes than the checkpoints")
	}
	return o.conclude(stdout, stderr, r, err)
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
