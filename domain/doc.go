// Package domain holds the rules of the grant and funds ledger: money, events
// with their own entries, commands, and the decisions that turn the one into
// the other. It does no I/O, reads no clock and draws no random numbers: the
// recording time comes in with each command, and ids and salts are given by
// the store.
//
// A [Command] is bound from JSON by [Bind], decided by [Ledger.Execute] and,
// when it is stored, read back by [DecodeEvent] and folded by [Ledger.Apply].
// Everything a replay needs stands in the event; today's rules are never asked
// about yesterday's entries.
//
// Amounts are [Fen] (int64, one hundredth of a yuan), business dates are
// [Date], and refusals are [*Refusal] with the stable codes of the catalogue.
package domain
