// Package mirror keeps pages of what is saved in a place where people open them: the
// newest good copy of each document that somebody chose, as plain files. It
// publishes what was said and nothing else. It has no word of a language, and
// prints nothing.
package mirror

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror/shards"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
)

// Options say what is mirrored, and where. All fields are required that do not say
// otherwise.
type Options struct {
	Store   Store
	Library library.Library
	Pool    *spool.Pool
	Machine string // names this machine, among all that may keep the mirror; best if nobody else knows it
	Program string // what is made by another one is made anew

	// Choose gives what says of each document whether somebody chose it.
	Choose  func(*repository.Contents) (func(*manifest.Record) bool, error)
	Forms   []string // of pages: some of Forms()
	By      By
	Shown   Shown
	Service func(manifest.Source) string // optional: its name for people; "": that of its host

	// Places are all documents that an address may be of.
	Places func(address string) []Place

	Language documents.Language
	Words    Words
	Index    func(io.Writer, *Index) error // writes the page that leads to all others

	// Search: the index searches the newest texts, by files in SearchFolder. All
	// documents are read for them each time.
	Search bool

	// Fetched, optional, are files that need not be read from the repository.
	// Sealed: no others can be read from it, and what was made of them stays.
	Fetched *Fetched
	Sealed  bool

	// Observe, optional, is called with what a person should know, also
	// concurrently.
	Observe func(Event)
}

// By says what the folders are.
type By string

// The folders.
const (
	ByService By = "service"
	ByTag     By = "tag" // the first that somebody gave the document
)

// Shown are what pages have only where somebody said so.
type Shown struct {
	Addresses bool // of documents, also their ids in names
	Private   bool // documents that needed more than their address to be fetched
	Versions  bool // the earlier ones
	Chat      bool
	Voters    bool // names of voters, commenters and authors
}

// Words are those that pages need.
type Words struct {
	Kind     func(kind string) string     // of a document, such as "pad"
	All      string                       // leads to the index
	Untagged string                       // the folder of documents without a tag
	Versions string                       // added to the name of a folder of earlier versions
	Missing  func(saved time.Time) string // a note: the server no longer has the document
	Suspect  func(saved time.Time) string // a note: a newer copy looks like a loss
	Earlier  func(saved time.Time) string // a note on an earlier version
}

// An Index is what the page has that leads to all others.
type Index struct {
	All    []Entry
	Search *shards.Files // in SearchFolder, without their ending; nil: it searches nothing
}

// An Entry is what stands of a document, for the index. All of it may come from
// strangers.
type Entry struct {
	Title, Folder, Service string
	State                  State
	Modified, Saved        time.Time // zero if not known
	Pages                  []Link
	Earlier                []Link // versions, the newest first
}

// A Link leads to a page.
type Link struct {
	Form  string
	Name  string    // with slashes, in the mirror
	Saved time.Time // of an earlier version, zero if not known
}

// Href is the address of the page, as the index has it.
func (l *Link) Href() string { return "./" + (&url.URL{Path: l.Name}).EscapedPath() }

// An Event is something that a person should know.
type Event struct {
	Kind EventKind
	Name string // of a file in the mirror: the title of a document may be in it
	New  string // where the new copy lies, "" for none
}

// An EventKind says what happened.
type EventKind int

// The kinds of events.
const (
	Edited  EventKind = iota // a page that somebody edited was left as it is
	Foreign                  // a file that padsync did not write has the name of a page
	Damaged                  // the file that says what stands is not as padsync writes it
)

// A Report says what became of a mirror.
type Report struct {
	Written, Removed, Unchanged int // pages
	Documents                   int // that stand in it, of this repository
	Beside                      int // pages that lie beside a file of somebody else

	Private    int // documents that were chosen, and not published as they are private
	Sealed     int // that could not be opened, so that the pages are as they were, or not there
	Unreadable int // whose saved file is damaged, or not readable
	Lacking    int // lists of documents that cannot be read: nothing was removed
}

// A run is one Update.
type run struct {
	Options
	writer string // this machine and repository, as the state has it
	names  *library.Names
	query  library.Query
	reader *repository.Reader
	linker linker
	plans  map[uint64]*plan
	wanted func(*manifest.Record) bool
	kept   *Fetched // files that were read for their first lines, nil if none were

	texts    *shards.Index   // what is searched, nil for nothing
	searched map[string]bool // files of the search that are needed

	mu       sync.Mutex // guards what follows
	old      map[string]*document
	standing map[string]*stood // by folded names of pages
	new      map[string]*document
	listed   map[string]int64
	taken    map[string]bool // folded names of pages of this run
	told     map[string]bool // files of others, by their names
	written  time.Time       // when the state was
	removed  bool            // what is not wanted is gone
	report   Report
}

