package bundle

import (
	"crypto/sha256"
	"strings"
	"testing"

	"grantledger/eventstore/record"
)

// bodyTricks are tails of a body, and the code of their refusal; "" is a good one, so that the checks do not refuse too much.
var bodyTricks = map[string][2]string{
	"numbers at the limits":      {`"data":{"a":9007199254740991,"b":-9007199254740991,"c":0,"d":[-1,1]}}`, ""},
	"the escapes that are":       {`"memo":"a\"b\\c\nd","data":{}}`, ""},
	"29 February 2024":           {`"on":"2024-02-29","data":{}}`, ""},
	"first and last day":         {`"on":"1980-01-01","data":{"to":"2199-12-31"}}`, ""},
	"15 brackets":                {`"data":` + strings.Repeat(`{"a":`, 14) + `{}` + strings.Repeat(`}`, 14) + `}`, ""},
	"256 members":                {`"data":{` + members(256) + `}}`, ""},
	"257 members":                {`"data":{` + members(257) + `}}`, "body"},
	"17 brackets":                {`"data":` + strings.Repeat(`{"a":`, 16) + `{}` + strings.Repeat(`}`, 16) + `}`, "body"},
	"a name twice, nested":       {`"data":{"x":{"a":1,"a":1}}}`, "body"},
	"a top member twice":         {`"data":{},"data":{}}`, "body"},
	"an unknown top member":      {`"data":{},"extra":1}`, "body"},
	"members in another order":   {`"data":{},"memo":"x"}`, "body"},
	"year before on":             {`"year":2025,"on":"2025-01-01","data":{}}`, "body"},
	"no data":                    {`"memo":"x"}`, "body"},
	"data is a list":             {`"data":[]}`, "body"},
	"data is null":               {`"data":null}`, "body"},
	"memo is null":               {`"memo":null,"data":{}}`, "body"},
	"memo is empty":              {`"memo":"","data":{}}`, "body"},
	"docs are empty":             {`"docs":[],"data":{}}`, "body"},
	"entries are empty":          {`"on":"2025-01-01","year":2025,"data":{},"entries":[]}`, "body"},
	"a fraction":                 {`"data":{"a":1.0}}`, "body"},
	"an exponent":                {`"data":{"a":1e3}}`, "body"},
	"a great exponent":           {`"data":{"a":1E400}}`, "body"},
	"minus zero":                 {`"data":{"a":-0}}`, "body"},
	"a plus sign":                {`"data":{"a":+1}}`, "body"},
	"a leading zero":             {`"data":{"a":01}}`, "body"},
	"a hexadecimal number":       {`"data":{"a":0x10}}`, "body"},
	"not a number":               {`"data":{"a":NaN}}`, "body"},
	"2^53":                       {`"data":{"a":9007199254740992}}`, "body"},
	"-2^53":                      {`"data":{"a":-9007199254740992}}`, "body"},
	"seventeen digits":           {`"data":{"a":10000000000000000}}`, "body"},
	"full-width digits":          {`"data":{"a":１}}`, "body"},
	"an escaped solidus":         {`"data":{"a":"\/"}}`, "body"},
	"an escaped tab":             {`"data":{"a":"\t"}}`, "body"},
	"an escaped letter":          {`"data":{"a":"\u0041"}}`, "body"},
	"an escaped surrogate":       {`"data":{"a":"\ud83d\ude00"}}`, "body"},
	"an unknown escape":          {`"data":{"a":"\x"}}`, "body"},
	"a raw tab":                  {"\"data\":{\"a\":\"\t\"}}", "body"},
	"a NUL":                      {"\"data\":{\"a\":\"\x00\"}}", "body"},
	"a carriage return":          {"\"data\":{\"a\":\"\r\"}}", "body"},
	"a delete character":         {"\"data\":{\"a\":\"\x7f\"}}", "body"},
	"a line separator":           {"\"data\":{\"a\":\"\u2028\"}}", "body"},
	"a byte order mark":          {"\"data\":{\"a\":\"\ufeff\"}}", "body"},
	"a replacement character":    {"\"data\":{\"a\":\"\ufffd\"}}", "body"},
	"an isolate":                 {"\"data\":{\"a\":\"\u2066\"}}", "body"},
	"no character":               {"\"data\":{\"a\":\"\ufdd0\"}}", "body"},
	"no character of plane 1":    {"\"data\":{\"a\":\"\U0001fffe\"}}", "body"},
	"invalid UTF-8":              {"\"data\":{\"a\":\"\xff\"}}", "body"},
	"an overlong form":           {"\"data\":{\"a\":\"\xc0\xaf\"}}", "body"},
	"a surrogate in UTF-8":       {"\"data\":{\"a\":\"\xed\xa0\x80\"}}", "body"},
	"a trailing comma":           {`"data":{"a":1,}}`, "body"},
	"a comment":                  {`"data":{"a":1/**/}}`, "body"},
	"single quotes":              {`"data":{'a':1}}`, "body"},
	"a name without quotes":      {`"data":{a:1}}`, "body"},
	"a name with a space":        {`"data":{"a b":1}}`, "body"},
	"an empty name":              {`"data":{"":1}}`, "body"},
	"a space at the end":         {`"data":{}} `, "body"},
	"something behind":           {`"data":{}}{}`, "body"},
	"a bracket too few":          {`"data":{}`, "body"},
	"30 February":                {`"on":"2025-02-30","data":{}}`, "body"},
	"29 February 2100":           {`"on":"2100-02-29","data":{}}`, "body"},
	"31 April":                   {`"on":"2025-04-31","data":{}}`, "body"},
	"month 13":                   {`"on":"2025-13-01","data":{}}`, "body"},
	"day 0":                      {`"on":"2025-01-00","data":{}}`, "body"},
	"1979":                       {`"on":"1979-12-31","data":{}}`, "body"},
	"2200":                       {`"on":"2200-01-01","data":{}}`, "body"},
	"a date without zeros":       {`"on":"2025-1-1","data":{}}`, "body"},
	"a date with a time":         {`"on":"2025-01-01T00:00:00Z","data":{}}`, "body"},
	"a date in full-width":       {`"on":"２０２５-01-01","data":{}}`, "body"},
	"year as a string":           {`"on":"2025-01-01","year":"2025","data":{}}`, "body"},
	"entries without a date":     {`"year":2025,"data":{},"entries":[{"lines":[["money.cash",1],["money.income",-1]]}]}`, "entries"},
	"an account twice":           {`"on":"2025-01-01","year":2025,"data":{},"entries":[{"lines":[["money.cash",1],["money.cash",-1]]}]}`, "entries"},
	"an unknown account":         {`"on":"2025-01-01","year":2025,"data":{},"entries":[{"lines":[["money.gold",1],["money.cash",-1]]}]}`, "entries"},
	"an amount of 0":             {`"on":"2025-01-01","year":2025,"data":{},"entries":[{"lines":[["money.cash",0],["money.income",0]]}]}`, "entries"},
	"books balanced across both": {`"on":"2025-01-01","year":2025,"data":{},"entries":[{"lines":[["money.cash",1],["budget.available",-1]]}]}`, "entries"},
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"m` + string(record.AppendString(nil, strings.Repeat("x", i/26)+string(rune('a'+i%26)))[1:]) + `:1`)
	}
	return b.String()
}

