package bundle

import (
	"bufio"
	"compress/flate"
	"crypto/sha256"
	"hash"
	"hash/crc32"
	"io"
	"os"
)

// level is the DEFLATE level: an eighth smaller than the fastest one for a tenth more time, and higher ones gain nothing.
const level = 5

// memberWriter deflates one member into a temporary file, because sizes and CRC stand before the data.
type memberWriter struct {
	file   *os.File
	out    *bufio.Writer
	packer *flate.Writer
	plain  *bufio.Writer // before the packer
	size   int64         // bytes before packing
	packed int64         // bytes in the file, once finished
	crc    uint32
	sum    hash.Hash
}

func newMemberWriter(name, dir string) (*memberWriter, error) {
	f, err := os.CreateTemp(dir, "export-*-"+name)
	if err != nil {
		return nil, err
	}
	m := &memberWriter{file: f, out: bufio.NewWriterSize(f, 64<<10), sum: sha256.New()}
	if m.packer, err = flate.NewWriter(m.out, level); err != nil {
		removeFile(f)
		return nil, err
	}
	m.plain = bufio.NewWriterSize(packing{m}, 64<<10)
	return m, nil
}

// packing counts, hashes and packs what it is given.
type packing struct{ m *memberWriter }

// Write takes bytes before packing.
func (p packing) Write(b []byte) (int, error) {
	p.m.size += int64(len(b))
	p.m.crc = crc32.Update(p.m.crc, crc32.IEEETable, b)
	p.m.sum.Write(b)
	return p.m.packer.Write(b)
}

func (m *memberWriter) write(b []byte) error {
	_, err := m.plain.Write(b)
	return err
}

// line writes b and LF.
func (m *memberWriter) line(b []byte) error {
	if err := m.write(b); err != nil {
		return err
	}
	return m.plain.WriteByte('\n')
}

// finish ends the stream; size, packed, crc and hash are final then.
func (m *memberWriter) finish() error {
	if err := m.plain.Flush(); err != nil {
		return err
	}
	if err := m.packer.Close(); err != nil {
		return err
	}
	if err := m.out.Flush(); err != nil {
		return err
	}
	var err error
	m.packed, err = m.file.Seek(0, io.SeekCurrent)
	return err
}

func (m *memberWriter) hash() (sum [32]byte) {
	m.sum.Sum(sum[:0])
	return sum
}

// copyTo writes the packed bytes.
func (m *memberWriter) copyTo(w io.Writer) error {
	if _, err := m.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, m.file)
	return err
}

func (m *memberWriter) remove() { removeFile(m.file) }
