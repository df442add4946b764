package web

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// browser is a Chromium without a window, driven over the DevTools protocol on a pipe.
type browser struct {
	t        *testing.T
	to       *os.File
	from     *bufio.Reader
	last     int
	session  string
	requests []string // addresses that the page asked for
	consoles []string // what the page complained about
}

// openBrowser opens a page. Without Chromium the test is skipped.
func openBrowser(t *testing.T, address string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: the verify page is not tested in a browser")
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, to: ourOut, from: bufio.NewReaderSize(ourIn, 1<<20)}
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil)
		_ = cmd.Wait()
	})
	var target struct{ TargetID string }
	b.into(b.call("Target.createTarget", map[string]any{"url": "about:blank"}), &target)
	var attached struct{ SessionID string }
	b.into(b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}), &attached)
	b.session = attached.SessionID
	for _, method := range []string{"Network.enable", "Log.enable", "Runtime.enable", "Page.enable"} {
		b.call(method, nil)
	}
	b.call("Page.navigate", map[string]any{"url": address})
	b.eval("new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', () => done()))", nil)
	return b
}

type devToolsMessage struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// call sends a command and gives its result; events that come before are kept.
func (b *browser) call(method string, params any) json.RawMessage {
	b.t.Helper()
	b.last++
	request := map[string]any{"id": b.last, "method": method}
	if params != nil {
		request["params"] = params
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		reply, err := b.from.ReadBytes(0)
		if err != nil {
			b.t.Fatal(err)
		}
		var m devToolsMessage
		b.into(bytes.TrimSuffix(reply, []byte{0}), &m)
		if m.ID == b.last {
			if m.Error != nil {
				b.t.Fatalf("%s: %s", method, m.Error)
			}
			return m.Result
		}
		b.keep(&m)
	}
}

func (b *browser) keep(m *devToolsMessage) {
	switch m.Method {
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		b.into(m.Params, &p)
		b.requests = append(b.requests, p.Request.URL)
	case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
		b.consoles = append(b.consoles, string(m.Params))
	}
}

func (b *browser) into(text []byte, v any) {
	b.t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		b.t.Fatal(err)
	}
}

// eval runs an expression in the page, waits for its promise and reads its value.
func (b *browser) eval(expression string, v any) {
	b.t.Helper()
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.into(b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}), &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("in the page: %s", out.ExceptionDetails)
	}
	if v != nil {
		b.into(out.Result.Value, v)
	}
}

// evalWith runs a function of the page over a value.
func (b *browser) evalWith(function string, argument, v any) {
	b.t.Helper()
	text, err := json.Marshal(argument)
	if err != nil {
		b.t.Fatal(err)
	}
	b.eval(fmt.Sprintf("(%s)(%s)", function, text), v)
}
