package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"grantledger/projections/postgres"
)

// errNoServer reports that there is no PostgreSQL to measure.
var errNoServer = errors.New("no PostgreSQL: give --postgres-url-file, or install its server (initdb in PATH or /usr/lib/postgresql/*/bin)")

// benchServer is a PostgreSQL of this command alone, on a free loopback port.
type benchServer struct {
	dir, bin, port string
	as             *syscall.Credential // account that it runs under; nil: our own
	process        *exec.Cmd
	output         bytes.Buffer
}

// benchSettings gives the server named in a file, or starts one; closed ends
// what was started.
func benchSettings(ctx context.Context, urlFile string) (s postgres.Settings, closed func(), err error) {
	if urlFile != "" {
		url, err := os.ReadFile(urlFile)
		if err != nil {
			return s, nil, usagef("--postgres-url-file: %w", err)
		}
		return postgres.Settings{URL: strings.TrimSpace(string(url)), MaxConns: benchConns}, func() {}, nil
	}
	server, err := startBenchServer(ctx)
	if err != nil {
		return s, nil, err
	}
	url := fmt.Sprintf("postgres://postgres@127.0.0.1:%s/postgres?sslmode=disable", server.port)
	return postgres.Settings{URL: url, MaxConns: benchConns}, server.end, nil
}

// benchConns is enough for 16 clients beside the follow loop.
const benchConns = 20

// startBenchServer makes a cluster in a temporary directory and runs it.
func startBenchServer(ctx context.Context) (*benchServer, error) {
	bin := postgresBinaries()
	if bin == "" {
		return nil, errNoServer
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	s := &benchServer{dir: dir, bin: bin}
	if err := s.start(ctx); err != nil {
		s.end()
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, nil
}

// postgresBinaries is the directory of the newest PostgreSQL, "" without one.
func postgresBinaries() string {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		return filepath.Dir(slices.Max(found))
	}
	path, err := exec.LookPath("initdb")
	if err == nil {
		path, err = filepath.EvalSymlinks(path) // the server stands beside the real one
	}
	if err != nil {
		return ""
	}
	return filepath.Dir(path)
}

func (s *benchServer) start(ctx context.Context) error {
	if err := s.account(); err != nil {
		return err
	}
	out, err := s.command("initdb", "-D", filepath.Join(s.dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if s.port, err = freePort(); err != nil {
		return err
	}
	s.process = s.command("postgres", "-D", filepath.Join(s.dir, "data"), "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1", "-p", s.port,
		"-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "log_min_messages=warning", "-c", "max_connections=60")
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	if err := s.process.Start(); err != nil {
		return err
	}
	return s.ready(ctx)
}

// ready waits until the server takes connections.
func (s *benchServer) ready(ctx context.Context) error {
	ended := make(chan struct{})
	go func() { s.process.Wait(); close(ended) }()
	late := time.After(time.Minute)
	for s.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", s.port).Run() != nil {
		select {
		case <-ended:
			return fmt.Errorf("it ended at once:\n%s", s.output.String())
		case <-late:
			return errors.New("it takes no connections")
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
	}
	return nil
}

// account finds the account to run under, PostgreSQL refuses root, and gives it
// the directory.
func (s *benchServer) account() error {
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

func (s *benchServer) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir, c.Env = s.dir, append(os.Environ(), "LC_ALL=C")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true} // an interrupt is for us, not for it
	return c
}

// end stops the server and removes its cluster.
func (s *benchServer) end() {
	if s.process != nil && s.process.Process != nil {
		_ = s.command("pg_ctl", "stop", "-D", filepath.Join(s.dir, "data"), "-m", "immediate", "-w").Run()
	}
	os.RemoveAll(s.dir)
}

// freePort asks the system for a loopback port.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
