package storetest

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Fault is what the proxy does to one frame.
type Fault int

// Faults. A frame is a publish of a block, or its acknowledgement.
const (
	Pass      Fault = iota
	Delay           // a little, and everything behind it
	Drop            // a publish is not stored, or an acknowledgement lost
	Duplicate       // it comes twice
	CutBefore       // the connection breaks before it
	CutAfter        // the connection breaks after it: stored, but nobody is told
	Faults          // how many there are
)

// Proxy stands between a client and a NATS server without TLS, reads the protocol of both directions, and does harm to
// publishes of blocks and to their acknowledgements.
type Proxy struct {
	Share  atomic.Int64 // of a thousand frames, those that are harmed
	Counts [Faults]atomic.Int64

	listener net.Listener
	server   string
	publish  []byte // how the publish of a block begins
	stream   []byte // how an acknowledgement names the stream

	mu     sync.Mutex
	random *rand.Rand
}

// StartProxy starts a proxy before the server for the blocks of a ledger; it ends with the test.
func StartProxy(t *testing.T, server, ledger string, r *rand.Rand) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		listener: l, server: strings.TrimPrefix(server, "nats://"), random: r,
		publish: []byte("HPUB ledger." + ledger + ".blocks "), stream: []byte(`"stream":"LEDGER_` + strings.ToUpper(ledger) + `"`),
	}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() { l.Close() })
	return p
}

// URL is where clients connect.
func (p *Proxy) URL() string { return "nats://" + p.listener.Addr().String() }

// serve carries one connection until either side, or a fault, ends it.
func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var both sync.WaitGroup
	carry := func(from, to net.Conn, harmed func(frame []byte) bool) {
		defer client.Close()
		defer server.Close()
		in := bufio.NewReaderSize(from, 64<<10)
		for {
			frame, err := readFrame(in)
			if err != nil || !p.forward(to, frame, harmed(frame)) {
				return
			}
		}
	}
	both.Go(func() { carry(client, server, p.isBlock) })
	both.Go(func() { carry(server, client, p.isAcknowledgement) })
	both.Wait()
}

// draw decides what happens to a frame that may be harmed.
func (p *Proxy) draw() (f Fault, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.random.Int64N(1000) >= p.Share.Load() {
		return Pass, 0
	}
	return 1 + Fault(p.random.IntN(int(Faults)-1)), time.Duration(1+p.random.IntN(20)) * time.Millisecond
}

// forward sends a frame with its fault; false ends the connection.
func (p *Proxy) forward(to io.Writer, frame []byte, harmed bool) bool {
	f, wait := Pass, time.Duration(0)
	if harmed {
		f, wait = p.draw()
		p.Counts[f].Add(1)
	}
	switch f {
	case Drop:
		return true
	case CutBefore:
		return false
	case Delay:
		time.Sleep(wait) // the delay is the fault
	case Duplicate:
		frame = append(bytes.Clone(frame), frame...)
	}
	_, err := to.Write(frame)
	return err == nil && f != CutAfter
}

// readFrame reads one operation of the protocol with its payload.
func readFrame(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(line))
	if len(fields) == 0 {
		return line, nil
	}
	switch strings.ToUpper(fields[0]) {
	case "PUB", "HPUB", "MSG", "HMSG":
	default:
		return line, nil
	}
	size, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return nil, err
	}
	frame := append(line, make([]byte, size+2)...)
	_, err = io.ReadFull(r, frame[len(line):])
	return frame, err
}

// isBlock holds for the publish of a block.
func (p *Proxy) isBlock(frame []byte) bool { return bytes.HasPrefix(frame, p.publish) }

// isAcknowledgement holds for the server's answer to such a publish, good or bad.
func (p *Proxy) isAcknowledgement(frame []byte) bool {
	return bytes.HasPrefix(frame, []byte("MSG _INBOX.")) &&
		(bytes.Contains(frame, p.stream) && bytes.Contains(frame, []byte(`"seq":`)) || bytes.Contains(frame, []byte(`"err_code":`)))
}