// A stood page is one of the state that was read.
type stood struct {
	*page
	of *document
}

// stateEvery bounds what a crash costs: a page that was written, and is in no state,
// is nobody's.
const stateEvery = time.Minute

// Update brings a mirror up to date. Only what changed is written. What it did is
// reported also with an error, after which the next one goes on.
func Update(ctx context.Context, o Options) (*Report, error) {
	r := &run{
		Options: o, plans: make(map[uint64]*plan), old: make(map[string]*document), standing: make(map[string]*stood),
		new: make(map[string]*document), listed: make(map[string]int64), taken: make(map[string]bool), told: make(map[string]bool), written: time.Now(),
	}
	if o.Search {
		r.texts, r.searched = shards.New(o.Pool), make(map[string]bool)
		defer r.texts.Close()
	}
	err := nameless(r.update(ctx))
	r.report.Documents = len(r.new)
	return &r.report, err
}

func (r *run) update(ctx context.Context) error {
	c, err := r.Library.ContentsAt(ctx, repository.At{})
	if err != nil {
		return err
	}
	defer c.Close()
	sum := sha256.Sum256([]byte("padsync mirror\n" + r.Machine + "\n" + r.Library.Repository.ID()))
	r.writer = hex.EncodeToString(sum[:16])
	if err := r.look(ctx); err != nil {
		return err
	}
	r.report.Lacking = c.Lacking()
	r.query = library.Query{Contents: c, Kinds: r.Library.Kinds}
	r.reader = r.Library.Repository.NewReader(ctx)
	defer r.reader.Close()
	defer func() { r.kept.Close() }()
	if err := r.plan(ctx, c); err != nil {
		return err
	}
	err = r.write(ctx)
	if err == nil {
		err = r.remove(ctx)
	}
	var search *shards.Files
	if err == nil && r.Search {
		search, err = r.writeSearch(ctx)
	}
	if err == nil {
		err = r.writeIndex(ctx, search)
	}
	if err == nil {
		err = r.removeSearch(ctx)
	}
	// What was done is noted also after an error, or a signal.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return errors.Join(err, r.note(ending))
}

// nameless is an error of the store without the name of a page, which is the title
// of a document.
func nameless(err error) error {
	at, ok := errors.AsType[*sinks.Error](err)
	if !ok {
		return err
	}
	return at.Err
}

// look reads what stands.
func (r *run) look(ctx context.Context) error {
	s, damaged, err := readState(ctx, r.Store)
	if err != nil {
		return err
	}
	if r.prove(s) {
		damaged = true
	}
	if damaged {
		r.tell(Event{Kind: Damaged, Name: StateName})
	}
	for _, d := range s.Documents {
		r.old[d.Document] = d
		for _, p := range d.Pages {
			r.standing[fold(p.Name)] = &stood{p, d}
		}
	}
	for o, err := range r.Store.List(ctx, "") {
		if err != nil {
			return err
		}
		r.listed[norm.NFC.String(o.Key)] = o.Size // as names are given; some systems take them apart
	}
	return nil
}

// prove leaves out of a state what says that this machine wrote it, and does not
// prove it; false says that there is none.
func (r *run) prove(s *state) (some bool) {
	lies := func(p *page) bool {
		lie := p.Writer == r.writer && !hmac.Equal([]byte(p.Proof), []byte(r.proof(p)))
		some = some || lie
		return lie
	}
	for _, d := range s.Documents {
		d.Pages = slices.DeleteFunc(d.Pages, lies)
	}
	return some
}

