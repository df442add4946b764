package api

import (
	"strconv"

	"grantledger/domain"
	"grantledger/projections"
)

// envelope is what stands around the items of a list (API.md 3): members
// before the items and behind the totals as JSON, each with a comma in front.
type envelope struct {
	position uint64
	filter   *projections.Filter
	before   []byte // "" or `,"group_by":[]`
	totals   []byte // an object
	after    []byte // "" or `,"closing":{}`
	next     string // cursor; "" at the end
}

// answer writes the table in the form asked for.
func (r *reading) answer(t *table, title words, e envelope) error {
	if r.shape.format != formatJSON {
		return r.file(t, title, e.position)
	}
	buffer := takeBuffer()
	defer giveBuffer(buffer)
	b := r.appendStamp(buffer.AvailableBuffer(), e.position, e.filter)
	b = append(b, e.before...)
	b = t.appendItems(append(b, `,"items":`...))
	b = append(append(b, `,"totals":`...), orEmpty(e.totals)...)
	b = append(b, e.after...)
	b = appendOptional(append(b, `,"next_cursor":`...), e.next)
	buffer.Write(append(b, "}\n"...)) // keeps what grew
	r.reflects(e.position)
	return r.tagged(buffer.Bytes())
}

// appendStamp opens an answer: the position and the choices it reflects.
func (r *reading) appendStamp(b []byte, position uint64, f *projections.Filter) []byte {
	b = strconv.AppendUint(append(b, `{"position":`...), position, 10)
	b = appendDate(append(b, `,"as_of":`...), f.AsOf)
	b = appendDate(append(b, `,"from":`...), f.From)
	view := `,"district_view":"current"`
	if f.Recorded {
		view = `,"district_view":"recorded"`
	}
	b = append(append(b, view...), `,"coverage":"`...)
	return append(append(b, r.view.Coverage()...), '"')
}

func orEmpty(object []byte) []byte {
	if len(object) == 0 {
		return []byte("{}")
	}
	return object
}

// appendDate appends a date, null for none.
func appendDate(b []byte, d domain.Date) []byte {
	if d == 0 {
		return append(b, "null"...)
	}
	return append(d.Append(append(b, '"')), '"')
}

// appendAmount appends money as a string.
func appendAmount(b []byte, f domain.Fen) []byte {
	return append(f.Append(append(b, '"')), '"')
}

// appendFigure appends an amount, or a rate as a ratio, null without base.
func appendFigure(b []byte, f domain.Figure, value int64, ok bool) []byte {
	switch {
	case !ok:
		return append(b, "null"...)
	case f == domain.FigureRate:
		return append(appendRatio(append(b, '"'), value), '"')
	}
	return appendAmount(b, domain.Fen(value))
}

// appendNames appends the elements as a JSON list of texts.
func appendNames[T any](b []byte, list []T, name func(T) string) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, name(v))
	}
	return append(b, ']')
}

// appendFigures appends the figures by name as an object.
func appendFigures(b []byte, figures []domain.Figure, value func(domain.Figure) (int64, bool)) []byte {
	b = append(b, '{')
	for i, f := range figures {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, f.String()), ':')
		v, ok := value(f)
		b = appendFigure(b, f, v, ok)
	}
	return append(b, '}')
}

// eventURL is the address of an event.
func eventURL(position uint64) string {
	if position == 0 {
		return ""
	}
	return base + "/events/" + strconv.FormatUint(position, 10)
}

// latest is the newest of the events that correct one, 0 for none.
func latest(positions []uint64) uint64 {
	if len(positions) == 0 {
		return 0
	}
	return positions[len(positions)-1]
}
