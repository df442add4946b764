package postgres_test

import (
	"context"
	"sync"

	"grantledger/eventstore"
	"grantledger/projections/projtest"
)

// kept is a log whose blocks were made before, so that making them is not
// measured.
type kept struct{ blocks []eventstore.Block }

// Follow calls fn for every block after a position, then waits for ctx to end.
func (k *kept) Follow(ctx context.Context, after uint64, fn func(eventstore.Block) error) error {
	for _, b := range k.blocks {
		if b.Last() > after {
			if err := fn(b); err != nil {
				return err
			}
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// keep makes all blocks, two at a time.
func keep(g *projtest.Generator) *kept {
	n := (g.Events + g.PerBlock - 1) / g.PerBlock
	k := &kept{make([]eventstore.Block, n)}
	var all sync.WaitGroup
	for part := range 2 {
		all.Go(func() {
			for i := part; i < n; i += 2 {
				_ = g.Follow(context.Background(), uint64(i*g.PerBlock), func(b eventstore.Block) error {
					k.blocks[i] = b
					return context.Canceled // one is enough
				})
			}
		})
	}
	all.Wait()
	return k
}
