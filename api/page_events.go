package api

import (
	"strings"

	"grantledger/api/web"
	"grantledger/domain"
	"grantledger/projections"
)

// eventsPage lists events with filters, newest first.
func (s *Server) eventsPage(c *call) error {
	v, err := c.visit([]string{"fund", "project", "organisation", "district", "year", "type", "voucher", "amount_min", "amount_max", "cursor", "from", "city", "purpose", "source", "order"})
	if err != nil {
		return err
	}
	q, err := v.eventQuery()
	if err != nil {
		return err
	}
	rows, next, err := v.eventRows(q)
	if err != nil {
		return err
	}
	content := web.EventList{Rows: rows}
	if content.Fields, err = v.eventFields(q); err != nil {
		return err
	}
	if next > 0 {
		content.More = v.reader.URL("/events", "cursor", projections.Cursor("page/events", q.Continue(&projections.Events{Position: q.Position, Next: next})))
	}
	page := v.page(v.reader.T("events.title"), "/events", web.Crumb{Label: v.reader.T("events.title")})
	page.Actions = v.files("/events")
	return v.show("events", page, content)
}

func (v *visit) eventQuery() (q projections.EventQuery, err error) {
	p := v.params
	q.Limit = usualLimit
	if p.has("cursor") {
		if projections.Resume("page/events", p.text("cursor"), &q) != nil || !sound(&q.Filter) {
			return q, newProblem("invalid_cursor")
		}
		q.Limit = usualLimit
		return q, nil
	}
	p.drop("type", "voucher", "amount_min", "amount_max", "from")
	q.Filter = v.at(p.one(projections.Fund, projections.Project, projections.Organisation, projections.District, projections.City, projections.Year, projections.Purpose, projections.Source))
	q.From = p.date("from")
	q.Types, q.Voucher = p.list("type"), p.text("voucher")
	q.AmountMin, q.AmountMax = p.typed("amount_min"), p.typed("amount_max")
	q.Ascending = p.enum("order", "desc", "asc", "desc") == "asc"
	return q, p.problem()
}

// typed is an amount as people type it: with or without decimals.
func (p *params) typed(name string) domain.Fen {
	text := strings.ReplaceAll(p.text(name), ",", "")
	if text == "" {
		return 0
	}
	if !strings.Contains(text, ".") {
		text += ".00"
	}
	f, err := domain.ParseAmount(text)
	if err != nil {
		p.fault("query."+name, "amount", p.text(name))
	}
	return f
}

func (v *visit) eventFields(q projections.EventQuery) ([]web.Field, error) {
	funds, err := v.fundField(q.Where[projections.Fund])
	if err != nil {
		return nil, err
	}
	years, err := v.yearField(q.Where[projections.Year])
	if err != nil {
		return nil, err
	}
	districts, err := v.districtField(q.Where[projections.District])
	if err != nil {
		return nil, err
	}
	r := v.reader
	types := web.Field{Name: "type", Label: r.T("type"), Options: append([]web.Choice{{Label: r.T("all")}}, r.Types(q.Types)...)}
	text := func(name string) string { return v.params.text(name) }
	return []web.Field{types, funds, {Name: "project", Label: r.T("project"), Type: "text", Value: text("project")}, districts, years, {Name: "voucher", Label: r.T("voucher"), Type: "text", Value: text("voucher")},
		{Name: "amount_min", Label: r.T("amount.min"), Type: "text", Value: text("amount_min")}, {Name: "amount_max", Label: r.T("amount.max"), Type: "text", Value: text("amount_max")}}, nil
}
