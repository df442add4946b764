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

	"grantledger/eventstore/record"
)

// killRounds is how often TestKill kills the server; GRANTLEDGER_KILL_ROUNDS
// changes it for a soak.
func killRounds() int {
	if n, err := strconv.Atoi(os.Getenv("GRANTLEDGER_KILL_ROUNDS")); err == nil {
		return n
	}
	return 20
}

// killSeed is GRANTLEDGER_SEED, to repeat a run, else the time.
func killSeed() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("GRANTLEDGER_SEED"), 10, 64); err == nil {
		return n
	}
	return uint64(time.Now().UnixNano())
}

// answered is a list of three commands that a client was told is stored.
type answered struct {
	key   string // of the first of the three
	first uint64
}

// TestKill kills the server at random moments under 64 writing clients and
// starts it again: no answered command may be lost, none half done, and the
// whole log must check out in the end.
func TestKill(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	seed := killSeed()
	t.Logf("GRANTLEDGER_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	args := []string{"demo", "--empty", "--json", "--listen", "127.0.0.1:0", "--data", data}
	load := workload{prefix: "K", funds: 3, projects: 50, on: time.Now().UTC().Format("2006-01-02")}
	p := start(t, args...)
	openWorkload(t, p, &load)
	var all []answered
	for round := range killRounds() {
		got := hammer(t, p, &load, round, time.Duration(100+random.IntN(700))*time.Millisecond)
		all = append(all, got...)
		p = start(t, args...)
		p.issue(t, "clerk-1")
		sample := got
		if len(sample) > 150 {
			sample = sample[len(sample)-150:] // the newest are those at risk
		}
		for _, a := range sample {
			checkStored(t, p, a)
		}
	}
	t.Logf("%d rounds, %d lists of 3 commands answered, position %d", killRounds(), len(all), p.Position)
	if code := p.stop(t); code != 0 {
		t.Errorf("stop: exit %d, %s", code, p.stderr)
	}
	checkAll(t, data, &load, all)
	if code, out, errs := command(t, "grantledger", "replay", "--json", "--data", data); code != 0 {
		t.Errorf("replay: exit %d %s %s", code, out, errs)
	}
	if len(all) < killRounds() {
		t.Errorf("only %d lists were answered", len(all))
	}
}

// openWorkload opens the ledger and the workload's funds and projects.
func openWorkload(t *testing.T, p *process, load *workload) {
	t.Helper()
	for _, c := range append(load.open(), load.fill()...) {
		user := c.Actor[len("user/"):]
		if _, ok := p.Users[user]; !ok {
			p.issue(t, user)
		}
		p.post(t, user, c.Name, c.Key, string(c.Payload()))
	}
}

// hammer writes with 64 clients, each atomic lists of three commands, kills the
// server after the time, and gives what was answered.
func hammer(t *testing.T, p *process, load *workload, round int, after time.Duration) []answered {
	t.Helper()
	clients, err := dialAll(64, p.address(), "/api/v1/commands?mode=atomic", p.Users["clerk-1"].Token)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(clients)
	var mu sync.Mutex
	var all []answered
	var group sync.WaitGroup
	for i, client := range clients {
		group.Go(func() {
			for n := 0; ; n++ {
				number := (round*64+i)*100_000 + n*3
				status, body, err := client.post("", load.list(number, 3))
				if err != nil || status != http.StatusCreated {
					return // killed, or going down
				}
				var got struct {
					Results []struct {
						First uint64 `json:"first_position"`
					} `json:"results"`
				}
				if err := json.Unmarshal(body, &got); err != nil || len(got.Results) != 3 {
					t.Errorf("answer %s: %v", body, err)
					return
				}
				mu.Lock()
				all = append(all, answered{load.key(number), got.Results[0].First})
				mu.Unlock()
			}
		})
	}
	time.Sleep(after) // the moment of the crash is what is random here; nothing waits for it
	p.kill()
	group.Wait()
	return all
}

// checkStored asks for the three events of an answered list by position.
func checkStored(t *testing.T, p *process, a answered) {
	t.Helper()
	for i := range 3 {
		status, body := p.do(t, "admin-1", http.MethodGet, fmt.Sprintf("/api/v1/events/%d", a.first+uint64(i)), "", "")
		var got struct {
			BodyRaw string `json:"body_raw"`
			Key     string `json:"-"`
		}
		if err := json.Unmarshal(body, &got); status != http.StatusOK || err != nil {
			t.Fatalf("event %d of %s: %d %.200s", a.first+uint64(i), a.key, status, body)
		}
		if i == 0 && !containsKey(got.BodyRaw, a.key) {
			t.Fatalf("position %d was answered for %s, it holds %.200s", a.first, a.key, got.BodyRaw)
		}
	}
}

// checkAll reads the whole log: every answered list stands where its answer
// said, no list is there by half, and no command twice.
func checkAll(t *testing.T, data string, load *workload, all []answered) {
	t.Helper()
	at := make(map[string]uint64)
	readLog(t, data, func(position uint64, e *record.Event) {
		key := string(e.Body.Key)
		if _, twice := at[key]; twice && string(e.Head.Type) == "allocation.made.v1" {
			t.Errorf("%s is at %d and at %d", key, at[key], position)
		}
		at[key] = position
	})
	for _, a := range all {
		if at[a.key] != a.first {
			t.Errorf("%s was answered at %d, it is at %d", a.key, a.first, at[a.key])
		}
	}
	lists := 0
	for key, position := range at {
		number, err := strconv.Atoi(strings.TrimPrefix(key, load.prefix+"-"))
		if err != nil || number%100_000%3 != 0 {
			continue
		}
		lists++
		for i := 1; i < 3; i++ {
			if at[load.key(number+i)] != position+uint64(i) {
				t.Errorf("the list of %s at %d is there by half", key, position)
			}
		}
	}
	t.Logf("%d lists stored, %d answered", lists, len(all))
}

func containsKey(body, key string) bool {
	var b struct{ Key string }
	return json.Unmarshal([]byte(body), &b) == nil && b.Key == key
}
