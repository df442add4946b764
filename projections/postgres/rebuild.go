package postgres

import (
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
	pool, err := s.connect(next)
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
	r := &rebuild{pool: pool, facts: factsOf(newRecalled(position))}
	if err := r.fill(ctx, source, position); err != nil {
		return err
	}
	if err := migrate(ctx, config, next, 0); err != nil {
		return err
	}
	if _, err := pool.Exec(ctx, "ANALYZE"); err != nil {
		return fmt.Errorf("postgres: rebuild: %w", err)
	}
	return r.replace(ctx, source, s, live, next)
}

// rebuild is a Rebuild at work.
type rebuild struct {
	pool   *pgxpool.Pool
	facts  *facts
	areas  []sum // by number
	months map[monthKey]*sum
}

// fill copies all tables. Events and journal are written while the log is read.
func (r *rebuild) fill(ctx context.Context, source Source, position uint64) error {
	r.months = map[monthKey]*sum{}
	events, journal := startCopy(ctx, r.pool, "events"), startCopy(ctx, r.pool, "journal")
	err := r.read(ctx, source, position, events, journal)
	if err := errors.Join(events.finish(err), journal.finish(err)); err != nil {
		return err
	}
	if err != nil {
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
	return err
}

// finishTables copies the tables that are known at the end only, and makes the
// keys of each table when it is filled, all tables at once.
func (r *rebuild) finishTables(ctx context.Context, keys map[string][]string) error {
	sums := map[string]func(*rowText){
		"scope_sets": r.setRows, "tuples": r.tupleRows, "areas": r.areaRows, "area_months": r.monthRows, "publications": r.publicationRows,
		"events": nil, "journal": nil, // filled already
	}
	ended := make(chan error, len(sums))
	for table, rows := range sums {
		go func() {
			if rows != nil {
				var b rowText
				rows(&b)
				c := startCopy(ctx, r.pool, table)
				if err := c.finish(c.pass(&b, true)); err != nil {
					ended <- err
					return
				}
			}
			ended <- r.makeKeys(ctx, keys[table])
		}()
	}
	var err error
	for range sums {
		err = errors.Join(err, <-ended)
	}
	if err == nil {
		_, err = r.pool.Exec(ctx, "INSERT INTO migrations (version_id, is_applied) VALUES ($1, true)", lastTables+1)
	}
	return err
}

// makeKeys runs the statements of a table.
func (r *rebuild) makeKeys(ctx context.Context, statements []string) error {
	for _, s := range statements {
		err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "SET LOCAL maintenance_work_mem = '256MB'")
			if err == nil {
				_, err = tx.Exec(ctx, s)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("postgres: rebuild: %s: %w", s, err)
		}
	}
	return nil
}

// tableKeys are the statements of the keys' migration by table, so that those of
// several tables can run at once.
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
		s = strings.TrimSpace(s)
		words := strings.Fields(s)
		if i := slices.Index(words, "ON"); i > 0 {
			keys[words[i+1]] = append(keys[words[i+1]], s)
		} else if len(words) > 2 { // ALTER TABLE name …
			keys[words[2]] = append(keys[words[2]], s)
		}
	}
	return keys, nil
}

// read folds the log up to a position. Blocks are decoded by several goroutines
// and folded in order by this one; two more write the rows out.
func (r *rebuild) read(ctx context.Context, source Source, position uint64, events, journal *copying) error {
	if position == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	blocks, failed := make(chan *decoding, queueBlocks), make(chan error, 1)
	go func() {
		failed <- decodeAll(ctx, source, blocks)
		close(failed)
	}()
	a := startRows(events, (*rowText).event)
	b := startRows(journal, (*rowText).lines)
	err := r.foldUntil(position, blocks, failed, a, b)
	cancel()
	for range failed { // the source is left alone from here on
	}
	return errors.Join(err, a.end(), b.end())
}

// foldUntil takes the decoded blocks in order.
func (r *rebuild) foldUntil(position uint64, blocks <-chan *decoding, failed <-chan error, to ...*rowWriter) error {
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
			for _, e := range list {
				if err := r.take(e); err != nil {
					return err
				}
			}
			for _, w := range to {
				if err := w.pass(list); err != nil {
					return err
				}
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
		r.areas = append(r.areas, sum{})
	}
	month := monthOf(e.On)
	for i := range e.lines {
		l := &e.lines[i]
		for i, area := range l.areas {
			r.areas[area].add(l, e.On, e.Position)
			if rollups[i].months {
				at(r.months, monthKey{area, month}).add(l, e.On, e.Position)
			}
		}
	}
	return nil
}

func (r *rebuild) setRows(b *rowText) {
	for i, s := range r.facts.setList {
		b.number(int64(i))
		b.string(s.scopes)
		b.number(int64(s.first))
		b.end()
	}
}

func (r *rebuild) tupleRows(b *rowText) {
	for i := range r.facts.tupleList {
		t := &r.facts.tupleList[i]
		b.number(int64(i))
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

func (r *rebuild) areaRows(b *rowText) {
	for i := range r.areas {
		a, s := r.facts.areaList[i], &r.areas[i]
		p := &r.facts.placeList[a.place]
		b.number(int64(i))
		b.number(int64(p.level))
		b.string(p.code)
		if p.fund {
			b.string(p.in)
		} else {
			b.null()
		}
		b.number(int64(p.year))
		b.number(int64(a.account))
		b.bool(p.project)
		b.bool(p.organisation)
		b.sums(s)
		b.date(s.firstOn)
		b.date(s.lastOn)
		b.number(int64(s.last))
		b.end()
	}
}

func (r *rebuild) monthRows(b *rowText) {
	for k, s := range r.months {
		b.number(int64(k.area))
		b.date(k.month)
		b.sums(s)
		b.number(int64(s.last))
		b.end()
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

// monthOf is the first day of a date's month.
func monthOf(d domain.Date) domain.Date { return d - domain.Date(dayOfMonth(d)-1) }
