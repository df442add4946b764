package domain

import "slices"

// User is a person as the ledger knows one: an id with roles. Names of persons
// stay outside the log.
type User struct {
	ID    string
	Roles []Grant
}

// Grant is a role for named funds, or for all of them ("*").
type Grant struct {
	Role  string // clerk, checker, approver, auditor, admin
	Funds []string
}

// Holds tells whether the user has the role for the fund; an empty fund asks
// for the role on any fund.
func (u User) Holds(role, fund string) bool {
	for _, g := range u.Roles {
		if g.Role == role && (fund == "" || slices.Contains(g.Funds, "*") || slices.Contains(g.Funds, fund)) {
			return true
		}
	}
	return false
}

// Fund is a pool with one source, one custody, one district and one policy.
type Fund struct {
	ID, Name        string
	Source, Custody string // lottery, venture, donation; treasury, held
	District        string
	Subject         string // budget subject code, or ""
	Policy          Policy
	LastClosed      int // newest closed year; 0 = none
}

// Closed tells whether the fund's year is closed.
func (f *Fund) Closed(year int) bool { return year <= f.LastClosed }

// Policy is a fund's rules as set-fund-policy sets them (DOMAIN.md 5.1).
type Policy struct {
	Purposes          []string
	Lapses            bool
	NoticeDays        int
	AwardCap          Fen // 0 = none
	SharePercent      int // 0 = off
	MinRating         int
	Inspection        bool
	OneAward          bool
	SupplementPercent int
	Approval          []ApprovalRule
}

// ApprovalRule is a line of a fund's approval policy.
type ApprovalRule struct {
	Commands []string `f:"commands texts"`
	UpTo     *Fen     `f:"up_to amt opt"`
	Steps    int      `f:"steps int max=2"`
}

// Steps is how many persons beside the maker the command needs: the first rule
// that fits decides, none fits: two (DOMAIN.md 4). priced is false for a
// command without an amount of its own.
func (p *Policy) Steps(command string, amount Fen, priced bool) int {
	for _, r := range p.Approval {
		if !slices.Contains(r.Commands, command) && !slices.Contains(r.Commands, "*") {
			continue
		}
		if r.UpTo == nil || priced && amount <= *r.UpTo {
			return r.Steps
		}
	}
	return 2
}

// Organisation is a recipient or donor.
type Organisation struct {
	ID, Name    string
	USCC        string
	Identifier  string // valid, checksum_failed, masked, missing
	Kind        string
	District    string
	Status      string // active, abnormal, liquidating, deregistered
	Ratings     []Rating
	Inspections []Inspection
	Holds       []Hold
}

// Rating is a rating of 1 to 5 A, valid on both days inclusively.
type Rating struct {
	Value       int
	From, Until Date
}

// Inspection is the result of a yearly inspection.
type Inspection struct {
	Year   int
	Result string // passed, basic, failed
}

// Hold stops payments of an award or an organisation.
type Hold struct {
	ID, Reason string
	Placed     Date
	Released   Date // 0 while in force
}

// Project is what money is spent for; a round is a project others name as parent.
type Project struct {
	ID, Name, District, Purpose, Parent, Place string
	Starts, Ends                               Date
	Closed                                     bool
}

// Award is a decision for one recipient, one project, one fund.
type Award struct {
	ID, Fund, Project, Organisation string
	Kind                            string // grant, purchase
	From                            string // project whose allocation pays
	Amount, First                   Fen    // now, and when confirmed first
	Budget                          Fen    // of the project; 0 = not given
	State                           string // proposed, confirmed, active, terminated
	Proposed, Confirmed, Signed     Date
	NoticeFrom, NoticeUntil         Date
	Agreement                       string
	Starts, Ends                    Date
	Promised                        Fen // match promised at signing
	Instalments                     []Instalment
	Claims                          []Claim
	Evaluations                     []Evaluation
	Objections                      []Objection
	Holds                           []Hold
}

// Paid is the sum of what was paid.
func (a *Award) Paid() Fen {
	var sum Fen
	for _, i := range a.Instalments {
		sum += i.Paid
	}
	return sum
}

// Instalment is a part of an award with the condition of its payment.
type Instalment struct {
	Amount, Paid Fen
	After        string // signing, midterm, final
}

// Claim is a refund that was demanded.
type Claim struct {
	ID                       string
	Year                     int // whose money is claimed back
	Amount, Received, Waived Fen
	Due, Demanded            Date
	Reversed                 bool // the demand was reversed; its id stays taken
}

// Open is what is still to come in.
func (c Claim) Open() Fen {
	if c.Reversed {
		return 0
	}
	return c.Amount - c.Received - c.Waived
}

// Evaluation is the result of a stage.
type Evaluation struct {
	Stage  string // midterm, final
	Score  int
	Result string // passed, rectify, failed
	On     Date
}

// Objection against an award on notice.
type Objection struct {
	ID, Text, Result string // result "" while open
}

// Pledge is a donor's promise.
type Pledge struct {
	ID, Fund, Donor, Form       string
	Amount, Fulfilled, Released Fen
	Due, Made                   Date
	Reversed                    bool
}

// Open is what was promised and neither given nor released.
func (p Pledge) Open() Fen {
	if p.Reversed {
		return 0
	}
	return p.Amount - p.Fulfilled - p.Released
}

// Lot is donated goods of one kind.
type Lot struct {
	ID, Fund, Donor, Item, Unit, Basis string
	Quantity, Out                      int64
	Value, ValueOut                    Fen
	Received                           Date
	Reversed                           bool
}

// Transfer is authority on its way to another fund, or out of the ledger.
type Transfer struct {
	ID, Fund, To string // To "" = left the ledger
	District     string // to_district
	Kind         string
	Parts        []Part
	Sent         Date
	State        string // sent, left, received, reversed
}

// Part is a share of a transfer that has one vintage.
type Part struct {
	Vintage int
	Amount  Fen
}

// Amount is the sum of the parts.
func (t Transfer) Amount() Fen {
	var sum Fen
	for _, p := range t.Parts {
		sum += p.Amount
	}
	return sum
}

// Proposal is a command that waits for approval, or did.
type Proposal struct {
	ID       string // idempotency key of the maker's command
	Command  string
	Payload  []byte // the command's data as sent
	SHA256   string // of Payload
	Fund     string
	Subject  string
	Refs     Refs
	Amount   Fen
	On       Date
	Maker    string
	Checker  string
	Approver string
	Steps    int
	Step     int    // the step that waits: 1 or 2
	State    string // open, approved, rejected, withdrawn
	Position uint64
}

// Refs are the subjects that an event belongs to, beside its entries.
type Refs struct {
	Fund          string
	Projects      []string
	Organisations []string
	Award, Pledge string
	Lot           string
}
