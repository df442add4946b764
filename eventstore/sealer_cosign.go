package eventstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

// maxCopies is how many cosigned checkpoints are kept in memory. The ledger.sealed.v1 events hold the rest.
const maxCopies = 64

// copies are the checkpoints with witness lines that came since the start, by ascending size.
type copies struct {
	mu    sync.Mutex
	seals []cosignedSeal
}

// cosignedFile, beside the anchor, is the newest checkpoint with the quorum's witness lines: it is served again after a
// restart, also before a ledger.sealed.v1 event holds it.
const cosignedFile = "cosigned"

// known are the copies, with the one that an earlier run of this server kept. One that does not verify is passed over:
// witnesses are asked again.
func (s *Sealer) known() *copies {
	s.loading.Do(func() {
		note, err := os.ReadFile(s.keptAt())
		if err != nil {
			return
		}
		signed, err := s.Log.Trust().OpenCheckpoint(note)
		if err != nil {
			return
		}
		if root, err := s.Log.Root(signed.Size); err == nil && root == signed.Root {
			s.copies.put(cosignedSeal{Seal{signed.Checkpoint, note}, signed.Witnessed()})
		}
	})
	return &s.copies
}

func (s *Sealer) keptAt() string { return filepath.Join(s.Log.config.KeyDir, cosignedFile) }

// keep takes a cosigned copy, and writes it down when no newer one carries the quorum.
func (s *Sealer) keep(c cosignedSeal, quorum int) error {
	newest, ok := s.known().newest(func(have cosignedSeal) bool { return have.witnesses >= quorum })
	s.copies.put(c)
	if c.witnesses < quorum || ok && newest.Size > c.Size {
		return nil
	}
	if err := writeDurably(s.keptAt(), c.Note, 0o600); err != nil {
		return fmt.Errorf("keep the cosigned checkpoint: %w", err)
	}
	return nil
}

type cosignedSeal struct {
	Seal
	witnesses int // distinct names that count
}

func (c *copies) put(s cosignedSeal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, found := slices.BinarySearchFunc(c.seals, s.Size, func(have cosignedSeal, size uint64) int {
		switch {
		case have.Size < size:
			return -1
		case have.Size > size:
			return 1
		}
		return 0
	})
	if found {
		c.seals[i] = s
		return
	}
	c.seals = slices.Insert(c.seals, i, s)
	if len(c.seals) > maxCopies {
		c.seals = slices.Delete(c.seals, 0, 1)
	}
}

// newest is the newest copy that holds; ok is false when none does.
func (c *copies) newest(holds func(cosignedSeal) bool) (s Seal, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.seals) - 1; i >= 0; i-- {
		if holds(c.seals[i]) {
			return c.seals[i].Seal, true
		}
	}
	return Seal{}, false
}

// recordedSeal is a ledger.sealed.v1 event whose checkpoint carries witness lines.
type recordedSeal struct{ size, position uint64 }

// noteWitnessed remembers where a checkpoint with lines of known witnesses stands in the log. The lock is held.
func (l *Log) noteWitnessed(n note) {
	parsed, err := merkle.ParseNote([]byte(record.ParseSeal(n.data)))
	if err != nil || l.trust == nil {
		return
	}
	c, err := merkle.ParseCheckpoint(parsed.Text)
	if err != nil || !slices.ContainsFunc(parsed.Lines, func(line merkle.NoteLine) bool {
		k, ok := l.trust.Lookup(line)
		return ok && k.Role == merkle.RoleWitness
	}) {
		return
	}
	l.recorded = append(l.recorded, recordedSeal{c.Size, n.position})
}

// recordedAt reads the checkpoint out of a ledger.sealed.v1 event.
func (l *Log) recordedAt(ctx context.Context, r recordedSeal) (Seal, error) {
	head, body, err := l.Event(ctx, r.position)
	if err != nil {
		return Seal{}, err
	}
	var e record.Event
	if err := e.Parse(head, body); err != nil {
		return Seal{}, err
	}
	note := []byte(record.ParseSeal(e.Body.Data))
	root, err := l.Root(r.size)
	return Seal{merkle.Checkpoint{Origin: l.config.Origin, Size: r.size, Root: root}, note}, err
}

// witnessedSeals are the checkpoints with witness lines in the log, oldest first.
func (l *Log) witnessedSeals() []recordedSeal {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.recorded
}

