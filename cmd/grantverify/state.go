package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// state is the directory in which a witness keeps the last checkpoint that it signed of each ledger: one file per
// origin, the checkpoint note with its own line. It is a promise: without it the witness could sign a second history.
type state struct{ dir string }

func (s state) path(origin string) string {
	return filepath.Join(s.dir, strings.ReplaceAll(origin, "/", "+")+".checkpoint")
}

// last is the note that was signed last; nil when there is none.
func (s state) last(origin string) ([]byte, error) {
	note, err := os.ReadFile(s.path(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && len(note) == 0 {
		err = fmt.Errorf("%s is empty", s.path(origin))
	}
	return note, err
}

// keep replaces the note. When it returns, the note is on disk and survives a power cut.
func (s state) keep(origin string, note []byte) error {
	path := s.path(origin)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(note); err == nil {
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
	return syncDirectory(s.dir)
}

// locked runs fn while no other process uses the directory, which is made when it is missing.
func (s state) locked(fn func() error) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() // gives the lock back, as the end of the process does
	if err := lockFile(f); err != nil {
		return fmt.Errorf("lock %s: %w", s.dir, err)
	}
	return fn()
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
