package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// call is one request on its way: who asks, in which language, and where the
// answer goes.
type call struct {
	server   *Server
	echo     echo.Context // nil until the route is known
	request  *http.Request
	id       string // Request-Id
	lang     string // "zh" or "en"
	identity identity
	refused  error     // why the credentials that came are no good
	begun    time.Time // by the server's clock
}

type callKey struct{}

// callOf gives the call of a handler's context.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// context is that of the request.
func (c *call) context() context.Context { return c.echo.Request().Context() }

// header gives the answer's headers.
func (c *call) header() http.Header { return c.echo.Response().Header() }

// reflects says which position the answer was computed from.
func (c *call) reflects(position uint64) {
	h := c.header()
	h["Ledger-Position"] = []string{strconv.FormatUint(position, 10)}
	h["Vary"] = vary
}

var vary = []string{"Accept, Accept-Language, Authorization, Cookie"}

// buffers are reused for bodies, in and out.
var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 8<<10)) }}

func takeBuffer() *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

func giveBuffer(b *bytes.Buffer) {
	if b.Cap() <= 1<<20 {
		buffers.Put(b)
	}
}

const (
	typeJSON    = "application/json"
	typeProblem = "application/problem+json"
	typeText    = "text/plain; charset=utf-8"
	typeHTML    = "text/html; charset=utf-8"
)

// encode writes v as the interface writes JSON: without escapes for HTML.
func encode(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// json answers with v.
func (c *call) json(status int, v any) error {
	b := takeBuffer()
	defer giveBuffer(b)
	if err := encode(b, v); err != nil {
		return err
	}
	return c.bytes(status, typeJSON, b.Bytes())
}

// bytes answers with a body that is complete.
func (c *call) bytes(status int, contentType string, body []byte) error {
	h := c.header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w := c.echo.Response()
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// text answers with plain text.
func (c *call) text(status int, body string) error { return c.bytes(status, typeText, []byte(body)) }
