package bundle

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// zipEntry is a member of a ZIP file with everything that its two headers may say of it.
type zipEntry struct {
	name, centralName string
	data              []byte // packed
	local, central    member
	extra, comment    string // of the local, and of the central header
	offset            int    // of the central header; -1: where the member is
	hidden            bool   // not in the directory
}

// zipParts are the members of the good package.
func zipParts(t *testing.T) []zipEntry {
	good := read(t, "sample-full.zip")
	p := open(t, good)
	var all []zipEntry
	for _, m := range p.members {
		all = append(all, zipEntry{name: m.name, centralName: m.name, data: good[m.data():m.end()], local: m, central: m, offset: -1})
	}
	return all
}

// assembled writes a ZIP file of the entries; its numbers are right but for what the entries lie about.
func assembled(entries []zipEntry, before string) []byte {
	out := bytes.NewBufferString(before)
	var central []byte
	count := 0
	for _, e := range entries {
		at := out.Len()
		h := e.local
		h.name = e.name
		b := h.local()
		binary.LittleEndian.PutUint16(b[28:], uint16(len(e.extra)))
		out.Write(append(b, e.extra...))
		out.Write(e.data)
		if e.hidden {
			continue
		}
		c := e.central
		c.name, c.offset = e.centralName, int64(at)
		if e.offset >= 0 {
			c.offset = int64(e.offset)
		}
		b = c.central()
		binary.LittleEndian.PutUint16(b[32:], uint16(len(e.comment)))
		central = append(append(central, b...), e.comment...)
		count++
	}
	end := []byte("PK\x05\x06\x00\x00\x00\x00")
	end = binary.LittleEndian.AppendUint16(end, uint16(count))
	end = binary.LittleEndian.AppendUint16(end, uint16(count))
	end = binary.LittleEndian.AppendUint32(end, uint32(len(central)))
	end = binary.LittleEndian.AppendUint32(end, uint32(out.Len()))
	return append(append(out.Bytes(), central...), append(end, 0, 0)...)
}

