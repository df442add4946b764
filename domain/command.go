package domain

import (
	"reflect"
	"sync"
)

// Command is a request to change the ledger, bound and checked for shape.
type Command struct {
	Name  string
	Key   string // idempotency key, [A-Za-z0-9._:-]{1,64}
	Actor string // "user/clerk-1"

	On       Date
	Memo     string
	Docs     []Doc
	Replaces string // voucher that this entry replaces, or ""

	Expect uint64 // version of the main subject that the caller saw; 0 = any
	DryRun bool   // decide, but change nothing

	approved bool // of a preview: as if all steps of approval were done

	payload []byte // data as sent, in the stored form
	body    any    // pointer to the command's struct
	def     *Definition
}

// common are the members that every command takes beside its own.
type common struct {
	On       Date   `f:"on date"`
	Memo     string `f:"memo text opt max=500"`
	Docs     []doc  `f:"docs list opt min=0 max=64"`
	Replaces string `f:"replaces voucher opt"`
}

// doc is bounded so that name and number fit into 512 and 128 bytes of UTF-8
// (FORMAT.md 4).
type doc struct {
	Kind   string `f:"kind enum=voucher|invoice|agreement|receipt|notice|report|photo"`
	Name   string `f:"name text max=128"`
	SHA256 string `f:"sha256 sha256"`
	Number string `f:"number text opt max=32"`
}

var commonFields = fieldsOf(reflect.TypeFor[common]())

// Definition returns the command's row of the catalogue.
func (c *Command) Definition() *Definition { return c.def }

// Bind reads the data of the command called name as API.md 4 sends it. It
// checks shape only: a *Refusal with unknown_command, malformed_json,
// invalid_input, invalid_amount or evidence_missing lists every fault.
func Bind(name string, data []byte) (Command, error) {
	def := Find(name)
	if def == nil || def.system {
		return Command{}, refuse(UnknownCommand, "", "command", name)
	}
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	v, err := p.all(data)
	if err != nil {
		return Command{}, refuse(MalformedJSON, "")
	}
	return bindValue(def, &v)
}

// parsers are reused: what they read is not kept beyond a call of Bind.
var parsers = sync.Pool{New: func() any { return &parser{} }}

func bindValue(def *Definition, v *value) (Command, error) {
	c := Command{Name: def.Name, def: def}
	var b binder
	if v.kind != kindObject {
		b.fault("body", "type", v)
		return c, shapeRefusal(b.faults)
	}
	own, shared := split(v, def)
	body := reflect.New(def.body)
	b.object(def.Fields, &own, body.Elem(), "body")
	var head common
	b.object(commonFields, &shared, reflect.ValueOf(&head).Elem(), "body")
	if head.Replaces != "" && !def.Approval {
		b.fault("body.replaces", "unknown", shared.member("replaces"))
	}
	if len(b.faults) > 0 {
		return c, shapeRefusal(b.faults)
	}
	c.On, c.Memo, c.Replaces, c.body = head.On, head.Memo, head.Replaces, body.Interface()
	for _, d := range head.Docs {
		c.Docs = append(c.Docs, Doc{SHA256: d.SHA256, Name: d.Name, Kind: d.Kind, Number: d.Number})
	}
	c.payload = appendValue(make([]byte, 0, 256), normal(v))
	return c, nil
}

// split parts the members of v into the command's own and the common ones.
func split(v *value, def *Definition) (own, shared value) {
	own.kind, shared.kind = kindObject, kindObject
	names, items := make([]string, 2*len(v.names)), make([]value, 2*len(v.items)) // half for each
	own.names, shared.names = names[:0:len(v.names)], names[len(v.names):len(v.names)]
	own.items, shared.items = items[:0:len(v.items)], items[len(v.items):len(v.items)]
	for i, name := range v.names {
		to := &own
		if hasField(commonFields, name) && !hasField(def.Fields, name) {
			to = &shared
		}
		to.names, to.items = append(to.names, name), append(to.items, v.items[i])
	}
	return own, shared
}

// normal replaces the texts of v by their stored form, in place.
func normal(v *value) *value {
	if v.kind == kindString {
		v.text, _ = normalText(v.text)
	}
	for i := range v.items {
		normal(&v.items[i])
	}
	return v
}

// shapeRefusal chooses the code for a list of faults: anything but amounts and
// missing papers makes it invalid_input.
func shapeRefusal(faults []Fault) *Refusal {
	code := InvalidInput
	switch {
	case all(faults, "amount"):
		code = InvalidAmount
	case all(faults, "evidence"):
		code = EvidenceMissing
	}
	first := faults[0]
	r := refuse(code, fieldOf(first.Location), "field", fieldOf(first.Location), "reason", first.Code)
	for i := range faults {
		if faults[i].Code == "evidence" {
			faults[i].Code = "required"
		}
	}
	r.Faults = faults
	return r
}

func all(faults []Fault, code string) bool {
	for _, f := range faults {
		if f.Code != code {
			return false
		}
	}
	return true
}

// fieldOf is the location without its leading "body.".
func fieldOf(location string) string {
	if len(location) > 5 {
		return location[5:]
	}
	return location
}

// appendData appends the event data that the command's fields make, without
// the closing brace, so that a rule can add what it derived. The field called
// derived is left out: the rule writes it itself.
func (c *Command) appendData(b []byte, derived string) []byte {
	b = appendFields(append(b, '{'), c.def.Fields, reflect.ValueOf(c.body).Elem(), derived)
	if c.Replaces != "" {
		b = appendString(appendName(b, "replaces"), c.Replaces)
	}
	return b
}

// Payload is the command's data as it was sent, in the stored form.
func (c *Command) Payload() []byte { return c.payload }
