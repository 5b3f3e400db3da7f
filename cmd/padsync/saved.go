package main

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
)

// A saved document is one of the repository's, whose versions can be read.
type savedDocument struct {
	*reading
	ctx       context.Context // of all reads
	app       *app
	selection *library.Selection
	record    *manifest.Record
	newest    bool   // take the newest version even if it is suspect
	raw       bool   // give saved files just as they are
	name      string // for messages
	files     *repository.Reader
	lacking   int    // lists of documents, at the last find
	noted     string // the version that was told of
	flawed    string // the version whose flaws were told of
}

// openSaved opens the one document that name means.
func (a *app) openSaved(ctx context.Context, flags commonFlags, name string, newest bool) (*savedDocument, error) {
	selection, err := a.parseSelection([]string{name})
	if err != nil {
		return nil, err
	}
	r, err := a.open(ctx, flags)
	if err != nil {
		return nil, err
	}
	if err := a.addOwner(ctx, flags, r); err != nil {
		return nil, err
	}
	d := &savedDocument{reading: r, ctx: ctx, app: a, selection: selection, newest: newest}
	if d.record, err = d.find(ctx, ""); err != nil {
		return nil, err
	}
	if d.record == nil {
		return nil, a.nothing(selection, d.lacking)
	}
	d.files = r.NewReader(ctx)
	return d, nil
}

func (d *savedDocument) close() { d.files.Close() }

// find gives what the repository told of the document at that moment, nil if
// that was nothing.
func (d *savedDocument) find(ctx context.Context, when string) (*manifest.Record, error) {
	c, err := d.app.contents(ctx, d.reading, when)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	hashes, err := d.selection.Learn(d.reading.ID(), c)
	if err != nil {
		return nil, message.In(err, "repository", "Repository", d.shown)
	}
	d.lacking = c.Lacking()
	var found *manifest.Record
	for record, err := range c.Documents() {
		switch {
		case err != nil:
			return nil, message.In(err, "repository", "Repository", d.shown)
		case record.State == manifest.Erased || !d.selection.Has(record.Source, record.ID):
			continue
		case found == nil:
		case d.selection.Names(found.Source, found.ID) && d.selection.Spells(record.Source, record.ID):
			continue
		case !d.selection.Spells(found.Source, found.ID) || !d.selection.Names(record.Source, record.ID):
			return nil, message.Of(message.Usage, errSeveral, "several-fit")
		}
		found = record
		d.name = d.app.documentName(d.app.stderr, record.Source, record.ID, hashes, d.selection.Shows(record.Source, record.ID))
	}
	return found, nil
}

// An edition is a document as it was at one point of its life.
type edition struct {
	version *manifest.VersionRecord
	format  string // of the file that it was read from, "" if none was read
	file    *spool.Spool

	pad      *pad.Pad
	state    *pad.State // nil if no text can be made: pad.At says why
	revision int        // of the pad that the state is of
	until    time.Time  // the moment that was asked for, zero if none was
	poll     *poll.Poll
}

func (e *edition) close() {
	if e.file != nil {
		e.file.Close()
	}
}

// at gives the document as it was at a point: "" is its newest version that is
// not suspect; "@12", revision 12 of that; else the name of a version, a time,
// a run, or a manifest. At a time, a pad is what its own history says, as far
// as that goes back; else the point says what had been saved by then.
func (d *savedDocument) at(ctx context.Context, point string) (*edition, error) {
	if point == "" {
		return d.chosen(d.record)
	}
	if digits, ok := strings.CutPrefix(point, "@"); ok {
		number, err := strconv.Atoi(digits)
		if err != nil {
			return nil, message.Of(message.Usage, errPoint, "bad-point")
		}
		return d.atRevision(number)
	}
	for i := range d.record.Versions {
		if v := &d.record.Versions[i]; v.Name == point {
			return d.read(d.record, v)
		}
	}
	moment, _, err := library.ParseWhen(point, time.Local)
	if err != nil {
		return nil, message.Of(message.Usage, errPoint, "bad-point")
	}
	if !moment.Time.IsZero() {
		if e, err := d.atTime(moment.Time); e != nil || err != nil {
			return e, err
		}
	}
	record, err := d.find(ctx, point)
	if err != nil {
		return nil, err
	}
	if record == nil || len(record.Versions) == 0 {
		return nil, message.Of(message.Failed, errNothing, "nothing-by-then")
	}
	return d.chosen(record)
}

