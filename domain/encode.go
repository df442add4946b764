package domain

import "strconv"

// AppendTail appends the body's members behind key, in the order of FORMAT.md
// 4, up to and with the closing brace:
//
//	"on":"2024-02-22","year":2024,"data":{…},"entries":[…]}
//
// Absent members are left out.
func (e *Event) AppendTail(b []byte) []byte {
	if e.On != 0 {
		b = append(b, `"on":"`...)
		b = append(e.On.Append(b), `",`...)
	}
	if e.Year != 0 {
		b = append(b, `"year":`...)
		b = append(strconv.AppendInt(b, int64(e.Year), 10), ',')
	}
	if e.Memo != "" {
		b = append(b, `"memo":`...)
		b = append(appendString(b, e.Memo), ',')
	}
	if len(e.Docs) > 0 {
		b = append(b, `"docs":[`...)
		for i := range e.Docs {
			b = append(e.Docs[i].append(b), ',')
		}
		b = append(b[:len(b)-1], `],`...)
	}
	b = append(b, `"data":`...)
	b = append(b, e.Data...)
	if len(e.Entries) > 0 {
		b = append(b, `,"entries":[`...)
		for i := range e.Entries {
			b = append(e.Entries[i].append(b), ',')
		}
		b = append(b[:len(b)-1], ']')
	}
	return append(b, '}')
}

func (d *Doc) append(b []byte) []byte {
	b = append(b, `{"sha256":`...)
	b = appendString(b, d.SHA256)
	b = appendString(appendName(b, "name"), d.Name)
	b = appendString(appendName(b, "kind"), d.Kind)
	if d.Number != "" {
		b = appendString(appendName(b, "number"), d.Number)
	}
	return append(b, '}')
}

func (e *Entry) append(b []byte) []byte {
	b = append(b, '{')
	for _, m := range [...]struct{ name, text string }{
		{"fund", e.Fund}, {"project", e.Project}, {"organisation", e.Organisation}, {"district", e.District},
	} {
		if m.text != "" {
			b = appendString(appendName(b, m.name), m.text)
		}
	}
	if e.Year != 0 {
		b = strconv.AppendInt(appendName(b, "year"), int64(e.Year), 10)
	}
	if e.Vintage != 0 {
		b = strconv.AppendInt(appendName(b, "vintage"), int64(e.Vintage), 10)
	}
	if e.Purpose != "" {
		b = appendString(appendName(b, "purpose"), e.Purpose)
	}
	b = append(appendName(b, "lines"), '[')
	for _, line := range e.Lines {
		b = append(append(append(b, `["`...), accountNames[line.Account]...), `",`...)
		b = append(strconv.AppendInt(b, int64(line.Amount), 10), `],`...)
	}
	return append(b[:len(b)-1], `]}`...)
}
