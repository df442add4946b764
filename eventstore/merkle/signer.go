package merkle

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// Signer signs the text of a note. Anything with the same outputs, such as a hardware module, may stand in for a key file.
type Signer interface {
	// VKey is the public key that verifies the signatures.
	VKey() VKey
	// Sign gives the signature of one note line, without the key id.
	Sign(text string) (signature []byte, err error)
}

// GeneratePEM makes a private key for an algorithm as a PKCS#8 PEM text, from a source of cryptographic randomness.
// Cosignature keys are Ed25519 keys.
func GeneratePEM(a Algorithm, random io.Reader) ([]byte, error) {
	if a == SM2 {
		key, err := sm2.GenerateKey(random)
		if err != nil {
			return nil, fmt.Errorf("make an SM2 key: %w", err)
		}
		return marshalPEM(key)
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("make an Ed25519 key: %w", err)
	}
	return marshalPEM(ed25519.NewKeyFromSeed(seed))
}

func marshalPEM(key any) ([]byte, error) {
	marshal := x509.MarshalPKCS8PrivateKey
	if _, ok := key.(*sm2.PrivateKey); ok {
		marshal = smx509.MarshalPKCS8PrivateKey
	}
	der, err := marshal(key)
	if err != nil {
		return nil, fmt.Errorf("encode a private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParseSigner reads a PKCS#8 PEM text with an Ed25519 or SM2 key and signs under a name: log, export, root and sm2 keys.
// Signatures of SM2 take randomness from random; those of Ed25519 need none.
func ParseSigner(name string, text []byte, random io.Reader) (Signer, error) {
	key, err := parsePEM(name, text)
	if err != nil {
		return nil, err
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return ed25519Signer{name, key}, nil
	case *sm2.PrivateKey:
		s := sm2Signer{name, key, random}
		if _, err := s.VKey().sm2(); err != nil { // a secret of zero has no public key
			return nil, fmt.Errorf("read the key %s: %w", name, err)
		}
		return s, nil
	}
	return nil, errors.New("the key file holds neither an Ed25519 nor an SM2 key")
}

// ParseWitness reads the Ed25519 key of a witness from a PKCS#8 PEM text. The witness signs with the time of clock.
func ParseWitness(name string, text []byte, clock func() time.Time) (Signer, error) {
	key, err := parsePEM(name, text)
	if err != nil {
		return nil, err
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("the key of a witness is not an Ed25519 key")
	}
	return witnessSigner{ed25519Signer{name, private}, clock}, nil
}

func parsePEM(name string, text []byte) (any, error) {
	if !isKeyName(name) {
		return nil, fmt.Errorf("%q cannot name a key", name)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		return nil, errors.New("not one PKCS#8 private key in PEM")
	}
	key, err := smx509.ParsePKCS8PrivateKey(block.Bytes) // knows SM2 and what crypto/x509 knows
	if err != nil {
		return nil, fmt.Errorf("decode a private key: %w", err)
	}
	return key, nil
}

type ed25519Signer struct {
	name string
	key  ed25519.PrivateKey
}

func (s ed25519Signer) VKey() VKey {
	return VKey{Name: s.name, Algorithm: Ed25519, Public: string(s.key.Public().(ed25519.PublicKey))}
}

func (s ed25519Signer) Sign(text string) ([]byte, error) {
	return ed25519.Sign(s.key, []byte(text)), nil
}

type sm2Signer struct {
	name   string
	key    *sm2.PrivateKey
	random io.Reader
}

func (s sm2Signer) VKey() VKey {
	public := make([]byte, 65)
	public[0] = 4
	s.key.X.FillBytes(public[1:33])
	s.key.Y.FillBytes(public[33:])
	return VKey{Name: s.name, Algorithm: SM2, Public: string(public)}
}

func (s sm2Signer) Sign(text string) ([]byte, error) {
	return s.key.SignWithSM2(s.random, []byte(sm2ID), []byte(text))
}

type witnessSigner struct {
	ed25519Signer
	clock func() time.Time
}

func (s witnessSigner) VKey() VKey {
	k := s.ed25519Signer.VKey()
	k.Algorithm = Cosignature
	return k
}

func (s witnessSigner) Sign(text string) ([]byte, error) {
	seconds := uint64(s.clock().Unix())
	signature := ed25519.Sign(s.key, []byte(cosigned(text, seconds)))
	return append(binary.BigEndian.AppendUint64(nil, seconds), signature...), nil
}
