package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"

	"github.com/knadh/koanf/v2"
	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"
)

// restoreFlags are the flags of restore. There is none that overrides a check.
type restoreFlags struct {
	from, trust string
	kept        []string
}

// restored is what restore prints.
type restored struct {
	Origin   string   `json:"origin"`
	Position uint64   `json:"position"`
	Root     string   `json:"root"` // hex, as serve prints it
	Blocks   uint64   `json:"blocks"`
	Kept     []uint64 `json:"kept"`
	Evidence int      `json:"evidence"`
	Secrets  bool     `json:"secrets"`
}

func (c *console) restore() *cobra.Command {
	var f restoreFlags
	cmd := &cobra.Command{
		Use: "restore", Short: "由备份或完整导出包恢复账本 / rebuild the log from a backup or a full package, into an empty directory", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.from == "" || f.trust == "" {
				return usagef("--from (a backup directory or a full package) and --trust are needed")
			}
			done, err := c.runRestore(cmd.Context(), f)
			if err != nil {
				return err
			}
			c.printRestored(done)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "", "backup directory, or a full package")
	flags.StringVar(&f.trust, "trust", "", "trust file, obtained elsewhere than the backup")
	flags.StringArrayVar(&f.kept, "kept", nil, "checkpoint kept elsewhere; repeat")
	return cmd
}

func (c *console) printRestored(r *restored) {
	if c.json {
		c.write(r)
		return
	}
	c.say("已恢复 restored  %s，%d 条事件 events，%d 块 blocks", r.Origin, r.Position, r.Blocks)
	c.say("根 root %s", r.Root)
	if len(r.Kept) == 0 {
		c.say("未用留存的检查点核对：无法排除较新的记录被丢弃。 No kept checkpoint was compared: newer events may be missing.")
	}
	if !r.Secrets {
		c.say("密钥未恢复：启动前放入密钥文件。 No keys were restored: put the key files in place before serve.")
	}
}

// restoration is one restore under way.
type restoration struct {
	flags    restoreFlags
	settings *koanf.Koanf
	dir      *eventstore.Directory
	index    *backup // nil: from a package alone
	pkg      *bundle.Package
	result   *bundle.Result
	note     []byte // checkpoint of the package
	trust    string // trust text of event 1
}

// runRestore verifies everything before it writes anything. What it writes is
// made under another name, and named jetstream in the end: an interrupted
// restore leaves nothing that serve would take for a ledger.
func (c *console) runRestore(ctx context.Context, f restoreFlags) (*restored, error) {
	k, err := c.settingsFrom(map[string]any{})
	if err != nil {
		return nil, err
	}
	r := &restoration{flags: f, settings: k}
	path := f.from
	if info, err := os.Stat(path); err != nil {
		return nil, usage(err)
	} else if info.IsDir() {
		if err := r.readIndex(); err != nil {
			return nil, err
		}
		path = filepath.Join(path, backupPackage)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usage(err)
	}
	defer file.Close()
	if err := r.verify(file); err != nil {
		return nil, err
	}
	if r.dir, err = eventstore.LockDirectory(k.String("data.dir")); err != nil {
		return nil, err
	}
	defer r.dir.Unlock()
	if err := r.checkTarget(); err != nil {
		return nil, err
	}
	return r.rebuild(ctx)
}

// broken is a backup that must not be used: exit 3.
func broken(format string, args ...any) error {
	return coded{exitIntegrity, fmt.Errorf(format, args...)}
}

