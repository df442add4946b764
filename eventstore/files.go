package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Files keeps files beside the log: evidence under its SHA-256, work of imports. Content is stored in pieces, so that a
// large file is never whole in memory.
type Files struct {
	store jetstream.ObjectStore
}

// OpenFiles opens the files of a ledger and makes the store when it is missing.
func OpenFiles(ctx context.Context, conn *nats.Conn, ledger string, replicas int) (*Files, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	name := "ledger_" + ledger + "_files"
	store, err := js.ObjectStore(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		store, err = js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: name, Replicas: max(replicas, 1), Storage: jetstream.FileStorage})
	}
	if err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	return &Files{store}, nil
}

// Put stores a file; it is on disk when Put returns. One of the same name is replaced.
func (f *Files) Put(ctx context.Context, name string, content io.Reader) (bytes uint64, err error) {
	info, err := f.store.Put(ctx, jetstream.ObjectMeta{Name: name}, content)
	if err != nil {
		return 0, fmt.Errorf("store file: %w", err)
	}
	return info.Size, nil
}

// Size is the number of bytes of a file. The error is ErrNotFound when there is none.
func (f *Files) Size(ctx context.Context, name string) (bytes uint64, err error) {
	info, err := f.store.GetInfo(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return 0, ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("look for file: %w", err)
	}
	return info.Size, nil
}

// Open reads a file from its beginning; a read fails in the end when the content is not what was stored. The error is
// ErrNotFound when there is none.
func (f *Files) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := f.store.Get(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return r, nil
}

// Delete takes a file away; one that is not there is no error.
func (f *Files) Delete(ctx context.Context, name string) error {
	if err := f.store.Delete(ctx, name); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("delete file: %w", err)
	}
	return nil
}

// List gives the names of all files, in no order.
func (f *Files) List(ctx context.Context) ([]string, error) {
	infos, err := f.store.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	names := make([]string, len(infos))
	for i, info := range infos {
		names[i] = info.Name
	}
	return names, nil
}
