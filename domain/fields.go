package domain

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Field describes one member of a command's data, as the catalogue publishes
// it and as Bind checks it. Rules are written as a tag on the command's struct:
//
//	Amount Fen `f:"amount amt"`            an amount above zero
//	Parent string `f:"parent ref=project opt"` an id that must be in the ledger
//
// Kinds: id, key, ref=KIND (must exist and joins the scopes), see=KIND (must exist), new=KIND (must not), subject, voucher,
// text, paper (a paper's number), amt, amt0, date, code, year, int, bool,
// enum=a|b, texts (list of ids or codes), list (of objects).
type Field struct {
	Name     string
	Kind     string
	Of       string   // subject kind of ref and new
	Enum     []string // of enum
	Optional bool
	Min, Max int // of int; of a list, its items; of a text, Max characters
	Elem     []Field
	index    []int  // path of the struct field
	inBody   string // location of a member of the body itself
}

const (
	maxText  = 200
	maxMemo  = 500
	maxItems = 100
)

// fieldsOf reads the tags of a command's struct, and of structs embedded in it.
func fieldsOf(t reflect.Type) []Field {
	out := make([]Field, 0, t.NumField())
	for i := range t.NumField() {
		if t.Field(i).Anonymous {
			for _, f := range fieldsOf(t.Field(i).Type) {
				f.index = append([]int{i}, f.index...)
				out = append(out, f)
			}
			continue
		}
		tag := strings.Fields(t.Field(i).Tag.Get("f"))
		if len(tag) < 2 {
			continue
		}
		f := Field{Name: tag[0], index: []int{i}, inBody: "body." + tag[0], Max: maxText}
		f.Kind, f.Of, _ = strings.Cut(tag[1], "=")
		if f.Kind == "enum" {
			f.Enum, f.Of = strings.Split(f.Of, "|"), ""
		}
		if f.Kind == "texts" || f.Kind == "list" {
			f.Min, f.Max = 1, maxItems
		}
		for _, word := range tag[2:] {
			name, n, _ := strings.Cut(word, "=")
			switch name {
			case "opt":
				f.Optional = true
			case "min":
				f.Min, _ = strconv.Atoi(n)
			case "max":
				f.Max, _ = strconv.Atoi(n)
			default:
				panic("domain: unknown word in tag: " + word)
			}
		}
		if f.Kind == "list" {
			f.Elem = fieldsOf(t.Field(i).Type.Elem())
		}
		out = append(out, f)
	}
	return out
}

// binder collects the faults of one command's data.
type binder struct{ faults []Fault }

func (b *binder) fault(path, code string, v *value) {
	shown := v.text
	if utf8.RuneCountInString(shown) > 60 {
		shown = string([]rune(shown)[:60]) + "…"
	}
	b.faults = append(b.faults, Fault{Location: path, Code: code, Value: shown})
}

// object fills target from the members of v; every member must be known.
func (b *binder) object(fields []Field, v *value, target reflect.Value, path string) {
	known := 0
	for i := range fields {
		f := &fields[i]
		m, at := v.member(f.Name), f.inBody
		if path != "body" {
			at = path + "." + f.Name
		}
		if m.kind == kindNull {
			if !f.Optional {
				b.fault(at, missing(f), m)
			}
			known += count(v, f.Name)
			continue
		}
		known++
		b.field(f, m, target.FieldByIndex(f.index), at)
	}
	if known == len(v.names) {
		return
	}
	for i, name := range v.names {
		if !hasField(fields, name) {
			b.fault(path+"."+name, "unknown", &v.items[i])
		}
	}
}

func count(v *value, name string) int {
	for _, n := range v.names {
		if n == name {
			return 1
		}
	}
	return 0
}

func hasField(fields []Field, name string) bool {
	for i := range fields {
		if fields[i].Name == name {
			return true
		}
	}
	return false
}

