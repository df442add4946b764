package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"grantledger/eventstore"
	"grantledger/projections/postgres"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
)

// Levels of a finding.
const (
	levelOK   = "ok"
	levelWarn = "warn"
	levelFail = "fail"
)

// finding is one line of doctor.
type finding struct {
	Name   string `json:"name"`
	Level  string `json:"level"` // ok, warn, fail
	Detail string `json:"detail"`
}

// diagnosis is what doctor prints.
type diagnosis struct {
	OK       bool      `json:"ok"` // nothing failed
	Findings []finding `json:"findings"`

	integrity bool // a failed check of the log itself
	fix       bool
}

func (d *diagnosis) add(name, level, format string, args ...any) {
	d.Findings = append(d.Findings, finding{name, level, fmt.Sprintf(format, args...)})
}

func (c *console) doctor() *cobra.Command {
	d := &diagnosis{}
	cmd := &cobra.Command{
		Use: "doctor", Short: "体检：配置、时钟、磁盘、权限、账本与密钥 / examine configuration, clock, disk, modes, the whole log and its keys", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.examine(cmd.Context(), c)
			return d.print(c)
		},
	}
	cmd.Flags().BoolVar(&d.fix, "fix", false, "set modes and make missing directories; nothing else")
	return cmd
}

// print writes the lines; the exit code is 3 when the log is damaged, 1 when
// something else failed.
func (d *diagnosis) print(c *console) error {
	d.OK = true
	for _, f := range d.Findings {
		d.OK = d.OK && f.Level != levelFail
		if !c.json {
			c.say("%-5s %-14s %s", f.Level, f.Name, f.Detail)
		}
	}
	if c.json {
		c.write(d)
	}
	switch {
	case d.integrity:
		return coded{exitIntegrity, errPrinted}
	case !d.OK:
		return coded{exitFailed, errPrinted}
	}
	return nil
}

// examine goes on as far as what was found lets it.
func (d *diagnosis) examine(ctx context.Context, c *console) {
	k, err := c.settingsFrom(map[string]any{})
	if err != nil {
		d.add("configuration", levelFail, "%v", err)
		return
	}
	d.add("configuration", levelOK, "data %s, ledger %s", k.String("data.dir"), k.String("ledger.name"))
	d.clock()
	if !d.directory(k.String("data.dir")) {
		return
	}
	d.disk(k.String("data.dir"))
	d.modes(k)
	switch dir, err := eventstore.LockDirectory(k.String("data.dir")); {
	case errors.Is(err, eventstore.ErrInUse):
		d.add("lock", levelOK, "a server runs on the directory; asking it at %s", c.server)
		d.askServer(ctx, c)
		return
	case err != nil:
		d.add("lock", levelFail, "%v", err)
		return
	default:
		_ = dir.Unlock()
		d.add("lock", levelOK, "free")
	}
	if natsOf(k) != nil {
		d.add("nats", levelWarn, "whether the external server runs with sync_interval: always cannot be seen from here")
	} else if _, err := os.Stat(filepath.Join(k.String("data.dir"), "jetstream")); err != nil {
		d.add("log", levelWarn, "no ledger here yet")
		return
	}
	database, err := postgresOf(k)
	if err != nil {
		d.add("postgres", levelFail, "%v", err)
	}
	d.log(ctx, c, k, database)
}

// clock asks for a year that can be true; the log compares it with its last event.
func (d *diagnosis) clock() {
	now := time.Now().UTC()
	level := levelOK
	if now.Year() < 2025 || now.Year() > 2100 {
		level = levelFail
	}
	d.add("clock", level, "%s", now.Format(time.RFC3339))
}

// directory looks for the data directory; false ends the examination.
func (d *diagnosis) directory(path string) bool {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) && d.fix {
		if err = os.MkdirAll(path, 0o700); err == nil {
			info, err = os.Stat(path)
		}
	}
	if err != nil {
		d.add("directory", levelFail, "%v", err)
		return false
	}
	d.mode("directory", path, info.Mode(), 0o700)
	return true
}

// mode asks that nobody else may read a path, and sets its mode with --fix.
func (d *diagnosis) mode(name, path string, have os.FileMode, want os.FileMode) {
	switch {
	case have.Perm()&0o077 == 0:
		d.add(name, levelOK, "%s %04o", path, have.Perm())
	case !d.fix:
		d.add(name, levelFail, "%s has mode %04o: others may read it, %04o is asked for (--fix sets it)", path, have.Perm(), want)
	default:
		if err := os.Chmod(path, want); err != nil {
			d.add(name, levelFail, "%v", err)
			return
		}
		d.add(name, levelOK, "%s mode set to %04o", path, want)
	}
}

