package memory

import (
	"context"
	"slices"
	"strconv"

	"grantledger/domain"
	"grantledger/projections"
)

// Report makes one of the reports.
func (m *Model) Report(_ context.Context, v projections.View, q projections.ReportQuery) (*projections.Report, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i := slices.IndexFunc(projections.Reports(), func(r projections.ReportTitle) bool { return r.Name == q.Name })
	if i < 0 {
		return nil, projections.ErrNotFound
	}
	x, err := m.matcher(v, &q.Filter)
	if err != nil {
		return nil, err
	}
	q.Position = uint64(x.limit)
	r := &report{m: m, v: v, q: &q, x: x, a: &projections.Report{Position: q.Position, ReportTitle: projections.Reports()[i], ProofOK: true}}
	r.year()
	if err := r.make(); err != nil {
		return nil, err
	}
	if err := r.prove(); err != nil {
		return nil, err
	}
	return r.a, nil
}

// report is a ReportQuery at work.
type report struct {
	m    *Model
	v    projections.View
	q    *projections.ReportQuery
	x    *matcher
	a    *projections.Report
	only int // the year of the report; 0 = several
}

// year finds the years that the report covers. Disclosures and the project
// ledger are for one year: the filter's, else the newest.
func (r *report) year() {
	last := r.m.lastYear(r.x.limit)
	y, one := r.q.Only(projections.Year)
	switch {
	case one:
		r.only, _ = strconv.Atoi(y)
	case r.q.Name == projections.Overview || r.q.Name == projections.TrialBalance:
	case r.q.Name == projections.ProjectLedger:
		r.only = r.lastOfFilter()
	default:
		r.only = last
	}
	switch {
	case r.only != 0:
		r.a.Years = []int{r.only}
	case !r.x.year.any:
		for _, y := range r.x.year.ids {
			r.a.Years = append(r.a.Years, int(y))
		}
	default:
		for y, tuples := range r.m.byYear {
			if len(tuples) > 0 && y <= last {
				r.a.Years = append(r.a.Years, y)
			}
		}
	}
}

// lastOfFilter is the newest year in which the filter has a line.
func (r *report) lastOfFilter() int {
	year := 0
	r.x.tuples(asTheyStand, func(n uint32, t *tuple) {
		if int(t.year) > year && slices.ContainsFunc(r.m.cellsOf.at(n), func(c uint32) bool { return r.x.of(c).lines > 0 }) {
			year = int(t.year)
		}
	})
	return year
}

func (r *report) make() error {
	switch r.q.Name {
	case projections.Overview:
		return r.overview()
	case projections.Disclosure1:
		return r.disclosure1()
	case projections.Disclosure2:
		return r.disclosure2()
	case projections.Disclosure3:
		return r.disclosure3()
	case projections.Disclosure4:
		return r.disclosure4()
	case projections.ProjectLedger:
		return r.projectLedger()
	}
	r.trialBalance()
	return nil
}

// inYear is the filter for the report's one year.
func (r *report) inYear() projections.Filter {
	if r.only == 0 {
		return r.q.Filter
	}
	return r.q.With(projections.Year, strconv.Itoa(r.only))
}

// groups asks for the figures of the groups of some keys.
func (r *report) groups(f projections.Filter, keys ...projections.Key) (*projections.Balances, error) {
	q := projections.BalanceQuery{Filter: f, GroupBy: keys, Measures: domain.Figures()}
	if _, ok := f.Only(projections.Year); !ok && !slices.Contains(keys, projections.Year) {
		q.GroupBy = append(slices.Clone(keys), projections.Year)
	}
	return r.m.balances(r.v, q)
}

// prove re-adds the proof line per fund, district and year, and in sum.
func (r *report) prove() error {
	for _, k := range [...]projections.Key{projections.Project, projections.Organisation, projections.Purpose, projections.Vintage} {
		if len(r.q.Where[k]) > 0 {
			return nil
		}
	}
	if r.v.Coverage() == "published" || len(r.v.Public) > 0 && r.v.Coverage() == "funds" {
		r.note("未公开项目不在其内，不作平衡核对。", "Unpublished projects are left out; the proof line is not due.")
		return nil
	}
	a, err := r.groups(r.inYear(), projections.Fund, projections.District, projections.Year)
	if err != nil {
		return err
	}
	r.a.ProofDue = true
	for i := range a.Items {
		came, is := a.Items[i].Sums.Proof()
		r.a.ProofOK = r.a.ProofOK && came == is
	}
	came, is := a.Totals.Sums.Proof()
	r.a.ProofOK = r.a.ProofOK && came == is
	return nil
}