// unrecorded is the newest cosigned checkpoint that is newer than the last recorded one, before all others one that
// carries the quorum.
func (s *Sealer) unrecorded() (Seal, bool) {
	l := s.Log
	l.mu.RLock()
	sealed, need := l.sealed, 0
	if l.trust != nil {
		need = l.trust.Quorum
	}
	l.mu.RUnlock()
	if seal, ok := s.known().newest(func(c cosignedSeal) bool { return c.Size > sealed && c.witnesses >= need }); ok {
		return seal, true
	}
	return s.known().newest(func(c cosignedSeal) bool { return c.Size > sealed })
}

// Cosign adds the witness lines of a note that count to the copy of the stored checkpoint. The note must be of this log,
// of a size that has a checkpoint, and carry a log line and a witness line that count. The copy is served at once and goes
// into a ledger.sealed.v1 event.
func (s *Sealer) Cosign(ctx context.Context, note []byte) (Seal, error) {
	trust := s.Log.Trust()
	signed, err := trust.OpenCheckpoint(note)
	if err != nil {
		return Seal{}, fmt.Errorf("read the cosigned checkpoint: %w", err)
	}
	if len(signed.Witnesses) == 0 {
		return Seal{}, errors.New("the checkpoint has no witness line that counts")
	}
	s.adding.Lock()
	defer s.adding.Unlock()
	seal, err := s.Checkpoint(ctx, signed.Size)
	if err != nil || seal.Root != signed.Root {
		return Seal{}, fmt.Errorf("the cosigned checkpoint of size %d is not of this log", signed.Size)
	}
	own, err := merkle.ParseNote(seal.Note)
	if err != nil {
		return Seal{}, err
	}
	for _, line := range signed.Note.Lines {
		k, known := trust.Lookup(line)
		there := slices.ContainsFunc(own.Lines, func(have merkle.NoteLine) bool { return have.Name == line.Name && have.ID == line.ID })
		if known && !there && k.Role == merkle.RoleWitness && k.Covers(signed.Size) && len(own.Lines) < merkle.MaxNoteLines {
			own.Lines = append(own.Lines, line)
		}
	}
	seal.Note = own.Bytes()
	whole, err := trust.OpenCheckpoint(seal.Note) // never keep what an auditor would refuse
	if err != nil {
		return Seal{}, fmt.Errorf("add witness lines: %w", err)
	}
	return seal, s.keep(cosignedSeal{seal, whole.Witnessed()}, max(trust.Quorum, 1))
}

// RecordCosigned puts the newest cosigned checkpoint into the log at once, if it is newer than the last one there.
func (s *Sealer) RecordCosigned(ctx context.Context) error {
	seal, ok := s.unrecorded()
	if !ok || s.Record == nil {
		return nil
	}
	return s.Record(ctx, string(seal.Note))
}

// Checkpoint is the stored checkpoint of a size with the witness lines that are known: those that came since the start,
// or those that were recorded in the log. The error is ErrNotFound when there is none of that size.
func (s *Sealer) Checkpoint(ctx context.Context, size uint64) (Seal, error) {
	if seal, ok := s.known().newest(func(c cosignedSeal) bool { return c.Size == size }); ok {
		return seal, nil
	}
	recorded := s.Log.witnessedSeals()
	for i := len(recorded) - 1; i >= 0 && recorded[i].size >= size; i-- {
		if recorded[i].size == size {
			return s.Log.recordedAt(ctx, recorded[i])
		}
	}
	return s.Log.Checkpoint(ctx, size)
}

// Cosigned is the newest checkpoint that carries the quorum's witness lines, and one at least; ok is false when there is
// none.
func (s *Sealer) Cosigned(ctx context.Context) (seal Seal, ok bool) {
	trust := s.Log.Trust()
	need := max(trust.Quorum, 1)
	seal, ok = s.known().newest(func(c cosignedSeal) bool { return c.witnesses >= need })
	recorded := s.Log.witnessedSeals()
	for i := len(recorded) - 1; i >= 0 && recorded[i].size > seal.Size; i-- {
		old, err := s.Log.recordedAt(ctx, recorded[i])
		if err != nil {
			break
		}
		if signed, err := trust.OpenCheckpoint(old.Note); err == nil && signed.Witnessed() >= need {
			return old, true
		}
	}
	return seal, ok
}

// Recorded is the size of the last ledger.sealed.v1 event, 0 when there is none.
func (l *Log) Recorded() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.sealed
}
