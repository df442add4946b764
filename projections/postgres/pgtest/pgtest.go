// Package pgtest runs a real PostgreSQL server for tests: a fresh cluster in a
// temporary directory, reached through a Unix socket and never over the network,
// that can be stopped, killed and started again. Where PostgreSQL is not
// installed the test is skipped and says so.
package pgtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Server is a PostgreSQL server of its own.
type Server struct {
	bin, dir string
	as       *syscall.Credential // account that it runs under; nil: the test's own
	process  *exec.Cmd
	output   bytes.Buffer
}

// Start makes a cluster and runs it until the test ends. PostgreSQL refuses to
// run as root: a root test runs it as the user postgres.
func Start(t testing.TB) *Server {
	t.Helper()
	bin := binaries()
	if bin == "" {
		t.Skip("PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql/*/bin): test skipped")
	}
	dir, err := os.MkdirTemp("", "pg") // short: the path of a socket is limited to 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{bin: bin, dir: dir}
	t.Cleanup(func() { s.Kill(); os.RemoveAll(dir) })
	if err := s.account(); err != nil {
		t.Skipf("no account to run PostgreSQL under: %v", err)
	}
	initdb := s.command("initdb", "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.Run(t)
	return s
}

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

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return c
}

// Run starts the server and waits until it takes connections, after a recovery
// if it was killed before.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	s.output.Reset()
	s.process = s.command("postgres", "-D", filepath.Join(s.dir, "data"), "-k", s.dir, "-c", "listen_addresses=",
		"-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "log_min_messages=warning", "-c", "max_connections=60")
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if s.command("pg_isready", "-q", "-h", s.dir).Run() == nil {
			return
		}
		if time.Now().After(deadline) {
			s.Kill()
			t.Fatalf("PostgreSQL does not start:\n%s", s.output.String())
		}
	}
}

// Stop ends the server by a mode of pg_ctl: smart, fast or immediate.
func (s *Server) Stop(t testing.TB, mode string) {
	t.Helper()
	out, err := s.command("pg_ctl", "stop", "-D", filepath.Join(s.dir, "data"), "-m", mode, "-w").CombinedOutput()
	if err != nil {
		t.Fatalf("pg_ctl stop: %v\n%s", err, out)
	}
	s.process.Wait()
	s.process = nil
}

// Kill ends the server as kill -9 does. Its children see it gone and end too.
func (s *Server) Kill() {
	if s.process != nil {
		s.process.Process.Kill()
		s.process.Wait()
		s.process = nil
	}
}

// URL is how the database postgres is reached, as its superuser.
func (s *Server) URL() string { return s.URLAs("postgres", "postgres") }

// URLAs is how a database is reached as a user.
func (s *Server) URLAs(name, database string) string {
	return fmt.Sprintf("postgres://%s@/%s?host=%s", name, database, s.dir)
}

// Psql runs a script as psql does and returns what it prints, unaligned and
// without headers.
func (s *Server) Psql(t testing.TB, as, database, script string) string {
	t.Helper()
	c := s.command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.dir, "-U", as, "-d", database)
	c.Stdin = bytes.NewBufferString(script)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return string(out)
}
