package api

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/eventstore/merkle"
	"grantledger/projections"
)

// eventPage is the page of one event: content, effect, proof, bytes.
func (s *Server) eventPage(c *call) error {
	v, err := c.visit()
	if err != nil {
		return err
	}
	shown, err := c.event(c.echo.Param("id"))
	if err != nil {
		return err
	}
	facts, err := s.Model.Event(c.context(), v.view, shown.Position)
	if err != nil {
		return err
	}
	e, err := v.stored(shown.Position)
	if err != nil {
		return err
	}
	content := web.EventPage{Position: shown.Position, Previous: facts.Previous, Next: facts.Next, Type: e.Type, TypeName: v.reader.Type(e.Type),
		Head: shown.HeadRaw, Body: *shown.BodyRaw, Proof: v.proofOf(shown), Shell: shellLines(shown), PermanentURL: s.Config.PublicURL + "/events/" + strconv.FormatUint(shown.Position, 10)}
	if amount, ok := e.Amount(); ok {
		if e.Type == "entry.reversed.v1" {
			amount = -amount
		}
		content.Amount = v.reader.Money(amount)
	}
	content.Banner = v.banner(facts)
	v.naming(func(n namer) {
		content.Facts = v.eventFacts(n, e)
		content.Entries = v.entryTables(n, facts)
	})
	content.Docs = v.docs(e, shown)
	if project := scopeOf(e.Scopes, "project"); project != "" {
		if content.History, err = v.history("project/"+project, shown.Position); err != nil {
			return err
		}
		content.HasHistory = true
	}
	r := v.reader
	page := v.page(r.Number(shown.Position)+" "+content.TypeName, "/events", web.Crumb{Label: r.T("events.title"), URL: r.URL("/events")}, web.Crumb{Label: r.Number(shown.Position)})
	page.Actions = v.eventActions(facts)
	return v.show("event", page, content)
}

// scopeOf is the first id of a kind among scopes.
func scopeOf(scopes []string, kind string) string {
	for _, s := range scopes {
		if id, ok := strings.CutPrefix(s, kind+"/"); ok {
			return id
		}
	}
	return ""
}

func (v *visit) eventActions(facts *projections.EventFacts) (actions []web.Action) {
	r := v.reader
	at := strconv.FormatUint(facts.Position, 10)
	if facts.Previous > 0 {
		actions = append(actions, web.Action{Label: "‹ " + r.Number(facts.Previous), URL: r.Event(facts.Previous)})
	}
	if facts.Next > 0 {
		actions = append(actions, web.Action{Label: r.Number(facts.Next) + " ›", URL: r.Event(facts.Next)})
	}
	back := r.Live("/", "position", at)
	if project := scopeOf(facts.Scopes, "project"); project != "" {
		back = r.Live("/projects/"+project, "position", at)
	}
	return append(actions, web.Action{Label: r.T("at.this.point"), URL: back},
		web.Action{Label: r.T("raw.bytes"), URL: base + "/events/" + at + "/raw"}, web.Action{Label: r.T("proof.json"), URL: base + "/events/" + at, Primary: true})
}

// banner says which events correct this one, and which one it corrects.
func (v *visit) banner(facts *projections.EventFacts) (out []web.Link) {
	for _, p := range facts.CorrectedBy {
		out = append(out, web.Link{Text: v.reader.T("corrected.by", v.reader.Number(p)), URL: v.reader.Event(p)})
	}
	if facts.Corrects > 0 {
		out = append(out, web.Link{Text: v.reader.T("corrects.banner", v.reader.Number(facts.Corrects)), URL: v.reader.Event(facts.Corrects)})
	}
	return out
}

