package api

import (
	"grantledger/projections"
)

// readTimeline answers the business history of a subject or a filter.
func readTimeline(c *call) error {
	r, err := c.read("timeline", filterNames, pageNames, []string{"subject"})
	if err != nil {
		return err
	}
	var q projections.TimelineQuery
	if err := r.bind(&q, &q.Filter, func(p *params) { q.Subject = p.reference("subject") }); err != nil {
		return err
	}
	q.Page = r.page(q.Offset)
	found, err := r.server.Model.Timeline(r.context(), r.view, q)
	if err != nil {
		return modelError(err)
	}
	e := envelope{position: found.Position, filter: &q.Filter}
	if found.Next > 0 {
		next := q
		next.Position, next.Offset = found.Position, found.Next
		e.next = projections.Cursor(r.list, next)
	}
	return r.answer(r.timelineTable(found), words{ZH: "经过", EN: "Timeline"}, e)
}

// timelineTable has one row a step.
func (r *reading) timelineTable(found *projections.Timeline) *table {
	var cs columns
	cs.plain(integerCell, "position")
	cs.plain(textCell, "on", "time", "type", "stage", "title")
	cs.plain(amountCell, "amount")
	cs.add("actor", "id", textCell, memberWords("actor.id"))
	cs.add("actor", "name", textCell, memberWords("actor.name"))
	cs.plain(textCell, "subject", "voucher")
	cs.plain(integerCell, "corrects", "corrected_by")
	cs.plain(textCell, "event")
	people := actors{r.call, map[string]string{}}
	return &table{columns: cs, rows: len(found.Items), fill: func(row int, cells []cell) {
		e := &found.Items[row]
		cells[0].position(e.Position)
		cells[1].say(e.On.String())
		cells[2].say(timeText(e.Time))
		cells[3].say(e.Type)
		cells[4].say(e.Stage.In(r.lang))
		cells[5].say(e.Title.In(r.lang))
		if e.HasEntries {
			cells[6].amount(e.Amount)
		}
		cells[7].say(e.Actor)
		cells[8].say(people.name(e.Actor))
		cells[9].say(e.Subject)
		cells[10].say(e.Voucher)
		cells[11].position(e.Corrects)
		cells[12].position(latest(e.CorrectedBy))
		cells[13].say(eventURL(e.Position))
	}}
}
