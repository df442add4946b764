package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"grantledger/domain"
)

// workload is a ledger full of projects and the commands that move money among
// them: what bench and demo --events write. Every command is one event with
// two entries, of about 700 bytes in the log.
type workload struct {
	prefix          string
	funds, projects int
	on              string // business date of every command
}

const (
	benchAdmin = "user/admin-1"
	benchClerk = "user/clerk-1"
)

// open gives the commands that open the ledger and enrol its two users.
func (w *workload) open() []domain.Command {
	return []domain.Command{
		w.command("open-ledger", benchAdmin, "open", `"ledger":"bench","name":"bench","district":"341800"`),
		w.command("enrol-user", benchAdmin, "enrol", `"user":"clerk-1"`),
		w.command("grant-role", benchAdmin, "role", `"user":"clerk-1","role":"clerk","funds":["*"]`),
	}
}

// fill gives the commands that open the funds, register the projects and bring
// the money in.
func (w *workload) fill() []domain.Command {
	var cs []domain.Command
	for f := range w.funds {
		id := strconv.Itoa(f)
		cs = append(cs, w.command("open-fund", benchAdmin, "fund-"+id, fmt.Sprintf(
			`"fund":"%s","name":"fund %s","source":"lottery","custody":"treasury","district":"341882","purposes":["elderly"],"approval":[{"commands":["*"],"steps":0}]`, w.fund(f), id)),
			w.command("receive-appropriation", benchClerk, "money-"+id, fmt.Sprintf(
				`"fund":"%s","amount":"1000000000000.00","document":"%s-%s"`, w.fund(f), w.prefix, id)))
	}
	for p := range w.projects {
		cs = append(cs, w.command("register-project", benchClerk, "project-"+strconv.Itoa(p), fmt.Sprintf(
			`"project":"%s","name":"project","district":"341882","purpose":"elderly"`, w.project(p))))
	}
	return cs
}

func (w *workload) fund(n int) string    { return w.prefix + "F" + strconv.Itoa(n%w.funds) }
func (w *workload) project(n int) string { return w.prefix + "P" + strconv.Itoa(n%w.projects) }

// data is the n-th allocation as API.md 4 sends it.
func (w *workload) data(n int) string {
	return fmt.Sprintf(`{"on":"%s","fund":"%s","project":"%s","amount":"1.00"}`, w.on, w.fund(n), w.project(n))
}

// key is the idempotency key of the n-th allocation.
func (w *workload) key(n int) string { return w.prefix + "-" + strconv.Itoa(n) }

// allocation is the n-th command.
func (w *workload) allocation(n int) domain.Command {
	c, err := domain.Bind("allocate", []byte(w.data(n)))
	if err != nil {
		panic(err) // our own bug
	}
	c.Key, c.Actor = w.key(n), benchClerk
	return c
}

func (w *workload) command(name, actor, key, members string) domain.Command {
	c, err := domain.Bind(name, []byte(`{"on":"`+w.on+`",`+members+`}`))
	if err != nil {
		panic(err) // our own bug
	}
	c.Key, c.Actor = w.prefix+"-"+key, actor
	return c
}

// write sends commands through the writer in lists of up to 200.
func write(ctx context.Context, w *writer, cs []domain.Command) error {
	for len(cs) > 0 {
		n := min(200, len(cs))
		if _, _, err := w.Do(ctx, cs[:n]...); err != nil {
			return err
		}
		cs = cs[n:]
	}
	return nil
}

// generateEvents writes n more events into an open ledger.
func generateEvents(ctx context.Context, w *writer, n int64, now time.Time) error {
	load := workload{prefix: "G", funds: 10, projects: 200, on: domain.DateOf(now).String()}
	cs := load.fill()
	for i := int64(len(cs)); i < n; i++ {
		if cs = append(cs, load.allocation(int(i))); len(cs) >= 20_000 {
			if err := write(ctx, w, cs); err != nil {
				return err
			}
			cs = cs[:0]
		}
	}
	return write(ctx, w, cs)
}
