package merkle

import (
	"bytes"
	"crypto/rand"
	"testing"
)

func FuzzVKey(f *testing.F) {
	for _, k := range []string{"a+00000000+AQ==", origin + "+d0d2c3f3+AUrTTnDMMDYH5uDr3BbXXAXqIVvOnhIwKm7rY1ZLK7Vw"} {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := ParseVKey(s); err == nil && k.String() != s {
			t.Fatalf("accepted %q as %q", s, k)
		}
	})
}

func FuzzSigner(f *testing.F) {
	for _, a := range []Algorithm{Ed25519, SM2, Cosignature} {
		text, err := GeneratePEM(a, rand.Reader)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseSigner(origin, text, rand.Reader)
		if err != nil {
			return
		}
		if _, err := ParseVKey(s.VKey().String()); err != nil {
			t.Fatalf("a key of %q has the vkey %s: %v", text, s.VKey(), err)
		}
		if _, err := SignNote(origin+"\n", s); err != nil {
			t.Fatalf("a key of %q does not sign: %v", text, err)
		}
	})
}

func FuzzSeal(f *testing.F) {
	f.Add(read(f, "seal-7"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, n, err := ParseSeal(b)
		if err == nil && !bytes.Equal(FormatSeal(fr, n.Bytes()), b) {
			t.Fatalf("accepted %q as %q", b, FormatSeal(fr, n.Bytes()))
		}
	})
}
