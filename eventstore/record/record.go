// Package record is the grammar of a stored event: the head line, the body line, the block that holds them and the
// order of events in one ledger. It takes bytes and gives views into them; nothing is re-encoded, because what is
// hashed is what is stored.
//
// An event is two lines. The head is public to every auditor and is the leaf of the Merkle tree; the body is named
// by its SHA-256 in the head and may be withheld:
//
//	{"id":"01HR61ZRM0PS3CR9BJ4QWWV6B8","time":"2024-03-05T01:00:00.000Z","type":"ledger.opened.v1","subject":"ledger/genesis","version":1,"scopes":["ledger/meta"],"body":"324f…7ea6"}
//	{"salt":"MmG0qPvlS0fAEJscxxqctQ","actor":"user/admin","key":"c-0001","on":"2024-03-05","data":{…}}
//
// The rules are those of the record format, version 1, sections 1 and 3 to 5. The same code checks an event before it is
// stored, when the log is read at start, and when an auditor verifies a package.
package record

// Limits of the format (section 16). Lines are counted without their LF.
const (
	MaxHead    = 8192               // bytes of a head line
	MaxBody    = 65536              // bytes of a body line
	MaxBlock   = 900 << 10          // bytes of the data of one block
	MaxScopes  = 64                 // scopes of a head
	MaxLines   = 64                 // lines of an entry
	MaxDocs    = 64                 // documents of a body
	MaxDepth   = 16                 // brackets open at once
	MaxMembers = 256                // members of an object
	MaxFen     = 999999999999999    // absolute amount of one line, in fen
	MaxBalance = 1<<53 - 1          // absolute sum, and absolute value of any number, in a JSON text
	MaxVersion = 999999999999999    // version of a subject, and position
	MinYear    = 1980               // first year of a business date, a scope or an entry
	MaxYear    = 2199               // last one
	meta       = "ledger/meta"      // the scope of events about the ledger itself
	openedType = "ledger.opened.v1" // the type of position 1
)

// Codes of an Invalid; they are the refusal codes of section 14.
const (
	CodeHead    = "head"    // section 3, or ledger.opened.v1 anywhere but at position 1
	CodeOrder   = "order"   // ids or versions do not continue
	CodeBody    = "body"    // section 4, or another hash than the head names
	CodeEntries = "entries" // the entries or their sums
	CodeScopes  = "scopes"  // the entries or the year name something that the head's scopes lack
	CodeBlock   = "block"   // the data of a block is not pairs of lines
)

// Invalid says why a line, a pair of lines or a sequence is refused.
type Invalid struct {
	Code   string // one of the Code constants
	Reason string // English, one clause
}

// Error gives code and reason.
func (e *Invalid) Error() string { return e.Code + ": " + e.Reason }

func invalid(code, reason string) error { return &Invalid{Code: code, Reason: reason} }
