package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/eventstore/bundle"
)

// States of a job.
const (
	exportQueued    = "queued"
	exportRunning   = "running"
	exportDone      = "done"
	exportFailed    = "failed"
	exportCancelled = "cancelled"
	exportExpired   = "expired"
)

// exportJob is one package, asked for or made. It is kept as
// <data>/exports/<id>.json beside <id>.zip. Fields change by copy only: a
// reader of a job sees one state of it.
type exportJob struct {
	ID        string        `json:"id"`
	State     string        `json:"state"`
	Filter    bundle.Filter `json:"-"`
	Lines     [][]string    `json:"filter"` // of Filter; null = all
	Start     uint64        `json:"start"`
	Size      uint64        `json:"size"`
	Total     uint64        `json:"total"`
	User      string        `json:"user"`
	Made      time.Time     `json:"made"` // asked for; then when it was finished
	Note      string        `json:"note"` // checkpoint with its witness lines
	Root      string        `json:"root"`
	Bytes     int64         `json:"bytes"`
	SHA256    string        `json:"sha256"`
	Code      string        `json:"code"` // of the problem when it failed
	ByAuditor string        `json:"by_auditor"`
	ByAdmin   string        `json:"by_admin"`

	done   *atomic.Uint64
	cancel context.CancelFunc
}

func (j *exportJob) published() bool { return j.ByAuditor != "" && j.ByAdmin != "" }

func (j *exportJob) expires(keep time.Duration) time.Time { return j.Made.Add(keep) }

