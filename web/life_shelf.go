package web

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
)

// Bounds of what stays open between two requests.
const (
	shelfVolumes = 3
	shelfMemory  = 24 << 20         // bytes that their texts and histories hold, at most
	shelfIdle    = 10 * time.Minute // after the last look
	shelfFresh   = 10 * time.Second // for so long, nobody looks again for what other machines saved
	mostReadings = 2                // versions of one document
)

// A shelf has the documents that were looked at last, open, so that any other moment
// of them is quick. What was read of them lies sealed in files without a name, as
// all that is spooled. It is safe for concurrent use.
type shelf struct {
	clock func() time.Time

	mu      sync.Mutex // guards what follows, and of each volume all but what it guards itself
	volumes []*volume  // the last used first
	idle    *time.Timer
	closed  bool
}

// A volume is a document that is open.
type volume struct {
	hash   string
	by     opener
	mark   setup.Mark // and looked: when somebody looked into the repository
	looked time.Time
	end    context.CancelFunc

	users int
	off   bool // the shelf: the last user closes it

	mu       sync.Mutex // guards what follows: one look at a time
	doc      *library.Document
	readings []*reading // the last used first
}

// A reading is a version that was read.
type reading struct {
	edition *library.Edition

	// Of a pad.
	pad     *pad.Pad
	life    *pad.Life // nil if the history cannot be read, or is too long
	state   *pad.State
	stateOf int
}

// volumeOf opens a document, or gives it as it is on the shelf: as it is now, if it is
// to be new. The caller lets go of it with leave.
func (p *page) volumeOf(r *http.Request, hash string, anew bool) (*volume, error) {
	ctx := r.Context()
	by, err := p.openerOf(r)
	if err != nil {
		return nil, err
	}
	mark, err := p.knowing.changes.Mark(ctx, by.settings) // of what this computer saved itself
	if err != nil {
		return nil, err
	}
	last, lastMark, looked := p.shelf.take(hash, by)
	if last != nil && (!anew || lastMark == mark && p.Now().Sub(looked) < shelfFresh) {
		return last, nil
	}
	if last != nil {
		defer p.shelf.leave(last)
	}
	one, _, err := p.documentOf(ctx, hash)
	if err != nil {
		return nil, err
	}
	settings, err := p.opened(r)
	if err != nil {
		return nil, err
	}
	// It is read after this request, too.
	long, end := context.WithCancel(context.WithoutCancel(ctx))
	defer context.AfterFunc(ctx, end)()
	doc, err := openSaved(long, settings, one.Key)
	if err != nil {
		end()
		return nil, err
	}
	if last != nil && last.unchanged(doc) {
		doc.Close()
		end()
		p.shelf.look(last, mark)
		return last, nil
	}
	v := &volume{hash: hash, by: by, mark: mark, looked: p.Now(), end: end, doc: doc, users: 1}
	p.shelf.put(v)
	return v, nil
}

// lookAt has look look at a document, and says what kept it from that: no key is at hand,
// or something is wrong, in words. Where nothing was saved, look is not called.
func (p *page) lookAt(r *http.Request, hash string, anew bool, look func(*volume) error) (closedFor bool, problem string, err error) {
	v, err := p.volumeOf(r, hash, anew)
	nothing := (*library.NothingError)(nil)
	switch {
	case errors.As(err, &nothing), errors.Is(err, repository.ErrNone), errors.Is(err, library.ErrNoVersion):
		return false, "", nil
	case closed(err):
		return true, "", nil
	case errors.Is(err, context.Canceled):
		return false, "", err
	case err != nil:
		return false, p.Words.Error(err), nil
	}
	defer p.shelf.leave(v)
	v.mu.Lock()
	defer v.mu.Unlock()
	return false, "", look(v)
}

// take gives what is on the shelf, and as of when that is; nil if it is not there.
func (s *shelf) take(hash string, by opener) (v *volume, mark setup.Mark, looked time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.volumes, func(v *volume) bool { return v.hash == hash && v.by == by })
	if at < 0 {
		return nil, mark, looked
	}
	v = s.volumes[at]
	s.volumes = slices.Insert(slices.Delete(s.volumes, at, at+1), 0, v)
	v.users++
	return v, v.mark, v.looked
}

// look notes that a volume is as the repository is now, and that it has one user more.
func (s *shelf) look(v *volume, mark setup.Mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.mark, v.looked = mark, s.clock()
	v.users++
}

// put takes a volume that has a user, in place of the one that was there.
func (s *shelf) put(v *volume) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(func(other *volume) bool { return other.hash == v.hash && other.by == v.by })
	if s.closed {
		v.off = true
		return
	}
	s.volumes = slices.Insert(s.volumes, 0, v)
	s.sweep(func(other *volume) bool { return slices.Index(s.volumes, other) >= shelfVolumes })
}

