package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"grantledger/domain"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// lastTables is the migration that makes the last table; keys come after it.
const (
	lastTables = 3
	keysFile   = "migrations/00004_keys.sql"
)

// Connections of a rebuild: one for each table that is written while the log is
// read, and so many that make keys at once.
const (
	fillConns = 5
	keyConns  = 3
)

// tellEvents is how many events are read between two reports of the progress.
const tellEvents = 100_000

// fill copies all tables: those that only grow while the log is read, the others
// after that. Keys are made when their table is filled.
func (r *rebuild) fill(ctx context.Context, source Source, position uint64) error {
	if err := r.read(ctx, source, position); err != nil {
		return err
	}
	keys, err := tableKeys()
	if err != nil {
		return err
	}
	if err := r.finishTables(ctx, keys); err != nil {
		return err
	}
	_, err = r.pool.Exec(ctx, "UPDATE progress SET position = $1, chain = $2, genesis = $3, moved_at = now()", int64(r.facts.position), r.facts.chain[:], r.facts.genesis[:])
	if err == nil {
		_, err = r.pool.Exec(ctx, "INSERT INTO migrations (version_id, is_applied) VALUES ($1, true)", lastTables+1)
	}
	return err
}

// read folds the log up to a position. Blocks are decoded by several goroutines
// and folded in order by this one; one more for each table writes its rows out.
func (r *rebuild) read(ctx context.Context, source Source, position uint64) error {
	if position == 0 {
		return nil
	}
	reading, cancel := context.WithCancel(ctx)
	blocks, failed := make(chan *decoding, queueBlocks), make(chan error, 1)
	go func() {
		failed <- decodeAll(reading, source, blocks)
		close(failed)
	}()
	to := [...]*rowWriter{
		startRows(ctx, r.pool, "events", (*rowText).events), startRows(ctx, r.pool, "journal", (*rowText).journal),
		startRows(ctx, r.pool, "tuples", (*rowText).tuples), startRows(ctx, r.pool, "scope_sets", (*rowText).sets),
	}
	err := r.foldUntil(position, blocks, failed, to[:])
	cancel()
	for range failed { // the source is left alone from here on
	}
	for _, w := range to {
		close(w.lists)
	}
	failures := []error{err}
	for _, w := range to {
		failures = append(failures, w.end(err))
	}
	return errors.Join(failures...)
}

// folded is what some events added to the tables that only grow.
type folded struct {
	events               []*event
	firstTuple, firstSet int
	tuples               []tuple
	sets                 []set
}

// foldUntil takes the decoded blocks in order.
func (r *rebuild) foldUntil(position uint64, blocks <-chan *decoding, failed <-chan error, to []*rowWriter) error {
	told := uint64(0)
	for r.facts.position < position {
		select {
		case d := <-blocks:
			list := <-d.events
			if d.err != nil {
				return d.err
			}
			for len(list) > 0 && list[len(list)-1].Position > position {
				list = list[:len(list)-1]
			}
			f := folded{events: list, firstTuple: len(r.facts.tupleList), firstSet: len(r.facts.setList)}
			for _, e := range list {
				if err := r.take(e); err != nil {
					return err
				}
			}
			f.tuples, f.sets = r.facts.tupleList[f.firstTuple:], r.facts.setList[f.firstSet:]
			for _, w := range to {
				if err := w.pass(&f); err != nil {
					return err
				}
			}
			if now := r.facts.position; now/tellEvents > told/tellEvents || now == position {
				r.told("事件 events", now, position)
				told = now
			}
		case err := <-failed:
			return fmt.Errorf("postgres: rebuild: %w", err)
		}
	}
	return nil
}

// take folds an event and adds up its lines.
func (r *rebuild) take(e *event) error {
	if e.Position != r.facts.position+1 {
		return fmt.Errorf("postgres: event %d follows event %d", e.Position, r.facts.position)
	}
	if err := r.facts.fold(e); err != nil {
		return fmt.Errorf("postgres: event %d: %w", e.Position, err)
	}
	for len(r.areas) < len(r.facts.areaList) {
		r.areas, r.months = append(r.areas, sum{}), append(r.months, nil)
	}
	month := monthOf(e.On)
	for i := range e.lines {
		l := &e.lines[i]
		for i, area := range l.areas {
			r.areas[area].add(l, e.On, e.Position)
			if rollups[i].months {
				r.month(area, month).add(l, e.On, e.Position)
			}
		}
	}
	return nil
}

// monthSum is what the lines of a row of areas add up to in a month.
type monthSum struct {
	month domain.Date
	sum
}

// month finds or makes the sum of a month; most are among the newest of their row.
func (r *rebuild) month(area uint32, month domain.Date) *sum {
	list := r.months[area]
	i := len(list)
	for i > 0 && list[i-1].month > month {
		i--
	}
	if i > 0 && list[i-1].month == month {
		return &list[i-1].sum
	}
	r.months[area] = slices.Insert(list, i, monthSum{month: month})
	return &r.months[area][i].sum
}

