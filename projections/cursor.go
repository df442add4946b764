package projections

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
)

// ErrCursor reports a cursor that is damaged or belongs to another list.
var ErrCursor = errors.New("invalid cursor")

// Cursor makes the opaque text by which a list goes on: the query with its
// position pinned and its page moved on. list names the resource. The reader's
// view and the limit are not part of it; they belong to each request.
func Cursor(list string, query any) string {
	text, err := json.Marshal(query)
	if err != nil {
		panic("projections: query " + list + ": " + err.Error())
	}
	sum := crc32.ChecksumIEEE(append([]byte(list+"\n"), text...))
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, sum), text...))
}

// Resume reads a cursor of the list back into query, a pointer to the query's
// struct.
func Resume(list, cursor string, query any) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < 5 {
		return ErrCursor
	}
	text := raw[4:]
	if binary.BigEndian.Uint32(raw) != crc32.ChecksumIEEE(append([]byte(list+"\n"), text...)) {
		return ErrCursor
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(query) != nil {
		return ErrCursor
	}
	return nil
}