// readIndex reads backup.json and compares the digest of every file.
func (r *restoration) readIndex() error {
	b, err := os.ReadFile(filepath.Join(r.flags.from, backupIndex))
	if err != nil {
		return usage(err)
	}
	if r.index, err = parseIndex(b); err != nil {
		return err
	}
	for _, f := range r.index.Files {
		if sum, err := sumOf(filepath.Join(r.flags.from, f.Path)); err != nil || sum != f.SHA256 {
			return broken("%s has SHA-256 %s, %s says %s (%v)", f.Path, sum, backupIndex, f.SHA256, err)
		}
	}
	return nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// verify is grantverify with the trust file and the kept checkpoints; then the
// package must be a full one, and that of backup.json.
func (r *restoration) verify(file *os.File) error {
	policy, err := r.policy()
	if err != nil {
		return usage(err)
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if r.pkg, err = bundle.Open(file, info.Size()); err == nil {
		r.result, err = r.pkg.Verify(policy)
	}
	if refusal, ok := errors.AsType[*bundle.Refusal](err); ok {
		return coded{exitIntegrity, refusal}
	}
	if err != nil {
		return err
	}
	v := r.result
	switch {
	case v.Start != 0 || len(v.Filter) != 0 || v.Withheld != 0:
		return broken("the package is not a full one: start %d, filter %s, %d withheld", v.Start, v.Filter, v.Withheld)
	case r.index != nil && (r.index.Origin != v.Origin || r.index.Size != v.Size || r.index.Root != v.Root.String()):
		return broken("%s says size %d, root %s; the package has size %d, root %s", backupIndex, r.index.Size, r.index.Root, v.Size, v.Root)
	}
	r.note, err = r.pkg.Checkpoint()
	return err
}

func (r *restoration) policy() (p bundle.Policy, err error) {
	p.Now = time.Now()
	text, err := os.ReadFile(r.flags.trust)
	if err != nil {
		return p, err
	}
	if p.Trust, err = merkle.ParseTrust(text); err != nil {
		return p, fmt.Errorf("%s: %w", r.flags.trust, err)
	}
	for _, path := range r.flags.kept {
		note, err := os.ReadFile(path)
		if err != nil {
			return p, err
		}
		p.Kept = append(p.Kept, note)
	}
	return p, nil
}

// checkTarget asks that the directory holds no ledger, or one of this origin
// that was lost: the anchor and the keys may be there.
func (r *restoration) checkTarget() error {
	store := filepath.Join(r.dir.Path(), "jetstream")
	if _, err := os.Lstat(store); !errors.Is(err, fs.ErrNotExist) && natsOf(r.settings) == nil {
		return coded{exitRefused, fmt.Errorf("%s is there already; restore writes into an empty directory only", store)}
	}
	if origin := r.settings.String("ledger.origin"); origin != defaultOrigin && origin != r.result.Origin {
		return broken("the package is of %s, the configuration names %s", r.result.Origin, origin)
	}
	if a, ok, err := r.anchor().Read(); err != nil {
		return broken("%s: %v", r.anchor().Path, err)
	} else if ok && (a.Origin != r.result.Origin || a.Size > r.result.Size) {
		return broken("the anchor says that %s signed %d events; the package of %s has %d: it is older", a.Origin, a.Size, r.result.Origin, r.result.Size)
	}
	return os.RemoveAll(r.making())
}

// making is where the store is made.
func (r *restoration) making() string { return filepath.Join(r.dir.Path(), "restoring") }

func (r *restoration) anchor() eventstore.Anchor {
	return eventstore.Anchor{Path: filepath.Join(r.settings.String("seal.keys"), "anchor")}
}

// rebuild makes the store, compares its root with the package's and the
// anchor's, and puts it in place.
func (r *restoration) rebuild(ctx context.Context) (*restored, error) {
	if n := natsOf(r.settings); n != nil {
		return r.rebuildOutside(ctx, n)
	}
	making, err := eventstore.LockDirectory(r.making())
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.making())
	defer making.Unlock()
	server, err := eventstore.StartServer(making, r.settings.String("ledger.name"))
	if err != nil {
		return nil, err
	}
	conn, err := server.Connect()
	if err != nil {
		server.Stop()
		return nil, err
	}
	done, err := r.fill(ctx, conn, 1)
	conn.Close()
	server.Stop()
	if err != nil {
		return nil, err
	}
	return done, r.putInPlace()
}

// rebuildOutside fills the empty streams of an external server. They cannot be
// named in one step, so the anchor goes first: until all is there a start is refused.
func (r *restoration) rebuildOutside(ctx context.Context, n *natsConfig) (*restored, error) {
	if err := r.checkAnchor(); err != nil {
		return nil, err
	}
	conn, err := n.Connect()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := r.keepAnchor(); err != nil {
		return nil, err
	}
	done, err := r.fill(ctx, conn, n.replicas)
	if err != nil {
		return nil, err
	}
	return done, r.keepTrust()
}

// checkAnchor compares the anchor's root with the package's events.
func (r *restoration) checkAnchor() error {
	a, ok, err := r.anchor().Read()
	if err != nil || !ok {
		return err
	}
	var f merkle.Frontier
	root := f.Root()
	err = r.pkg.Pairs(func(_ uint64, head, _ []byte) error {
		if f.Append(merkle.Leaf(head)); f.Size() == a.Size {
			root = f.Root()
		}
		return nil
	})
	if err == nil && root != a.Root {
		err = broken("the anchor has root %s at size %d, the package %s", a.Root, a.Size, root)
	}
	return err
}

// fill stores the events, the evidence and the private bucket.
func (r *restoration) fill(ctx context.Context, conn *nats.Conn, replicas int) (*restored, error) {
	name := r.settings.String("ledger.name")
	rebuilder, err := eventstore.NewRebuilder(ctx, eventstore.Config{
		Conn: conn, Name: name, Origin: r.result.Origin, Replicas: replicas, KeyDir: r.settings.String("seal.keys"),
		Clock: func() time.Time { return time.Now().UTC() }, Random: rand.Reader, Secret: rand.Reader,
		Apply: domain.NewLedger(domain.Genesis{}).Apply,
	})
	if errors.Is(err, eventstore.ErrExists) {
		return nil, coded{exitRefused, err}
	}
	if err != nil {
		return nil, err
	}
	err = r.pkg.Pairs(func(position uint64, head, body []byte) error {
		if position == 1 {
			r.trust = trustOf(head, body)
		}
		return rebuilder.Add(position, head, body)
	})
	if err != nil {
		return nil, err
	}
	log, err := rebuilder.Finish(ctx, r.note)
	if err != nil {
		return nil, err
	}
	root, err := log.Root(log.Position())
	if err != nil {
		return nil, err
	}
	done := &restored{Origin: log.Origin(), Position: log.Position(), Root: hex.EncodeToString(root[:]), Blocks: log.Sequence(), Kept: r.result.Kept}
	if r.index == nil {
		return done, nil
	}
	if done.Evidence, err = r.restoreEvidence(ctx, conn, name, replicas); err != nil {
		return nil, err
	}
	done.Secrets, err = r.restoreSecrets(ctx, conn, name, replicas)
	return done, err
}

// trustOf is the trust text that the first event holds.
func trustOf(head, body []byte) string {
	var e record.Event
	if err := e.Parse(head, body); err != nil {
		return ""
	}
	return record.ParseOpened(e.Body.Data).Trust
}

// putInPlace names the store, the anchor before it: from then on a start
// refuses anything less than what was restored.
func (r *restoration) putInPlace() error {
	if err := errors.Join(r.keepAnchor(), r.keepTrust()); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(r.making(), "jetstream"), filepath.Join(r.dir.Path(), "jetstream")); err != nil {
		return err
	}
	return syncDir(r.dir.Path())
}

// keepAnchor writes the anchor of the package's checkpoint.
func (r *restoration) keepAnchor() error {
	anchor := r.anchor()
	if err := os.MkdirAll(filepath.Dir(anchor.Path), 0o700); err != nil {
		return err
	}
	return anchor.Write(merkle.Checkpoint{Origin: r.result.Origin, Size: r.result.Size, Root: r.result.Root})
}

// keepTrust writes the trust text of the first event, when there is none.
func (r *restoration) keepTrust() error {
	trust := r.dir.Trust()
	if _, err := os.Lstat(trust); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writeFile(trust, []byte(r.trust), 0o644)
}

// keyName holds for the names of key files in a backup, which are file names on every system.
var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,60}\.key$`).MatchString
