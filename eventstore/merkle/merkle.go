// Package merkle is the tamper evidence of a ledger: leaves and roots, proofs, signed notes and checkpoints, the keys
// that sign them and the trust text that says which keys count. It reads no file and no clock of its own.
//
// Tree (record format, section 6; the shape of RFC 6962):
//
//	leaf = SHA-256(0x00 ‖ head line without LF)     node = SHA-256(0x01 ‖ left ‖ right)     root of size 0 = SHA-256 of nothing
//
// The leaf of position p has index p-1. Checkpoint (section 7), a note in the C2SP signed-note form:
//
//	ledger.example.cn/grants
//	13
//	WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=
//
//	— ledger.example.cn/grants gCRCW/KxwDz+RpOp…
//	— audit.example.cn/witness lGmd9gAAAABnfhcw…
package merkle

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 value: of a leaf, a node or a root. String gives the padded base64 of the format.
type Hash = tlog.Hash

// Leaf is the hash of a head line, given without its LF.
func Leaf(head []byte) Hash {
	var small [1024]byte
	buf := append(small[:0], 0)
	return sha256.Sum256(append(buf, head...))
}

// Node is the hash over two subtrees.
func Node(left, right Hash) Hash {
	var buf [1 + 2*len(left)]byte
	buf[0] = 1
	copy(buf[1:], left[:])
	copy(buf[1+len(left):], right[:])
	return sha256.Sum256(buf[:])
}

// EmptyRoot is the root of size 0.
func EmptyRoot() Hash { return sha256.Sum256(nil) }

// ParseHash reads the base64 of a hash; only the canonical text is accepted.
func ParseHash(s string) (h Hash, err error) {
	b, err := parseBase64(s)
	if err != nil || len(b) != len(h) {
		return Hash{}, errors.New("not the base64 of 32 bytes")
	}
	return Hash(b), nil
}

// parseBase64 reads padded standard base64 and refuses any text that encoding would not give.
func parseBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(b) != s {
		return nil, errors.New("not canonical base64")
	}
	return b, nil
}
