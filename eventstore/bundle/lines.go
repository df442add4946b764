package bundle

import (
	"bytes"
	"io"
	"sync"
)

const (
	chunkSize  = 256 << 10 // larger than any line
	chunkCount = 3         // one being read, one waiting, one being consumed
)

// lines gives the lines of a member with a hash of each, while another goroutine inflates and hashes ahead, which puts a
// second core to use.
type lines struct {
	reader *memberReader
	code   string                     // of a line that is too long or does not end
	sum    func(line []byte) [32]byte // of each line
	full   chan *chunk
	free   chan *chunk
	stop   <-chan struct{}
	now    *chunk // being consumed
	rest   []byte // its lines that were not given yet
	given  int    // of its lines
}

// chunk is whole lines with their hashes, and how the member went on after them.
type chunk struct {
	data []byte
	used int // bytes of whole lines
	sums [][32]byte
	err  error
}

func newLines(r *memberReader, code string, sum func([]byte) [32]byte, stop <-chan struct{}) *lines {
	l := &lines{reader: r, code: code, sum: sum, full: make(chan *chunk, chunkCount), free: make(chan *chunk, chunkCount), stop: stop}
	for range chunkCount {
		l.free <- &chunk{data: make([]byte, chunkSize)}
	}
	return l
}

// run reads the member to its end or until stop is closed.
func (l *lines) run() {
	var carry []byte // begin of a line whose end is in the next chunk
	for {
		var c *chunk
		select {
		case c = <-l.free:
		case <-l.stop:
			return
		}
		n := copy(c.data, carry)
		read, err := io.ReadFull(l.reader, c.data[n:])
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		n += read
		c.used = bytes.LastIndexByte(c.data[:n], '\n') + 1
		carry = append(carry[:0], c.data[c.used:n]...)
		if len(carry) > 0 && (err == io.EOF || c.used == 0) {
			err = refuse(l.code, "a line of %s is too long or does not end", l.reader.member.name)
		}
		c.err = err
		l.hash(c)
		l.full <- c // has room for every chunk there is
		if err != nil {
			return
		}
	}
}

func (l *lines) hash(c *chunk) {
	c.sums = c.sums[:0]
	for rest := c.data[:c.used]; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		c.sums = append(c.sums, l.sum(rest[:i]))
		rest = rest[i+1:]
	}
}

// next gives the next line without its LF, valid until the call after, and its hash; io.EOF after the last.
func (l *lines) next() (line []byte, sum [32]byte, err error) {
	for len(l.rest) == 0 {
		if l.now != nil {
			if l.now.err != nil {
				return nil, sum, l.now.err
			}
			l.free <- l.now
		}
		l.now = <-l.full
		l.rest, l.given = l.now.data[:l.now.used], 0
	}
	i := bytes.IndexByte(l.rest, '\n')
	line, sum = l.rest[:i:i], l.now.sums[l.given]
	l.rest = l.rest[i+1:]
	l.given++
	return line, sum, nil
}

// sideBySide runs both lines while fn consumes them and waits until they have stopped.
func sideBySide(heads, bodies *lines, stop chan<- struct{}, fn func() error) error {
	var running sync.WaitGroup
	running.Go(heads.run)
	running.Go(bodies.run)
	defer running.Wait()
	defer close(stop)
	return fn()
}
