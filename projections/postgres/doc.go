// Package postgres is the read model in PostgreSQL: the same answers as
// projections/memory, from tables that an office's people and tools can read as
// well.
//
// One schema holds one log. The tables journal and events are the log in rows;
// balances sums the journal by set of dimensions and account, areas and
// area_months roll it up by level of district, fund, year and month; progress is
// the one row that says how far all of them have got. Money is numeric(20,2) in
// yuan there, fen in Go. Every table and column has a comment in Chinese and
// English.
//
// The tables and the progress move in one transaction, and only from the
// position and the hash chain that the projector has itself: a gap, a fork,
// another log, a projector run twice and a commit of unknown outcome all end in
// no row updated, and never in money counted twice. Beside the tables the model
// folds the rules' state (*domain.Ledger) from the log, which it checks against
// the chain before it answers.
//
// While PostgreSQL is away queries fail with an *UnavailableError and the log
// goes on; when it is back the model catches up by itself.
package postgres
