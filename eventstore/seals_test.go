package eventstore

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"grantledger/eventstore/merkle"

	"github.com/nats-io/nats.go"
)

// A checkpoint in the stream that has the right root and no signature of the log key is damage at the next start.
func TestForgedSeal(t *testing.T) {
	stranger := func(origin string) merkle.Signer {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		s, err := merkle.ParseSigner(origin, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, c := range map[string]struct {
		forge   func(l *Log, text string) ([]byte, error)
		refusal string
	}{
		"the log's own": {func(l *Log, text string) ([]byte, error) { return merkle.SignNote(text, l.keys.signers()...) }, ""},
		"another key": {func(l *Log, text string) ([]byte, error) {
			return merkle.SignNote(text, stranger(l.config.Origin))
		}, "no log key"},
		"a false line": {func(l *Log, text string) ([]byte, error) {
			note, err := merkle.SignNote(text, l.keys.signers()...)
			at := bytes.Index(note, []byte("\n\n")) // the end of the first line's signature
			end := at + 2 + bytes.IndexByte(note[at+2:], '\n')
			note[end-4] = map[bool]byte{true: 'C', false: 'B'}[note[end-4] == 'B']
			return note, err
		}, "the seal of size 1: "},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := openTest(t)
			s := stepWriter(t, l.config)
			frontier, err := s.log.Frontier(1)
			if err != nil {
				t.Fatal(err)
			}
			note, err := c.forge(s.log, merkle.Checkpoint{Origin: l.config.Origin, Size: 1, Root: frontier.Root()}.Text())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := l.js.PublishMsg(t.Context(), &nats.Msg{Subject: subjectOf("LEDGER_TEST_SEALS"), Data: merkle.FormatSeal(frontier, note)}); err != nil {
				t.Fatal(err)
			}
			_, err = Open(t.Context(), l.config)
			failed, ok := errors.AsType[*IntegrityError](err)
			if c.refusal == "" && err != nil || c.refusal != "" && (!ok || failed.Check != CheckSeals || failed.Sequence != 1 || !strings.Contains(failed.Reason, c.refusal)) {
				t.Errorf("%v", err)
			}
		})
	}
}
