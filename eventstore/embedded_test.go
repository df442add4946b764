package eventstore_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/storetest"
)

const (
	ledger = "test"
	origin = "grantledger.local/test"
)

// embedded is a running server on a data directory.
type embedded struct {
	dir   *eventstore.Directory
	srv   *eventstore.Server
	close func() // the connection
	open  storetest.Opener
}

// start locks a directory and starts the embedded server on it.
func start(path string) (*embedded, error) {
	dir, err := eventstore.LockDirectory(path)
	if err != nil {
		return nil, err
	}
	srv, err := eventstore.StartServer(dir, ledger)
	if err != nil {
		dir.Unlock()
		return nil, err
	}
	conn, err := srv.Connect()
	if err != nil {
		return nil, err
	}
	e := &embedded{dir: dir, srv: srv, close: conn.Close}
	e.open = func(adjust func(*eventstore.Config)) (*eventstore.Log, error) {
		c := eventstore.Config{
			Conn: conn, Name: ledger, Origin: origin, KeyDir: dir.Keys(), TrustFile: dir.Trust(),
			Clock: time.Now, Random: rand.Reader, Secret: rand.Reader, Room: srv.Room, Kept: srv.Kept, Revive: srv.Revive,
		}
		adjust(&c)
		return eventstore.Open(context.Background(), c)
	}
	return e, nil
}

// stop stops the server and gives the directory back.
func (e *embedded) stop() {
	e.close()
	e.srv.Stop()
	e.dir.Unlock()
}

// startTest is start for a test, which stops it in the end.
func startTest(t *testing.T, path string) *embedded {
	t.Helper()
	e, err := start(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.stop)
	return e
}

func TestEmbedded(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener { return startTest(t, t.TempDir()).open })
}
