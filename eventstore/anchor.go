package eventstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"grantledger/eventstore/merkle"
)

// Anchor is the file `anchor` in the key directory: what this server last signed, kept outside the log so that a log
// which lost its end is recognised (record format, section 8). One line:
//
//	ledger.example.cn/grants 13 WQrV8uE4/W1Gfs6LC6IKmn1BI6VYq0tSE/sFvCI2Qcc=
type Anchor struct {
	Path string
}

// Read gives what the file says; ok is false when there is no file. A file that is not exactly one line of the form is
// an error.
func (a Anchor) Read() (c merkle.Checkpoint, ok bool, err error) {
	b, err := os.ReadFile(a.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("read anchor: %w", err)
	}
	line, ended := strings.CutSuffix(string(b), "\n")
	if !ended || strings.Contains(line, "\n") {
		return c, false, errors.New("anchor is not one line")
	}
	c, err = merkle.ParseCheckpoint(strings.ReplaceAll(line, " ", "\n") + "\n")
	if err != nil {
		return c, false, fmt.Errorf("anchor is malformed: %w", err)
	}
	return c, true, nil
}

// Write replaces the file: a temporary name, fsync, rename, fsync of the directory.
func (a Anchor) Write(c merkle.Checkpoint) error {
	line := fmt.Sprintf("%s %d %s\n", c.Origin, c.Size, c.Root)
	if err := writeDurably(a.Path, []byte(line), 0o600); err != nil {
		return fmt.Errorf("write anchor: %w", err)
	}
	return nil
}

// writeDurably replaces a file in one step that survives a power cut.
func writeDurably(path string, b []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closed := d.Close(); err == nil {
		err = closed
	}
	return err
}
