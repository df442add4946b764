// Package pgserver runs a PostgreSQL server of its own for tests and benchmarks:
// a fresh cluster in a temporary directory, reached through a Unix socket and
// never over the network, that can be stopped, killed and started again.
package pgserver

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// ErrNone reports that there is no PostgreSQL here, or no account to run it
// under: it refuses root, a root process runs it as the user postgres.
var ErrNone = errors.New("no PostgreSQL (initdb in PATH or /usr/lib/postgresql/*/bin, and a user postgres for root)")

// patience is how long a server may take to start.
const patience = time.Minute

// Server is a PostgreSQL server of its own.
type Server struct {
	bin, dir string
	as       *syscall.Credential // account that it runs under; nil: our own
	process  *exec.Cmd
	output   bytes.Buffer
}

// Start makes a cluster and runs it until Remove. The error is ErrNone where it
// cannot be run.
func Start() (*Server, error) { return StartIn("") }

// StartIn is Start with the cluster in a directory, "" for the usual one.
func StartIn(parent string) (*Server, error) {
	bin := binaries()
	if bin == "" {
		return nil, ErrNone
	}
	dir, err := os.MkdirTemp(parent, "pg") // short: the path of a socket is limited to 107 bytes
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if err := s.begin(); err != nil {
		s.Remove()
		return nil, err
	}
	return s, nil
}

func (s *Server) begin() error {
	if err := s.account(); err != nil {
		return fmt.Errorf("%w: %w", ErrNone, err)
	}
	initdb := s.Command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s.Run()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// binaries is the directory of the newest PostgreSQL, "" when there is none.
func binaries() string {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		return filepath.Dir(slices.Max(found))
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return ""
	}
	if path, err = filepath.EvalSymlinks(path); err != nil { // the other programs stand beside the real one
		return ""
	}
	return filepath.Dir(path)
}

// account finds the account to run under and gives it the directory.
func (s *Server) account() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, uid, gid)
}

// Command is one of PostgreSQL's programs, under the account of the server.
func (s *Server) Command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true} // an interrupt is for us, not for it
	return c
}

// Run starts the server and waits until it takes connections, after a recovery
// if it was killed before.
func (s *Server) Run() error {
	s.output.Reset()
	s.process = s.Command("postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=",
		"-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "log_min_messages=warning", "-c", "max_connections=60")
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	if err := s.process.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); s.Command("pg_isready", "-q", "-h", s.dir).Run() != nil; {
		if time.Now().After(deadline) {
			s.Kill()
			return fmt.Errorf("PostgreSQL does not start:\n%s", s.output.String())
		}
	}
	return nil
}

// Stop ends the server by a mode of pg_ctl: smart, fast or immediate.
func (s *Server) Stop(mode string) error {
	if out, err := s.Command("pg_ctl", "stop", "-D", s.data(), "-m", mode, "-w").CombinedOutput(); err != nil {
		return fmt.Errorf("pg_ctl stop: %w\n%s", err, out)
	}
	_ = s.process.Wait()
	s.process = nil
	return nil
}

// Kill ends the server as kill -9 does. Its children see it gone and end too.
func (s *Server) Kill() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

// Freeze stops all processes of the server, which then answers nothing and
// breaks no connection, until thaw.
func (s *Server) Freeze() (thaw func() error, err error) {
	signal := func(name string) error {
		parent := strconv.Itoa(s.process.Process.Pid)
		return errors.Join(exec.Command("kill", "-"+name, parent).Run(), exec.Command("pkill", "-"+name, "-P", parent).Run())
	}
	return func() error { return signal("CONT") }, signal("STOP")
}

// Remove kills the server and removes its cluster.
func (s *Server) Remove() {
	s.Kill()
	os.RemoveAll(s.dir)
}

// Directory holds the server's socket.
func (s *Server) Directory() string { return s.dir }

// URL is how the database postgres is reached, as its superuser.
func (s *Server) URL() string { return s.URLAs("postgres", "postgres") }

// URLAs is how a database is reached as a user.
func (s *Server) URLAs(name, database string) string {
	return fmt.Sprintf("postgres://%s@/%s?host=%s", name, database, s.dir)
}

// Psql runs a script as psql does and returns what it prints, unaligned and
// without headers.
func (s *Server) Psql(as, database, script string) (string, error) {
	c := s.Command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.dir, "-U", as, "-d", database)
	c.Stdin = bytes.NewBufferString(script)
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w\n%s", err, out)
	}
	return string(out), nil
}
