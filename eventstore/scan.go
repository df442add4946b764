package eventstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/minio/highwayhash"
	"github.com/nats-io/nats.go"
)

// The record of a message in a file N.blk of nats-server 2.x (its filestore.go), little-endian:
//
//	length(4, top bit: with headers) sequence(8) time(8) subject length(2) subject [header length(4) headers] data hash(8)
//
// The hash is HighwayHash-64 over sequence, time, subject, headers and data, keyed with SHA-256("<stream>-<N>").
const (
	recordHead   = 22
	recordHash   = 8
	withHeaders  = 1 << 31
	notAMessage  = 1<<63 | 1<<62 // bits of a sequence: erased, or a note about a deleted one
	largestWrite = 2 << 20       // bytes; more than one message of the ledger takes
)

// scanned is what the files of one stream hold.
type scanned struct {
	last     uint64 // sequence of the last whole message
	position uint64 // that its headers say the log reaches; 0 in the seals
}

// scanFiles reads the files of both streams, and compares the end with the anchor.
func scanFiles(d *Directory, ledger string) (map[string]scanned, error) {
	found := make(map[string]scanned)
	for _, name := range []string{blocksStream(ledger), sealsStream(ledger)} {
		s, err := scanStream(streamDirectory(d, name), name)
		if damage, ok := errors.AsType[*IntegrityError](err); ok {
			damage.Check = checkOf(name)
		}
		if err != nil {
			return nil, err
		}
		found[name] = s
	}
	anchor, ok, err := Anchor{filepath.Join(d.Keys(), anchorFile)}.Read()
	if err != nil {
		return nil, &IntegrityError{Check: CheckAnchor, Reason: err.Error()}
	}
	if end := found[blocksStream(ledger)]; ok && end.position < anchor.Size {
		return nil, shortOfAnchor(end.last, end.position, anchor.Size)
	}
	return found, nil
}

func shortOfAnchor(last, position, size uint64) error {
	return &IntegrityError{
		Check: CheckAnchor, Sequence: last + 1, Position: position + 1,
		Reason: fmt.Sprintf("the log ends at position %d, but %d events were signed: acknowledged events are lost", position, size),
	}
}

// checkOf is the start check that a stream belongs to.
func checkOf(stream string) int {
	if strings.HasSuffix(stream, sealsSuffix) {
		return CheckSeals
	}
	return CheckBlocks
}

// scanStream reads all block files of a stream, several at a time.
func scanStream(dir, stream string) (scanned, error) {
	numbers, err := blockFiles(dir)
	if err != nil {
		return scanned{}, err
	}
	files := make([]blockFile, len(numbers))
	var wg sync.WaitGroup
	buffers := make(chan *bytes.Buffer, runtime.GOMAXPROCS(0))
	for range cap(buffers) {
		buffers <- new(bytes.Buffer)
	}
	for i, n := range numbers {
		buffer := <-buffers
		wg.Go(func() {
			files[i] = readBlockFile(buffer, dir, stream, n)
			buffers <- buffer
		})
	}
	wg.Wait()
	s, err := joinFiles(files)
	if known := knownEnd(dir, stream); err == nil && s.last < known {
		err = &IntegrityError{Sequence: s.last + 1, Reason: fmt.Sprintf("the files of %s end with sequence %d, but held %d when NATS last looked", stream, s.last, known)}
	}
	return s, err
}

// knownEnd is the last sequence that the server wrote into its index.db, at a clean stop and now and then; 0 when the
// file is missing or damaged. A file: 0x0B, version, uvarints of messages, bytes and first sequence, varint of a time,
// uvarint of the last sequence, …, HighwayHash-64 keyed with SHA-256 of the name of the stream.
func knownEnd(dir, stream string) uint64 {
	b, err := os.ReadFile(filepath.Join(dir, "index.db"))
	if err != nil || len(b) < 2+recordHash || b[0] != 0x0B {
		return 0
	}
	key := sha256.Sum256([]byte(stream))
	h, err := highwayhash.New64(key[:])
	if err != nil {
		return 0
	}
	b, sum := b[:len(b)-recordHash], b[len(b)-recordHash:]
	h.Write(b)
	if !bytes.Equal(h.Sum(nil), sum) {
		return 0
	}
	r := bytes.NewReader(b[2:])
	for range 4 {
		if _, err := binary.ReadUvarint(r); err != nil { // a varint has the same bytes
			return 0
		}
	}
	last, err := binary.ReadUvarint(r)
	if err != nil {
		return 0
	}
	return last
}

