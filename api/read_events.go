package api

import (
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/projections"
)

// readEvents answers the list of events (API.md 6); one event is not a matter
// of the read model alone.
func readEvents(c *call) error {
	r, err := c.read("events", filterNames, pageNames, []string{
		"scope", "type", "subject", "voucher", "actor", "recorded_from", "recorded_to", "amount_min", "amount_max", "after", "order"})
	if err != nil {
		return err
	}
	var q projections.EventQuery
	if err := r.bind(&q, &q.Filter, func(p *params) { p.events(&q) }); err != nil {
		return err
	}
	q.Limit = r.page(0).Limit
	found, err := r.server.Model.Events(r.context(), r.view, q)
	if err != nil {
		return modelError(err)
	}
	e := envelope{position: found.Position, filter: &q.Filter}
	if found.Next > 0 {
		e.next = projections.Cursor(r.list, q.Continue(found))
	}
	return r.answer(eventTable(found), words{ZH: "流水", EN: "Events"}, e)
}

// events reads the filters that only events have.
func (p *params) events(q *projections.EventQuery) {
	q.Scopes, q.Types = p.references("scope"), p.set("type")
	for _, t := range q.Types {
		if !isEventType(t) {
			p.fault("query.type", "pattern", t)
		}
	}
	q.Subject, q.Actor = p.reference("subject"), p.reference("actor")
	q.Voucher = p.words("voucher")
	q.RecordedFrom, q.RecordedTo = p.moment("recorded_from", false), p.moment("recorded_to", true)
	q.AmountMin, q.AmountMax = p.money("amount_min"), p.money("amount_max")
	q.After = p.number("after", 0, 0, mostPosition)
	q.Ascending = p.enum("order", "desc", "desc", "asc") == "asc"
}

// words is free text; an empty one is a fault.
func (p *params) words(name string) string {
	v := p.text(name)
	if p.has(name) && (v == "" || len(v) > 200 || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd })) {
		p.fault("query."+name, "pattern", v)
	}
	return v
}

// reference is kind/id, "" when it was not given.
func (p *params) reference(name string) string {
	v := p.text(name)
	if p.has(name) && !isReference(v) {
		p.fault("query."+name, "pattern", v)
	}
	return v
}

func (p *params) references(name string) []string {
	values := p.set(name)
	for _, v := range values {
		if !isReference(v) {
			p.fault("query."+name, "pattern", v)
		}
	}
	return values
}

// isReference tells whether s is kind/id.
func isReference(s string) bool {
	kind, id, ok := strings.Cut(s, "/")
	return ok && lettered(kind, "_") && isIdentifier(id)
}

func isIdentifier(s string) bool {
	return len(s) <= 96 && s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._:-", r))
	}) < 0
}

// lettered tells whether s consists of small letters and of others.
func lettered(s, others string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || strings.ContainsRune(others, r))
	}) < 0
}

// isEventType tells whether s can be an event's type, or its beginning and *.
func isEventType(s string) bool {
	s = strings.TrimSuffix(s, "*")
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_')
	}) < 0
}

// moment is a recording time, or a day in UTC+8 of which it is the first
// moment or the last.
func (p *params) moment(name string, last bool) time.Time {
	v := p.text(name)
	if !p.has(name) {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, v); err == nil && t.Year() <= domain.MaxYear && t.Year() >= domain.MinYear {
		return t.UTC()
	}
	if _, ok := domain.ParseDate(v); ok {
		t, _ := time.ParseInLocation(time.DateOnly, v, domain.China)
		if last {
			t = t.AddDate(0, 0, 1).Add(-time.Millisecond)
		}
		return t.UTC()
	}
	p.fault("query."+name, "date", v)
	return time.Time{}
}

// money is an amount, 0 when it was not given.
func (p *params) money(name string) domain.Fen {
	v := p.text(name)
	if !p.has(name) {
		return 0
	}
	amount, err := domain.ParseAmount(v)
	if err != nil {
		p.fault("query."+name, "amount", v)
	}
	return amount
}

// eventTable has one row an event.
func eventTable(found *projections.Events) *table {
	var cs columns
	cs.plain(integerCell, "position")
	cs.plain(textCell, "id", "time", "type", "subject")
	cs.plain(integerCell, "version")
	cs.plain(listCell, "scopes")
	cs.plain(textCell, "on")
	cs.plain(integerCell, "year")
	cs.plain(textCell, "voucher", "actor", "key")
	cs.plain(amountCell, "amount")
	cs.plain(textCell, "memo")
	cs.plain(integerCell, "docs")
	cs.plain(flagCell, "withheld")
	cs.plain(integerCell, "corrects", "corrected_by")
	return &table{columns: cs, rows: len(found.Items), fill: func(row int, cells []cell) {
		e := &found.Items[row]
		cells[0].position(e.Position)
		cells[1].say(e.ID)
		cells[2].say(timeText(e.Time))
		cells[3].say(e.Type)
		cells[4].say(e.Subject)
		cells[5].count(int64(e.Version))
		cells[6].list = e.Scopes
		cells[7].say(e.On.String())
		cells[8].position(uint64(e.Year))
		cells[9].say(e.Voucher)
		cells[10].say(e.Actor)
		cells[11].say(e.Key)
		if e.HasEntries {
			cells[12].amount(e.Amount)
		}
		cells[13].say(e.Memo)
		cells[14].count(int64(e.Docs))
		cells[15].flag(false) // the log has no way to withhold a body yet
		cells[16].position(e.Corrects)
		cells[17].position(latest(e.CorrectedBy))
	}}
}
