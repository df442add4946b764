package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// access says who may use a route at all; what they see is decided inside.
type access int

const (
	forAll     access = iota // login, set-up, health, checkpoints, texts
	forReaders               // the public when it is enabled, and everyone signed in
	forUsers                 // signed in
	forSetup                 // signed in, or a set-up token before the ledger is opened
)

// base is the path of version 1.
const base = "/api/v1"

// router is where routes are registered: on echo, and in the OpenAPI document.
type router struct {
	server *Server
	echo   *echo.Echo
	huma   huma.API
}

// routes builds the routing table.
func (s *Server) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner = true
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		call := callOf(c.Request().Context())
		call.echo = c
		if call.wantsPage() {
			call.failPage(err)
			return
		}
		call.fail(err)
	}
	r := &router{server: s, echo: e, huma: humaecho.NewV4(e, s.humaConfig())}
	s.routeCommands(r)
	s.routeProofs(r)
	s.routeExports(r)
	s.routePeople(r)
	s.routeOperations(r)
	s.routeReading(r)
	s.routePages(r)
	return e
}

// handle registers a plain handler. The operation documents it; nil leaves it
// out of the OpenAPI document.
func (r *router) handle(method, path string, who access, doc *huma.Operation, h func(*call) error) {
	r.echo.Add(method, strings.NewReplacer("{", ":", "}", "").Replace(path), func(e echo.Context) error {
		c := callOf(e.Request().Context())
		c.echo = e
		if err := c.admit(who); err != nil {
			c.fail(err)
			return nil
		}
		if err := h(c); err != nil {
			c.fail(err)
			return nil
		}
		c.finish(e.Response().Status, "")
		return nil
	})
	if doc == nil {
		return
	}
	doc.Method, doc.Path = method, path
	if doc.OperationID == "" {
		doc.OperationID = operationID(method, path)
	}
	if doc.Responses == nil {
		doc.Responses = map[string]*huma.Response{"200": {Description: "OK"}, "default": r.refused()}
	}
	r.huma.OpenAPI().AddOperation(doc)
}

// operation registers a typed handler. Input and output are as huma reads
// their tags; unknown members and query parameters are refused.
func operation[I, O any](r *router, method, path string, who access, op huma.Operation, h func(*call, *I) (*O, error)) {
	op.Method, op.Path = method, path
	if op.OperationID == "" {
		op.OperationID = operationID(method, path)
	}
	op.MaxBodyBytes = orElse(op.MaxBodyBytes, maxCommand)
	op.Responses = map[string]*huma.Response{"default": r.refused()}
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		c := callOf(ctx.Context())
		c.echo = humaecho.UnwrapV4(ctx)
		err := c.admit(who)
		if err == nil {
			err = c.params(queryNames(ctx.Operation())...).problem()
		}
		if err != nil {
			c.fail(err)
			return
		}
		held := &heldAnswer{humaContext: ctx, status: http.StatusOK, body: takeBuffer()}
		defer giveBuffer(held.body)
		next(held)
		c.release(held)
		c.finish(c.echo.Response().Status, "")
	})
	huma.Register(r.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(callOf(ctx), in)
		if err != nil {
			return nil, problemOf(err)
		}
		return out, nil
	})
}

// humaContext is another name, because a field Context would hide the method.
type humaContext huma.Context

// heldAnswer keeps what a typed handler answers until it is complete, so that
// it can be tagged.
type heldAnswer struct {
	humaContext
	status int
	body   *bytes.Buffer
}

// SetStatus, for huma.
func (a *heldAnswer) SetStatus(code int) { a.status = code }

// Status, for huma.
func (a *heldAnswer) Status() int { return a.status }

// BodyWriter, for huma.
func (a *heldAnswer) BodyWriter() io.Writer { return a.body }

// release sends a held answer; what was read gets a weak tag of its bytes.
func (c *call) release(a *heldAnswer) {
	switch h := c.header(); {
	case a.body.Len() == 0:
		c.echo.Response().WriteHeader(a.status)
	case a.status == http.StatusOK && c.request.Method == http.MethodGet && h.Get("Etag") == "":
		_ = c.tagged(a.body.Bytes())
	default:
		_ = c.bytes(a.status, h.Get("Content-Type"), a.body.Bytes())
	}
}

// refused documents the problem that any operation may answer.
func (r *router) refused() *huma.Response {
	schema := r.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problemJSON](), true, "Problem")
	return &huma.Response{Description: "refused", Content: map[string]*huma.MediaType{typeProblem: {Schema: schema}}}
}

// queryNames are the query parameters of an operation, beside lang.
func queryNames(op *huma.Operation) []string {
	names := make([]string, 0, len(op.Parameters))
	for _, p := range op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	return names
}

// about makes the documentation of an operation.
func about(tag, summary string) *huma.Operation {
	return &huma.Operation{Tags: []string{tag}, Summary: summary}
}

// operationID is "get-funds-id" below the base, "get-site-checkpoint" outside.
func operationID(method, path string) string {
	id, below := strings.CutPrefix(path, base)
	if !below {
		id = "/site" + path
	}
	id = strings.NewReplacer("{", "", "}", "", ".", "-").Replace(id)
	return strings.ToLower(method) + strings.TrimSuffix(strings.ReplaceAll(id, "/", "-"), "-")
}

// answer is an output whose body is JSON computed from the ledger.
type answer[T any] struct {
	Position string `header:"Ledger-Position"`
	Vary     string `header:"Vary"`
	Body     T
}

// versioned is an answer about one subject.
type versioned[T any] struct {
	Position string `header:"Ledger-Position"`
	Vary     string `header:"Vary"`
	ETag     string `header:"ETag"`
	Body     T
}

// created is an answer with 201 and the place of what was made.
type created[T any] struct {
	Status   int
	Location string `header:"Location"`
	Body     T
}

// admit decides whether the caller may use a route.
func (c *call) admit(who access) error {
	if c.refused != nil {
		if p, ok := c.refused.(*problem); !ok || p.status != http.StatusUnauthorized || who != forAll {
			return c.refused
		}
	}
	if who == forAll {
		return nil
	}
	if err := c.server.limits.allow(c); err != nil {
		return err
	}
	switch {
	case c.identity.user != "":
		return nil
	case who == forReaders && c.server.Config.PublicEnabled:
		return nil
	case !c.server.opened():
		return newProblem("setup_required")
	}
	return newProblem("unauthenticated")
}

// answerAt is an answer that reflects a position.
func answerAt[T any](position uint64, body T) *answer[T] {
	return &answer[T]{strconv.FormatUint(position, 10), vary[0], body}
}
