package shards

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/search"
)

// words are those of passages, and where they are. What would be too much for memory
// is sorted in parts, which lie in private files until they are merged.
type words struct {
	pool *spool.Pool
	most int // bytes held

	all   map[string]*places
	held  int
	parts []*spool.Spool
	seen  map[string]bool // of one passage
}

// places are the passages that have a word, as digits of the file: the distance from
// the one before, doubled, and one more if the word is in the title.
type places struct {
	first, last int
	titled      bool   // the first
	rest        []byte // without the first
}

func newWords(pool *spool.Pool, most int) *words {
	return &words{pool: pool, most: most, all: make(map[string]*places), seen: make(map[string]bool)}
}

// add takes a passage, and what it is called, in the order of their numbers.
func (w *words) add(passage int, title, text string) error {
	clear(w.seen)
	for word := range search.Words(title) {
		w.seen[string(word)] = true
	}
	for word := range search.Words(text) {
		if _, has := w.seen[string(word)]; !has {
			w.seen[string(word)] = false
		}
	}
	for word, titled := range w.seen {
		p := w.all[word]
		if p == nil {
			w.all[word] = &places{first: passage, last: passage, titled: titled}
			w.held += len(word) + 150 // in the map, and the places
			continue
		}
		before := cap(p.rest)
		p.rest = appendPlace(p.rest, passage-p.last, titled)
		p.last = passage
		w.held += cap(p.rest) - before
	}
	if w.held > w.most {
		return w.spill()
	}
	return nil
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// appendPlace writes a place: five bits a letter, the lowest first, and a sixth where
// more follow.
func appendPlace(b []byte, distance int, titled bool) []byte {
	n := 2 * distance
	if titled {
		n++
	}
	for ; n >= 32; n >>= 5 {
		b = append(b, digits[n&31|32])
	}
	return append(b, digits[n])
}

// spill writes what is held, sorted.
func (w *words) spill() error {
	out := w.pool.Create()
	b := bufio.NewWriter(out)
	var head []byte
	for _, word := range slices.Sorted(maps.Keys(w.all)) {
		p := w.all[word]
		first := 2 * p.first
		if p.titled {
			first++
		}
		head = binary.AppendUvarint(head[:0], uint64(len(word)))
		head = append(head, word...)
		for _, n := range []int{first, p.last, len(p.rest)} {
			head = binary.AppendUvarint(head, uint64(n))
		}
		_, _ = b.Write(head) // Flush gives the error
		_, _ = b.Write(p.rest)
	}
	if err := b.Flush(); err != nil {
		return errors.Join(err, out.Discard())
	}
	part, err := out.Finish()
	if err != nil {
		return err
	}
	w.parts = append(w.parts, part)
	w.all, w.held = make(map[string]*places), 0
	return nil
}

// each gives all words in the order of their bytes, each with where it is.
func (w *words) each(do func(word, places []byte) error) error {
	if err := w.spill(); err != nil {
		return err
	}
	var open merge
	for i, part := range w.parts {
		r := &reader{Reader: bufio.NewReader(io.NewSectionReader(part, 0, part.Size())), number: i}
		if err := r.next(); err == nil {
			open = append(open, r)
		} else if !errors.Is(err, io.EOF) {
			return err
		}
	}
	heap.Init(&open)
	var word, all []byte
	last := 0
	for len(open) > 0 {
		r := open[0]
		if !bytes.Equal(r.word, word) {
			if word != nil {
				if err := do(word, all); err != nil {
					return err
				}
			}
			word, all, last = append(word[:0:0], r.word...), all[:0], 0
		}
		all = append(appendPlace(all, r.first/2-last, r.first%2 == 1), r.rest...)
		last = r.last
		switch err := r.next(); {
		case errors.Is(err, io.EOF):
			heap.Pop(&open)
		case err != nil:
			return err
		default:
			heap.Fix(&open, 0)
		}
	}
	if word == nil {
		return nil
	}
	return do(word, all)
}

func (w *words) close() (err error) {
	for _, part := range w.parts {
		err = errors.Join(err, part.Close())
	}
	return err
}

// A reader reads a part.
type reader struct {
	*bufio.Reader
	number      int
	word, rest  []byte
	first, last int
}

// next reads a word; the error is io.EOF where there is none.
func (r *reader) next() error {
	var err error
	number := func() (n int) {
		if err == nil {
			var u uint64
			u, err = binary.ReadUvarint(r.Reader)
			n = int(u)
		}
		return n
	}
	fill := func(b []byte, n int) []byte {
		b = slices.Grow(b[:0], n)[:n]
		if err == nil {
			_, err = io.ReadFull(r.Reader, b)
		}
		return b
	}
	if size := number(); err != nil {
		return err // at the end of the part
	} else {
		r.word = fill(r.word, size)
	}
	r.first, r.last = number(), number()
	r.rest = fill(r.rest, number())
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A merge gives the parts' words in their order, and those of earlier passages
// first.
type merge []*reader

func (m merge) Len() int { return len(m) }
func (m merge) Less(i, j int) bool {
	if c := bytes.Compare(m[i].word, m[j].word); c != 0 {
		return c < 0
	}
	return m[i].number < m[j].number
}
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)   { *m = append(*m, x.(*reader)) }
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