func missing(f *Field) string {
	if f.Kind == "paper" {
		return "evidence"
	}
	return "required"
}

func (b *binder) field(f *Field, v *value, target reflect.Value, at string) {
	switch f.Kind {
	case "amt", "amt0":
		b.amount(f, v, target, at)
	case "int", "year":
		b.integer(f, v, target, at)
	case "bool":
		if v.kind != kindBool {
			b.fault(at, "type", v)
			return
		}
		set(target, reflect.ValueOf(v.text == "true"))
	case "texts":
		b.texts(f, v, target, at)
	case "list":
		b.list(f, v, target, at)
	default:
		if v.kind != kindString {
			b.fault(at, "type", v)
			return
		}
		b.text(f, v, target, at)
	}
}

// set stores v in target, which may be a pointer to v's type.
func set(target, v reflect.Value) {
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	target.Set(v.Convert(target.Type()))
}

func (b *binder) amount(f *Field, v *value, target reflect.Value, at string) {
	if v.kind != kindString && v.kind != kindNumber {
		b.fault(at, "type", v)
		return
	}
	amount, err := ParseAmount(v.text)
	if v.kind == kindNumber || err != nil || amount == 0 && f.Kind == "amt" {
		b.fault(at, "amount", v)
		return
	}
	set(target, reflect.ValueOf(amount))
}

func (b *binder) integer(f *Field, v *value, target reflect.Value, at string) {
	n, err := strconv.ParseInt(v.text, 10, 64)
	if v.kind != kindNumber || err != nil {
		b.fault(at, "type", v)
		return
	}
	low, high := int64(f.Min), int64(f.Max)
	if f.Kind == "year" {
		low, high = MinYear, MaxYear
	}
	if n < low || n > high {
		b.fault(at, "too_large", v)
		return
	}
	set(target, reflect.ValueOf(n))
}

func (b *binder) texts(f *Field, v *value, target reflect.Value, at string) {
	if v.kind != kindArray {
		b.fault(at, "type", v)
		return
	}
	if len(v.items) < f.Min || len(v.items) > f.Max {
		b.fault(at, tooMany(len(v.items) > f.Max), v)
		return
	}
	out := make([]string, len(v.items))
	for i := range v.items {
		item := &v.items[i]
		if item.kind != kindString || item.text != "*" && !isID(item.text) {
			b.fault(fmt.Sprintf("%s[%d]", at, i), "pattern", item)
			return
		}
		out[i] = item.text
	}
	target.Set(reflect.ValueOf(out))
}

func tooMany(large bool) string {
	if large {
		return "too_large"
	}
	return "required"
}

func (b *binder) list(f *Field, v *value, target reflect.Value, at string) {
	if v.kind != kindArray {
		b.fault(at, "type", v)
		return
	}
	if len(v.items) < f.Min || len(v.items) > f.Max {
		b.fault(at, tooMany(len(v.items) > f.Max), v)
		return
	}
	out := reflect.MakeSlice(target.Type(), len(v.items), len(v.items))
	for i := range v.items {
		path := fmt.Sprintf("%s[%d]", at, i)
		if v.items[i].kind != kindObject {
			b.fault(path, "type", &v.items[i])
			continue
		}
		b.object(f.Elem, &v.items[i], out.Index(i), path)
	}
	target.Set(out)
}

