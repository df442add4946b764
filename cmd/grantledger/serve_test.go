package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unset takes a variable out of the environment; t.Setenv has promised to put
// the old one back.
func unset(t *testing.T, name string) {
	t.Helper()
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// certify writes a certificate of its own for loopback, with the serial number.
func certify(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeText(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	writeText(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}

// TestTLS serves with a certificate, takes up a new one at SIGHUP, speaks no
// old version and no plain HTTP.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := certify(t, dir, 1)
	t.Setenv("GRANTLEDGER_HTTP_TLS_CERT", cert)
	t.Setenv("GRANTLEDGER_HTTP_TLS_KEY", key)
	p := start(t, "serve", "--json", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	address, ok := strings.CutPrefix(p.URL, "https://")
	if !ok {
		t.Fatalf("address %s", p.URL)
	}
	serial := func(highest uint16) (int64, error) {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MaxVersion: highest})
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	if n, err := serial(0); n != 1 || err != nil {
		t.Fatalf("certificate %d, %v", n, err)
	}
	if _, err := serial(tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
	certify(t, dir, 2)
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; {
		n, err := serial(0)
		if err != nil {
			t.Fatalf("after SIGHUP: %v", err)
		}
		if n == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("SIGHUP did not bring the new certificate")
		}
	}
	if code := p.stop(t); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// TestBadCertificate is a fault of the configuration.
func TestBadCertificate(t *testing.T) {
	dir := t.TempDir()
	cert, key := certify(t, dir, 1)
	writeText(t, key, "no key\n")
	t.Setenv("GRANTLEDGER_HTTP_TLS_CERT", cert)
	t.Setenv("GRANTLEDGER_HTTP_TLS_KEY", key)
	if code, _, stderr := command(t, "grantledger", "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data")); code != exitUsage {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// TestHead answers HEAD with the headers of GET and no body.
func TestHead(t *testing.T) {
	p := start(t, "demo", "--json", "--empty", "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	for _, path := range []string{"/healthz", "/api/v1/", "/api/v1/balances", "/api/v1/trust"} {
		response, err := http.Head(p.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != 200 || len(body) != 0 || response.ContentLength <= 0 {
			t.Errorf("%s: %d, %d bytes of %d", path, response.StatusCode, len(body), response.ContentLength)
		}
	}
}

// TestAnswersAfterKill sends a golden scenario command by command, kills the
// server, and sends everything again: the first answers, byte for byte but for
// "replayed".
func TestAnswersAfterKill(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	args := []string{"demo", "--json", "--empty", "--listen", "127.0.0.1:0", "--data", data}
	p := start(t, args...)
	type answered struct {
		line storyLine
		user string
		body []byte
	}
	var first []answered
	story, err := os.ReadFile(filepath.Join(scenarioDir, "lifecycle", "commands.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	for text := range bytes.Lines(story) {
		var l storyLine
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		user := strings.TrimPrefix(l.Actor, "user/")
		if _, ok := p.Users[user]; !ok {
			p.issue(t, user)
		}
		status, body := p.do(t, user, http.MethodPost, "/api/v1/commands/"+l.Command, l.Key, string(l.Data))
		if (status < 300) != (l.Expect == "ok") {
			t.Fatalf("%s: %d %s", l.Key, status, body)
		}
		if status < 300 {
			first = append(first, answered{l, user, body})
		}
	}
	p.kill()
	users := p.Users
	p = start(t, args...)
	p.Users = users
	for _, a := range first {
		want := bytes.Replace(a.body, []byte(`"replayed":false`), []byte(`"replayed":true`), 1)
		if status, got := p.do(t, a.user, http.MethodPost, "/api/v1/commands/"+a.line.Command, a.line.Key, string(a.line.Data)); status != 200 || !bytes.Equal(got, want) {
			t.Errorf("%s: %d\n%s\nwant\n%s", a.line.Key, status, got, want)
		}
		if status, got := p.do(t, a.user, http.MethodGet, "/api/v1/command-results/"+a.line.Key, "", ""); status != 200 || !bytes.Equal(got, want) {
			t.Errorf("result of %s: %d\n%s\nwant\n%s", a.line.Key, status, got, want)
		}
	}
	if len(first) < 100 {
		t.Errorf("%d answers", len(first))
	}
}

// TestDrain lets old requests end, and answers new ones meanwhile.
func TestDrain(t *testing.T) {
	var q requests
	begun, release := make(chan struct{}), make(chan struct{})
	h := q.counted(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			close(begun)
			<-release
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	old, drained := make(chan struct{}), make(chan struct{})
	go func() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/old", nil))
		close(old)
	}()
	<-begun
	go func() {
		q.drain(t.Context())
		close(drained)
	}()
	for {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/new", nil))
		if w.Code != http.StatusTeapot {
			t.Fatalf("a new request got %d", w.Code)
		}
		q.mu.Lock()
		draining := q.draining
		q.mu.Unlock()
		if draining {
			break
		}
	}
	select {
	case <-drained:
		t.Fatal("did not wait for the old request")
	default:
	}
	close(release)
	<-old
	<-drained
}

// TestCheckMakesNothing refuses a directory that is not there.
func TestCheckMakesNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if code, _, stderr := command(t, "grantledger", "serve", "--check", "--data", data); code != exitUsage {
		t.Errorf("exit %d %s", code, stderr)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("--check made a data directory")
	}
}
