package eventstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Directory is a data directory that this process holds: lock, jetstream/, keys/ (with the anchor), trust.txt.
type Directory struct {
	path string
	lock *os.File
}

// LockDirectory makes the directory with mode 0700 when it is missing and takes its lock, which the kernel gives back
// when the process ends. The error is ErrInUse when another process, or this one, holds it.
func LockDirectory(path string) (*Directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrInUse
		}
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	return &Directory{path: path, lock: f}, nil
}

// Path is the directory itself.
func (d *Directory) Path() string { return d.path }

// Keys is the directory of the private keys and the anchor.
func (d *Directory) Keys() string { return filepath.Join(d.path, "keys") }

// Trust is the file with the trust text of version 1.
func (d *Directory) Trust() string { return filepath.Join(d.path, "trust.txt") }

// Unlock gives the directory back.
func (d *Directory) Unlock() error { return d.lock.Close() }
