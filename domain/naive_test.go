package domain_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fact is a stored event as a stranger to this program would read it: with
// encoding/json, from the two lines of the log.
type fact struct {
	position   uint64
	head, body []byte
	Head       factHead
	Body       factBody
}

type factHead struct {
	Type, Subject string
	Version       uint64
	Scopes        []string
}

type factBody struct {
	Actor, Key, On string
	Year           int
	Docs           []struct{ SHA256, Kind string }
	Data           factData
	Entries        []factEntry
}

// factData is what the checks need of an event's data.
type factData struct {
	Voucher, Reverses, Fund, Code, Name, Predecessor string
	Invoice, Receipt, Document, Agreement            string
	BankReference                                    string `json:"bank_reference"`
	Source                                           string
	Lapses                                           *bool
	Year                                             int
	From                                             any // a year, a date or a project
	Lines                                            []struct{ Invoice string }
	Approval                                         json.RawMessage // persons of an effect, or a fund's policy
}

type factEntry struct {
	Fund, Project, Organisation, District string
	Year, Vintage                         int
	Purpose                               string
	Lines                                 []factLine
}

type factLine struct {
	account string
	fen     int64
}

// UnmarshalJSON reads ["budget.available",100].
func (l *factLine) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&l.account, &l.fen})
}

// readFact decodes the two stored lines.
func readFact(position uint64, head, body []byte) (fact, error) {
	f := fact{position: position, head: head, body: body}
	if err := json.Unmarshal(head, &f.Head); err != nil {
		return f, err
	}
	return f, json.Unmarshal(body, &f.Body)
}

// clone copies the fact so that a test may falsify the copy.
func (f fact) clone() fact {
	f.Head.Scopes = slices.Clone(f.Head.Scopes)
	f.Body.Entries = slices.Clone(f.Body.Entries)
	for i := range f.Body.Entries {
		f.Body.Entries[i].Lines = slices.Clone(f.Body.Entries[i].Lines)
	}
	return f
}

// each calls fn for every line of the event.
func (f *fact) each(fn func(e *factEntry, account string, fen int64)) {
	for i := range f.Body.Entries {
		e := &f.Body.Entries[i]
		for _, l := range e.Lines {
			fn(e, l.account, l.fen)
		}
	}
}

// tuple is the dimensions as columns of balances.tsv.
func (e *factEntry) tuple() string {
	year := func(y int) string {
		if y == 0 {
			return ""
		}
		return fmt.Sprint(y)
	}
	return strings.Join([]string{e.Fund, e.Project, e.Organisation, e.District, year(e.Year), year(e.Vintage), e.Purpose}, "\t")
}

// naiveTSV is balances.tsv added up from the facts alone.
func naiveTSV(facts []fact) string {
	sums := map[string]map[string]int64{}
	for i := range facts {
		facts[i].each(func(e *factEntry, account string, fen int64) {
			if sums[account] == nil {
				sums[account] = map[string]int64{}
			}
			sums[account][e.tuple()] += fen
		})
	}
	rows := []string{}
	for account, tuples := range sums {
		for tuple, fen := range tuples {
			if fen != 0 {
				rows = append(rows, fmt.Sprintf("%s\t%s\t%d\n", account, tuple, fen))
			}
		}
	}
	slices.Sort(rows)
	return "account\tfund\tproject\torganisation\tdistrict\tyear\tvintage\tpurpose\tamount\n" + strings.Join(rows, "")
}

// naiveReversible are the events that DOMAIN.md 5.5 lists as reversible.
var naiveReversible = map[string]bool{
	"appropriation.received.v1": true, "appropriation.reduced.v1": true, "fund.transferred.v1": true,
	"fund.transfer-received.v1": true, "allocation.made.v1": true, "allocation.released.v1": true,
	"allocation.moved.v1": true, "award.disbursed.v1": true, "expenditure.accepted.v1": true,
	"refund.demanded.v1": true, "refund.received.v1": true, "pledge.made.v1": true, "pledge.released.v1": true,
	"donation.received.v1": true, "goods.received.v1": true, "goods.delivered.v1": true,
	"match.evidenced.v1": true, "match.waived.v1": true, "entry.reclassified.v1": true,
}

// difference names the first line that only one of two texts has.
func difference(got, want string) error {
	if got == want {
		return nil
	}
	lines := func(text string) map[string]bool {
		return maps.Collect(func(yield func(string, bool) bool) {
			for l := range strings.SplitSeq(text, "\n") {
				if !yield(l, true) {
					return
				}
			}
		})
	}
	g, w := lines(got), lines(want)
	for _, l := range slices.Sorted(maps.Keys(w)) {
		if !g[l] {
			return fmt.Errorf("missing %q", l)
		}
	}
	for _, l := range slices.Sorted(maps.Keys(g)) {
		if !w[l] {
			return fmt.Errorf("unexpected %q", l)
		}
	}
	return fmt.Errorf("same lines in another order")
}

func sha256sum(b []byte) [32]byte { return sha256.Sum256(b) }
