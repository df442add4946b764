package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"grantledger/domain"

	"github.com/jackc/pgx/v5"
)

// batch is what the events after a position add to the tables. The rows of areas
// are folded, so that each is touched once.
type batch struct {
	facts    *facts
	events   []*event
	from, to uint64 // positions: after from, up to to

	areas  map[uint32]*sum
	months map[monthKey]*sum
}

type monthKey struct {
	area  uint32
	month domain.Date
}

// sum is what lines add to a row.
type sum struct {
	debits, credits domain.Fen
	lines           int32
	firstOn, lastOn domain.Date
	last            uint64
}

func (s *sum) add(l *line, on domain.Date, position uint64) {
	if s.lines == 0 || on < s.firstOn {
		s.firstOn = on
	}
	s.lastOn, s.last = max(s.lastOn, on), position
	s.lines++
	if l.debit {
		s.debits += l.amount
	} else {
		s.credits += l.amount
	}
}

// newBatch folds the lines of events that follow a position.
func newBatch(f *facts, from uint64, events []*event) *batch {
	b := &batch{
		facts: f, events: events, from: from, to: events[len(events)-1].Position,
		areas: map[uint32]*sum{}, months: map[monthKey]*sum{},
	}
	for _, e := range events {
		month := monthOf(e.On)
		for i := range e.lines {
			l := &e.lines[i]
			for i, area := range l.areas {
				at(b.areas, area).add(l, e.On, e.Position)
				if rollups[i].months {
					at(b.months, monthKey{area, month}).add(l, e.On, e.Position)
				}
			}
		}
	}
	return b
}

// monthOf is the first day of a date's month.
func monthOf(d domain.Date) domain.Date { return d - domain.Date(dayOfMonth(d)-1) }

func dayOfMonth(d domain.Date) int {
	return time.Unix(int64(d)*86400, 0).UTC().Day()
}

// at finds or makes the sum of a key.
func at[K comparable](m map[K]*sum, k K) *sum {
	s := m[k]
	if s == nil {
		s = &sum{}
		m[k] = s
	}
	return s
}

// write stores the pending events, progress first: its row is locked, so that a
// second projector waits, finds it moved, and does nothing.
func (p *projector) write(ctx context.Context) (to progress, err error) {
	b := newBatch(p.facts, p.stored.position, p.pending)
	last := p.pending[len(p.pending)-1]
	to = progress{b.to, last.chain[:], p.facts.genesis[:]}
	err = pgx.BeginFunc(ctx, p.m.pool, func(tx pgx.Tx) error {
		var q pgx.Batch
		q.Queue("UPDATE progress SET position = $1, chain = $2, genesis = $3, moved_at = now() WHERE position = $4 AND chain = $5 AND layout = $6",
			to.position, to.chain, to.genesis, p.stored.position, p.stored.chain, layout())
		b.queue(&q)
		r := tx.SendBatch(ctx, &q)
		defer r.Close()
		moved, err := r.Exec()
		if err != nil {
			return err
		}
		if moved.RowsAffected() != 1 {
			return errMoved
		}
		return r.Close()
	})
	if err != nil {
		return to, fmt.Errorf("postgres: events %d to %d: %w", b.from+1, b.to, err)
	}
	return to, nil
}

// queue adds the statements of all tables.
func (b *batch) queue(q *pgx.Batch) {
	b.queueSets(q)
	b.queueEvents(q)
	b.queuePublications(q)
	b.queueTuples(q)
	b.queueJournal(q)
	b.queueAreas(q)
	b.queueMonths(q)
}

const insertSets = `INSERT INTO scope_sets SELECT i, s, p FROM unnest($1::int[], $2::text[], $3::bigint[]) AS u(i, s, p)`

func (b *batch) queueSets(q *pgx.Batch) {
	var ids []int32
	var texts []string
	var firsts []int64
	list := b.facts.setList
	for i := newer(list, b.from, func(s set) uint64 { return s.first }); i < len(list) && list[i].first <= b.to; i++ {
		ids, texts, firsts = append(ids, int32(i)), append(texts, list[i].scopes), append(firsts, int64(list[i].first))
	}
	if len(ids) > 0 {
		q.Queue(insertSets, ids, texts, firsts)
	}
}

// newer is the index of the first element that appeared after a position.
func newer[E any](list []E, position uint64, first func(E) uint64) int {
	i, _ := slices.BinarySearchFunc(list, position+1, func(e E, p uint64) int { return cmp.Compare(first(e), p) })
	return i
}

