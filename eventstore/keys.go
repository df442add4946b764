package eventstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"grantledger/eventstore/merkle"
)

// Names of the key files (record format, section 9).
const (
	LogKeyFile    = "log.key"     // Ed25519, signs checkpoints
	SM2KeyFile    = "log-sm2.key" // SM2, signs checkpoints; optional
	ExportKeyFile = "export.key"  // Ed25519, signs the manifests of packages
	RootKeyFile   = "root.key"    // Ed25519, signs trust texts; off line, beside the others only in a trial
	anchorFile    = "anchor"
)

// trialPrefix begins the origin of a ledger that makes its own keys.
const trialPrefix = "grantledger.local/"

// IsTrial reports whether an origin is one for trying out: its ledger makes its own keys, and nobody should rely on it.
func IsTrial(origin string) bool { return strings.HasPrefix(origin, trialPrefix) }

// Keys are the signers of a server.
type Keys struct {
	Log    merkle.Signer
	SM2    merkle.Signer // nil when the server has none
	Export merkle.Signer
}

// GenerateTrial makes the keys of a trial origin in dir (0700; files 0600) and its trust text, version 1 with quorum 0,
// which requires SM2. It refuses any other origin and a directory or trust file where something stands already.
// random must be cryptographic.
func GenerateTrial(dir, trustFile, origin string, random io.Reader) error {
	if !IsTrial(origin) {
		return ErrNoKeys
	}
	if _, err := os.Stat(trustFile); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make trial keys: %s is there already", trustFile)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make trial keys: %w", err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		return fmt.Errorf("make trial keys: %s is not an empty directory", dir)
	}
	trust := &merkle.Trust{Origin: origin, Version: 1, RequireSM2: true}
	for _, k := range []struct {
		file, name string
		role       merkle.Role
	}{
		{RootKeyFile, origin + "/root", merkle.RoleRoot},
		{LogKeyFile, origin, merkle.RoleLog},
		{SM2KeyFile, origin, merkle.RoleSM2},
		{ExportKeyFile, origin + "/export", merkle.RoleExport},
	} {
		signer, err := GenerateKey(filepath.Join(dir, k.file), k.name, k.role.Algorithm(), random)
		if err != nil {
			return err
		}
		trust.Keys = append(trust.Keys, merkle.TrustKey{Role: k.role, To: merkle.NoEnd, Key: signer.VKey()})
	}
	if err := writeDurably(trustFile, []byte(trust.Format()), 0o644); err != nil {
		return fmt.Errorf("write trust text: %w", err)
	}
	return nil
}

// GenerateKey makes a private key file with mode 0600 and gives its signer. A file that is there already is an error.
func GenerateKey(path, name string, a merkle.Algorithm, random io.Reader) (merkle.Signer, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make key: %s is there already", path)
	}
	text, err := merkle.GeneratePEM(a, random)
	if err != nil {
		return nil, err
	}
	if err := writeDurably(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return merkle.ParseSigner(name, text, random)
}

// LoadKeys reads the key files of an origin; random, for SM2 signatures, must be cryptographic. A file that others may
// read is a *ModeError, a missing log or export key ErrNoKeys.
func LoadKeys(dir, origin string, random io.Reader) (k Keys, err error) {
	if k.Log, err = LoadKey(filepath.Join(dir, LogKeyFile), origin, random); err != nil {
		return Keys{}, err
	}
	if k.Export, err = LoadKey(filepath.Join(dir, ExportKeyFile), origin+"/export", random); err != nil {
		return Keys{}, err
	}
	k.SM2, err = LoadKey(filepath.Join(dir, SM2KeyFile), origin, random)
	if errors.Is(err, ErrNoKeys) {
		k.SM2, err = nil, nil
	}
	return k, err
}

// LoadKey reads one private key file after looking at its owner and mode.
func LoadKey(path, name string, random io.Reader) (merkle.Signer, error) {
	if err := CheckKeyMode(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	s, err := merkle.ParseSigner(name, text, random)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// CheckKeyMode asks that a key file is a regular one, belongs to this user and has mode 0600 or stricter. The error is a
// *ModeError, or ErrNoKeys when there is no file.
func CheckKeyMode(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNoKeys, path)
	}
	if err != nil {
		return fmt.Errorf("look at key: %w", err)
	}
	mode := info.Mode()
	switch stat, ok := info.Sys().(*syscall.Stat_t); {
	case !mode.IsRegular():
		return &ModeError{path, mode, "not a regular file"}
	case mode.Perm()&0o077 != 0:
		return &ModeError{path, mode, "others may read or write it, 0600 is asked for"}
	case ok && int(stat.Uid) != os.Geteuid():
		return &ModeError{path, mode, "belongs to another user"}
	}
	return nil
}

// covers reports whether a trust text lets a key sign in a role at a size.
func covers(t *merkle.Trust, s merkle.Signer, role merkle.Role, size uint64) bool {
	line, ok := t.Find(s.VKey())
	return ok && line.Role == role && line.Covers(size)
}

// check asks that the trust text in force lets the keys sign checkpoints and packages of a size (start check 1).
func (k Keys) check(t *merkle.Trust, size uint64) error {
	switch {
	case !covers(t, k.Log, merkle.RoleLog, size):
		return fmt.Errorf("%s is not a log key of the trust text, version %d, for size %d", LogKeyFile, t.Version, size)
	case !covers(t, k.Export, merkle.RoleExport, size):
		return fmt.Errorf("%s is not an export key of the trust text, version %d, for size %d", ExportKeyFile, t.Version, size)
	case k.SM2 != nil && !covers(t, k.SM2, merkle.RoleSM2, size):
		return fmt.Errorf("%s is not an sm2 key of the trust text, version %d, for size %d", SM2KeyFile, t.Version, size)
	case k.SM2 == nil && t.RequireSM2:
		return fmt.Errorf("the trust text, version %d, requires sm2 and there is no %s", t.Version, SM2KeyFile)
	}
	return nil
}

// signers are the keys that sign a checkpoint.
func (k Keys) signers() []merkle.Signer {
	if k.SM2 == nil {
		return []merkle.Signer{k.Log}
	}
	return []merkle.Signer{k.Log, k.SM2}
}