// proof is what nobody can give who does not know what names this machine: the
// state has only a hash of that.
func (r *run) proof(p *page) string {
	h := hmac.New(sha256.New, []byte(r.Machine))
	fmt.Fprintf(h, "%s %q %d %s", r.writer, p.Name, p.Size, p.SHA256)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (r *run) tell(e Event) {
	if r.Observe != nil {
		r.Observe(e)
	}
}

// tellOnce tells of a file.
func (r *run) tellOnce(e Event) {
	r.mu.Lock()
	told := r.told[e.Name]
	r.told[e.Name] = true
	r.mu.Unlock()
	if !told {
		r.tell(e)
	}
}

// stays reports whether a page is not to be touched, though this run has none for
// its document: it is another machine's, or the document may only be missing from
// what could be read, or the page is the only copy that is left.
func (r *run) stays(d *document, p *page) bool {
	known := r.plans[parseKey(d.Document)]
	return p.Writer != r.writer || r.report.Lacking > 0 || known != nil && known.lost
}

// write makes and stores the pages that changed.
func (r *run) write(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	err := r.each(func(record *manifest.Record, p *plan) error {
		if !p.published {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		made, err := r.make(record, p)
		if err != nil {
			return err
		}
		group.Go(func() error {
			defer made.close()
			return r.store(ctx, p, made)
		})
		return r.noteIfDue(ctx)
	})
	// The first error is the one that ended the others.
	if stored := group.Wait(); stored != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return stored
	}
	return err
}

// each gives the documents that are planned, as they lie in packs.
func (r *run) each(do func(*manifest.Record, *plan) error) error {
	one := func(record *manifest.Record) error {
		if p := r.plans[r.names.Sum(record.Source, record.ID)]; p != nil {
			return do(record, p)
		}
		return nil
	}
	if r.Shown.Versions { // a batch has only the versions that it needs
		for record, err := range r.query.Contents.Documents() {
			if err != nil {
				return err
			}
			if err := one(record); err != nil {
				return err
			}
		}
		return nil
	}
	for batch, err := range r.query.Batches() {
		if err != nil {
			return err
		}
		for _, record := range batch {
			if err := one(record); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove deletes the pages of this machine that are no longer wanted. What it
// cannot know, it leaves: where lists are missing, so may be documents.
func (r *run) remove(ctx context.Context) error {
	for key, d := range r.old {
		now := r.new[key]
		for _, p := range d.Pages {
			switch {
			case r.taken[fold(p.Name)]: // it stands, or another page is there now
			case p.Writer != r.writer, now == nil && r.stays(d, p):
				r.keep(d, p)
			default:
				if err := r.removePage(ctx, p); err != nil {
					return err
				}
			}
		}
	}
	r.removed = true
	return nil
}

// keep notes that a page still stands, if it does.
func (r *run) keep(d *document, p *page) {
	if _, there := r.listed[p.Name]; !there {
		return // somebody deleted it
	}
	now := r.new[d.Document]
	if now == nil {
		left := *d
		left.Pages = nil
		now = &left
		r.new[d.Document] = now
	}
	now.Pages = append(now.Pages, p)
}

func (r *run) removePage(ctx context.Context, p *page) error {
	if _, there := r.listed[p.Name]; !there {
		return nil
	}
	state, err := r.inPlace(ctx, p.Name, p)
	if err != nil {
		return err
	}
	switch state {
	case absent:
		return nil
	case other:
		r.tellOnce(Event{Kind: Edited, Name: p.Name})
		return nil
	}
	if err := r.Store.Delete(ctx, p.Name); err != nil {
		return err
	}
	delete(r.listed, p.Name)
	r.report.Removed++
	return nil
}

func (r *run) noteIfDue(ctx context.Context) error {
	if time.Since(r.written) < stateEvery {
		return nil
	}
	r.written = time.Now()
	return r.note(ctx)
}

// note writes what stands: until all is removed that is not wanted, also that.
func (r *run) note(ctx context.Context) error {
	r.mu.Lock()
	s := &state{Format: stateFormat, Version: stateVersion}
	for key, d := range r.new {
		s.Documents = append(s.Documents, r.withOld(d, r.old[key]))
	}
	for key, d := range r.old {
		if r.new[key] == nil && !r.removed {
			s.Documents = append(s.Documents, d)
		}
	}
	r.mu.Unlock()
	return s.write(ctx, r.Store, r.writer)
}

func (r *run) withOld(d, old *document) *document {
	if old == nil || old == d || r.removed {
		return d
	}
	both := *d
	both.Pages = slices.Clone(d.Pages)
	for _, p := range old.Pages {
		if !r.taken[fold(p.Name)] {
			both.Pages = append(both.Pages, p)
		}
	}
	return &both
}

var errTooMany = errors.New("too many files have the name of one page")

func itoa(n int) string { return strconv.Itoa(n) }
