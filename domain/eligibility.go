package domain

// eligible checks the recipient at the command's date and freezes what it saw
// (DOMAIN.md 5.3, Eligibility). holds are those of the award.
func (d *decision) eligible(award, organisation string, project *Project, holds []Hold) (member, *Refusal) {
	o, p, on := d.l.organisations.at(organisation), &d.fund.Policy, d.c.On
	ineligible := func(condition string) *Refusal {
		return refuse(IneligibleRecipient, "organisation", "organisation", o.ID, "condition", condition)
	}
	rating, inspection := ratingAt(o.Ratings, on), lastInspection(o.Inspections, on.Year())
	var err *Refusal
	switch {
	case o.Status != "active":
		err = ineligible("status " + o.Status)
	case o.Identifier != "valid":
		err = refuse(InvalidIdentifier, "organisation", "organisation", o.ID, "status", o.Identifier)
	case held(holds, o.Holds) != nil:
		err = refuse(OnHold, "organisation", "reason", held(holds, o.Holds).Reason)
	case p.MinRating > 0 && rating < p.MinRating:
		err = ineligible("rating")
	case p.Inspection && (inspection.Year < on.Year()-2 || inspection.Result == "failed"):
		err = ineligible("inspection")
	case p.OneAward && d.hasAwardInRound(award, organisation, project.Parent):
		err = ineligible("one award in a round")
	}
	if err != nil {
		return member{}, err
	}
	b := appendString([]byte(`{"at":`), on.String())
	b = appendString(append(b, `,"status":`...), o.Status)
	b = appendString(append(b, `,"identifier":`...), o.Identifier)
	b = append(append(b, `,"rating":`...), intMember("", int64(rating)).json...)
	b = appendString(append(b, `,"inspection":`...), inspection.Result)
	return member{"eligibility", append(b, '}')}, nil
}

// ratingAt is the newest rating that is valid on the day, or 0.
func ratingAt(ratings []Rating, on Date) int {
	for i := len(ratings) - 1; i >= 0; i-- {
		if r := ratings[i]; r.From <= on && on <= r.Until {
			return r.Value
		}
	}
	return 0
}

// lastInspection is the inspection of the latest year before year.
func lastInspection(list []Inspection, year int) (last Inspection) {
	for _, i := range list {
		if i.Year < year && i.Year >= last.Year {
			last = i
		}
	}
	return last
}

// held is a hold of the lists that is in force, or nil.
func held(lists ...[]Hold) *Hold {
	for _, list := range lists {
		for i := range list {
			if h := &list[i]; h.Released == 0 {
				return h
			}
		}
	}
	return nil
}

func (d *decision) hasAwardInRound(award, organisation, round string) bool {
	if round == "" {
		return false
	}
	for _, id := range d.l.rounds.at(inRound{round, organisation}) {
		if w := d.l.awards.at(id); id != award && (w.State == "confirmed" || w.State == "active") {
			return true
		}
	}
	return false
}
