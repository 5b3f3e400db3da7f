package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// Documents are those that a person knows: what the catalogue and, if it can be
// read, the first repository have.
type Documents struct {
	All        []catalog.Document
	Names      *library.Names
	Catalog    *catalog.Catalog
	Repository string // the id of the repository that was read, "" if none was

	settings   *Settings
	configured Configured
	lastKnown  string                     // the id of the repository that was last seen, "" if none was
	lines      map[library.Address]string // first lines, as far as indexes are at hand
}

// Documents reads them. If they are to be changed, or there is a catalogue, that
// learns what the repository says; and it is no error then that the repository
// cannot be read, which is told. Warn may be nil. The caller closes them.
func (s *Settings) Documents(ctx context.Context, change bool, warn Warner) (*Documents, error) {
	c, err := s.setup.OpenCatalog(ctx)
	if err != nil {
		return nil, err
	}
	d := &Documents{Catalog: c, settings: s, configured: s.Configured(), lastKnown: s.lastKnown()}
	if err := d.read(ctx, change || c.Exists(), warn); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	d.lines = s.firstLines(ctx)
	return d, nil
}

// Catalogued are the documents that the catalogue has, with what it learned of
// the repositories: no repository is read. The caller closes them.
func (s *Settings) Catalogued(ctx context.Context) (*Documents, error) {
	c, err := s.setup.OpenCatalog(ctx)
	if err != nil {
		return nil, err
	}
	d := &Documents{Catalog: c, Repository: s.lastKnown(), settings: s, configured: s.Configured(), lastKnown: s.lastKnown(), lines: s.firstLines(ctx)}
	if d.All, err = c.Documents(ctx); err == nil {
		err = d.name(d.Repository)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return d, nil
}

func (d *Documents) read(ctx context.Context, keeps bool, warn Warner) error {
	r, err := d.settings.Open(ctx, warn)
	switch {
	case err == nil:
		err = r.Lists(ctx, func() error { return d.readRepository(ctx, r, keeps) })
	case keeps && ctx.Err() == nil:
		if !errors.Is(err, repository.ErrNone) || errors.Is(err, ErrAway) {
			d.settings.setup.tell("repository-unread", "Error", err)
		}
		d.Names, err = library.NoNames(d.lastKnown), nil
	}
	if err != nil || !keeps {
		return err
	}
	d.All, err = d.Catalog.Documents(ctx)
	if err == nil {
		err = d.name(cmp.Or(d.Repository, d.lastKnown))
	}
	return err
}

func (d *Documents) readRepository(ctx context.Context, r *Reading, keeps bool) error {
	contents, err := r.Contents(ctx, "")
	if err != nil {
		return err
	}
	defer contents.Close()
	d.Repository = r.ID()
	var heard []catalog.Heard
	for h, err := range d.settings.heard(r.Repository, contents) {
		if err != nil {
			return r.In(err)
		}
		heard = append(heard, h)
	}
	if keeps {
		return d.Catalog.Learn(ctx, r.ID(), each(heard))
	}
	d.All = nil
	for _, h := range heard {
		h.State.Repository = r.ID()
		d.All = append(d.All, catalog.Document{Key: h.Key, Name: h.Name, Description: h.Description, Tags: h.Tags, States: []catalog.State{h.State}})
	}
	return d.name(r.ID())
}

// name gives short names to all of them.
func (d *Documents) name(repository string) (err error) {
	d.Names, err = library.NewNames(repository, func(add func(manifest.Source, string)) error {
		for _, one := range d.All {
			add(SourceOf(one.Key), one.ID)
		}
		return nil
	})
	return err
}

func each(heard []catalog.Heard) func(func(catalog.Heard, error) bool) {
	return func(yield func(catalog.Heard, error) bool) {
		for _, h := range heard {
			if !yield(h, nil) {
				return
			}
		}
	}
}

// lastKnown is the id of the repository that was last seen at the first place,
// "" if none was.
func (s *Settings) lastKnown() string {
	known := s.Machine.Repositories(s.Repositories[0].place()).Repositories
	if len(known) == 0 {
		return ""
	}
	return known[len(known)-1].ID
}

// Close ends their use.
func (d *Documents) Close() error { return d.Catalog.Close() }

// SourceOf is the server of a document.
func SourceOf(k catalog.Key) manifest.Source { return manifest.Source{Kind: k.Kind, URL: k.Base} }

// named is what a document is called by people: its name, or else the title that
// it had when it was saved last; "" if it has neither.
func named(d *catalog.Document) string {
	return cmp.Or(d.Name, titleOf(d))
}

func titleOf(d *catalog.Document) (title string) {
	var newest time.Time
	for _, s := range d.States {
		if s.Title != "" && (title == "" || s.Newest.After(newest)) {
			title, newest = s.Title, s.Newest
		}
	}
	return title
}

// Called is how a document is shown: by its name, its title, or a pad's first
// line; "" if it has none of these. A first line, which anybody can write, names
// no document that is to be found: see Select.
func (d *Documents) Called(one *catalog.Document) string {
	return cmp.Or(named(one), d.lines[place(one.Key)])
}

// Words for a document of which nobody made a choice.
const (
	New       = "new"       // it was found here
	Elsewhere = "elsewhere" // another machine saves it
)

// Choice is the word for what this machine does with a document.
func (d *Documents) Choice(one *catalog.Document) string {
	switch {
	case one.Choice == catalog.Ignored:
		return string(one.Choice)
	case d.configured.Names(one.Key), d.configured.Lists(one):
		return string(catalog.Automatic)
	case one.Choice != catalog.None:
		return string(one.Choice)
	case len(one.Origins) == 0 && slices.ContainsFunc(one.States, func(s catalog.State) bool { return s.Versions > 0 }):
		return Elsewhere
	}
	return New
}

// State is what the repository that was read says of a document, or else the one
// that was there last; any, if none is known there. What another repository has is
// no copy in this one.
func (d *Documents) State(one *catalog.Document) catalog.State {
	repository := cmp.Or(d.Repository, d.lastKnown)
	for _, s := range one.States {
		if repository == "" || s.Repository == repository {
			return s
		}
	}
	return catalog.State{}
}

// Select gives the documents that are named, all but those that were removed if
// none is. The error is a *library.SeveralError where a name fits several.
func (d *Documents) Select(selection *library.Selection) ([]catalog.Document, error) {
	_, err := selection.LearnFrom(cmp.Or(d.Repository, d.lastKnown), func(yield func(library.Known, error) bool) {
		for i := range d.All {
			one := &d.All[i]
			if !yield(library.Known{Source: SourceOf(one.Key), ID: one.ID, Called: named(one), State: manifest.State(d.State(one).State)}, nil) {
				return
			}
		}
	})
	if several, ok := errors.AsType[*library.SeveralError](err); ok {
		for i := range several.Fits {
			f := &several.Fits[i]
			f.Called = cmp.Or(f.Called, d.lines[addressOf(f.Source, f.ID)])
		}
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(d.All), func(one catalog.Document) bool {
		return !selection.Has(SourceOf(one.Key), one.ID) || selection.All() && d.Gone(&one)
	}), nil
}

// Gone says that somebody said that it is no document.
func (d *Documents) Gone(one *catalog.Document) bool {
	return one.Removed || d.State(one).State == string(manifest.Removed) && one.Choice == catalog.None
}

// Agree is nil if the documents may be changed: a pattern may have taken others
// than those meant, unless somebody agreed; then it is a *GuessError.
func (d *Documents) Agree(selection *library.Selection, took []catalog.Document, agreed bool) error {
	if agreed || !selection.ByPattern() || len(took) == 0 {
		return nil
	}
	var guess GuessError
	for i := range took {
		one := &took[i]
		from := SourceOf(one.Key)
		guess.Fits = append(guess.Fits, library.Fit{Known: library.Known{Source: from, ID: one.ID, Called: d.Called(one)}, Hash: d.Names.Short(from, one.ID)})
	}
	return &guess
}

// Keys are those of documents.
func Keys(all []catalog.Document) []catalog.Key {
	keys := make([]catalog.Key, len(all))
	for i := range all {
		keys[i] = all[i].Key
	}
	return keys
}

// Say notes what somebody says of these.
func (d *Documents) Say(ctx context.Context, all []catalog.Document, change catalog.Change) error {
	return d.Catalog.Change(ctx, Keys(all), change)
}

// Remove says that these are no documents. Those with a version become ignored,
// and their versions stay.
func (d *Documents) Remove(ctx context.Context, all []catalog.Document) (removed, ignored []catalog.Document, err error) {
	for _, one := range all {
		if slices.ContainsFunc(one.States, func(s catalog.State) bool { return s.Versions > 0 }) {
			ignored = append(ignored, one)
		} else {
			removed = append(removed, one)
		}
	}
	err = d.Catalog.Change(ctx, Keys(removed), catalog.Change{Removed: true})
	if err == nil && len(ignored) > 0 {
		err = d.Catalog.Change(ctx, Keys(ignored), catalog.Change{Choice: new(catalog.Ignored)})
	}
	return removed, ignored, err
}

// Configured says that the configuration names the document, so that each backup
// looks at it whatever is said here, unless it is ignored.
func (d *Documents) Configured(one *catalog.Document) bool { return d.configured.Names(one.Key) }

// Keep notes documents that were settled, with a choice. It gives them as the
// catalogue has them then.
func (d *Documents) Keep(ctx context.Context, all []Wanted, choice catalog.Choice) ([]catalog.Document, error) {
	s, c := d.settings, d.Catalog
	var found []catalog.Found
	var keys []catalog.Key
	for _, w := range all {
		key := catalog.Key{Kind: w.kind, Base: w.base, ID: w.id}
		if w.verbatim != "" {
			key.ID = w.verbatim // as it was typed
		}
		f := catalog.Found{Key: key}
		if kind, ok := s.setup.Kinds.Named(w.kind); ok && w.locator != w.id {
			f.Address = kind.Within(w.base, w.locator)
		}
		found, keys = append(found, f), append(keys, key)
	}
	if err := c.Keep(ctx, found); err != nil {
		return nil, err
	}
	if err := c.Change(ctx, keys, catalog.Change{Choice: &choice}); err != nil {
		return nil, err
	}
	var kept []catalog.Document
	for _, k := range keys {
		one, err := c.Document(ctx, k)
		if err != nil {
			return nil, err
		}
		kept = append(kept, *one)
	}
	return kept, nil
}

// Say tells the repositories what was said here and what they were not told,
// each in a manifest without looks. Later are those that could not be told, and
// why: they are with the next backup. A repository that is not made yet is one
// of them.
func (s *Settings) Say(ctx context.Context, c *catalog.Catalog, w Writing) (later []Later) {
	for _, place := range s.Repositories {
		repo, err := s.OpenToWrite(ctx, place, w.Keys, new(spool.Pool), w.Warn)
		if err == nil {
			err = s.say(ctx, c, repo)
		}
		if err != nil {
			later = append(later, Later{place.Shown, err})
		}
	}
	return later
}

// Later is a repository that was not told what was said.
type Later struct {
	Repository string
	Err        error
}

// say tells a repository what it was not told.
func (s *Settings) say(ctx context.Context, c *catalog.Catalog, repo *repository.Repository) error {
	pending, err := c.Pending(ctx, repo.ID())
	if err != nil || len(pending) == 0 {
		return err
	}
	machine, err := c.Machine(ctx)
	if err != nil {
		return err
	}
	sayings := make([]repository.Saying, len(pending))
	for i, p := range pending {
		sayings[i] = saying(machine, p)
	}
	sequence, err := repo.Say(ctx, s.runOptions(repo, false), sayings)
	if err != nil {
		return err
	}
	if sequence > 0 {
		s.Machine.KeepLists(repo.ID(), sequence, s.Machine.Seen(repo.ID()))
	}
	return c.Told(ctx, repo.ID(), pending)
}

func saying(machine string, p catalog.Pending) repository.Saying {
	s := repository.Saying{Source: SourceOf(p.Key), ID: p.ID}
	s.Name, s.Description, s.Removed = p.Name, p.Description, p.Removed
	if p.Tags != nil {
		s.Tags = append([]string{}, *p.Tags...)
	}
	if p.Choice != nil {
		s.Choices = []manifest.MachineChoice{{Machine: machine, Choice: manifest.Choice(*p.Choice)}}
	}
	return s
}

// A Rebuilt catalogue is one made anew.
type Rebuilt struct {
	Documents int
	Aside     string         // where the one from before lies, "" if there was none
	Machines  map[string]int // the choices that the repository has, by the machine that made them
	Taken     []Taken        // of one machine
}

// Taken is a choice that another machine made.
type Taken struct {
	Key    catalog.Key
	Choice catalog.Choice
}

// ErrUnagreed is for what is done only if somebody agrees to it.
var ErrUnagreed = errors.New("nobody agreed")

// ErrNoMachine is for a machine of which a repository has no choice.
var ErrNoMachine = errors.New("no choice of such a machine")

// Rebuild makes the catalogue anew from what the first repository says, with the
// choices of a machine, "" for none. Unless it is agreed, it only says what it
// would do. What is there stays beside it: where documents were found, links
// that open more than their public ones, and runs are in no repository.
func (s *Settings) Rebuild(ctx context.Context, choicesOf string, agreed bool, warn Warner) (*Rebuilt, error) {
	r, err := s.Open(ctx, warn)
	if err != nil {
		return nil, err
	}
	if err := r.AddOwner(ctx); err != nil {
		return nil, err
	}
	contents, err := r.Contents(ctx, "")
	if err != nil {
		return nil, err
	}
	defer contents.Close()
	rebuilt, heard := &Rebuilt{Machines: make(map[string]int)}, []catalog.Heard(nil)
	for record, err := range contents.All() {
		if err != nil {
			return nil, r.In(err)
		}
		for _, choice := range record.Said.Choices {
			rebuilt.Machines[choice.Machine]++
			if choice.Machine == choicesOf {
				rebuilt.Taken = append(rebuilt.Taken, Taken{keyOf(record.Source, strings.Clone(record.ID)), catalog.Choice(choice.Choice)})
			}
		}
		if h, is := s.heardOf(r.Repository, record); is {
			heard = append(heard, h)
		}
	}
	rebuilt.Documents = len(heard)
	switch {
	case choicesOf != "" && len(rebuilt.Taken) == 0:
		return rebuilt, message.Of(message.Usage, ErrNoMachine, "no-such-machine", "Machine", choicesOf)
	case !agreed:
		return rebuilt, nil
	}
	return rebuilt, s.rebuild(ctx, r.ID(), heard, rebuilt)
}

// rebuild makes the new catalogue beside the old one, and then puts it in its
// place: whoever comes meanwhile, or after a kill, has the old one.
func (s *Settings) rebuild(ctx context.Context, repository string, heard []catalog.Heard, rebuilt *Rebuilt) error {
	file, err := s.setup.CatalogFile()
	if err != nil {
		return err
	}
	next := file + ".rebuilt"
	if err := removeAll(next); err != nil { // of one that was killed
		return err
	}
	if err := fill(ctx, next, repository, heard, rebuilt.Taken); err != nil {
		return errors.Join(err, removeAll(next))
	}
	if rebuilt.Aside, err = aside(file); err != nil {
		return err
	}
	if err := os.Rename(next, file); err != nil {
		return err
	}
	return removeAll(next)
}

// fill makes a catalogue with what a repository says, and choices that were taken.
func fill(ctx context.Context, file, repository string, heard []catalog.Heard, taken []Taken) (err error) {
	c, err := catalog.Open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Learn(ctx, repository, each(heard)); err != nil {
		return err
	}
	for _, h := range heard {
		if h.State.State == string(manifest.Removed) {
			if err := c.Change(ctx, []catalog.Key{h.Key}, catalog.Change{Removed: true}); err != nil {
				return err
			}
		}
	}
	for _, choice := range []catalog.Choice{catalog.Automatic, catalog.Manual, catalog.Ignored} {
		var keys []catalog.Key
		for _, t := range taken {
			if t.Choice == choice {
				keys = append(keys, t.Key)
			}
		}
		if err := c.Change(ctx, keys, catalog.Change{Choice: &choice}); err != nil {
			return err
		}
	}
	return nil
}

// endings are those of the files of a catalogue: what SQLite has beside it, and its
// own.
func endings() []string { return []string{"-wal", "-shm", ""} }

// removeAll removes a catalogue that nobody uses.
func removeAll(file string) error {
	var errs []error
	for _, ending := range endings() {
		if err := os.Remove(file + ending); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// aside moves a catalogue away, to a name that nothing has, and says where to. What
// is beside it goes first: a new catalogue would take the log of the old one for
// its own.
func aside(file string) (string, error) {
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	at := file + "." + time.Now().UTC().Format("20060102T150405Z")
	to := at
	for n := 2; ; n++ {
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		}
		to = fmt.Sprintf("%s-%d", at, n)
	}
	for _, ending := range endings() {
		if err := os.Rename(file+ending, to+ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return to, nil
}
