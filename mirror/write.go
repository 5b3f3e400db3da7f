package mirror

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
)

// maxBeside is how many files may have the name of one page.
const maxBeside = 99

var besideForm = regexp.MustCompile(` \(padsync(?: [0-9]{1,2})?\)$`)

// unread reports whether an error is that of one document alone.
func unread(err error) bool {
	_, corrupt := errors.AsType[*repository.CorruptError](err)
	return corrupt || errors.Is(err, documents.ErrUnreadable) || errors.Is(err, repository.ErrNoIdentity)
}

// open opens a version, nil if it cannot be read. The caller calls done. Keep,
// optional, is called with the file if it was read from the repository.
func (r *run) open(record *manifest.Record, v *manifest.VersionRecord, keep func(sum string, f *spool.Spool)) (d documents.Publishable, done func(), err error) {
	_, own, ok := r.query.Form(record, v, r.Library.Kinds[record.Source.Kind].Forms[0].Name)
	if !ok {
		return nil, nil, nil
	}
	done = func() {}
	var from io.ReaderAt
	var size int64
	if f := r.fetched(own.SHA256); f != nil {
		from, size = f, f.Size()
	} else {
		if r.Sealed {
			return nil, nil, nil
		}
		s, err := r.reader.File(own)
		if err != nil {
			if unread(err) {
				return nil, nil, nil
			}
			return nil, nil, err
		}
		from, size, done = s, s.Size(), func() { s.Close() }
		if keep != nil {
			keep(own.SHA256, s)
		}
	}
	if !r.Shown.Private {
		record = record.Public() // it may take from others what its own look did not see
	}
	opened, err := r.query.Read(r.reader, record, library.Choice{Version: v}, from, size)
	d, is := opened.(documents.Publishable)
	whole := err == nil && is
	if whole && r.Sealed {
		whole = !lacks(record, opened)
	} else if whole && r.old[keyOf(r.names.Sum(record.Source, record.ID))] != nil {
		whole, err = r.fillable(record, v)
	}
	if err == nil && whole {
		return d, done, nil
	}
	done()
	if err != nil && !unread(err) {
		return nil, nil, err
	}
	return nil, nil, nil
}

// fillable reports whether what a version did not see can be read in the newest
// versions that did. Where it cannot, the page that stands may be the last to have
// it. The error is that of reading the repository.
func (r *run) fillable(record *manifest.Record, v *manifest.VersionRecord) (bool, error) {
	if len(v.Facts.Fields) == 0 {
		return true, nil // its looks all see the same
	}
	seen := maps.Clone(v.Facts.Fields)
	before := false
	for i := range slices.Backward(record.Versions) {
		e := &record.Versions[i]
		more := before && e.Suspect == "" && slices.ContainsFunc(slices.Collect(maps.Keys(e.Facts.Fields)), func(part string) bool { return seen[part] == "" })
		before = before || e.Name == v.Name
		_, own, ok := r.query.Form(record, e, r.Library.Kinds[record.Source.Kind].Forms[0].Name)
		if !more || !ok {
			continue
		}
		s, err := r.reader.File(own)
		switch {
		case err != nil && unread(err):
			return false, nil
		case err != nil:
			return false, err
		}
		if err := s.Close(); err != nil {
			return false, err
		}
		maps.Copy(seen, e.Facts.Fields)
	}
	return true, nil
}

// lacks reports whether a document lacks what another version saw: where that cannot
// be opened, the page that stands may have it.
func lacks(record *manifest.Record, d documents.Document) bool {
	partial, is := d.(documents.Partial)
	return is && slices.ContainsFunc(partial.Lacks(), func(part string) bool {
		return slices.ContainsFunc(record.Versions, func(v manifest.VersionRecord) bool { return v.Facts.Fields[part] != "" })
	})
}

// A making is what a run has of a document for the store.
type making struct {
	document *document // with the pages that stand as they are
	pages    []*makingPage
}

type makingPage struct {
	*page
	wanted string
	from   *spool.Spool
}

func (m *making) close() {
	for _, p := range m.pages {
		p.from.Close()
	}
}

// A wish is a page that is to be there.
type wish struct {
	version *manifest.VersionRecord
	form    string
	name    string
	earlier string
	notes   []string
}

