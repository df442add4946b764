package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"

	"github.com/spf13/cobra"
)

// Names in a backup directory. Evidence lies under evidence/, each file named
// by its SHA-256; secrets only when they were asked for.
const (
	backupIndex      = "backup.json"
	backupPackage    = "package.zip"
	backupCheckpoint = "checkpoint"
	backupSecrets    = "secrets.json"
	backupEvidence   = "evidence"
)

// backup is backup.json: what the directory holds, and of which state.
type backup struct {
	Format  int            `json:"format"` // 1
	Created string         `json:"created"`
	Origin  string         `json:"origin"`
	Ledger  string         `json:"ledger"` // name of its streams; empty when a server was asked
	Size    uint64         `json:"size"`
	Root    string         `json:"root"` // base64, as in the checkpoint
	Files   []backupFile   `json:"files"`
	Objects []backupObject `json:"evidence"`
	Secrets bool           `json:"secrets"`
}

// backupFile is a file of the backup, its path below the directory.
type backupFile struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// backupObject is a file beside the log and where the backup has its content.
type backupObject struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// parseIndex reads backup.json. Every file that it names is in the backup and has a digest.
func parseIndex(text []byte) (*backup, error) {
	b := &backup{}
	if err := json.Unmarshal(text, b); err != nil || b.Format != 1 {
		return nil, broken("%s is not that of a backup, format 1 (%v)", backupIndex, err)
	}
	known := map[string]bool{}
	for _, f := range b.Files {
		known[f.Path] = true
		if !filepath.IsLocal(f.Path) {
			return nil, broken("%s names %q, which is not in the backup", backupIndex, f.Path)
		}
	}
	for _, o := range b.Objects {
		if !known[o.Path] {
			return nil, broken("%s names no digest of %s", backupIndex, o.Path)
		}
	}
	return b, nil
}

// secrets is secrets.json: key files by name, and what the private bucket holds
// (password and token hashes). Values are base64 in JSON.
type secrets struct {
	Keys    map[string][]byte `json:"keys"`
	Private map[string][]byte `json:"private"`
}

// lastBackup is the key of the bucket under which a backup leaves its time, for doctor.
const lastBackup = "backup/last"

func (c *console) backup() *cobra.Command {
	var out string
	var withSecrets bool
	cmd := &cobra.Command{
		Use: "backup", Short: "备份：完整导出包、附件，按需含密钥 / write a full package, the evidence, and on request the secrets, into a new directory", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usagef("--out is needed: a directory that is not there yet")
			}
			if c.data == "" && withSecrets {
				return usagef("--with-secrets needs --data: secrets do not leave the server over HTTP")
			}
			b, err := c.writeBackup(cmd.Context(), out, withSecrets)
			if err != nil {
				return err
			}
			c.printBackup(out, b)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "directory to make; nothing is overwritten")
	cmd.Flags().BoolVar(&withSecrets, "with-secrets", false, "also keys and password hashes, in one file of mode 0600")
	return cmd
}

// printBackup says what was written and what to keep.
func (c *console) printBackup(out string, b *backup) {
	if c.json {
		c.write(b)
		return
	}
	c.say("备份 backup  %s", out)
	c.say("账本 ledger  %s，size %d，root %s", b.Origin, b.Size, b.Root)
	c.say("文件 files   %d，凭证 evidence %d", len(b.Files), len(b.Objects))
	if b.Secrets {
		c.say("secrets.json 含私钥，请单独离线保存。 secrets.json holds private keys: keep it apart and off line.")
	}
	c.say("请另存 checkpoint，恢复时用 --kept 核对。 Keep the checkpoint elsewhere; restore checks it with --kept.")
}

