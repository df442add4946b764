package postgres

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// RawSelect is the limit of a query: `select 1` on a connection of the queries.
// Benchmarks report their times against it.
func (m *Model) RawSelect(ctx context.Context) error {
	var one int
	return m.reads.QueryRow(ctx, "SELECT 1").Scan(&one)
}

// BareCopy is how long a COPY of rows takes, text, one connection, into a table
// without keys that is dropped again.
type BareCopy struct {
	Rows int64
	Took time.Duration
}

// RawCopy is the limit of a rebuild: the bare COPY of all rows that it writes,
// table by table, and of those of the journal alone.
func RawCopy(ctx context.Context, s Settings) (all, journal BareCopy, err error) {
	c, schema, err := s.single(ctx)
	if err != nil {
		return all, journal, err
	}
	defer c.Close(ctx)
	for _, table := range filled {
		one, err := bareCopy(ctx, c, schema, table)
		if err != nil {
			return all, journal, fmt.Errorf("postgres: raw copy: %w", err)
		}
		all.Rows, all.Took = all.Rows+one.Rows, all.Took+one.Took
		if table == "journal" {
			journal = one
		}
	}
	return all, journal, nil
}

func bareCopy(ctx context.Context, c *pgx.Conn, schema, table string) (b BareCopy, err error) {
	var out bytes.Buffer
	if _, err := c.PgConn().CopyTo(ctx, &out, "COPY "+schema+"."+table+" TO STDOUT"); err != nil {
		return b, err
	}
	if _, err := c.Exec(ctx, "CREATE TABLE "+schema+".bare (LIKE "+schema+"."+table+")"); err != nil {
		return b, err
	}
	began := time.Now()
	tag, err := c.PgConn().CopyFrom(ctx, &out, "COPY "+schema+".bare FROM STDIN")
	b = BareCopy{tag.RowsAffected(), time.Since(began)}
	if err == nil {
		_, err = c.Exec(ctx, "DROP TABLE "+schema+".bare")
	}
	return b, err
}

// Drop removes the tables of the settings' schema.
func Drop(ctx context.Context, s Settings) error {
	c, schema, err := s.single(ctx)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
		return fmt.Errorf("postgres: drop: %w", err)
	}
	return nil
}

// single makes one connection.
func (s *Settings) single(ctx context.Context) (c *pgx.Conn, schema string, err error) {
	if schema, err = s.schema(); err != nil {
		return nil, "", err
	}
	config, err := s.config(schema)
	if err != nil {
		return nil, "", err
	}
	if c, err = pgx.ConnectConfig(ctx, config.ConnConfig); err != nil {
		return nil, "", failure(ctx, err)
	}
	return c, schema, nil
}
