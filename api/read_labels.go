package api

import (
	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// namer gives the names of ids as they are today. It is good within one call
// of Model.State.
type namer struct {
	ledger   *domain.Ledger
	lang     string
	signedIn bool
}

// naming lets show see the names.
func (c *call) naming(show func(n namer)) {
	c.server.Model.State(func(l *domain.Ledger) { show(namer{l, c.lang, c.identity.user != ""}) })
}

// named are the keys whose values have names beside their codes.
func named(keys []projections.Key) (out []projections.Key) {
	for _, k := range keys {
		switch k {
		case projections.Year, projections.Vintage, projections.Period:
		default:
			out = append(out, k)
		}
	}
	return out
}

// anyYear is later than every year of a register.
const anyYear = 9999

// label is the name of a key's value, "" when it has none. A district has the
// name that it bore in the year.
func (n namer) label(k projections.Key, value string, year int) string {
	if value == "" {
		return ""
	}
	switch k {
	case projections.Fund:
		f, _ := n.ledger.Fund(value)
		return f.Name
	case projections.Project:
		p, _ := n.ledger.Project(value)
		return p.Name
	case projections.Organisation:
		o, _ := n.ledger.Organisation(value)
		return o.Name
	case projections.District, projections.Province, projections.City:
		return n.ledger.Register().Name(value, year)
	case projections.Source:
		return sourceWords(value).In(n.lang)
	case projections.Purpose:
		return n.purpose(value)
	}
	return ""
}

func (n namer) purpose(code string) string {
	p, ok := division.PurposeOf(code)
	switch {
	case !ok:
		return ""
	case n.lang == "en":
		return p.EN
	}
	return p.ZH
}

// actors gives the names of actors as the caller may see them, each asked for
// once.
type actors struct {
	call  *call
	names map[string]string
}

func (a *actors) name(actor string) string {
	name, ok := a.names[actor]
	if !ok {
		name = a.call.shownActor(actor).Name
		a.names[actor] = name
	}
	return name
}