func (d *savedDocument) atRevision(number int) (*edition, error) {
	e, err := d.chosen(d.record)
	if err != nil {
		return nil, err
	}
	if e.pad == nil {
		e.close()
		return nil, message.Of(message.Failed, errNoHistory, "no-history")
	}
	if number < 0 || number > e.pad.Head {
		e.close()
		_, err := restore.FindRevision(d.files, d.record, d.newest, number)
		return nil, message.Classed(message.Failed, err)
	}
	return d.turnTo(e, number)
}

// atTime gives nil if the pad's history does not go back to then.
func (d *savedDocument) atTime(moment time.Time) (*edition, error) {
	e, err := d.chosen(d.record)
	if err != nil || e.pad == nil {
		if e != nil {
			e.close()
		}
		return nil, err
	}
	number, found, err := e.pad.RevisionAt(moment)
	if err != nil || !found {
		e.close()
		return nil, err
	}
	e.until = moment
	return d.turnTo(e, number)
}

// turnTo closes the edition if it cannot be made.
func (d *savedDocument) turnTo(e *edition, number int) (*edition, error) {
	state, err := e.pad.At(number)
	if err != nil {
		e.close()
		return nil, err
	}
	e.state, e.revision = state, number
	return e, nil
}

// chosen reads the version that restore would take, and says so in its words.
func (d *savedDocument) chosen(record *manifest.Record) (*edition, error) {
	v, skipped := restore.Choose(record, d.newest)
	if v == nil {
		none := restore.NoVersion(record)
		return nil, message.Classed(message.Failed, none)
	}
	if d.noted != v.Name {
		if text := d.app.restored(restore.Event{Document: record, Version: v, Skipped: skipped}, d.name); text != "" {
			d.app.remark(d.app.stderr, text)
		}
		d.noted = v.Name
	}
	return d.read(record, v)
}

// read reads what can be shown of a version in more than one form, and says
// what of a poll is of earlier ones.
func (d *savedDocument) read(record *manifest.Record, v *manifest.VersionRecord) (*edition, error) {
	e := &edition{version: v}
	for _, f := range v.Files {
		if f.Format != "etherpad" && f.Name != "poll.json" || d.raw {
			continue
		}
		var err error
		if e.file, err = d.files.File(f); err != nil {
			return nil, err
		}
		e.format = f.Format
		if e.format == "etherpad" {
			if e.pad, err = pad.Open(until{d.ctx, e.file}, e.file.Size()); err == nil {
				e.state, e.revision = e.pad.Current(), e.pad.Head
				d.sayFlaws(e)
			}
		} else {
			e.poll, err = restore.Poll(d.files, record, v)
		}
		if err != nil {
			e.close()
			return nil, err
		}
		if e.poll != nil {
			for _, text := range d.app.taken(e.poll.Taken(), d.name) {
				d.app.remark(d.app.stderr, text)
			}
		}
		return e, nil
	}
	return e, nil
}

// sayFlaws says what will be lacking.
func (d *savedDocument) sayFlaws(e *edition) {
	var words []string
	for _, flaw := range e.pad.Flaws {
		words = append(words, string(flaw))
	}
	if len(words) > 0 && d.flawed != e.version.Name {
		d.app.remark(d.app.stderr, d.app.text("show-flaw", "Document", d.name, "Flaw", d.app.words.Flaws(strings.Join(words, "+"))))
		d.flawed = e.version.Name
	}
}

// until reads until ctx ends, so that an interruption ends what reads through
// a long history, now or later.
type until struct {
	ctx context.Context
	io.ReaderAt
}

func (u until) ReadAt(b []byte, offset int64) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.ReaderAt.ReadAt(b, offset)
}
