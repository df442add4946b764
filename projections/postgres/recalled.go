package postgres

import (
	"fmt"
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// recalled are the rules as a rebuild needs them: where vouchers stand, which
// fund and project an award has, and which round a project lies in. It takes
// them from the events, each as it was first said, and leaves the rest of the
// state to the model that reads the log when it starts.
type recalled struct {
	position uint64
	vouchers map[series][]uint64 // by number, which have no gaps
	awards   map[string]domain.Award
	parents  map[string]string
}

// series are the vouchers of a fund and year.
type series struct {
	fund string
	year int
}

func newRecalled() *recalled {
	return &recalled{vouchers: map[series][]uint64{}, awards: map[string]domain.Award{}, parents: map[string]string{}}
}

// ApplyEvent notes what the event says of these.
func (r *recalled) ApplyEvent(e *domain.Event) error {
	if e.Position != r.position+1 {
		return fmt.Errorf("event %d follows event %d", e.Position, r.position)
	}
	r.position = e.Position
	text := func(name string) string { return projections.StoredText(e.Data, name) }
	_, id, _ := strings.Cut(e.Subject, "/")
	switch e.Type {
	case "award.proposed.v1":
		from, _ := domain.ParseDate(text("notice_from"))
		r.awards[id] = domain.Award{ID: id, Fund: text("fund"), Project: text("project"), NoticeFrom: from}
	case "project.registered.v1":
		if parent := text("parent"); parent != "" {
			r.parents[id] = parent
		}
	}
	if len(e.Entries) > 0 {
		return r.number(text("voucher"), e.Position)
	}
	return nil
}

// number keeps the voucher of an event.
func (r *recalled) number(voucher string, position uint64) error {
	fund, year, n, _ := domain.SplitVoucher(voucher)
	of := series{fund, year}
	list := r.vouchers[of]
	if n != len(list)+1 {
		return fmt.Errorf("voucher %q follows number %d", voucher, len(list))
	}
	r.vouchers[of] = append(list, position)
	return nil
}

// Register is the built-in one: no row that a rebuild writes hangs on another.
func (r *recalled) Register() *division.Register { return division.Base() }

// Voucher tells at which event a voucher stands.
func (r *recalled) Voucher(number string) (position, reversedBy uint64, ok bool) {
	fund, year, n, ok := domain.SplitVoucher(number)
	if list := r.vouchers[series{fund, year}]; ok && n > 0 && n <= len(list) {
		return list[n-1], 0, true
	}
	return 0, 0, false
}

// Award has the id, fund, project and notice of an award.
func (r *recalled) Award(id string) (domain.Award, bool) {
	w, ok := r.awards[id]
	return w, ok
}

// Project has the round of a project.
func (r *recalled) Project(id string) (domain.Project, bool) {
	return domain.Project{ID: id, Parent: r.parents[id]}, true
}
