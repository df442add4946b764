package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// browser is a real Chromium that is spoken to over its debugging pipe: JSON
// messages, each ended by a zero byte.
type browser struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	session string
	last    int
	origin  string
	faults  []string // console messages, policy reports, foreign requests
}

// newBrowser starts Chromium; the test is skipped where there is none.
func newBrowser(t *testing.T, origin string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here: pages were not looked at in a browser")
	}
	toBrowser, in, err := os.Pipe()
	must(t, err)
	out, fromBrowser, err := os.Pipe()
	must(t, err)
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser}
	must(t, cmd.Start())
	_ = toBrowser.Close()
	_ = fromBrowser.Close()
	b := &browser{t: t, in: in, out: bufio.NewReader(out), origin: origin}
	t.Cleanup(func() {
		b.session = ""
		_ = b.write("Browser.close", nil)
		_, _ = io.Copy(io.Discard, b.out) // until it has gone
		_ = cmd.Wait()
		_ = in.Close()
		_ = out.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func (b *browser) write(method string, params any) error {
	b.last++
	m := map[string]any{"id": b.last, "method": method}
	if params != nil {
		m["params"] = params
	}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = b.in.Write(append(text, 0))
	return err
}

// next reads one message and takes down what must not happen.
func (b *browser) next() message {
	b.t.Helper()
	text, err := b.out.ReadBytes(0)
	must(b.t, err)
	var m message
	must(b.t, json.Unmarshal(text[:len(text)-1], &m))
	switch m.Method {
	case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown":
		b.faults = append(b.faults, m.Method+" "+string(m.Params))
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		must(b.t, json.Unmarshal(m.Params, &p))
		// the browser's own icon in a date field is a data address
		if !strings.HasPrefix(p.Request.URL, b.origin+"/") && !strings.HasPrefix(p.Request.URL, "data:") {
			b.faults = append(b.faults, "request to "+p.Request.URL)
		}
	}
	return m
}

// call sends a command and reads until its answer.
func (b *browser) call(method string, params, into any) {
	b.t.Helper()
	must(b.t, b.write(method, params))
	for id := b.last; ; {
		m := b.next()
		if m.ID != id {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error)
		}
		if into != nil {
			must(b.t, json.Unmarshal(m.Result, into))
		}
		return
	}
}

// open goes to a page and waits until it is loaded.
func (b *browser) open(path string, width, height int) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	must(b.t, b.write("Page.navigate", map[string]any{"url": b.origin + path}))
	for b.next().Method != "Page.loadEventFired" {
	}
}

// eval gives the value of an expression, awaited.
func (b *browser) eval(expression string) any {
	b.t.Helper()
	var out struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, out.ExceptionDetails)
	}
	return out.Result.Value
}

// shoot keeps a picture in the directory that GRANTLEDGER_SHOTS names.
func (b *browser) shoot(name string, width, height int) {
	dir := os.Getenv("GRANTLEDGER_SHOTS")
	if dir == "" {
		return
	}
	var shot struct{ Data []byte }
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true, "clip": map[string]any{"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}, &shot)
	must(b.t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width)), shot.Data, 0o644))
}

// Pages at both widths: nothing on the console, no report of the policy, no
// request elsewhere, no sideways scrolling; the event page recomputes its
// hashes in the browser.
func TestPagesInChromium(t *testing.T) {
	f := storyPages(t)
	server := httptest.NewServer(f.handler)
	t.Cleanup(server.Close)
	b := newBrowser(t, server.URL)
	for _, size := range [][2]int{{1360, 2000}, {390, 2400}} {
		for _, path := range pagesOfStory {
			for _, theme := range []string{"light", "dark"} {
				join := "?"
				if strings.Contains(path, "?") {
					join = "&"
				}
				b.open(path+join+"theme="+theme, size[0], size[1])
				if wide := b.eval("document.documentElement.scrollWidth"); wide.(float64) > float64(size[0]) {
					t.Errorf("%s at %d: %v px wide", path, size[0], wide)
				}
				for _, fault := range b.faults {
					t.Errorf("%s at %d: %s", path, size[0], fault)
				}
				b.faults = nil
				if theme == "light" {
					b.shoot("page"+strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-").Replace(path), size[0], size[1])
				}
			}
		}
	}
	b.open("/events/1300", 1360, 2000)
	said := b.eval(`new Promise(done => { const box = document.querySelector("[data-local]"), out = box.querySelector("output");
		new MutationObserver(() => done(out.textContent)).observe(out, {childList: true}); box.querySelector("button").click(); })`)
	if text, _ := said.(string); !strings.HasPrefix(text, "✓") {
		t.Errorf("recomputed in the browser: %v", said)
	}
}
