package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"
)

// witness signs checkpoints of one ledger and never two histories: what it signs continues what it signed before, and
// is on disk before the signature leaves it.
type witness struct {
	signer merkle.Signer
	trust  *merkle.Trust
	state  state
	clock  func() time.Time
}

// errFirst says that the witness has signed nothing of a ledger and was not told that this is right.
var errFirst = errors.New("状态目录中没有这个账本的记录；若确是首次见证，请加 --first / the state directory holds nothing of this ledger; if this is truly the first time, add --first")

// cosigned is a signature given.
type cosigned struct {
	Verdict string      `json:"verdict"` // "cosigned"
	Origin  string      `json:"origin"`
	From    uint64      `json:"from"` // size signed before; 0 when none
	Size    uint64      `json:"size"`
	Root    merkle.Hash `json:"root"`
	Name    string      `json:"name"`
	Line    string      `json:"line"` // the note line, without LF
	note    []byte      // the checkpoint with the line
}

// previous is the checkpoint that the witness signed last; nil when it has signed none. Only a note that the witness's
// own key verifies is taken.
func (w *witness) previous() (*merkle.Checkpoint, []byte, error) {
	note, err := w.state.last(w.trust.Origin)
	if err != nil || note == nil {
		return nil, nil, err
	}
	n, err := merkle.ParseNote(note)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", w.state.path(w.trust.Origin), err)
	}
	c, err := merkle.ParseCheckpoint(n.Text)
	if err == nil && (c.Origin != w.trust.Origin || !w.signed(n)) {
		err = errors.New("not a checkpoint that this witness signed")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", w.state.path(w.trust.Origin), err)
	}
	return &c, note, nil
}

func (w *witness) own(l merkle.NoteLine) bool {
	key := w.signer.VKey()
	return l.Name == key.Name && l.ID == key.ID()
}

func (w *witness) signed(n *merkle.Note) bool {
	return slices.ContainsFunc(n.Lines, func(l merkle.NoteLine) bool {
		if !w.own(l) {
			return false
		}
		_, err := w.signer.VKey().Verify(n.Text, l.Signature)
		return err == nil
	})
}

// cosign signs a checkpoint once check has found that it continues the previous one (nil: the first). Everything
// happens under the lock of the state directory, and the state is on disk before cosign returns.
func (w *witness) cosign(first bool, check func(previous *merkle.Checkpoint, note []byte) (*merkle.Signed, error)) (out *cosigned, err error) {
	err = w.state.locked(func() error {
		previous, note, err := w.previous()
		if err != nil {
			return err
		}
		if previous == nil && !first {
			return errFirst
		}
		s, err := check(previous, note)
		if err != nil {
			return err
		}
		out, err = w.sign(previous, s)
		return err
	})
	return out, err
}

func (w *witness) sign(previous *merkle.Checkpoint, s *merkle.Signed) (*cosigned, error) {
	if previous != nil && (s.Size < previous.Size || s.Size == previous.Size && s.Root != previous.Root) {
		return nil, fmt.Errorf("refused to sign size %d after size %d", s.Size, previous.Size) // whatever check said
	}
	n := &merkle.Note{Text: s.Note.Text, Lines: slices.DeleteFunc(slices.Clone(s.Note.Lines), w.own)}
	if len(n.Lines) >= merkle.MaxNoteLines {
		return nil, errors.New("the checkpoint has no room for another line")
	}
	if err := n.Sign(w.signer); err != nil {
		return nil, err
	}
	note := n.Bytes()
	if err := w.state.keep(s.Origin, note); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(note), "\n"), "\n")
	out := &cosigned{Verdict: "cosigned", Origin: s.Origin, Size: s.Size, Root: s.Root, Name: w.signer.VKey().Name, Line: lines[len(lines)-1], note: note}
	if previous != nil {
		out.From = previous.Size
	}
	return out, nil
}

// loadWitness reads the key file of a witness. Its name is that of the same key in the trust text, unless name says it.
func loadWitness(path, name string, trust *merkle.Trust, clock func() time.Time) (merkle.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s 的权限应为 0600 / must have mode 0600", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if name == "" {
		probe, err := merkle.ParseWitness("probe", text, clock)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, k := range trust.Keys {
			if k.Role == merkle.RoleWitness && k.Key.Public == probe.VKey().Public {
				name = k.Key.Name
			}
		}
		if name == "" {
			return nil, usageError{"信任文件中没有此见证密钥，请用 --name 给出名称 / the trust file does not hold this key: give its --name"}
		}
	}
	return merkle.ParseWitness(name, text, clock)
}

// makeKey writes a new witness key, mode 0600; nothing is overwritten.
func makeKey(path string) error {
	text, err := merkle.GeneratePEM(merkle.Cosignature, rand.Reader)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s 已存在 / is there already", path)
	}
	if err != nil {
		return err
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// Text says what was signed and what to do with the line.
func (c *cosigned) Text() string {
	return fmt.Sprintf("COSIGNED 已见证  %s\nsize %d (before: %d), root %s, as %s\n请把上面一行交给账本方，加在 checkpoint 末尾 / give the line above to the operator, to be added to the checkpoint\n",
		c.Origin, c.Size, c.From, c.Root, c.Name)
}

// isPackage tells a package from a checkpoint by its first bytes.
func isPackage(begin []byte) bool { return bytes.HasPrefix(begin, []byte("PK")) }

// continues is the check of a bare checkpoint: its signatures, and the consistency proof from the previous one.
func (w *witness) continues(note []byte, policy bundle.Policy, from, to uint64, proof []merkle.Hash) func(*merkle.Checkpoint, []byte) (*merkle.Signed, error) {
	return func(previous *merkle.Checkpoint, _ []byte) (*merkle.Signed, error) {
		s, err := bundle.OpenUnder(policy, note)
		if err != nil || previous == nil {
			return s, err
		}
		if s.Size > previous.Size && (from != previous.Size || to != s.Size) {
			return nil, fmt.Errorf("需要从规模 %d 到 %d 的一致性证明 / a consistency proof from size %d to %d is needed", previous.Size, s.Size, previous.Size, s.Size)
		}
		return s, bundle.Continues(*previous, s.Checkpoint, proof)
	}
}
