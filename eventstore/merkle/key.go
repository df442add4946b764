package merkle

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm2"
)

// Algorithm is how a key signs (section 7).
type Algorithm uint8

// The algorithms and their type bytes.
const (
	Ed25519     Algorithm = iota // 0x01; over TEXT
	SM2                          // 0xFF "gm.sm2-sm3.v1" LF; SM2 with SM3 over TEXT, DER
	Cosignature                  // 0x04; Ed25519 over "cosignature/v1", the time and TEXT
)

// sm2ID is the user id that SM2 signatures are made with (GM/T 0009).
const sm2ID = "1234567812345678"

// lastSecond is the last one of year 9999: later times of witnesses are refused, for they cannot be written.
const lastSecond = 253402300799

var algorithmBytes = [...]string{Ed25519: "\x01", SM2: "\xffgm.sm2-sm3.v1\n", Cosignature: "\x04"}

var errSignature = errors.New("signature does not verify")

// VKey is a public key with its name, the vkey of the format: `NAME+hex key id+base64(type ‖ public key)`.
type VKey struct {
	Name      string
	Algorithm Algorithm
	Public    string // 32 bytes of Ed25519, or 04‖X‖Y of SM2
}

// ID is the key id: the first 4 bytes of SHA-256(NAME ‖ LF ‖ type ‖ public key).
func (k VKey) ID() uint32 {
	sum := sha256.Sum256([]byte(k.Name + "\n" + k.material()))
	return binary.BigEndian.Uint32(sum[:])
}

func (k VKey) material() string { return algorithmBytes[k.Algorithm] + k.Public }

// String is the vkey text.
func (k VKey) String() string {
	return fmt.Sprintf("%s+%08x+%s", k.Name, k.ID(), base64.StdEncoding.EncodeToString([]byte(k.material())))
}

// ParseVKey reads a vkey text; only the canonical one with the right key id is accepted.
func ParseVKey(s string) (VKey, error) {
	name, rest, _ := strings.Cut(s, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	material, err := parseBase64(encoded)
	if err != nil || !isKeyName(name) {
		return VKey{}, errors.New("not a vkey")
	}
	for a, prefix := range algorithmBytes {
		public, ok := strings.CutPrefix(string(material), prefix)
		k := VKey{Name: name, Algorithm: Algorithm(a), Public: public}
		if !ok || !k.valid() {
			continue
		}
		if id != fmt.Sprintf("%08x", k.ID()) {
			return VKey{}, errors.New("vkey with another key id than its key gives")
		}
		return k, nil
	}
	return VKey{}, errors.New("vkey with an unknown type or a malformed key")
}

func (k VKey) valid() bool {
	if k.Algorithm == SM2 {
		_, err := k.sm2()
		return err == nil
	}
	return len(k.Public) == ed25519.PublicKeySize
}

func (k VKey) sm2() (*ecdsa.PublicKey, error) {
	if len(k.Public) != 65 || k.Public[0] != 4 {
		return nil, errors.New("not an uncompressed point")
	}
	return sm2.NewPublicKey([]byte(k.Public))
}

// isKeyName holds for a name without white space and "+".
func isKeyName(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.Contains(s, "+") && strings.IndexFunc(s, unicode.IsSpace) < 0
}

// Verify checks the signature of a line over a text. For a witness, at is the time of its cosignature in seconds since
// 1970 UTC; otherwise 0.
func (k VKey) Verify(text string, signature []byte) (at int64, err error) {
	switch k.Algorithm {
	case SM2:
		public, err := k.sm2()
		if err != nil || !sm2.VerifyASN1WithSM2(public, []byte(sm2ID), []byte(text), signature) {
			return 0, errSignature
		}
		return 0, nil
	case Cosignature:
		if len(signature) != 8+ed25519.SignatureSize {
			return 0, errSignature
		}
		seconds := binary.BigEndian.Uint64(signature)
		if seconds > lastSecond {
			return 0, errSignature
		}
		text, signature, at = cosigned(text, seconds), signature[8:], int64(seconds)
	}
	if !ed25519.Verify(ed25519.PublicKey(k.Public), []byte(text), signature) {
		return 0, errSignature
	}
	return at, nil
}

// cosigned is what a witness signs at a time.
func cosigned(text string, seconds uint64) string {
	return fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
}
