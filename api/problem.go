package api

import (
	"errors"
	"net/http"
	"strconv"

	"grantledger/domain"
)

// problem is an answer that says no, as API.md 5 writes it. It is an error of
// this package; domain refusals and errors of the log become one in problemOf.
type problem struct {
	status  int
	code    string
	title   domain.Words
	detail  domain.Words
	details map[string]any
	faults  []fault
	header  http.Header // beside the usual ones
	cause   error       // never shown
}

// fault is one thing wrong with the input.
type fault struct {
	location string // "body.amount", "query.as_of", "header.If-Match"
	code     string // required unknown type pattern date enum too_long too_large amount
	message  domain.Words
	value    string
}

// Error is the code and the English detail.
func (p *problem) Error() string { return p.code + ": " + p.detail.EN }

// Unwrap gives what is hidden from the caller.
func (p *problem) Unwrap() error { return p.cause }

// newProblem makes the problem of a code with its details, given as name and
// value in turn. Unknown codes are a bug.
func newProblem(code string, details ...any) *problem {
	t, ok := problemTexts[code]
	if !ok {
		panic("api: no text for problem " + code)
	}
	p := &problem{status: t.status, code: code, title: t.title, details: map[string]any{}}
	for i := 0; i+1 < len(details); i += 2 {
		p.details[details[i].(string)] = details[i+1]
	}
	p.detail = domain.Words{ZH: fill(t.detail.ZH, p.details), EN: fill(t.detail.EN, p.details)}
	return p
}

// with adds a header to the answer.
func (p *problem) with(name, value string) *problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
	return p
}

// invalid is invalid_input with one or more faults.
func invalid(faults ...fault) *problem {
	p := newProblem("invalid_input", "field", faults[0].location, "reason", faults[0].code)
	p.detail = words{
		ZH: fill(problemTexts["invalid_input"].detail.ZH, map[string]any{"field": faults[0].location, "reason": faults[0].message.ZH}),
		EN: fill(problemTexts["invalid_input"].detail.EN, map[string]any{"field": faults[0].location, "reason": faults[0].message.EN}),
	}
	p.faults = faults
	return p
}

// faultAt makes a fault with the usual message of its code.
func faultAt(location, code, value string) fault {
	return fault{location, code, faultWords(code), shorten(value)}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// problemJSON is the form on the wire.
type problemJSON struct {
	Type      string         `json:"type" doc:"page that explains the code"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Code      string         `json:"code" doc:"stable; see /problems/{code}"`
	Detail    string         `json:"detail"`
	Instance  string         `json:"instance"`
	RequestID string         `json:"request_id"`
	Details   map[string]any `json:"details"`
	Errors    []faultJSON    `json:"errors"`
}

type faultJSON struct {
	Location string  `json:"location"`
	Code     string  `json:"code"`
	Message  string  `json:"message"`
	Value    *string `json:"value" doc:"what came, shortened; null when nothing did"`
}

// wire gives the problem in the call's language.
func (p *problem) wire(c *call) problemJSON {
	out := problemJSON{
		Type: "/problems/" + p.code, Title: p.title.In(c.lang), Status: p.status, Code: p.code, Detail: p.detail.In(c.lang),
		Instance: c.request.URL.Path, RequestID: c.id, Details: p.details, Errors: make([]faultJSON, 0, len(p.faults)),
	}
	if out.Details == nil {
		out.Details = map[string]any{}
	}
	for _, f := range p.faults {
		shown := faultJSON{Location: f.location, Code: f.code, Message: f.message.In(c.lang)}
		if f.value != "" {
			shown.Value = &f.value
		}
		out.Errors = append(out.Errors, shown)
	}
	return out
}

// headers sets what goes with the problem.
func (p *problem) headers(h http.Header) {
	for name, values := range p.header {
		h[name] = values
	}
	switch p.code {
	case "unauthenticated", "token_expired":
		h.Set("WWW-Authenticate", "Bearer")
	case "rate_limited", "position_not_reached", "busy":
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "1")
		}
	}
}

// fail writes err as a problem. It is the only way in which an error leaves
// the server.
func (c *call) fail(err error) {
	p := problemOf(err)
	if c.echo.Response().Committed {
		c.finish(p.status, p.code)
		return
	}
	p.headers(c.header())
	if p.status >= 500 && p.cause != nil {
		c.server.Logger.Error("request failed", "request_id", c.id, "code", p.code, "error", p.cause)
	}
	b := takeBuffer()
	defer giveBuffer(b)
	if err := encode(b, p.wire(c)); err == nil {
		_ = c.bytes(p.status, typeProblem, b.Bytes())
	}
	c.finish(p.status, p.code)
}

// isProblem tells whether err is the problem of a code.
func isProblem(err error, code string) bool {
	var p *problem
	return errors.As(err, &p) && p.code == code
}

// retryAfter is the value of the header, at least a second.
func retryAfter(seconds int) string { return strconv.Itoa(max(seconds, 1)) }
