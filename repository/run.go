package repository

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/pack"
	"github.com/padsync/padsync/sources"
)

const (
	commitEvery = 2 * time.Minute
	commitPacks = 4

	// commitEntries bounds what a run keeps in memory of documents that are
	// in no manifest yet.
	commitEntries = 16_000

	uploads = 2 // packs that are stored at once
)

// RunOptions say what a run writes into its manifests.
type RunOptions struct {
	Run           string // the run's random name; "": a new one
	Program, Host string
	Sources       []manifest.Source // sorted by Source.Compare; entries refer to them

	// Last is the highest sequence that this machine remembers using.
	Last int64

	// Resumes are the runs that this one takes up: see Contents.Interrupted.
	Resumes []string

	// ChangeRecipients allows other recipients than last time.
	ChangeRecipients bool

	// FormerLost says that the identities of all those who could once read, and
	// are not recipients now, are gone.
	FormerLost bool
}

// A Run writes what one execution of backup finds into a repository. Its
// methods may be called concurrently. An error of Save or Commit, except for
// one that matches ErrFile, ends the run: later calls give it again.
type Run struct {
	repo     *Repository
	header   manifest.Header
	contents *Contents

	condemned map[string]bool // packs that are about to be deleted
	lost      map[string]bool // recipients whose identities are gone

	mu        sync.Mutex // guards what follows
	err       error
	packs     *pack.Writer
	named     map[string]manifest.Pack // by key, those that manifests of the run name
	manifests int
	before    []string // what the next manifest names

	// Of the manifests that are in no checkpoint, and of the checkpoints.
	own          map[string]int64 // this run's, and their sizes
	open         int
	openSize     int64
	includedSize int64
	folding      bool      // a checkpoint is being written
	waiting      []*upload // of packs that are not yet in a manifest
	entries      []entry   // not yet in a manifest
	committed    time.Time
	stats        RunStats
	uploads      *errgroup.Group
}

// RunStats are what a run stored.
type RunStats struct {
	Packs    int
	Stored   int64  // bytes
	Manifest string // id of the last one
}

// An entry is a document of the next manifest.
type entry struct {
	doc   manifest.Document
	files []placed // of its versions, one after the other
}

// A placed file lies in a pack, or will. Only the function place writes what a
// manifest tells of its place.
type placed struct {
	at     *pack.Place     // the pack's Writer writes it
	shares []manifest.Pack // of the pieces that lie elsewhere
}

// An upload is a pack on its way into the store.
type upload struct {
	pack   manifest.Pack
	stored bool // written by the upload, read after Wait
}

// ErrFile is matched by errors of Save for a fetched file that cannot be read
// as its source said. Nothing of that version was stored.
var ErrFile = errors.New("fetched file")

// Begin begins a run. It is an error if the repository has manifests and none
// can be read, or if they were sealed to others or not at all. What it stores
// is stored with ctx, which must outlive an interruption of the work, so that
// what is done can be committed. The Contents, of now, must stay open until the
// run has ended.
func (r *Repository) Begin(ctx context.Context, c *Contents, o RunOptions) (*Run, error) {
	if err := r.agrees(); err != nil {
		return nil, err
	}
	if err := cmp.Or(c.headError(), c.Readable()); err != nil {
		return nil, err
	}
	return r.begin(ctx, c, o)
}

// begin begins a run whatever of the repository could be read.
func (r *Repository) begin(ctx context.Context, c *Contents, o RunOptions) (*Run, error) {
	if o.Run == "" {
		var err error
		if o.Run, err = r.randomName(); err != nil {
			return nil, err
		}
	}
	last, hashes := c.last(), r.recipientHashes()
	if last != nil && !o.ChangeRecipients && !slices.Equal(last.header.Recipients, hashes) {
		return nil, ErrRecipients
	}
	lost, gone := c.lost(), map[string]bool{}
	if o.FormerLost {
		gone = c.former(hashes)
		maps.Copy(lost, gone)
	}
	sequence, err := c.nextSequence(o.Last)
	if err != nil {
		return nil, err
	}
	w := &Run{repo: r, contents: c, before: c.before(), condemned: c.condemned(), lost: lost, committed: r.options.Now(), uploads: newUploads(), named: map[string]manifest.Pack{}, header: manifest.Header{
		Repository: r.head.ID, Sequence: sequence, Run: o.Run, Resumes: o.Resumes, Started: manifest.At(r.options.Now()),
		Program: clean(o.Program), Host: clean(o.Host), Recipients: hashes, Lost: manifest.HashesOf(slices.Collect(maps.Keys(gone))), Sources: o.Sources,
	}}
	w.packs, err = pack.NewWriter(pack.Options{
		Objects: &r.objects, Recipients: r.options.Recipients, Now: r.options.Now, Random: r.options.Random,
		Full: func(p manifest.Pack, s *spool.Spool) { w.store(ctx, p, s) },
	})
	if err != nil {
		return nil, err
	}
	w.own = make(map[string]int64)
	for _, in := range c.inputs {
		if len(in.header.Includes) > 0 {
			w.includedSize += in.size
			continue
		}
		w.open++
		w.openSize += in.size
	}
	return w, nil
}