// Containers that other readers may take for good ones, or of which two readers see different members.
func TestContainerAttacks(t *testing.T) {
	if _, err := verify(assembled(zipParts(t), ""), Policy{Trust: trust(t)}); err != nil {
		t.Fatal(err)
	}
	one := func(i int, change func(e *zipEntry)) func([]zipEntry) []zipEntry {
		return func(all []zipEntry) []zipEntry { change(&all[i]); return all }
	}
	name := func(s string) func([]zipEntry) []zipEntry {
		return one(headsFile, func(e *zipEntry) { e.name, e.centralName = s, s })
	}
	for what, change := range map[string]func([]zipEntry) []zipEntry{
		"a member twice": func(all []zipEntry) []zipEntry { return append(all, all[headsFile]) },
		"a member twice, first hidden": func(all []zipEntry) []zipEntry {
			h := all[headsFile]
			h.hidden = true
			return slices.Insert(all, headsFile, h)
		},
		"a member twice, second hidden": func(all []zipEntry) []zipEntry { h := all[readmeFile]; h.hidden = true; return append(all, h) },
		"two names for one member":      one(bodiesFile, func(e *zipEntry) { e.centralName = "heads.ndjson" }),
		"a seventh member": func(all []zipEntry) []zipEntry {
			h := all[readmeFile]
			h.name, h.centralName = "x", "x"
			return append(all, h)
		},
		"a directory as a member": func(all []zipEntry) []zipEntry {
			h := all[readmeFile]
			h.name, h.centralName = "d/", "d/"
			return append(all, h)
		},
		"five members":                 func(all []zipEntry) []zipEntry { return all[:readmeFile] },
		"name with a path up":          name("../heads.ndjson"),
		"name with a path":             name("./heads.ndjson"),
		"absolute name":                name("/heads.ndjson"),
		"name with a backslash":        name("..\\heads.ndjson"),
		"name with a NUL":              name("heads.ndjson\x00"),
		"name in capitals":             name("HEADS.NDJSON"),
		"name with a full-width point": name("heads．ndjson"),
		"empty name":                   name(""),
		"extra field":                  one(headsFile, func(e *zipEntry) { e.extra = "\x0a\x00\x04\x00abcd" }),
		"ZIP64 field":                  one(headsFile, func(e *zipEntry) { e.extra = "\x01\x00\x10\x00" + string(make([]byte, 16)) }),
		"ZIP64 sizes": one(headsFile, func(e *zipEntry) {
			e.local.size, e.local.packed, e.central.size, e.central.packed = 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF
		}),
		"ZIP64 offset":            one(headsFile, func(e *zipEntry) { e.offset = 0xFFFFFFFF }),
		"comment of a member":     one(headsFile, func(e *zipEntry) { e.comment = "x" }),
		"stored that is deflated": one(headsFile, func(e *zipEntry) { e.local.method, e.central.method = stored, stored }),
		"stored, with a true size": one(headsFile, func(e *zipEntry) {
			e.local.method, e.central.method = stored, stored
			e.local.size = e.local.packed
			e.central = e.local
		}),
		"size one less":                one(headsFile, func(e *zipEntry) { e.local.size--; e.central.size-- }),
		"size one more":                one(headsFile, func(e *zipEntry) { e.local.size++; e.central.size++ }),
		"packed size into the next":    one(headsFile, func(e *zipEntry) { e.local.packed += 10; e.central.packed += 10 }),
		"packed size too small":        one(headsFile, func(e *zipEntry) { e.local.packed--; e.central.packed-- }),
		"local: another CRC":           one(headsFile, func(e *zipEntry) { e.local.crc ^= 1 }),
		"directory: another CRC":       one(headsFile, func(e *zipEntry) { e.central.crc ^= 1 }),
		"directory: another size":      one(headsFile, func(e *zipEntry) { e.central.size++ }),
		"directory: another length":    one(headsFile, func(e *zipEntry) { e.central.packed-- }),
		"directory: another method":    one(headsFile, func(e *zipEntry) { e.central.method = stored }),
		"directory: another name":      one(headsFile, func(e *zipEntry) { e.centralName = "heads.ndjsom" }),
		"directory: another place":     one(headsFile, func(e *zipEntry) { e.offset = 0 }),
		"directory in another order":   func(all []zipEntry) []zipEntry { all[1], all[2] = all[2], all[1]; return all },
		"sizes of two members swapped": func(all []zipEntry) []zipEntry { all[2].local, all[3].local = all[3].local, all[2].local; return all },
		"contents of two swapped":      func(all []zipEntry) []zipEntry { all[2].data, all[3].data = all[3].data, all[2].data; return all },
	} {
		_, err := verify(assembled(change(zipParts(t)), ""), Policy{Trust: trust(t)})
		if code := codeOf(t, err); code != CodeContainer && code != CodeFiles {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, pkg := range map[string][]byte{
		"bytes before, offsets right": assembled(zipParts(t), "#!/bin/sh\n"),
		"a ZIP file before":           append(assembled(zipParts(t), ""), assembled(zipParts(t), "")...),
		"ZIP64 locator before the end": func() []byte {
			z := assembled(zipParts(t), "")
			return slices.Insert(z, len(z)-endSize, append([]byte("PK\x06\x07"), make([]byte, 16)...)...)
		}(),
		"an end record in the comment": func() []byte {
			z := assembled(zipParts(t), "")
			end := slices.Clone(z[len(z)-endSize:])
			z[len(z)-2] = endSize
			return append(z, end...)
		}(),
	} {
		if _, err := verify(pkg, Policy{Trust: trust(t)}); codeOf(t, err) != CodeContainer {
			t.Errorf("%s: %v", what, err)
		}
	}
}
