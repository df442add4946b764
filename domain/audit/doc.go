// Package audit is the automatic audit tests of DOMAIN.md 13: A01 to A23, run
// over the events of a log.
//
// A test of kind recheck repeats a refusal from the log alone. It shares no
// decision with domain.Ledger: what the rules need (policies, roles, awards,
// papers, lots) is folded here a second time, from events only, so that a
// broken writer cannot hide itself. A hit means a broken writer or an altered
// log, and it stays when the voucher is reversed later: that the command was
// not refused remains true.
//
// A test of kind pattern is a question for a person. It looks at what counts at
// the position: a reversed voucher no longer does, nor does its reversal. Two
// parts of tests that the table lists under recheck are no proof of a broken
// writer and are reported as patterns: a policy that lowers the steps of
// approval (A14) and gaps in a series of receipts (A23).
//
// Days are counted between business dates; "n days" have passed when more than
// n have. The same events give the same findings in the same order.
package audit
