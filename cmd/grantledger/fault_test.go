package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/record"
	"grantledger/eventstore/storetest"

	"github.com/anishathalye/porcupine"
	"github.com/nats-io/nats-server/v2/server"
)

// faultKillRounds is how often TestFaultKill kills the server;
// GRANTLEDGER_FAULT_KILL_ROUNDS changes it for a soak.
func faultKillRounds() int {
	if n, err := strconv.Atoi(os.Getenv("GRANTLEDGER_FAULT_KILL_ROUNDS")); err == nil {
		return n
	}
	return 3
}

// Funds and clients of TestFaultKill; a client keeps to one fund.
const (
	faultFunds   = 8
	faultClients = 64
)

// transfer is a command that a client sends: amounts in fen, above zero into
// the fund, below zero out of it.
type transfer struct {
	key  string
	fund int
	fen  int64
}

// told is what a client knows of a transfer.
type told struct {
	kind  string // "stored", "refused", "nothing", "unknown"
	after int64  // what is available after it, when stored
	first uint64
}

// fundModel says which results one fund without faults could give: a stored
// transfer names the balance after it, a refused one asked for more than there is.
var fundModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := make([][]porcupine.Operation, faultFunds)
		for _, op := range history {
			fund := op.Input.(transfer).fund
			parts[fund] = append(parts[fund], op)
		}
		return parts
	},
	Init: func() any { return int64(-1) }, // the first of a round is alone, and says what there is
	Step: func(state, input, output any) (bool, any) {
		have, t, o := state.(int64), input.(transfer), output.(told)
		switch after := have + t.fen; o.kind {
		case "stored":
			return have < 0 && o.after >= 0 || after == o.after && after >= 0, o.after
		case "refused":
			return after < 0, have
		}
		return true, have
	},
}

// faultWorld is a ledger on a NATS server behind the proxy, and what its clients did.
type faultWorld struct {
	t      *testing.T
	random *rand.Rand
	proxy  *storetest.Proxy
	args   []string
	load   workload
	users  map[string]demoUser
	began  time.Time
	all    []porcupine.Operation
}

// TestFaultKill kills a server whose NATS is behind a proxy that loses, delays,
// doubles and cuts, at random moments under 64 clients over HTTP. What the
// clients were told could have come from one ledger without faults
// (linearizability, fund by fund), and the log holds each stored command once,
// where its answer said, and nothing that was refused.
func TestFaultKill(t *testing.T) {
	seed := killSeed()
	t.Logf("GRANTLEDGER_SEED=%d", seed)
	w, url := newFaultWorld(t, rand.New(rand.NewPCG(seed, 1)))
	p := start(t, w.args...)
	for round := range faultKillRounds() {
		p = w.round(p, round)
		if t.Failed() {
			return
		}
	}
	if code := p.stop(t); code != 0 {
		t.Errorf("stop: exit %d, %s", code, p.stderr)
	}
	w.compare(url)
	must(t, 0, append([]string{"replay", "--json"}, w.args[len(w.args)-4:]...)...)
	kinds := map[string]int{}
	for _, op := range w.all {
		kinds[op.Output.(told).kind]++
	}
	var harmed []int64
	for f := range storetest.Faults {
		harmed = append(harmed, w.proxy.Counts[f].Load())
	}
	t.Logf("%d rounds, results %v; frames passed, delayed, dropped, doubled, cut before, cut after: %v", faultKillRounds(), kinds, harmed)
	if kinds["stored"] < faultKillRounds() {
		t.Errorf("only %d commands were stored", kinds["stored"])
	}
}