func (r *report) note(zh, en string) {
	r.a.Notes = append(r.a.Notes, domain.Words{ZH: zh, EN: en})
}

func (r *report) column(name, zh, en string, t projections.CellType, accounts ...domain.Account) {
	r.a.Columns = append(r.a.Columns, projections.Column{Name: name, Label: domain.Words{ZH: zh, EN: en}, Type: t, Accounts: accounts})
}

// figure adds the column of a figure.
func (r *report) figure(f domain.Figure) {
	t := projections.AmountCell
	if f == domain.FigureRate {
		t = projections.RateCell
	}
	r.a.Columns = append(r.a.Columns, projections.Column{Name: f.String(), Label: f.Words(), Type: t, Accounts: projections.FigureAccounts(f)})
}

func text(s string) projections.Cell { return projections.Cell{Text: s, Null: s == ""} }

func words(w domain.Words) projections.Cell { return projections.Cell{Words: w, Null: w.ZH == ""} }

func amount(f domain.Fen) projections.Cell { return projections.Cell{Number: int64(f)} }

var null = projections.Cell{Null: true}

func figure(g *projections.Group, f domain.Figure) projections.Cell {
	v, ok := g.Figure(f)
	return projections.Cell{Number: v, Null: !ok}
}

// row adds a row; its statement filter is the report's with the keys given.
func (r *report) row(keys []projections.Key, values []string, cells ...projections.Cell) {
	f := r.inYear()
	for i, k := range keys {
		v := values[i]
		if v == "" {
			v = projections.None
		}
		f = f.With(k, v)
	}
	r.a.Rows = append(r.a.Rows, projections.Row{Cells: cells, Filter: f.Where})
}

// name is the label of a value in the language of the state.
func (r *report) name(k projections.Key, value string) string {
	w, _ := projections.Label(r.m.ledger, k, value)
	return w.ZH
}

// overview is 资金总表: all figures by fund, project, district and year.
func (r *report) overview() error {
	keys := r.q.GroupBy
	if len(keys) == 0 {
		keys = []projections.Key{projections.Fund, projections.Project, projections.District}
	}
	if !slices.Contains(keys, projections.Year) {
		keys = append(slices.Clone(keys), projections.Year)
	}
	a, err := r.m.balances(r.v, projections.BalanceQuery{Filter: r.q.Filter, GroupBy: keys, Measures: domain.Figures()})
	if err != nil {
		return err
	}
	for _, k := range keys {
		r.column(string(k), keyWords[k].ZH, keyWords[k].EN, projections.TextCell)
	}
	for _, f := range domain.Figures() {
		r.figure(f)
	}
	for i := range a.Items {
		g := &a.Items[i]
		if g.Sums.Zero() {
			continue
		}
		cells := make([]projections.Cell, 0, len(keys)+len(domain.Figures()))
		for _, v := range g.Key {
			cells = append(cells, text(v))
		}
		for _, f := range domain.Figures() {
			cells = append(cells, figure(g, f))
		}
		r.row(keys, g.Key, cells...)
	}
	r.total(&a.Totals, len(keys))
	return nil
}

var keyWords = map[projections.Key]domain.Words{
	projections.Fund: {ZH: "资金", EN: "Fund"}, projections.Project: {ZH: "项目", EN: "Project"}, projections.District: {ZH: "地区", EN: "District"},
	projections.City: {ZH: "地市", EN: "Prefecture"}, projections.Province: {ZH: "省份", EN: "Province"},
	projections.Year: {ZH: "年度", EN: "Year"}, projections.Source: {ZH: "资金来源", EN: "Source"},
}

// total adds the totals' row of the figures behind some leading columns.
func (r *report) total(g *projections.Group, leading int) {
	r.a.Totals = make([]projections.Cell, 0, len(r.a.Columns))
	for i, c := range r.a.Columns {
		f, ok := domain.ParseFigure(c.Name)
		switch {
		case i < leading || !ok:
			r.a.Totals = append(r.a.Totals, null)
		default:
			r.a.Totals = append(r.a.Totals, figure(g, f))
		}
	}
	if leading > 0 && len(r.a.Totals) > 0 {
		r.a.Totals[0] = words(domain.Words{ZH: "合计", EN: "Total"})
	}
}
