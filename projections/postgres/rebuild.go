package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Rebuild fills a schema beside the live one from the first up to the given
// position of the log, lets it catch up with the live one, and puts it in its
// place in one step; whoever reads keeps reading. A schema that a broken rebuild
// left behind is dropped first.
func Rebuild(ctx context.Context, source Source, s Settings, position uint64) error {
	live, err := s.schema()
	if err != nil {
		return err
	}
	next := live + "_next"
	own := s
	own.MaxConns = fillConns
	pool, err := own.connect(next)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+next+" CASCADE"); err != nil {
		return fmt.Errorf("postgres: rebuild: %w", err)
	}
	config := pool.Config().ConnConfig
	if err := migrate(ctx, config, next, lastTables); err != nil {
		return err
	}
	r := &rebuild{pool: pool, facts: factsOf(newRecalled(), int(min(position/2, expectMost))), told: s.Progress}
	if r.told == nil {
		r.told = func(string, uint64, uint64) {}
	}
	if err := r.fill(ctx, source, position); err != nil {
		return err
	}
	if err := migrate(ctx, config, next, 0); err != nil {
		return err
	}
	return r.replace(ctx, source, s, live, next)
}

// expectMost bounds the room that is made beforehand.
const expectMost = 1 << 20

// rebuild is a Rebuild at work.
type rebuild struct {
	pool   *pgxpool.Pool
	facts  *facts
	areas  []sum        // by number
	months [][]monthSum // by number of the row of areas, in order
	told   func(what string, done, of uint64)
}

// replace lets the new schema catch up and swaps the two. The live progress is
// locked meanwhile, so that its projector waits and then goes on in the new one.
func (r *rebuild) replace(ctx context.Context, source Source, s Settings, live, next string) error {
	for {
		behind, err := r.swap(ctx, live, next)
		if err != nil || behind == 0 {
			return err
		}
		s.Schema = next
		if err := catchUp(ctx, source, s, behind); err != nil {
			return err
		}
	}
}

// swap renames the schemas, unless the live one is ahead: then it gives the
// position to catch up with.
func (r *rebuild) swap(ctx context.Context, live, next string) (behind uint64, err error) {
	err = pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		var there bool
		if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", live+".progress").Scan(&there); err != nil {
			return err
		}
		if !there {
			_, err := tx.Exec(ctx, "DROP SCHEMA IF EXISTS "+live+"; ALTER SCHEMA "+next+" RENAME TO "+live)
			return err
		}
		var old, now uint64
		if err := tx.QueryRow(ctx, "SELECT l.position, n.position FROM "+live+".progress l, "+next+".progress n FOR UPDATE OF l").Scan(&old, &now); err != nil {
			return err
		}
		if old > now {
			behind = old
			return nil
		}
		_, err := tx.Exec(ctx, "DROP SCHEMA IF EXISTS "+live+"_old CASCADE; ALTER SCHEMA "+live+" RENAME TO "+live+"_old; ALTER SCHEMA "+next+" RENAME TO "+live)
		return err
	})
	if err == nil && behind == 0 {
		_, err = r.pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+live+"_old CASCADE")
	}
	if err != nil {
		err = fmt.Errorf("postgres: rebuild: swap: %w", err)
	}
	return behind, err
}

// catchUp follows the log into a schema up to a position.
func catchUp(ctx context.Context, source Source, s Settings, position uint64) error {
	m, err := New(source, s)
	if err != nil {
		return err
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	err = m.Wait(ctx, position)
	cancel()
	if ran := <-ended; err == nil && !errors.Is(ran, context.Canceled) {
		err = ran
	}
	return err
}
