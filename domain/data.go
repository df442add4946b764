package domain

// Members reads the members of a stored JSON object: an event's data, or an
// object within it. What is absent, or of another type, reads as zero; the log
// checked the form before, so a reader needs no errors.
type Members struct{ v value }

// Members parses the event's data. Data that is no JSON object has no members.
func (e *Event) Members() Members {
	v, err := parseJSON(e.Data)
	if err != nil {
		return Members{}
	}
	return Members{v}
}

// Has tells whether there is a member of that name.
func (m Members) Has(name string) bool { return m.v.has(name) }

// Text is a string, or the digits of a number.
func (m Members) Text(name string) string { return m.v.str(name) }

// Int is a whole number.
func (m Members) Int(name string) int64 { return m.v.int(name) }

// Fen is an amount, stored as a whole number of fen.
func (m Members) Fen(name string) Fen { return m.v.fen(name) }

// Date is a business date.
func (m Members) Date(name string) Date { return m.v.date(name) }

// Bool is true for true alone.
func (m Members) Bool(name string) bool { return m.v.str(name) == "true" }

// Texts is a list of strings.
func (m Members) Texts(name string) []string { return m.v.strings(name) }

// Object is an object; it is without members when there is none.
func (m Members) Object(name string) Members { return Members{*m.v.member(name)} }

// List is a list of objects, in order.
func (m Members) List(name string) []Members {
	items := m.v.member(name).items
	list := make([]Members, len(items))
	for i := range items {
		list[i] = Members{items[i]}
	}
	return list
}
