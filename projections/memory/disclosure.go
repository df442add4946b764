package memory

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
	"grantledger/projections"
)

// disclosure1 is 收支总体情况: a row for each fund.
func (r *report) disclosure1() error {
	r.column("source", "资金来源(级次/文号)", "Source (tier, document)", projections.TextCell)
	shown := []domain.Figure{
		domain.FigureCarriedIn, domain.FigureAppropriated, domain.FigureTransferred, domain.FigureRecovered, domain.FigureArranged,
		domain.FigureDisbursed, domain.FigureSpent, domain.FigureRate, domain.FigureRemaining,
	}
	for _, f := range shown {
		r.figure(f)
	}
	r.column("reason", "说明(未执行原因)", "Remarks (why not executed)", projections.TextCell)
	a, err := r.groups(r.inYear(), projections.Fund)
	if err != nil {
		return err
	}
	for i := range a.Items {
		g := &a.Items[i]
		cells := []projections.Cell{text(r.fundSource(g.Key[0]))}
		for _, f := range shown {
			cells = append(cells, figure(g, f))
		}
		r.row([]projections.Key{projections.Fund}, g.Key[:1], append(cells, null)...)
	}
	r.total(&a.Totals, 1)
	return nil
}

// fundSource names the fund and the papers by which it was given authority in
// the report's year.
func (r *report) fundSource(fund string) string {
	name := r.name(projections.Fund, fund)
	if name == "" {
		name = fund
	}
	var papers []string
	ref, _ := r.m.refs.find("fund/" + fund)
	for _, n := range r.m.setsOf.at(ref) {
		for _, p := range r.m.sets[n].events {
			if d := r.m.documents[p]; d != "" && p <= r.x.limit && int(r.m.journal.at(p).year) == r.only && !slices.Contains(papers, d) {
				papers = append(papers, d)
			}
		}
	}
	if len(papers) == 0 {
		return name
	}
	return name + "（" + strings.Join(papers, "；") + "）"
}

// disclosure2 is 项目明细: a row for each project, by class of purpose.
func (r *report) disclosure2() error {
	r.column("class", "类别", "Class", projections.TextCell)
	r.column("project", "项目名称", "Project", projections.TextCell)
	r.column("district", "地区", "District", projections.TextCell)
	r.column("organisation", "实施单位", "Carried out by", projections.TextCell)
	arranged := domain.FigureArranged
	r.a.Columns = append(r.a.Columns, projections.Column{Name: arranged.String(), Label: domain.Words{ZH: "安排金额", EN: "Arranged"}, Type: projections.AmountCell, Accounts: projections.FigureAccounts(arranged)})
	shown := []domain.Figure{domain.FigureDisbursed, domain.FigureSpent, domain.FigureRate}
	for _, f := range shown {
		r.figure(f)
	}
	r.column("result", "绩效(评估)", "Result (evaluation)", projections.TextCell)
	f := r.inYear()
	a, err := r.groups(f, projections.Project)
	if err != nil {
		return err
	}
	deals := r.awards()
	rows := slices.DeleteFunc(a.Items, func(g projections.Group) bool { return g.Key[0] == "" || g.Sums.Zero() })
	slices.SortStableFunc(rows, func(a, b projections.Group) int { return cmp.Compare(r.classOf(a.Key[0]), r.classOf(b.Key[0])) })
	var total projections.Group
	for i := range rows {
		g := &rows[i]
		id := g.Key[0]
		p, _ := r.m.ledger.Project(id)
		class := null
		if n := r.classOf(id); n < len(division.Classes()) {
			class = text(division.Classes()[n])
		}
		cells := []projections.Cell{class, text(cmp.Or(p.Name, id)), text(r.district(p.District)), text(r.recipients(deals[id])), figure(g, arranged)}
		for _, f := range shown {
			cells = append(cells, figure(g, f))
		}
		total.Sums.Plus(&g.Sums)
		r.row([]projections.Key{projections.Project}, g.Key[:1], append(cells, words(evaluation(deals[id])))...)
	}
	total.OneProject = true // the base of projects: arranged and carried in
	r.total(&total, 4)
	return nil
}

// classOf is the number of the project's disclosure class; the number of
// classes for none.
func (r *report) classOf(project string) int {
	p, _ := r.m.ledger.Project(project)
	purpose, _ := division.PurposeOf(p.Purpose)
	if n := slices.Index(division.Classes(), purpose.Class); n >= 0 {
		return n
	}
	return len(division.Classes())
}

// district names a code as the report's year shows it.
func (r *report) district(code string) string {
	shown := r.x.register.Normalise(code, r.only)
	if !r.q.Recorded {
		shown = r.x.register.Current(code)
	}
	return strings.TrimSpace(r.x.register.Name(shown, max(r.only, domain.MinYear)) + " " + shown)
}

// awards lists, by project, the awards that the report's filter and view show
// and that were proposed by the end of the report's year.
func (r *report) awards() map[string][]domain.Award {
	out := map[string][]domain.Award{}
	for w := range r.m.ledger.Awards() {
		fund, _ := r.m.funds.find(w.Fund)
		project, _ := r.m.projects.find(w.Project)
		roll := r.m.subjects["award"]
		if r.x.fund.has(fund) && r.x.project.has(project) && r.x.sight.shows(fund, project) && (r.x.source == nil || r.x.source[fund]) &&
			roll.first[w.ID] <= r.x.limit && w.Proposed.Year() <= r.only {
			out[w.Project] = append(out[w.Project], w)
		}
	}
	return out
}

