package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"grantledger/eventstore"

	"github.com/nats-io/nats.go"
)

// restoreEvidence puts the files of the backup beside the log.
func (r *restoration) restoreEvidence(ctx context.Context, conn *nats.Conn, name string, replicas int) (int, error) {
	if len(r.index.Objects) == 0 {
		return 0, nil
	}
	files, err := eventstore.OpenFiles(ctx, conn, name, replicas)
	if err != nil {
		return 0, err
	}
	for _, o := range r.index.Objects { // digests were compared
		f, err := os.Open(filepath.Join(r.flags.from, o.Path))
		if err != nil {
			return 0, err
		}
		_, err = files.Put(ctx, o.Name, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return 0, err
		}
	}
	return len(r.index.Objects), nil
}

// restoreSecrets writes key files that are missing and fills the private
// bucket, when the backup has secrets.json beside it. A key file that is there
// with another content is refused.
func (r *restoration) restoreSecrets(ctx context.Context, conn *nats.Conn, name string, replicas int) (bool, error) {
	b, err := os.ReadFile(filepath.Join(r.flags.from, backupSecrets))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s, err := parseSecrets(b)
	if err != nil {
		return false, err
	}
	if err := r.restoreKeys(s.Keys); err != nil {
		return false, err
	}
	bucket, err := eventstore.OpenBucket(ctx, conn, name, replicas)
	if err != nil {
		return false, err
	}
	for key, value := range s.Private {
		if err := bucket.Put(ctx, key, value); err != nil {
			return false, err
		}
	}
	return true, nil
}

// parseSecrets reads secrets.json. Every key file that it names is one of the key directory.
func parseSecrets(text []byte) (*secrets, error) {
	s := &secrets{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, broken("%s: %v", backupSecrets, err)
	}
	for name := range s.Keys {
		if !keyName(name) {
			return nil, broken("%s names the key file %q", backupSecrets, name)
		}
	}
	return s, nil
}

func (r *restoration) restoreKeys(keys map[string][]byte) error {
	dir := r.settings.String("seal.keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, text := range keys {
		path := filepath.Join(dir, name)
		have, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if err := writeFile(path, text, 0o600); err != nil {
				return err
			}
		case err != nil:
			return err
		case !bytes.Equal(have, text):
			return broken("%s is another key than that of the backup", path)
		}
	}
	return syncDir(dir)
}
