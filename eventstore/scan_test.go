package eventstore

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/minio/highwayhash"
)

func FuzzBlockFile(f *testing.F) {
	dir := f.TempDir()
	f.Add([]byte(nil))
	f.Add(bytes.Repeat([]byte{0}, 64))
	f.Add([]byte("\x1e\x00\x00\x80\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0012345678"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, "1.blk"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		got := readBlockFile(new(bytes.Buffer), dir, "LEDGER_TEST", 1)
		if got.at > len(b) || got.reason == "" && got.at != len(b) {
			t.Errorf("%+v of %d bytes", got, len(b))
		}
	})
}

// Any length in the head of a record is survived, with the hash right or not.
func TestRecordLengths(t *testing.T) {
	h, err := highwayhash.New64(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 64)
	for length := range 80 {
		for subject := range 80 {
			for _, top := range []byte{0, 0x80} {
				b[0], b[3], b[20] = byte(length), top, byte(subject)
				if r, reason := cutRecord(b, h); reason == "" {
					t.Errorf("%+v of zeros", r)
				}
			}
		}
	}
}

func FuzzAnchor(f *testing.F) {
	path := filepath.Join(f.TempDir(), "anchor")
	f.Add([]byte("ledger.example.cn/grants 13 WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=\n"))
	f.Add([]byte("ledger.example.cn/grants\n13 WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		a := Anchor{path}
		c, ok, err := a.Read()
		if err != nil {
			return
		}
		if err := a.Write(c); err != nil || !ok {
			t.Fatal(err)
		}
		if again, _ := os.ReadFile(path); !bytes.Equal(again, b) {
			t.Errorf("%q was read, %q written", b, again)
		}
	})
}
