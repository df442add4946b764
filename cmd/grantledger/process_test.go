package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"grantledger/eventstore/record"
)

// programs builds both programs once for the tests that start real processes.
var programs = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "grantledger-test-"); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "grantledger/cmd/...").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return dir, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := programs(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// environment is that of a program under test: without what speaks to the tests,
// which the program would refuse as a setting that it does not know.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		for _, name := range []string{"KILL_ROUNDS", "SEED", "FLIPS", "PACKAGE_FLIPS", "TRUNCATIONS", "FAULT_ROUNDS", "FAULT_KILL_ROUNDS", "SEQUENCES", "FUZZ"} {
			if strings.HasPrefix(v, "GRANTLEDGER_"+name+"=") {
				return true
			}
		}
		return false
	})
}

func program(t testing.TB, name string) string {
	t.Helper()
	dir, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

// command runs a program to its end and gives its exit code and output.
func command(t testing.TB, name string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(program(t, name), args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &errs, environment()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	stderr *bytes.Buffer
	ended  chan struct{}

	URL      string
	Position uint64
	Root     string
	Users    map[string]demoUser
}

// start runs a server until it says that it is ready.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	p, err := launch(program(t, "grantledger"), args...)
	if err != nil {
		t.Fatalf("%v: %s", err, p.stderr)
	}
	t.Cleanup(func() { p.kill() })
	return p
}

func launch(binary string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(binary, args...), stderr: &bytes.Buffer{}, ended: make(chan struct{})}
	p.cmd.Stderr, p.cmd.Env = p.stderr, environment()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return p, err
	}
	if err := p.cmd.Start(); err != nil {
		return p, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	if err == nil {
		err = json.Unmarshal(line, p)
	}
	if err == nil && p.URL == "" {
		err = fmt.Errorf("not ready: %s", line)
	}
	if err != nil {
		<-p.ended
	}
	return p, err
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// stop ends the server as an operator does and gives its exit code.
func (p *process) stop(t testing.TB) int {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.kill()
		t.Fatal("the server did not stop")
	}
	return p.cmd.ProcessState.ExitCode()
}

// address is the server's host and port.
func (p *process) address() string { return strings.TrimPrefix(p.URL, "http://") }

// do sends one request as the user and gives status and body.
func (p *process) do(t testing.TB, user, method, path, key, body string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, p.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.Users[user].Token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, b
}

// post sends a command that must be stored.
func (p *process) post(t testing.TB, user, command, key, data string) {
	t.Helper()
	if status, body := p.do(t, user, http.MethodPost, "/api/v1/commands/"+command, key, data); status != http.StatusCreated {
		t.Fatalf("%s: %d %s", command, status, body)
	}
}

// issue gives a user a token and remembers it.
func (p *process) issue(t testing.TB, user string) {
	t.Helper()
	status, body := p.do(t, "admin-1", http.MethodPost, "/api/v1/users/"+user+"/tokens", "", `{"name":"test"}`)
	var got struct{ Token string }
	if err := json.Unmarshal(body, &got); status != http.StatusCreated || err != nil {
		t.Fatalf("token of %s: %d %s", user, status, body)
	}
	p.Users[user] = demoUser{Token: got.Token}
}

// readLog reads the whole log of a stopped server.
func readLog(t *testing.T, data string, fn func(position uint64, e *record.Event)) {
	t.Helper()
	n, err := openNode(t.Context(), nodeConfig{
		data: data, name: "main", origin: originOf(data), keyDir: filepath.Join(data, "keys"),
		clock: time.Now, confirmed: true, sealEvery: time.Second, alarms: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	var e record.Event
	err = n.log.Events(t.Context(), 1, n.log.Position(), func(position uint64, head, body []byte) error {
		err := e.Parse(head, body)
		fn(position, &e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
