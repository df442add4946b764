package bundle

import (
	"encoding/binary"
	"io"
	"sync"
)

// The members, in their order.
const (
	manifestFile = iota
	checkpointFile
	headsFile
	bodiesFile
	balancesFile
	readmeFile
	memberCount
)

var memberNames = [memberCount]string{"MANIFEST", "checkpoint", "heads.ndjson", "bodies.ndjson", "balances.tsv", "README.txt"}

// Limits of a package.
const (
	maxSmall   = 64 << 10  // MANIFEST, checkpoint, README.txt
	maxPackage = 1<<32 - 1 // a file is smaller than 4 GiB, no size is 0xFFFFFFFF
	stored     = uint16(0) // method: bytes as they are
	deflated   = uint16(8) // method: one DEFLATE stream
	localSize  = 30        // local header without name
	centralLen = 46        // central header without name
	endSize    = 22        // end record
)

// member is what the headers of a ZIP file say about one member.
type member struct {
	name   string
	method uint16
	crc    uint32
	packed uint32 // bytes in the file
	size   uint32 // bytes once inflated
	offset int64  // of the local header
}

// data is the offset of the packed bytes.
func (m *member) data() int64 { return m.offset + localSize + int64(len(m.name)) }

// end is the offset after the packed bytes.
func (m *member) end() int64 { return m.data() + int64(m.packed) }

// fields appends what local and central header share, from version to the length of the name.
func (m *member) fields(b []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, 20)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint16(b, m.method)
	b = binary.LittleEndian.AppendUint16(b, 0)      // time 00:00
	b = binary.LittleEndian.AppendUint16(b, 0x0021) // date 1980-01-01
	b = binary.LittleEndian.AppendUint32(b, m.crc)
	b = binary.LittleEndian.AppendUint32(b, m.packed)
	b = binary.LittleEndian.AppendUint32(b, m.size)
	return binary.LittleEndian.AppendUint16(b, uint16(len(m.name)))
}

// local is the header that stands before the packed bytes.
func (m *member) local() []byte {
	b := m.fields([]byte("PK\x03\x04"))
	return append(append(b, 0, 0), m.name...)
}

// central is the header in the directory.
func (m *member) central() []byte {
	b := m.fields([]byte("PK\x01\x02\x14\x00"))
	b = append(b, make([]byte, 12)...)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.offset))
	return append(b, m.name...)
}

// directory is everything after the packed bytes of the last member.
func directory(members *[memberCount]member) []byte {
	var b []byte
	for i := range members {
		b = append(b, members[i].central()...)
	}
	size := len(b)
	b = append(b, "PK\x05\x06\x00\x00\x00\x00\x06\x00\x06\x00"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = binary.LittleEndian.AppendUint32(b, uint32(members[memberCount-1].end()))
	return append(b, 0, 0)
}

// Package is an opened package file. Its container is known to be well formed; nothing else is.
type Package struct {
	file     *watched
	members  [memberCount]member
	verified *Manifest // after a verdict that it may be relied on
}

// Open reads the container of a package of a size in bytes (section 11): the headers must be, byte for byte, those that
// the profile gives for what they say. The error is a *Refusal with code container, or a failure to read.
func Open(r io.ReaderAt, size int64) (*Package, error) {
	p := &Package{file: &watched{r: r}}
	err := p.readContainer(size)
	if fault := p.file.fault(); fault != nil {
		return nil, fault
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Package) readContainer(size int64) error {
	if size >= maxPackage {
		return refuse(CodeContainer, "the file is not smaller than 4 GiB")
	}
	var at int64
	for i, name := range memberNames {
		m := &p.members[i]
		if err := p.readLocal(m, name, at); err != nil {
			return err
		}
		if at = m.end(); at > size {
			return refuse(CodeContainer, "%s goes beyond the end of the file", name)
		}
		if small := i == manifestFile || i == checkpointFile || i == readmeFile; small && m.size > maxSmall {
			return refuse(CodeContainer, "%s is larger than 64 KiB", name)
		}
	}
	want := directory(&p.members)
	got := make([]byte, len(want))
	if int64(len(want)) != size-at || !p.file.full(got, at) || string(got) != string(want) {
		return refuse(CodeContainer, "the directory does not repeat the members")
	}
	return nil
}

// readLocal reads the header of a member at an offset.
func (p *Package) readLocal(m *member, name string, at int64) error {
	b := make([]byte, localSize+len(name))
	if !p.file.full(b, at) {
		return refuse(CodeContainer, "the file ends before %s", name)
	}
	*m = member{
		name:   name,
		method: binary.LittleEndian.Uint16(b[8:]),
		crc:    binary.LittleEndian.Uint32(b[14:]),
		packed: binary.LittleEndian.Uint32(b[18:]),
		size:   binary.LittleEndian.Uint32(b[22:]),
		offset: at,
	}
	if string(m.local()) != string(b) {
		return refuse(CodeContainer, "the header of %s is not the profile's", name)
	}
	if m.method != stored && m.method != deflated || m.method == stored && m.packed != m.size || m.size == maxPackage || m.packed == maxPackage {
		return refuse(CodeContainer, "method or size of %s is not the profile's", name)
	}
	return nil
}

// watched reads a file and keeps the first failure that is not its end: a file that cannot be read is no verdict.
type watched struct {
	r     io.ReaderAt
	mu    sync.Mutex
	first error
}

// ReadAt reads as io.ReaderAt does.
func (w *watched) ReadAt(b []byte, at int64) (int, error) {
	n, err := w.r.ReadAt(b, at)
	if err != nil && err != io.EOF {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.first == nil {
			w.first = err
		}
	}
	return n, err
}

func (w *watched) fault() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}

// full fills b from an offset and reports whether the file went that far.
func (w *watched) full(b []byte, at int64) bool {
	n, _ := w.ReadAt(b, at)
	return n == len(b)
}
