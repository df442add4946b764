package domain

import (
	"slices"
	"strings"
)

var holdRows = []*Definition{
	define(Definition{Name: "place-hold", Title: Words{"暂停拨付", "Place a hold"}, Stage: "award", Roles: byCheckers, Subject: "subject", Events: []string{"hold.placed.v1"}},
		(*decision).placeHold, foldHoldPlaced),
	define(Definition{Name: "release-hold", Title: Words{"解除暂停", "Release a hold"}, Stage: "award", Roles: byCheckers, Subject: "subject", Events: []string{"hold.released.v1"}},
		(*decision).releaseHold, foldHoldReleased),
}

// holdFields are those of both commands; the subject is an award or an
// organisation.
type holdFields struct {
	Subject string `f:"subject subject"`
	Hold    string `f:"hold id"`
	Reason  string `f:"reason text"`
}

// holdsOf gives the holds of an award or organisation.
func (d *decision) holdsOf(subject string) ([]Hold, *Refusal) {
	kind, id, _ := strings.Cut(subject, "/")
	switch kind {
	case "award":
		return d.l.awards.at(id).Holds, nil
	case "organisation":
		return d.l.organisations.at(id).Holds, nil
	}
	return nil, invalid("subject", "pattern")
}

func (d *decision) placeHold(c *holdFields) *Refusal {
	holds, err := d.holdsOf(c.Subject)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(holds, func(h Hold) bool { return h.ID == c.Hold }) {
		return refuse(AlreadyExists, "hold", "subject", "hold "+c.Hold)
	}
	return d.emit("hold.placed.v1")
}

func (d *decision) releaseHold(c *holdFields) *Refusal {
	holds, err := d.holdsOf(c.Subject)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(holds, func(h Hold) bool { return h.ID == c.Hold })
	if at < 0 {
		return refuse(UnknownSubject, "hold", "subject", "hold "+c.Hold)
	}
	if holds[at].Released != 0 {
		return wrongState(c.Subject, "hold released")
	}
	return d.emit("hold.released.v1")
}

func foldHoldPlaced(f *fold) {
	f.setHolds(func(holds []Hold) []Hold {
		return append(holds, Hold{ID: f.v.str("hold"), Reason: f.v.str("reason"), Placed: f.e.On})
	})
}

func foldHoldReleased(f *fold) {
	f.setHolds(func(holds []Hold) []Hold {
		holds = slices.Clone(holds)
		for i := range holds {
			if holds[i].ID == f.v.str("hold") {
				holds[i].Released = f.e.On
			}
		}
		return holds
	})
}

func (f *fold) setHolds(change func([]Hold) []Hold) {
	kind, id, _ := strings.Cut(f.v.str("subject"), "/")
	if kind == "award" {
		w := f.awards.at(id)
		w.Holds = change(w.Holds)
		f.awards.put(id, w)
		return
	}
	o := f.organisations.at(id)
	o.Holds = change(o.Holds)
	f.organisations.put(id, o)
}
