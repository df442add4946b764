package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/eventstore/merkle"
	"grantledger/projections"

	"github.com/danielgtaylor/huma/v2"
)

// eventShown is one event with what an auditor needs to check it (API.md 7.5).
type eventShown struct {
	Position    uint64          `json:"position"`
	LeafIndex   uint64          `json:"leaf_index"`
	ID          string          `json:"id"`
	Time        string          `json:"time"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject"`
	Version     uint64          `json:"version"`
	Scopes      []string        `json:"scopes"`
	HeadRaw     string          `json:"head_raw" doc:"exactly as stored; its leaf hash is leaf_hash"`
	BodyRaw     *string         `json:"body_raw" doc:"exactly as stored; its SHA-256 is body_hash"`
	Withheld    bool            `json:"withheld"`
	Body        json.RawMessage `json:"body" doc:"the stored object; amounts in fen"`
	Actor       *person         `json:"actor"`
	Entries     json.RawMessage `json:"entries" doc:"before and after belong to the entry's own tuple"`
	Docs        []docShown      `json:"docs"`
	Source      json.RawMessage `json:"source" doc:"import, row and digest that the event came from"`
	Corrects    *uint64         `json:"corrects"`
	CorrectedBy *uint64         `json:"corrected_by"`
	Previous    *uint64         `json:"previous"`
	Next        *uint64         `json:"next"`
	BodyHash    string          `json:"body_hash"`
	LeafHash    string          `json:"leaf_hash"`
	Sealed      bool            `json:"sealed"`
	Inclusion   *inclusion      `json:"inclusion"`
	Checkpoint  *string         `json:"checkpoint" doc:"signed note of the inclusion's size"`
}

// inclusion proves that a leaf is in the tree of a size.
type inclusion struct {
	Index  uint64   `json:"index"`
	Size   uint64   `json:"size"`
	Root   string   `json:"root"`
	Hashes []string `json:"hashes"`
}

func hexes(hashes []merkle.Hash) []string {
	out := make([]string, len(hashes))
	for i := range hashes {
		out[i] = hex.EncodeToString(hashes[i][:])
	}
	return out
}

// locate finds the event that a path names, by position or id, if the caller
// may see it.
func (c *call) locate(name string) (*projections.EventFacts, error) {
	s := c.server
	position, err := strconv.ParseUint(name, 10, 50)
	if err != nil || strconv.FormatUint(position, 10) != name {
		if position, err = s.Model.Locate(c.context(), name); err != nil {
			return nil, err
		}
	}
	if position == 0 || position > s.Log.Position() {
		return nil, newProblem("not_found")
	}
	if err := c.reach(position, patience); err != nil { // stored, and the model is on its way
		return nil, err
	}
	return s.Model.Event(c.context(), c.view(), position)
}

// event is one event.
func (c *call) event(name string) (*eventShown, error) {
	facts, err := c.locate(name)
	if err != nil {
		return nil, err
	}
	head, body, err := c.server.Log.Event(c.context(), facts.Position)
	if err != nil {
		return nil, err
	}
	var e domain.Event
	if err := domain.DecodeEvent(head, body, &e); err != nil {
		return nil, err
	}
	leaf, sum, bodyText := merkle.Leaf(head), sha256.Sum256(body), string(body)
	out := &eventShown{
		Position: facts.Position, LeafIndex: facts.Position - 1, ID: e.ID, Time: timeText(e.Time), Type: e.Type, Subject: e.Subject,
		Version: e.Version, Scopes: e.Scopes, HeadRaw: string(head), BodyRaw: &bodyText, Body: body,
		Actor: c.shownActor(e.Actor), Entries: appendEffects(nil, facts.Entries), Docs: showDocs(e.Docs), Source: sourceOf(e.Data),
		Corrects: optionalPosition(facts.Corrects), Previous: optionalPosition(facts.Previous), Next: optionalPosition(facts.Next),
		BodyHash: hex.EncodeToString(sum[:]), LeafHash: hex.EncodeToString(leaf[:]),
	}
	if n := len(facts.CorrectedBy); n > 0 {
		out.CorrectedBy = optionalPosition(facts.CorrectedBy[n-1])
	}
	return out, c.prove(out)
}

// prove adds the proof under the newest checkpoint, when it covers the event.
func (c *call) prove(out *eventShown) error {
	seal, ok := c.server.Log.Newest()
	if !ok || seal.Size < out.Position {
		return nil
	}
	proof, err := c.inclusion(out.Position, seal)
	if err != nil {
		return err
	}
	note := string(seal.Note)
	out.Sealed, out.Inclusion, out.Checkpoint = true, proof, &note
	return nil
}