// Bodies of every form, hashed, sealed and signed as if they were right.
func TestBodyTricks(t *testing.T) {
	for what, c := range bodyTricks {
		l := newLedger(t)
		l.add("a.b.v1", "project/P-1", []string{"project/P-1", "source/lottery", "year/2025"}, c[0])
		_, err := verify(l.pack(nil), Policy{Trust: trust(t)})
		code := codeOf(t, err)
		if (code == "") != (c[1] == "") || code != c[1] && !(c[1] == "entries" && code == "body") {
			t.Errorf("%s: %v, want %q", what, err, c[1])
		}
	}
	l := newLedger(t) // a byte order mark before a body, which is hashed with it
	l.add("a.b.v1", "project/P-1", []string{"project/P-1"}, `"data":{}}`)
	l.bodies[1] = append([]byte("\ufeff"), l.bodies[1]...)
	old := string(l.heads[1][len(l.heads[1])-66 : len(l.heads[1])-2])
	l.heads[1] = []byte(strings.Replace(string(l.heads[1]), old, hexOf(sha256.Sum256(l.bodies[1])), 1))
	if _, err := verify(l.pack(nil), Policy{Trust: trust(t)}); codeOf(t, err) != record.CodeBody {
		t.Errorf("a byte order mark before the body: %v", err)
	}
}

