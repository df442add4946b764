package api

import (
	"encoding/json"
	"strings"
	"testing"

	"grantledger/domain"

	"github.com/danielgtaylor/huma/v2"
)

// TestExamples binds the example of every command, and holds it against the
// schema that is published with it.
func TestExamples(t *testing.T) {
	texts, err := newCatalogueTexts()
	must(t, err)
	registry := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
	for _, def := range domain.Catalogue() {
		example, ok := texts.examples[def.Name]
		if !ok {
			t.Errorf("%s has no example", def.Name)
			continue
		}
		if _, err := domain.Bind(def.Name, example); err != nil {
			t.Errorf("%s: example: %v", def.Name, err)
		}
		var value any
		must(t, json.Unmarshal(example, &value))
		schema := texts.schemas[def.Name]
		precompute(schema)
		var result huma.ValidateResult
		huma.Validate(registry, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, &result)
		for _, e := range result.Errors {
			t.Errorf("%s: schema: %v", def.Name, e)
		}
		delete(texts.examples, def.Name)
	}
	for name := range texts.examples {
		t.Errorf("example of %s, which is no command", name)
	}
}

// precompute does for a schema and those below it what a registry would.
func precompute(s *huma.Schema) {
	for _, p := range s.Properties {
		precompute(p)
	}
	if s.Items != nil {
		precompute(s.Items)
	}
	s.PrecomputeMessages()
}

// TestSchemasAreOpen holds what the schema must let through, so that the
// domain's own code is answered: an empty text, a zero amount.
func TestSchemasAreOpen(t *testing.T) {
	schema := commandSchema(domain.Find("allocate"))
	if p := schema.Properties["amount"].Pattern; p != patternAmount {
		t.Errorf("amount has pattern %q", p)
	}
	if n := commandSchema(domain.Find("reject-proposal")).Properties["reason"].MinLength; n != nil {
		t.Errorf("reason has minLength %d", *n)
	}
	if schema.Properties["replaces"] == nil || commandSchema(domain.Find("enrol-user")).Properties["replaces"] != nil {
		t.Error("replaces belongs to commands under approval only")
	}
}

// TestCatalogue reads the catalogue in both languages.
func TestCatalogue(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0013")
	list := status(t, f.send("GET", "/api/v1/commands", "clerk-1", ""), 200, "")["items"].([]any)
	if len(list) != len(domain.Catalogue()) {
		t.Errorf("%d commands", len(list))
	}
	one := status(t, f.send("GET", "/api/v1/commands/disburse", "clerk-1", "", "Accept-Language: en"), 200, "")
	if one["title"] != domain.Find("disburse").Title.EN || one["approval"] != true {
		t.Errorf("disburse: %v", one)
	}
	if one["schema"].(map[string]any)["additionalProperties"] != false {
		t.Error("schema is not closed")
	}
	status(t, f.send("GET", "/api/v1/commands/make-proposal", "clerk-1", ""), 404, "unknown_command")
}

// TestOpenAPI reads the document: every command, every path, version 3.1.
func TestOpenAPI(t *testing.T) {
	f := newFixture(t, Config{})
	doc := status(t, f.send("GET", "/api/v1/openapi.json", "", ""), 200, "")
	if doc["openapi"] != "3.1.0" {
		t.Errorf("version %v", doc["openapi"])
	}
	paths := doc["paths"].(map[string]any)
	for _, def := range domain.Catalogue() {
		if paths["/api/v1/commands/"+def.Name] == nil {
			t.Errorf("no path for %s", def.Name)
		}
	}
	for _, path := range []string{"/api/v1/commands", "/api/v1/me", "/api/v1/events/{id}/raw", "/api/v1/exports/{id}/package", "/api/v1/checkpoint", "/readyz"} {
		if paths[path] == nil {
			t.Errorf("no path %s", path)
		}
	}
	if text := f.send("GET", "/api/v1/openapi.yaml", "", "").Body.String(); !strings.HasPrefix(text, "components:") && !strings.Contains(text, "openapi: 3.1.0") {
		t.Errorf("yaml begins %.80q", text)
	}
}
