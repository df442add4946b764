package api

import (
	"context"
	"errors"
	"strconv"

	"grantledger/domain"
	"grantledger/eventstore"
)

// result is the answer to one command on its way to JSON.
type result struct {
	command  string
	key      string
	replayed bool
	dryRun   bool
	events   []resultEvent
	effects  []domain.Effect
	next     *domain.Next
	proposal bool // the command was stored as a proposal
}

type resultEvent struct {
	position uint64 // 0 in a dry run
	id       string // "" in a dry run
	typ      string
	subject  string
	version  uint64
}

// result makes the result of a command from the rules' answer and the stamps
// of its events; a repeated one is read back from the log.
func (s *Server) result(ctx context.Context, a *domain.Answer, stamps []eventstore.Stamp) (*result, error) {
	if a.Replayed != 0 {
		return s.replay(ctx, a.Replayed)
	}
	r := &result{command: a.Command, key: a.Key, dryRun: a.DryRun, effects: a.Effects, next: a.Next}
	r.events = make([]resultEvent, len(a.Events))
	for i, e := range a.Events {
		r.events[i] = resultEvent{typ: e.Type, subject: e.Subject, version: e.Version}
		if !a.DryRun && i < len(stamps) {
			r.events[i].position, r.events[i].id = stamps[i].Position, stamps[i].ID
		}
	}
	r.proposal = len(a.Events) > 0 && a.Events[0].Type == proposalMade
	return r, nil
}

const (
	proposalMade     = "proposal.made.v1"
	proposalApproved = "proposal.approved.v1"
)

// errEnough ends a walk over the log.
var errEnough = errors.New("enough")

// longestCommand bounds the events of one command: close-year of 2,000 balances.
const longestCommand = 4096

