package domain

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// decision is one command on its way to events.
type decision struct {
	l     *Ledger
	c     *Command
	at    time.Time
	today Date

	refs    Refs
	subject string
	fund    *Fund // of refs, when the ledger has it
	year    int   // posted to
	amount  Fen   // for the approval policy
	priced  bool  // the command has an amount
	trail   *trail
	derived string // the command's field that the rule writes into the event itself

	entries []Entry
	events  []*Event
	next    *Next
}

// trail names the persons behind an effect that took approval.
type trail struct{ proposal, maker, checker, approver, key, actor string }

// decide runs the checks in the order of DOMAIN.md 5: envelope, existence,
// year, state, then as listed, then balances.
func (d *decision) decide() *Refusal {
	def := d.c.def
	if def.system {
		return def.decide(d)
	}
	if err := d.envelope(); err != nil {
		return err
	}
	missing := d.resolve()
	if err := d.authorise(); err != nil {
		return err
	}
	if missing != nil {
		return missing
	}
	named := d.subject != "" // else the rule finds the main subject
	if err := d.expected(); named && err != nil {
		return err
	}
	if def.Approval {
		if err := d.replaced(); err != nil {
			return err
		}
	}
	if err := def.decide(d); err != nil {
		return err
	}
	if err := d.expected(); !named && err != nil {
		return err
	}
	if d.trail == nil && def.Approval && !d.c.approved {
		return d.propose()
	}
	return nil
}

// expected refuses when the main subject has another version than the one that
// the caller saw.
func (d *decision) expected() *Refusal {
	if v := d.l.versions.at(d.subject); d.c.Expect != 0 && v != d.c.Expect {
		return refuse(VersionMismatch, "", "current_version", v)
	}
	return nil
}

func (d *decision) envelope() *Refusal {
	if d.c.Name != "open-ledger" && !d.l.Opened() {
		return refuse(LedgerNotOpen, "")
	}
	if d.c.On > d.today {
		return refuse(FutureDate, "on", "date", d.c.On.String(), "today", d.today.String())
	}
	return nil
}

// authorise checks the issuer's role. A fund that does not exist yet asks for
// the role on any fund.
func (d *decision) authorise() *Refusal {
	fund := ""
	if d.fund != nil {
		fund = d.fund.ID
	}
	roles := d.c.def.Roles
	if len(roles) == 0 { // decided by the command's own rule
		return nil
	}
	user, known := d.l.users.get(strings.TrimPrefix(d.c.Actor, "user/"))
	for _, role := range roles {
		if known && user.Holds(role, fund) {
			return nil
		}
	}
	return d.notAuthorised(strings.Join(roles, "/"), fund)
}

func (d *decision) notAuthorised(role, fund string) *Refusal {
	if fund == "" {
		fund = "*"
	}
	return refuse(NotAuthorised, "", "role", role, "fund", fund)
}

func (d *decision) replaced() *Refusal {
	if d.c.Replaces == "" {
		return nil
	}
	v := d.l.vouchers.get(d.c.Replaces)
	if v == nil {
		return refuse(UnknownSubject, "replaces", "subject", "voucher "+d.c.Replaces)
	}
	if v.reversed == 0 {
		return refuse(NotReversed, "replaces", "number", d.c.Replaces)
	}
	return nil
}

// posts declares the fund year that the command posts to; it must be open.
func (d *decision) posts(year int) *Refusal {
	d.year = year
	if d.fund.Closed(year) {
		return refuse(ClosedYear, "on", "year", year)
	}
	return nil
}

// price sets the amount that the approval policy goes by.
func (d *decision) price(amount Fen) { d.amount, d.priced = amount, true }

// t is the tuple T of a fund: district, year and vintage (DOMAIN.md 3).
func (d *decision) t(f *Fund, vintage int) Dimensions {
	return Dimensions{Fund: f.ID, District: d.district(f.District), Year: d.year, Vintage: vintage}
}

// p is the tuple P: the fund's money set aside for a project.
func (d *decision) p(f *Fund, p *Project, vintage int) Dimensions {
	return Dimensions{Fund: f.ID, Project: p.ID, District: d.district(p.District), Year: d.year, Vintage: vintage, Purpose: p.Purpose}
}

// a is the tuple A of an award: P of its project with the recipient.
func (d *decision) a(w *Award, vintage int) Dimensions {
	p := d.l.projects.at(w.Project)
	dims := d.p(d.fund, &p, vintage)
	dims.Organisation = w.Organisation
	return dims
}

// district is the code normalised for the year posted to.
func (d *decision) district(code string) string { return d.l.register().Normalise(code, d.year) }

// post adds a line to the event in the making.
func (d *decision) post(dims Dimensions, a Account, amount Fen) {
	at := slices.IndexFunc(d.entries, func(e Entry) bool { return e.Dimensions == dims })
	if at < 0 {
		at = len(d.entries)
		d.entries = append(d.entries, Entry{Dimensions: dims})
	}
	lines := d.entries[at].Lines
	for i := range lines {
		if lines[i].Account == a {
			lines[i].Amount += amount
			return
		}
	}
	d.entries[at].Lines = append(lines, Line{a, amount})
}