func (c *call) inclusion(position uint64, seal eventstore.Seal) (*inclusion, error) {
	hashes, err := c.server.Log.Inclusion(position, seal.Size)
	if err != nil {
		return nil, err
	}
	return &inclusion{position - 1, seal.Size, hex.EncodeToString(seal.Root[:]), hexes(hashes)}, nil
}

// shownActor is the actor with his name; the public sees roles, not names.
func (c *call) shownActor(actor string) *person {
	if c.identity.user != "" {
		p := c.server.person(actor)
		return &p
	}
	return &person{actor, c.server.roleName(actor, c.lang)}
}

// roleWords are the roles as people read them.
var roleWords = map[string]words{
	"clerk": {ZH: "经办", EN: "clerk"}, "checker": {ZH: "复核", EN: "checker"}, "approver": {ZH: "审批", EN: "approver"},
	"auditor": {ZH: "审计", EN: "auditor"}, "admin": {ZH: "管理员", EN: "administrator"},
}

// roleName is the first role of an actor, for those who may not see names.
func (s *Server) roleName(actor, lang string) string {
	name := words{ZH: "系统", EN: "system"}
	s.Model.State(func(l *domain.Ledger) {
		if len(actor) < 6 || actor[:5] != "user/" {
			return
		}
		name = words{ZH: "用户", EN: "user"}
		if u, ok := l.User(actor[5:]); ok && len(u.Roles) > 0 {
			name = roleWords[u.Roles[0].Role]
		}
	})
	return name.In(lang)
}

func optionalPosition(n uint64) *uint64 {
	if n == 0 {
		return nil
	}
	return &n
}

// sourceOf is the member source of an event's data: the file and row it came
// from.
func sourceOf(data []byte) json.RawMessage {
	list, _ := members(data)
	for _, m := range list {
		if m.name == "source" && len(m.raw) > 0 && m.raw[0] == '{' {
			return m.raw
		}
	}
	return nil
}

func (s *Server) routeEvents(r *router) {
	op := huma.Operation{Tags: []string{"proofs"}, Summary: "one event, by position or id"}
	type one struct {
		ID string `path:"id"`
	}
	operation(r, "GET", base+"/events/{id}", forReaders, op, func(c *call, in *one) (*answer[*eventShown], error) {
		out, err := c.event(in.ID)
		if err != nil {
			return nil, err
		}
		return ledgerAnswer(c, out), nil
	})
	r.handle("GET", base+"/events/{id}/raw", forReaders, about("proofs", "head and body exactly as stored"), s.rawEvent)
	op.Summary = "inclusion proof under a checkpoint"
	operation(r, "GET", base+"/events/{id}/proof", forReaders, op, func(c *call, in *struct {
		ID   string `path:"id"`
		Size uint64 `query:"size" minimum:"1" doc:"of a checkpoint; default the newest"`
	}) (*answer[*inclusion], error) {
		out, err := c.proof(in.ID, in.Size)
		if err != nil {
			return nil, err
		}
		return ledgerAnswer(c, out), nil
	})
}

// rawEvent answers `head LF body LF`.
func (s *Server) rawEvent(c *call) error {
	if err := c.params().problem(); err != nil {
		return err
	}
	facts, err := c.locate(c.echo.Param("id"))
	if err != nil {
		return err
	}
	head, body, err := s.Log.Event(c.context(), facts.Position)
	if err != nil {
		return err
	}
	leaf := merkle.Leaf(head)
	c.header().Set("Ledger-Leaf-Hash", hex.EncodeToString(leaf[:]))
	c.reflects(s.Log.Position())
	out := append(append([]byte{}, head...), '\n')
	out = append(append(out, body...), '\n')
	return c.bytes(200, "application/x-ndjson", out)
}

// proof is the inclusion of an event in the checkpoint of a size, 0 for the
// newest.
func (c *call) proof(id string, size uint64) (*inclusion, error) {
	facts, err := c.locate(id)
	if err != nil {
		return nil, err
	}
	seal, err := c.seal(size)
	if err != nil {
		return nil, err
	}
	if seal.Size < facts.Position {
		return nil, newProblem("not_found")
	}
	return c.inclusion(facts.Position, seal)
}

// seal is the stored checkpoint of a size, 0 for the newest; 404 when there is
// none.
func (c *call) seal(size uint64) (eventstore.Seal, error) {
	if size > 0 {
		return c.server.Log.Checkpoint(c.context(), size)
	}
	seal, ok := c.server.Log.Newest()
	if !ok {
		return seal, newProblem("not_found")
	}
	return seal, nil
}
