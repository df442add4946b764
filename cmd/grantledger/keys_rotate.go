package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/eventstore/merkle"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
)

// stagedTrust is the unsigned next trust text in the data directory, while its root key is elsewhere.
const stagedTrust = "trust-next.txt"

// rotation is what keys rotate is asked for.
type rotation struct {
	kinds       []string // log, sm2, export: new keys for these
	witnesses   []string // vkeys to add
	end         []string // key ids to end
	compromised bool
	last        int64 // size at which what ends ends; -1: the default
	quorum      int   // -1: as before
	sign, note  string
}

func (c *console) keysRotate() *cobra.Command {
	var r rotation
	cmd := &cobra.Command{
		Use: "rotate", Short: "更换密钥、增减见证人：写入账本后新密钥才签名 / new keys, other witnesses: stored in the log before a new key signs", Args: cobra.NoArgs,
		Long: `更换密钥（须先停止服务）/ change the keys; the server must be stopped.

  grantledger keys rotate                                    换发 log、sm2、export 密钥 / new log, sm2 and export keys
  grantledger keys rotate --kind log --compromised           日志密钥泄露 / the log key was stolen
  grantledger keys rotate --add-witness VKEY --quorum 1      增加见证人 / add a witness
  grantledger keys rotate --end KEYID                        停用一把密钥 / end a key, such as a witness's

根密钥离线保存时：本命令写出 trust-next.txt；在离线机器上用 keys trust --sign root.key --in trust-next.txt --out note.txt
签名，再以 keys rotate --note note.txt 生效。
With the root key off line: this writes trust-next.txt; sign it there by keys trust --sign, then keys rotate --note.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := r.check(); err != nil {
				return err
			}
			return c.rotate(cmd.Context(), r)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&r.kinds, "kind", nil, "new keys of these kinds: log, sm2, export (default: all that are there, unless only witnesses change)")
	f.StringArrayVar(&r.witnesses, "add-witness", nil, "vkey of a witness; repeat for more")
	f.StringArrayVar(&r.end, "end", nil, "key id (8 hex digits) of a key to end; repeat for more")
	f.BoolVar(&r.compromised, "compromised", false, "the keys that end were stolen: they count only for what was witnessed or recorded")
	f.Int64Var(&r.last, "last", -1, "with --compromised: last size that the old keys count for")
	f.IntVar(&r.quorum, "quorum", -1, "witness names that a package needs")
	f.StringVar(&r.sign, "sign", "", "root key file (default: root.key of the key directory)")
	f.StringVar(&r.note, "note", "", "put this signed trust text in force")
	return cmd
}

func (r *rotation) check() error {
	for _, kind := range r.kinds {
		if !slices.Contains([]string{"log", "sm2", "export"}, kind) {
			return usagef("--kind is log, sm2 or export")
		}
	}
	if r.last >= 0 && !r.compromised {
		return usagef("--last needs --compromised: a key that is only retired ends where it signed last")
	}
	if r.quorum > 99 {
		return usagef("--quorum is 0 to 99")
	}
	return nil
}

// reason is the word of the event.
func (r *rotation) reason() string {
	switch {
	case r.compromised:
		return "compromised"
	case len(r.kinds) > 0:
		return "rotation"
	case len(r.witnesses) > 0 || len(r.end) > 0 || r.quorum >= 0:
		return "witness"
	}
	return "other"
}

// rotate makes the next trust text, has it signed, stores it and puts the new keys in place. What is stored is decided
// by one event; keys in place or not, the next start goes by it.
func (c *console) rotate(ctx context.Context, r rotation) error {
	n, k, err := c.openLog(ctx)
	if err != nil {
		return err
	}
	defer n.close()
	if n.log.Position() == 0 {
		return coded{exitRefused, errors.New("the ledger is not opened yet: keys trust writes its first trust text")}
	}
	note, err := c.nextTrust(ctx, n, k, &r)
	if err != nil || note == nil {
		return err
	}
	next, err := n.mayFollow(note, k.String("seal.keys"), r.compromised)
	if err != nil {
		return coded{exitRefused, err}
	}
	old := n.log.Trust()
	position, err := n.changeTrust(ctx, next.Text, r.reason())
	if err != nil {
		return err
	}
	if _, err := eventstore.InstallKeys(k.String("seal.keys"), next, position, rand.Reader); err != nil {
		return fmt.Errorf("the trust text is in force; the next start puts the keys in place: %w", err)
	}
	if err := keepTrust(k.String("data.dir"), old, note, next.Version); err != nil {
		return err
	}
	n.close()
	return c.afterRotation(ctx, position, next)
}

// afterRotation opens the log again, as the next start will, signs with the new keys and says what to do.
func (c *console) afterRotation(ctx context.Context, position uint64, next *merkle.Trust) error {
	n, k, err := c.openLog(ctx)
	if err != nil {
		return err
	}
	defer n.close()
	seal, err := n.sealer.Seal(ctx)
	if err != nil {
		return err
	}
	file := filepath.Join(k.String("data.dir"), trustName(next.Version))
	if c.json {
		c.write(map[string]any{"version": next.Version, "position": position, "file": file, "size": seal.Size, "checkpoint": string(seal.Note)})
		return nil
	}
	c.say("信任文件第 %d 版已在事件 %d 生效。trust text version %d is in force from event %d", next.Version, position, next.Version, position)
	c.say("请把 %s 交给每位持有旧版的审计人员；他们用 grantverify trust 旧 新 核对。", file)
	c.say("Hand %s to every auditor who holds the old one; grantverify trust OLD NEW checks it.", file)
	return nil
}

// nextTrust is the signed note: the one given, or one made and signed here. Without a root key the text is left for it,
// and the note is nil.
func (c *console) nextTrust(ctx context.Context, n *node, k *koanf.Koanf, r *rotation) ([]byte, error) {
	if r.note != "" {
		note, err := os.ReadFile(r.note)
		if err != nil {
			return nil, usage(err)
		}
		return note, nil
	}
	next, err := n.planTrust(ctx, k.String("seal.keys"), r)
	if err != nil {
		return nil, err
	}
	path := r.sign
	if path == "" {
		path = filepath.Join(k.String("seal.keys"), eventstore.RootKeyFile)
	}
	signer, err := rootSigner(path, n.log.Trust())
	if errors.Is(err, eventstore.ErrNoKeys) && r.sign == "" {
		return nil, c.stage(filepath.Join(k.String("data.dir"), stagedTrust), next.Text)
	}
	if err != nil {
		return nil, err
	}
	return merkle.SignNote(next.Text, signer)
}

func (c *console) stage(path, text string) error {
	if err := replaceFile(path, []byte(text)); err != nil {
		return err
	}
	if c.json {
		c.write(map[string]any{"staged": path, "trust": text})
		return nil
	}
	c.say("这里没有根密钥。请离线签名后再生效 / no root key here. Sign off line, then put in force:")
	c.say("  grantledger keys trust --sign root.key --in %s --out note.txt\n  grantledger keys rotate --note note.txt", path)
	return nil
}

// planTrust makes the next trust text. New keys wait beside the old ones until it is in force.
func (n *node) planTrust(ctx context.Context, keyDir string, r *rotation) (*merkle.Trust, error) {
	current := n.log.Trust()
	if len(r.kinds) == 0 && len(r.witnesses) == 0 && len(r.end) == 0 && r.quorum < 0 {
		r.kinds = []string{"log", "export"}
		if n.log.Keys().SM2 != nil {
			r.kinds = append(r.kinds, "sm2")
		}
	}
	last, err := n.endOfKeys(ctx, r)
	if err != nil {
		return nil, err
	}
	next := &merkle.Trust{Origin: current.Origin, Version: current.Version + 1, Quorum: current.Quorum, RequireSM2: current.RequireSM2, Keys: slices.Clone(current.Keys)}
	if r.quorum >= 0 {
		next.Quorum = r.quorum
	}
	if err := r.endKeys(next, last); err != nil {
		return nil, err
	}
	if err := r.addKeys(next, keyDir, last, n.log.Position()); err != nil {
		return nil, err
	}
	parsed, err := merkle.ParseTrust([]byte(next.Format()))
	if err != nil {
		return nil, coded{exitRefused, err}
	}
	return parsed, nil
}

// endOfKeys is the last size that the ending keys count for: all that is there, which they sign a last time; or of stolen
// keys what was witnessed or stands recorded in the log.
func (n *node) endOfKeys(ctx context.Context, r *rotation) (uint64, error) {
	if !r.compromised {
		seal, err := n.sealer.Seal(ctx)
		return seal.Size, err
	}
	recorded := n.log.Recorded()
	last := recorded
	if seal, ok := n.sealer.Cosigned(ctx); ok {
		last = max(last, seal.Size)
	}
	if r.last >= 0 {
		last = uint64(r.last)
	}
	switch {
	case last < recorded:
		return 0, coded{exitRefused, fmt.Errorf("the log holds a ledger.sealed.v1 event of size %d signed by the old key: with --last %d every package would be refused; use %d or more", recorded, last, recorded)}
	case last > n.log.Position():
		return 0, coded{exitRefused, fmt.Errorf("the log ends at position %d", n.log.Position())}
	}
	return last, nil
}

// endKeys ends the keys of the kinds that get new ones, and those named.
func (r *rotation) endKeys(t *merkle.Trust, last uint64) error {
	left := make(map[string]bool)
	for _, id := range r.end {
		left[strings.ToLower(id)] = true
	}
	for i := range t.Keys {
		k := &t.Keys[i]
		id := fmt.Sprintf("%08x", k.Key.ID())
		if !left[id] && !slices.Contains(r.kinds, k.Role.String()) {
			continue
		}
		if left[id] && k.Role == merkle.RoleRoot {
			return coded{exitRefused, errors.New("a root key has no sizes to end")}
		}
		k.To = min(k.To, last)
		delete(left, id)
	}
	for id := range left {
		return usagef("no key %s in the trust text; keys list shows them", id)
	}
	return nil
}

// addKeys adds the waiting keys of the server and the witnesses.
func (r *rotation) addKeys(t *merkle.Trust, keyDir string, last, position uint64) error {
	for _, kind := range r.kinds {
		row := keyKinds[kind]
		path := filepath.Join(keyDir, row.file+eventstore.NextKey)
		signer, err := eventstore.LoadKey(path, t.Origin+row.suffix, rand.Reader) // of a rotation that was not finished
		if errors.Is(err, eventstore.ErrNoKeys) {
			signer, err = eventstore.GenerateKey(path, t.Origin+row.suffix, row.algorithm, rand.Reader)
		}
		if err != nil {
			return err
		}
		role := map[string]merkle.Role{"log": merkle.RoleLog, "sm2": merkle.RoleSM2, "export": merkle.RoleExport}[kind]
		t.Keys = append(t.Keys, merkle.TrustKey{Role: role, From: last + 1, To: merkle.NoEnd, Key: signer.VKey()})
	}
	for _, text := range r.witnesses {
		fields := strings.Fields(text) // also the whole line `witness 0 - VKEY` that grantverify key prints
		if len(fields) == 0 {
			return usagef("--add-witness is empty")
		}
		key, err := merkle.ParseVKey(fields[len(fields)-1])
		if err != nil {
			return usagef("--add-witness: %w", err)
		}
		t.Keys = append(t.Keys, merkle.TrustKey{Role: merkle.RoleWitness, From: position + 1, To: merkle.NoEnd, Key: key})
	}
	return nil
}

// mayFollow checks a note before it is stored: by the rule that auditors hold it to, and that this server can go on
// signing under it.
func (n *node) mayFollow(note []byte, keyDir string, compromised bool) (*merkle.Trust, error) {
	current, position := n.log.Trust(), n.log.Position()
	next, err := current.Succeeds(note)
	if err != nil {
		return nil, err
	}
	if err := eventstore.CanSign(keyDir, next, position+1, rand.Reader); err != nil {
		return nil, err
	}
	names := make(map[string]bool)
	for _, k := range next.Keys {
		if k.Role == merkle.RoleWitness && k.Covers(position+1) {
			names[k.Key.Name] = true
		}
	}
	if len(names) < next.Quorum {
		return nil, fmt.Errorf("quorum %d with %d witnesses: no package could be made any more", next.Quorum, len(names))
	}
	newest, _ := n.log.Newest()
	for _, k := range next.Keys {
		was, known := current.Find(k.Key)
		signs := k.Role == merkle.RoleLog || k.Role == merkle.RoleSM2
		if known && signs && !compromised && k.To < was.To && k.To < newest.Size && was.Covers(newest.Size) {
			return nil, fmt.Errorf("the %s key %08x signed size %d after the text was made for size %d: make it again, or say --compromised", k.Role, k.Key.ID(), newest.Size, k.To)
		}
		if known && k.Role == merkle.RoleLog && k.To < was.To && k.To < n.log.Recorded() {
			return nil, fmt.Errorf("the log key %08x would not count for the recorded seal of size %d: every package would be refused", k.Key.ID(), n.log.Recorded())
		}
	}
	return next, nil
}

// changeTrust stores the event and gives its position.
func (n *node) changeTrust(ctx context.Context, text, reason string) (uint64, error) {
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- n.writer.Run(writing) }()
	_, receipt, err := n.writer.Do(ctx, domain.ChangeTrust(text, reason))
	stop()
	return receipt.Last, errors.Join(err, <-done)
}

func trustName(version int) string { return fmt.Sprintf("trust-%d.txt", version) }

// keepTrust keeps every version beside trust.txt, which is the newest.
func keepTrust(dir string, old *merkle.Trust, note []byte, version int) error {
	before := filepath.Join(dir, trustName(old.Version))
	if _, err := os.Stat(before); err != nil {
		if err := replaceFile(before, []byte(old.Text)); err != nil {
			return err
		}
	}
	for _, name := range []string{trustName(version), "trust.txt"} {
		if err := replaceFile(filepath.Join(dir, name), note); err != nil {
			return err
		}
	}
	_ = os.Remove(filepath.Join(dir, stagedTrust))
	return nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// rootSigner is a root key of a trust text, under the name that it has there.
func rootSigner(path string, t *merkle.Trust) (merkle.Signer, error) {
	probe, err := eventstore.LoadKey(path, "probe", rand.Reader)
	if err != nil {
		return nil, err
	}
	for _, k := range t.Keys {
		if k.Role == merkle.RoleRoot && k.Key.Algorithm == probe.VKey().Algorithm && k.Key.Public == probe.VKey().Public {
			return eventstore.LoadKey(path, k.Key.Name, rand.Reader)
		}
	}
	return nil, coded{exitRefused, fmt.Errorf("%s is no root key of the trust text, version %d", path, t.Version)}
}