func (v *visit) eventFacts(n namer, e *domain.Event) []web.Fact {
	r := v.reader
	data := texts(e.Data)
	facts := []web.Fact{plainFact(r.T("type"), r.Type(e.Type)+"　"+e.Type), plainFact(r.T("on"), r.Day(e.On)), plainFact(r.T("recorded"), r.Moment(e.Time)),
		{Label: r.T("subject"), Values: []web.Link{{Text: v.subjectName(n, e.Subject) + "　" + e.Subject, URL: r.Subject(e.Subject)}}}}
	if fund := scopeOf(e.Scopes, "fund"); fund != "" {
		facts = append(facts, web.Fact{Label: r.T("fund"), Values: []web.Link{{Text: orElse(n.label(projections.Fund, fund, 0), fund) + "　" + r.Source(scopeOf(e.Scopes, "source")), URL: r.URL("/funds/" + fund)}}})
	}
	if project := scopeOf(e.Scopes, "project"); project != "" {
		facts = append(facts, web.Fact{Label: r.T("project"), Values: []web.Link{{Text: orElse(n.label(projections.Project, project, 0), project) + "　" + project, URL: r.URL("/projects/" + project)}}})
	}
	if organisation := scopeOf(e.Scopes, "organisation"); organisation != "" {
		facts = append(facts, plainFact(r.T("organisation"), orElse(n.label(projections.Organisation, organisation, 0), organisation)))
	}
	for _, f := range []struct{ key, value string }{{"voucher", data["voucher"]}, {"document", orElse(data["document"], data["receipt"])}, {"reason", data["reason"]}, {"memo", e.Memo}} {
		if f.value != "" {
			facts = append(facts, plainFact(r.T(f.key), f.value))
		}
	}
	facts = append(facts, web.Fact{Label: r.T("persons"), Values: v.persons(e)})
	if source := imported(e.Data); source.Import != "" {
		facts = append(facts, plainFact(r.T("came.from"), r.T("import.row", source.Import, strconv.Itoa(source.Row))+"　"+web.Hash(source.SHA256)))
	}
	return append(facts, plainFact(r.T("idempotency"), e.Key))
}

// importSource is the file and row that an event came from.
type importSource struct {
	Import, SHA256 string
	Row            int
}

func imported(data []byte) (s importSource) {
	if raw := sourceOf(data); raw != nil {
		_ = json.Unmarshal(raw, &s) // a source of another form is not shown
	}
	return s
}

// persons are those who made, checked and approved an event, by their step.
func (v *visit) persons(e *domain.Event) (out []web.Link) {
	list, _ := members(e.Data)
	for _, m := range list {
		if m.name != "approval" {
			continue
		}
		approval := texts(m.raw)
		for _, step := range []string{"maker", "checker", "approver"} {
			if id := approval[step]; id != "" {
				out = append(out, web.Link{Text: v.reader.Said(v.reader.T(step), v.shownActor(id).Name)})
			}
		}
	}
	if len(out) == 0 {
		out = []web.Link{{Text: v.reader.Said(v.reader.T(stepOf(e)), v.shownActor(e.Actor).Name)}}
	}
	return out
}

// stepOf names what the actor of an event was in it: version 1 of a proposal
// is its making, 2 the checker's approval, 3 the approver's.
func stepOf(e *domain.Event) string {
	switch e.Type {
	case "proposal.approved.v1":
		if e.Version > 2 {
			return "approver"
		}
		return "checker"
	case "proposal.rejected.v1":
		return "rejected.by"
	}
	return "maker"
}

func (v *visit) docs(e *domain.Event, shown *eventShown) (out []web.Doc) {
	for i, d := range e.Docs {
		doc := web.Doc{Kind: v.reader.T("kind." + d.Kind), Name: d.Name, Number: d.Number, SHA256: d.SHA256}
		if i < len(shown.Docs) && shown.Docs[i].Stored {
			doc.URL = base + "/evidence/" + d.SHA256
		}
		out = append(out, doc)
	}
	return out
}

