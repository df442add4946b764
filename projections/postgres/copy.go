package postgres

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"grantledger/domain"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// rowText is rows in the text format of COPY: columns between TABs, \N for null.
type rowText []byte

func (b *rowText) number(v int64) { *b = append(strconv.AppendInt(*b, v, 10), '\t') }

// string writes a text, escaped where it must be.
func (b *rowText) string(s string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			*b = append(*b, `\\`...)
		case '\t':
			*b = append(*b, `\t`...)
		case '\n':
			*b = append(*b, `\n`...)
		case '\r':
			*b = append(*b, `\r`...)
		default:
			*b = append(*b, c)
		}
	}
	*b = append(*b, '\t')
}

func (b *rowText) null() { *b = append(*b, "\\N\t"...) }

// some writes a text, null when it is empty.
func (b *rowText) some(s string) {
	if s == "" {
		b.null()
		return
	}
	b.string(s)
}

// positive writes a number, null when it is zero.
func (b *rowText) positive(v int64) {
	if v == 0 {
		b.null()
		return
	}
	b.number(v)
}

func (b *rowText) bool(v bool) {
	if v {
		*b = append(*b, "t\t"...)
	} else {
		*b = append(*b, "f\t"...)
	}
}

func (b *rowText) date(d domain.Date) {
	if d == 0 {
		b.null()
		return
	}
	*b = append(d.Append(*b), '\t')
}

// time writes a time to the millisecond, after 1970.
func (b *rowText) time(t time.Time) {
	ms := t.UnixMilli()
	day, ms := domain.Date(ms/86_400_000), ms%86_400_000
	s := ms / 1000
	*b = append(day.Append(*b), ' ', digit(s/36_000), digit(s/3600), ':', digit(s/600%6), digit(s/60), ':', digit(s/10%6), digit(s),
		'.', digit(ms/100), digit(ms/10), digit(ms), '+', '0', '0', '\t')
}

// digit is the last digit of a number.
func digit(v int64) byte { return byte('0' + v%10) }

// end closes the row: its last TAB becomes the line's end.
func (b *rowText) end() { (*b)[len(*b)-1] = '\n' }

func (b *rowText) event(e *event) {
	b.number(int64(e.Position))
	b.string(e.ID)
	b.time(e.Time)
	b.string(e.Type)
	b.string(e.Subject)
	b.number(int64(e.Version))
	b.number(int64(e.set))
	b.date(e.On)
	b.positive(int64(e.Year))
	b.some(e.voucher)
	b.string(e.Actor)
	b.string(e.Key)
	if amount, ok := e.Amount(); ok {
		b.number(int64(amount))
	} else {
		b.null()
	}
	b.some(e.Memo)
	b.number(int64(len(e.Docs)))
	b.positive(int64(e.corrects))
	b.number(int64(e.detail))
	b.end()
}

func (b *rowText) events(f *folded) {
	for _, e := range f.events {
		b.event(e)
	}
}

func (b *rowText) journal(f *folded) {
	for _, e := range f.events {
		b.lines(e)
	}
}

func (b *rowText) sets(f *folded) {
	for i, s := range f.sets {
		b.number(int64(f.firstSet + i))
		b.string(s.scopes)
		b.number(int64(s.first))
		b.end()
	}
}

func (b *rowText) tuples(f *folded) {
	for i := range f.tuples {
		t := &f.tuples[i]
		b.number(int64(f.firstTuple + i))
		b.some(t.Fund)
		b.some(t.Project)
		b.some(t.Organisation)
		b.some(t.District)
		b.number(int64(t.Year))
		b.positive(int64(t.Vintage))
		b.some(t.Purpose)
		b.number(int64(t.first))
		b.end()
	}
}

func (b *rowText) lines(e *event) {
	for i := range e.lines {
		l := &e.lines[i]
		b.number(int64(e.Position))
		b.number(int64(l.amount))
		b.number(int64(l.tuple))
		b.date(e.On)
		b.number(int64(i + 1))
		b.number(int64(l.account))
		b.bool(l.debit)
		b.end()
	}
}

// copying is a COPY under way, fed from a pipe.
type copying struct {
	w    *io.PipeWriter
	done chan error
}

// copyBytes is how much is gathered before it is passed on.
const copyBytes = 256 << 10

// flushStatistics makes the server count the rows at the end of the transaction,
// not when the vacuum that follows has begun; PostgreSQL 14 cannot.
const flushStatistics = "DO $$ BEGIN PERFORM pg_stat_force_next_flush(); EXCEPTION WHEN undefined_function THEN NULL; END $$"

// startCopy begins to fill an empty table. Its rows are frozen, so that no later
// reader has to write to their pages.
func startCopy(ctx context.Context, pool *pgxpool.Pool, table string) *copying {
	r, w := io.Pipe()
	c := &copying{w: w, done: make(chan error, 1)}
	go func() {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "TRUNCATE "+table); err != nil {
				return err
			}
			if _, err := tx.Conn().PgConn().CopyFrom(ctx, r, "COPY "+table+" FROM STDIN WITH (FREEZE)"); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, flushStatistics)
			return err
		})
		if err != nil {
			err = fmt.Errorf("postgres: copy %s: %w", table, err)
		}
		r.CloseWithError(io.ErrClosedPipe)
		c.done <- err
	}()
	return c
}

// pass hands rows over when there are enough of them; all of them at the end.
func (c *copying) pass(b *rowText, all bool) error {
	if len(*b) < copyBytes && !all {
		return nil
	}
	_, err := c.w.Write(*b)
	*b = (*b)[:0]
	return err
}

// finish waits until the table is filled; a failure before it is passed in, and
// nothing is stored then.
func (c *copying) finish(failed error) error {
	if failed != nil {
		c.w.CloseWithError(failed)
	} else {
		c.w.Close()
	}
	return <-c.done
}