// wishes are the pages of a document.
func (r *run) wishes(record *manifest.Record, p *plan) (all []wish) {
	v, _ := library.ChooseVersion(record, false)
	var notes []string
	switch p.state {
	case Missing:
		notes = append(notes, r.Words.Missing(p.saved))
	case Suspect:
		if p.newestSaved.After(p.saved) {
			notes = append(notes, r.Words.Suspect(p.saved))
		}
	}
	at := p.folder + "/" + p.base
	for _, form := range p.forms {
		all = append(all, wish{v, form, at + endings[form], "", notes})
	}
	i := slices.IndexFunc(Forms(), func(form string) bool { return slices.Contains(p.forms, form) })
	if !r.Shown.Versions || i < 0 {
		return all
	}
	form, taken := Forms()[i], make(map[string]bool)
	for n := range slices.Backward(record.Versions) {
		e := &record.Versions[n]
		if e.Name == v.Name || e.Suspect != "" || !e.Public && !r.Shown.Private || len(all) >= maxPages-len(p.forms) {
			continue
		}
		when := e.Saved.UTC().Format("2006-01-02 15.04")
		for name, i := when, 2; ; name, i = when+" ("+itoa(i)+")", i+1 {
			if !taken[name] {
				when, taken[name] = name, true
				break
			}
		}
		all = append(all, wish{e, form, at + " (" + r.Words.Versions + ")/" + when + endings[form], e.Name, []string{r.Words.Earlier(e.Saved)}})
	}
	return all
}

// make makes the pages of a document that are not there as they should be.
func (r *run) make(record *manifest.Record, p *plan) (*making, error) {
	old := r.old[p.key]
	m := &making{document: &document{
		Document: p.key, Writer: r.writer, Title: p.title, Service: p.service, Folder: p.folder, Version: p.version, Line: p.line,
		State: p.state, Modified: p.modified, Saved: p.saved,
	}}
	if !p.readable {
		return r.asItStands(m, p, old), nil
	}
	var opened documents.Publishable
	var of *manifest.VersionRecord
	done := func() {}
	defer func() { done() }()
	read := func(v *manifest.VersionRecord) error {
		if of == v {
			return nil
		}
		done()
		of, opened, done = v, nil, func() {}
		d, end, err := r.open(record, v, nil)
		if d != nil {
			opened, done = d, end
		}
		return err
	}
	if r.Search {
		v, _ := library.ChooseVersion(record, false)
		if err := read(v); err != nil {
			return nil, err
		}
		if opened != nil {
			if err := r.addText(p, opened); err != nil {
				return nil, err
			}
		}
	}
	for _, w := range r.wishes(record, p) {
		was := r.was(old, &w)
		if was != nil && was.Made != "" && was.Made == r.made(p, &w, was.Refs) {
			r.mu.Lock()
			m.document.Pages = append(m.document.Pages, was)
			r.taken[fold(was.Name)] = true
			r.report.Unchanged++
			r.mu.Unlock()
			continue
		}
		if err := read(w.version); err != nil {
			return nil, errors.Join(err, m.discard())
		}
		if opened == nil {
			if w.earlier != "" {
				if was != nil {
					m.document.Pages = append(m.document.Pages, was)
					r.hold(was)
				}
				continue
			}
			m.close()
			m.pages = nil
			return r.asItStands(m, p, old), nil
		}
		made, err := r.render(opened, p, &w)
		switch {
		case errors.Is(err, documents.ErrNothing):
			continue
		case err != nil && unread(err):
			m.close()
			m.pages = nil
			return r.asItStands(m, p, old), nil
		case err != nil:
			return nil, errors.Join(err, m.discard())
		}
		m.pages = append(m.pages, made)
	}
	return m, nil
}

func (m *making) discard() error { m.close(); return nil }

// hold keeps a name for what has it.
func (r *run) hold(p *page) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken[fold(p.Name)] = true
}

// asItStands leaves a document's pages as they are: what is to be said of them is
// in the index alone.
func (r *run) asItStands(m *making, p *plan, old *document) *making {
	switch {
	case !r.Sealed:
		r.report.Unreadable++
	case old == nil || old.Version != p.version:
		r.report.Sealed++
	}
	m.document = nil
	if old == nil {
		return m
	}
	now := *old
	now.State, now.Pages = p.state, nil
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, page := range old.Pages {
		if _, there := r.listed[page.Name]; there {
			now.Pages = append(now.Pages, page)
			r.taken[fold(page.Name)] = true
		}
	}
	m.document = &now
	return m
}

// was is the page that stands for a wish, nil if there is none, or not where it
// should be, or not as long as it was.
func (r *run) was(old *document, w *wish) *page {
	if old == nil {
		return nil
	}
	for _, p := range old.Pages {
		if p.Form == w.form && p.Earlier == w.earlier && r.stands(p, w.name) {
			return p
		}
	}
	return nil
}

// stands reports whether a page is where it is wanted, or beside that if somebody
// else's file is there.
func (r *run) stands(p *page, wanted string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	size, there := r.listed[p.Name]
	_, blocked := r.listed[wanted]
	return there && size == p.Size && (p.Name == wanted || blocked && isBeside(p.Name, wanted))
}

