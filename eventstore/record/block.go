package record

import "bytes"

// CutPair cuts the first head line and body line, without their LF, off the data of a block (section 1) and gives what
// is left; a block ends when nothing is. The lines themselves are not checked. The error is an *Invalid with code block.
//
//	for len(data) > 0 {
//		head, body, data, err = record.CutPair(data)
//	}
func CutPair(data []byte) (head, body, rest []byte, err error) {
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return nil, nil, nil, invalid(CodeBlock, "a head line does not end")
	}
	n := bytes.IndexByte(data[i+1:], '\n')
	if n < 0 {
		return nil, nil, nil, invalid(CodeBlock, "a body line does not end")
	}
	j := i + 1 + n
	return data[:i:i], data[i+1 : j : j], data[j+1:], nil
}

// AppendPair appends the two lines of an event to the data of a block.
func AppendPair(data, head, body []byte) []byte {
	data = append(append(data, head...), '\n')
	return append(append(data, body...), '\n')
}

// ParseBlock checks the data of a block: its size, the form of its pairs and each event by itself, in order, calling fn
// for each with event views that hold until fn returns. What holds between events is for Chain, called by fn.
func ParseBlock(data []byte, e *Event, fn func(e *Event, head, body []byte) error) error {
	if len(data) == 0 || len(data) > MaxBlock {
		return invalid(CodeBlock, "a block is not 1 byte to 900 KiB")
	}
	for len(data) > 0 {
		head, body, rest, err := CutPair(data)
		if err == nil {
			err = e.Parse(head, body)
		}
		if err == nil {
			err = fn(e, head, body)
		}
		if err != nil {
			return err
		}
		data = rest
	}
	return nil
}
