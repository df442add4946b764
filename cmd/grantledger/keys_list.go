package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"

	"github.com/knadh/koanf/v2"
)

// keyLine is a key as it is listed: never its secret.
type keyLine struct {
	Kind  string  `json:"kind"`
	File  string  `json:"file,omitempty"` // "" when this server does not hold it
	VKey  string  `json:"vkey"`
	From  *uint64 `json:"from,omitempty"` // sizes that it counts for
	To    *uint64 `json:"to,omitempty"`   // none: open
	State string  `json:"state,omitempty"`
}

// States of a key, as listed.
const (
	keyActive  = "active"
	keyRetired = "retired"
	keyWaiting = "waiting"  // for the trust text that names it
	keyUnknown = "unlisted" // not in the trust text
)

var stateWords = map[string]string{keyActive: "在用 active", keyRetired: "停用 retired", keyWaiting: "待启用 waiting", keyUnknown: "未列入 not in the trust text"}

func (c *console) printKeys(lines []keyLine) error {
	if c.json {
		c.write(map[string]any{"keys": lines})
		return nil
	}
	for _, l := range lines {
		c.say("%-8s %s %s %s\n         %s", l.Kind, l.File, stateWords[l.State], l.sizes(), l.VKey)
	}
	return nil
}

// sizes is the range for a person.
func (l keyLine) sizes() string {
	switch {
	case l.From == nil:
		return ""
	case l.To == nil:
		return fmt.Sprintf("%d –", *l.From)
	}
	return fmt.Sprintf("%d – %d", *l.From, *l.To)
}

// keyOrder is the order in which keys are listed.
var keyOrder = []string{"root", "log", "sm2", "export", "witness"}

// ownKeys are the key files of the directory, those in use before those that wait.
func ownKeys(k *koanf.Koanf) (lines []keyLine, err error) {
	for _, suffix := range []string{"", eventstore.NextKey} {
		for _, kind := range keyOrder {
			line, ok, err := ownKey(k, kind, suffix)
			if err != nil {
				return nil, err
			}
			if ok {
				lines = append(lines, line)
			}
		}
	}
	return lines, nil
}

func ownKey(k *koanf.Koanf, kind, suffix string) (line keyLine, ok bool, err error) {
	row := keyKinds[kind]
	path := filepath.Join(k.String("seal.keys"), row.file+suffix)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return line, false, nil
	}
	signer, err := eventstore.LoadKey(path, k.String("ledger.origin")+row.suffix, rand.Reader)
	if err != nil {
		return line, false, err
	}
	line = keyLine{Kind: kind, File: path, VKey: signer.VKey().String(), State: keyUnknown}
	if suffix != "" {
		line.State = keyWaiting
	}
	return line, true, nil
}

func (c *console) listKeys() error {
	k, err := c.settingsFrom(map[string]any{})
	if err != nil {
		return err
	}
	lines, err := keysWithTrust(k)
	if err != nil {
		return err
	}
	return c.printKeys(lines)
}

// keysWithTrust are the keys of the data directory's trust text and those of the key directory.
func keysWithTrust(k *koanf.Koanf) ([]keyLine, error) {
	t, err := readTrust(filepath.Join(k.String("data.dir"), "trust.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return ownKeys(k)
	}
	if err != nil {
		return nil, err
	}
	if k.String("ledger.origin") == defaultOrigin {
		_ = k.Set("ledger.origin", t.Origin)
	}
	own, err := ownKeys(k)
	if err != nil {
		return nil, err
	}
	var lines []keyLine
	listed := make(map[string]bool)
	for _, key := range t.Keys {
		line := trustLine(key)
		for _, o := range own {
			if o.VKey == line.VKey {
				line.File = o.File
			}
		}
		listed[line.VKey] = true
		lines = append(lines, line)
	}
	for _, o := range own {
		if !listed[o.VKey] {
			lines = append(lines, o)
		}
	}
	return lines, nil
}

func trustLine(key merkle.TrustKey) keyLine {
	line := keyLine{Kind: key.Role.String(), VKey: key.Key.String(), State: keyActive}
	if key.Role != merkle.RoleRoot {
		line.From = &key.From
	}
	if key.To != merkle.NoEnd {
		line.To, line.State = &key.To, keyRetired
	}
	return line
}

func readTrust(path string) (*merkle.Trust, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t, err := merkle.ParseTrust(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}