// text stores the kinds that come as JSON strings.
func (b *binder) text(f *Field, v *value, target reflect.Value, at string) {
	s, ok := normalText(v.text)
	if blank := strings.TrimSpace(s); f.Kind == "paper" || blank == "" {
		s = blank // a number counts once, however it is spaced
	}
	switch {
	case !ok:
		b.fault(at, "pattern", v)
	case s == "" && f.Optional:
	case s == "" && (f.Kind == "text" || f.Kind == "paper"):
		b.fault(at, missing(f), v)
	case f.Kind == "date":
		d, ok := ParseDate(s)
		if !ok {
			b.fault(at, "date", v)
			return
		}
		target.Set(reflect.ValueOf(d))
	case f.Kind == "enum" && !contains(f.Enum, s):
		b.fault(at, "enum", v)
	case (f.Kind == "text" || f.Kind == "paper") && utf8.RuneCountInString(s) > f.Max:
		b.fault(at, "too_long", v)
	case !patternOf(f.Kind, s):
		b.fault(at, "pattern", v)
	default:
		target.SetString(s)
	}
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

func patternOf(kind, s string) bool {
	switch kind {
	case "id", "ref", "see", "new":
		return isID(s)
	case "key":
		return isKey(s)
	case "code":
		return isCode(s)
	case "voucher":
		_, _, ok := splitVoucher(s)
		return ok
	case "subject":
		kind, id, ok := strings.Cut(s, "/")
		return ok && kind != "" && isID(id)
	case "sha256":
		return isHex64(s)
	}
	return true
}

// isID is the pattern of client-chosen ids: [A-Za-z0-9][A-Za-z0-9._-]{0,39}.
func isID(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !alnum(s[i]) && (i == 0 || s[i] != '.' && s[i] != '_' && s[i] != '-') {
			return false
		}
	}
	return true
}

// isKey is the pattern of idempotency keys: [A-Za-z0-9._:-]{1,64}.
func isKey(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !alnum(s[i]) && s[i] != '.' && s[i] != '_' && s[i] != ':' && s[i] != '-' {
			return false
		}
	}
	return true
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isCode(s string) bool {
	_, ok := digits(s)
	return ok && len(s) == 6
}

func isHex64(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// splitVoucher reads "GD/2023/8" into its series and its number in it.
func splitVoucher(s string) (series fundYear, number int, ok bool) {
	fund, rest, _ := strings.Cut(s, "/")
	y, n, found := strings.Cut(rest, "/")
	year, okYear := digits(y)
	number, okNumber := digits(n)
	ok = found && isID(fund) && len(y) == 4 && okYear && okNumber && n != "" && len(n) <= 9
	return fundYear{fund, year}, number, ok
}

// SplitVoucher reads the number of a voucher, as "GD/2023/8": fund, year and its number among those, which have no gaps
// (DOMAIN.md 7). ok is false for anything else.
func SplitVoucher(s string) (fund string, year, number int, ok bool) {
	series, number, ok := splitVoucher(s)
	return series.fund, series.year, number, ok
}

// appendFields appends the data members of a bound command in the order of its
// fields, amounts in fen; absent ones and the one called derived are left out.
// b ends with '{'.
func appendFields(b []byte, fields []Field, v reflect.Value, derived string) []byte {
	for i := range fields {
		f := &fields[i]
		if f.Name == derived {
			continue
		}
		m := v.FieldByIndex(f.index)
		if m.Kind() == reflect.Pointer || m.Kind() == reflect.Slice {
			if m.IsNil() {
				continue
			}
		} else if f.Optional && m.IsZero() {
			continue
		}
		b = appendField(appendName(b, f.Name), f, m)
	}
	return b
}

func appendField(b []byte, f *Field, m reflect.Value) []byte {
	if m.Kind() == reflect.Pointer {
		m = m.Elem()
	}
	switch f.Kind {
	case "date":
		b = append(b, '"')
		return append(Date(m.Int()).Append(b), '"')
	case "bool":
		return strconv.AppendBool(b, m.Bool())
	case "amt", "amt0", "int", "year":
		return strconv.AppendInt(b, m.Int(), 10)
	case "texts":
		b = append(b, '[')
		for i := range m.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, m.Index(i).String())
		}
		return append(b, ']')
	case "list":
		b = append(b, '[')
		for i := range m.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendFields(append(b, '{'), f.Elem, m.Index(i), ""), '}')
		}
		return append(b, ']')
	}
	return appendString(b, m.String())
}
