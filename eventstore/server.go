package eventstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// startTimeout bounds the recovery of the embedded server, which reads its files.
const startTimeout = 5 * time.Minute

// Server is the NATS server inside this process: JetStream under <data>/jetstream, an fsync for every message, no
// listener and no log of its own.
type Server struct {
	dir    *Directory
	ledger string

	turn sync.Mutex // held while it is stopped, or stopped and started again

	mu      sync.RWMutex
	nats    *server.Server // replaced by Revive
	stopped bool           // for good
}

// StartServer starts it on a locked directory. Before that it reads the files of the ledger's streams itself, because
// NATS repairs a damaged file by cutting it and then goes on without what was behind: damage, or an end that the anchor
// says is missing, gives an *IntegrityError while every file is still as it was found. A last record that is torn by a
// crash is no damage: nobody was told that it is stored.
func StartServer(d *Directory, ledger string) (*Server, error) {
	s := &Server{dir: d, ledger: ledger}
	if err := s.start(); err != nil {
		return nil, err
	}
	return s, nil
}

// start looks at the files and starts NATS on them.
func (s *Server) start() error {
	found, err := scanFiles(s.dir, s.ledger)
	if err != nil {
		return err
	}
	n, err := server.NewServer(&server.Options{
		ServerName: "grantledger",
		DontListen: true,
		JetStream:  true,
		StoreDir:   s.dir.Path(), // the server adds /jetstream
		SyncAlways: true,
		NoLog:      true,
		NoSigs:     true,
	})
	if err != nil {
		return fmt.Errorf("configure embedded NATS: %w", err)
	}
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return ErrShuttingDown
	}
	n.Start()
	s.nats = n
	s.mu.Unlock()
	if !n.ReadyForConnections(startTimeout) {
		s.halt()
		return errors.New("embedded NATS did not start")
	}
	if err := s.compare(found); err != nil {
		s.halt()
		return err
	}
	return nil
}

// InProcessConn gives a connection to the server that runs now; while it is being started again there is none.
func (s *Server) InProcessConn() (net.Conn, error) {
	n := s.running()
	if n == nil {
		return nil, ErrUnavailable
	}
	return n.InProcessConn()
}

func (s *Server) running() *server.Server {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.nats
}

// Connect opens a connection inside the process. It comes back by itself when it breaks; nothing is buffered meanwhile,
// so that a publish fails at once. Close it before Stop.
func (s *Server) Connect() (*nats.Conn, error) {
	conn, err := nats.Connect("", nats.InProcessServer(s), nats.Name("grantledger"),
		nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.ReconnectBufSize(-1))
	if err != nil {
		return nil, fmt.Errorf("connect to embedded NATS: %w", err)
	}
	return conn, nil
}

// Stop shuts the server down for good and waits until its files are closed.
func (s *Server) Stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.turn.Lock()
	defer s.turn.Unlock()
	s.halt()
}

// halt is Stop until the next start.
func (s *Server) halt() {
	s.mu.Lock()
	n := s.nats
	s.nats = nil
	s.mu.Unlock()
	if n != nil {
		n.Shutdown()
		n.WaitForShutdown()
	}
}

// compare asks that the server recovered all that the files held.
func (s *Server) compare(found map[string]scanned) error {
	conn, err := s.Connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("use embedded JetStream: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for name, f := range found {
		last, err := lastSequence(ctx, js, name)
		if err != nil {
			return err
		}
		if last < f.last {
			return &IntegrityError{
				Check: checkOf(name), Sequence: last + 1, Reason: fmt.Sprintf("the files of %s end with sequence %d, NATS gives %d", name, f.last, last),
			}
		}
	}
	return nil
}

// lastSequence is that of a stream, 0 when there is no such stream.
func lastSequence(ctx context.Context, js jetstream.JetStream, name string) (uint64, error) {
	s, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at stream %s: %w", name, err)
	}
	return s.CachedInfo().State.LastSeq, nil
}

// streamDirectory is where the embedded server keeps the blocks of a stream.
func streamDirectory(d *Directory, stream string) string {
	return filepath.Join(d.Path(), "jetstream", "$G", "streams", stream, "msgs")
}
