package eventstore

import (
	"errors"
	"fmt"
	"io/fs"
)

// Errors that a caller tells apart with errors.Is. Unless they say otherwise, nothing was stored.
var (
	ErrInUse            = errors.New("eventstore: data directory is in use by another process")
	ErrBusy             = errors.New("eventstore: too many commands are waiting")
	ErrTooLarge         = errors.New("eventstore: command is too large for one block, or an event over a limit of the format")
	ErrUnavailable      = errors.New("eventstore: log unavailable, nothing was stored")
	ErrOutcomeUnknown   = errors.New("eventstore: outcome unknown, the command may have been stored")
	ErrShuttingDown     = errors.New("eventstore: shutting down, nothing was stored")
	ErrClockBehind      = errors.New("eventstore: clock is more than 5 minutes behind the last event")
	ErrClockUnconfirmed = errors.New("eventstore: clock is more than 30 days ahead of the last event, confirm it first")
	ErrNotFound         = errors.New("eventstore: not found")
	ErrExists           = errors.New("eventstore: exists already")
	ErrNoKeys           = errors.New("eventstore: no key files, and only a trial ledger makes its own")
)

// Numbers of the start checks (record format, section 8).
const (
	CheckKeys       = 1 // key files and the trust text in force
	CheckSettings   = 2 // settings of the streams
	CheckBlocks     = 3 // every block
	CheckSeals      = 4 // every seal has the root of the own tree
	CheckAnchor     = 5 // the log reaches the anchor
	CheckReadModels = 6 // no read model is ahead of the log
	CheckOrigin     = 7 // position 1 names the configured origin
	CheckClock      = 8 // the clock is not behind the last event
)

// IntegrityError is a failed start check, or the alarm of the sealer. The log must not be used; nothing was written.
type IntegrityError struct {
	Check    int    // number of the check, one of the Check constants
	Sequence uint64 // block, or seal in check 4, concerned; 0 when none is
	Position uint64 // first event concerned; 0 when none is known
	Reason   string // English, what is missing or differs
}

// Error names the check, the place and the reason.
func (e *IntegrityError) Error() string {
	where := ""
	if e.Sequence > 0 {
		where += fmt.Sprintf(", sequence %d", e.Sequence)
	}
	if e.Position > 0 {
		where += fmt.Sprintf(", position %d", e.Position)
	}
	return fmt.Sprintf("eventstore: start check %d failed%s: %s", e.Check, where, e.Reason)
}

// ModeError is a private key file that others may read, or that belongs to somebody else.
type ModeError struct {
	Path   string
	Mode   fs.FileMode // permission bits found; 0600 is asked for
	Reason string      // English
}

// Error names the file and what is wrong with it.
func (e *ModeError) Error() string {
	return fmt.Sprintf("eventstore: key file %s (mode %04o): %s", e.Path, e.Mode.Perm(), e.Reason)
}
