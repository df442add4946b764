package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"

	"grantledger/domain"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Settings say where the tables are.
type Settings struct {
	URL      string // as libpq reads it: the content of postgres.urlfile
	MaxConns int    // 0 = 16
	Schema   string // "" = grantledger

	// Patience is how long one statement of a query may take; 0 = 10 s. It waits
	// a third of that for a lock.
	Patience time.Duration

	// Progress is told how a Rebuild goes: events read, then tables finished, so
	// many of how many. It is called by one goroutine at a time; nil: nobody is.
	Progress func(what string, done, of uint64)
}

// Times of a connection: to make one, and to wait for a lock when writing.
const (
	connectTime = 5 * time.Second
	usualTime   = 10 * time.Second
	lockTime    = 10 * time.Second
)

func (s *Settings) patience() time.Duration {
	if s.Patience > 0 {
		return s.Patience
	}
	return usualTime
}

//go:embed migrations/*.sql
var migrations embed.FS

// schema is the name of the schema, checked.
func (s *Settings) schema() (string, error) {
	if s.Schema == "" {
		return "grantledger", nil
	}
	for _, c := range s.Schema {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return "", fmt.Errorf("postgres: schema %q: only a-z, 0-9 and _ are allowed", s.Schema)
		}
	}
	return s.Schema, nil
}

// connect makes a pool for a schema; it connects when it is used.
func (s *Settings) connect(schema string) (*pgxpool.Pool, error) {
	c, err := s.config(schema)
	if err != nil {
		return nil, err
	}
	c.ConnConfig.RuntimeParams["lock_timeout"] = milliseconds(lockTime)
	c.ConnConfig.RuntimeParams["synchronous_commit"] = "off" // the log is durable, and the source of everything here
	return pgxpool.NewWithConfig(context.Background(), c)
}

// connectReads makes the pool of queries: the server ends those that take too
// long.
func (s *Settings) connectReads(schema string) (*pgxpool.Pool, error) {
	c, err := s.config(schema)
	if err != nil {
		return nil, err
	}
	c.MaxConns = max(c.MaxConns-1, 1) // Run has the other
	c.ConnConfig.RuntimeParams["statement_timeout"] = milliseconds(s.patience())
	c.ConnConfig.RuntimeParams["lock_timeout"] = milliseconds(s.patience() / 3)
	c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	c.ConnConfig.RuntimeParams["max_parallel_workers_per_gather"] = "0" // starting them takes longer than most queries
	return pgxpool.NewWithConfig(context.Background(), c)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// config is what all connections to a schema have in common.
func (s *Settings) config(schema string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(strings.TrimSpace(s.URL))
	if err != nil {
		return nil, fmt.Errorf("postgres: settings: %w", err)
	}
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = connectTime
	}
	c.MaxConns = 16
	if s.MaxConns > 0 {
		c.MaxConns = int32(max(s.MaxConns, 2))
	}
	c.ConnConfig.RuntimeParams["search_path"] = schema
	c.ConnConfig.RuntimeParams["application_name"] = "grantledger"
	c.ConnConfig.RuntimeParams["timezone"] = "UTC"
	c.ConnConfig.RuntimeParams["jit"] = "off"
	return c, nil
}

// Stored asks how far the tables of a schema are, 0 when there are none, without
// following a log. ErrLayout comes with the position that they have.
func Stored(ctx context.Context, s Settings) (position uint64, err error) {
	schema, err := s.schema()
	if err != nil {
		return 0, err
	}
	c, err := s.config(schema)
	if err != nil {
		return 0, err
	}
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil {
		return 0, failure(ctx, err)
	}
	defer conn.Close(ctx)
	var there bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", schema+".progress").Scan(&there); err != nil || !there {
		return 0, failure(ctx, err)
	}
	if err := conn.QueryRow(ctx, "SELECT position FROM progress").Scan(&position); err != nil {
		return 0, failure(ctx, err)
	}
	return position, checkLayout(ctx, conn, schema)
}

// migrate brings the schema up to a version of its tables, 0 for the newest, one
// server at a time.
func migrate(ctx context.Context, config *pgx.ConnConfig, schema string, to int64) error {
	db := stdlib.OpenDB(*config)
	defer db.Close()
	if err := prepare(ctx, db, schema); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithTableName("migrations"))
	if err != nil {
		return fmt.Errorf("postgres: migrations: %w", err)
	}
	if to > 0 {
		_, err = p.UpTo(ctx, to)
	} else {
		_, err = p.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("postgres: migrate schema %s: %w", schema, err)
	}
	if _, err := db.ExecContext(ctx, "UPDATE progress SET layout = $1 WHERE layout = ''", layout()); err != nil {
		return fmt.Errorf("postgres: layout: %w", err)
	}
	return fillAccounts(ctx, db)
}

// layout is the SHA-256 of all migrations. They are changed in place, because a
// rebuild is quicker than any change of full tables.
var layout = sync.OnceValue(func() string {
	sum := sha256.New()
	names, _ := fs.Glob(migrations, "migrations/*.sql") // in order
	for _, name := range names {
		text, _ := migrations.ReadFile(name)
		sum.Write(text)
	}
	return hex.EncodeToString(sum.Sum(nil))
})

// checkLayout asks that tables that are there are this program's.
func checkLayout(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, schema string) error {
	var there bool
	if err := q.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", schema+".progress").Scan(&there); err != nil || !there {
		return err
	}
	var found *string // empty while another server makes them
	err := q.QueryRow(ctx, "SELECT to_jsonb(p) ->> 'layout' FROM progress p").Scan(&found)
	if err == nil && (found == nil || *found != "" && *found != layout()) {
		err = fmt.Errorf("postgres: schema %s: %w", schema, ErrLayout)
	}
	return err
}

// prepare makes the schema. Two servers may try at the same time: the loser's
// error says that it is there.
func prepare(ctx context.Context, db *sql.DB, schema string) error {
	_, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema)
	var found bool
	if err != nil && db.QueryRowContext(ctx, "SELECT true FROM pg_namespace WHERE nspname = $1", schema).Scan(&found) == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("postgres: schema %s: %w", schema, err)
	}
	return nil
}

// fillAccounts writes the accounts' names.
func fillAccounts(ctx context.Context, db *sql.DB) error {
	for _, a := range domain.Accounts() {
		w := a.Words()
		_, err := db.ExecContext(ctx, "INSERT INTO accounts VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", int16(a), a.String(), a.Book().String(), w.ZH, w.EN)
		if err != nil {
			return fmt.Errorf("postgres: accounts: %w", err)
		}
	}
	return nil
}

// ErrNoURL reports settings without an address.
var ErrNoURL = errors.New("postgres: no address of a server")
