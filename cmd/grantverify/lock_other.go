//go:build !unix

package main

import (
	"errors"
	"os"
)

// lockFile refuses: without a lock two witnesses could sign two histories.
func lockFile(*os.File) error { return errors.New("a witness needs a Unix system") }
