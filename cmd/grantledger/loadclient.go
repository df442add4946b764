package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// loadClient is one HTTP/1.1 connection that sends commands one after the
// other. It is as small as a client can be, so that a benchmark on the same
// machine measures the server.
type loadClient struct {
	conn   net.Conn
	reader *bufio.Reader
	path   string // of post
	head   string // of every request, from the version to the key
	buffer bytes.Buffer
	body   []byte
}

// dialLoad connects to a server at host:port for requests to path.
func dialLoad(address, path, token string) (*loadClient, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	head := " HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: Bearer " + token +
		"\r\nContent-Type: application/json\r\n"
	return &loadClient{conn: conn, reader: bufio.NewReaderSize(conn, 16<<10), path: path, head: head}, nil
}

// post sends one body with its idempotency key; the answer's body is valid
// until the next call.
func (c *loadClient) post(key, data string) (status int, body []byte, err error) {
	return c.postTo(c.path, key, data)
}

// postTo is post to another path.
func (c *loadClient) postTo(path, key, data string) (status int, body []byte, err error) {
	b := &c.buffer
	b.Reset()
	b.WriteString("POST ")
	b.WriteString(path)
	b.WriteString(c.head)
	if key != "" {
		b.WriteString("Idempotency-Key: ")
		b.WriteString(key)
		b.WriteString("\r\n")
	}
	b.WriteString("Content-Length: ")
	b.WriteString(strconv.Itoa(len(data)))
	b.WriteString("\r\n\r\n")
	b.WriteString(data)
	if _, err := c.conn.Write(b.Bytes()); err != nil {
		return 0, nil, err
	}
	return c.read()
}

// read takes an answer with a Content-Length.
func (c *loadClient) read() (status int, body []byte, err error) {
	length := -1
	for line := 0; ; line++ {
		text, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		switch trimmed := bytes.TrimRight(text, "\r\n"); {
		case line == 0 && len(trimmed) >= 12:
			status, _ = strconv.Atoi(string(trimmed[9:12]))
		case len(trimmed) == 0:
			if length < 0 {
				return 0, nil, fmt.Errorf("answer %d without a length", status)
			}
			c.body = append(c.body[:0], make([]byte, length)...)
			_, err := io.ReadFull(c.reader, c.body)
			return status, c.body, err
		case len(trimmed) > 16 && strings.EqualFold(string(trimmed[:15]), "Content-Length:"):
			length, _ = strconv.Atoi(strings.TrimSpace(string(trimmed[15:])))
		}
	}
}

func (c *loadClient) close() { c.conn.Close() }
