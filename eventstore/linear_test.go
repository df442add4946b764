package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"grantledger/eventstore"
	"grantledger/eventstore/record"
	"grantledger/eventstore/storetest"

	"github.com/anishathalye/porcupine"
	"github.com/nats-io/nats-server/v2/server"
)

// result is what a client knows of a command.
type result int

const (
	done     result = iota // with a balance
	repeated               // it was stored by an earlier try; the balance is that of now
	overdrawn
	nothing // nothing was stored, the log says
	unknown
)

// operation is what a client sent, and outcome what it got.
type operation = storetest.Command

type outcome struct {
	result  result
	balance int64
	first   uint64
}

// accounts of the small machine.
var accounts = [...]string{"a", "b", "c"}

// balances is the state of the model.
type balances [len(accounts)]int64

func index(account string) int {
	for i, a := range accounts {
		if a == account {
			return i
		}
	}
	return 0
}

// apply is the rules of the small machine; ok is false for an overdraft.
func (b balances) apply(c operation) (after balances, ok bool) {
	if c.Kind == storetest.Move {
		if b[index(c.From)] < c.Amount {
			return b, false
		}
		b[index(c.From)] -= c.Amount
	}
	if c.Kind != storetest.Read {
		b[index(c.To)] += c.Amount
	}
	return b, true
}

// model says which results a single ledger without faults could give.
var model = (&porcupine.NondeterministicModel{
	Init: func() []any { return []any{balances{}} },
	Step: func(state, input, output any) []any {
		b, c, o := state.(balances), input.(operation), output.(outcome)
		after, ok := b.apply(c)
		switch o.result {
		case done:
			if ok && after[index(c.To)] == o.balance {
				return []any{after}
			}
			return nil
		case repeated:
			if ok {
				return []any{after}
			}
			return nil
		case overdrawn:
			if !ok {
				return []any{b}
			}
			return nil
		case unknown:
			if ok {
				return []any{after, b}
			}
		}
		return []any{b}
	},
	Equal: func(a, b any) bool { return a == b },
}).ToModel()

// client sends commands of its own one after the other, and notes them.
type client struct {
	id      int
	random  *rand.Rand
	server  *storetest.Server
	started time.Time
	history []porcupine.Operation
}

func (c *client) command(n int, round int) operation {
	key := fmt.Sprintf("k-%d-%d-%d", round, c.id, n)
	from, to := accounts[c.random.IntN(len(accounts))], accounts[c.random.IntN(len(accounts))]
	switch amount := 1 + c.random.Int64N(5); c.random.IntN(4) {
	case 0:
		return operation{Kind: storetest.Read, To: to}
	case 1:
		return operation{Kind: storetest.Add, Key: key, To: to, Amount: amount}
	default:
		return operation{Kind: storetest.Move, Key: key, From: from, To: to, Amount: 2 * amount}
	}
}

// run sends n commands. A command with an unknown outcome is sent again, most often, until the client knows; sometimes
// the client gives up, and then the command may have been stored at any time.
func (c *client) run(n, round int) {
	for i := range n {
		command := c.command(i, round)
		call := time.Since(c.started).Nanoseconds()
		o := c.send(command)
		for tries := 0; (o.result == unknown) && command.Key != "" && tries < 50 && c.random.IntN(10) > 0; tries++ {
			time.Sleep(10 * time.Millisecond) // as a client does before it tries again
			again := c.send(command)
			if again.result == nothing || again.result == overdrawn {
				continue // says nothing about the first try
			}
			o = again
		}
		end := time.Since(c.started).Nanoseconds()
		if o.result == unknown {
			end = int64(1) << 62
		}
		c.history = append(c.history, porcupine.Operation{ClientId: c.id, Input: command, Call: call, Output: o, Return: end})
		if o.result == unknown {
			c.id += 1000 // porcupine wants one operation of a client at a time
		}
	}
}

func (c *client) send(command operation) outcome {
	answers, receipt, err := c.server.Writer.Do(context.Background(), command)
	switch {
	case err == nil && answers[0].Repeated:
		return outcome{result: repeated}
	case err == nil:
		return outcome{done, answers[0].Balance, receipt.First}
	case errors.Is(err, storetest.ErrOverdrawn):
		return outcome{result: overdrawn}
	case errors.Is(err, eventstore.ErrUnavailable), errors.Is(err, eventstore.ErrBusy):
		return outcome{result: nothing}
	}
	return outcome{result: unknown}
}

