package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
)

// keyKinds are the keys that can be made: the file, what its name in notes adds
// to the origin, and the algorithm.
var keyKinds = map[string]struct {
	file, suffix string
	algorithm    merkle.Algorithm
}{
	"log":     {eventstore.LogKeyFile, "", merkle.Ed25519},
	"sm2":     {eventstore.SM2KeyFile, "", merkle.SM2},
	"export":  {eventstore.ExportKeyFile, "/export", merkle.Ed25519},
	"root":    {eventstore.RootKeyFile, "/root", merkle.Ed25519},
	"witness": {"witness.key", "/witness", merkle.Cosignature},
}

func (c *console) keys() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "签名密钥与信任文件 / make, list and rotate signing keys; write, sign and print the trust text"}
	var kind string
	generate := &cobra.Command{
		Use: "generate", Short: "生成一把密钥 / make one key, file mode 0600", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.generateKey(kind) },
	}
	generate.Flags().StringVar(&kind, "kind", "", "log, sm2, export, root or witness")
	list := &cobra.Command{
		Use: "list", Short: "列出密钥、适用范围与状态 / the keys with ranges and states", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.listKeys() },
	}
	cmd.AddCommand(generate, list, c.keysTrust(), c.keysRotate())
	return cmd
}

func (c *console) generateKey(kind string) error {
	k, err := c.settingsFrom(map[string]any{})
	if err != nil {
		return err
	}
	row, ok := keyKinds[kind]
	if !ok {
		return usagef("--kind is log, sm2, export, root or witness")
	}
	dir := k.String("seal.keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, row.file)
	if _, err := os.Stat(path); err == nil {
		return coded{exitRefused, errors.New(path + " is there already")}
	}
	signer, err := eventstore.GenerateKey(path, k.String("ledger.origin")+row.suffix, row.algorithm, rand.Reader)
	if err != nil {
		return err
	}
	return c.printKeys([]keyLine{{Kind: kind, File: path, VKey: signer.VKey().String()}})
}

// writeTrust writes <data>/trust.txt, version 1, from the keys that are there.
func (c *console) writeTrust() error {
	k, err := c.settingsFrom(map[string]any{})
	if err != nil {
		return err
	}
	path := filepath.Join(k.String("data.dir"), "trust.txt")
	if _, err := os.Stat(path); err == nil {
		return coded{exitRefused, errors.New(path + " is there already; a later text is a rotation")}
	}
	lines, err := ownKeys(k)
	if err != nil {
		return err
	}
	t := merkle.Trust{Origin: k.String("ledger.origin"), Version: 1}
	roles := map[string]merkle.Role{"root": merkle.RoleRoot, "log": merkle.RoleLog, "sm2": merkle.RoleSM2, "export": merkle.RoleExport}
	for _, l := range lines {
		role, ok := roles[l.Kind]
		if !ok {
			continue
		}
		key, err := merkle.ParseVKey(l.VKey)
		if err != nil {
			return err
		}
		t.Keys = append(t.Keys, merkle.TrustKey{Role: role, To: merkle.NoEnd, Key: key})
		t.RequireSM2 = t.RequireSM2 || l.Kind == "sm2"
	}
	text := t.Format()
	if _, err := merkle.ParseTrust([]byte(text)); err != nil {
		return coded{exitRefused, err}
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	if c.json {
		c.write(map[string]any{"file": path, "trust": text})
		return nil
	}
	c.say("%s", text)
	return nil
}

// openLog opens the data directory for a command that reads it: all start
// checks are made.
func (c *console) openLog(ctx context.Context) (*node, *koanf.Koanf, error) {
	k, err := c.settingsFrom(map[string]any{})
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(filepath.Join(k.String("data.dir"), "jetstream")); err != nil && natsOf(k) == nil {
		return nil, nil, usagef("%s holds no ledger", k.String("data.dir"))
	}
	if origin := originOf(k.String("data.dir")); origin != "" && k.String("ledger.origin") == defaultOrigin {
		_ = k.Set("ledger.origin", origin)
	}
	n, err := openNode(ctx, nodeConfig{
		data: k.String("data.dir"), name: k.String("ledger.name"), origin: k.String("ledger.origin"), keyDir: k.String("seal.keys"),
		clock: func() time.Time { return time.Now().UTC() }, confirmed: true, sealEvery: time.Second, alarms: slog.New(slog.DiscardHandler),
		nats: natsOf(k), everySeal: true,
	})
	return n, k, err
}

// originOf is the origin that a data directory's trust text names, or "".
func originOf(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "trust.txt"))
	if err != nil {
		return ""
	}
	t, err := merkle.ParseTrust(text)
	if err != nil {
		return ""
	}
	return t.Origin
}