func newUploads() *errgroup.Group {
	g := new(errgroup.Group)
	g.SetLimit(uploads)
	return g
}

func (r *Repository) recipientHashes() []string {
	var hashes []string
	for _, recipient := range r.options.Recipients {
		hashes = append(hashes, recipient.Hash())
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

// Sequence is the run's place in the order of runs.
func (w *Run) Sequence() int64 { return w.header.Sequence }

// Stats are what was stored so far.
func (w *Run) Stats() RunStats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// Tell notes what a look found that saved nothing: doc names a source of the
// run, has a valid id, and no files.
func (w *Run) Tell(doc manifest.Document) {
	doc.Error = clean(doc.Error)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.entries = append(w.entries, entry{doc: doc})
}

// Save puts a fetched version into a pack and notes it: doc names a source of
// the run, the document and its state. The version may be closed afterwards.
// Save does not store again what of its files' histories is also in before,
// which is the document's newest version with a history in the Contents, or
// nil.
func (w *Run) Save(doc manifest.Document, v *sources.Version, suspect string, before *manifest.VersionRecord) error {
	if err := verify(w.repo.objects.Pool, doc.ID, v); err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	histories, err := w.histories(v, before)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	told := newVersion(w.repo.options.Now(), v, suspect)
	doc.Versions = []manifest.DocumentVersion{told}
	for i := range told.Files {
		told.Files[i].History = histories[i].told
	}
	e := entry{doc: doc}
	if e.files, err = w.write(doc, told, v, histories); err != nil {
		return w.fail(err)
	}
	w.entries = append(w.entries, e)
	return nil
}

// fail notes the first error, which ends the run.
func (w *Run) fail(err error) error {
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// clean gives text as JSON can hold it, of bounded length.
func clean(s string) string {
	const most = 4096
	return strings.ToValidUTF8(s[:min(len(s), most)], "\uFFFD")
}

// writable reports whether manifests have a form for the time.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return !t.IsZero() && year >= 0 && year <= 9999
}

func newVersion(now time.Time, v *sources.Version, suspect string) manifest.DocumentVersion {
	saved, facts := manifest.At(now), v.Facts
	facts.First, facts.Content, facts.Text, facts.Expires = clean(facts.First), clean(facts.Content), clean(facts.Text), clean(facts.Expires)
	told := manifest.DocumentVersion{Saved: &saved, Revision: clean(v.Revision), Title: clean(v.Title), Facts: &facts}
	if writable(v.Modified) {
		modified := manifest.At(v.Modified)
		told.Modified = &modified
	}
	if validator := clean(v.Validator); validator != "" {
		told.Validator = &validator
	}
	if suspect = clean(suspect); suspect != "" {
		told.Suspect = &suspect
	}
	if v.Public {
		told.Public = &v.Public
	}
	for _, f := range v.Files {
		told.Files = append(told.Files, manifest.File{Name: f.Name, Format: clean(f.Format), Size: f.Size, SHA256: hex.EncodeToString(f.SHA256[:])})
	}
	told.Name = manifest.VersionName(saved, told.Files)
	return told
}

// write puts all members of a version, of which all is told, into packs.
func (w *Run) write(doc manifest.Document, told manifest.DocumentVersion, v *sources.Version, histories []history) ([]placed, error) {
	source := w.header.Sources[doc.Source]
	private := make(map[string]string)
	for name, value := range v.Private {
		private[clean(name)] = clean(value)
	}
	alone, err := manifest.EncodeAlone(source, doc.ID, &told, private)
	if err != nil {
		return nil, err
	}
	dir := versionFolder(source, doc.ID, told.Name) + "/"
	about := pack.Member{Name: dir + documentName, Modified: told.Saved.Time, Size: int64(len(alone)), Content: bytes.NewReader(alone)}
	members := make([]pack.Member, len(v.Files))
	for i, f := range v.Files {
		members[i] = pack.Member{
			Name: dir + Escape(f.Name), Modified: told.Saved.Time,
			Size: stored(f, histories[i].told), Content: memberOf(&f, histories[i].told),
		}
	}
	places, err := w.packs.Add(about, members...)
	if err != nil {
		return nil, err
	}
	files := make([]placed, len(places))
	for i, at := range places {
		files[i] = placed{at, histories[i].shares}
	}
	return files, nil
}

// stored is how long a file's member is.
func stored(f sources.File, history *manifest.History) int64 {
	if history == nil {
		return f.Size
	}
	return f.Size - history.Elsewhere()
}

// store begins to store a pack. It waits while too many are being stored.
func (w *Run) store(ctx context.Context, p manifest.Pack, s *spool.Spool) {
	u := &upload{pack: p}
	w.waiting = append(w.waiting, u)
	w.uploads.Go(func() error {
		err := w.repo.objects.Sink.Put(ctx, p.Key, s, p.Size)
		u.stored = err == nil
		return errors.Join(err, s.Close())
	})
}

// Discard ends a run without a manifest: what is stored stays, and nothing
// names it.
func (w *Run) Discard() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail(errors.New("the run has ended"))
	return errors.Join(w.uploads.Wait(), w.packs.Discard())
}

// Name is the run's random name.
func (w *Run) Name() string { return w.header.Run }
