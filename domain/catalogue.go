package domain

import (
	"reflect"
	"slices"
)

// Definition is a command's row in the catalogue: what it is called, who may
// issue it, what it takes, which event it makes, and the two halves of its
// rule: decide makes events, evolve folds one of them into the state.
type Definition struct {
	Name     string
	Title    Words
	Stage    string   // group on the entry page: ledger people registers in allocation award payment correction yearend approval
	Roles    []string // any of them; empty: the rule decides (first admin, maker)
	Subject  string   // kind of the main subject; "voucher" and "subject": that of what is named
	Events   []string // the first is the one that bears the command's name
	Approval bool     // falls under the fund's approval policy (◆)
	Fields   []Field

	body   reflect.Type
	system bool // issued by the server itself, not in the public catalogue
	decide func(*decision) *Refusal
	evolve func(*fold)
}

var (
	byAdmin    = []string{"admin"}
	byClerk    = []string{"clerk"}
	byCheckers = []string{"checker", "approver"}
)

// define completes a row with its command's struct and rule.
func define[C any](row Definition, decide func(*decision, *C) *Refusal, evolve func(*fold)) *Definition {
	row.body = reflect.TypeFor[C]()
	row.Fields = fieldsOf(row.body)
	row.decide = func(d *decision) *Refusal { return decide(d, d.c.body.(*C)) }
	row.evolve = evolve
	return &row
}

var catalogue = slices.Concat(peopleRows, registerRows, fundRows, receiptRows, pledgeRows, goodsRows,
	allocationRows, awardRows, holdRows, agreementRows, paymentRows, refundRows, matchRows, correctionRows, yearRows, approvalRows, systemRows)

var (
	rowsByName  = index(func(r *Definition) []string { return []string{r.Name} })
	rowsByEvent = index(func(r *Definition) []string { return r.Events })
)

func index(keys func(*Definition) []string) map[string]*Definition {
	m := make(map[string]*Definition, len(catalogue))
	for _, row := range catalogue {
		for _, k := range keys(row) {
			m[k] = row
		}
	}
	return m
}

// Catalogue lists the commands that users may issue, by stage.
func Catalogue() []*Definition {
	return slices.DeleteFunc(slices.Clone(catalogue), func(r *Definition) bool { return r.system })
}

// Find returns the definition of a command, or nil.
func Find(name string) *Definition { return rowsByName[name] }

// CommandOf is the command whose event has this type, or nil.
func CommandOf(eventType string) *Definition { return rowsByEvent[eventType] }

// CommonFields are the members that every command takes beside its own;
// replaces goes with commands under approval only.
func CommonFields() []Field { return commonFields }
