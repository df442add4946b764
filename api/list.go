package api

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"grantledger/domain"
	"grantledger/eventstore"
)

// commandList runs a list of commands (API.md 4.5).
func (s *Server) commandList(c *call) error {
	p := c.params("mode")
	mode := p.enum("mode", "", "atomic", "independent")
	if !p.has("mode") {
		p.fault("query.mode", "required", "")
	}
	if err := p.problem(); err != nil {
		return err
	}
	body, err := c.body(maxList)
	if err != nil {
		return err
	}
	defer giveBuffer(body)
	list, err := s.readList(body.Bytes())
	if err != nil {
		return err
	}
	if mode == "atomic" {
		return s.atomic(c, list)
	}
	return s.independent(c, list)
}

// listItem is one command of a list, not yet bound.
type listItem struct {
	command string
	key     string
	expect  uint64
	data    []byte
}

// readList reads {"commands":[{command, key, expect_version, data}]}.
func (s *Server) readList(body []byte) ([]listItem, error) {
	if checkJSON(body) != nil {
		return nil, newProblem("malformed_json")
	}
	var raw []byte
	outer, err := members(body)
	if err != nil {
		return nil, invalid(faultAt("body", "type", ""))
	}
	var p params
	for _, m := range outer {
		if m.name == "commands" {
			raw = m.raw
			continue
		}
		p.fault("body."+m.name, "unknown", "")
	}
	rows, err := elements(raw)
	switch {
	case len(p.faults) > 0:
		return nil, p.problem()
	case err != nil || len(rows) == 0:
		return nil, invalid(faultAt("body.commands", "required", ""))
	case len(rows) > maxBatch:
		return nil, newProblem("batch_too_large", "limit", maxBatch)
	}
	list := make([]listItem, len(rows))
	for i, row := range rows {
		p.readItem(&list[i], row, "body.commands["+strconv.Itoa(i)+"]")
	}
	return list, p.problem()
}

func (p *params) readItem(item *listItem, row []byte, at string) {
	parts, err := members(row)
	if err != nil {
		p.fault(at, "type", "")
		return
	}
	ok := true
	for _, m := range parts {
		switch m.name {
		case "command":
			item.command, ok = textOf(m.raw)
		case "key":
			item.key, ok = textOf(m.raw)
		case "expect_version":
			ok = json.Unmarshal(m.raw, &item.expect) == nil
		case "data":
			item.data = m.raw
		default:
			p.fault(at+"."+m.name, "unknown", "")
		}
		if !ok {
			p.fault(at+"."+m.name, "type", "")
			return
		}
	}
	switch {
	case item.command == "":
		p.fault(at+".command", "required", "")
	case item.key == "":
		p.fault(at+".key", "required", "")
	case !isKey(item.key):
		p.fault(at+".key", "pattern", item.key)
	case item.data == nil:
		p.fault(at+".data", "required", "")
	}
}

// bindItem makes the command of an item.
func (s *Server) bindItem(c *call, item *listItem) (domain.Command, error) {
	cmd, err := s.bind(c, item.command, item.data)
	cmd.Key, cmd.Actor, cmd.Expect = item.key, c.identity.actor(), item.expect
	return cmd, err
}

// indexed adds to a problem which command of the list it concerns, and points
// into the list.
func indexed(err error, index int) error {
	p := *problemOf(err)
	details := map[string]any{"index": index}
	for name, v := range p.details {
		details[name] = v
	}
	p.details = details
	p.faults = slices.Clone(p.faults)
	for i := range p.faults {
		if field, ok := strings.CutPrefix(p.faults[i].location, "body."); ok {
			p.faults[i].location = "body.commands[" + strconv.Itoa(index) + "].data." + field
		}
	}
	return &p
}

// atomic stores all commands in one block, or none.
func (s *Server) atomic(c *call, list []listItem) error {
	cmds := make([]domain.Command, len(list))
	for i := range list {
		cmd, err := s.bindItem(c, &list[i])
		if err != nil {
			return indexed(err, i)
		}
		cmds[i] = cmd
	}
	answers, receipt, err := s.do(c, cmds...)
	var refusal *domain.Refusal
	switch {
	case errors.As(err, &refusal):
		return indexed(err, refusal.Index)
	case errors.Is(err, eventstore.ErrTooLarge):
		return newProblem("batch_too_large", "limit", "900 KiB")
	case err != nil:
		return err
	}
	results, err := s.results(c, answers, receipt.Stamps)
	if err != nil {
		return err
	}
	b := takeBuffer()
	defer giveBuffer(b)
	out := append(b.AvailableBuffer(), `{"mode":"atomic","results":[`...)
	for i, r := range results {
		if i > 0 {
			out = append(out, ',')
		}
		out = r.append(out)
	}
	b.Write(append(out, "]}\n"...))
	c.reflects(max(receipt.Last, lastOf(results)))
	status := 201
	if receipt.First == 0 {
		status = 200 // every one of them was done before
	}
	return c.bytes(status, typeJSON, b.Bytes())
}

