package domain

import "time"

// Preview decides what an open proposal would do if its last approval came at
// the given time, on the state as it is, and changes nothing. The error is the
// *Refusal that the approval would meet.
func (l *Ledger) Preview(id string, at time.Time) ([]Effect, error) {
	p, ok := l.proposals.get(id)
	if !ok {
		return nil, refuse(UnknownSubject, "proposal", "subject", "proposal/"+id)
	}
	v, err := parseJSON(p.Payload)
	if err != nil {
		return nil, refuse(MalformedJSON, "")
	}
	c, err := bindValue(l.rows[p.Command], &v)
	if err != nil {
		return nil, err
	}
	c.Actor, c.Key = p.Maker, p.ID
	d := decision{l: l, c: &c, at: at, today: DateOf(at), trail: &trail{proposal: p.ID, maker: p.Maker, key: p.ID, actor: p.Maker}}
	if err := d.decide(); err != nil {
		return nil, err
	}
	return l.effects(d.events), nil
}
