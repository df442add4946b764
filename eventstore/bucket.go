package eventstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is a small key-value store beside the log for what no export may hold: token and password hashes, sessions. It
// keeps the last value of a key only. Keys are any strings of up to 128 bytes, values any bytes.
type Bucket struct {
	// Room, optional, is asked before every change: with an error nothing is written. See Writer.Trouble.
	Room func() error

	kv jetstream.KeyValue
}

// OpenBucket opens the bucket of a ledger and makes it when it is missing.
func OpenBucket(ctx context.Context, conn *nats.Conn, ledger string, replicas int) (*Bucket, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	name := "ledger_" + ledger + "_private"
	kv, err := js.KeyValue(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: name, History: 1, Replicas: max(replicas, 1), Storage: jetstream.FileStorage})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	return &Bucket{kv: kv}, nil
}

// Get gives the value of a key. The error is ErrNotFound when there is none.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, error) {
	e, err := b.kv.Get(ctx, encodeKey(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read from bucket: %w", err)
	}
	return e.Value(), nil
}

// Put sets the value of a key; it is on disk when Put returns.
func (b *Bucket) Put(ctx context.Context, key string, value []byte) error {
	if err := b.room(); err != nil {
		return err
	}
	if _, err := b.kv.Put(ctx, encodeKey(key), value); err != nil {
		return fmt.Errorf("write to bucket: %w", err)
	}
	return nil
}

// Create sets the value of a key that is not there. The error is ErrExists when it is: of several that try at once, one
// succeeds.
func (b *Bucket) Create(ctx context.Context, key string, value []byte) error {
	if err := b.room(); err != nil {
		return err
	}
	_, err := b.kv.Create(ctx, encodeKey(key), value)
	if errors.Is(err, jetstream.ErrKeyExists) {
		return ErrExists
	}
	if err != nil {
		return fmt.Errorf("write to bucket: %w", err)
	}
	return nil
}

// Delete takes a key away; one that is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := b.room(); err != nil {
		return err
	}
	if err := b.kv.Purge(ctx, encodeKey(key)); err != nil {
		return fmt.Errorf("delete from bucket: %w", err)
	}
	return nil
}

// room is an error when nothing more should be written: a write that finds the disk full would switch all of NATS off.
func (b *Bucket) room() error {
	if b.Room == nil {
		return nil
	}
	return b.Room()
}

// Keys lists the keys that begin with a prefix, in no order.
func (b *Bucket) Keys(ctx context.Context, prefix string) ([]string, error) {
	list, err := b.kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list bucket: %w", err)
	}
	defer list.Stop()
	var keys []string
	for encoded := range list.Keys() {
		key, err := hex.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("list bucket: key %q: %w", encoded, err)
		}
		if strings.HasPrefix(string(key), prefix) {
			keys = append(keys, string(key))
		}
	}
	return keys, nil
}

// encodeKey writes a key in hex, because subjects of NATS allow few characters.
func encodeKey(key string) string { return hex.EncodeToString([]byte(key)) }
