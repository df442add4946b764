package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"grantledger/domain"
)

// Kind tells what a hit means.
type Kind string

// The two kinds of hits.
const (
	Recheck Kind = "recheck" // a refusal that was not given: a broken writer or an altered log
	Pattern Kind = "pattern" // a question for a person
)

// Words is the kind's name on screen.
func (k Kind) Words() domain.Words {
	if k == Recheck {
		return domain.Words{ZH: "重算不符", EN: "Recheck"}
	}
	return domain.Words{ZH: "提示", EN: "Pattern"}
}

// Unit says what a Measure counts.
type Unit string

// The units of figures and limits.
const (
	Amount Unit = "amount" // fen
	Days   Unit = "days"
	Rate   Unit = "rate" // basis points
	Count  Unit = "count"
	Steps  Unit = "steps" // of approval
	Date   Unit = "date"
	Text   Unit = "text"
)

// Measure is the figure of a hit, or the limit that it is measured by.
type Measure struct {
	Unit  Unit
	Value int64  // of every unit but Text
	Text  string // of Text
}

// String is the bare figure: "20000.00", "45", "13.56%", "2023-06-30".
func (m Measure) String() string {
	switch m.Unit {
	case Amount:
		return domain.Fen(m.Value).String()
	case Rate:
		return domain.Fen(m.Value).String() + "%"
	case Date:
		return domain.Date(m.Value).String()
	case Text:
		return m.Text
	case "":
		return ""
	}
	return strconv.FormatInt(m.Value, 10)
}

func fen(f domain.Fen) Measure     { return Measure{Unit: Amount, Value: int64(f)} }
func days(n int) Measure           { return Measure{Unit: Days, Value: int64(n)} }
func percent(n int) Measure        { return Measure{Unit: Rate, Value: int64(n) * 100} }
func points(n int64) Measure       { return Measure{Unit: Rate, Value: n} }
func count(n int) Measure          { return Measure{Unit: Count, Value: int64(n)} }
func stepCount(n int) Measure      { return Measure{Unit: Steps, Value: int64(n)} }
func date(d domain.Date) Measure   { return Measure{Unit: Date, Value: int64(d)} }
func text(s string) Measure        { return Measure{Unit: Text, Text: s} }
func age(from, to domain.Date) int { return int(to - from) }

// Finding is a hit of a test.
type Finding struct {
	Test          string // "A05"
	Kind          Kind
	Subject       string   // "award/AW-A"
	Positions     []uint64 // of the events, ascending, at least one
	Vouchers      []string // of those of them that have one, in the same order
	Figure, Limit Measure
	Detail        domain.Words
}

// say writes a text in both languages with the same arguments; a text that
// needs them in another order numbers its verbs.
func say(zh, en string, args ...any) domain.Words {
	return domain.Words{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// arrange sorts findings by test, kind, positions, subject and detail, so that
// the order does not depend on how they were found.
func arrange(list []Finding) []Finding {
	slices.SortStableFunc(list, func(x, y Finding) int {
		return cmp.Or(
			cmp.Compare(x.Test, y.Test), -cmp.Compare(x.Kind, y.Kind),
			slices.Compare(x.Positions, y.Positions), cmp.Compare(x.Subject, y.Subject), cmp.Compare(x.Detail.EN, y.Detail.EN),
		)
	})
	return list
}
