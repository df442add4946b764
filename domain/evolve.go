package domain

import (
	"fmt"
	"hash/maphash"
	"reflect"
	"slices"
	"strings"
)

// fold is one event on its way into the state.
type fold struct {
	*Ledger
	e       *Event
	v       *value   // its data
	voucher *voucher // nil without entries
	command *Command // of a proposal that can be bound: the one that it holds
}

// undoing is where the voucher keeps what its reversal takes back beside the lines.
func (f *fold) undoing() *undoing {
	if f.voucher.undo == nil {
		f.voucher.undo = f.undoings.one()
	}
	return f.voucher.undo
}

// use marks a paper as used; the voucher remembers it, so that a reversal frees it.
func (f *fold) use(kind, scope, number string) {
	if number == "" {
		return
	}
	p := paper{kind, scope, number}
	f.papers.put(p, f.e.Position)
	if f.voucher != nil {
		f.voucher.papers = append(f.voucher.papers, p)
	}
}

// ApplyEvent is Apply for an event that is decoded already. An event that does
// not fit the state, such as the payment of an instalment that the award does
// not have, is an error too: no writer of ours stored it.
func (l *Ledger) ApplyEvent(e *Event) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: position %d does not fit the events before it: %v", ErrEvent, e.Position, cause)
		}
	}()
	if e.Position != l.position+1 {
		return fmt.Errorf("domain: event %d after %d", e.Position, l.position)
	}
	l.replay(true)
	l.evolve(e)
	l.start = l.position
	return nil
}

// evolve folds e into the state. It asks no rule: what e says, holds.
func (l *Ledger) evolve(e *Event) {
	l.position = e.Position
	l.versions.put(e.Subject, e.Version)
	var err error
	v := &l.data
	if *v, err = l.parser.all(e.Data); err != nil {
		return
	}
	row := rowsByEvent[e.Type]
	if row == nil { // a ledger.* event of a later version: nothing for the rules
		return
	}
	f := &l.folding
	*f = fold{Ledger: l, e: e, v: v}
	if e.Type == "proposal.made.v1" {
		if c, err := l.bindStored(v); err == nil {
			f.command = &c
		}
	}
	if e.Key != "" && !strings.HasPrefix(e.Actor, "system/") {
		id := l.keyID(e.Key)
		if s := l.keys.find(id); s.position == 0 {
			l.keys.add(s, id, keyUse{e.Position, f.print(row)})
		}
	}
	if len(e.Entries) > 0 {
		f.voucher = l.record(e, v)
	}
	row.evolve(f)
	if f.voucher != nil {
		l.vouchers.put(f.voucher)
	}
}

// record posts the entries and opens the voucher.
func (l *Ledger) record(e *Event, v *value) *voucher {
	number := v.str("voucher")
	series, _, _ := splitVoucher(number)
	made := l.made.one()
	*made = voucher{
		number: number, typ: e.Type, subject: e.Subject, refs: l.sharedRefs(e, series.fund), on: e.On, year: e.Year,
		position: e.Position, amount: turnover(e.Entries), lines: l.books.post(e.Entries),
	}
	return made
}

// sharedRefs is refsOf, one for all vouchers that belong to the same.
func (l *Ledger) sharedRefs(e *Event, fund string) *Refs {
	r := &l.read
	*r = Refs{Fund: fund, Projects: r.Projects[:0], Organisations: r.Organisations[:0]}
	r.take(e.Scopes)
	known := &l.refs[maphash.String(l.seeds[0], e.Subject)%refSlots]
	if *known == nil || !r.same(*known) {
		kept := *r
		kept.Projects, kept.Organisations = slices.Concat(r.Projects), slices.Concat(r.Organisations)
		*known = &kept
	}
	return *known
}

// refsOf reads back from the scopes what the event belongs to.
func refsOf(e *Event, fund string) Refs {
	r := Refs{Fund: fund}
	r.take(e.Scopes)
	return r
}

func (r *Refs) take(scopes []string) {
	for _, s := range scopes {
		if s == "" || s[0] < 'a' || s[0] > 'p' || s[0] == 'd' || s[0] == 'f' { // district, fund, source, year
			continue
		}
		kind, id, _ := strings.Cut(s, "/")
		switch kind {
		case "project":
			r.Projects = append(r.Projects, id)
		case "organisation":
			r.Organisations = append(r.Organisations, id)
		case "award":
			r.Award = id
		case "pledge":
			r.Pledge = id
		case "lot":
			r.Lot = id
		}
	}
}

func (r *Refs) same(o *Refs) bool {
	return r.Fund == o.Fund && r.Award == o.Award && r.Pledge == o.Pledge && r.Lot == o.Lot &&
		slices.Equal(r.Projects, o.Projects) && slices.Equal(r.Organisations, o.Organisations)
}

