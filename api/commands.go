package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"grantledger/domain"
	"grantledger/eventstore"

	"github.com/danielgtaylor/huma/v2"
)

// Limits of API.md 4 and 9.
const (
	maxCommand = 256 << 10
	maxList    = 4 << 20
	maxBatch   = 500
)

func (s *Server) routeCommands(r *router) {
	r.handle("POST", base+"/commands/{command}", forUsers, nil, s.command)
	r.handle("POST", base+"/commands", forUsers, listOperation(), s.commandList)
	r.handle("GET", base+"/command-results/{key}", forUsers, about("commands", "the stored result of a command by its key"), s.commandResult)
	s.routeCatalogue(r)
	s.routeApprovals(r)
	s.documentCommands(r)
}

// command runs one command.
func (s *Server) command(c *call) error {
	p := c.params("dry_run")
	dryRun := p.flag("dry_run")
	if err := p.problem(); err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	expect, err := c.ifMatch()
	if err != nil {
		return err
	}
	body, err := c.body(maxCommand)
	if err != nil {
		return err
	}
	defer giveBuffer(body)
	cmd, err := s.bind(c, c.echo.Param("command"), body.Bytes())
	if err != nil {
		return err
	}
	cmd.Key, cmd.Actor, cmd.Expect, cmd.DryRun = key, c.identity.actor(), expect, dryRun
	answers, receipt, err := s.do(c, cmd)
	if err != nil {
		return err
	}
	return c.outcome(&answers[0], receipt.Stamps)
}

// bind makes the command of its name and data, and checks what the rules do
// not see: personal data, and the roles that a token leaves out.
func (s *Server) bind(c *call, name string, data []byte) (domain.Command, error) {
	cmd, err := domain.Bind(name, data)
	if err != nil {
		return cmd, err
	}
	if err := personalData(&cmd, data); err != nil {
		return cmd, err
	}
	return cmd, c.mayIssue(&cmd, data)
}

// do hands commands to the writer.
func (s *Server) do(c *call, cmds ...domain.Command) ([]domain.Answer, eventstore.Receipt, error) {
	if s.stopping.Load() {
		return nil, eventstore.Receipt{}, newProblem("shutting_down")
	}
	answers, receipt, err := s.Writer.Do(c.context(), cmds...)
	s.metrics.command(err)
	return answers, receipt, err
}

// mayIssue refuses a command that none of the token's roles may issue. What
// the user himself may do is the writer's to decide.
func (c *call) mayIssue(cmd *domain.Command, data []byte) error {
	if c.identity.roles == nil {
		return nil
	}
	roles := cmd.Definition().Roles
	if len(roles) == 0 {
		roles = c.decidingRoles(cmd.Name, data)
	}
	if len(roles) == 0 {
		return nil
	}
	for _, role := range roles {
		if !c.identity.limited(role) {
			return nil
		}
	}
	return newProblem("not_authorised", "role", strings.Join(roles, "/"), "fund", "*")
}

// decidingRoles are the roles that a step of approval needs.
func (c *call) decidingRoles(name string, data []byte) (roles []string) {
	switch name {
	case "reject-proposal":
		return []string{"checker", "approver"}
	case "approve-proposal":
		id := proposalIn(data)
		c.server.Model.State(func(l *domain.Ledger) {
			if p, ok := l.Proposal(id); ok {
				roles = []string{roleOfStep(p.Step)}
			}
		})
		if roles == nil {
			roles = []string{"checker"}
		}
	}
	return roles
}

func proposalIn(data []byte) string {
	list, _ := members(data)
	for _, m := range list {
		if m.name == "proposal" {
			text, _ := textOf(m.raw)
			return text
		}
	}
	return ""
}

// roleOfStep is who decides a step of approval (DOMAIN.md 4).
func roleOfStep(step int) string {
	if step == 2 {
		return "approver"
	}
	return "checker"
}

