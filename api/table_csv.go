package api

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// csvOptions are the choices of a CSV file beside its rows.
type csvOptions struct {
	gb18030 bool // else UTF-8 with BOM
	zh      bool // Chinese header
}

// contentType names the character set.
func (o csvOptions) contentType() string {
	if o.gb18030 {
		return "text/csv; charset=gb18030; header=present"
	}
	return "text/csv; charset=utf-8; header=present"
}

const bom = "\ufeff"

// writeCSV writes the table by RFC 4180 with CRLF (API.md 3): one header line,
// lists joined by ;, no totals, and an apostrophe before text that a
// spreadsheet would take for a formula.
func (t *table) writeCSV(w io.Writer, o csvOptions) error {
	if o.gb18030 {
		encoded := encoding.ReplaceUnsupported(simplifiedchinese.GB18030.NewEncoder()).Writer(w)
		return t.csv(encoded, "", o.zh)
	}
	return t.csv(w, bom, o.zh)
}

func (t *table) csv(to io.Writer, begin string, zh bool) error {
	w := bufio.NewWriterSize(to, 64<<10)
	flat := t.columns.flat()
	line := []byte(begin)
	for n, i := range flat {
		name := t.columns[i].path()
		if zh {
			name = t.columns[i].label.ZH
		}
		line = appendField(separate(line, n), []byte(name))
	}
	line = append(line, '\r', '\n')
	cells := make([]cell, len(t.columns))
	var value []byte
	for row := range t.rows {
		if _, err := w.Write(line); err != nil {
			return err
		}
		clear(cells)
		t.fill(row, cells)
		line = line[:0]
		for n, i := range flat {
			value = guarded(cells[i].appendPlain(value[:0], t.columns[i].kind), t.columns[i].kind)
			line = appendField(separate(line, n), value)
		}
		line = append(line, '\r', '\n')
	}
	if _, err := w.Write(line); err != nil {
		return err
	}
	return w.Flush()
}

func separate(line []byte, n int) []byte {
	if n > 0 {
		return append(line, ',')
	}
	return line
}

// guarded puts an apostrophe before text that begins like a formula.
func guarded(value []byte, k kind) []byte {
	if len(value) == 0 || k != textCell && k != listCell {
		return value
	}
	switch value[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return append([]byte{'\''}, value...)
	}
	return value
}

func appendField(line, value []byte) []byte {
	if !bytes.ContainsAny(value, ",\"\r\n") {
		return append(line, value...)
	}
	line = append(line, '"')
	for _, c := range value {
		if c == '"' {
			line = append(line, '"')
		}
		line = append(line, c)
	}
	return append(line, '"')
}