// move posts a budget move; between districts it goes over budget.transferred,
// so that the book sums to zero per fund, district and year.
func (d *decision) move(from Dimensions, a Account, to Dimensions, b Account, amount Fen) {
	d.post(from, a, -amount)
	d.post(to, b, amount)
	if from.District != to.District {
		d.post(from, Transferred, amount)
		d.post(to, Transferred, -amount)
	}
}

// free is where authority of that vintage goes when it comes back to a: after
// two years to budget.lapsed, when the fund lapses.
func (d *decision) free(a Account, vintage int) Account {
	if d.fund.Policy.Lapses && d.year-vintage >= 2 {
		return Lapsed
	}
	return a
}

// draw takes amount from account at dims, oldest vintage first, or refuses.
func (d *decision) draw(a Account, dims Dimensions, amount Fen) ([]part, *Refusal) {
	parts, have := d.l.books.draw(a, dims, amount)
	if have < amount {
		return nil, short(a, have, amount)
	}
	return parts, nil
}

// drawFrom is draw limited to one vintage, when vintage is not zero.
func (d *decision) drawFrom(a Account, dims Dimensions, vintage int, amount Fen) ([]part, *Refusal) {
	if vintage == 0 {
		return d.draw(a, dims, amount)
	}
	if have := d.l.books.drawVintage(a, dims, vintage); have < amount {
		return nil, short(a, have, amount)
	}
	return []part{{vintage, amount}}, nil
}

// member is a value that a rule adds to the event's data behind the command's
// own fields.
type member struct {
	name string
	json []byte
}

func textMember(name, text string) member { return member{name, appendString(nil, text)} }

// emit finishes the event in the making: lines that came to zero are left out,
// guarded balances are checked, voucher, version and position are given.
func (d *decision) emit(typ string, extra ...member) *Refusal {
	entries := compact(d.entries)
	d.entries = nil
	if a, have, want, found := d.l.books.shortfall(entries); found {
		return short(a, have, want)
	}
	if limit, found := d.l.books.excess(entries); found {
		return refuse(TooLarge, "amount", "limit", limit.String())
	}
	e := &Event{
		Position: d.l.position + 1 + uint64(len(d.events)), Type: typ, Subject: d.subject,
		Version: d.l.versions.at(d.subject) + 1, Actor: d.c.Actor, Key: d.c.Key,
		On: d.c.On, Memo: d.c.Memo, Docs: d.c.Docs, Entries: entries,
	}
	for _, before := range d.events {
		if before.Subject == e.Subject {
			e.Version++
		}
	}
	if len(entries) > 0 {
		e.Year = d.year
		extra = append(extra, textMember("voucher", d.nextVoucher()))
	}
	if d.trail != nil && d.c.def.Approval {
		e.Key, e.Actor = d.trail.key, d.trail.actor
		extra = append(extra, member{"approval", d.trail.json()})
	}
	e.Data = d.data(extra)
	e.Scopes = d.scopes(e)
	if err := e.oversize(); err != nil {
		return err
	}
	d.events = append(d.events, e)
	return nil
}

// data is the event's data: the command's fields, then what the rule derived.
func (d *decision) data(extra []member) []byte {
	b := d.c.appendData(make([]byte, 0, 256), d.derived)
	for _, m := range extra {
		b = append(appendName(b, m.name), m.json...)
	}
	return append(b, '}')
}

// compact drops lines of zero and entries without lines.
func compact(entries []Entry) []Entry {
	kept := entries[:0]
	for _, e := range entries {
		e.Lines = slices.DeleteFunc(e.Lines, func(l Line) bool { return l.Amount == 0 })
		if len(e.Lines) > 0 {
			kept = append(kept, e)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// nextVoucher is the next number of the fund year, gapless in log order.
func (d *decision) nextVoucher() string {
	n := d.l.vouchers.newest(fundYear{d.fund.ID, d.year}) + 1
	for _, e := range d.events {
		if len(e.Entries) > 0 {
			n++
		}
	}
	return d.fund.ID + "/" + strconv.Itoa(d.year) + "/" + strconv.Itoa(n)
}

// scopes are the subjects by which the event is found and exported (DOMAIN.md 3).
func (d *decision) scopes(e *Event) []string {
	if strings.HasPrefix(e.Type, "ledger.") {
		return []string{"ledger/meta"}
	}
	s := make([]string, 0, 16)
	var buffer [longestText]byte
	add := func(kind, id string) {
		if id != "" {
			s = append(s, d.l.reader.texts.of(append(append(append(buffer[:0], kind...), '/'), id...)))
		}
	}
	s = append(s, e.Subject)
	for i := range e.Entries {
		dims := &e.Entries[i].Dimensions
		add("fund", dims.Fund)
		add("project", dims.Project)
		add("organisation", dims.Organisation)
		add("district", dims.District)
		add("year", yearText(dims.Year))
		add("purpose", dims.Purpose)
	}
	if e.Year != 0 {
		add("year", yearText(e.Year))
	}
	r := &d.refs
	add("fund", r.Fund)
	if f, ok := d.l.funds.get(r.Fund); ok {
		add("source", f.Source)
	} else if c, ok := d.c.body.(*openFund); ok {
		add("source", c.Source)
	}
	for _, id := range r.Projects {
		add("project", id)
	}
	for _, id := range r.Organisations {
		add("organisation", id)
	}
	add("award", r.Award)
	add("pledge", r.Pledge)
	add("lot", r.Lot)
	slices.Sort(s)
	return slices.Compact(s)
}
