package eventstore

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// External is how to reach NATS servers outside this process. They must run with sync_interval "always", which a client
// cannot see, and let the user do what Rights says and no more.
type External struct {
	URLs      []string // nats://host:4222 or tls://host:4222; without TLS a loopback address only
	CredsFile string   // optional: a .creds file, or a file with the seed of a user's NKEY
	CA        string   // optional: PEM file of the authorities that signed the servers' certificates
	Cert, Key string   // optional: PEM files of a client certificate
}

// Connect opens a connection. It comes back by itself when it breaks; nothing is buffered meanwhile, so that a publish
// fails at once.
func (x External) Connect() (*nats.Conn, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	options := []nats.Option{
		nats.Name("grantledger"), nats.MaxReconnects(-1), nats.ReconnectWait(50 * time.Millisecond), nats.ReconnectBufSize(-1),
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
	}
	if x.secure() {
		config, err := x.tls()
		if err != nil {
			return nil, err
		}
		options = append(options, nats.Secure(config))
	}
	credentials, err := x.credentials()
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(strings.Join(x.URLs, ","), append(options, credentials...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", errors.Join(ErrUnavailable, err))
	}
	return conn, nil
}

// secure reports whether TLS is asked for.
func (x External) secure() bool {
	for _, u := range x.URLs {
		if strings.HasPrefix(u, "tls://") {
			return true
		}
	}
	return x.CA != "" || x.Cert != ""
}

// check asks that nothing leaves this machine without TLS, and that no URL holds a password.
func (x External) check() error {
	if len(x.URLs) == 0 {
		return errors.New("connect to NATS: no address")
	}
	for _, text := range x.URLs {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return fmt.Errorf("connect to NATS: %q is not nats://host:port or tls://host:port", text)
		}
		if u.User != nil {
			return errors.New("connect to NATS: an address holds no user or password; use a credentials file")
		}
		ip := net.ParseIP(u.Hostname())
		if local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(); !local && !x.secure() {
			return fmt.Errorf("connect to NATS: %s is not on this machine, TLS is needed: tls:// or an authority file", u.Host)
		}
	}
	return nil
}

func (x External) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if x.CA != "" {
		text, err := os.ReadFile(x.CA)
		if err != nil {
			return nil, fmt.Errorf("read authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read authorities: %s holds no certificate", x.CA)
		}
	}
	if x.Cert != "" {
		pair, err := tls.LoadX509KeyPair(x.Cert, x.Key)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (x External) credentials() ([]nats.Option, error) {
	if x.CredsFile == "" {
		return nil, nil
	}
	if err := CheckKeyMode(x.CredsFile); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(x.CredsFile)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("SU")) {
		return []nats.Option{nats.UserCredentials(x.CredsFile)}, nil
	}
	option, err := nats.NkeyOptionFromSeed(x.CredsFile)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	return []nats.Option{option}, nil
}

// Provision makes the streams of a ledger with their settings, and the stores beside the log, as an administrator whose
// rights the service does not have. What is there already is left as it is; the start checks look at it.
func Provision(ctx context.Context, conn *nats.Conn, ledger string, replicas int) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	for _, stream := range []string{blocksStream(ledger), sealsStream(ledger)} {
		if err := createStream(ctx, js, settings(stream, max(replicas, 1))); err != nil {
			return err
		}
	}
	if _, err := OpenBucket(ctx, conn, ledger, replicas); err != nil {
		return err
	}
	_, err = OpenFiles(ctx, conn, ledger, replicas)
	return err
}
