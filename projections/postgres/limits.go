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

// RawCopy is the limit of a rebuild: a bare COPY of the journal's rows, text, one
// connection, into a table without keys that is dropped again.
func RawCopy(ctx context.Context, s Settings) (rows int64, took time.Duration, err error) {
	c, schema, err := s.single(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close(ctx)
	var out bytes.Buffer
	if _, err := c.PgConn().CopyTo(ctx, &out, "COPY "+schema+".journal TO STDOUT"); err != nil {
		return 0, 0, fmt.Errorf("postgres: raw copy: %w", err)
	}
	if _, err := c.Exec(ctx, "CREATE TABLE "+schema+".bare (LIKE "+schema+".journal)"); err != nil {
		return 0, 0, fmt.Errorf("postgres: raw copy: %w", err)
	}
	began := time.Now()
	tag, err := c.PgConn().CopyFrom(ctx, &out, "COPY "+schema+".bare FROM STDIN")
	took = time.Since(began)
	if err == nil {
		_, err = c.Exec(ctx, "DROP TABLE "+schema+".bare")
	}
	if err != nil {
		return 0, 0, fmt.Errorf("postgres: raw copy: %w", err)
	}
	return tag.RowsAffected(), took, nil
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
