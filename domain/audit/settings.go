package audit

// Settings are the bounds of the tests, the n of DOMAIN.md 13. Days are days
// of the calendar, percents whole percents.
type Settings struct {
	ReceiveDays      int // A02: from sending a transfer to receiving it
	PassOnDays       int // A02: from an appropriation to its allocation
	PassOnPercent    int // A02: what must be allocated or transferred by then
	JunePercent      int // A03: rate of a fund year on 30 June
	SeptemberPercent int // A03: on 30 September
	ClosingPercent   int // A03: at closing
	UnpaidDays       int // A03: from confirmation to the first payment
	AdvanceDays      int // A05: age of an advance
	EqualDays        int // A06: between two acceptances of equal amount
	SplitDays        int // A09: within which awards or payments belong together
	SplitPercent     int // A09: share of a band's limit that is near to it
	WaivedPercent    int // A11: of the match promised
	LateUseDays      int // A16: after the end of the project
	RefundDays       int // A17: for a claim without due date
	ReversedPercent  int // A18: of a maker's vouchers in a year
	ReversedCount    int // A18: and at least so many
	ReversalDays     int // A18: at the end of December, and before a close
	LateEntryDays    int // A19: from business date to recording
	StockDays        int // A22: age of goods in stock
}

// Defaults are the bounds as DOMAIN.md 13 gives them.
func Defaults() Settings {
	return Settings{
		ReceiveDays: 30, PassOnDays: 60, PassOnPercent: 50,
		JunePercent: 40, SeptemberPercent: 70, ClosingPercent: 90, UnpaidDays: 90,
		AdvanceDays: 180, EqualDays: 7, SplitDays: 30, SplitPercent: 90, WaivedPercent: 20,
		LateUseDays: 60, RefundDays: 30, ReversedPercent: 5, ReversedCount: 5, ReversalDays: 10,
		LateEntryDays: 30, StockDays: 180,
	}
}

// Setting is one of the bounds with its name, "receive_days".
type Setting struct {
	Name  string
	Test  string // that it belongs to
	Value int
}

// List gives the settings in the order of the tests.
func (s Settings) List() []Setting {
	var list []Setting
	for _, f := range s.fields() {
		list = append(list, Setting{f.name, f.test, *f.value})
	}
	return list
}

// Set changes the setting of that name; it is false for an unknown name and for
// a value below zero.
func (s *Settings) Set(name string, value int) bool {
	for _, f := range s.fields() {
		if f.name == name && value >= 0 {
			*f.value = value
			return true
		}
	}
	return false
}

type field struct {
	test, name string
	value      *int
}

func (s *Settings) fields() []field {
	return []field{
		{"A02", "receive_days", &s.ReceiveDays}, {"A02", "pass_on_days", &s.PassOnDays}, {"A02", "pass_on_percent", &s.PassOnPercent},
		{"A03", "june_percent", &s.JunePercent}, {"A03", "september_percent", &s.SeptemberPercent},
		{"A03", "closing_percent", &s.ClosingPercent}, {"A03", "unpaid_days", &s.UnpaidDays},
		{"A05", "advance_days", &s.AdvanceDays}, {"A06", "equal_days", &s.EqualDays},
		{"A09", "split_days", &s.SplitDays}, {"A09", "split_percent", &s.SplitPercent}, {"A11", "waived_percent", &s.WaivedPercent},
		{"A16", "late_use_days", &s.LateUseDays}, {"A17", "refund_days", &s.RefundDays},
		{"A18", "reversed_percent", &s.ReversedPercent}, {"A18", "reversed_count", &s.ReversedCount}, {"A18", "reversal_days", &s.ReversalDays},
		{"A19", "late_entry_days", &s.LateEntryDays}, {"A22", "stock_days", &s.StockDays},
	}
}
