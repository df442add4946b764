package bundle

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"grantledger/eventstore/record"
)

// WriteHledger writes a journal for hledger: one transaction per event with entries, in order. It is a view; only the
// package is evidence.
//
//	2024-03-05 (2) appropriation.received.v1 市级福彩公益金 2023 年度指标
//	    budget:available  CNY 500000.00  ; fund:lottery-2023-city, district:341800, year:2024, vintage:2023
//	    budget:authority  CNY -500000.00  ; fund:lottery-2023-city, district:341800, year:2024, vintage:2023
func (p *Package) WriteHledger(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var text []byte
	err := p.Events(func(position uint64, e *record.Event) error {
		if len(e.Body.Entries) == 0 {
			return nil
		}
		text = appendTransaction(text[:0], position, e)
		_, err := out.Write(text)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func appendTransaction(b []byte, position uint64, e *record.Event) []byte {
	b = append(append(b, e.Body.On...), " ("...)
	b = strconv.AppendUint(b, position, 10)
	b = append(append(b, ") "...), e.Head.Type...)
	if memo := description(record.Unquote(e.Body.Memo)); memo != "" {
		b = append(append(b, ' '), memo...)
	}
	b = append(b, '\n')
	for i := range e.Body.Entries {
		entry := &e.Body.Entries[i]
		for _, l := range entry.Lines {
			b = append(b, "    "...)
			b = append(b, strings.Replace(l.Account.String(), ".", ":", 1)...)
			b = appendYuan(append(b, "  CNY "...), l.Fen)
			b = append(appendTags(b, entry), '\n')
		}
	}
	return append(b, '\n')
}

// description is the first line of a memo; what hledger would read as a comment or a payee is made full-width.
func description(memo string) string {
	first, _, _ := strings.Cut(memo, "\n")
	return strings.NewReplacer(";", "；", "|", "｜").Replace(strings.TrimSpace(first))
}

// appendTags appends the dimensions of an entry as tags in a comment.
func appendTags(b []byte, e *record.Entry) []byte {
	sep := "  ; "
	tag := func(name string, value []byte) {
		if len(value) > 0 {
			b = append(append(append(append(b, sep...), name...), ':'), value...)
			sep = ", "
		}
	}
	year := func(name string, n int) {
		if n != 0 {
			tag(name, strconv.AppendInt(nil, int64(n), 10))
		}
	}
	tag("fund", e.Fund)
	tag("project", e.Project)
	tag("organisation", e.Organisation)
	tag("district", e.District)
	year("year", e.Year)
	year("vintage", e.Vintage)
	tag("purpose", e.Purpose)
	return b
}
