package repository

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

// manifestSize is about how many bytes of JSON one manifest has. More than half
// of it is hashes, which do not compress.
const manifestSize = 12 << 20

// longRun is how long a run may take before its packs may have been condemned
// meanwhile: far less than the grace period of 24 hours.
const longRun = time.Hour

// CommitIfDue writes a manifest of what is done, and says that the run goes on,
// if the last one is old, or many packs or documents wait.
func (w *Run) CommitIfDue(ctx context.Context) error {
	committed, err := w.commitIfDue(ctx)
	if committed {
		w.checkpointOnTheWay(ctx)
	}
	return err
}

func (w *Run) commitIfDue(ctx context.Context) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || !w.due() {
		return false, w.err
	}
	err := w.commit(ctx, false)
	return err == nil, err
}

func (w *Run) due() bool {
	return len(w.waiting) >= commitPacks || len(w.entries) >= commitEntries ||
		len(w.entries) > 0 && w.repo.options.Now().Sub(w.committed) >= commitEvery
}

// Commit writes the run's last manifest, which tells how it ended. It reports
// success only if all packs are stored.
func (w *Run) Commit(ctx context.Context, ended manifest.Ending) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.header.Ended = ended
	if err := w.commit(ctx, true); err != nil {
		return err
	}
	if err := w.confirm(ctx); err != nil {
		return w.fail(err)
	}
	return nil
}

// commit stores all packs, then the manifests that name them.
func (w *Run) commit(ctx context.Context, last bool) error {
	if err := w.packs.Flush(); err != nil {
		return w.fail(err)
	}
	err := w.uploads.Wait()
	w.uploads = newUploads()
	if err != nil {
		_ = w.keep(ctx) // err already says what went wrong with the store
		return w.fail(err)
	}
	if err := w.tell(ctx, last); err != nil {
		return w.fail(err)
	}
	return nil
}

// keep writes a manifest of the packs that were stored when one could not be.
// Otherwise no manifest would name them, and each run that fails, such as on a
// full disk, would leave more of them.
func (w *Run) keep(ctx context.Context) error {
	missing := make(map[string]bool)
	for _, u := range w.waiting {
		missing[u.pack.Key] = !u.stored
	}
	if w.waiting = slices.DeleteFunc(w.waiting, func(u *upload) bool { return !u.stored }); len(w.waiting) == 0 {
		return nil
	}
	w.entries = slices.DeleteFunc(w.entries, func(e entry) bool {
		return slices.ContainsFunc(e.files, func(f placed) bool { return missing[f.at.In.Key] })
	})
	w.header.Ended = manifest.ByError
	return w.tell(ctx, true)
}

// tell stores the manifests of what is in the packs, which are stored.
func (w *Run) tell(ctx context.Context, end bool) error {
	for _, u := range w.waiting {
		w.stats.Packs++
		w.stats.Stored += u.pack.Size
	}
	w.entries = unite(w.entries)
	for rest := w.entries; ; {
		n := fill(rest)
		last := n == len(rest)
		if err := w.put(ctx, rest[:n], end && last); err != nil {
			return err
		}
		if rest = rest[n:]; last {
			break
		}
	}
	w.waiting, w.entries, w.committed = nil, nil, w.repo.options.Now()
	return nil
}

// unite sorts entries and makes those of one document one: their versions, and
// the best that was found.
func unite(entries []entry) []entry {
	compare := func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.doc.Source, b.doc.Source), strings.Compare(a.doc.ID, b.doc.ID))
	}
	slices.SortStableFunc(entries, compare)
	united := entries[:0]
	for _, e := range entries {
		last := len(united) - 1
		if last < 0 || compare(united[last], e) != 0 {
			united = append(united, e)
			continue
		}
		into := &united[last]
		versions, files := slices.Concat(into.doc.Versions, e.doc.Versions), slices.Concat(into.files, e.files)
		said := cmp.Or(into.doc.Said, e.doc.Said)
		if found(e) < found(*into) {
			*into = e
		}
		into.doc.Versions, into.doc.Said, into.files = versions, said, files
	}
	clear(entries[len(united):])
	return united
}

// found is how much a look found, the most first.
func found(e entry) int {
	return slices.Index([]manifest.State{manifest.Current, manifest.Missing, manifest.Failed, ""}, e.doc.State)
}

