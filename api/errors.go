package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/projections"

	"github.com/labstack/echo/v4"
)

// problemOf says what the caller reads of an error.
func problemOf(err error) *problem {
	var p *problem
	var refusal *domain.Refusal
	var routed *echo.HTTPError
	var tooLarge *http.MaxBytesError
	var query *projections.QueryError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refusal):
		return refusalProblem(refusal)
	case errors.As(err, &routed):
		return routedProblem(routed)
	case errors.As(err, &query):
		return invalid(faultAt("query."+query.Parameter, query.Reason, ""))
	case errors.Is(err, projections.ErrCursor):
		return newProblem("invalid_cursor")
	case errors.As(err, &tooLarge):
		return newProblem("body_too_large", "limit", tooLarge.Limit)
	}
	return logProblem(err)
}

// logProblem maps the errors of the log and its writer.
func logProblem(err error) *problem {
	code := "internal"
	var away interface{ Unavailable() bool }
	switch {
	case errors.As(err, &away) && away.Unavailable():
		return readingProblem(err)
	case errors.Is(err, eventstore.ErrOutcomeUnknown):
		code = "outcome_unknown"
	case errors.Is(err, eventstore.ErrBusy):
		code = "busy"
	case errors.Is(err, eventstore.ErrTooLarge):
		return refusalProblem(&domain.Refusal{Code: domain.TooLarge, Details: map[string]any{"limit": "900 KiB"}})
	case errors.Is(err, eventstore.ErrShuttingDown):
		code = "shutting_down"
	case errors.Is(err, eventstore.ErrClockUnconfirmed), errors.Is(err, eventstore.ErrClockBehind):
		code = "clock_unconfirmed"
	case errors.Is(err, eventstore.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		code = "ledger_unavailable"
	case errors.Is(err, eventstore.ErrNotFound), errors.Is(err, projections.ErrNotFound):
		return newProblem("not_found")
	case errors.Is(err, projections.ErrAhead):
		return newProblem("position_not_reached")
	}
	p := newProblem(code)
	p.cause = err
	return p
}

// readingProblem says that the read model cannot answer now, while the log goes
// on.
func readingProblem(err error) *problem {
	p := newProblem("ledger_unavailable", "part", "read_model").with("Retry-After", "1")
	p.title = say("暂时不能查询", "Reading is not available")
	p.detail = say("查询用的数据库（PostgreSQL）暂时不可用；记账照常进行，请稍后再查。", "The database that answers queries (PostgreSQL) is not available now; posting goes on. Try again later.")
	p.cause = err
	return p
}

// routedProblem maps what echo says when no route fits.
func routedProblem(e *echo.HTTPError) *problem {
	switch e.Code {
	case http.StatusNotFound:
		return newProblem("not_found")
	case http.StatusMethodNotAllowed:
		return newProblem("method_not_allowed")
	case http.StatusRequestEntityTooLarge:
		return newProblem("body_too_large", "limit", "–")
	case http.StatusUnsupportedMediaType:
		return newProblem("unsupported_media_type", "wanted", typeJSON)
	case http.StatusBadRequest:
		return newProblem("malformed_request", "reason", http.StatusText(e.Code))
	}
	p := newProblem("internal")
	p.cause = e
	return p
}

// refusalProblem says a rule's refusal. Amounts in sentences are grouped, those
// in details are not.
func refusalProblem(r *domain.Refusal) *problem {
	spoken := *r
	spoken.Details = make(map[string]any, len(r.Details))
	for name, v := range r.Details {
		spoken.Details[name] = v
		if text, ok := v.(string); ok && isMoney(text) {
			spoken.Details[name] = grouped(text)
		}
	}
	p := &problem{status: r.Code.Status(), code: string(r.Code), details: r.Details}
	p.title, p.detail = spoken.Text()
	if reason, ok := r.Details["reason"].(string); ok && faultTexts[reason].ZH != "" {
		spoken.Details["reason"] = faultTexts[reason].ZH
		_, zh := spoken.Text()
		spoken.Details["reason"] = faultTexts[reason].EN
		_, en := spoken.Text()
		p.detail = words{ZH: zh.ZH, EN: en.EN}
	}
	for _, f := range r.Faults {
		p.faults = append(p.faults, faultAt(f.Location, f.Code, f.Value))
	}
	if len(p.faults) == 0 && r.Field != "" {
		p.faults = []fault{fieldFault(r, p.detail)}
	}
	if p.details == nil {
		p.details = map[string]any{}
	}
	return p
}

// fieldFault points at the one field that a refusal names.
func fieldFault(r *domain.Refusal, detail words) fault {
	f := fault{location: "body." + r.Field, code: string(r.Code), message: detail}
	if available, ok := r.Details["available"].(string); ok && strings.HasPrefix(string(r.Code), domain.InsufficientPrefix) {
		f.code = "too_large"
		f.message = words{ZH: "不得超过 " + grouped(available), EN: "at most " + grouped(available)}
		f.value, _ = r.Details["requested"].(string)
	}
	return f
}

// isMoney is the pattern of API.md 1.3.
func isMoney(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := len(s)
	if n < 4 || s[n-3] != '.' {
		return false
	}
	for i := 0; i < n; i++ {
		if i != n-3 && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// grouped writes an amount with thousands separators.
func grouped(amount string) string {
	sign := ""
	if strings.HasPrefix(amount, "-") {
		sign, amount = "-", amount[1:]
	}
	whole, rest := amount[:len(amount)-3], amount[len(amount)-3:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + rest
}

// modelError gives an error of the read model as the problem that it is; nil
// stays nil.
func modelError(err error) error {
	if err == nil {
		return nil
	}
	return problemOf(err)
}
