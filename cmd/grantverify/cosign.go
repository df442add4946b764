package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"
)

// cosignOptions are the flags of the commands of a witness.
type cosignOptions struct {
	trust, key, name, state string
	consistency, out        string
	first, json             bool
	requireSM2              bool
}

func (o *cosignOptions) define(f *flag.FlagSet) {
	f.StringVar(&o.trust, "trust", "", "")
	f.StringVar(&o.key, "key", "", "")
	f.StringVar(&o.name, "name", "", "")
	f.StringVar(&o.state, "state", "", "")
	f.BoolVar(&o.requireSM2, "require-sm2", false, "")
}

// witness reads the trust file and the key. The quorum is left to auditors: somebody signs first.
func (o *cosignOptions) witness() (*witness, error) {
	if o.trust == "" || o.key == "" || o.state == "" {
		return nil, usageError{"需要 --trust、--key 和 --state / --trust, --key and --state are needed"}
	}
	text, err := readSmall(o.trust)
	if err != nil {
		return nil, err
	}
	trust, err := merkle.ParseTrust(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.trust, err)
	}
	trust.Quorum = 0
	signer, err := loadWitness(o.key, o.name, trust, time.Now)
	if err != nil {
		return nil, err
	}
	return &witness{signer: signer, trust: trust, state: state{o.state}, clock: time.Now}, nil
}

// runCosign signs the checkpoint of a package, or a bare one with a consistency proof, as an offline witness.
func runCosign(args []string, stdout, stderr io.Writer) (int, error) {
	o := &cosignOptions{}
	f := newFlags("cosign")
	o.define(f)
	f.StringVar(&o.consistency, "consistency", "", "")
	f.StringVar(&o.out, "out", "", "")
	f.BoolVar(&o.first, "first", false, "")
	f.BoolVar(&o.json, "json", false, "")
	files, err := parseMixed(f, args)
	if err != nil {
		return exitNoVerdict, err
	}
	if len(files) != 1 {
		return exitNoVerdict, usageError{"需要一个导出包或检查点 / give one package or checkpoint"}
	}
	w, err := o.witness()
	if err != nil {
		return exitNoVerdict, err
	}
	out, err := o.cosign(w, files[0])
	if err != nil {
		return (&options{json: o.json}).conclude(stdout, stderr, nil, err)
	}
	return exitVerified, o.give(out, stdout, stderr)
}

// cosign looks at the file and signs what it holds.
func (o *cosignOptions) cosign(w *witness, path string) (*cosigned, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	begin := make([]byte, 2)
	if _, err := io.ReadFull(file, begin); err == nil && isPackage(begin) {
		return w.cosign(o.first, func(previous *merkle.Checkpoint, note []byte) (*merkle.Signed, error) {
			return o.examine(w, file, previous, note)
		})
	}
	note, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	policy := bundle.Policy{Trust: w.trust, RequireSM2: o.requireSM2}
	if o.consistency == "" {
		return w.cosign(o.first, w.continues(note, policy, 0, 0, nil))
	}
	proof, err := readSmall(o.consistency)
	if err != nil {
		return nil, err
	}
	from, to, hashes, err := bundle.ParseConsistency(proof)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.consistency, err)
	}
	return w.cosign(o.first, w.continues(note, policy, from, to, hashes))
}

// examine verifies a package against the previous checkpoint, and against the witness's own clock.
func (o *cosignOptions) examine(w *witness, file *os.File, previous *merkle.Checkpoint, note []byte) (*merkle.Signed, error) {
	policy := bundle.Policy{Trust: w.trust, RequireSM2: o.requireSM2, Now: w.clock(), AllowWithheld: true}
	if previous != nil {
		policy.Kept = [][]byte{note}
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	p, err := bundle.Open(file, info.Size())
	if err != nil {
		return nil, err
	}
	result, err := p.Verify(policy)
	if err != nil {
		return nil, err
	}
	if ahead := result.ExportedAt().Sub(policy.Now); ahead > 5*time.Minute {
		return nil, &bundle.Refusal{Code: bundle.CodeTime, Reason: fmt.Sprintf("exported %s ahead of this witness's clock", ahead.Round(time.Second))}
	}
	return result.Checkpoint, nil
}

// give prints the line on the standard output, and what it means beside it.
func (o *cosignOptions) give(c *cosigned, stdout, stderr io.Writer) error {
	if o.out != "" {
		if err := writeFile(o.out, func(w io.Writer) error { _, err := w.Write(c.note); return err }); err != nil {
			return err
		}
	}
	if o.json {
		return printJSON(stdout, c)
	}
	if _, err := fmt.Fprintln(stdout, c.Line); err != nil {
		return err
	}
	_, err := io.WriteString(stderr, c.Text())
	return err
}

// runKey makes a witness key and prints the vkey for the trust text.
func runKey(args []string, stdout io.Writer) (int, error) {
	f := newFlags("key")
	name := f.String("name", "", "")
	files, err := parseMixed(f, args)
	if err != nil {
		return exitNoVerdict, err
	}
	if len(files) != 1 || *name == "" {
		return exitNoVerdict, usageError{"需要 --name 和密钥文件 / give --name and the key file"}
	}
	if _, err := merkle.ParseVKey((merkle.VKey{Name: *name, Algorithm: merkle.Cosignature, Public: string(make([]byte, 32))}).String()); err != nil {
		return exitNoVerdict, usageError{"--name 不能含空白和 + / --name holds no white space and no +"}
	}
	if err := makeKey(files[0]); err != nil {
		return exitNoVerdict, err
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		return exitNoVerdict, err
	}
	signer, err := merkle.ParseWitness(*name, text, time.Now)
	if err != nil {
		return exitNoVerdict, err
	}
	_, err = fmt.Fprintf(stdout, "witness 0 - %s\n", signer.VKey())
	return exitVerified, err
}
