package library

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

var (
	// ErrSeveral is for a name that fits several documents where one is meant.
	ErrSeveral = errors.New("several documents fit")

	// ErrPoint is for what is not a point of a document's life.
	ErrPoint = errors.New("not a point of a document's life")

	// ErrThen is for a moment by which nothing of the document had been saved.
	ErrThen = errors.New("nothing had been saved by then")
)

// A NothingError says that there is no document as asked for.
type NothingError struct {
	Lacking int // lists of documents that are missing or cannot be read: they may tell it
}

func (e *NothingError) Error() string { return "no such document" }

// Options are how documents are opened.
type Options struct {
	Newest bool // take the newest version even if it is suspect
	Raw    bool // give saved files exactly as they are

	// Observe, if not nil, is called with what a person should know.
	Observe func(Event)
}

// An Event is something to know of a document. One of the fields is set.
type Event struct {
	// Chosen: the version that is read, and why the newest was not: its
	// suspicion.
	Chosen  *manifest.VersionRecord
	Skipped string

	Flaws []string          // what of the version cannot be shown, in a word each
	Taken []documents.Taken // what is of earlier versions
}

// A Document is one of the repository's, whose versions can be read. It is for
// one goroutine at a time.
type Document struct {
	Record *manifest.Record // as it is now

	// Found is what the last look in the repository told: Record, or what it
	// was at a moment. Names are those of all documents at that moment.
	Found *manifest.Record
	Names *Names

	library   Library
	selection *Selection
	query     Query // of the one document
	options   Options
	ctx       context.Context // of all reads of files: they are read later, as io.ReaderAts
	files     *repository.Reader
	lacking   int    // lists of documents, at the last find
	noted     string // the version that was reported
	flawed    string // the version whose flaws were reported
}

// Open opens the one document that is selected. The error is a *NothingError
// if there is none, and matches ErrSeveral if there are several. Files are read
// until ctx ends. The caller closes it.
func (l Library) Open(ctx context.Context, s *Selection, o Options) (*Document, error) {
	d := &Document{library: l, selection: s, query: Query{Kinds: l.Kinds, Newest: o.Newest}, options: o, ctx: ctx}
	record, err := d.find(ctx, "")
	if err != nil {
		return nil, err
	}
	if record == nil {
		return nil, &NothingError{d.lacking}
	}
	d.Record, d.files = record, l.Repository.NewReader(ctx)
	return d, nil
}

// Close frees what was read.
func (d *Document) Close() { d.files.Close() }

// find gives what the repository told of the document at that moment, nil if
// that was nothing.
func (d *Document) find(ctx context.Context, moment string) (*manifest.Record, error) {
	c, err := d.library.Contents(ctx, moment)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if d.Names, err = d.selection.Learn(d.library.Repository.ID(), c); err != nil {
		return nil, err
	}
	d.lacking = c.Lacking()
	var found *manifest.Record
	for record, err := range c.Documents() {
		switch {
		case err != nil:
			return nil, err
		case record.State == manifest.Erased || !d.selection.Has(record.Source, record.ID):
			continue
		case found == nil:
		case d.selection.Names(found.Source, found.ID) && d.selection.spells(record.Source, record.ID):
			continue
		case !d.selection.spells(found.Source, found.ID) || !d.selection.Names(record.Source, record.ID):
			return nil, ErrSeveral
		}
		found = record
	}
	if found != nil {
		d.Found = found
	}
	return found, nil
}

// At gives the document as it was at a point: "" is its newest version that is
// not suspect; "@12", revision 12 of that; the name of a version, with "@12" behind
// it or not; else a time, a run, or a manifest. At a time, a document is what its own past says, as far
// as that goes back; else it is what had been saved by then. The error for what
// is not a point matches ErrPoint. The caller closes the edition.
func (d *Document) At(ctx context.Context, point string) (*Edition, error) {
	if point == "" {
		return d.chosen(d.Record)
	}
	name, digits, numbered := strings.Cut(point, "@")
	number, err := strconv.Atoi(digits)
	if numbered && err != nil {
		return nil, ErrPoint
	}
	if numbered && name == "" {
		return d.atRevision(number)
	}
	for i := range d.Record.Versions {
		if v := &d.Record.Versions[i]; v.Name == name {
			e, err := d.read(d.Record, v)
			if err != nil || !numbered {
				return e, err
			}
			return closing(e, e.goTo(number))
		}
	}
	if numbered {
		return nil, ErrPoint
	}
	moment, _, err := ParseWhen(point, time.Local)
	if err != nil {
		return nil, ErrPoint
	}
	if !moment.Time.IsZero() {
		return d.atTime(moment.Time)
	}
	record, err := d.find(ctx, point)
	if err != nil {
		return nil, err
	}
	if record == nil || len(record.Versions) == 0 {
		return nil, ErrThen
	}
	return d.chosen(record)
}

