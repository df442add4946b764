package projections

import (
	"bytes"
	"strings"

	"grantledger/domain"
)

// Enrolled is the subject whose first event this is, as lists of subjects know
// it; ok is false for an event that begins none.
func Enrolled(e *domain.Event) (kind, id string, ok bool) {
	switch e.Type {
	case "fund.opened.v1", "project.registered.v1", "organisation.registered.v1", "user.enrolled.v1",
		"award.proposed.v1", "pledge.made.v1", "goods.received.v1", "proposal.made.v1", "district.registered.v1":
		return strings.Cut(e.Subject, "/")
	case "fund.transferred.v1":
		return "transfer", StoredText(e.Data, "transfer"), true
	case "ledger.opened.v1":
		return strings.Cut(e.Actor, "/")
	}
	return "", "", false
}

// StageDetail is what the stage of an event hangs on, for Stage: the number of
// the instalment, or 1 for a midterm and 2 for a final evaluation.
func StageDetail(e *domain.Event) uint8 {
	switch e.Type {
	case "award.disbursed.v1":
		return uint8(min(storedNumber(e.Data, "instalment"), 255))
	case "award.evaluated.v1":
		if StoredText(e.Data, "stage") == "midterm" {
			return 1
		}
		return 2
	}
	return 0
}

// StoredText reads a member of an event's stored data that is a string without
// escapes, as ids and numbers are; "" when it is absent. A quote inside a string
// is stored as \", so the pattern cannot lie inside one.
func StoredText(data []byte, name string) string {
	_, rest, ok := bytes.Cut(data, []byte(`"`+name+`":"`))
	if !ok {
		return ""
	}
	text, _, _ := bytes.Cut(rest, []byte{'"'})
	return string(text)
}

func storedNumber(data []byte, name string) int {
	_, rest, ok := bytes.Cut(data, []byte(`"`+name+`":`))
	n := 0
	for i := 0; ok && i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
		n = n*10 + int(rest[i]-'0')
	}
	return n
}
