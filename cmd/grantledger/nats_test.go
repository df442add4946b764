package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// natsUser makes an NKEY user with its seed in a file.
func natsUser(t *testing.T, path string, p *server.Permissions) *server.NkeyUser {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := pair.Seed()
	public, _ := pair.PublicKey()
	if err := os.WriteFile(path, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	return &server.NkeyUser{Nkey: public, Permissions: p}
}

// TestExternalServer runs the program on a NATS server of its own, with the
// rights of the service and no more: the story, a replay, a backup, and a
// restore into new streams give one root.
func TestExternalServer(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	rights := eventstore.RightsOf("main")
	s, err := server.NewServer(&server.Options{
		ServerName: "outside", Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: in("store"), SyncAlways: true, NoLog: true, NoSigs: true,
		Nkeys: []*server.NkeyUser{natsUser(t, in("admin.nk"), nil), natsUser(t, in("service.nk"), &server.Permissions{
			Publish: &server.SubjectPermission{Allow: rights.Publish}, Subscribe: &server.SubjectPermission{Allow: rights.Subscribe},
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("no server")
	}
	config := in("config.yaml")
	text := "store: {mode: nats}\nnats: {urls: " + s.ClientURL() + ", credsfile: " + in("service.nk") + ", replicas: 1}\ndata: {dir: " + in("data") + "}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "config", "nats", "--create", "--credsfile", in("admin.nk"), "--config", config)
	if out := must(t, 0, "config", "nats", "--config", config); !strings.Contains(out, "ledger.main.blocks") {
		t.Error(out)
	}
	p := start(t, "demo", "--json", "--listen", "127.0.0.1:0", "--config", config, "--data", in("data"))
	if code := p.stop(t); code != 0 {
		t.Fatalf("exit %d: %s", code, p.stderr)
	}
	before := decode[replayed](t, must(t, 0, "replay", "--json", "--config", config))
	must(t, 0, "backup", "--config", config, "--data", in("data"), "--out", in("backup"))
	restore := []string{"restore", "--config", config, "--from", in("backup"), "--trust", in("data/trust.txt")}
	must(t, exitRefused, restore...)
	forget(t, s.ClientURL(), in("admin.nk"))
	must(t, exitIntegrity, "doctor", "--config", config) // the anchor knows better
	must(t, 0, "config", "nats", "--create", "--credsfile", in("admin.nk"), "--config", config)
	must(t, 0, restore...)
	if after := decode[replayed](t, must(t, 0, "replay", "--json", "--config", config)); after.Root != before.Root || after.Position != before.Position {
		t.Errorf("%+v, before %+v", after, before)
	}
	must(t, 0, "doctor", "--config", config)
	s.Shutdown()
	must(t, exitUnreachable, "replay", "--config", config)
}

// forget deletes the streams of the ledger as an administrator can.
func forget(t *testing.T, url, seed string) {
	t.Helper()
	option, err := nats.NkeyOptionFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(url, option)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"LEDGER_MAIN", "LEDGER_MAIN_SEALS"} {
		if err := js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}
