package bundle

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	// level is the DEFLATE level: an eighth smaller than the fastest one for a tenth more time, and higher ones gain nothing.
	level = 5
	// packBlock is how many bytes are packed by themselves. Blocks begin at fixed places, so the packed bytes depend on the
	// content alone, not on the number of cores; together they are one DEFLATE stream, 1% longer than one packed in one go.
	packBlock = 1 << 20
)

// memberWriter deflates one member into a temporary file, because sizes and CRC stand before the data. Blocks are packed
// on several cores, and hashed and written in order by a goroutine of the member.
type memberWriter struct {
	file   *os.File
	size   int64 // bytes before packing
	packed int64 // bytes in the file, once finished
	crc    uint32
	sum    hash.Hash

	now    *block        // being filled
	made   int           // blocks there are
	slots  chan struct{} // taken while a block is packed; shared by the members of a package
	free   chan *block   // written, to be filled again
	queue  chan *block   // to be written, in order
	failed atomic.Bool
	err    error // of writing; read once the queue has ended
	ended  sync.Once
	done   chan struct{} // closed when the queue has ended
}

// block is a part of a member, before and after packing.
type block struct {
	plain  []byte
	last   bool
	packed bytes.Buffer
	packer *flate.Writer
	ready  chan struct{} // one value when packed is whole
	err    error
}

// packers gives the slots of a package: packing leaves a core to those who write events meanwhile.
func packers() chan struct{} { return make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)) }

func newMemberWriter(name, dir string, slots chan struct{}) (*memberWriter, error) {
	f, err := os.CreateTemp(dir, "export-*-"+name)
	if err != nil {
		return nil, err
	}
	n := runtime.GOMAXPROCS(0) + 1
	m := &memberWriter{file: f, sum: sha256.New(), slots: slots, free: make(chan *block, n), queue: make(chan *block, n), done: make(chan struct{})}
	m.now = m.take()
	go m.drain()
	return m, nil
}

// take gives an empty block: one that is free, a new one while there are few, else the next that is written.
func (m *memberWriter) take() *block {
	if m.made < cap(m.free) && len(m.free) == 0 {
		m.made++
		return &block{ready: make(chan struct{}, 1)}
	}
	b := <-m.free
	b.plain = b.plain[:0]
	return b
}

// write takes bytes before packing. An error of writing shows here or in finish.
func (m *memberWriter) write(p []byte) error {
	for len(p) > 0 {
		n := min(len(p), packBlock-len(m.now.plain))
		m.now.plain = append(m.now.plain, p[:n]...)
		p = p[n:]
		if len(m.now.plain) == packBlock {
			m.send(false)
			m.now = m.take()
		}
	}
	if m.failed.Load() {
		m.stop()
		return m.err
	}
	return nil
}

// line writes b and LF.
func (m *memberWriter) line(b []byte) error {
	if err := m.write(b); err != nil {
		return err
	}
	return m.write(newline)
}

var newline = []byte{'\n'}

// send packs the block in its own goroutine and queues it for writing.
func (m *memberWriter) send(last bool) {
	b := m.now
	b.last = last
	m.size += int64(len(b.plain))
	go b.pack(m.slots)
	m.queue <- b // has room for every block there is
}

// pack deflates the block; all but the last end on a byte, open for the next.
func (b *block) pack(slots chan struct{}) {
	slots <- struct{}{}
	defer func() { <-slots; b.ready <- struct{}{} }()
	b.packed.Reset()
	if b.packer == nil {
		b.packer, b.err = flate.NewWriter(&b.packed, level)
	} else {
		b.packer.Reset(&b.packed)
	}
	if b.err == nil {
		_, b.err = b.packer.Write(b.plain)
	}
	if b.err == nil && b.last {
		b.err = b.packer.Close()
	} else if b.err == nil {
		b.err = b.packer.Flush()
	}
}

// drain hashes and writes the blocks in order until the queue ends; after an error it only takes them.
func (m *memberWriter) drain() {
	defer close(m.done)
	for b := range m.queue {
		if m.err == nil {
			m.sum.Write(b.plain)
			m.crc = crc32.Update(m.crc, crc32.IEEETable, b.plain)
		}
		<-b.ready
		if m.err == nil {
			m.err = b.err
		}
		if m.err == nil {
			_, m.err = m.file.Write(b.packed.Bytes())
		}
		m.failed.Store(m.err != nil)
		m.free <- b
	}
}

// stop ends the queue and waits until all of it is written.
func (m *memberWriter) stop() {
	m.ended.Do(func() { close(m.queue) })
	<-m.done
}

// finish ends the stream; size, packed, crc and hash are final then.
func (m *memberWriter) finish() error {
	m.send(true)
	m.stop()
	if m.err != nil {
		return m.err
	}
	m.now = nil
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

// remove ends the writing and removes the temporary file.
func (m *memberWriter) remove() {
	m.stop()
	removeFile(m.file)
}
