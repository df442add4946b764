package postgres_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grantledger/domain"
	"grantledger/eventstore/storetest"
	"grantledger/projections"
	"grantledger/projections/memory"
	"grantledger/projections/postgres"
	"grantledger/projections/postgres/pgtest"
	"grantledger/projections/projtest"
)

// rounds is how often a server is killed; GRANTLEDGER_ROUNDS sets it.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("GRANTLEDGER_ROUNDS")); err == nil {
		return n
	}
	return 6
}

// TestPostgresAway kills PostgreSQL again and again while the model catches up:
// queries say that it is away, the model goes on by itself when it is back, and
// in the end nothing is counted twice.
func TestPostgresAway(t *testing.T) {
	pg := pgtest.Start(t)
	n := rounds()
	g := projtest.Village(21, 300*(n+1))
	gate := newGate(g)
	m := open(t, g, settings(pg))
	run(t, m)
	r := rand.New(rand.NewPCG(21, 0))
	for i := range n {
		gate.open(uint64(300*i) + 10 + r.Uint64N(280)) // beyond the block that the last one ended in
		reach(t, m, m.Progress()+1)
		if i%2 == 0 {
			pg.Stop(t, "immediate")
		} else {
			pg.Kill()
		}
		gate.open(uint64(300 * (i + 1))) // the log goes on
		_, err := m.Balances(ctx, projections.Everything, projections.BalanceQuery{})
		if away := (*postgres.UnavailableError)(nil); !errors.As(err, &away) || !away.Unavailable() {
			t.Errorf("PostgreSQL is away, and the answer is %v", err)
		}
		progress, state := m.Progress(), uint64(0)
		m.State(func(l *domain.Ledger) { state = l.Position() })
		if state < progress {
			t.Errorf("the state is at %d, behind the progress %d", state, progress)
		}
		pg.Run(t)
		reach(t, m, uint64(300*(i+1)))
		if err := m.Trouble(); err != nil {
			t.Errorf("after the restart: %v", err)
		}
	}
	gate.open(uint64(g.Events))
	reach(t, m, uint64(g.Events))
	verified(t, m, g, uint64(g.Events))
}

