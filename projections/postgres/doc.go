// Package postgres is the read model in PostgreSQL: the same answers as
// projections/memory, from tables that an office's people and tools can read as
// well.
//
// One schema holds one log. The tables journal and events are the log in rows;
// areas and area_months roll the journal up by level of district, year and month,
// for all and for provinces also by fund; a balance is the sum of its lines.
// progress is the one row that says how far all of them have got. Money is a
// whole number of fen in the tables and numeric yuan in the views. Every table
// and column has a comment in Chinese and English.
//
// The tables and the progress move in one transaction, and only from the
// position and the hash chain that the projector has itself: a gap, a fork,
// another log, a projector run twice and a commit of unknown outcome all end in
// no row updated, and never in money counted twice. Beside the tables the model
// folds the rules' state (*domain.Ledger) and an index of scopes from the log,
// which it checks against the chain before it answers.
//
// While PostgreSQL is away queries fail with an *UnavailableError and the log
// goes on; when it is back the model catches up by itself.
package postgres