// Acknowledgements are lost, publishes are lost, doubled and delayed, the connection breaks before and after a block is
// stored: what the clients were told could have come from one ledger without faults, and the log holds each command once,
// where its answer said. GRANTLEDGER_FAULT_ROUNDS says how often.
func TestFaults(t *testing.T) {
	random := seeded(t)
	var all [storetest.Faults]int64
	results := make(map[result]int)
	for round := range sample("GRANTLEDGER_FAULT_ROUNDS", 3) {
		counts := faultRound(t, rand.New(rand.NewPCG(random.Uint64(), uint64(round))), round, results)
		for f, n := range counts {
			all[f] += n
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("frames passed %d, delayed %d, dropped %d, doubled %d, cut before %d, cut after %d; results: done %d, repeated %d, overdrawn %d, nothing stored %d, unknown %d",
		all[storetest.Pass], all[storetest.Delay], all[storetest.Drop], all[storetest.Duplicate], all[storetest.CutBefore], all[storetest.CutAfter],
		results[done], results[repeated], results[overdrawn], results[nothing], results[unknown])
}

func faultRound(t *testing.T, random *rand.Rand, round int, results map[result]int) (counts [storetest.Faults]int64) {
	dir := t.TempDir()
	nats, err := server.NewServer(&server.Options{
		ServerName: "outside", Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: filepath.Join(dir, "store"), SyncAlways: true, NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	nats.Start()
	defer nats.Shutdown()
	if !nats.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server did not start")
	}
	p := storetest.StartProxy(t, nats.ClientURL(), ledger, rand.New(rand.NewPCG(random.Uint64(), 1)))
	o := &outside{dir: dir}
	s := storetest.Start(t, o.opener(connect(t, eventstore.External{URLs: []string{p.URL()}})), func(c *eventstore.Config) {
		c.Patience = 300 * time.Millisecond
		if round%2 == 0 {
			c.Patience = 60 * time.Millisecond // shorter than the way back after a cut: stored, and the writer cannot know
		}
	})
	if err := s.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Share.Store(int64(50 + random.IntN(250)))
	clients := make([]*client, 6)
	started := time.Now()
	var wg sync.WaitGroup
	for i := range clients {
		clients[i] = &client{id: i, random: rand.New(rand.NewPCG(random.Uint64(), uint64(i))), server: s, started: started}
		wg.Go(func() { clients[i].run(25, round) })
	}
	wg.Wait()
	p.Share.Store(0)
	var history []porcupine.Operation
	for _, c := range clients {
		history = append(history, c.history...)
	}
	if verdict := porcupine.CheckOperationsTimeout(model, history, time.Minute); verdict != porcupine.Ok {
		t.Errorf("the results of round %d are not those of one ledger: %v", round, verdict)
		for _, op := range history {
			t.Logf("%d %d..%d %+v %+v", op.ClientId, op.Call, op.Return, op.Input, op.Output)
		}
	}
	compareHistory(t, connectPlain(t, o, nats.ClientURL()), history)
	for _, op := range history {
		results[op.Output.(outcome).result]++
	}
	for f := range counts {
		counts[f] = p.Counts[f].Load()
	}
	return counts
}

// connectPlain opens the log once more, past the proxy: every start check is made.
func connectPlain(t *testing.T, o *outside, url string) *eventstore.Log {
	t.Helper()
	l, err := o.opener(connect(t, eventstore.External{URLs: []string{url}}))(func(c *eventstore.Config) { c.Apply = storetest.NewMachine().Apply })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// compareHistory asks that the log holds what was answered, once and where the answer said, and nothing that was denied.
func compareHistory(t *testing.T, l *eventstore.Log, history []porcupine.Operation) {
	t.Helper()
	events := make(map[string][]uint64)
	var e record.Event
	err := l.Events(t.Context(), 2, l.Position(), func(position uint64, head, body []byte) error {
		err := e.Parse(head, body)
		events[string(e.Body.Key)] = append(events[string(e.Body.Key)], position)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range history {
		c, o := op.Input.(operation), op.Output.(outcome)
		if c.Key == "" {
			continue
		}
		at, want := events[c.Key], 1
		if c.Kind == storetest.Move {
			want = 2
		}
		switch stored := len(at) > 0; {
		case stored && (len(at) != want || at[len(at)-1] != at[0]+uint64(want)-1):
			t.Errorf("%s is at %v", c.Key, at)
		case stored && (o.result == nothing || o.result == overdrawn):
			t.Errorf("%s is at %v, and was answered that nothing is stored", c.Key, at)
		case !stored && (o.result == done || o.result == repeated):
			t.Errorf("%s was answered at %d and is not there", c.Key, o.first)
		case o.result == done && at[0] != o.first:
			t.Errorf("%s was answered at %d, it is at %v", c.Key, o.first, at)
		}
	}
}
