package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
)

func TestZipTricks(t *testing.T) {
	good := read(t, "sample-full.zip")
	p := open(t, good)
	first, heads, end := &p.members[manifestFile], &p.members[headsFile], len(good)-endSize
	directoryAt := int(p.members[readmeFile].end())
	put := func(at int, b ...byte) func([]byte) []byte {
		return func(z []byte) []byte { copy(z[at:], b); return z }
	}
	insert := func(at int, b ...byte) func([]byte) []byte {
		return func(z []byte) []byte { return slices.Insert(z, at, b...) }
	}
	for name, change := range map[string]func([]byte) []byte{
		"byte before":              insert(0, 0),
		"byte after":               insert(len(good), 0),
		"byte between members":     insert(int(first.end()), 0),
		"byte before directory":    insert(directoryAt, 0),
		"comment":                  func(z []byte) []byte { z[len(z)-2] = 1; return append(z, 'x') },
		"cut":                      func(z []byte) []byte { return z[:len(z)-1] },
		"cut in a member":          func(z []byte) []byte { return z[:heads.data()+5] },
		"empty":                    func([]byte) []byte { return nil },
		"flags: encrypted":         put(6, 1),
		"flags: descriptor":        put(6, 8),
		"flags: UTF-8":             put(7, 8),
		"version":                  put(4, 45),
		"method 12":                put(8, 12),
		"method 0 for a stream":    put(8, 0),
		"time":                     put(10, 1),
		"date":                     put(12, 0x22),
		"extra":                    put(28, 1),
		"name":                     put(30, 'm'),
		"packed size":              put(18, 0xFF, 0xFF, 0xFF, 0xFF),
		"size":                     put(22, 0xFF, 0xFF, 0xFF, 0xFF),
		"size of a small member":   put(22, 1, 0, 1, 0),
		"directory: attributes":    put(directoryAt+38, 1),
		"directory: made by":       put(directoryAt+4, 0x1F),
		"directory: offset":        put(directoryAt+42, 1),
		"directory: other name":    put(directoryAt+46, 'm'),
		"end: count":               put(end+8, 7),
		"end: disk":                put(end+4, 1),
		"end: offset":              put(end+16, 0),
		"end: signature":           put(end, 'p'),
		"second directory":         func(z []byte) []byte { return append(z, z[directoryAt:]...) },
		"another file behind":      func(z []byte) []byte { return append(z, good...) },
		"members in another order": func(z []byte) []byte { return append(z[first.end():heads.offset:heads.offset], z...) },
	} {
		z := change(slices.Clone(good))
		if _, err := verify(z, Policy{Trust: trust(t)}); codeOf(t, err) != CodeContainer {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// repack gives a package whose heads are the given packed bytes, with headers that fit.
func repack(t *testing.T, packed []byte, size uint32, crc uint32) []byte {
	good := read(t, "sample-full.zip")
	p := open(t, good)
	var out bytes.Buffer
	headers := p.members
	for i := range headers {
		h := &headers[i]
		data := good[p.members[i].data():p.members[i].end()]
		if i == headsFile {
			data, h.packed, h.size, h.crc = packed, uint32(len(packed)), size, crc
		}
		h.offset = int64(out.Len())
		out.Write(h.local())
		out.Write(data)
	}
	out.Write(directory(&headers))
	return out.Bytes()
}

func TestDeflateTricks(t *testing.T) {
	good := read(t, "sample-full.zip")
	m := open(t, good).members[headsFile]
	stream := good[m.data():m.end()]
	if _, err := verify(repack(t, stream, m.size, m.crc), Policy{Trust: trust(t)}); err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := io.Copy(&plain, open(t, good).reader(headsFile)); err != nil {
		t.Fatal(err)
	}
	storedBlock := func(b []byte, last byte) []byte {
		head := []byte{last}
		head = binary.LittleEndian.AppendUint16(head, uint16(len(b)))
		return append(binary.LittleEndian.AppendUint16(head, ^uint16(len(b))), b...)
	}
	for name, c := range map[string]struct {
		packed []byte
		size   uint32
		code   string
	}{
		"stored blocks":         {append(storedBlock(plain.Bytes()[:100], 0), storedBlock(plain.Bytes()[100:], 1)...), m.size, ""},
		"bytes after":           {append(slices.Clone(stream), 0), m.size, CodeContainer},
		"second stream":         {append(slices.Clone(stream), stream...), m.size, CodeContainer},
		"cut":                   {stream[:len(stream)-1], m.size, CodeContainer},
		"no last block":         {storedBlock(plain.Bytes(), 0), m.size, CodeContainer},
		"reserved block type":   {[]byte{7}, m.size, CodeContainer},
		"shorter than declared": {stream, m.size + 1, CodeFiles},
		"longer than declared":  {append(storedBlock(plain.Bytes(), 0), storedBlock([]byte("x"), 1)...), m.size, CodeContainer},
		"nothing":               {nil, m.size, CodeContainer},
	} {
		if _, err := verify(repack(t, c.packed, c.size, m.crc), Policy{Trust: trust(t)}); codeOf(t, err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := verify(repack(t, stream, m.size, m.crc^1), Policy{Trust: trust(t)}); codeOf(t, err) != CodeContainer {
		t.Errorf("CRC: %v", err)
	}
}

// No single flipped bit may be accepted with other content. Every fifth bit is tried, which reaches every bit position.
func TestFlippedBits(t *testing.T) {
	good := read(t, "sample-year.zip")
	want := partsContent(t, good)
	tr, kept := trust(t), [][]byte{read(t, "kept.checkpoint")}
	step := 5
	if testing.Short() {
		step = 101
	}
	for bit := 0; bit < len(good)*8; bit += step {
		z := slices.Clone(good)
		z[bit/8] ^= 1 << (bit % 8)
		_, err := verify(z, Policy{Trust: tr, Kept: kept})
		if err == nil && !slices.EqualFunc(partsContent(t, z), want, bytes.Equal) {
			t.Fatalf("bit %d of byte %d: accepted with other content", bit%8, bit/8)
		}
		if err != nil {
			codeOf(t, err)
		}
	}
}

func partsContent(t *testing.T, pkg []byte) (all [][]byte) {
	for i := range memberCount {
		all = append(all, content(t, pkg, i))
	}
	return all
}

// failing fails to read behind an offset.
type failing struct {
	io.ReaderAt
	from int64
}

var errDisk = errors.New("disk failure")

func (f failing) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > f.from {
		return 0, errDisk
	}
	return f.ReaderAt.ReadAt(b, at)
}

// A file that cannot be read is no verdict.
func TestReadFailure(t *testing.T) {
	good := read(t, "sample-full.zip")
	size := int64(len(good))
	if _, err := Open(failing{bytes.NewReader(good), size - 1}, size); !errors.Is(err, errDisk) {
		t.Errorf("open: %v", err)
	}
	p := open(t, good)
	p.file.r = failing{bytes.NewReader(good), p.members[bodiesFile].data()}
	if _, err := p.Verify(Policy{Trust: trust(t)}); !errors.Is(err, errDisk) {
		t.Errorf("verify: %v", err)
	}
}

func FuzzPackage(f *testing.F) {
	f.Add(read(f, "sample-project.zip"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := verify(b, Policy{Trust: trust(t)})
		if err != nil {
			codeOf(t, err)
		}
	})
}

func FuzzManifest(f *testing.F) {
	for name := range verdicts {
		f.Add(string(content(f, read(f, name), manifestFile)))
	}
	f.Add("ledger.example.cn/grants/export/v1\nsize 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		if m, err := parseManifest(text); err == nil && m.Text() != text {
			t.Fatalf("accepted %q", text)
		}
	})
}