func (v *visit) entryTables(n namer, facts *projections.EventFacts) (out []web.EntryTable) {
	r := v.reader
	for _, entry := range facts.Entries {
		d := entry.Dimensions
		t := web.EntryTable{Tuple: []web.Link{{Text: orElse(n.label(projections.Fund, d.Fund, 0), d.Fund), URL: r.URL("/funds/" + d.Fund)}}}
		where := map[projections.Key][]string{projections.Fund: {d.Fund}}
		if d.Project != "" {
			t.Tuple = append(t.Tuple, web.Link{Text: orElse(n.label(projections.Project, d.Project, 0), d.Project), URL: r.URL("/projects/" + d.Project)})
			where[projections.Project] = []string{d.Project}
		}
		if d.Organisation != "" {
			t.Tuple = append(t.Tuple, web.Link{Text: orElse(n.label(projections.Organisation, d.Organisation, 0), d.Organisation)})
			where[projections.Organisation] = []string{d.Organisation}
		}
		t.Tuple = append(t.Tuple, web.Link{Text: orElse(n.label(projections.District, d.District, d.Year), d.District) + " " + d.District}, web.Link{Text: r.T("year.of", d.Year)})
		where[projections.Year] = []string{strconv.Itoa(d.Year)}
		if d.Vintage != 0 {
			t.Tuple = append(t.Tuple, web.Link{Text: r.T("vintage") + " " + strconv.Itoa(d.Vintage)})
			where[projections.Vintage] = []string{strconv.Itoa(d.Vintage)}
		}
		for _, line := range entry.Lines {
			t.Lines = append(t.Lines, web.EntryLine{Account: r.In(line.Account.Book().Words()) + " · " + r.Account(line.Account), URL: v.accountLines(where, line.Account.String()), Before: line.Before, Change: line.After - line.Before, After: line.After})
		}
		out = append(out, t)
	}
	return out
}

// proofOf checks what the page says: body against head, and the proof against
// the root of the newest checkpoint.
func (v *visit) proofOf(shown *eventShown) web.Proof {
	p := web.Proof{BodyHash: shown.BodyHash, LeafHash: shown.LeafHash, ID: shown.ID, BodyOK: strings.HasSuffix(shown.HeadRaw, `"body":"`+shown.BodyHash+`"}`), Sealed: shown.Sealed}
	if !shown.Sealed {
		return p
	}
	p.Size, p.Index, p.Root, p.Hashes, p.Note = shown.Inclusion.Size, shown.Inclusion.Index, shown.Inclusion.Root, shown.Inclusion.Hashes, *shown.Checkpoint
	p.Signers = v.signers(p.Note)
	leaf, root := hashOfHex(p.LeafHash), hashOfHex(p.Root)
	hashes := make([]merkle.Hash, len(p.Hashes))
	for i, h := range p.Hashes {
		hashes[i] = hashOfHex(h)
	}
	p.Included = merkle.VerifyInclusion(hashes, p.Index, p.Size, leaf, root) == nil
	return p
}

// hashOfHex reads a hash that this server wrote.
func hashOfHex(text string) (h merkle.Hash) {
	_, _ = hex.Decode(h[:], []byte(text))
	return h
}

// signers are the keys whose signatures on a note hold, with their roles.
func (v *visit) signers(note string) (names []string) {
	n, err := merkle.ParseNote([]byte(note))
	if err != nil {
		return nil
	}
	lines, err := v.server.Log.Trust().Verify(n)
	if err != nil {
		return nil
	}
	for _, l := range lines {
		names = append(names, l.Key.Name+" ("+l.Role.String()+")")
	}
	return names
}

// shellLines check the bytes shown with stock tools: the body's hash as the
// head names it, the leaf of the head, and the first step of the proof.
func shellLines(shown *eventShown) []string {
	at := base + "/events/" + strconv.FormatUint(shown.Position, 10)
	return []string{
		fmt.Sprintf(`curl -s "$SERVER%s/raw" | sed -n 2p | tr -d '\n' | sha256sum   # %s`, at, shown.BodyHash),
		fmt.Sprintf(`curl -s "$SERVER%s/raw" | sed -n 1p | tr -d '\n' | (printf '\0'; cat) | sha256sum   # %s`, at, shown.LeafHash),
		fmt.Sprintf(`python3 -c 'import json,sys,hashlib as h;e=json.load(sys.stdin);p=e["inclusion"];r=bytes.fromhex(e["leaf_hash"]);f,s=p["index"],p["size"]-1;S=lambda a,b:h.sha256(b"\1"+a+b).digest();exec("for x in map(bytes.fromhex,p[\"hashes\"]):\n if f%%2 or f==s:\n  r=S(x,r)\n  while f%%2==0 and f: f>>=1;s>>=1\n else: r=S(r,x)\n f>>=1;s>>=1");print(r.hex()==p["root"])' < <(curl -s "$SERVER%s")`, at),
	}
}

// hexOf writes a hash.
func hexOf(h merkle.Hash) string { return hex.EncodeToString(h[:]) }
