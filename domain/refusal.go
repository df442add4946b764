package domain

import (
	"fmt"
	"strings"
)

// Code is the stable code of a refusal (DOMAIN.md 12). Codes never change
// their meaning; texts may.
type Code string

// The codes of the domain.
const (
	NotAuthorised       Code = "not_authorised"
	SamePerson          Code = "same_person"
	UnknownSubject      Code = "unknown_subject"
	AlreadyExists       Code = "already_exists"
	KeyReused           Code = "key_reused"
	LedgerNotOpen       Code = "ledger_not_open"
	WrongState          Code = "wrong_state"
	DuplicateDocument   Code = "duplicate_document"
	DuplicateAward      Code = "duplicate_award"
	AlreadyReversed     Code = "already_reversed"
	OpenProposals       Code = "open_proposals"
	RoleConflict        Code = "role_conflict"
	InvalidInput        Code = "invalid_input"
	InvalidAmount       Code = "invalid_amount"
	InvalidDistrict     Code = "invalid_district"
	InvalidIdentifier   Code = "invalid_identifier"
	EvidenceMissing     Code = "evidence_missing"
	FutureDate          Code = "future_date"
	ClosedYear          Code = "closed_year"
	TooEarly            Code = "too_early"
	YearStillOpen       Code = "year_still_open"
	PreviousYearOpen    Code = "previous_year_open"
	LapseDue            Code = "lapse_due"
	NothingToLapse      Code = "nothing_to_lapse"
	WrongSource         Code = "wrong_source"
	PurposeNotAllowed   Code = "purpose_not_allowed"
	TransferMismatch    Code = "transfer_mismatch"
	PledgeMismatch      Code = "pledge_mismatch"
	OverCap             Code = "over_cap"
	OverShare           Code = "over_share"
	NoticeTooShort      Code = "notice_too_short"
	NoticeOpen          Code = "notice_open"
	ObjectionOpen       Code = "objection_open"
	IneligibleRecipient Code = "ineligible_recipient"
	OnHold              Code = "on_hold"
	WrongPayee          Code = "wrong_payee"
	ConditionNotMet     Code = "condition_not_met"
	InstalmentsMismatch Code = "instalments_mismatch"
	SupplementLimit     Code = "supplement_limit"
	NotReversible       Code = "not_reversible"
	UsedDownstream      Code = "used_downstream"
	NotReversed         Code = "not_reversed"
	OverVoucher         Code = "over_voucher"
	OpenBalances        Code = "open_balances"
	TooLarge            Code = "too_large"
	InsufficientPrefix       = "insufficient_"
	VersionMismatch     Code = "version_mismatch" // API.md 4.2, decided with the command
	MalformedJSON       Code = "malformed_json"   // API.md 1.2
	UnknownCommand      Code = "unknown_command"
)

// insufficient is the code for an account that holds too little.
func insufficient(a Account) Code { return Code(InsufficientPrefix + a.Short()) }

// Refusal is a rule's answer "no". It changes nothing. Field names the
// command's member concerned, when there is one; Details holds the values that
// its texts name; Faults lists every fault of shape.
type Refusal struct {
	Code    Code
	Field   string
	Details map[string]any
	Faults  []Fault
	Index   int // of the command in an atomic list
}

// Fault is one fault of shape in a command's data (API.md 5).
type Fault struct {
	Location string // "body.amount", "body.lines[1].invoice"
	Code     string // required unknown type pattern date enum too_long too_large amount
	Value    string // as given, shortened
}

// Error says code, field and details in one line of English.
func (r *Refusal) Error() string {
	_, text := r.Text()
	if r.Field == "" {
		return fmt.Sprintf("%s: %s", r.Code, text.EN)
	}
	return fmt.Sprintf("%s (%s): %s", r.Code, r.Field, text.EN)
}

// Text gives the refusal's title and detail in both languages.
func (r *Refusal) Text() (title, detail Words) {
	title, detail = refusalWords(r.Code)
	detail.ZH = fill(detail.ZH, r.Details, zhAccounts)
	detail.EN = fill(detail.EN, r.Details, nil)
	return title, detail
}

// fill replaces {name} by the detail of that name; unknown ones by "–".
func fill(text string, details map[string]any, accounts map[string]string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		shown := "–"
		if v, ok := details[name]; ok {
			shown = fmt.Sprint(v)
		}
		if label, ok := accounts[shown]; ok && name == "account" {
			shown = label
		}
		b.WriteString(shown)
		text = after
	}
}

func refuse(code Code, field string, details ...any) *Refusal {
	r := &Refusal{Code: code, Field: field}
	for i := 0; i+1 < len(details); i += 2 {
		if r.Details == nil {
			r.Details = make(map[string]any, len(details)/2)
		}
		r.Details[details[i].(string)] = details[i+1]
	}
	return r
}

// short refuses an amount that an account does not hold.
func short(a Account, have, want Fen) *Refusal {
	return refuse(insufficient(a), "amount", "account", a.String(), "available", have.String(), "requested", want.String())
}
