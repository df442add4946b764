// Package projections holds what the read models of the ledger have in common:
// the questions they answer, the shape of the answers, and the loop by which
// they follow the log.
//
// A read model folds the stored events in order and answers queries at any
// position it has reached: with the same position the same question has the
// same answer for ever. Amounts are fen, dates business dates, positions count
// events from 1. Every query takes a [View]: what its reader may see.
//
// [Model] is the contract; projections/memory is the embedded default and the
// oracle of every other one, and projections/projtest the suite that each must
// pass.
package projections
