// Package division knows the districts of China with their history, and the
// code lists that go with the ledger: purposes, budget subjects, and the check
// of the unified social credit code.
//
// A district is named by its six-digit code of GB/T 2260. A code has one row
// for each span of years in which it was in force under one name; the years
// are inclusive, and a row ends with the codes that took its place. The rows
// are those of areacodes.csv (origin and licence: areacodes.NOTICE.md), and
// those that register-district events add.
package division
