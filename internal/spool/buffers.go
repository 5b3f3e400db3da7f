package spool

import (
	"math/bits"
	"sync"
)

// buffers keeps memory that is not in use, so that many small documents do not
// each cost new memory. The index is the power of two that a buffer holds.
type buffers [classes]sync.Pool

const (
	smallest = 12 // 4 KiB
	classes  = 32
)

// roundUp is the size of the buffer for n bytes.
func roundUp(n int64) int64 { return 1 << max(smallest, bits.Len64(uint64(n-1))) }

// get returns an empty buffer of exactly that capacity.
func (p *buffers) get(size int64) []byte {
	if class, ok := class(size); ok {
		if b, ok := p[class].Get().(*[]byte); ok {
			return *b
		}
	}
	return make([]byte, 0, size)
}

// put takes a buffer that nobody uses any more.
func (p *buffers) put(b []byte) {
	if class, ok := class(int64(cap(b))); ok {
		b = b[:0]
		p[class].Put(&b)
	}
}

func class(size int64) (int, bool) {
	n := bits.Len64(uint64(size)) - 1
	return n, n >= smallest && n < classes && size == 1<<n
}