func hexOf(sum [32]byte) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range sum {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// Heads of every form, in a tree that was signed with them.
func TestHeadTricks(t *testing.T) {
	for what, c := range map[string][2]string{
		"a byte order mark":        {`{"id"`, "\ufeff" + `{"id"`},
		"a space":                  {`,"time"`, `, "time"`},
		"a space at the end":       {`"}`, `"} `},
		"an escaped letter":        {`"project/P-1","v`, `"project/\u0050-1","v`},
		"a name twice":             {`"version":1`, `"version":1,"version":1`},
		"members swapped":          {`"type":"a.b.v1","subject":"project/P-1"`, `"subject":"project/P-1","type":"a.b.v1"`},
		"a member more":            {`"version":1`, `"version":1,"x":1`},
		"version 0":                {`"version":1`, `"version":0`},
		"version 01":               {`"version":1`, `"version":01`},
		"version 1.0":              {`"version":1`, `"version":1.0`},
		"version 1e0":              {`"version":1`, `"version":1e0`},
		"a version left out":       {`"version":1`, `"version":2`},
		"scopes unsorted":          {`"project/P-1","source/lottery"]`, `"source/lottery","project/P-1"]`},
		"a scope twice":            {`"project/P-1","source/lottery"]`, `"project/P-1","project/P-1","source/lottery"]`},
		"no scope":                 {`["project/P-1","source/lottery"]`, `[]`},
		"an unknown source":        {`"source/lottery"]`, `"source/lotterz"]`},
		"an underscore in a type":  {`"a.b.v1"`, `"a.b_c.v1"`},
		"a type without version":   {`"a.b.v1"`, `"a.b"`},
		"a ledger type, no scope":  {`"a.b.v1"`, `"ledger.b.v1"`},
		"hash in capitals":         {`"body":"`, `"body":"A`},
		"second 60":                {`:00.000Z`, `:60.000Z`},
		"hour 24":                  {`T08:`, `T24:`},
		"another day than the id":  {`2025-01-01T`, `2025-01-02T`},
		"a date that is none":      {`2025-01-01T`, `2025-02-30T`},
		"a time without thousands": {`.000Z`, `Z`},
		"a time with a zone":       {`.000Z`, `.000+00:00`},
		"a time in small letters":  {`.000Z`, `.000z`},
		"an id with a letter U":    {`{"id":"0`, `{"id":"U`},
		"an id in small letters":   {`{"id":"01J`, `{"id":"01j`},
	} {
		l := newLedger(t)
		l.add("a.b.v1", "project/P-1", []string{"project/P-1", "source/lottery"}, `"data":{}}`)
		if !strings.Contains(string(l.heads[1]), c[0]) {
			t.Errorf("%s: %s does not hold %q", what, l.heads[1], c[0])
			continue
		}
		l.heads[1] = []byte(strings.Replace(string(l.heads[1]), c[0], c[1], 1))
		if _, err := verify(l.pack(nil), Policy{Trust: trust(t)}); codeOf(t, err) != record.CodeHead && codeOf(t, err) != record.CodeOrder {
			t.Errorf("%s: %v", what, err)
		}
	}
}
