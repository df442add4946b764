package domain_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"grantledger/domain"
)

// row is a rule as a test: after the commands of given (all accepted, behind
// those of office), the command when makes exactly the events of then, or is
// refused as then says. Every then was derived from DOMAIN.md by hand.
//
// A command is a line "DATE COMMAND member=value…", with @actor (clerk-1
// without), #key and ~RECORDING-DATE where they matter; see encode for values.
// An event is a line "TYPE SUBJECT VOUCHER member=json…" (only the members
// named are compared; scopes=A,B are those of the head) with a line per entry below it, "FUND p=PROJECT
// o=ORGANISATION DISTRICT YEAR vVINTAGE PURPOSE: ACCOUNT ±AMOUNT…", in any
// order. A refusal is "! CODE", or "! CODE FIELD".
type row struct{ name, given, when, then string }

// hold runs every row on a ledger of its own.
func hold(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			l := domain.NewLedger(genesis)
			var c clock
			given := office()
			for i, text := range texts(r.given) {
				given = append(given, step(t, text, "given-"+strconv.Itoa(i)))
			}
			for _, cmd := range given {
				if _, code := run(l, cmd, c.at(cmd)); code != "ok" {
					t.Fatalf("given %s %s: %s", cmd.Command, cmd.Data, code)
				}
			}
			when := step(t, r.when, "when")
			before, position := l.BalancesTSV(), l.Position()
			events, err := execute(l, when, c.at(when))
			if err != nil && (l.Position() != position || l.BalancesTSV() != before) {
				t.Error("refused, but something changed")
			}
			got, want := outcome(events, err, r.then)
			if got != want {
				t.Errorf("%s\ngot\n%s\nwant\n%s", r.when, got, want)
			}
		})
	}
}

// texts splits into lines without the empty ones.
func texts(s string) []string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// execute is run with the events.
func execute(l *domain.Ledger, cmd line, at time.Time) ([]*domain.Event, *domain.Refusal) {
	c, err := domain.Bind(cmd.Command, cmd.Data)
	var events []*domain.Event
	if err == nil {
		c.Key, c.Actor = cmd.Key, cmd.Actor
		events, _, err = l.Execute([]domain.Command{c}, at)
	}
	if err != nil {
		return nil, err.(*domain.Refusal)
	}
	return events, nil
}

