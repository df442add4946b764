package web

import (
	"html/template"

	"grantledger/domain"
	"grantledger/projections"
)

// Link is a text that may lead somewhere.
type Link struct{ Text, URL string }

// Fact is a line of a list of facts.
type Fact struct {
	Label  string
	Values []Link
}

// HeadFigure is one of the big figures: the rounded amount, the exact one in
// small type, and what else is said of it.
type HeadFigure struct {
	Label, URL string
	Big        template.HTML
	Exact      template.HTML
	Note       string
}

// HeadAmount is a head figure of an amount.
func (r *Reader) HeadAmount(label string, f domain.Fen, url string) HeadFigure {
	h := HeadFigure{Label: label, URL: url, Big: template.HTML(template.HTMLEscapeString(r.Short(f)))}
	if f < 0 {
		h.Big = `<span class="neg">(` + template.HTML(template.HTMLEscapeString(r.Short(-f))) + `)</span>`
	}
	h.Exact = "¥" + money(f)
	return h
}

// Choice is one of a few pages beside each other, like the years.
type Choice struct {
	Label, URL string
	Here       bool
}

// EventRow is an event in a list.
type EventRow struct {
	projections.EventItem
	Project, ProjectURL, District string
	Leaf                          string     // hex
	Shown                         domain.Fen // Amount, negative for a reversal
}

// Notice is an award on public notice.
type Notice struct {
	Award, Project, ProjectURL, Organisation string
	Amount                                   domain.Fen
	From, Until                              domain.Date
	Days                                     int // left, today included
}

// Overview is the content of the first page.
type Overview struct {
	Years   []Choice
	Figures []HeadFigure
	Charts  []Figure // C1 to C4
	Events  []EventRow
	Notices []Notice
}

// Listing is a page that is one table with filters.
type Listing struct {
	Years  []Choice
	Fields []Field // of the filter form
	Action string  // of the form
	Charts []Figure
	Table  Table
	Note   string
	More   string // address of the next page; "" at the end
}

// Field is a field of a filter form.
type Field struct {
	Name, Label, Value string
	Type               string   // text, number, date; "" = a choice of Options
	Options            []Choice // URL is the value
}

// Sheet is the page of one fund, project or district.
type Sheet struct {
	Stage    []StageStep
	Figures  []HeadFigure
	Facts    []Fact
	Charts   []Figure
	Sections []Section
}

// StageStep is a step of the stage bar: done, here or to come.
type StageStep struct{ Label, State string }

// Section is a table with a heading.
type Section struct {
	ID, Heading, Note string
	Table             Table
	More              Link
}

// StatementPage is the content of a statement.
type StatementPage struct {
	Fields  []Field
	Filters []Choice // what is chosen; URL takes it out
	Formula string   // of the figure that the reader came from
	Result  template.HTML
	Parts   []Link // numerator and denominator of a ratio
	Summary Table
	Lines   []StatementRow
	Count   int
	More    string
}

// StatementRow is a line with the names of its dimensions.
type StatementRow struct {
	projections.StatementLine
	Fund, Project, ProjectURL, District string
}

// EventPage is the content of the page of one event.
type EventPage struct {
	Position, Previous, Next uint64
	Type, TypeName           string
	Amount                   template.HTML // "" without entries
	Banner                   []Link        // corrections, both ways
	Facts                    []Fact
	Docs                     []Doc
	Entries                  []EntryTable
	History                  Figure
	HasHistory               bool
	Proof                    Proof
	Head, Body               string
	Shell                    []string
	PermanentURL             string
}

// Doc is a piece of evidence.
type Doc struct{ Kind, Name, Number, SHA256, URL string }

// EntryTable is an entry: its tuple in words and its lines.
type EntryTable struct {
	Tuple []Link
	Lines []EntryLine
}

// EntryLine is a line with the balances around it.
type EntryLine struct {
	Account, URL          string
	Before, Change, After domain.Fen
}

// Proof is what the page checked itself, and the proof to check it again.
type Proof struct {
	BodyHash, LeafHash, ID string
	BodyOK                 bool // the head names the body's hash
	Sealed                 bool
	Included               bool // the proof leads to the checkpoint's root
	Size, Index            uint64
	Root                   string
	Hashes                 []string
	Note                   string
	Signers                []string
}

// CheckpointPage is the content of the list of checkpoints.
type CheckpointPage struct {
	Rows  []CheckpointRow
	Trust string
	More  string
}

// CheckpointRow is a checkpoint; Agrees says that the own tree has its root.
type CheckpointRow struct {
	Size    uint64
	Root    string
	Signers []string
	Time    string
	Agrees  bool
	URL     string
}

// LoginPage is the content of the form to sign in.
type LoginPage struct{ Next, Problem string }

// ProblemPage is the content of a page that says no.
type ProblemPage struct {
	Status                  int
	Code, Detail, RequestID string
	Faults                  []Fact
	Back, Retry             string
}

// HelpPage is the content of the help: words, and how to check.
type HelpPage struct {
	Glossary, Accounts, Figures Table
	Shell                       []string
}

// EventList is the content of the list of events.
type EventList struct {
	Fields []Field
	Rows   []EventRow
	More   string
}