func lastOf(results []*result) (last uint64) {
	for _, r := range results {
		last = max(last, r.last())
	}
	return last
}

// results gives each answer its stamps, in order.
func (s *Server) results(c *call, answers []domain.Answer, stamps []eventstore.Stamp) ([]*result, error) {
	out := make([]*result, len(answers))
	for i := range answers {
		a := &answers[i]
		n := 0
		if a.Replayed == 0 && !a.DryRun {
			n = min(len(a.Events), len(stamps))
		}
		r, err := s.result(c.context(), a, stamps[:n])
		if err != nil {
			return nil, err
		}
		out[i], stamps = r, stamps[n:]
	}
	return out, nil
}

// outcomeOf is what became of one command of an independent list.
type outcomeOf struct {
	result *result
	err    error
}

// independent decides each command by itself, in order, each seeing those
// before it. Those between two refusals share a block.
func (s *Server) independent(c *call, list []listItem) error {
	outcomes := make([]outcomeOf, len(list))
	cmds := make([]domain.Command, 0, len(list))
	places := make([]int, 0, len(list))
	for i := range list {
		cmd, err := s.bindItem(c, &list[i])
		if err != nil {
			outcomes[i].err = err
			continue
		}
		cmds, places = append(cmds, cmd), append(places, i)
	}
	s.settle(c, cmds, places, outcomes)
	return c.multi(outcomes)
}

// settle runs commands and notes what became of each. When one is refused
// those before it are stored first, so that it is refused on what they left.
func (s *Server) settle(c *call, cmds []domain.Command, places []int, outcomes []outcomeOf) {
	for len(cmds) > 0 {
		n := len(cmds)
		answers, receipt, err := s.do(c, cmds...)
		var refusal *domain.Refusal
		switch {
		case err == nil:
			s.settled(c, answers, receipt.Stamps, places, outcomes)
		case errors.As(err, &refusal) && refusal.Index == 0:
			outcomes[places[0]].err = err
			n = 1
		case errors.As(err, &refusal):
			n = refusal.Index
			s.settle(c, cmds[:n], places[:n], outcomes)
		case errors.Is(err, eventstore.ErrTooLarge) && n > 1:
			n /= 2
			s.settle(c, cmds[:n], places[:n], outcomes)
		default:
			for _, at := range places {
				outcomes[at].err = err
			}
		}
		cmds, places = cmds[n:], places[n:]
	}
}

func (s *Server) settled(c *call, answers []domain.Answer, stamps []eventstore.Stamp, places []int, outcomes []outcomeOf) {
	results, err := s.results(c, answers, stamps)
	for i, at := range places {
		if err != nil {
			outcomes[at].err = err
			continue
		}
		outcomes[at].result = results[i]
	}
}

// multi answers 207 with one result each.
func (c *call) multi(outcomes []outcomeOf) error {
	refused := 0
	for _, o := range outcomes {
		if o.err != nil {
			refused++
		}
	}
	b := takeBuffer()
	defer giveBuffer(b)
	out := strconv.AppendInt(append(b.AvailableBuffer(), `{"mode":"independent","committed":`...), int64(len(outcomes)-refused), 10)
	out = append(strconv.AppendInt(append(out, `,"refused":`...), int64(refused), 10), `,"results":[`...)
	last := c.server.Log.Position()
	for i, o := range outcomes {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = c.appendOutcome(out, i, o); err != nil {
			return err
		}
		if o.result != nil {
			last = max(last, o.result.last())
		}
	}
	b.Write(append(out, "]}\n"...))
	c.reflects(last)
	return c.bytes(207, typeJSON, b.Bytes())
}

func (c *call) appendOutcome(b []byte, index int, o outcomeOf) ([]byte, error) {
	b = strconv.AppendInt(append(b, `{"index":`...), int64(index), 10)
	if o.err == nil {
		b = strconv.AppendInt(append(b, `,"status":`...), int64(o.result.status()), 10)
		return append(o.result.append(append(b, `,"result":`...)), `,"problem":null}`...), nil
	}
	p := problemOf(indexed(o.err, index))
	w := takeBuffer()
	defer giveBuffer(w)
	if err := encode(w, p.wire(c)); err != nil {
		return b, err
	}
	b = strconv.AppendInt(append(b, `,"status":`...), int64(p.status), 10)
	b = append(append(b, `,"result":null,"problem":`...), w.Bytes()[:w.Len()-1]...)
	return append(b, '}'), nil
}
