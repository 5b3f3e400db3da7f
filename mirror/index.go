package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/mirror/shards"
	"github.com/padsync/padsync/sinks"
)

// IndexName is the name of the page that leads to all others.
const IndexName = "index.html"

// The index is of no document, and of all machines that keep the mirror, which do
// not wait for each other: no state says which of them wrote it last. It ends with
// the hash of all that stands before. Where that is right, it is as padsync wrote
// it, and whoever edited it has made it wrong.
var indexMark = regexp.MustCompile(`\n<!-- padsync ([0-9a-f]{64}) -->\n$`)

const (
	markSize = len("\n<!-- padsync  -->\n") + 2*sha256.Size
	maxIndex = 256 << 20 // bytes
)

// writeIndex brings the index up to date, beside the file of somebody who has put
// their own in its place or edited it.
func (r *run) writeIndex(ctx context.Context, search *shards.Files) error {
	made, err := r.makeIndex(search)
	if err != nil {
		return err
	}
	defer made.Close()
	var passed []Event
	for n := range maxBeside + 1 {
		name := indexAt(n)
		state, edited, err := r.indexInPlace(ctx, name, made)
		if err != nil {
			return err
		}
		switch state {
		case other:
			kind := Foreign
			if edited {
				kind = Edited
			}
			passed = append(passed, Event{Kind: kind, Name: name})
			continue
		case same:
		default:
			if err := r.Store.Replace(ctx, name, made, made.Size()); err != nil {
				return err
			}
			r.report.Written++
		}
		if n > 0 {
			r.report.Beside++
		}
		for _, e := range passed {
			if e.New = name; state == absent { // else it has been told
				r.tellOnce(e)
			}
		}
		return r.removeIndexes(ctx, n+1)
	}
	return errTooMany
}

func indexAt(n int) string {
	if n == 0 {
		return IndexName
	}
	return beside(IndexName, n)
}

func (r *run) makeIndex(search *shards.Files) (*spool.Spool, error) {
	x := Index{Search: search}
	for _, d := range r.sorted() {
		e := Entry{Title: d.Title, Folder: d.Folder, Service: d.Service, State: d.State, Modified: d.Modified, Saved: d.Saved, Pages: d.links()}
		for _, p := range d.Pages {
			if p.Earlier != "" {
				e.Earlier = append(e.Earlier, Link{p.Form, p.Name, p.Saved})
			}
		}
		slices.SortStableFunc(e.Earlier, func(a, b Link) int { return b.Saved.Compare(a.Saved) })
		if len(e.Pages) > 0 {
			x.All = append(x.All, e)
		}
	}
	w, h := r.Pool.Create(), sha256.New()
	if err := r.Index(io.MultiWriter(w, h), &x); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	if _, err := fmt.Fprintf(w, "\n<!-- padsync %x -->\n", h.Sum(nil)); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

// links lead to the pages of a document, but for its earlier versions.
func (d *document) links() (all []Link) {
	for _, form := range Forms() {
		for _, p := range d.Pages {
			if p.Form == form && p.Earlier == "" {
				all = append(all, Link{Form: form, Name: p.Name})
			}
		}
	}
	return all
}

// removeIndexes deletes those that padsync wrote from the n-th name on: it did when
// somebody else's file was in the way, which is there no more.
func (r *run) removeIndexes(ctx context.Context, n int) error {
	for ; n <= maxBeside; n++ {
		name := indexAt(n)
		if _, there := r.listed[name]; !there {
			continue
		}
		state, _, err := r.indexInPlace(ctx, name, nil)
		if err != nil {
			return err
		}
		if state != known {
			continue
		}
		if err := r.Store.Delete(ctx, name); err != nil {
			return err
		}
		r.report.Removed++
	}
	return nil
}

// indexInPlace looks what is under a name of the index just now: the same as made,
// what padsync wrote, or another file, which may be the index, edited.
func (r *run) indexInPlace(ctx context.Context, name string, made *spool.Spool) (state place, edited bool, err error) {
	body, err := r.Store.Get(ctx, name, 0, maxIndex+1)
	switch {
	case errors.Is(err, sinks.ErrNotFile), errors.Is(err, sinks.ErrWebPage):
		return other, false, nil
	case errors.Is(err, fs.ErrNotExist):
		return absent, false, nil
	case err != nil:
		return other, false, err
	}
	s, err := r.Pool.Receive(body, maxIndex)
	closed := body.Close()
	switch {
	case errors.Is(err, spool.ErrTooLarge):
		return other, false, nil
	case err != nil:
		return other, false, err
	}
	defer s.Close()
	if closed != nil {
		return other, false, closed
	}
	if made != nil && s.SHA256() == made.SHA256() {
		return same, false, nil
	}
	h, tail := sha256.New(), new(bytes.Buffer)
	at := max(s.Size()-int64(markSize), 0)
	if _, err := io.Copy(h, io.NewSectionReader(s, 0, at)); err != nil {
		return other, false, err
	}
	if _, err := io.Copy(tail, io.NewSectionReader(s, at, s.Size()-at)); err != nil {
		return other, false, err
	}
	mark := indexMark.FindSubmatch(tail.Bytes())
	if mark != nil && string(mark[1]) == hex.EncodeToString(h.Sum(nil)) {
		return known, false, nil
	}
	return other, bytes.Contains(tail.Bytes(), []byte("<!-- padsync ")), nil
}
