package api

import (
	_ "embed"
	"encoding/json"

	"grantledger/domain"

	"github.com/danielgtaylor/huma/v2"
)

// exampleTexts holds one example of the data of each command, by name; all of
// them come from the golden scenarios.
//
//go:embed examples.json
var exampleTexts []byte

// catalogueTexts is what the server publishes about commands.
type catalogueTexts struct {
	examples map[string]json.RawMessage
	schemas  map[string]*huma.Schema
}

func newCatalogueTexts() (t catalogueTexts, err error) {
	if err := json.Unmarshal(exampleTexts, &t.examples); err != nil {
		return t, err
	}
	t.schemas = map[string]*huma.Schema{}
	for _, def := range domain.Catalogue() {
		t.schemas[def.Name] = commandSchema(def)
	}
	return t, nil
}

// commandShown is a row of the catalogue.
type commandShown struct {
	Name     string       `json:"name"`
	Title    string       `json:"title"`
	Titles   domain.Words `json:"titles"`
	Stage    string       `json:"stage" doc:"group on the entry page"`
	Roles    []string     `json:"roles" doc:"any of them may issue it; empty: the rule decides (first admin, maker, step of approval)"`
	Subject  string       `json:"subject" doc:"kind of the main subject"`
	Events   []string     `json:"events"`
	Approval bool         `json:"approval" doc:"falls under the fund's approval policy"`
	Steps    []int        `json:"steps" doc:"how many persons beside the maker the policy may ask for"`
	URL      string       `json:"url"`
}

// commandDetail is one command in full.
type commandDetail struct {
	commandShown
	Schema  any             `json:"schema" doc:"JSON Schema of the data"`
	Example json.RawMessage `json:"example"`
}

func showCommand(def *domain.Definition, lang string) commandShown {
	out := commandShown{
		Name: def.Name, Title: def.Title.In(lang), Titles: def.Title, Stage: def.Stage, Roles: []string{}, Subject: def.Subject,
		Events: def.Events, Approval: def.Approval, Steps: []int{0}, URL: base + "/commands/" + def.Name,
	}
	out.Roles = append(out.Roles, def.Roles...)
	if def.Approval {
		out.Steps = []int{0, 1, 2}
	}
	return out
}

func (s *Server) routeCatalogue(r *router) {
	op := huma.Operation{Tags: []string{"commands"}, Summary: "catalogue of commands"}
	operation(r, "GET", base+"/commands", forReaders, op, func(c *call, _ *struct{}) (*struct{ Body items[commandShown] }, error) {
		out := items[commandShown]{Items: []commandShown{}}
		for _, def := range domain.Catalogue() {
			out.Items = append(out.Items, showCommand(def, c.lang))
		}
		return &struct{ Body items[commandShown] }{out}, nil
	})
	op.Summary = "one command with its JSON Schema and an example"
	operation(r, "GET", base+"/commands/{command}", forReaders, op, func(c *call, in *struct {
		Command string `path:"command"`
	}) (*struct{ Body commandDetail }, error) {
		schema, ok := s.catalogue.schemas[in.Command]
		if !ok {
			return nil, newProblem("unknown_command", "command", in.Command)
		}
		out := commandDetail{showCommand(domain.Find(in.Command), c.lang), schema, s.catalogue.examples[in.Command]}
		return &struct{ Body commandDetail }{out}, nil
	})
}

// Patterns of API.md 1 and DOMAIN.md 3, for schemas.
const (
	patternID      = `^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`
	patternKey     = `^[A-Za-z0-9._:-]{1,64}$`
	patternSubject = `^[a-z]+/[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`
	patternVoucher = `^[A-Za-z0-9][A-Za-z0-9._-]{0,39}/[0-9]{4}/[0-9]{1,9}$`
	patternAmount  = `^(0|[1-9][0-9]{0,12})\.[0-9]{2}$`
	patternCode    = `^[0-9]{6}$`
	patternSHA256  = `^[0-9a-f]{64}$`
)

// commandSchema is the JSON Schema of a command's data. It checks shape only,
// so that an empty text or a zero amount gets the domain's own code.
func commandSchema(def *domain.Definition) *huma.Schema {
	common := domain.CommonFields()
	fields := make([]domain.Field, 0, len(common)+len(def.Fields))
	own := map[string]bool{}
	for _, f := range def.Fields {
		own[f.Name] = true
	}
	for _, f := range common {
		if !own[f.Name] && (f.Name != "replaces" || def.Approval) {
			fields = append(fields, f)
		}
	}
	schema := objectSchema(append(fields, def.Fields...))
	schema.Title = def.Name
	schema.Description = def.Title.ZH + " / " + def.Title.EN
	schema.Extensions = map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema"}
	return schema
}

func objectSchema(fields []domain.Field) *huma.Schema {
	schema := &huma.Schema{Type: "object", AdditionalProperties: false, Properties: map[string]*huma.Schema{}, Required: []string{}}
	order := make([]string, 0, len(fields))
	for i := range fields {
		f := &fields[i]
		schema.Properties[f.Name] = fieldSchema(f)
		order = append(order, f.Name)
		if !f.Optional {
			schema.Required = append(schema.Required, f.Name)
		}
	}
	schema.Extensions = map[string]any{"x-order": order}
	return schema
}

func fieldSchema(f *domain.Field) *huma.Schema {
	schema := &huma.Schema{Type: "string", Nullable: f.Optional}
	switch f.Kind {
	case "id", "ref", "see", "new":
		schema.Pattern = patternID
	case "key":
		schema.Pattern = patternKey
	case "subject":
		schema.Pattern = patternSubject
	case "voucher":
		schema.Pattern = patternVoucher
	case "code":
		schema.Pattern = patternCode
	case "sha256":
		schema.Pattern = patternSHA256
	case "amt", "amt0":
		schema.Pattern = patternAmount
	case "date":
		schema.Format = "date"
	case "text", "paper":
		schema.MaxLength = &f.Max
	case "enum":
		schema.Enum = enumOf(f)
	case "bool":
		schema.Type = "boolean"
	case "int":
		schema.Type = "integer"
		schema.Minimum, schema.Maximum = bound(f.Min), bound(f.Max)
	case "year":
		schema.Type = "integer"
		schema.Minimum, schema.Maximum = bound(domain.MinYear), bound(domain.MaxYear)
	case "texts":
		schema.Type, schema.MinItems, schema.MaxItems = "array", &f.Min, &f.Max
		schema.Items = &huma.Schema{Type: "string", Pattern: `^(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,39})$`}
	case "list":
		schema.Type, schema.MinItems, schema.MaxItems = "array", &f.Min, &f.Max
		schema.Items = objectSchema(f.Elem)
	}
	schema.Extensions = map[string]any{"x-kind": f.Kind}
	if f.Of != "" {
		schema.Extensions["x-subject"] = f.Of
	}
	return schema
}

func bound(n int) *float64 {
	f := float64(n)
	return &f
}

func enumOf(f *domain.Field) []any {
	out := make([]any, 0, len(f.Enum)+1)
	for _, v := range f.Enum {
		out = append(out, v)
	}
	if f.Optional {
		out = append(out, nil)
	}
	return out
}
