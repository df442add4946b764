package api

import (
	"net/http"
	"sync"

	"grantledger/domain"

	"github.com/danielgtaylor/huma/v2"
)

// documentCommands enters every command of the catalogue into the document as
// a path of its own.
func (s *Server) documentCommands(r *router) {
	doc := r.huma.OpenAPI()
	for _, def := range domain.Catalogue() {
		op := about("commands", def.Title.ZH+" / "+def.Title.EN)
		op.Method, op.Path, op.OperationID = http.MethodPost, base+"/commands/"+def.Name, def.Name
		op.Parameters = []*huma.Param{
			{Name: "Idempotency-Key", In: "header", Required: true, Schema: &huma.Schema{Type: "string", Pattern: patternKey}},
			{Name: "If-Match", In: "header", Schema: &huma.Schema{Type: "string", Pattern: `^"v[1-9][0-9]*"$`}},
			{Name: "dry_run", In: "query", Schema: &huma.Schema{Type: "boolean"}},
		}
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{typeJSON: {
			Schema: s.catalogue.schemas[def.Name], Example: s.catalogue.examples[def.Name],
		}}}
		result := map[string]*huma.MediaType{typeJSON: {Schema: resultSchema()}}
		op.Responses = map[string]*huma.Response{
			"200":     {Description: "dry run, or a repeat of the first answer", Content: result},
			"201":     {Description: "stored", Content: result},
			"default": r.refused(),
		}
		if def.Approval {
			op.Responses["202"] = &huma.Response{Description: "stored as a proposal that waits for approval", Content: result}
		}
		doc.AddOperation(op)
	}
}

// resultSchema is the form of API.md 7.1.
func resultSchema() *huma.Schema {
	text := &huma.Schema{Type: "string"}
	position := &huma.Schema{Type: "integer", Nullable: true}
	object := func(properties map[string]*huma.Schema) *huma.Schema {
		return &huma.Schema{Type: "object", Properties: properties}
	}
	list := func(of *huma.Schema) *huma.Schema { return &huma.Schema{Type: "array", Items: of} }
	line := object(map[string]*huma.Schema{"account": text, "before": text, "change": text, "after": text})
	return object(map[string]*huma.Schema{
		"command": text, "key": text, "replayed": {Type: "boolean"}, "dry_run": {Type: "boolean"},
		"first_position": position, "last_position": position,
		"events": list(object(map[string]*huma.Schema{
			"position": position, "id": {Type: "string", Nullable: true}, "type": text, "subject": text, "version": {Type: "integer"},
		})),
		"effects": list(object(map[string]*huma.Schema{"dimensions": {Type: "object"}, "lines": list(line)})),
		"next": {Type: "object", Description: "null, or the next step of the approval", Properties: map[string]*huma.Schema{
			"proposal": text, "step": {Type: "integer"}, "steps": {Type: "integer"}, "role": text,
		}},
	})
}

// routeDocument serves the document. It is built once, when all routes are
// known.
func (s *Server) routeDocument(r *router) {
	document := func(path, contentType string, make func() ([]byte, error)) {
		made := sync.OnceValues(make)
		r.handle("GET", base+path, forAll, nil, func(c *call) error {
			if err := c.params().problem(); err != nil {
				return err
			}
			text, err := made()
			if err != nil {
				return err
			}
			return c.bytes(200, contentType, text)
		})
	}
	document("/openapi.json", "application/openapi+json", func() ([]byte, error) { return r.huma.OpenAPI().MarshalJSON() })
	document("/openapi.yaml", "application/openapi+yaml", func() ([]byte, error) { return r.huma.OpenAPI().YAML() })
}
