package bundle

// listChunk is the number of elements that a list grows by.
const listChunk = 8192

// list is a long list that grows without moving what it holds.
type list[T any] struct{ chunks [][]T }

func (l *list[T]) append(x T) {
	if n := len(l.chunks); n == 0 || len(l.chunks[n-1]) == listChunk {
		l.chunks = append(l.chunks, make([]T, 0, listChunk))
	}
	last := &l.chunks[len(l.chunks)-1]
	*last = append(*last, x)
}

func (l *list[T]) at(i uint64) T { return l.chunks[i/listChunk][i%listChunk] }