func (j *exportJob) filterJSON() json.RawMessage {
	text, err := json.Marshal(j.Filter)
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

// exportJobs are the jobs of a server.
type exportJobs struct {
	dir   string
	mu    sync.Mutex
	jobs  map[string]*exportJob
	queue chan string // ids
}

// waitingExports is how many jobs may wait.
const waitingExports = 100

// openExports reads the jobs; those that did not finish wait again.
func (s *Server) openExports() error {
	x := &s.exports
	x.dir = filepath.Join(s.Config.DataDir, "exports")
	x.jobs, x.queue = map[string]*exportJob{}, make(chan string, waitingExports)
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(x.dir, "ex_*.json"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		j := &exportJob{done: new(atomic.Uint64)}
		if err := json.Unmarshal(text, j); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		if j.Filter, err = bundle.NewFilter(j.Lines); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		x.jobs[j.ID] = j
		if j.State == exportQueued || j.State == exportRunning {
			j.State = exportQueued
			if err := x.enqueue(j.ID); err != nil {
				j.State, j.Code = exportFailed, "busy"
			}
		}
		if j.State == exportDone {
			j.done.Store(j.Total)
		}
	}
	return nil
}

func (x *exportJobs) enqueue(id string) error {
	select {
	case x.queue <- id:
		return nil
	default:
		return newProblem("busy")
	}
}

// file is the package of a job.
func (x *exportJobs) file(id string) string { return filepath.Join(x.dir, id+".zip") }

func (x *exportJobs) save(j *exportJob) error {
	j.Lines = j.Filter
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	name := filepath.Join(x.dir, j.ID+".json")
	if err := os.WriteFile(name+".new", text, 0o600); err != nil {
		return fmt.Errorf("store export job: %w", err)
	}
	return os.Rename(name+".new", name)
}

// add stores a new job and queues it.
func (x *exportJobs) add(j *exportJob) error {
	j.done = new(atomic.Uint64)
	if err := x.save(j); err != nil {
		return err
	}
	x.mu.Lock()
	x.jobs[j.ID] = j
	x.mu.Unlock()
	return x.enqueue(j.ID)
}

// find gives a job, or nil.
func (x *exportJobs) find(id string) *exportJob {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.jobs[id]
}

// list gives all jobs, newest first.
func (x *exportJobs) list() []*exportJob {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := make([]*exportJob, 0, len(x.jobs))
	for _, j := range x.jobs {
		out = append(out, j)
	}
	slices.SortFunc(out, func(a, b *exportJob) int { return cmp.Compare(b.ID, a.ID) })
	return out
}

// change replaces a job by a changed copy.
func (x *exportJobs) change(id string, how func(*exportJob)) (*exportJob, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	old := x.jobs[id]
	if old == nil {
		return nil, newProblem("not_found")
	}
	j := *old
	how(&j)
	x.jobs[id] = &j
	return &j, x.save(&j)
}

// drop cancels a job and removes its package.
func (x *exportJobs) drop(id string) error {
	var cancel context.CancelFunc
	_, err := x.change(id, func(j *exportJob) {
		cancel = j.cancel
		if j.State != exportFailed && j.State != exportExpired {
			j.State = exportCancelled
		}
	})
	if cancel != nil {
		cancel()
	}
	if err := os.Remove(x.file(id)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove package: %w", err)
	}
	return err
}

// exportSeal is the checkpoint that a package ends with. With quorum 0 events
// that are not sealed yet are sealed first.
func (s *Server) exportSeal(ctx context.Context, size *uint64) (seal eventstore.Seal, err error) {
	quorum := s.Log.Trust().Quorum
	with, witnessed := s.Sealer.Cosigned(ctx)
	switch {
	case s.Log.Position() == 0: // a package holds at least one event
		return seal, &domain.Refusal{Code: domain.LedgerNotOpen}
	case size != nil:
		return s.Sealer.Checkpoint(ctx, *size)
	case quorum > 0 && witnessed:
		return with, nil
	case quorum > 0:
		return seal, newProblem("export_state", "state", "unwitnessed")
	}
	if seal, err = s.Sealer.Seal(ctx); err != nil {
		return seal, unavailable(err)
	}
	return s.Sealer.Checkpoint(ctx, seal.Size)
}

// exportWorkers is how many packages are made at a time.
const exportWorkers = 2

// runExports makes packages and removes old ones until ctx ends.
func (s *Server) runExports(ctx context.Context) error {
	var all sync.WaitGroup
	for range exportWorkers {
		all.Go(func() {
			for {
				select {
				case id := <-s.exports.queue:
					s.runExport(ctx, id)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	s.tidy(ctx)
	all.Wait()
	return nil
}

// tidy removes old packages and sessions every hour until ctx ends.
func (s *Server) tidy(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for ctx.Err() == nil {
		s.exports.expire(s.Clock(), s.Config.ExportsKeep)
		if err := s.endOldSessions(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("old sessions were not removed", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// expire removes packages that were kept long enough and are not public.
func (x *exportJobs) expire(now time.Time, keep time.Duration) {
	for _, j := range x.list() {
		if j.State == exportDone && !j.published() && now.After(j.expires(keep)) {
			_, _ = x.change(j.ID, func(j *exportJob) { j.State = exportExpired })
			_ = os.Remove(x.file(j.ID))
		}
	}
}

// runExport makes one package and notes how it ended.
func (s *Server) runExport(ctx context.Context, id string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	started := false
	j, err := s.exports.change(id, func(j *exportJob) {
		if started = j.State == exportQueued; started {
			j.State, j.cancel = exportRunning, cancel
		}
	})
	if err != nil || !started {
		return
	}
	sum, size, err := s.writeExport(ctx, j)
	if err != nil {
		_ = os.Remove(s.exports.file(id) + ".new")
		s.Logger.Error("export failed", "export", id, "error", err)
	}
	_, failed := s.exports.change(id, func(j *exportJob) {
		j.cancel = nil
		switch {
		case j.State == exportCancelled:
		case err != nil && ctx.Err() != nil: // the server stops: it begins again next time
			j.State = exportQueued
		case err != nil:
			j.State, j.Code = exportFailed, problemOf(err).code
		default:
			j.State, j.SHA256, j.Bytes, j.Made = exportDone, sum, size, s.Clock().UTC()
		}
	})
	if failed != nil {
		s.Logger.Error("export failed", "export", id, "error", failed)
	}
}

// counted is a source that counts the events it gives.
type counted struct {
	log  *eventstore.Log
	done *atomic.Uint64
}

// Events, for bundle.
func (c counted) Events(ctx context.Context, first, last uint64, fn func(position uint64, head, body []byte) error) error {
	return c.log.Events(ctx, first, last, func(position uint64, head, body []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.done.Add(1)
		return fn(position, head, body)
	})
}

// writeExport writes the package under a temporary name first.
func (s *Server) writeExport(ctx context.Context, j *exportJob) (sum string, size int64, err error) {
	export := bundle.Export{
		Trust: s.Log.Trust(), Checkpoint: []byte(j.Note), Filter: j.Filter, Exported: s.exportTime(), Signer: s.Log.Keys().Export, TempDir: s.exports.dir,
	}
	if j.Start > 0 {
		if export.Frontier, err = s.Log.Frontier(j.Start); err != nil {
			return "", 0, err
		}
	}
	j.done.Store(0)
	name := s.exports.file(j.ID)
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", 0, fmt.Errorf("make package: %w", err)
	}
	digest := sha256.New()
	counter := &countingWriter{w: io.MultiWriter(f, digest)}
	_, err = export.Write(ctx, counted{s.Log, j.done}, counter)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(digest.Sum(nil)), counter.n, os.Rename(name+".new", name)
}

// exportTime is now, or the time of the last event when that is later.
func (s *Server) exportTime() time.Time {
	now := s.Clock()
	if last := s.Log.LastTime(); last.After(now) {
		return last
	}
	return now
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