// finishTables copies the tables that are known at the end only, makes the keys
// of the others, a few at once, those that take longest first, and vacuums all.
func (r *rebuild) finishTables(ctx context.Context, keys map[string][]string) error {
	var work []func() error
	execute := func(statement string) {
		work = append(work, func() error { return r.execute(ctx, statement) })
	}
	for i, rows := range [...]func(*rowText){r.areaRows, r.monthRows, r.publicationRows} {
		table := atEnd[i]
		work = append(work, func() error { return r.finishTable(ctx, table, rows, keys[table]) })
	}
	for _, table := range written {
		for _, key := range keys[table] {
			execute(key)
		}
	}
	for _, table := range filled {
		work = append(work, func() error { return r.vacuum(ctx, table) })
	}
	return together(keyConns, work, func(done int) { r.told("表 tables", uint64(done), uint64(len(work))) })
}

// filled are the tables that a rebuild fills: while the log is read, and after it.
var (
	filled  = [...]string{"journal", "events", "tuples", "scope_sets", "areas", "area_months", "publications"}
	written = filled[:4]
	atEnd   = filled[4:]
)

// finishTable copies a table and makes its keys.
func (r *rebuild) finishTable(ctx context.Context, table string, rows func(*rowText), keys []string) error {
	var b rowText
	rows(&b)
	c := startCopy(ctx, r.pool, table)
	if err := c.finish(c.pass(&b, true)); err != nil {
		return err
	}
	for _, key := range keys {
		if err := r.execute(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// vacuum gathers the statistics of a table. Its pages need no vacuum; but
// autovacuum would come to see that within a minute of the swap, and all queries
// would be planned anew.
func (r *rebuild) vacuum(ctx context.Context, table string) error {
	err := r.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		for _, statement := range [...]string{"SET lock_timeout = 0", "VACUUM (ANALYZE, PARALLEL 0) " + table, "RESET lock_timeout"} {
			if _, err := c.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("postgres: rebuild: vacuum %s: %w", table, err)
	}
	return nil
}

// execute runs a statement that makes a key.
func (r *rebuild) execute(ctx context.Context, statement string) error {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL lock_timeout = 0; SET LOCAL max_parallel_maintenance_workers = 0")
		if err == nil {
			_, err = tx.Exec(ctx, statement)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("postgres: rebuild: %s: %w", statement, err)
	}
	return nil
}

// together does some work, a few at once and in order, all of it.
func together(atOnce int, work []func() error, told func(done int)) error {
	queue, ended := make(chan func() error, len(work)), make(chan error, len(work))
	for _, w := range work {
		queue <- w
	}
	close(queue)
	for range atOnce {
		go func() {
			for w := range queue {
				ended <- w()
			}
		}()
	}
	var err error
	for i := range work {
		err = errors.Join(err, <-ended)
		told(i + 1)
	}
	return err
}

// tableKeys are the statements of the keys' migration by table.
func tableKeys() (map[string][]string, error) {
	file, err := migrations.ReadFile(keysFile)
	if err != nil {
		return nil, err
	}
	keys := map[string][]string{}
	for _, s := range strings.Split(string(file), ";") {
		for strings.HasPrefix(strings.TrimSpace(s), "--") {
			_, s, _ = strings.Cut(strings.TrimSpace(s), "\n")
		}
		words := strings.Fields(s)
		if i := slices.Index(words, "ON"); i > 0 { // CREATE INDEX … ON table
			keys[words[i+1]] = append(keys[words[i+1]], strings.TrimSpace(s))
		}
	}
	return keys, nil
}

// areaRows puts the rows that are read together side by side.
func (r *rebuild) areaRows(b *rowText) {
	places := r.facts.placeList
	order := make([]uint32, len(places))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(i, j uint32) int {
		p, q := &places[i], &places[j]
		return cmp.Or(cmp.Compare(p.level, q.level), strings.Compare(p.in, q.in), strings.Compare(p.code, q.code), cmp.Compare(p.year, q.year), cmp.Compare(i, j))
	})
	for _, i := range order {
		for account, row := range places[i].rows {
			if row != 0 {
				b.area(&places[i], account, row-1, &r.areas[row-1])
			}
		}
	}
}

func (b *rowText) area(p *place, account int, row uint32, s *sum) {
	b.number(int64(row))
	b.number(int64(p.level))
	b.string(p.code)
	if p.fund {
		b.string(p.in)
	} else {
		b.null()
	}
	b.number(int64(p.year))
	b.number(int64(account))
	b.bool(p.project)
	b.bool(p.organisation)
	b.sums(s)
	b.date(s.firstOn)
	b.date(s.lastOn)
	b.number(int64(s.last))
	b.end()
}

func (r *rebuild) monthRows(b *rowText) {
	for area := range r.months {
		for i := range r.months[area] {
			m := &r.months[area][i]
			b.number(int64(area))
			b.date(m.month)
			b.sums(&m.sum)
			b.number(int64(m.last))
			b.end()
		}
	}
}

// sums writes the columns that areas and area_months have in common.
func (b *rowText) sums(s *sum) {
	b.number(int64(s.debits))
	b.number(int64(s.credits))
	b.number(int64(s.lines))
}

func (r *rebuild) publicationRows(b *rowText) {
	for _, p := range r.facts.publications.list {
		b.string(p.project)
		b.string(p.fund)
		b.number(int64(p.position))
		b.end()
	}
}