// modes looks at the key files.
func (d *diagnosis) modes(k *koanf.Koanf) {
	dir := k.String("seal.keys")
	info, err := os.Stat(dir)
	if err != nil {
		d.add("modes", levelWarn, "no key directory %s", dir)
		return
	}
	d.mode("modes", dir, info.Mode(), 0o700)
	paths, _ := filepath.Glob(filepath.Join(dir, "*.key"))
	for _, path := range paths {
		if info, err := os.Lstat(path); err == nil {
			d.mode("modes", path, info.Mode(), 0o600)
		}
	}
}

// checkNames are the names of the start checks in the order in which they are made.
var checkNames = []struct {
	check int
	name  string
}{
	{eventstore.CheckSettings, "stream"}, {eventstore.CheckBlocks, "blocks"}, {eventstore.CheckOrigin, "origin"},
	{eventstore.CheckKeys, "keys"}, {eventstore.CheckSeals, "checkpoints"}, {eventstore.CheckAnchor, "anchor"}, {eventstore.CheckClock, "log clock"},
}

// log opens the log, which makes every start check.
func (d *diagnosis) log(ctx context.Context, c *console, k *koanf.Koanf, database *postgres.Settings) {
	n, _, err := c.openLog(ctx)
	if failed, ok := errors.AsType[*eventstore.IntegrityError](err); ok {
		d.integrity = true
		name := "log"
		for _, check := range checkNames {
			if check.check == failed.Check {
				name = check.name
			}
		}
		d.add(name, levelFail, "%v", failed)
		return
	}
	if err != nil {
		d.add("log", levelFail, "%v", err)
		return
	}
	defer n.close()
	position, root := n.end()
	for _, check := range checkNames {
		d.add(check.name, levelOK, "checked")
	}
	d.add("log", levelOK, "%d events in %d blocks, root %s", position, n.log.Sequence(), root)
	d.checkpoint(n, position)
	if origin := n.log.Origin(); eventstore.IsTrial(origin) {
		d.add("trial", levelWarn, "%s is a trial origin: it made its own keys, nobody should rely on it", origin)
	}
	if _, err := os.Stat(filepath.Join(k.String("seal.keys"), eventstore.RootKeyFile)); err == nil {
		d.add("root key", levelWarn, "%s lies beside the server; keep it off line", eventstore.RootKeyFile)
	}
	if database != nil {
		d.postgres(ctx, database, position)
	}
	d.lastBackup(ctx, n, k.String("ledger.name"))
}

// checkpoint compares the newest checkpoint with the end of the log.
func (d *diagnosis) checkpoint(n *node, position uint64) {
	seal, ok := n.log.Newest()
	switch {
	case !ok && position > 0:
		d.add("sealed", levelWarn, "nothing was signed yet")
	case seal.Size < position:
		d.add("sealed", levelWarn, "signed up to %d of %d", seal.Size, position)
	default:
		d.add("sealed", levelOK, "signed up to %d", seal.Size)
	}
}

// backupAge is how old the last backup may be.
const backupAge = 7 * 24 * time.Hour

// lastBackup looks for the time that a backup with --data left.
func (d *diagnosis) lastBackup(ctx context.Context, n *node, ledger string) {
	bucket, err := eventstore.OpenBucket(ctx, n.conn, ledger, n.replicas)
	if err != nil {
		d.add("backup", levelFail, "%v", err)
		return
	}
	value, err := bucket.Get(ctx, lastBackup)
	at, parseErr := time.Parse(time.RFC3339, string(value))
	switch {
	case err != nil || parseErr != nil:
		d.add("backup", levelWarn, "no backup with --data is known")
	case time.Since(at) > backupAge:
		d.add("backup", levelWarn, "the last one is of %s", value)
	default:
		d.add("backup", levelOK, "the last one is of %s", value)
	}
}

// askServer takes the findings of /readyz of a running server.
func (d *diagnosis) askServer(ctx context.Context, c *console) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.server, "/")+"/readyz", nil)
	if err != nil {
		d.add("server", levelFail, "%v", err)
		return
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		d.add("server", levelFail, "%v", err)
		return
	}
	defer response.Body.Close()
	var ready struct {
		Ready  bool
		Checks []struct {
			Name   string
			OK     bool
			Detail string
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&ready); err != nil {
		d.add("server", levelFail, "HTTP %d: %v", response.StatusCode, err)
		return
	}
	level := map[bool]string{true: levelOK, false: levelFail}
	d.add("server", level[ready.Ready], "HTTP %d", response.StatusCode)
	for _, check := range ready.Checks {
		d.add(check.Name, level[check.OK], "%s", check.Detail)
		d.integrity = d.integrity || !check.OK && check.Name == "anchor"
	}
}
