package record

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func FuzzHead(f *testing.F) {
	heads, _ := sample()
	for _, h := range heads {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var h Head
		if h.Parse(line) != nil {
			return
		}
		var again Heading
		copy(again.ID[:], h.ID)
		again.Type, again.Subject, again.Version, again.Body = string(h.Type), string(h.Subject), h.Version, h.Body
		for _, s := range h.Scopes {
			again.Scopes = append(again.Scopes, string(s))
		}
		if got := AppendHead(nil, again); !bytes.Equal(got, line) {
			t.Fatalf("accepted %q, which is written %q", line, got)
		}
	})
}

func FuzzBody(f *testing.F) {
	_, bodies := sample()
	for _, b := range bodies {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var b Body
		if b.Parse(line) != nil {
			return
		}
		if !utf8.Valid(line) || bytes.ContainsAny(line, "\n\r\t") {
			t.Fatalf("accepted %q", line)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, line); err != nil || !bytes.Equal(compact.Bytes(), line) {
			t.Fatalf("accepted %q, which is not compact JSON: %v", line, err)
		}
		sums := map[Book]int64{}
		for _, e := range b.Entries {
			for _, l := range e.Lines {
				sums[l.Account.Book()] += l.Fen
			}
		}
		for book, sum := range sums {
			if sum != 0 {
				t.Fatalf("book %d sums to %d", book, sum)
			}
		}
	})
}

func FuzzBlock(f *testing.F) {
	heads, bodies := sample()
	f.Add(AppendPair(AppendPair(nil, heads[2], bodies[2]), heads[3], bodies[3]))
	f.Add([]byte("a\nb\nc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e Event
		var again []byte
		err := ParseBlock(data, &e, func(_ *Event, head, body []byte) error {
			again = AppendPair(again, head, body)
			return nil
		})
		if err == nil && !bytes.Equal(again, data) {
			t.Fatalf("accepted %q as %q", data, again)
		}
	})
}

func TestBlock(t *testing.T) {
	heads, bodies := sample()
	data := AppendPair(AppendPair(nil, heads[2], bodies[2]), heads[3], bodies[3])
	if len(data) != 1691 {
		t.Errorf("%d bytes, the vectors say 1691", len(data))
	}
	var e Event
	for name, bad := range map[string][]byte{
		"empty": nil, "no last LF": data[:len(data)-1], "head only": data[:len(heads[2])+1],
		"empty line": append([]byte("\n"), data...), "too large": append(bytes.Repeat(data, 600), data...),
	} {
		err := ParseBlock(bad, &e, func(*Event, []byte, []byte) error { return nil })
		if code := codeOf(err); code != CodeBlock && code != CodeHead {
			t.Errorf("%s: %q", name, code)
		}
	}
}