// writeBackup makes the directory under another name first: it is there whole,
// or not at all.
func (c *console) writeBackup(ctx context.Context, out string, withSecrets bool) (*backup, error) {
	if _, err := os.Lstat(out); err == nil {
		return nil, usagef("%s is there already", out)
	}
	making, err := os.MkdirTemp(filepath.Dir(filepath.Clean(out)), ".grantledger-backup-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(making)
	w := &backupWriter{dir: making, index: backup{Format: 1, Created: time.Now().UTC().Format(time.RFC3339)}}
	if c.data != "" {
		err = w.fromLog(ctx, c, withSecrets)
	} else {
		err = w.fromServer(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	index, err := json.MarshalIndent(w.index, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(making, backupIndex), append(index, '\n'), 0o644); err != nil {
		return nil, err
	}
	return &w.index, errors.Join(os.Chmod(making, 0o700), os.Rename(making, out), syncDir(filepath.Dir(out)))
}

// backupWriter is one backup being made.
type backupWriter struct {
	dir   string
	index backup
}

// fromLog takes everything from a stopped server's data directory, or from the
// external NATS server.
func (w *backupWriter) fromLog(ctx context.Context, c *console, withSecrets bool) error {
	n, k, err := c.openLog(ctx)
	if err != nil {
		return err
	}
	defer n.close()
	if err := w.pack(func(path string) (exported, error) {
		return n.exportTo(ctx, exportFlags{out: path}, nil)
	}); err != nil {
		return err
	}
	w.index.Ledger = k.String("ledger.name")
	if err := w.copyEvidence(ctx, n); err != nil {
		return err
	}
	bucket, err := eventstore.OpenBucket(ctx, n.conn, w.index.Ledger, n.replicas)
	if err != nil {
		return err
	}
	if withSecrets {
		if err := w.writeSecrets(ctx, bucket, k.String("seal.keys")); err != nil {
			return err
		}
	}
	return bucket.Put(ctx, lastBackup, []byte(w.index.Created))
}

// fromServer takes the package from a running server.
func (w *backupWriter) fromServer(ctx context.Context, c *console) error {
	err := w.pack(func(path string) (exported, error) {
		return c.exportFromServer(ctx, exportFlags{out: path, kind: "package"}, nil)
	})
	if err != nil {
		return err
	}
	c.note("凭证文件和密钥不在此备份中；停机后用 --data 备份。 Evidence and keys are not in this backup; stop the server and use --data for them.")
	return nil
}

// pack writes the package.
func (w *backupWriter) pack(export func(path string) (exported, error)) error {
	e, err := export(filepath.Join(w.dir, backupPackage))
	if err != nil {
		return err
	}
	w.index.Files = append(w.index.Files, backupFile{backupPackage, e.Bytes, e.SHA256})
	return w.keepCheckpoint()
}

// keepCheckpoint lays the package's checkpoint beside it, to be kept elsewhere.
func (w *backupWriter) keepCheckpoint() error {
	f, err := os.Open(filepath.Join(w.dir, backupPackage))
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := bundle.Open(f, w.index.Files[0].Bytes)
	if err != nil {
		return err
	}
	note, err := p.Checkpoint()
	if err != nil {
		return err
	}
	n, err := merkle.ParseNote(note)
	if err != nil {
		return err
	}
	signed, err := merkle.ParseCheckpoint(n.Text)
	if err != nil {
		return err
	}
	w.index.Origin, w.index.Size, w.index.Root = signed.Origin, signed.Size, signed.Root.String()
	sum := sha256.Sum256(note)
	w.index.Files = append(w.index.Files, backupFile{backupCheckpoint, int64(len(note)), hex.EncodeToString(sum[:])})
	return writeFile(filepath.Join(w.dir, backupCheckpoint), note, 0o644)
}

// copyEvidence copies the files beside the log.
func (w *backupWriter) copyEvidence(ctx context.Context, n *node) error {
	files, err := eventstore.OpenFiles(ctx, n.conn, w.index.Ledger, n.replicas)
	if err != nil {
		return err
	}
	names, err := files.List(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	if err := os.Mkdir(filepath.Join(w.dir, backupEvidence), 0o700); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, name := range names {
		f, err := w.copyFile(ctx, files, name)
		if err != nil {
			return fmt.Errorf("evidence %s: %w", name, err)
		}
		w.index.Objects = append(w.index.Objects, backupObject{name, f.Path})
		if !seen[f.Path] {
			seen[f.Path] = true
			w.index.Files = append(w.index.Files, f)
		}
	}
	return nil
}

// copyFile copies one file to evidence/<SHA-256>.
func (w *backupWriter) copyFile(ctx context.Context, files *eventstore.Files, name string) (f backupFile, err error) {
	from, err := files.Open(ctx, name)
	if err != nil {
		return f, err
	}
	defer from.Close()
	to, err := os.CreateTemp(w.dir, "copy-")
	if err != nil {
		return f, err
	}
	sum := sha256.New()
	f.Bytes, err = io.Copy(io.MultiWriter(to, sum), from)
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return f, err
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	f.Path = backupEvidence + "/" + f.SHA256
	return f, os.Rename(to.Name(), filepath.Join(w.dir, f.Path))
}

// writeSecrets writes secrets.json, mode 0600.
func (w *backupWriter) writeSecrets(ctx context.Context, bucket *eventstore.Bucket, keyDir string) error {
	s := secrets{Keys: map[string][]byte{}, Private: map[string][]byte{}}
	paths, err := filepath.Glob(filepath.Join(keyDir, "*.key"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if s.Keys[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			return err
		}
	}
	names, err := bucket.Keys(ctx, "")
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasPrefix(name, "backup/") {
			continue
		}
		if s.Private[name], err = bucket.Get(ctx, name); err != nil {
			return err
		}
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	w.index.Secrets = true
	return writeFile(filepath.Join(w.dir, backupSecrets), b, 0o600)
}

// writeFile writes a new file that survives a power cut once its directory does.
func writeFile(path string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes the names of a directory durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
