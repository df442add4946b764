package api

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// exchange is a request and the expected reply, as text in testdata:
//
//	# what is asked
//	POST /api/v1/commands/allocate?dry_run=true as clerk-1
//	Idempotency-Key: k-1
//
//	{"on":"2023-01-05"}
//	= 200
//	ETag: "v5"
//
//	{"command":"allocate","key":"*"}
//
// Headers of the reply are those that must be there, "*" is any value, and
// "-" none. Exchanges are parted by lines of dashes.
type exchange struct {
	title, method, path, user, body string
	headers                         []string
	status                          int
	replyHeaders                    []string
	reply                           string
}

func readExchanges(t *testing.T, name string) (out []exchange) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	must(t, err)
	for part := range strings.SplitSeq(string(text), "\n----\n") {
		ask, answer, ok := strings.Cut(part, "\n= ")
		if !ok {
			t.Fatalf("%s: no reply in %q", name, part)
		}
		var x exchange
		lines := strings.Split(strings.TrimSpace(ask), "\n")
		x.title = strings.TrimPrefix(lines[0], "# ")
		first, user, _ := strings.Cut(lines[1], " as ")
		x.user = user
		x.method, x.path, _ = strings.Cut(first, " ")
		x.headers, x.body = parts(lines[2:])
		lines = strings.Split(strings.TrimSpace(answer), "\n")
		x.status, err = strconv.Atoi(lines[0])
		must(t, err)
		x.replyHeaders, x.reply = parts(lines[1:])
		out = append(out, x)
	}
	return out
}

// parts are the headers, and the body behind an empty line.
func parts(lines []string) (headers []string, body string) {
	for i, l := range lines {
		if l == "" {
			return headers, strings.Join(lines[i+1:], "\n")
		}
		headers = append(headers, l)
	}
	return headers, ""
}

// play sends the exchanges of a file in order.
func (f *fixture) play(t *testing.T, name string) {
	for _, x := range readExchanges(t, name) {
		t.Run(x.title, func(t *testing.T) {
			w := f.send(x.method, x.path, x.user, x.body, x.headers...)
			x.check(t, w)
			f.settle()
		})
	}
}

func (x *exchange) check(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code != x.status {
		t.Fatalf("answered %d, want %d\n%s", w.Code, x.status, w.Body)
	}
	for _, h := range x.replyHeaders {
		name, want, _ := strings.Cut(h, ": ")
		got := w.Header().Get(name)
		if got != want && (want != "*" || got == "") && (want != "-" || got != "") {
			t.Errorf("header %s: got %q, want %q", name, got, want)
		}
	}
	switch {
	case strings.HasPrefix(x.reply, "{"):
		likeText(t, w.Body.Bytes(), x.reply)
	case x.reply != "" && strings.TrimSpace(w.Body.String()) != x.reply:
		t.Errorf("body: got %q, want %q", w.Body, x.reply)
	}
}
