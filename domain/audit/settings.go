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
