package bundle

import (
	"bufio"
	"compress/flate"
	"crypto/sha256"
	"hash"
	"hash/crc32"
	"io"
)

// memberReader inflates one member and checks, when it ends, that the packed bytes were exactly one DEFLATE stream of
// the declared length and CRC. Errors are *Refusal with code container.
type memberReader struct {
	member *member
	packed *bufio.Reader
	plain  io.Reader
	left   int64 // declared bytes that did not come yet
	crc    uint32
	sum    hash.Hash
	ended  bool
}

func (p *Package) reader(index int) *memberReader {
	m := &p.members[index]
	section := io.NewSectionReader(p.file, m.data(), int64(m.packed))
	r := &memberReader{member: m, packed: bufio.NewReaderSize(section, 64<<10), left: int64(m.size), sum: sha256.New()}
	r.plain = r.packed
	if m.method == deflated {
		r.plain = flate.NewReader(r.packed) // takes single bytes from a ByteReader: none past its end
	}
	return r
}

// Read gives inflated bytes; io.EOF means that the whole member was read and is as declared.
func (r *memberReader) Read(b []byte) (int, error) {
	n, err := r.plain.Read(b)
	r.left -= int64(n)
	r.crc = crc32.Update(r.crc, crc32.IEEETable, b[:n])
	r.sum.Write(b[:n])
	switch {
	case r.left < 0:
		return 0, refuse(CodeContainer, "%s is longer than declared", r.member.name)
	case err == io.EOF:
		if err := r.finish(); err != nil {
			return 0, err
		}
		return n, io.EOF
	case err != nil:
		return 0, refuse(CodeContainer, "%s is not one whole DEFLATE stream", r.member.name)
	}
	return n, nil
}

func (r *memberReader) finish() error {
	if r.left != 0 || r.crc != r.member.crc {
		return refuse(CodeContainer, "%s has another length or CRC than declared", r.member.name)
	}
	if _, err := r.packed.ReadByte(); err != io.EOF {
		return refuse(CodeContainer, "bytes follow the DEFLATE stream of %s", r.member.name)
	}
	r.ended = true
	return nil
}

// hash is the SHA-256 of what was read.
func (r *memberReader) hash() (sum [32]byte) {
	r.sum.Sum(sum[:0])
	return sum
}

// small reads a member of at most 64 KiB.
func (p *Package) small(index int) (content []byte, sum [32]byte, err error) {
	r := p.reader(index)
	content, err = io.ReadAll(r)
	return content, r.hash(), err
}
