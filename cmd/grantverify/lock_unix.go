//go:build unix

package main

import (
	"os"
	"syscall"
)

// lockFile waits for the exclusive lock of an open file; closing the file gives it back.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }
