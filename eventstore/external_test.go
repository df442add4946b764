package eventstore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/storetest"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// certificate makes a self-signed one for 127.0.0.1 and writes it to a file.
func certificate(t *testing.T, dir string) (pair tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "nats"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// user makes an NKEY user and writes its seed to a file.
func user(t *testing.T, path string, p *server.Permissions) *server.NkeyUser {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return &server.NkeyUser{Nkey: public, Permissions: p}
}

// outside is a NATS server that listens on loopback, with TLS, an administrator, and the service with its rights.
type outside struct {
	dir     string
	options *server.Options
	server  *server.Server
	service eventstore.External
	admin   eventstore.External
}

func startOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{dir: t.TempDir()}
	pair, ca := certificate(t, o.dir)
	rights := eventstore.RightsOf(ledger)
	service := user(t, filepath.Join(o.dir, "service.nk"), &server.Permissions{
		Publish: &server.SubjectPermission{Allow: rights.Publish}, Subscribe: &server.SubjectPermission{Allow: rights.Subscribe},
	})
	o.options = &server.Options{
		ServerName: "outside", Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: filepath.Join(o.dir, "store"), SyncAlways: true,
		NoLog: true, NoSigs: true, TLS: true, TLSTimeout: 5,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}},
		Nkeys:     []*server.NkeyUser{service, user(t, filepath.Join(o.dir, "admin.nk"), nil)},
	}
	o.start(t)
	o.service = eventstore.External{URLs: []string{o.server.ClientURL()}, CredsFile: filepath.Join(o.dir, "service.nk"), CA: ca}
	o.admin = o.service
	o.admin.CredsFile = filepath.Join(o.dir, "admin.nk")
	conn := connect(t, o.admin)
	if err := eventstore.Provision(t.Context(), conn, ledger, 1); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	return o
}

// start starts the server, later ones on the same port.
func (o *outside) start(t *testing.T) {
	t.Helper()
	s, err := server.NewServer(o.options.Clone())
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server did not start")
	}
	o.server = s
	o.options.Port = s.Addr().(*net.TCPAddr).Port
	t.Cleanup(s.Shutdown)
}

func connect(t *testing.T, x eventstore.External) *nats.Conn {
	t.Helper()
	conn, err := x.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// opener opens the log over a connection.
func (o *outside) opener(conn *nats.Conn) storetest.Opener {
	return func(adjust func(*eventstore.Config)) (*eventstore.Log, error) {
		c := eventstore.Config{
			Conn: conn, Name: ledger, Origin: origin, KeyDir: filepath.Join(o.dir, "keys"), TrustFile: filepath.Join(o.dir, "trust.txt"),
			Clock: time.Now, Random: rand.Reader, Secret: rand.Reader,
		}
		adjust(&c)
		return eventstore.Open(context.Background(), c)
	}
}

// The contract holds on an external server, over TLS, with the rights of the service and no more.
func TestExternal(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		o := startOutside(t)
		return o.opener(connect(t, o.service))
	})
}

// What the rights leave out is refused by the server, and the stores beside the log work within them.
func TestRights(t *testing.T) {
	o := startOutside(t)
	conn := connect(t, o.service)
	s := storetest.Start(t, o.opener(conn), nil)
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{
		"STREAM.CREATE.OTHER", "STREAM.UPDATE.LEDGER_TEST", "STREAM.DELETE.LEDGER_TEST", "STREAM.PURGE.LEDGER_TEST", "STREAM.MSG.DELETE.LEDGER_TEST",
		"STREAM.SNAPSHOT.LEDGER_TEST", "STREAM.PEER.REMOVE.LEDGER_TEST", "STREAM.DELETE.LEDGER_TEST_SEALS", "STREAM.DELETE.KV_ledger_test_private",
	} {
		if reply, err := conn.Request("$JS.API."+request, []byte("{}"), 100*time.Millisecond); err == nil {
			t.Errorf("%s was answered: %s", request, reply.Data)
		}
	}
	if err := s.Genesis(t.Context()); err == nil && s.Log.Position() != 1 {
		t.Error("the log changed")
	}
	useStores(t, conn)
	admin := connect(t, o.admin)
	js, err := jetstream.New(admin)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), "LEDGER_TEST_SEALS"); err != nil {
		t.Fatal(err)
	}
	if text := eventstore.RightsOf("main").Format(); !strings.Contains(text, `"ledger.main.blocks"`) || strings.Contains(text, "DELETE.LEDGER_MAIN\"") {
		t.Error(text)
	}
}

// useStores uses bucket and files within the rights.
func useStores(t *testing.T, conn *nats.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	b, err := eventstore.OpenBucket(ctx, conn, ledger, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(ctx, "session/1", []byte("x")); err != nil {
		t.Error(err)
	}
	if v, err := b.Get(ctx, "session/1"); err != nil || string(v) != "x" {
		t.Errorf("%q %v", v, err)
	}
	if keys, err := b.Keys(ctx, ""); err != nil || len(keys) != 1 {
		t.Errorf("%q %v", keys, err)
	}
	if err := b.Delete(ctx, "session/1"); err != nil {
		t.Error(err)
	}
	f, err := eventstore.OpenFiles(ctx, conn, ledger, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Put(ctx, "a", strings.NewReader("content")); err != nil {
		t.Error(err)
	}
	if r, err := f.Open(ctx, "a"); err != nil {
		t.Error(err)
	} else {
		r.Close()
	}
	if names, err := f.List(ctx); err != nil || len(names) != 1 {
		t.Errorf("%q %v", names, err)
	}
	if err := f.Delete(ctx, "a"); err != nil {
		t.Error(err)
	}
}

// The server goes away and comes back: commands are refused meanwhile, and stored again after.
func TestServerReturns(t *testing.T) {
	o := startOutside(t)
	s := storetest.Start(t, o.opener(connect(t, o.service)), func(c *eventstore.Config) { c.Patience = 500 * time.Millisecond })
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, s, 1, 5)
	o.server.Shutdown()
	o.server.WaitForShutdown()
	_, _, err := s.Writer.Do(t.Context(), storetest.Command{Kind: storetest.Add, Key: "down", To: "a", Amount: 1})
	if !errors.Is(err, eventstore.ErrUnavailable) && !errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Fatalf("with the server gone: %v", err)
	}
	o.start(t)
	again(t, s, storetest.Command{Kind: storetest.Add, Key: "down", To: "a", Amount: 1})
	answers, _, err := s.Writer.Do(t.Context(), storetest.Command{Kind: storetest.Read, To: "a"})
	if err != nil || answers[0].Balance != 6 {
		t.Errorf("%+v %v", answers, err)
	}
}

// again sends a command until it is taken.
func again(t *testing.T, s *storetest.Server, c storetest.Command) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		_, _, err := s.Writer.Do(t.Context(), c)
		switch {
		case err == nil:
			return
		case !errors.Is(err, eventstore.ErrUnavailable) && !errors.Is(err, eventstore.ErrOutcomeUnknown):
			t.Fatal(err)
		case time.Now().After(deadline):
			t.Fatalf("still after 20 s: %v", err)
		}
	}
}

// Addresses and credentials that must not be used are refused before anything is sent.
func TestExternalChecks(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "open.nk")
	if err := os.WriteFile(seed, []byte("SU"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]eventstore.External{
		"no address":      {},
		"no TLS":          {URLs: []string{"nats://10.1.2.3:4222"}},
		"a name":          {URLs: []string{"nats://nats.example.cn:4222"}},
		"a password":      {URLs: []string{"nats://u:p@127.0.0.1:4222"}},
		"another scheme":  {URLs: []string{"http://127.0.0.1:4222"}},
		"open seed":       {URLs: []string{"nats://127.0.0.1:4222"}, CredsFile: seed},
		"no certificates": {URLs: []string{"tls://127.0.0.1:4222"}, CA: seed},
	} {
		if conn, err := x.Connect(); err == nil {
			conn.Close()
			t.Errorf("%s: connected", name)
		} else if errors.Is(err, eventstore.ErrUnavailable) {
			t.Errorf("%s: a connection was tried: %v", name, err)
		}
	}
}