// recipients names the recipients of awards, each once.
func (r *report) recipients(awards []domain.Award) string {
	var list []string
	for _, w := range awards {
		name := cmp.Or(r.name(projections.Organisation, w.Organisation), w.Organisation)
		if w.Confirmed != 0 && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return strings.Join(list, "；")
}

var resultWords = map[string]domain.Words{
	"passed": {ZH: "合格", EN: "passed"}, "rectify": {ZH: "整改", EN: "to rectify"}, "failed": {ZH: "不合格", EN: "failed"},
	"midterm": {ZH: "中期", EN: "mid-term"}, "final": {ZH: "末期", EN: "final"},
}

// evaluation is the newest result of each award: 末期 92 合格.
func evaluation(awards []domain.Award) domain.Words {
	var zh, en []string
	for _, w := range awards {
		if n := len(w.Evaluations); n > 0 {
			e := w.Evaluations[n-1]
			score := strconv.Itoa(e.Score)
			zh = append(zh, resultWords[e.Stage].ZH+" "+score+" "+resultWords[e.Result].ZH)
			en = append(en, resultWords[e.Stage].EN+" "+score+" "+resultWords[e.Result].EN)
		}
	}
	return domain.Words{ZH: strings.Join(zh, "；"), EN: strings.Join(en, "; ")}
}

// disclosure3 is 公益创投: a row for each project and organisation with an award
// out of a venture fund, or in a round, whichever fund pays for it.
func (r *report) disclosure3() error {
	r.column("round", "届次", "Round", projections.TextCell)
	r.column("project", "项目", "Project", projections.TextCell)
	r.column("organisation", "组织", "Organisation", projections.TextCell)
	r.column("awarded", "资助金额", "Grant", projections.AmountCell, projections.FigureAccounts(domain.FigureAwarded)...)
	r.column("match", "配套", "Match", projections.AmountCell, domain.MatchOrigin)
	shown := []domain.Figure{domain.FigureDisbursed, domain.FigureSpent, domain.FigureRefunded}
	for _, f := range shown {
		r.figure(f)
	}
	r.column("result", "评估等级", "Evaluation", projections.TextCell)
	pairs, err := r.pairs(r.inYear())
	if err != nil {
		return err
	}
	deals := r.awards()
	var total projections.Group
	var match domain.Fen
	for _, p := range pairs {
		project, _ := r.m.ledger.Project(p.project)
		cells := []projections.Cell{
			text(cmp.Or(r.name(projections.Project, project.Parent), project.Parent)), text(cmp.Or(project.Name, p.project)),
			text(cmp.Or(r.name(projections.Organisation, p.organisation), p.organisation)), figure(&p.Group, domain.FigureAwarded), amount(p.match),
		}
		for _, f := range shown {
			cells = append(cells, figure(&p.Group, f))
		}
		total.Sums.Plus(&p.Sums)
		match += p.match
		own := slices.DeleteFunc(slices.Clone(deals[p.project]), func(w domain.Award) bool { return w.Organisation != p.organisation })
		r.row([]projections.Key{projections.Project, projections.Organisation}, []string{p.project, p.organisation}, append(cells, words(evaluation(own)))...)
	}
	r.total(&total, 3)
	r.a.Totals[4] = amount(match)
	return nil
}

// pair is what one organisation has of one project.
type pair struct {
	projections.Group
	project, organisation string
	match                 domain.Fen
}

// pairs sums the filter's tuples of venture funds and of rounds by project and
// organisation, without the lines of projects or funds alone.
func (r *report) pairs(f projections.Filter) ([]pair, error) {
	x, err := r.m.matcher(r.v, &f)
	if err != nil {
		return nil, err
	}
	found := map[[2]uint32]*pair{}
	x.tuples(asTheyStand, func(n uint32, t *tuple) {
		if t.project == 0 || t.organisation == 0 {
			return
		}
		if p, _ := r.m.ledger.Project(r.m.projects.text(t.project)); p.Parent == "" && r.m.sourceOf(t.fund) != "venture" {
			return
		}
		k := [2]uint32{t.project, t.organisation}
		p := found[k]
		if p == nil {
			p = &pair{project: r.m.projects.text(t.project), organisation: r.m.organisations.text(t.organisation)}
			found[k] = p
		}
		for _, c := range r.m.cellsOf.at(n) {
			cell := &r.m.cells[c]
			part := x.of(c)
			p.Lines += part.lines
			p.Sums.Add(cell.account, part.debits, part.credits, true, true)
			if cell.account == domain.MatchOrigin {
				p.match -= part.debits + part.credits
			}
		}
	})
	var out []pair
	for _, p := range found {
		if p.Lines > 0 {
			out = append(out, *p)
		}
	}
	slices.SortFunc(out, func(a, b pair) int {
		return cmp.Or(strings.Compare(a.project, b.project), strings.Compare(a.organisation, b.organisation))
	})
	return out, nil
}
