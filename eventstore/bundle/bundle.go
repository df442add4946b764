// Package bundle writes and verifies the export package: what a ledger hands to an auditor (record format, sections 10
// to 15). A package is a ZIP file of exactly six members in this order:
//
//	MANIFEST        what the package claims, a note signed by an export key
//	checkpoint      the signed size and root of the ledger, with witness lines
//	heads.ndjson    the head line of every event of the range
//	bodies.ndjson   the body line of every event that matches the filter; an empty line is a withheld one
//	balances.tsv    sums of the entries that the filter holds for, in fen
//	README.txt      for people
//
// Everything is streamed; neither a package nor one of its large members is held in memory.
package bundle

import (
	"encoding/json"
	"errors"
	"fmt"

	"grantledger/eventstore/record"
)

// Refusal codes (section 14), besides those of package record.
const (
	CodeContainer  = "container"  // not the ZIP profile of section 11
	CodeManifest   = "manifest"   // MANIFEST malformed or not signed
	CodeFiles      = "files"      // sizes or hashes differ from the MANIFEST
	CodeCheckpoint = "checkpoint" // malformed, not signed by the log, or not of the MANIFEST's size and root
	CodeSM2        = "sm2"        // an SM2 signature is required and missing
	CodeWitness    = "witness"    // fewer witnesses than required
	CodeStale      = "stale"      // witnessed too long ago
	CodeKept       = "kept"       // a kept checkpoint is malformed or not signed
	CodeRollback   = "rollback"   // a kept checkpoint is larger than the package
	CodePrefix     = "prefix"     // every kept checkpoint lies before the package
	CodeCount      = "count"      // other numbers than the MANIFEST says
	CodeTime       = "time"       // times contradict witnesses or the export
	CodeWithheld   = "withheld"   // a body is withheld that must not be
	CodeTrust      = "trust"      // the ledger's trust texts differ from the auditor's
	CodeSeal       = "seal"       // a seal in the ledger is malformed or has another root
	CodeFork       = "fork"       // a kept checkpoint has another root: two histories
	CodeRoot       = "root"       // the events do not give the root
	CodeBalances   = "balances"   // the sums are not those of the entries
)

// Refusal is the verdict that a package must not be relied on.
type Refusal struct {
	Code     string
	Reason   string // English, one clause
	Position uint64 // first event concerned; 0 when there is none
}

// Error gives code, reason and position.
func (r *Refusal) Error() string {
	if r.Position == 0 {
		return r.Code + ": " + r.Reason
	}
	return fmt.Sprintf("%s: %s (position %d)", r.Code, r.Reason, r.Position)
}

// MarshalJSON gives the refused verdict of section 15.
func (r *Refusal) MarshalJSON() ([]byte, error) {
	out := struct {
		Verdict  string  `json:"verdict"`
		Code     string  `json:"code"`
		Reason   string  `json:"reason"`
		Position *uint64 `json:"position"`
	}{"refused", r.Code, r.Reason, nil}
	if r.Position > 0 {
		out.Position = &r.Position
	}
	return json.Marshal(out)
}

func refuse(code, format string, args ...any) error {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// refuseAt gives a refusal that concerns an event. The reason of an *record.Invalid keeps its own code.
func refuseAt(position uint64, code string, err error) error {
	var bad *record.Invalid
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return &Refusal{refusal.Code, refusal.Reason, position}
	case errors.As(err, &bad):
		return &Refusal{bad.Code, bad.Reason, position}
	}
	return &Refusal{code, err.Error(), position}
}
