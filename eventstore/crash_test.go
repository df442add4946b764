package eventstore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"grantledger/eventstore/record"
	"grantledger/eventstore/storetest"
)

// crashDir names the data directory for the process that TestKill starts and kills.
const crashDir = "GRANTLEDGER_CRASH_DIR"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashDir); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeUntilKilled has 64 callers move money and prints the key and the first position of each acknowledged command.
func writeUntilKilled(path string) error {
	e, err := start(path)
	if err != nil {
		return err
	}
	s, err := storetest.Serve(context.Background(), e.open, nil)
	if err != nil {
		return err
	}
	if err := s.Genesis(context.Background()); err != nil {
		return err
	}
	from := s.Log.Position()
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("k-%d-%d-%d", from, i, n)
				_, r, err := s.Writer.Do(context.Background(), storetest.Command{Kind: storetest.Move, Key: key, From: "a", To: "b"})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				fmt.Fprintf(os.Stdout, "%s %d\n", key, r.First)
			}
		})
	}
	wg.Wait()
	return nil
}

// TestKill kills a writing process, several times on one directory: what was acknowledged is there, no command is there
// by half, and the next process goes on.
func TestKill(t *testing.T) {
	path := t.TempDir()
	acknowledged := make(map[string]uint64)
	for round := range 4 {
		before := len(acknowledged)
		killed(t, path, 300*(round+1), acknowledged)
		if len(acknowledged) == before {
			t.Fatal("nothing was acknowledged")
		}
		e := startTest(t, path)
		s := storetest.Start(t, e.open, nil)
		keys := pairs(t, s)
		for key, position := range acknowledged {
			if keys[key] != position {
				t.Errorf("round %d: %s was acknowledged at %d, found at %d", round, key, position, keys[key])
			}
		}
		root, _, err := storetest.Recompute(t.Context(), s.Log)
		if own, _ := s.Log.Root(s.Log.Position()); err != nil || own != root {
			t.Errorf("round %d: root %s, recomputed %s, error %v", round, own, root, err)
		}
		s.Stop()
		e.stop()
	}
}

// killed runs a process until it acknowledged some commands, and kills it.
func killed(t *testing.T, path string, commands int, acknowledged map[string]uint64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == commands {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		var key string
		var position uint64
		if _, err := fmt.Sscan(lines.Text(), &key, &position); err == nil {
			acknowledged[key] = position
		}
	}
	child.Wait()
}

// pairs reads the log, asks that each key but the first stands on exactly two neighbours, and gives their positions.
func pairs(t *testing.T, s *storetest.Server) map[string]uint64 {
	t.Helper()
	keys, counts := make(map[string]uint64), make(map[string]int)
	err := s.Log.Events(t.Context(), 2, s.Log.Position(), func(position uint64, head, body []byte) error {
		var e record.Event
		if err := e.Parse(head, body); err != nil {
			return err
		}
		key := string(e.Body.Key)
		if counts[key]++; counts[key] == 1 {
			keys[key] = position
		} else if position != keys[key]+1 || !strings.Contains(string(head), "account/b") {
			t.Errorf("%s is at %d and at %d", key, keys[key], position)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, n := range counts {
		if n != 2 {
			t.Errorf("%s has %d events", key, n)
		}
	}
	return keys
}
