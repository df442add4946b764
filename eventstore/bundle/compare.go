package bundle

import (
	"bytes"
	"io"
)

// comparer compares a member with lines as they come, in pieces of 64 KiB.
type comparer struct {
	reader *memberReader
	want   []byte
	got    []byte
}

func (c *comparer) next(line []byte) error {
	c.want = append(c.want, line...)
	if len(c.want) < 64<<10 {
		return nil
	}
	return c.flush()
}

// flush reads as many bytes as are wanted and compares.
func (c *comparer) flush() error {
	if cap(c.got) < len(c.want) {
		c.got = make([]byte, len(c.want))
	}
	n, err := io.ReadFull(c.reader, c.got[:len(c.want)])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil // too short, which the comparison finds
	}
	if err == nil && !bytes.Equal(c.got[:n], c.want) {
		err = refuse(CodeBalances, "balances.tsv differs from the sums of the entries")
	}
	c.want = c.want[:0]
	return err
}

// end compares what is left and requires the member to end there.
func (c *comparer) end() error {
	if err := c.flush(); err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, c.reader)
	if err == nil && n > 0 {
		err = refuse(CodeBalances, "balances.tsv has more rows than the entries give")
	}
	return err
}
