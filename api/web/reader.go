package web

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"grantledger/domain"
)

// Reader is for whom a page is made, and at which time of the ledger: its
// language, and what every link inside keeps.
type Reader struct {
	Lang     string     // "zh" or "en"
	Keep     url.Values // as_of, position, lang and theme, as far as they stand in the address
	AsOf     domain.Date
	Position uint64 // of the answer; 0 = not known
	Pinned   bool   // the address names a date or a position
	Theme    string // "", "light" or "dark"
}

// T is the text of a key in the reader's language, with its values filled in.
// A key that is not in the table is a bug.
func (r *Reader) T(key string, values ...any) string {
	w, ok := texts[key]
	if !ok {
		panic("web: no text " + key)
	}
	text := w.In(r.Lang)
	if len(values) == 0 {
		return text
	}
	return fmt.Sprintf(text, values...)
}

// In gives words in the reader's language.
func (r *Reader) In(w domain.Words) string { return w.In(r.Lang) }

// English tells whether the reader's language is English.
func (r *Reader) English() bool { return r.Lang == "en" }

// URL is the address of a page with parameters given as name and value in turn.
// Empty values are left out; time, language and theme of the reader are kept.
func (r *Reader) URL(path string, pairs ...string) string {
	return address(path, r.Keep, pairs)
}

// Live is as URL without date and position.
func (r *Reader) Live(path string, pairs ...string) string {
	keep := url.Values{}
	for name, v := range r.Keep {
		if name != "as_of" && name != "position" {
			keep[name] = v
		}
	}
	return address(path, keep, pairs)
}

// Fixed is as URL with the position filled in: the same figures for ever.
func (r *Reader) Fixed(path string, pairs ...string) string {
	return address(path, r.Keep, append(pairs, "position", strconv.FormatUint(r.Position, 10)))
}

// address joins path and query; what pairs say wins over keep.
func address(path string, keep url.Values, pairs []string) string {
	q := make(url.Values, len(keep)+len(pairs)/2)
	for name, v := range keep {
		q[name] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + strings.NewReplacer("%2C", ",", "%2A", "*", "%2F", "/").Replace(q.Encode())
}

// Event is the address of an event.
func (r *Reader) Event(position uint64) string {
	return r.URL("/events/" + strconv.FormatUint(position, 10))
}

// Subject is the address of a subject's page; "" when its kind has none.
func (r *Reader) Subject(ref string) string {
	kind, id, _ := strings.Cut(ref, "/")
	switch kind {
	case "fund", "project", "district":
		return r.URL("/" + kind + "s/" + id)
	}
	return ""
}

// Money is an amount in yuan; negative ones are marked.
func (r *Reader) Money(f domain.Fen) template.HTML { return money(f) }

// Short is an amount as head figures show it.
func (r *Reader) Short(f domain.Fen) string { return Short(r.Lang, f) }

// Dash is an amount as matrices show it: zero is a dash.
func (r *Reader) Dash(f domain.Fen) template.HTML {
	if f == 0 {
		return "—"
	}
	return money(f)
}

// Day is a business date.
func (r *Reader) Day(d domain.Date) string { return day(r.Lang, d) }

// Moment is a recording time in UTC+8.
func (r *Reader) Moment(t time.Time) string { return moment(r.Lang, t) }

// Count is a number of events as 48,209.
func (r *Reader) Count(n uint64) string { return Count(n) }

// Number is a position as #48,209.
func (r *Reader) Number(position uint64) string { return "#" + Count(position) }

// Type is the name of an event type on screen.
func (r *Reader) Type(typ string) string { return typeWords(typ).In(r.Lang) }

// Kind says how a type is coloured: "in", "out", "bad" (a correction) or "".
func (r *Reader) Kind(typ string) string { return kindOf(typ) }

// Purpose is the name of a purpose.
func (r *Reader) Purpose(code string) string { return purposeWords(code).In(r.Lang) }

// Source is the name of a kind of source.
func (r *Reader) Source(kind string) string {
	if kind == "" {
		return "—"
	}
	return r.T("source." + kind)
}

// Account is the name of an account.
func (r *Reader) Account(a domain.Account) string { return a.Words().In(r.Lang) }

// Figure is the name of a figure.
func (r *Reader) Figure(f domain.Figure) string { return f.Words().In(r.Lang) }

// State is the name of a state; one that has no name of its own stays as it is.
func (r *Reader) State(s string) string {
	if w, ok := texts["state."+s]; ok {
		return w.In(r.Lang)
	}
	return s
}

// Glossary is the table of words.
func (r *Reader) Glossary() Table {
	t := Table{Caption: r.T("help.words"), Heads: []Head{{Label: r.T("word")}, {Label: r.T("other.name")}, {Label: r.T("meaning")}}}
	other := "en"
	if r.English() {
		other = "zh"
	}
	for _, g := range glossary {
		t.Rows = append(t.Rows, []Cell{Plain(g.word.In(r.Lang)), Plain(g.word.In(other)), Plain(g.meaning.In(r.Lang))})
	}
	return t
}

// List joins names.
func (r *Reader) List(names []string) string { return strings.Join(names, r.T("and")) }

// Said is a label with what is said of it.
func (r *Reader) Said(label, value string) string { return label + r.T("colon") + value }