// TestPostgresFrozen stops PostgreSQL in its tracks: no connection breaks, and
// nothing answers. Queries say after their patience that it is away, the log
// goes on, and afterwards the model catches up by itself.
func TestPostgresFrozen(t *testing.T) {
	pg := pgtest.Start(t)
	g := projtest.Village(24, 900)
	gate := newGate(g)
	s := settings(pg)
	s.Patience = time.Second
	m := open(t, g, s)
	run(t, m)
	gate.open(300)
	reach(t, m, 300)
	thaw := pg.Freeze(t)
	gate.open(600)
	began := time.Now()
	_, err := m.Balances(ctx, projections.Everything, projections.BalanceQuery{})
	if away := (*postgres.UnavailableError)(nil); !errors.As(err, &away) {
		t.Errorf("PostgreSQL is frozen, and the answer is %v", err)
	}
	if took := time.Since(began); took > 10*s.Patience {
		t.Errorf("the answer took %v", took)
	}
	if p := m.Progress(); p > 310 { // a block ends a little behind 300
		t.Errorf("progress %d", p)
	}
	thaw()
	gate.open(900)
	reach(t, m, 900)
	if err := m.Trouble(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	verified(t, m, g, 900)
}

// TestPostgresFull takes all space from PostgreSQL's disk: what is read is the
// last state that was stored, or a clear error, the log goes on, and when there
// is space again the model catches up by itself.
func TestPostgresFull(t *testing.T) {
	disk := storetest.SmallDisk(t, 192)
	if err := errors.Join(os.Chmod(filepath.Dir(disk), 0o755), os.Chmod(disk, 0o755)); err != nil { // for PostgreSQL's account
		t.Fatal(err)
	}
	pg := pgtest.StartIn(t, disk)
	const enough, all = 2000, 60_000
	g := projtest.Village(26, all)
	g.PerBlock = 100
	gate := newGate(g)
	m := open(t, g, settings(pg))
	run(t, m)
	gate.open(enough)
	reach(t, m, enough)
	ballast := storetest.FillDisk(t, disk)
	gate.open(all)
	for deadline := time.Now().Add(time.Minute); m.Trouble() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no trouble on a full disk at %d", m.Progress())
		}
	}
	t.Logf("at %d: %v", m.Progress(), m.Trouble())
	oracle := memory.New(g)
	run(t, oracle)
	reach(t, oracle, all)
	answers := 0
	for range 50 {
		q := projections.BalanceQuery{GroupBy: []projections.Key{projections.Project, projections.Year}, Measures: domain.Figures()}
		have, err := m.Balances(ctx, projections.Everything, q)
		if away := (*postgres.UnavailableError)(nil); err != nil && !errors.As(err, &away) {
			t.Fatalf("on a full disk: %v", err)
		}
		if err == nil {
			answers++
			q.Filter.Position = have.Position
			want, err := oracle.Balances(ctx, projections.Everything, q)
			if err != nil || !reflect.DeepEqual(have, want) {
				t.Fatalf("on a full disk, at %d: %v", have.Position, err)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	progress, state := m.Progress(), uint64(0)
	m.State(func(l *domain.Ledger) { state = l.Position() })
	t.Logf("%d of 50 questions answered; tables at %d, state at %d", answers, progress, state)
	if answers == 0 || progress == all || state <= progress {
		t.Errorf("tables at %d, state at %d", progress, state)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	reach(t, m, all)
	if err := m.Trouble(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	verified(t, m, g, all)
}

// gate holds the generator's log back.
type gate struct {
	mu      sync.Mutex
	limit   uint64
	changed chan struct{}
}

func newGate(g *projtest.Generator) *gate {
	gate := &gate{changed: make(chan struct{})}
	g.Pace = gate.pass
	return gate
}

func (g *gate) pass(ctx context.Context, position uint64) {
	for {
		g.mu.Lock()
		limit, changed := g.limit, g.changed
		g.mu.Unlock()
		if position <= limit {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// open lets the log grow up to the position.
func (g *gate) open(position uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = position
	close(g.changed)
	g.changed = make(chan struct{})
}

// TestKilled kills the projector itself, a process of its own, in the midst of
// catching up.
func TestKilled(t *testing.T) {
	pg := pgtest.Start(t)
	events := 2000 * rounds()
	g := projtest.Village(22, events)
	s := settings(pg)
	r := rand.New(rand.NewPCG(22, 0))
	watch := "SELECT coalesce((SELECT position FROM " + s.Schema + ".progress), 0)"
	for range rounds() {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "GRANTLEDGER_FOLLOW="+strings.Join([]string{s.URL, s.Schema, "22", strconv.Itoa(events)}, "|"))
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		before := position(t, pg, s, watch)
		for target := before + 1 + r.IntN(2500); position(t, pg, s, watch) < min(target, events); {
		}
		child.Process.Kill()
		child.Wait()
	}
	m := open(t, g, s)
	run(t, m)
	reach(t, m, uint64(events))
	verified(t, m, g, uint64(events))
}

func position(t *testing.T, pg *pgtest.Server, s postgres.Settings, watch string) int {
	if pg.Psql(t, "postgres", "postgres", "SELECT to_regclass('"+s.Schema+".progress') IS NOT NULL") == "f\n" {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(pg.Psql(t, "postgres", "postgres", watch)))
	return n
}

// follow is the child of TestKilled: it follows a log until it is killed.
func follow(setting string) {
	f := strings.Split(setting, "|")
	seed, _ := strconv.ParseUint(f[2], 10, 64)
	events, _ := strconv.Atoi(f[3])
	m, err := postgres.New(projtest.Village(seed, events), postgres.Settings{URL: f[0], Schema: f[1]})
	if err == nil {
		err = m.Run(ctx)
	}
	panic(err)
}

// TestStrangers asks that a schema is not fed from another log, nor from a fork,
// and that two projectors of one log do not count twice.
func TestStrangers(t *testing.T) {
	pg := server(t)
	s := settings(pg)
	g := projtest.Village(23, 500)
	g.Until = 400
	first, second := open(t, g, s), open(t, g, s)
	run(t, first)
	run(t, second)
	reach(t, first, 400)
	reach(t, second, 400)
	verified(t, second, g, 400)

	other := open(t, projtest.Village(24, 500), s)
	if err := other.Run(ctx); !errors.Is(err, postgres.ErrOtherLog) {
		t.Errorf("another log: %v", err)
	}
	if _, err := other.Balances(ctx, projections.Everything, projections.BalanceQuery{}); err == nil {
		t.Error("answers from the tables of another log")
	}
	fork := open(t, &forked{projtest.Village(23, 500), 390}, s)
	if err := fork.Run(ctx); !errors.Is(err, postgres.ErrFork) {
		t.Errorf("a fork: %v", err)
	}
	if err := fork.Wait(ctx, 401); !errors.Is(err, postgres.ErrFork) {
		t.Errorf("waiting for a fork: %v", err)
	}
	verified(t, first, g, 400)
}

// TestNotStarted asks that a model that has read nothing yet says so.
func TestNotStarted(t *testing.T) {
	g := projtest.Village(27, 60)
	m := open(t, g, settings(server(t)))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, locate := m.Locate(ctx, g.Event(1).ID)
	_, events := m.Events(ctx, projections.Everything, projections.EventQuery{})
	_, balances := m.Balances(ctx, projections.Everything, projections.BalanceQuery{})
	for _, err := range []error{locate, events, balances} {
		if away := (*postgres.UnavailableError)(nil); !errors.As(err, &away) {
			t.Errorf("nothing was read, and the answer is %v", err)
		}
	}
}

// TestLayout asks that the tables of another version are left alone until they
// are rebuilt.
func TestLayout(t *testing.T) {
	for _, change := range []string{"UPDATE progress SET layout = 'other'", "ALTER TABLE progress DROP COLUMN layout"} {
		pg, g := server(t), projtest.Village(25, 60)
		s := settings(pg)
		before := open(t, g, s)
		stop := run(t, before)
		reach(t, before, 60)
		stop()
		pg.Psql(t, "postgres", "postgres", "SET search_path = "+s.Schema+"; "+change)
		if err := open(t, g, s).Run(ctx); !errors.Is(err, postgres.ErrLayout) {
			t.Fatalf("%s: %v", change, err)
		}
		if at, err := postgres.Stored(ctx, s); at != 60 || !errors.Is(err, postgres.ErrLayout) {
			t.Errorf("%s: stored %d, %v", change, at, err)
		}
		if err := postgres.Rebuild(ctx, g, s, 60); err != nil {
			t.Fatal(err)
		}
		m := open(t, g, s)
		run(t, m)
		reach(t, m, 60)
		verified(t, m, g, 60)
	}
}
