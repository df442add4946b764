package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// Errors that stop the model for good: reading goes on failing until somebody
// has looked at it.
var (
	// ErrOtherLog: the schema holds another log than the one that is followed.
	ErrOtherLog = errors.New("the schema holds another log")
	// ErrFork: the schema holds events that this log does not have, or has otherwise.
	ErrFork = errors.New("the schema and the log do not have the same events")
	// ErrLayout: the schema has the tables of another version of the program.
	ErrLayout = errors.New("the schema has the tables of another version of the program: grantledger rebuild --read-model postgres makes them new")
)

// errMoved reports that the progress is not where the projector left it: another
// one was quicker, or a commit came through after its connection broke.
var errMoved = errors.New("progress was moved")

// UnavailableError reports that PostgreSQL cannot answer now. HTTP shows it as
// 503; the same query may be asked again.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("the read model in PostgreSQL is not available: %v", e.Err)
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// Unavailable tells those who do not import this package what the error means.
func (e *UnavailableError) Unavailable() bool { return true }

// errStarting is why queries cannot be answered before the log was read up to
// the tables' progress.
var errStarting = errors.New("the log is still being read")

// passing tells whether an error of PostgreSQL goes by itself: no connection, a
// server that starts or stops, no room, a deadlock.
func passing(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return true // the connection broke, or could not be made
	}
	switch pg.Code[:2] {
	case "08", "53", "57", "58", "40", "55", "XX":
		return true
	}
	return pg.Code == "25006" // a standby that may become the primary
}

// answered tells whether a server answered with the error: it can be asked
// again at once.
func answered(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && !slices.Contains([]string{"08", "57", "58"}, pg.Code[:2])
}

// failure tells a query's caller what its error means; nil stays nil.
func failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if passing(err) {
		return &UnavailableError{err}
	}
	return fmt.Errorf("postgres: %w", err)
}
