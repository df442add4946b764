package api

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"

	"github.com/danielgtaylor/huma/v2"
)

// rootShown is the answer of GET /api/v1/.
type rootShown struct {
	Ledger         string `json:"ledger"`
	Name           string `json:"name"`
	Origin         string `json:"origin"`
	Version        string `json:"version"`
	Position       uint64 `json:"position"`
	CheckpointSize uint64 `json:"checkpoint_size"`
	Public         bool   `json:"public"`
}

// versionShown is the answer of GET /version.
type versionShown struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Format  int    `json:"format" doc:"of records and packages"`
	API     string `json:"api"`
}

func (s *Server) root() rootShown {
	out := rootShown{Origin: s.Log.Origin(), Version: s.Config.Version, Public: s.Config.PublicEnabled}
	s.Model.State(func(l *domain.Ledger) {
		out.Ledger, out.Name, out.Position = l.Info("id"), l.Info("name"), l.Position()
	})
	if seal, ok := s.Log.Newest(); ok {
		out.CheckpointSize = seal.Size
	}
	return out
}

func (s *Server) routeOperations(r *router) {
	op := huma.Operation{Tags: []string{"operations"}, Summary: "the ledger"}
	for _, path := range []string{base, base + "/"} {
		op.OperationID = "root" + path[len(base):]
		op.Hidden = path == base
		operation(r, "GET", path, forReaders, op, func(c *call, _ *struct{}) (*answer[rootShown], error) {
			out := s.root()
			return answerAt(out.Position, out), nil
		})
	}
	r.handle("GET", "/healthz", forAll, about("operations", "the process runs"), func(c *call) error { return c.text(200, "ok") })
	r.handle("GET", "/readyz", forAll, about("operations", "the ledger can be used"), s.readyz)
	r.handle("GET", "/version", forAll, about("operations", "version and formats"), func(c *call) error {
		return c.json(200, versionShown{s.Config.Version, s.Config.Commit, 1, "v1"})
	})
	r.handle("GET", "/metrics", forAll, about("operations", "Prometheus; loopback only"), s.metrics.serve)
	r.handle("GET", "/problems/{code}", forAll, nil, s.problemPage)
	s.routeDocument(r)
}

// check is one line of readyz.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

type readiness struct {
	Ready  bool    `json:"ready"`
	Checks []check `json:"checks"`
}

// readyz tells whether commands and queries can be answered; details only to
// this machine and to admins.
func (s *Server) readyz(c *call) error {
	out := readiness{Ready: !s.stopping.Load(), Checks: s.checks()}
	for _, k := range out.Checks {
		out.Ready = out.Ready && k.OK
	}
	if !local(c.request) && !c.holds("admin") {
		out.Checks = []check{}
	}
	status := 200
	if !out.Ready {
		status = 503
	}
	return c.json(status, out)
}

// lagAllowed is how many events the read model may be behind.
const lagAllowed = 100_000

func (s *Server) checks() []check {
	list := []check{
		s.checkStream(), s.checkAnchor(), s.checkWriter(), s.checkModel(), s.checkSealer(), s.checkDisk(),
	}
	if database, ok := s.Model.(troubled); ok {
		list = append(list, checked("postgres", database.Trouble()))
	}
	return list
}

// troubled is a read model with a database behind it, or a writer with a log.
type troubled interface {
	// Trouble is why the database does not answer, or the log takes nothing; nil when all is well.
	Trouble() error
}

func checked(name string, err error) check {
	if err != nil {
		return check{name, false, err.Error()}
	}
	return check{Name: name, OK: true}
}

// checkStream asks the log for its last event.
func (s *Server) checkStream() check {
	position := s.Log.Position()
	if position == 0 {
		return check{"stream", true, "empty"}
	}
	_, _, err := s.Log.Event(noContext, position)
	return checked("stream", err)
}

// checkAnchor compares the newest checkpoint with the tree of now.
func (s *Server) checkAnchor() check {
	seal, ok := s.Log.Newest()
	if !ok {
		return check{"anchor", true, "no checkpoint yet"}
	}
	root, err := s.Log.Root(seal.Size)
	if err == nil && root != seal.Root {
		err = fmt.Errorf("root at size %d differs from the checkpoint", seal.Size)
	}
	return checked("anchor", err)
}

func (s *Server) checkWriter() check {
	err := s.Writer.ClockError()
	if errors.Is(err, eventstore.ErrClockUnconfirmed) {
		return check{"writer", false, "clock_unconfirmed"}
	}
	if w, ok := s.Writer.(troubled); ok && err == nil {
		err = w.Trouble()
	}
	return checked("writer", err)
}

func (s *Server) checkModel() check {
	position, progress := s.Log.Position(), s.Model.Progress()
	if position > progress+lagAllowed {
		return check{"read_model", false, fmt.Sprintf("lag %d", position-progress)}
	}
	return check{"read_model", true, fmt.Sprintf("lag %d", position-min(position, progress))}
}

// checkSealer asks that what is an hour old stands under a checkpoint.
func (s *Server) checkSealer() check {
	seal, _ := s.Log.Newest()
	last := s.Log.LastTime()
	if seal.Size < s.Log.Position() && s.Clock().Sub(last) > time.Hour && !last.IsZero() && !s.Config.Demo {
		return check{"sealer", false, fmt.Sprintf("newest checkpoint is of size %d", seal.Size)}
	}
	return check{"sealer", true, fmt.Sprintf("size %d", seal.Size)}
}

// spaceNeeded is how many bytes the disk must have left.
const spaceNeeded = 64 << 20

// checkDisk asks that there is room to write.
func (s *Server) checkDisk() check {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.Config.DataDir, &fs); err != nil {
		return checked("disk", err)
	}
	free := fs.Bavail * uint64(fs.Bsize)
	return check{"disk", free >= spaceNeeded, fmt.Sprintf("%d MiB free", free>>20)}
}