// turnover is the amount of a voucher: the largest sum of positive, or of
// negative, lines on one account.
func turnover(entries []Entry) Fen {
	var plus, minus [accountCount]Fen
	var most Fen
	for i := range entries {
		for _, line := range entries[i].Lines {
			if line.Amount > 0 {
				plus[line.Account] += line.Amount
			} else {
				minus[line.Account] -= line.Amount
			}
			most = max(most, plus[line.Account], minus[line.Account])
		}
	}
	return most
}

// print is what tells a repeated command from another one under the same key.
func (l *Ledger) print(c *Command) uint64 {
	if c.def.system {
		return 0
	}
	l.scratch = c.appendData(l.scratch[:0], "")
	return l.hash(c.Name, c.Actor, c.On, c.Memo, c.Docs, l.scratch)
}

// print is the print of the command that made the event.
func (f *fold) print(row *Definition) uint64 {
	e := f.e
	if e.Type == "proposal.made.v1" {
		if f.command == nil {
			return 0
		}
		c := *f.command
		c.Actor = e.Actor
		return f.Ledger.print(&c)
	}
	b := append(f.scratch[:0], '{')
	for i := range row.Fields {
		if m := f.asGiven(&row.Fields[i], f.v); m.kind != kindNull {
			b = appendValue(appendName(b, row.Fields[i].Name), m)
		}
	}
	if m := f.v.member("replaces"); m.kind != kindNull {
		b = appendValue(appendName(b, "replaces"), m)
	}
	f.scratch = b
	return f.hash(row.Name, e.Actor, e.On, e.Memo, e.Docs, b)
}

// asGiven is the field's member as the command gave it, where the rule stored
// something derived under its name.
func (l *Ledger) asGiven(f *Field, v *value) *value {
	switch {
	case f.Name == "instalments":
		return l.instalmentsGiven(v)
	case f.Kind == "voucher" && v.has("reverses"):
		return v.member("reverses")
	case f.Kind == "voucher":
		return v.member("corrects")
	}
	return v.member(f.Name)
}

// instalmentsGiven is the member instalments as the command gave it: none when
// it gave shares, and without the instalments that were paid before.
func (l *Ledger) instalmentsGiven(v *value) *value {
	w := l.awards.at(v.str("award"))
	list := *v.member("instalments")
	list.items = list.items[min(len(settled(&w)), len(list.items)):]
	if v.has("shares") || len(list.items) == 0 {
		return nothing
	}
	return &list
}

func (l *Ledger) hash(name, actor string, on Date, memo string, docs []Doc, data []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seeds[0])
	for _, s := range [...]string{name, actor, memo} {
		h.WriteString(s)
		h.WriteByte(0)
	}
	h.WriteByte(byte(on))
	h.WriteByte(byte(on >> 8))
	h.WriteByte(byte(on >> 16))
	for i := range docs {
		for _, s := range [...]string{docs[i].SHA256, docs[i].Kind, docs[i].Name, docs[i].Number} {
			h.WriteString(s)
			h.WriteByte(0)
		}
	}
	h.Write(data)
	return h.Sum64()
}

// bindStored binds the command that a proposal's data holds.
func (l *Ledger) bindStored(v *value) (Command, error) {
	def := l.rows[v.str("command")]
	if def == nil || def.system {
		return Command{}, refuse(UnknownCommand, "", "command", v.str("command"))
	}
	return bindValue(def, v.member("payload"))
}

// systemBody is the struct of commands without fields of their own.
type systemBody struct {
	Members []member
}

// systemCommand is a command that the server issues by itself.
func systemCommand(row *Definition, actor string, members ...member) Command {
	return Command{Name: row.Name, Actor: actor, def: row, body: &systemBody{members}}
}

// RecordSeal is the command by which the sealer's checkpoint returns into the
// log (FORMAT.md 5, ledger.sealed.v1).
func RecordSeal(checkpoint string) Command {
	return systemCommand(systemRows[0], "system/sealer", textMember("checkpoint", checkpoint))
}

// ChangeTrust is the command that puts a new trust text in force (FORMAT.md 5
// and 9); reason is rotation, retired, compromised, witness or other.
func ChangeTrust(trust, reason string) Command {
	return systemCommand(systemRows[1], "system/keys", textMember("trust", trust), textMember("reason", reason))
}

var systemRows = []*Definition{
	systemRow("record-seal", "ledger/seal", "ledger.sealed.v1"),
	systemRow("change-trust", "ledger/trust", "ledger.trust.changed.v1"),
}

func systemRow(name, subject, event string) *Definition {
	return &Definition{
		Name: name, Events: []string{event}, system: true, body: reflect.TypeFor[systemBody](),
		decide: func(d *decision) *Refusal {
			if !d.l.Opened() {
				return refuse(LedgerNotOpen, "")
			}
			d.subject = subject
			return d.emit(event, d.c.body.(*systemBody).Members...)
		},
		evolve: func(f *fold) {
			if f.e.Type == "ledger.trust.changed.v1" {
				f.info.put("trust", f.v.str("trust"))
			}
		},
	}
}