// newFaultWorld starts NATS and the proxy, and opens the ledger with its funds.
func newFaultWorld(t *testing.T, random *rand.Rand) (w *faultWorld, url string) {
	t.Helper()
	dir := t.TempDir()
	n, err := server.NewServer(&server.Options{
		ServerName: "outside", Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: filepath.Join(dir, "store"), SyncAlways: true, NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	t.Cleanup(n.Shutdown)
	if !n.ReadyForConnections(20 * time.Second) {
		t.Fatal("no server")
	}
	w = &faultWorld{t: t, random: random, began: time.Now(), load: workload{prefix: "K", funds: faultFunds, projects: faultFunds, on: time.Now().UTC().Format("2006-01-02")}}
	w.proxy = storetest.StartProxy(t, n.ClientURL(), "main", rand.New(rand.NewPCG(random.Uint64(), 2)))
	config, data := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "data")
	writeText(t, config, "store: {mode: nats}\nnats: {urls: "+w.proxy.URL()+", replicas: 1}\nledger: {origin: grantledger.local/demo}\nlimits: {commands: 0, reads: 0}\n")
	p := start(t, "demo", "--empty", "--json", "--listen", "127.0.0.1:0", "--config", config, "--data", data)
	for _, c := range append(w.load.open(), w.load.fill()...) {
		if user := c.Actor[len("user/"):]; p.Users[user].Token == "" {
			p.issue(t, user)
		}
		if c.Name == "receive-appropriation" {
			continue // the funds begin empty: commands are to be refused too
		}
		p.post(t, c.Actor[len("user/"):], c.Name, c.Key, string(c.Payload()))
	}
	w.users = p.Users
	if code := p.stop(t); code != 0 {
		t.Fatalf("exit %d: %s", code, p.stderr)
	}
	w.args = []string{"serve", "--json", "--listen", "127.0.0.1:0", "--config", config, "--data", data}
	return w, n.ClientURL()
}

// round lets the clients send, kills the server at a random moment, starts it
// again and asks it what became of the commands that nobody answered.
func (w *faultWorld) round(p *process, round int) *process {
	var history []porcupine.Operation
	for fund := range faultFunds { // alone: what is there when the round begins
		history = append(history, w.send(p, transfer{fmt.Sprintf("begin-%d-%d", round, fund), fund, 500}, nil))
	}
	w.proxy.Share.Store(int64(10 + w.random.IntN(190)))
	parts := make([][]porcupine.Operation, faultClients)
	var group sync.WaitGroup
	for i := range faultClients {
		random := rand.New(rand.NewPCG(w.random.Uint64(), uint64(i)))
		group.Go(func() { parts[i] = w.client(p, round, i, random) })
	}
	moment := time.Duration(50+w.random.IntN(1500)) * time.Millisecond
	if round%8 == 7 {
		moment += 6 * time.Second // longer than the server waits for an acknowledgement
	}
	time.Sleep(moment) // the moment of the crash is what is random here; nothing waits for it
	p.kill()
	group.Wait()
	w.proxy.Share.Store(0)
	p = start(w.t, w.args...)
	for _, part := range parts {
		history = append(history, part...)
	}
	w.resolve(p, history)
	if verdict := porcupine.CheckOperationsTimeout(fundModel, history, time.Minute); verdict != porcupine.Ok {
		w.t.Errorf("the results of round %d are not those of one ledger: %v", round, verdict)
		for _, op := range history {
			w.t.Logf("%d..%d %+v %+v", op.Call, op.Return, op.Input, op.Output)
		}
	}
	w.all = append(w.all, history...)
	return p
}

// client sends transfers one after the other until the server is gone. Most
// often it sends one with an unknown outcome again, as a client should.
func (w *faultWorld) client(p *process, round, i int, random *rand.Rand) (history []porcupine.Operation) {
	c, err := w.dial(p)
	if err != nil {
		return nil
	}
	defer func() { c.close() }()
	for n := 0; ; n++ {
		fen := 100 * (1 + random.Int64N(3))
		if random.IntN(5) < 3 {
			fen = -2 * fen
		}
		op := w.send(p, transfer{fmt.Sprintf("t-%d-%d-%d", round, i, n), i % faultFunds, fen}, c)
		op.ClientId = 1 + i
		for tries := 0; op.Output.(told).kind == "unknown" && tries < 20 && random.IntN(10) > 0; tries++ {
			if next, err := w.dial(p); err == nil {
				c.close()
				c = next
			}
			again := w.send(p, op.Input.(transfer), c)
			if kind := again.Output.(told).kind; kind == "stored" {
				op.Output, op.Return = again.Output, again.Return
			}
		}
		history = append(history, op)
		if op.Output.(told).kind == "unknown" {
			return history
		}
	}
}

func (w *faultWorld) dial(p *process) (*loadClient, error) {
	return dialLoad(p.address(), "", w.users["clerk-1"].Token)
}

// send sends a transfer once, on the connection or on one of its own.
func (w *faultWorld) send(p *process, t transfer, c *loadClient) porcupine.Operation {
	op := porcupine.Operation{Input: t, Call: time.Since(w.began).Nanoseconds(), Output: told{kind: "unknown"}}
	own, err := c, error(nil)
	if c == nil {
		if own, err = w.dial(p); err == nil {
			defer own.close()
		}
	}
	if err == nil {
		name, data := w.request(t)
		status, body, err := own.postTo("/api/v1/commands/"+name, t.key, data)
		op.Output = w.answer(t, status, body, err)
	}
	op.Return = time.Since(w.began).Nanoseconds()
	return op
}

// request is the command of a transfer.
func (w *faultWorld) request(t transfer) (name, data string) {
	yuan := func(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }
	if t.fen < 0 {
		return "allocate", fmt.Sprintf(`{"on":"%s","fund":"%s","project":"%s","amount":"%s"}`, w.load.on, w.load.fund(t.fund), w.load.project(t.fund), yuan(-t.fen))
	}
	return "receive-appropriation", fmt.Sprintf(`{"on":"%s","fund":"%s","amount":"%s","document":"%s"}`, w.load.on, w.load.fund(t.fund), yuan(t.fen), t.key)
}

// answer reads what the server said.
func (w *faultWorld) answer(t transfer, status int, body []byte, err error) told {
	var got struct {
		Code    string
		First   uint64 `json:"first_position"`
		Effects []struct {
			Lines []struct{ Account, After string }
		}
	}
	if err == nil {
		err = json.Unmarshal(body, &got)
	}
	switch {
	case err != nil || status == http.StatusGatewayTimeout:
		return told{kind: "unknown"}
	case status == http.StatusServiceUnavailable:
		return told{kind: "nothing"}
	case got.Code == "insufficient_available":
		return told{kind: "refused"}
	case status == http.StatusCreated || status == http.StatusOK:
		for _, e := range got.Effects {
			for _, l := range e.Lines {
				if fen, err := strconv.ParseInt(strings.Replace(l.After, ".", "", 1), 10, 64); l.Account == "budget.available" && err == nil {
					return told{"stored", fen, got.First}
				}
			}
		}
	}
	w.t.Errorf("%s: %d %s", t.key, status, body)
	return told{kind: "unknown"}
}

// resolve asks for the stored result of every command whose outcome is unknown:
// 404 means that it is not stored, and never will be.
func (w *faultWorld) resolve(p *process, history []porcupine.Operation) {
	p.Users = w.users
	for i := range history {
		op := &history[i]
		t := op.Input.(transfer)
		if op.Output.(told).kind != "unknown" {
			continue
		}
		status, body := p.do(w.t, "clerk-1", http.MethodGet, "/api/v1/command-results/"+t.key, "", "")
		if status == http.StatusNotFound {
			op.Output = told{kind: "nothing"}
		} else {
			op.Output = w.answer(t, status, body, nil)
		}
		op.Return = time.Since(w.began).Nanoseconds()
	}
}

// compare reads the whole log past the proxy.
func (w *faultWorld) compare(url string) {
	w.t.Helper()
	data := w.args[len(w.args)-1]
	n, err := openNode(w.t.Context(), nodeConfig{
		data: data, name: "main", origin: "grantledger.local/demo", keyDir: filepath.Join(data, "keys"), clock: time.Now, confirmed: true,
		sealEvery: time.Second, nats: &natsConfig{External: eventstore.External{URLs: []string{url}}, replicas: 1},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	defer n.close()
	at := map[string][]uint64{}
	var e record.Event
	err = n.log.Events(w.t.Context(), 1, n.log.Position(), func(position uint64, head, body []byte) error {
		err := e.Parse(head, body)
		at[string(e.Body.Key)] = append(at[string(e.Body.Key)], position)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, op := range w.all {
		t, o := op.Input.(transfer), op.Output.(told)
		switch have := at[t.key]; {
		case o.kind == "stored" && (len(have) != 1 || have[0] != o.first):
			w.t.Errorf("%s was answered at %d, it is at %v", t.key, o.first, have)
		case o.kind != "stored" && len(have) != 0:
			w.t.Errorf("%s was %s, it is at %v", t.key, o.kind, have)
		}
	}
}
