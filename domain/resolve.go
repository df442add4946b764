package domain

import (
	"reflect"
	"strings"
)

// resolve looks up what the command names: it fills refs, fund and subject, and
// returns the refusal for the first thing that is not there (or, being new, is
// there already). The refusal waits until the issuer's role has been checked.
func (d *decision) resolve() *Refusal {
	var first *Refusal
	body := reflect.ValueOf(d.c.body).Elem()
	for i := range d.c.def.Fields {
		f := &d.c.def.Fields[i]
		var id string
		switch f.Kind {
		case "ref", "new", "see", "voucher", "subject":
			id = body.FieldByIndex(f.index).String()
		}
		if id == "" {
			continue
		}
		kind := f.Of
		switch f.Kind {
		case "voucher":
			kind = "voucher"
		case "subject":
			kind, id, _ = strings.Cut(id, "/")
		}
		there := d.l.exists(kind, id)
		if f.Kind != "see" {
			d.join(kind, id)
		}
		if d.subject == "" && (d.c.def.Subject == kind || f.Kind == "subject") {
			d.subject = kind + "/" + id
		}
		if first != nil || there == (f.Kind != "new") {
			continue
		}
		code := UnknownSubject
		if there {
			code = AlreadyExists
		}
		first = refuse(code, f.Name, "subject", kind+"/"+id)
	}
	if f, ok := d.l.funds.get(d.refs.Fund); ok {
		d.fund = &f
	}
	return first
}

// exists tells whether the subject is in the ledger.
func (l *Ledger) exists(kind, id string) bool {
	switch kind {
	case "fund":
		return l.funds.has(id)
	case "project":
		return l.projects.has(id)
	case "organisation":
		return l.organisations.has(id)
	case "user":
		return l.users.has(id)
	case "award":
		return l.awards.has(id)
	case "pledge":
		return l.pledges.has(id)
	case "lot":
		return l.lots.has(id)
	case "transfer":
		return l.transfers.has(id)
	case "voucher":
		return l.vouchers.get(id) != nil
	case "proposal":
		return l.proposals.has(id)
	}
	return false
}

// join adds the subject, and what it belongs to, to refs.
func (d *decision) join(kind, id string) {
	l, r := d.l, &d.refs
	switch kind {
	case "fund":
		r.Fund = id
	case "project":
		r.Projects = append(r.Projects, id)
	case "organisation":
		r.Organisations = append(r.Organisations, id)
	case "award":
		r.Award = id
		if w, ok := l.awards.get(id); ok {
			r.Fund = w.Fund
			r.Projects, r.Organisations = append(r.Projects, w.Project), append(r.Organisations, w.Organisation)
		}
	case "pledge":
		r.Pledge = id
		if p, ok := l.pledges.get(id); ok && r.Fund == "" {
			r.Fund = p.Fund
			r.Organisations = append(r.Organisations, p.Donor)
		}
	case "lot":
		r.Lot = id
		if lot, ok := l.lots.get(id); ok {
			r.Fund = lot.Fund
		}
	case "voucher":
		if v := l.vouchers.get(id); v != nil {
			d.refs, d.subject = *v.refs, v.subject
		}
	case "proposal":
		if p, ok := l.proposals.get(id); ok {
			d.refs = p.Refs
		}
	}
}