// leave ends the use of a volume.
func (s *shelf) leave(v *volume) {
	held := v.held()
	s.mu.Lock()
	defer s.mu.Unlock()
	v.users--
	if v.users == 0 && v.off {
		v.close()
		return
	}
	s.sweep(func(other *volume) bool {
		if other == v {
			return held > shelfMemory
		}
		if !other.mu.TryLock() { // somebody looks at it
			return false
		}
		held += other.heldLocked()
		other.mu.Unlock()
		return held > shelfMemory
	})
	if s.idle == nil {
		s.idle = time.AfterFunc(shelfIdle, s.clear)
	} else {
		s.idle.Reset(shelfIdle)
	}
}

// sweep takes volumes off, and closes those that nobody uses. It is called with mu held.
func (s *shelf) sweep(goes func(*volume) bool) {
	all := slices.Clone(s.volumes)
	for _, v := range all {
		if !goes(v) {
			continue
		}
		s.volumes = slices.DeleteFunc(s.volumes, func(other *volume) bool { return other == v })
		if v.off = true; v.users == 0 {
			v.close()
		}
	}
}

// clear takes all off: after a while, or when a key is taken away.
func (s *shelf) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(func(*volume) bool { return true })
}

// close clears the shelf for good.
func (s *shelf) close() {
	s.clear()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.idle != nil {
		s.idle.Stop()
	}
}

func (v *volume) unchanged(doc *library.Document) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return reflect.DeepEqual(v.doc.Record, doc.Record)
}

func (v *volume) close() {
	for _, r := range v.readings {
		r.edition.Close()
	}
	v.readings = nil
	v.doc.Close()
	v.end()
}

func (v *volume) held() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.heldLocked()
}

func (v *volume) heldLocked() (held int) {
	for _, r := range v.readings {
		if r.pad == nil {
			continue
		}
		held += r.pad.Held()
		if r.life != nil {
			held += r.life.Held()
		}
		if r.state != nil && r.state != r.pad.Current() {
			held += r.state.Held()
		}
	}
	return held
}

// at gives the document at a point, as library.Document.At has it, and what it was
// read from. The edition ends with the volume's next look. It is called with mu held.
func (v *volume) at(ctx context.Context, point string) (*reading, *library.Edition, error) {
	name, digits, numbered := strings.Cut(point, "@")
	if name == "" {
		chosen, _ := library.ChooseVersion(v.doc.Record, false)
		if chosen != nil {
			name = chosen.Name
		}
	}
	var r *reading
	if at := slices.IndexFunc(v.readings, func(r *reading) bool { return r.edition.Version.Name == name }); at >= 0 {
		r = v.readings[at]
		v.readings = slices.Insert(slices.Delete(v.readings, at, at+1), 0, r)
	} else {
		asked := point
		if numbered {
			asked, _, _ = strings.Cut(point, "@")
		}
		e, err := v.doc.At(ctx, asked)
		if err != nil {
			return nil, nil, err
		}
		if e.Version.Name != name { // a time
			return v.then(ctx, e)
		}
		if r, err = read(e); err != nil {
			e.Close()
			return nil, nil, err
		}
		v.keep(r)
	}
	if !numbered {
		return r, r.edition, nil
	}
	number, err := strconv.Atoi(digits)
	if err != nil {
		return nil, nil, library.ErrPoint
	}
	e, err := r.edition.Revised(number)
	if err != nil {
		// The document's own error says more.
		if e, err = v.doc.At(ctx, point); err == nil {
			e.Close()
			err = library.ErrPoint
		}
		return nil, nil, err
	}
	return r, e, nil
}

// then gives what a moment means of a version.
func (v *volume) then(ctx context.Context, e *library.Edition) (*reading, *library.Edition, error) {
	defer e.Close()
	point := e.Version.Name
	if of, ok := e.Document.(*pad.Document); ok && of.Revision() != of.Head() {
		point += "@" + strconv.Itoa(of.Revision())
	}
	return v.at(ctx, point)
}

// read reads all that a page tells of a version.
func read(e *library.Edition) (*reading, error) {
	r := &reading{edition: e, stateOf: -1}
	of, ok := e.Document.(*pad.Document)
	if !ok {
		return r, nil
	}
	r.pad = of.Pad
	life, err := of.Pad.Life()
	if err != nil && !errors.Is(err, documents.ErrUnreadable) {
		return nil, err
	}
	r.life = life
	return r, nil
}

func (v *volume) keep(r *reading) {
	v.readings = slices.Insert(v.readings, 0, r)
	for len(v.readings) > mostReadings {
		v.readings[mostReadings].edition.Close()
		v.readings = v.readings[:mostReadings]
	}
}

// stateAt is the pad's after a revision.
func (r *reading) stateAt(number int) (*pad.State, error) {
	if r.stateOf != number {
		s, err := r.pad.At(number)
		if err != nil {
			return nil, err
		}
		r.state, r.stateOf = s, number
	}
	return r.state, nil
}
