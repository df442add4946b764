package bundle

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"grantledger/eventstore/record"
)

// csvFields are the columns of postings.csv with their types in a Tabular Data Package.
var csvFields = [...]struct{ Name, Type string }{
	{"position", "integer"}, {"id", "string"}, {"time", "datetime"}, {"on", "date"}, {"type", "string"}, {"subject", "string"},
	{"version", "integer"}, {"actor", "string"}, {"account", "string"}, {"fen", "integer"}, {"yuan", "number"}, {"fund", "string"},
	{"project", "string"}, {"organisation", "string"}, {"district", "string"}, {"year", "integer"}, {"vintage", "integer"},
	{"purpose", "string"}, {"memo", "string"},
}

// WriteCSV writes postings.csv: one row per line of an entry (RFC 4180, UTF-8). It is a view; only the package is
// evidence.
func (p *Package) WriteCSV(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var row []byte
	for i, f := range csvFields {
		if i > 0 {
			row = append(row, ',')
		}
		row = append(row, f.Name...)
	}
	if _, err := out.Write(append(row, "\r\n"...)); err != nil {
		return err
	}
	err := p.Events(func(position uint64, e *record.Event) error {
		memo := safeMemo(record.Unquote(e.Body.Memo))
		for i := range e.Body.Entries {
			for _, l := range e.Body.Entries[i].Lines {
				row = appendPosting(row[:0], position, e, &e.Body.Entries[i], l)
				row = append(appendField(row, memo), "\r\n"...)
				if _, err := out.Write(row); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// safeMemo keeps a spreadsheet from reading a memo as a formula.
func safeMemo(memo string) string {
	if memo != "" && strings.ContainsRune("=+-@", rune(memo[0])) {
		return "'" + memo
	}
	return memo
}

// appendPosting appends every column but the memo, each with its comma. None of them can need quotes.
func appendPosting(b []byte, position uint64, e *record.Event, entry *record.Entry, l record.Line) []byte {
	text := func(v []byte) { b = append(append(b, v...), ',') }
	whole := func(n int64) { b = append(strconv.AppendInt(b, n, 10), ',') }
	year := func(n int) {
		if n != 0 {
			b = strconv.AppendInt(b, int64(n), 10)
		}
		b = append(b, ',')
	}
	whole(int64(position))
	text(e.Head.ID)
	text(e.Head.Time)
	text(e.Body.On)
	text(e.Head.Type)
	text(e.Head.Subject)
	whole(int64(e.Head.Version))
	text(e.Body.Actor)
	b = append(append(b, l.Account.String()...), ',')
	whole(l.Fen)
	b = append(appendYuan(b, l.Fen), ',')
	text(entry.Fund)
	text(entry.Project)
	text(entry.Organisation)
	text(entry.District)
	year(entry.Year)
	year(entry.Vintage)
	text(entry.Purpose)
	return b
}

// appendField appends a field, in quotes when RFC 4180 asks for them. encoding/csv would change the LF of a memo.
func appendField(b []byte, s string) []byte {
	if !strings.ContainsAny(s, "\",\r\n") {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}

// DataPackage is the datapackage.json beside postings.csv (Tabular Data Package), after Verify has accepted the package.
func (p *Package) DataPackage() ([]byte, error) {
	if p.verified == nil {
		return nil, errNotVerified
	}
	fields := make([]map[string]string, len(csvFields))
	for i, f := range csvFields {
		fields[i] = map[string]string{"name": f.Name, "type": f.Type}
	}
	return json.MarshalIndent(map[string]any{
		"profile":     "tabular-data-package",
		"name":        "grantledger-postings",
		"title":       "善款明账分录 / GrantLedger postings",
		"description": "A view of a verified export package of " + p.verified.Origin + "; only the package is evidence.",
		"created":     p.verified.Exported.Format(exportedLayout),
		"resources": []any{map[string]any{
			"profile":  "tabular-data-resource",
			"name":     "postings",
			"path":     "postings.csv",
			"format":   "csv",
			"encoding": "utf-8",
			"dialect":  map[string]any{"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": "\"", "doubleQuote": true, "header": true},
			"schema":   map[string]any{"fields": fields, "missingValues": []string{""}},
		}},
	}, "", "  ")
}
