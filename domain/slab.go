package domain

// slab hands out short slices that are kept for good, many from one piece of
// memory.
type slab[T any] struct{ free []T }

const slabSize = 256

// take is an empty slice for n elements.
func (s *slab[T]) take(n int) []T {
	if cap(s.free) < n {
		s.free = make([]T, max(n, slabSize))
	}
	taken := s.free[:0:n]
	s.free = s.free[n:]
	return taken
}

// one is a pointer to a new element.
func (s *slab[T]) one() *T { return &s.take(1)[:1][0] }
