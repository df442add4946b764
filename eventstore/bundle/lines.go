package bundle

import (
	"bytes"
	"io"
)

const (
	chunkSize  = 256 << 10 // larger than any line
	chunkCount = 3         // one being read, one waiting, one being consumed
)

// lines gives the lines of a member while another goroutine inflates ahead, which puts a second core to use.
type lines struct {
	reader *memberReader
	code   string // of a line that is too long or does not end
	full   chan part
	free   chan []byte
	stop   <-chan struct{}
	whole  []byte // chunk being consumed
	rest   []byte // its lines that were not given yet
	end    error  // io.EOF or a refusal, once met
}

// part is a chunk of whole lines, or the end.
type part struct {
	chunk []byte
	used  int
	err   error
}

func newLines(r *memberReader, code string, stop <-chan struct{}) *lines {
	l := &lines{reader: r, code: code, full: make(chan part, chunkCount), free: make(chan []byte, chunkCount), stop: stop}
	for range chunkCount {
		l.free <- make([]byte, chunkSize)
	}
	return l
}

// run reads the member to its end or until stop is closed.
func (l *lines) run() {
	var carry []byte // begin of a line whose end is in the next chunk
	for {
		var chunk []byte
		select {
		case chunk = <-l.free:
		case <-l.stop:
			return
		}
		n := copy(chunk, carry)
		read, err := io.ReadFull(l.reader, chunk[n:])
		n += read
		used := bytes.LastIndexByte(chunk[:n], '\n') + 1
		carry = append(carry[:0], chunk[used:n]...)
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		if len(carry) > 0 && (err == io.EOF || used == 0) {
			err = refuse(l.code, "a line of %s is too long or does not end", l.reader.member.name)
		}
		l.full <- part{chunk, used, err} // has room for every chunk there is
		if err != nil {
			return
		}
	}
}

// next gives the next line without its LF, valid until the call after; io.EOF after the last.
func (l *lines) next() ([]byte, error) {
	for len(l.rest) == 0 {
		if l.end != nil {
			return nil, l.end
		}
		if l.whole != nil {
			l.free <- l.whole
		}
		p := <-l.full
		l.whole, l.rest, l.end = p.chunk, p.chunk[:p.used], p.err
	}
	i := bytes.IndexByte(l.rest, '\n')
	line := l.rest[:i:i]
	l.rest = l.rest[i+1:]
	return line, nil
}
