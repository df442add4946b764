package projections

import "grantledger/domain"

// Names of the reports (DOMAIN.md 11).
const (
	Overview      = "overview"
	Disclosure1   = "disclosure-1"
	Disclosure2   = "disclosure-2"
	Disclosure3   = "disclosure-3"
	Disclosure4   = "disclosure-4"
	ProjectLedger = "project-ledger"
	TrialBalance  = "trial-balance"
)

// ReportTitle is a report with its name on screen.
type ReportTitle struct {
	Name  string
	Title domain.Words
}

// Reports lists the reports in their usual order.
func Reports() []ReportTitle {
	return []ReportTitle{
		{Overview, domain.Words{ZH: "资金总表", EN: "Overview of funds"}},
		{Disclosure1, domain.Words{ZH: "公告表一 收支总体情况", EN: "Disclosure 1: receipts and expenditure"}},
		{Disclosure2, domain.Words{ZH: "公告表二 项目明细", EN: "Disclosure 2: projects"}},
		{Disclosure3, domain.Words{ZH: "公告表三 公益创投", EN: "Disclosure 3: venture philanthropy"}},
		{Disclosure4, domain.Words{ZH: "公告表四 捐赠", EN: "Disclosure 4: donations"}},
		{ProjectLedger, domain.Words{ZH: "项目明细账", EN: "Project ledger"}},
		{TrialBalance, domain.Words{ZH: "科目余额表", EN: "Trial balance"}},
	}
}

// ReportQuery asks for a report. The project ledger needs one project, the
// disclosures one year; by default they take the ledger's newest.
type ReportQuery struct {
	Filter
	Name    string `json:"n"`
	GroupBy []Key  `json:"g,omitempty"` // overview: fund, project, district; default all three
}

// Report is a table. Cells are exact; a unit of ten thousand yuan is a matter of
// display.
type Report struct {
	Position uint64
	ReportTitle
	Years   []int // that the report covers
	Columns []Column
	Rows    []Row
	Totals  []Cell // as Columns; nil when the report has none
	// ProofOK: the proof line holds per fund, district and year, and in sum. It is
	// due when the filter and the view take whole funds or districts; a report for
	// which it is not due has ProofOK too.
	ProofOK, ProofDue bool
	Notes             []domain.Words
}

// CellType is how a column's cells are read.
type CellType string

// The cell types.
const (
	TextCell   CellType = "text"
	AmountCell CellType = "amount" // Number in fen
	RateCell   CellType = "rate"   // Number in basis points
	NumberCell CellType = "number"
	DateCell   CellType = "date" // Text 2026-09-30
)

// Column is a column with the accounts that its amounts come from.
type Column struct {
	Name     string
	Label    domain.Words
	Type     CellType
	Accounts []domain.Account // for the statement of a cell; nil for text
}

// Cell is a value; Null when there is none.
type Cell struct {
	Null   bool
	Text   string
	Words  domain.Words // in place of Text where the text has a language
	Number int64
}

// FigureAccounts are the accounts whose lines make a figure, for its statement.
func FigureAccounts(f domain.Figure) []domain.Account {
	switch f {
	case domain.FigureAppropriated:
		return []domain.Account{domain.Authority}
	case domain.FigureCarriedIn, domain.FigureCarriedOut:
		return []domain.Account{domain.Carried}
	case domain.FigureRecovered:
		return []domain.Account{domain.Recovered}
	case domain.FigureTransferred:
		return []domain.Account{domain.Transferred}
	case domain.FigureArranged:
		return []domain.Account{domain.Allocated, domain.Committed, domain.Disbursed, domain.Lapsed, domain.Carried}
	case domain.FigureAwarded:
		return []domain.Account{domain.Committed, domain.Disbursed, domain.Carried}
	case domain.FigureDisbursed, domain.FigureRate:
		return []domain.Account{domain.Disbursed}
	case domain.FigureLapsed:
		return []domain.Account{domain.Lapsed}
	case domain.FigureAvailable:
		return []domain.Account{domain.Available}
	case domain.FigureAllocated:
		return []domain.Account{domain.Allocated}
	case domain.FigureCommitted:
		return []domain.Account{domain.Committed}
	case domain.FigureRemaining:
		return []domain.Account{domain.Available, domain.Allocated, domain.Committed, domain.Carried}
	}
	return moneyAccounts(f)
}

func moneyAccounts(f domain.Figure) []domain.Account {
	switch f {
	case domain.FigureSpent:
		return []domain.Account{domain.Spent}
	case domain.FigureAdvance:
		return []domain.Account{domain.Advance}
	case domain.FigureRefundDue:
		return []domain.Account{domain.RefundDue}
	case domain.FigureRefunded:
		return []domain.Account{domain.RefundDue, domain.Loss}
	case domain.FigureLoss:
		return []domain.Account{domain.Loss}
	case domain.FigureGoodsReceived, domain.FigureGoodsStock:
		return []domain.Account{domain.Goods}
	case domain.FigureGoodsDelivered:
		return []domain.Account{domain.Delivered}
	case domain.FigurePledged:
		return []domain.Account{domain.PledgeOrigin}
	case domain.FigurePledgeOpen:
		return []domain.Account{domain.PledgeOpen}
	case domain.FigureMatchOpen:
		return []domain.Account{domain.MatchOpen}
	}
	return nil
}

// Row is a row with the filter that its cells' statements have.
type Row struct {
	Cells  []Cell
	Filter map[Key][]string
	Event  uint64 // position of the event that the row stands for; 0 = none
}