// blockFiles lists the numbers of the files N.blk, ascending.
func blockFiles(dir string) (numbers []int, err error) {
	names, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look at the files of the log: %w", err)
	}
	for _, e := range names {
		stem, ok := strings.CutSuffix(e.Name(), ".blk")
		if n, err := strconv.Atoi(stem); ok && err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// joinFiles checks that the files continue each other and that only the last one may end in a torn record.
func joinFiles(files []blockFile) (s scanned, err error) {
	for i, f := range files {
		switch {
		case f.err != nil:
			return s, fmt.Errorf("read the files of the log: %w", f.err)
		case f.count > 0 && f.first != s.last+1:
			return s, &IntegrityError{Sequence: s.last + 1, Reason: fmt.Sprintf("file %s goes on with sequence %d", f.path, f.first)}
		case f.count > 0:
			s = scanned{f.last, f.position}
		}
		if f.reason != "" && (f.damaged || i < len(files)-1) {
			return s, &IntegrityError{Sequence: s.last + 1, Reason: fmt.Sprintf("file %s is damaged at byte %d: %s", f.path, f.at, f.reason)}
		}
	}
	return s, nil
}

// blockFile is what one file holds.
type blockFile struct {
	path        string
	err         error // of reading it
	first, last uint64
	count       int
	position    uint64
	at          int    // where the whole records end
	reason      string // why the next one is none; "" at the end of the file
	damaged     bool   // it cannot be a torn last write
}

// readBlockFile looks at one file, in the memory of the buffer.
func readBlockFile(buffer *bytes.Buffer, dir, stream string, number int) (f blockFile) {
	f.path = filepath.Join(dir, strconv.Itoa(number)+".blk")
	b, err := readInto(buffer, f.path)
	if err != nil {
		f.err = err
		return f
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s-%d", stream, number))
	h, err := highwayhash.New64(key[:])
	if err != nil {
		f.err = err
		return f
	}
	var headers []byte
	for f.at < len(b) && f.reason == "" {
		var r blockRecord
		if r, f.reason = cutRecord(b[f.at:], h); f.reason != "" {
			break
		}
		if r.sequence&notAMessage == 0 {
			if f.count > 0 && r.sequence != f.last+1 {
				f.reason, f.damaged = fmt.Sprintf("sequence %d follows %d", r.sequence, f.last), true
				break
			}
			if f.count == 0 {
				f.first = r.sequence
			}
			f.last, headers = r.sequence, r.headers
			f.count++
		}
		f.at += r.length
	}
	f.position = reaches(headers)
	f.damaged = f.damaged || f.reason != "" && followed(b[f.at:], stream, h)
	return f
}

// readInto reads a file; the bytes are good until the buffer is used again.
func readInto(buffer *bytes.Buffer, path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	buffer.Reset()
	_, err = buffer.ReadFrom(file)
	return buffer.Bytes(), err
}

// reaches is the position of the last event of a block, as its headers say.
func reaches(headers []byte) uint64 {
	if headers == nil {
		return 0
	}
	h, err := nats.DecodeHeadersMsg(headers)
	if err != nil {
		return 0
	}
	first, _ := strconv.ParseUint(h.Get(headerFirst), 10, 64)
	count, _ := strconv.ParseUint(h.Get(headerCount), 10, 64)
	if first == 0 {
		return 0
	}
	return first + count - 1
}

// followed reports whether something whole, or more than one write can leave, stands after the start of a bad record:
// then it is not the torn end of the last write.
func followed(b []byte, stream string, h hash.Hash64) bool {
	if len(b) > largestWrite {
		return true
	}
	subject := []byte(subjectOf(stream))
	for at := recordHead + 1; at < len(b); {
		i := bytes.Index(b[at:], subject)
		if i < 0 {
			return false
		}
		if _, reason := cutRecord(b[at+i-recordHead:], h); reason == "" {
			return true
		}
		at += i + 1
	}
	return false
}

// blockRecord is one record of a file.
type blockRecord struct {
	sequence uint64
	headers  []byte
	length   int
}

// cutRecord reads the record at the front of b; reason is "" when it is whole.
func cutRecord(b []byte, h hash.Hash64) (r blockRecord, reason string) {
	if len(b) < recordHead {
		return r, "record is cut"
	}
	n := binary.LittleEndian.Uint32(b)
	r.length = int(n &^ withHeaders)
	subject, end := int(binary.LittleEndian.Uint16(b[20:])), r.length-recordHash
	rest := recordHead + subject
	if n&withHeaders != 0 {
		rest += 4
	}
	if r.length > len(b) || rest > end {
		return r, "record is cut, or its length is wrong"
	}
	r.sequence = binary.LittleEndian.Uint64(b[4:])
	h.Reset()
	h.Write(b[4:20])
	h.Write(b[recordHead : recordHead+subject])
	h.Write(b[rest:end])
	if !bytes.Equal(h.Sum(nil), b[end:r.length]) {
		return r, "checksum differs"
	}
	if n&withHeaders != 0 {
		size := int(binary.LittleEndian.Uint32(b[rest-4:]))
		if size > end-rest {
			return r, "length of the headers is wrong"
		}
		r.headers = b[rest : rest+size]
	}
	return r, ""
}