// replay reads the first answer of a command back: its events stand from its
// first position on under one key, and the read model knows the balances
// around them.
func (s *Server) replay(ctx context.Context, first uint64) (*result, error) {
	if err := s.reached(ctx, first); err != nil {
		return nil, err
	}
	r := &result{replayed: true}
	var e domain.Event
	err := s.Log.Events(ctx, first, first+longestCommand, func(position uint64, head, body []byte) error {
		if err := domain.DecodeEvent(head, body, &e); err != nil {
			return err
		}
		if position == first {
			r.key, r.proposal = e.Key, e.Type == proposalMade
			r.command = commandOf(&e)
			r.next = s.nextOf(&e)
		} else if e.Key != r.key {
			return errEnough
		}
		r.events = append(r.events, resultEvent{position, e.ID, e.Type, e.Subject, e.Version})
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if len(r.events) == 0 {
		return nil, eventstore.ErrNotFound
	}
	if len(r.events) > 1 { // an approval with its effect has no next step
		r.next = nil
	}
	if err := s.reached(ctx, r.last()); err != nil {
		return nil, err
	}
	if r.effects, err = s.Model.Effects(ctx, first, r.last()); isProblem(modelError(err), "ledger_unavailable") {
		err = newProblem("position_not_reached", "position", r.last()) // the other code would say that nothing was stored
	}
	return r, err
}

// reached waits until the read model has the position, for a while.
func (s *Server) reached(ctx context.Context, position uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.Model.Wait(ctx, position)
	if errors.Is(err, context.DeadlineExceeded) {
		err = newProblem("position_not_reached", "position", position)
	}
	return err
}

// commandOf is the name of the command that made an event.
func commandOf(e *domain.Event) string {
	if e.Type == proposalMade {
		return dataText(e.Data, "command")
	}
	if def := domain.CommandOf(e.Type); def != nil {
		return def.Name
	}
	return ""
}

// nextOf is what the answer to the event's command named as the next step.
func (s *Server) nextOf(e *domain.Event) *domain.Next {
	var p domain.Proposal
	id := e.Key
	if e.Type == proposalApproved {
		id = dataText(e.Data, "proposal")
	}
	s.Model.State(func(l *domain.Ledger) { p, _ = l.Proposal(id) })
	switch {
	case e.Type == proposalMade:
		return &domain.Next{Proposal: id, Step: 1, Steps: p.Steps, Role: roleOfStep(1)}
	case e.Type == proposalApproved && p.Steps == 2:
		return &domain.Next{Proposal: id, Step: 2, Steps: 2, Role: roleOfStep(2)}
	}
	return nil
}

// dataText is a text member of an event's data.
func dataText(data []byte, name string) string {
	list, _ := members(data)
	for _, m := range list {
		if m.name == name {
			text, _ := textOf(m.raw)
			return text
		}
	}
	return ""
}

func (r *result) first() uint64 {
	if len(r.events) == 0 {
		return 0
	}
	return r.events[0].position
}

func (r *result) last() uint64 {
	if len(r.events) == 0 {
		return 0
	}
	return r.events[len(r.events)-1].position
}

// version is that of the main subject after the command.
func (r *result) version() (version uint64) {
	for _, e := range r.events {
		if e.subject == r.events[0].subject {
			version = e.version
		}
	}
	return version
}

func (r *result) status() int {
	switch {
	case r.dryRun, r.replayed:
		return 200
	case r.proposal:
		return 202
	}
	return 201
}

// append writes the JSON of API.md 7.1. Commands are the hot path, so it is
// written by hand.
func (r *result) append(b []byte) []byte {
	b = appendText(append(b, `{"command":`...), r.command)
	b = appendText(append(b, `,"key":`...), r.key)
	b = strconv.AppendBool(append(b, `,"replayed":`...), r.replayed)
	b = strconv.AppendBool(append(b, `,"dry_run":`...), r.dryRun)
	b = appendPosition(append(b, `,"first_position":`...), r.first())
	b = appendPosition(append(b, `,"last_position":`...), r.last())
	b = append(b, `,"events":[`...)
	for i := range r.events {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.events[i].append(b)
	}
	b = appendEffects(append(b, `],"effects":`...), r.effects)
	b = append(b, `,"next":`...)
	if r.next == nil {
		return append(b, "null}"...)
	}
	b = appendText(append(b, `{"proposal":`...), r.next.Proposal)
	b = strconv.AppendInt(append(b, `,"step":`...), int64(r.next.Step), 10)
	b = strconv.AppendInt(append(b, `,"steps":`...), int64(r.next.Steps), 10)
	b = appendText(append(b, `,"role":`...), r.next.Role)
	return append(b, "}}"...)
}

func (e *resultEvent) append(b []byte) []byte {
	b = appendPosition(append(b, `{"position":`...), e.position)
	b = appendOptional(append(b, `,"id":`...), e.id)
	b = appendText(append(b, `,"type":`...), e.typ)
	b = appendText(append(b, `,"subject":`...), e.subject)
	b = strconv.AppendUint(append(b, `,"version":`...), e.version, 10)
	return append(b, '}')
}

// appendPosition appends a number, null when it is 0.
func appendPosition(b []byte, n uint64) []byte {
	if n == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendUint(b, n, 10)
}

// appendEffects appends one item per tuple of dimensions.
func appendEffects(b []byte, effects []domain.Effect) []byte {
	b = append(b, '[')
	for i := range effects {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendDimensions(append(b, `{"dimensions":`...), &effects[i].Dimensions)
		b = append(b, `,"lines":[`...)
		for k, line := range effects[i].Lines {
			if k > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, `{"account":"`...), line.Account.String()...), `","before":"`...)
			b = append(line.Before.Append(b), `","change":"`...)
			b = append((line.After - line.Before).Append(b), `","after":"`...)
			b = append(line.After.Append(b), `"}`...)
		}
		b = append(b, `]}`...)
	}
	return append(b, ']')
}

// appendDimensions appends all seven, null for those that are absent.
func appendDimensions(b []byte, d *domain.Dimensions) []byte {
	b = appendOptional(append(b, `{"fund":`...), d.Fund)
	b = appendOptional(append(b, `,"project":`...), d.Project)
	b = appendOptional(append(b, `,"organisation":`...), d.Organisation)
	b = appendOptional(append(b, `,"district":`...), d.District)
	b = appendPosition(append(b, `,"year":`...), uint64(d.Year))
	b = appendPosition(append(b, `,"vintage":`...), uint64(d.Vintage))
	return append(appendOptional(append(b, `,"purpose":`...), d.Purpose), '}')
}
