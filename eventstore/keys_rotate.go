package eventstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"grantledger/eventstore/merkle"
)

// NextKey is added to the name of a key file that waits for a trust text in force which lets it sign.
const NextKey = ".next"

// serverKeys are the key files of a server: what their name in notes adds to the origin, and what they may sign.
var serverKeys = []struct {
	file, suffix string
	role         merkle.Role
}{
	{LogKeyFile, "", merkle.RoleLog},
	{SM2KeyFile, "", merkle.RoleSM2},
	{ExportKeyFile, "/export", merkle.RoleExport},
}

// InstallKeys puts every waiting key in place that the trust text lets sign at a size; the key before it stays as
// FILE.retired-KEYID. A crash between any two steps is made good by the next call: Open makes one at every start.
func InstallKeys(dir string, t *merkle.Trust, size uint64, random io.Reader) (installed int, err error) {
	for _, k := range serverKeys {
		path := filepath.Join(dir, k.file)
		next, err := LoadKey(path+NextKey, t.Origin+k.suffix, random)
		if errors.Is(err, ErrNoKeys) {
			continue
		}
		if err != nil {
			return installed, err
		}
		if !covers(t, next, k.role, size) {
			continue
		}
		if err := keepRetired(path, t.Origin+k.suffix, random); err != nil {
			return installed, err
		}
		if err := os.Rename(path+NextKey, path); err != nil {
			return installed, fmt.Errorf("put a key in place: %w", err)
		}
		installed++
	}
	return installed, syncDirectory(dir)
}

// keepRetired gives a key file a second name before another takes its place.
func keepRetired(path, name string, random io.Reader) error {
	old, err := LoadKey(path, name, random)
	if errors.Is(err, ErrNoKeys) {
		return nil
	}
	if err != nil {
		return err
	}
	err = os.Link(path, fmt.Sprintf("%s.retired-%08x", path, old.VKey().ID()))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep the retired key: %w", err)
	}
	return nil
}

// CanSign asks that the keys of a directory could sign at a size under a trust text: each key file, or the one that
// waits to take its place.
func CanSign(dir string, t *merkle.Trust, size uint64, random io.Reader) error {
	keys, err := LoadKeys(dir, t.Origin, random)
	if err != nil {
		return err
	}
	for _, k := range serverKeys {
		next, err := LoadKey(filepath.Join(dir, k.file+NextKey), t.Origin+k.suffix, random)
		switch {
		case errors.Is(err, ErrNoKeys):
			continue
		case err != nil:
			return err
		case !covers(t, next, k.role, size):
			continue
		}
		switch k.role {
		case merkle.RoleLog:
			keys.Log = next
		case merkle.RoleSM2:
			keys.SM2 = next
		default:
			keys.Export = next
		}
	}
	return keys.check(t, size)
}