const insertEvents = `INSERT INTO events
SELECT position, id, time, type, subject, version, scope_set, date '1970-01-01' + nullif(on_day, 0), nullif(year, 0), nullif(voucher, ''),
       actor, key, amount, nullif(memo, ''), docs, nullif(corrects, 0), detail
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[], $7::int[], $8::int[], $9::smallint[], $10::text[],
            $11::text[], $12::text[], $13::bigint[], $14::text[], $15::smallint[], $16::bigint[], $17::smallint[])
  AS u(position, id, time, type, subject, version, scope_set, on_day, year, voucher, actor, key, amount, memo, docs, corrects, detail)`

// eventColumns are the events by columns.
type eventColumns struct {
	position, version, corrects                 []int64
	amount                                      []*int64
	id, typ, subject, voucher, actor, key, memo []string
	time                                        []time.Time
	set, on                                     []int32
	year, docs, detail                          []int16
}

func (b *batch) queueEvents(q *pgx.Batch) {
	var c eventColumns
	for _, e := range b.events {
		var amount *int64
		if largest, ok := e.Amount(); ok {
			amount = (*int64)(&largest)
		}
		c.position, c.version = append(c.position, int64(e.Position)), append(c.version, int64(e.Version))
		c.amount, c.corrects = append(c.amount, amount), append(c.corrects, int64(e.corrects))
		c.id, c.typ, c.subject = append(c.id, e.ID), append(c.typ, e.Type), append(c.subject, e.Subject)
		c.voucher, c.actor, c.key = append(c.voucher, e.voucher), append(c.actor, e.Actor), append(c.key, e.Key)
		c.memo, c.time = append(c.memo, e.Memo), append(c.time, e.Time)
		c.set, c.on = append(c.set, int32(e.set)), append(c.on, int32(e.On))
		c.year, c.docs, c.detail = append(c.year, int16(e.Year)), append(c.docs, int16(len(e.Docs))), append(c.detail, e.detail)
	}
	q.Queue(insertEvents, c.position, c.id, c.time, c.typ, c.subject, c.version, c.set, c.on, c.year, c.voucher,
		c.actor, c.key, c.amount, c.memo, c.docs, c.corrects, c.detail)
}

func (b *batch) queuePublications(q *pgx.Batch) {
	list := b.facts.publications.list
	for i := newer(list, b.from, func(p publication) uint64 { return p.position }); i < len(list) && list[i].position <= b.to; i++ {
		q.Queue("INSERT INTO publications VALUES ($1, $2, $3)", list[i].project, list[i].fund, int64(list[i].position))
	}
}

const insertTuples = `INSERT INTO tuples
SELECT id, nullif(fund, ''), nullif(project, ''), nullif(organisation, ''), nullif(district, ''), year, nullif(vintage, 0), nullif(purpose, ''), first_position
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::smallint[], $8::text[], $9::bigint[])
  AS u(id, fund, project, organisation, district, year, vintage, purpose, first_position)`

func (b *batch) queueTuples(q *pgx.Batch) {
	var ids []int32
	var fund, project, organisation, district, purpose []string
	var year, vintage []int16
	var firsts []int64
	list := b.facts.tupleList
	for i := newer(list, b.from, func(t tuple) uint64 { return t.first }); i < len(list) && list[i].first <= b.to; i++ {
		t := &list[i]
		ids, fund, project = append(ids, int32(i)), append(fund, t.Fund), append(project, t.Project)
		organisation, district, purpose = append(organisation, t.Organisation), append(district, t.District), append(purpose, t.Purpose)
		year, vintage = append(year, int16(t.Year)), append(vintage, int16(t.Vintage))
		firsts = append(firsts, int64(t.first))
	}
	if len(ids) > 0 {
		q.Queue(insertTuples, ids, fund, project, organisation, district, year, vintage, purpose, firsts)
	}
}

const insertJournal = `INSERT INTO journal
SELECT position, amount, tuple, date '1970-01-01' + on_day, line, account, debit
FROM unnest($1::bigint[], $2::smallint[], $3::int[], $4::smallint[], $5::bool[], $6::int[], $7::bigint[]) AS u(position, line, tuple, account, debit, on_day, amount)`

func (b *batch) queueJournal(q *pgx.Batch) {
	var position, amount []int64
	var number, account []int16
	var tuple, on []int32
	var debit []bool
	for _, e := range b.events {
		for i, l := range e.lines {
			position, amount, number = append(position, int64(e.Position)), append(amount, int64(l.amount)), append(number, int16(i+1))
			account, tuple, on, debit = append(account, int16(l.account)), append(tuple, int32(l.tuple)), append(on, int32(e.On)), append(debit, l.debit)
		}
	}
	if len(position) > 0 {
		q.Queue(insertJournal, position, number, tuple, account, debit, on, amount)
	}
}
