package domain

import "time"

// Event is one fact of the ledger. The rules make it; the store adds position,
// id, time and salt; DecodeEvent reads it back.
type Event struct {
	Position uint64    // from 1; 0 while not stored
	ID       string    // ULID; empty while not stored
	Time     time.Time // recording time, UTC, milliseconds; of a stored event
	Type     string    // "award.disbursed.v1"
	Subject  string    // "award/AW-A"
	Version  uint64    // of the subject, from 1
	Scopes   []string  // sorted bytewise, unique

	Actor   string // "user/clerk-1", "system/sealer"
	Key     string // idempotency key of the command
	On      Date   // business date; 0 when absent
	Year    int    // accounting year; 0 without entries
	Memo    string
	Docs    []Doc
	Data    []byte // stored JSON object, amounts in fen
	Entries []Entry
}

// Doc is a document outside the log, named by the SHA-256 of its content.
type Doc struct {
	SHA256 string // 64 lower-case hex
	Name   string
	Kind   string // voucher, invoice, agreement, receipt, notice, report, photo
	Number string // optional
}

// Dimensions name where an amount belongs. Empty and zero mean absent.
type Dimensions struct {
	Fund, Project, Organisation, District string
	Year, Vintage                         int
	Purpose                               string
}

// Entry is one tuple of dimensions with its lines, at most one line an account.
type Entry struct {
	Dimensions
	Lines []Line
}

// Line is a signed amount on an account: positive is a debit, negative a
// credit, except under the red-letter rule (Side).
type Line struct {
	Account Account
	Amount  Fen
}

// Amount is the event's size as lists show it: its largest line, absolute;
// ok is false without entries.
func (e *Event) Amount() (largest Fen, ok bool) {
	for _, entry := range e.Entries {
		for _, line := range entry.Lines {
			largest, ok = max(largest, line.Amount, -line.Amount), true
		}
	}
	return largest, ok
}

// Header gives the store what the rules decide of an event's head.
func (e *Event) Header() (typ, subject string, version uint64, scopes []string) {
	return e.Type, e.Subject, e.Version, e.Scopes
}

// Author gives the store who recorded the event and under which key; an empty
// key stands for an event that the server makes by itself.
func (e *Event) Author() (actor, key string) { return e.Actor, e.Key }

// maxTail is what the members behind key may take of a body of 65536 bytes
// (FORMAT.md 16); salt, actor and key need less than the rest.
const maxTail = 65536 - 256

// oversize refuses an event whose scopes or body the log cannot hold. The body
// is written out only when a generous guess comes near the limit.
func (e *Event) oversize() *Refusal {
	if len(e.Scopes) > scopesPerEvent {
		return refuse(TooLarge, "", "limit", scopesPerEvent)
	}
	guess := len(e.Data) + 2*len(e.Memo) + 1000*len(e.Docs) + 600*len(e.Entries) + 100
	if guess > maxTail && len(e.AppendTail(nil)) > maxTail {
		return refuse(TooLarge, "", "limit", "64 KiB")
	}
	return nil
}

// sum adds up the event's lines on an account.
func (e *Event) sum(a Account) Fen {
	var sum Fen
	for i := range e.Entries {
		for _, line := range e.Entries[i].Lines {
			if line.Account == a {
				sum += line.Amount
			}
		}
	}
	return sum
}