// idempotencyKey reads the header.
func (c *call) idempotencyKey() (string, error) {
	values := c.request.Header["Idempotency-Key"]
	if len(values) == 0 || values[0] == "" {
		return "", newProblem("key_required")
	}
	if !isKey(values[0]) || len(values) > 1 {
		return "", invalid(faultAt("header.Idempotency-Key", "pattern", values[0]))
	}
	return values[0], nil
}

// isKey is the pattern [A-Za-z0-9._:-]{1,64}.
func isKey(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '.', c == '_', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// ifMatch is the version in If-Match: "v5"; 0 when it was not sent.
func (c *call) ifMatch() (uint64, error) {
	values := c.request.Header["If-Match"]
	if len(values) == 0 {
		return 0, nil
	}
	text, _ := strings.CutPrefix(strings.TrimSuffix(values[0], `"`), `"v`)
	version, err := strconv.ParseUint(text, 10, 63)
	if err != nil || version == 0 || len(values) > 1 || values[0] != versionTag(version) {
		return 0, invalid(faultAt("header.If-Match", "pattern", values[0]))
	}
	return version, nil
}

// body reads a JSON body of at most limit bytes. The caller gives the buffer
// back.
func (c *call) body(limit int64) (*bytes.Buffer, error) {
	if sent := c.request.Header["Content-Type"]; len(sent) != 1 || sent[0] != typeJSON {
		if err := jsonType(sent); err != nil {
			return nil, err
		}
	}
	b := takeBuffer()
	if _, err := b.ReadFrom(http.MaxBytesReader(c.echo.Response(), c.request.Body, limit)); err != nil {
		giveBuffer(b)
		var tooLarge *http.MaxBytesError
		if !errors.As(err, &tooLarge) && !errors.Is(err, io.EOF) {
			return nil, newProblem("malformed_request", "reason", "body")
		}
		return nil, err
	}
	return b, nil
}

// jsonType accepts application/json with a charset of UTF-8 or none.
func jsonType(sent []string) error {
	if len(sent) == 1 {
		media, parameters, err := mime.ParseMediaType(sent[0])
		charset := parameters["charset"]
		if err == nil && media == typeJSON && (charset == "" || strings.EqualFold(charset, "utf-8")) {
			return nil
		}
	}
	return newProblem("unsupported_media_type", "wanted", typeJSON)
}

// outcome answers one command: 200 for a dry run or a repeat, 202 for a
// proposal, else 201.
func (c *call) outcome(a *domain.Answer, stamps []eventstore.Stamp) error {
	r, err := c.server.result(c.context(), a, stamps)
	if err != nil {
		return err
	}
	h := c.header()
	if r.first() == 0 {
		c.reflects(c.server.Log.Position())
	} else {
		c.reflects(r.last())
		h["Location"] = []string{base + "/events/" + strconv.FormatUint(r.first(), 10)}
		h["Etag"] = []string{`"v` + strconv.FormatUint(r.version(), 10) + `"`}
	}
	b := takeBuffer()
	defer giveBuffer(b)
	b.Write(append(r.append(b.AvailableBuffer()), '\n'))
	return c.bytes(r.status(), typeJSON, b.Bytes())
}

// commandResult gives the stored result of a key.
func (s *Server) commandResult(c *call) error {
	if err := c.params().problem(); err != nil {
		return err
	}
	if err := c.reach(s.Log.Position(), patience); err != nil {
		return err
	}
	key := c.echo.Param("key")
	var position uint64
	s.Model.State(func(l *domain.Ledger) { position = l.KeyPosition(key) })
	if position == 0 {
		return newProblem("not_found")
	}
	if _, err := s.Model.Event(c.context(), c.view(), position); err != nil {
		return err
	}
	return c.outcome(&domain.Answer{Key: key, Replayed: position}, nil)
}

// listOperation documents POST /commands.
func listOperation() *huma.Operation {
	op := about("commands", "up to 500 commands, atomic or independent")
	op.Parameters = []*huma.Param{{
		Name: "mode", In: "query", Required: true, Schema: &huma.Schema{Type: "string", Enum: []any{"atomic", "independent"}},
	}}
	return op
}
