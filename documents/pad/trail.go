package pad

import (
	"bytes"
	"io"
)

// A trail is where an export holds its revisions from the first on, as far as
// each stands directly before the next: later exports only add to it. Revision
// 0 is not part of it, as 3.x refreshes what that repeats of the pad.
type trail struct {
	begin, end int64 // of the first one's comma, of what follows the last; 0: not yet known
	next       int
}

func (t *trail) member(m *Member) {
	switch following := m.Kind == RevisionMember && m.Number == max(t.next, 1); {
	case following && t.next == 0:
		t.begin, t.next = m.Offset-1, 2
	case following && t.end == 0:
		t.next++
	case t.next > 0 && t.end == 0:
		t.end = m.Offset - 1
	}
}

// History is the place of the part of the export that later ones only add to:
// where it begins, and where it ends; zero if there is none.
func (in *Inspection) History() ([2]int64, error) { return in.trail.in(in.export, in.size) }

// in gives the trail's place in the export, zero where there is none or where
// more than commas is between its members: what remains without the trail must
// be JSON.
func (t *trail) in(r io.ReaderAt, size int64) (history [2]int64, err error) {
	if t.next == 0 {
		return history, nil
	}
	end := t.end
	if end == 0 {
		end = size - 1
		const most = 16 // of white space at the end
		tail := make([]byte, min(most, size))
		if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
			return history, err
		}
		end -= int64(len(tail) - len(bytes.TrimRight(tail, " \t\r\n")))
	}
	var around [2]byte
	for i, at := range []int64{t.begin, end} {
		if _, err := r.ReadAt(around[i:i+1], at); err != nil && err != io.EOF {
			return history, err
		}
	}
	if around[0] != ',' || around[1] != ',' && around[1] != '}' {
		return history, nil
	}
	return [2]int64{t.begin, end}, nil
}