// step reads a command line.
func step(t *testing.T, text, key string) line {
	t.Helper()
	words := strings.Fields(text)
	out := cmd(key, words[1], "clerk-1", "")
	members := map[string]json.RawMessage{"on": quoted(words[0])}
	for _, w := range words[2:] {
		name, value, _ := strings.Cut(w, "=")
		switch w[0] {
		case '@':
			out.Actor = "user/" + w[1:]
		case '#':
			out.Key = w[1:]
		case '~':
			out.At = w[1:]
		default:
			members[name] = encode(name, value)
		}
	}
	var err error
	if out.Data, err = json.Marshal(members); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

func quoted(s string) json.RawMessage { return json.RawMessage(strconv.Quote(s)) }

var whole = []string{"vintage", "year", "quantity", "instalment", "rating", "score", "notice_days", "share_percent", "min_rating", "supplement_percent"}

// encode turns the text of a member into JSON: "$7" is the seventh valid
// credit code, an approval is the steps of every command, docs are KIND:NAME, lines INVOICE:AMOUNT[:DISTRICT], shares and
// instalments SIZE:AFTER, lists parted by commas; JSON lists stay as they are.
func encode(name, value string) json.RawMessage {
	switch {
	case value == "true" || value == "false" || strings.HasPrefix(value, "["):
		return json.RawMessage(value)
	case slices.Contains(whole, name) || name == "from" && len(value) == 4:
		return json.RawMessage(value)
	case strings.HasPrefix(value, "$"):
		n, _ := strconv.Atoi(value[1:])
		return quoted(uscc(n))
	case name == "approval":
		return json.RawMessage(`[{"commands":["*"],"steps":` + value + `}]`)
	case name == "purposes" || name == "funds":
		return list(value, func(s string) any { return s })
	case name == "docs":
		return list(value, func(s string) any {
			kind, id, _ := strings.Cut(s, ":")
			sum := sha256.Sum256([]byte(id))
			return map[string]string{"kind": kind, "name": id, "sha256": hex.EncodeToString(sum[:])}
		})
	case name == "shares" || name == "instalments":
		return list(value, func(s string) any {
			size, after, _ := strings.Cut(s, ":")
			if n, err := strconv.Atoi(size); err == nil {
				return map[string]any{"percent": n, "after": after}
			}
			return map[string]any{"amount": size, "after": after}
		})
	case name == "lines":
		return list(value, func(s string) any {
			p := strings.Split(s, ":")
			m := map[string]string{"invoice": p[0], "amount": p[1]}
			if len(p) > 2 {
				m["district"] = p[2]
			}
			return m
		})
	}
	return quoted(value)
}

func list(value string, item func(string) any) json.RawMessage {
	var items []any
	for _, s := range strings.Split(value, ",") {
		items = append(items, item(s))
	}
	b, _ := json.Marshal(items)
	return b
}

// outcome writes what came and what was expected in the same form.
func outcome(events []*domain.Event, err *domain.Refusal, then string) (got, want string) {
	expected := texts(then)
	if err != nil {
		got = "! " + string(err.Code)
		if len(expected) > 0 && len(strings.Fields(expected[0])) > 2 {
			got += " " + err.Field
		}
		return got, strings.Join(expected, "\n")
	}
	heads := slices.DeleteFunc(slices.Clone(expected), func(s string) bool { return strings.Contains(s, ": ") })
	var lines []string
	for i, e := range events {
		head := ""
		if i < len(heads) {
			head = heads[i]
		}
		lines = append(append(lines, headOf(e, head)), entriesOf(e)...)
	}
	return strings.Join(lines, "\n"), strings.Join(canonical(expected), "\n")
}

// headOf writes the event's first line with the members that head names.
func headOf(e *domain.Event, head string) string {
	var data map[string]json.RawMessage
	_ = json.Unmarshal(e.Data, &data)
	voucher := "-"
	if v, ok := data["voucher"]; ok && len(e.Entries) > 0 {
		voucher = strings.Trim(string(v), `"`)
	}
	out := fmt.Sprintf("%s %s %s", e.Type, e.Subject, voucher)
	for i, w := range strings.Fields(head) {
		if name, _, ok := strings.Cut(w, "="); ok && i > 2 {
			if name == "scopes" {
				data[name] = json.RawMessage(strings.Join(e.Scopes, ","))
			}
			out += " " + name + "=" + string(data[name])
		}
	}
	return out
}

func entriesOf(e *domain.Event) []string {
	var out []string
	for i := range e.Entries {
		d := e.Entries[i].Dimensions
		words := []string{d.Fund}
		add := func(prefix, s string) {
			if s != "" && s != "0" {
				words = append(words, prefix+s)
			}
		}
		add("p=", d.Project)
		add("o=", d.Organisation)
		add("", d.District)
		add("", strconv.Itoa(d.Year))
		add("v", strconv.Itoa(d.Vintage))
		add("", d.Purpose)
		text := strings.Join(words, " ") + ":"
		for _, line := range e.Entries[i].Lines {
			text += fmt.Sprintf(" %s %s", nameOf(line.Account), signed(line.Amount))
		}
		out = append(out, text)
	}
	return canonical(out)
}

// nameOf is the account's name, short for budget and money.
func nameOf(a domain.Account) string {
	if b := a.Book(); b == domain.Budget || b == domain.Money {
		return a.Short()
	}
	return a.String()
}

func signed(f domain.Fen) string {
	if f > 0 {
		return "+" + f.String()
	}
	return f.String()
}

// canonical sorts the lines of every entry, and the entries below every event.
func canonical(lines []string) []string {
	out := slices.Clone(lines)
	from := 0
	for i, s := range out {
		tuple, accounts, ok := strings.Cut(s, ": ")
		if !ok {
			slices.Sort(out[from:i])
			from = i + 1
			continue
		}
		words := strings.Fields(accounts)
		var pairs []string
		for ; len(words) > 1; words = words[2:] {
			pairs = append(pairs, words[0]+" "+words[1])
		}
		slices.Sort(pairs)
		out[i] = tuple + ": " + strings.Join(pairs, " ")
	}
	slices.Sort(out[from:])
	return out
}
