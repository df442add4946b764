package eventstore_test

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

// fault is what the proxy does to one frame.
type fault int

const (
	pass      fault = iota
	delay           // a little, and everything behind it
	drop            // a publish is not stored, or an acknowledgement lost
	duplicate       // it comes twice
	cutBefore       // the connection breaks before it
	cutAfter        // the connection breaks after it: stored, but nobody is told
	faults
)

// proxy stands between a client and a NATS server without TLS, reads the protocol of both directions, and does harm to
// publishes of blocks and to their acknowledgements.
type proxy struct {
	listener net.Listener
	server   string
	share    atomic.Int64 // of a thousand frames, those that are harmed
	counts   [faults]atomic.Int64

	mu     sync.Mutex
	random *rand.Rand
}

func startProxy(t *testing.T, server string, r *rand.Rand) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, server: strings.TrimPrefix(server, "nats://"), random: r}
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

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

// serve carries one connection until either side, or a fault, ends it.
func (p *proxy) serve(client net.Conn) {
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
	both.Go(func() { carry(client, server, isBlock) })
	both.Go(func() { carry(server, client, isAcknowledgement) })
	both.Wait()
}

// draw decides what happens to a frame that may be harmed.
func (p *proxy) draw() (f fault, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.random.Int64N(1000) >= p.share.Load() {
		return pass, 0
	}
	return 1 + fault(p.random.IntN(int(faults)-1)), time.Duration(1+p.random.IntN(20)) * time.Millisecond
}

// forward sends a frame with its fault; false ends the connection.
func (p *proxy) forward(to io.Writer, frame []byte, harmed bool) bool {
	f, wait := pass, time.Duration(0)
	if harmed {
		f, wait = p.draw()
		p.counts[f].Add(1)
	}
	switch f {
	case drop:
		return true
	case cutBefore:
		return false
	case delay:
		time.Sleep(wait) // the delay is the fault
	case duplicate:
		frame = append(bytes.Clone(frame), frame...)
	}
	_, err := to.Write(frame)
	return err == nil && f != cutAfter
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
func isBlock(frame []byte) bool {
	return bytes.HasPrefix(frame, []byte("HPUB ledger."+ledger+".blocks "))
}

// isAcknowledgement holds for the server's answer to such a publish, good or bad.
func isAcknowledgement(frame []byte) bool {
	return bytes.HasPrefix(frame, []byte("MSG _INBOX.")) &&
		(bytes.Contains(frame, []byte(`"stream":"LEDGER_TEST"`)) && bytes.Contains(frame, []byte(`"seq":`)) || bytes.Contains(frame, []byte(`"err_code":`)))
}