// fill is how many entries go into one manifest.
func fill(entries []entry) int {
	size := 0
	for i, e := range entries {
		size += 100 + len(e.doc.ID) + len(e.doc.Error)
		if e.doc.Said != nil {
			size += e.doc.Said.Size()
		}
		for _, v := range e.doc.Versions {
			size += 500 + len(v.Title)
			for _, f := range v.Files {
				size += 300
				if f.History != nil {
					size += 300 * len(f.History.Pieces)
				}
			}
		}
		if size > manifestSize {
			return i + 1
		}
	}
	return len(entries)
}

// put writes one manifest: the commit point for its entries.
func (w *Run) put(ctx context.Context, entries []entry, last bool) error {
	h := w.header
	h.Finished, h.Complete = manifest.At(w.repo.options.Now()), last && h.Ended == manifest.AtEnd
	if !last {
		h.Ended = ""
	}
	h.Before, h.Packs = w.before, place(entries)
	for _, p := range h.Packs {
		w.named[p.Key] = p
	}
	id, size, err := w.repo.putManifest(ctx, manifestsPrefix, h, func(e *manifest.Encoder) error {
		for i := range entries {
			if err := e.Encode(&entries[i].doc); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if w.manifests++; w.manifests == 1 {
		w.before = nil // the first one names it
	}
	w.before = united(append(w.before, id))
	w.own[id] = size
	w.open++
	w.openSize += size
	w.stats.Manifest = id
	w.stats.Stored += size
	return nil
}

// place lists the packs of the entries, and gives each file, and each piece
// that lies elsewhere, its pack.
func place(entries []entry) []manifest.Pack {
	packs := []manifest.Pack{}
	index := make(map[string]int)
	of := func(p manifest.Pack) int {
		i, ok := index[p.Key]
		if !ok {
			i = len(packs)
			index[p.Key] = i
			packs = append(packs, p)
		}
		return i
	}
	for _, e := range entries {
		files := e.files
		for _, v := range e.doc.Versions {
			for i := range v.Files {
				lies := files[0].at.Record(v.Files[i])
				lies.Shares = files[0].shares
				v.Files[i], files = lies.Relocate(of), files[1:]
			}
		}
	}
	return packs
}

// putManifest stores a manifest or a checkpoint and gives its id and size.
func (r *Repository) putManifest(ctx context.Context, prefix string, h manifest.Header, documents func(*manifest.Encoder) error) (id string, size int64, err error) {
	o, err := r.newJSON()
	if err != nil {
		return "", 0, err
	}
	e, err := manifest.NewEncoder(o, h)
	if err == nil {
		err = documents(e)
	}
	if err == nil {
		err = e.Close()
	}
	if err != nil {
		return "", 0, errors.Join(err, o.discard())
	}
	s, err := o.finish()
	if err != nil {
		return "", 0, err
	}
	defer s.Close()
	id = manifest.ID(h.Sequence, h.Finished.Time, s.SHA256())
	key := prefix + id + r.objects.Ending(jsonEnding)
	if err := r.objects.Sink.Put(ctx, key, s, s.Size()); err != nil {
		return "", 0, err
	}
	return id, s.Size(), nil
}

// condemned are the packs that manifests say will be deleted.
func (c *Contents) condemned() map[string]bool {
	keys := make(map[string]bool)
	for _, in := range c.inputs {
		for _, key := range in.header.Condemned {
			keys[key] = true
		}
	}
	return keys
}

// confirm looks, after the manifest, whether the packs are all there and, for
// a long run, not condemned: whoever deletes packs lists manifests before, so
// one of the two sees the other.
func (w *Run) confirm(ctx context.Context) error {
	if len(w.named) == 0 {
		return nil
	}
	stored, err := w.repo.listSizes(ctx, packsPrefix)
	if err != nil {
		return err
	}
	condemned := w.condemned
	if w.repo.options.Now().Sub(w.header.Started.Time) > longRun {
		c, err := w.repo.read(ctx, At{})
		if err != nil {
			return err
		}
		defer c.Close()
		condemned = c.condemned()
	}
	for _, p := range w.named {
		if size, ok := stored[p.Key]; !ok || size != p.Size || condemned[p.Key] {
			return object.Missing(p.Key, errors.New("it was deleted while this run was under way; the next run will save its documents again"))
		}
	}
	return nil
}
