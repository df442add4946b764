package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// humaConfig is huma as this interface needs it: strict input, plain JSON, no
// links or schema members added to answers, every error a problem of ours.
func (s *Server) humaConfig() huma.Config {
	config := huma.DefaultConfig("GrantLedger 善款明账", orElse(s.Config.Version, "dev"))
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	form := huma.Format{
		Marshal: func(w io.Writer, v any) error {
			b := takeBuffer()
			defer giveBuffer(b)
			if err := encode(b, v); err != nil {
				return err
			}
			_, err := w.Write(b.Bytes())
			return err
		},
		Unmarshal: func(data []byte, v any) error {
			if err := checkJSON(data); err != nil {
				return err
			}
			return json.NewDecoder(bytes.NewReader(data)).Decode(v)
		},
	}
	config.Formats = map[string]huma.Format{typeJSON: form, "json": form} // huma looks up application/…+json as json
	config.DefaultFormat = typeJSON
	config.Transformers = []huma.Transformer{transform}
	return config
}

// GetStatus, for huma.
func (p *problem) GetStatus() int { return p.status }

// ContentType, for huma.
func (p *problem) ContentType(string) string { return typeProblem }

// GetHeaders, for huma.
func (p *problem) GetHeaders() http.Header {
	h := make(http.Header, len(p.header)+1)
	p.headers(h)
	return h
}

// ContentType, for huma.
func (problemJSON) ContentType(string) string { return typeProblem }

// transform turns what huma wants to write into what we write.
func transform(ctx huma.Context, _ string, v any) (any, error) {
	c := callOf(ctx.Context())
	switch e := v.(type) {
	case *problem:
		if e.cause != nil && e.status >= 500 {
			c.server.Logger.Error("request failed", "request_id", c.id, "code", e.code, "error", e.cause)
		}
		return e.wire(c), nil
	case *huma.ErrorModel:
		p := modelProblem(ctx, e)
		ctx.SetHeader("Content-Type", typeProblem)
		return p.wire(c), nil
	}
	return v, nil
}

// modelProblem maps huma's own findings. Its statuses are the ones of API.md
// 5 already.
func modelProblem(ctx huma.Context, e *huma.ErrorModel) *problem {
	var p *problem
	switch e.Status {
	case 400:
		p = newProblem("malformed_json")
	case 406:
		p = newProblem("not_acceptable")
	case 408:
		p = newProblem("malformed_request", "reason", "timeout")
		p.status = 400
	case 413:
		p = newProblem("body_too_large", "limit", ctx.Operation().MaxBodyBytes)
	case 415:
		p = newProblem("unsupported_media_type", "wanted", typeJSON)
	case 422:
		p = modelFaults(e)
	default:
		p = newProblem("internal")
		p.cause = e
	}
	p.status = e.Status
	return p
}

func modelFaults(e *huma.ErrorModel) *problem {
	faults := make([]fault, 0, len(e.Errors))
	for _, d := range e.Errors {
		value, _ := d.Value.(string)
		at := d.Location
		code := faultCode(d.Message)
		if name, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
			at += "." + strings.TrimSuffix(name, " to be present")
		}
		faults = append(faults, faultAt(at, code, value))
	}
	if len(faults) == 0 {
		faults = append(faults, faultAt("body", "type", ""))
	}
	return invalid(faults...)
}

// faultCode is our word for a message of huma's validator.
func faultCode(message string) string {
	for _, row := range [...]struct{ begin, code string }{
		{"expected required", "required"}, {"required", "required"}, {"unexpected property", "unknown"}, {"unknown query parameter", "unknown"},
		{"expected string to match", "pattern"}, {"expected string to be RFC 3339 date", "date"}, {"expected value to be one of", "enum"},
		{"expected length <=", "too_long"}, {"expected length >=", "required"}, {"expected array length", "too_large"}, {"expected number ", "too_large"},
	} {
		if strings.HasPrefix(message, row.begin) {
			return row.code
		}
	}
	return "type"
}
