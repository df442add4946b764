package projections

import (
	"slices"
	"time"

	"grantledger/domain"
)

// EventQuery chooses events. An event matches the filter when one of its
// entries does, or when its scopes do; a filter of accounts or vintages is
// matched by entries alone.
type EventQuery struct {
	Filter
	Scopes       []string   `json:"sc,omitempty"` // all of them; "project/P-1"
	Types        []string   `json:"ty,omitempty"` // any of them; exact, or a beginning and "*": "award.*"
	Subject      string     `json:"su,omitempty"`
	Voucher      string     `json:"vo,omitempty"`
	Actor        string     `json:"ac,omitempty"`
	Key          string     `json:"ke,omitempty"`
	RecordedFrom time.Time  `json:"rf,omitzero"`  // inclusive
	RecordedTo   time.Time  `json:"rt,omitzero"`  // inclusive
	AmountMin    domain.Fen `json:"mi,omitempty"` // 0 = no limit
	AmountMax    domain.Fen `json:"ma,omitempty"` // 0 = no limit
	After        uint64     `json:"af,omitempty"` // only later positions
	Before       uint64     `json:"be,omitempty"` // only earlier positions; 0 = no limit
	Ascending    bool       `json:"as,omitempty"`
	Limit        int        `json:"-"` // 0 = all
}

// Events is the answer. The query for the next page has Next as After, when
// ascending, or as Before.
type Events struct {
	Position uint64
	Items    []EventItem
	Next     uint64 // 0 at the end
}

// Continue is the query of the next page.
func (q EventQuery) Continue(answer *Events) EventQuery {
	q.Position = answer.Position
	if q.Ascending {
		q.After = answer.Next
	} else {
		q.Before = answer.Next
	}
	return q
}

// EventItem is an event as lists show it.
type EventItem struct {
	Position    uint64
	ID          string
	Time        time.Time
	Type        string
	Subject     string
	Version     uint64
	Scopes      []string
	On          domain.Date // 0 = absent
	Year        int         // 0 = absent
	Voucher     string
	Actor       string
	Key         string
	Amount      domain.Fen // largest line, absolute
	HasEntries  bool       // without entries there is no amount
	Memo        string
	Docs        int
	Corrects    uint64   // 0 = none
	CorrectedBy []uint64 // in order
}

// EventFacts is one event with the balances around it.
type EventFacts struct {
	EventItem
	Entries        []domain.Effect // in stored order; before and after belong to the entry's own tuple
	Previous, Next uint64          // nearest events that the view shows; 0 = none
}

// TimelineQuery asks for the business history of a subject, or of a filter.
type TimelineQuery struct {
	Filter
	Subject string `json:"su,omitempty"` // "project/P-1": events that have it among their scopes
	Page
}

// Timeline is the answer, by business date (the recording date of an event that
// has none), then position.
type Timeline struct {
	Position uint64
	Items    []TimelineItem
	Next     int // offset of the next page, 0 at the end
}

// TimelineItem is an event as a step of a history.
type TimelineItem struct {
	EventItem
	Stage domain.Words
	Title domain.Words
}

// MergeEffect adds the changes of an effect to that of the same tuple.
func MergeEffect(all []domain.Effect, e domain.Effect) []domain.Effect {
	i := slices.IndexFunc(all, func(o domain.Effect) bool { return o.Dimensions == e.Dimensions })
	if i < 0 {
		return append(all, e)
	}
	for _, change := range e.Lines {
		at := slices.IndexFunc(all[i].Lines, func(c domain.Change) bool { return c.Account == change.Account })
		if at < 0 {
			all[i].Lines = append(all[i].Lines, change)
		} else {
			all[i].Lines[at].After = change.After
		}
	}
	return all
}
