package projections

import (
	"context"
	"errors"

	"grantledger/domain"
)

// Errors of queries beside *QueryError.
var (
	// ErrNotFound: there is no such thing, or the view does not show it.
	ErrNotFound = errors.New("not found")
	// ErrAhead: the query's position is beyond the model's progress; Wait first.
	ErrAhead = errors.New("position not reached")
)

// QueryError reports a query that makes no sense, by the name of the parameter
// as API.md 3 writes it.
type QueryError struct {
	Parameter string
	Reason    string // code of a fault: enum, pattern, required, unknown
}

func (e *QueryError) Error() string { return "query: " + e.Parameter + ": " + e.Reason }

// Model is a read model. Its methods may be called by many goroutines while it
// follows the log; each answer reflects one position. Errors are ErrNotFound,
// ErrAhead, *QueryError, and those of a database behind the model.
type Model interface {
	// Run follows the log until ctx ends, or an event that cannot be applied: a
	// gap in the positions, or bytes that are no event.
	Run(ctx context.Context) error
	// Progress is the position of the newest event applied.
	Progress() uint64
	// Wait returns when the model has reached the position, or with the error of
	// ctx or of Run.
	Wait(ctx context.Context, position uint64) error
	// State shows the rules' state at the model's progress; the ledger must not be
	// changed, nor kept beyond the call.
	State(show func(*domain.Ledger))

	Balances(ctx context.Context, v View, q BalanceQuery) (*Balances, error)
	Statement(ctx context.Context, v View, q StatementQuery) (*Statement, error)
	Events(ctx context.Context, v View, q EventQuery) (*Events, error)
	Timeline(ctx context.Context, v View, q TimelineQuery) (*Timeline, error)
	// Event is one event with the balances around it; ErrNotFound outside the view.
	Event(ctx context.Context, v View, position uint64) (*EventFacts, error)
	// Locate finds an event by its ULID.
	Locate(ctx context.Context, id string) (position uint64, err error)
	// Effects sums the changes of the events first to last by tuple.
	Effects(ctx context.Context, first, last uint64) ([]domain.Effect, error)
	Subjects(ctx context.Context, v View, q SubjectQuery) (*Subjects, error)
	Subject(ctx context.Context, v View, kind, id string) (*Subject, error)
	// Visible tells whether the view shows the subject at all.
	Visible(ctx context.Context, v View, kind, id string) (bool, error)
	Report(ctx context.Context, v View, q ReportQuery) (*Report, error)

	// BalancesTSV is balances.tsv at a position, 0 for the newest (DOMAIN.md 11).
	BalancesTSV(ctx context.Context, position uint64) (string, error)
	// ReportTSV is report.tsv at a position, 0 for the newest (DOMAIN.md 11).
	ReportTSV(ctx context.Context, position uint64) (string, error)
}
