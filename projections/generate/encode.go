// Package generate makes ledgers of any size for measurements and tests: the
// same events every time, in the bytes that a log stores, without a log.
package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"grantledger/domain"
)

// ID is a ULID of the time with the position as its random part.
func ID(at time.Time, position uint64) string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	b := make([]byte, 26)
	for i, v := 9, at.UnixMilli(); i >= 0; i, v = i-1, v>>5 {
		b[i] = digits[v&31]
	}
	for i, v := 25, position; i > 9; i, v = i-1, v>>5 {
		b[i] = digits[v&31]
	}
	return string(b)
}

// Encode writes head and body as the store does (FORMAT.md 3). An event of the
// server itself gets its key.
func Encode(e *domain.Event) (head, body []byte) {
	actor, key := e.Author()
	if key == "" {
		key = "system:" + e.ID
		e.Key = key
	}
	body = fmt.Appendf(nil, `{"salt":"%s","actor":"%s","key":"%s",`, strings.Repeat("A", 22), actor, key)
	body = e.AppendTail(body)
	sum := sha256.Sum256(body)
	head = fmt.Appendf(nil, `{"id":"%s","time":"%s","type":"%s","subject":"%s","version":%d,"scopes":["%s"],"body":"%s"}`,
		e.ID, e.Time.Format("2006-01-02T15:04:05.000Z"), e.Type, e.Subject, e.Version, strings.Join(e.Scopes, `","`), hex.EncodeToString(sum[:]))
	return head, body
}
