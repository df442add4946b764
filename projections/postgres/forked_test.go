package postgres_test

import (
	"bytes"
	"context"

	"grantledger/eventstore"
	"grantledger/projections/projtest"
)

// forked is a log that goes another way after a position: actors change.
type forked struct {
	*projtest.Generator
	after uint64
}

// Follow calls fn for the blocks, altered after the fork.
func (f *forked) Follow(ctx context.Context, after uint64, fn func(eventstore.Block) error) error {
	return f.Generator.Follow(ctx, after, func(b eventstore.Block) error {
		if b.First > f.after {
			b.Data = bytes.ReplaceAll(b.Data, []byte(`"version":`), []byte(`"version":9`))
		}
		return fn(b)
	})
}