func (d *Document) atRevision(number int) (*Edition, error) {
	e, err := d.chosen(d.Record)
	if err != nil {
		return nil, err
	}
	err = e.goTo(number)
	if missing := (*RevisionError)(nil); errors.As(err, &missing) {
		_, err = d.query.findRevision(d.files, d.Record, number)
	}
	return closing(e, err)
}

// closing gives the edition, or closes it.
func closing(e *Edition, err error) (*Edition, error) {
	if err == nil {
		return e, nil
	}
	e.Close()
	return nil, err
}

// atTime gives what a Query of that moment asks for.
func (d *Document) atTime(moment time.Time) (*Edition, error) {
	q := d.query
	q.Point.Time = moment
	if d.options.Raw { // only what was saved then is as it was then
		before := q.Point.savedBy(d.Record)
		if len(before.Versions) == 0 {
			return nil, ErrThen
		}
		return d.chosen(before)
	}
	c, err := q.Choose(d.files, d.Record)
	if errors.Is(err, ErrNotYet) {
		return nil, ErrThen
	}
	if err != nil {
		return nil, err
	}
	e, err := d.took(d.Record, c)
	if err != nil || c.Cut == nil {
		return e, err
	}
	if past, ok := e.Document.(documents.Past); ok {
		e.Document = past.At(c.Cut.Revision, c.Cut.Until)
	}
	return e, nil
}

// chosen reads the version that ChooseVersion gives, and reports it.
func (d *Document) chosen(record *manifest.Record) (*Edition, error) {
	v, skipped := ChooseVersion(record, d.options.Newest)
	if v == nil {
		return nil, noVersion(record)
	}
	return d.took(record, Choice{Version: v, Skipped: skipped})
}

// took reads what was chosen, and reports it.
func (d *Document) took(record *manifest.Record, c Choice) (*Edition, error) {
	if d.noted != c.Version.Name {
		d.Found, d.noted = record, c.Version.Name
		d.tell(Event{Chosen: c.Version, Skipped: c.Skipped})
	}
	return d.read(record, c.Version)
}

func (d *Document) tell(e Event) {
	if d.options.Observe != nil {
		d.options.Observe(e)
	}
}

// read opens what can be shown of a version in more than one form, and reports
// what that lacks.
func (d *Document) read(record *manifest.Record, v *manifest.VersionRecord) (*Edition, error) {
	e := &Edition{Version: v, of: d, kind: d.query.kind(record)}
	own := ownFile(e.kind, v)
	if own == nil || d.options.Raw {
		return e, nil
	}
	var err error
	if e.file, err = d.files.File(*own); err != nil {
		return nil, err
	}
	if e.Document, err = d.query.Read(d.files, record, Choice{Version: v}, until{d.ctx, e.file}, e.file.Size()); err != nil {
		e.Close()
		return nil, err
	}
	if taken := Taken(e.Document); len(taken) > 0 {
		d.tell(Event{Taken: taken})
	}
	if flaws := e.Document.Flaws(); len(flaws) > 0 && d.flawed != v.Name {
		d.flawed = v.Name
		d.tell(Event{Flaws: flaws})
	}
	return e, nil
}

// Loss are the good version and the newest, where that is suspect: people want
// to see what was lost in between. It is nil where nothing was.
func (d *Document) Loss() ([]string, error) {
	chosen, skipped := ChooseVersion(d.Record, false)
	if chosen == nil {
		return nil, noVersion(d.Record)
	}
	if skipped == "" {
		return nil, nil
	}
	return []string{chosen.Name, d.Record.Newest().Name}, nil
}

// Before is the name of the version before the one that At gives for "", ""
// if there is none.
func (d *Document) Before() (string, error) {
	chosen, _ := ChooseVersion(d.Record, d.options.Newest)
	if chosen == nil {
		return "", noVersion(d.Record)
	}
	last := ""
	for i := range d.Record.Versions {
		v := &d.Record.Versions[i]
		if v.Name == chosen.Name {
			break
		}
		if last == "" || v.Suspect == "" || d.options.Newest {
			last = v.Name
		}
	}
	return last, nil
}