// made is a hash of all that a page is made from.
func (r *run) made(p *plan, w *wish, refs []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %q %q %v %q\n", r.Program, w.version.Name, w.form, w.name, p.title, p.key, w.notes, r.Shown, r.Language)
	for _, ref := range refs {
		t := r.linker.targets[parseKey(ref)]
		if t == nil {
			t = new(target)
		}
		fmt.Fprintf(h, "%s %q %q\n", ref, t.label, t.href(w.form, depthOf(w.name)))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// render makes a page.
func (r *run) render(d documents.Publishable, p *plan, w *wish) (*makingPage, error) {
	refs := make(map[string]bool)
	public := d.Publish(documents.Publication{
		Title: p.title, Key: p.key, Notes: w.notes, Up: documents.Link{Text: r.Words.All, Href: strings.Repeat("../", depthOf(w.name)) + IndexName}, Names: r.Shown.Voters, Chat: r.Shown.Chat,
		Links: func(text string) []documents.Link {
			return r.linker.links(text, w.form, depthOf(w.name), func(sum uint64) {
				if len(refs) <= maxRefs {
					refs[keyOf(sum)] = true
				}
			})
		},
	})
	out := r.Pool.Create()
	if err := public.Write(out, w.form, r.Language); err != nil {
		return nil, cmp.Or(err, out.Discard())
	}
	s, err := out.Finish()
	if err != nil {
		return nil, err
	}
	made := &makingPage{r.newPage(w.form, s), w.name, s}
	if made.Earlier = w.earlier; w.earlier != "" {
		made.Saved = w.version.Saved
	}
	if len(refs) <= maxRefs {
		for ref := range refs {
			made.Refs = append(made.Refs, ref)
		}
		slices.Sort(made.Refs)
		made.Made = r.made(p, w, made.Refs)
	}
	return made, nil
}

func (r *run) newPage(form string, s *spool.Spool) *page {
	sum := s.SHA256()
	return &page{Form: form, Writer: r.writer, Size: s.Size(), SHA256: hex.EncodeToString(sum[:])}
}

// store stores the pages of a document.
func (r *run) store(ctx context.Context, p *plan, m *making) error {
	d := m.document
	if d == nil {
		return nil
	}
	for _, made := range m.pages {
		name, err := r.put(ctx, made.wanted, made.page, made.from)
		if err != nil {
			r.stored(p, d)
			return err
		}
		made.Name = name
		made.Proof = r.proof(made.page)
		d.Pages = append(d.Pages, made.page)
	}
	r.stored(p, d)
	return nil
}

// stored notes the pages of a document, also if it has no more than some.
func (r *run) stored(p *plan, d *document) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(d.Pages) > 0 || r.old[p.key] != nil {
		r.new[p.key] = d
	}
}

// put stores a page under its name, or beside it if a file of somebody else is
// there. It looks just before it writes.
func (r *run) put(ctx context.Context, wanted string, made *page, from *spool.Spool) (name string, err error) {
	var passed []Event
	for n := range maxBeside + 1 {
		name := wanted
		if n > 0 {
			name = beside(wanted, n)
		}
		r.mu.Lock()
		was, taken := r.standing[fold(name)], r.taken[fold(name)]
		r.mu.Unlock()
		if taken {
			continue
		}
		var known *page
		if was != nil && was.Name == name {
			known = was.page
		}
		state, err := r.inPlace(ctx, name, known, made)
		if err != nil {
			return "", err
		}
		switch state {
		case other:
			kind := Foreign
			if known != nil {
				kind = Edited
			}
			passed = append(passed, Event{Kind: kind, Name: name})
			continue
		case same:
			r.count(&r.report.Unchanged)
		default:
			if err := r.Store.Replace(ctx, name, from, from.Size()); err != nil {
				return "", err
			}
			r.count(&r.report.Written)
		}
		if n > 0 {
			r.count(&r.report.Beside)
		}
		for _, e := range passed {
			if e.New = name; was == nil { // else it has been told
				r.tellOnce(e)
			}
		}
		r.mu.Lock()
		r.taken[fold(name)] = true
		r.listed[name] = made.Size
		r.mu.Unlock()
		return name, nil
	}
	return "", errTooMany
}

func (r *run) count(n *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n++
}

// A place is what is under a name just now.
type place int

const (
	absent place = iota
	same         // the last of those that are known
	known        // one of the others
	other        // what somebody else wrote
)

// inPlace looks what is under a name, which may be one of some known pages.
func (r *run) inPlace(ctx context.Context, name string, pages ...*page) (place, error) {
	longest := int64(-1)
	for _, p := range pages {
		if p != nil {
			longest = max(longest, p.Size)
		}
	}
	body, err := r.Store.Get(ctx, name, 0, longest+1)
	switch {
	case errors.Is(err, sinks.ErrNotFile), errors.Is(err, sinks.ErrWebPage):
		return other, nil
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return other, err
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(body, longest+1))
	if err := errors.Join(err, body.Close()); err != nil {
		return other, err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	for i, p := range slices.Backward(pages) {
		if p == nil || p.Size != n || p.SHA256 != sum {
			continue
		}
		if i == len(pages)-1 {
			return same, nil
		}
		return known, nil
	}
	return other, nil
}

// sorted are the documents in the order of the index.
func (r *run) sorted() []*document {
	all := make([]*document, 0, len(r.new))
	for _, d := range r.new {
		all = append(all, d)
	}
	slices.SortFunc(all, byTitle)
	return all
}
