package mirror

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A plan is what a run means to do with a document.
type plan struct {
	sum   uint64
	key   string // the sum, as the state has it
	short string // hash, for names
	kind  string
	id    string

	title       string // "" until it is known
	line        *string
	sure        bool // the title is that of all readers: also where the document is not published
	tag         string
	service     string
	version     string
	blank       bool
	state       State
	modified    time.Time
	saved       time.Time
	published   bool
	readable    bool // the version can be opened
	lost        bool // what was saved is gone, and it would be published
	forms       []string
	folder      string
	base        string // of the names of its pages in the folder
	ownSHA256   string
	newestSaved time.Time
}

// plan decides which documents are published, how they are called and where their
// pages are.
func (r *run) plan(ctx context.Context, c *repository.Contents) (err error) {
	r.names, err = library.NewNames(r.Library.Repository.ID(), func(add func(manifest.Source, string)) error {
		for record, err := range c.Documents() {
			if err = cmp.Or(err, ctx.Err()); err != nil {
				return err
			}
			add(record.Source, record.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if r.wanted, err = r.Choose(c); err != nil {
		return err
	}
	r.linker = linker{
		find: r.Places, sum: r.names.Sum, addresses: r.Shown.Addresses,
		servers: make(map[library.Address]bool), targets: make(map[uint64]*target),
	}
	for record, err := range c.All() {
		if err != nil {
			return err
		}
		if record.State == manifest.Erased || record.State == manifest.Removed {
			continue
		}
		p := r.planned(record)
		r.plans[p.sum] = p
		r.linker.targets[p.sum] = new(target)
		r.linker.servers[library.Address{Kind: p.kind, Server: record.Source.Address()}] = true
	}
	if err := r.entitle(ctx); err != nil {
		return err
	}
	r.settleNames()
	return nil
}

func (r *run) planned(record *manifest.Record) *plan {
	p := &plan{
		sum: r.names.Sum(record.Source, record.ID), short: r.names.Short(record.Source, record.ID),
		kind: record.Source.Kind, id: strings.Clone(record.ID),
	}
	p.key = keyOf(p.sum)
	name, tags := record.Said.Name, record.Said.Tags
	v, skipped := library.ChooseVersion(record, false)
	p.title, p.sure = titleOf(name, 200), r.Shown.Private
	if len(tags) > 0 {
		p.tag = tags[0]
	}
	if v == nil {
		p.lost = record.Lost && r.wanted(record)
		return p
	}
	public := v.Public
	p.sure = public || r.Shown.Private
	if p.title == "" {
		p.title = titleOf(v.Title, 200)
	}
	if r.Service != nil {
		p.service = r.Service(record.Source)
	}
	if p.service == "" {
		p.service = cmp.Or(record.Source.Name, hostOf(record.Source.URL))
	}
	p.service = titleOf(p.service, 200)
	p.version, p.blank = v.Name, v.Facts.Blank
	p.modified, p.saved, p.newestSaved = v.Modified, v.Saved, record.Newest().Saved
	switch {
	case record.State == manifest.Missing:
		p.state = Missing
	case skipped != "" || v.Suspect != "":
		p.state = Suspect
	case record.State == manifest.Failed:
		p.state = Failed
	}
	if !r.wanted(record) {
		return p
	}
	if !public && !r.Shown.Private {
		r.report.Private++
		return p
	}
	for _, form := range r.Library.Kinds[p.kind].Forms {
		if slices.Contains(r.Forms, form.Name) {
			p.forms = append(p.forms, form.Name)
		}
		if _, own, ok := r.query.Form(record, v, form.Name); ok {
			p.ownSHA256 = own.SHA256
		}
	}
	p.published = len(p.forms) > 0
	p.readable = p.ownSHA256 != "" && (!r.Sealed || r.fetched(p.ownSHA256) != nil)
	return p
}

// hostOf is the name of a server. The rest of its address is nobody's business.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// fetched is a file that need not be read from the repository, nil if it must.
func (r *run) fetched(sum string) *io.SectionReader {
	b, err := hex.DecodeString(sum)
	if err != nil || len(b) != 32 {
		return nil
	}
	if f := r.Fetched.file([32]byte(b)); f != nil {
		return f
	}
	return r.kept.file([32]byte(b))
}

// maxKept is how many bytes are kept of files that were read for their first lines.
// What is more is read again for its pages.
const maxKept = 256 << 20

// keepFile keeps a file until its pages are made.
func (r *run) keepFile(sum string, f *spool.Spool) {
	if b, err := hex.DecodeString(sum); err == nil && len(b) == 32 && r.kept.size+f.Size() <= maxKept {
		r.kept.Add([32]byte(b), f, f.Size())
	}
}

// entitle gives documents their titles: what somebody said, a poll's title, a pad's
// first line, or else a word and a hash. No title is a document's id.
func (r *run) entitle(ctx context.Context) error {
	wanting := make(map[uint64]bool)
	for _, p := range r.plans {
		p.title = r.usable(p, p.title)
		old := r.old[p.key]
		switch {
		case p.title != "" || !p.published || p.blank:
		case !p.readable && old != nil:
			p.title = old.Title
		case old != nil && old.Version == p.version && old.Line != nil:
			p.line = old.Line
			p.title = r.usable(p, *p.line)
		case p.readable:
			wanting[p.sum] = true
		}
	}
	if len(wanting) > 0 {
		r.kept = NewFetched(r.Pool)
		err := r.each(func(record *manifest.Record, p *plan) error {
			if err := ctx.Err(); err != nil || !wanting[p.sum] {
				return err
			}
			line, err := r.firstLine(record)
			if err != nil {
				return err
			}
			p.line, p.title = &line, line
			return nil
		})
		if err != nil {
			return err
		}
		_ = r.kept.Finish() // what it does not have is read again
	}
	for _, p := range r.plans {
		if p.title == "" || !p.published && !p.sure {
			p.title = r.Words.Kind(p.kind) + " " + p.short
		}
		r.linker.targets[p.sum].label = p.title
	}
	return nil
}

// usable is a title without addresses, "" if it is the document's id or says
// nothing.
func (r *run) usable(p *plan, title string) string {
	title = r.linker.scrub(title)
	if !documents.Says(title) || !r.Shown.Addresses && (typed(title) == typed(p.id) || fold(clean(title)) == fold(clean(p.id))) {
		return ""
	}
	return title
}

var joined = regexp.MustCompile(`[\s\p{Z}:_]+`)

// typed is a title as it opens a pad if it is typed for its id: Etherpad takes spaces
// and colons for _, and who copies a title leaves out what stands around it.
func typed(title string) string {
	title = strings.TrimFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return fold(joined.ReplaceAllString(title, "_"))
}

// firstLine is the first of a document's text that says something. What cannot be
// read says nothing.
func (r *run) firstLine(record *manifest.Record) (string, error) {
	v, _ := library.ChooseVersion(record, false)
	d, done, err := r.open(record, v, r.keepFile)
	if err != nil || d == nil {
		return "", err
	}
	defer done()
	start := &beginning{left: 4 << 10}
	err = d.Publish(documents.Publication{Links: func(text string) []documents.Link {
		all := r.linker.links(text, "", 0, nil)
		for i := range all {
			all[i].Text, all[i].Href = unnamed, ""
		}
		return all
	}}).Write(start, "txt", r.Language)
	if err != nil && !errors.Is(err, errEnough) {
		if unread(err) {
			return "", nil
		}
		return "", err
	}
	p := r.plans[r.names.Sum(record.Source, record.ID)]
	for line := range strings.Lines(start.String()) {
		line = titleOf(strings.TrimLeft(strings.TrimSpace(line), "*#- \t"), longestTitle)
		switch {
		case documents.IsGreeting(line):
			return "", nil
		case r.usable(p, line) != "":
			return line, nil
		}
	}
	return "", nil
}

// A beginning keeps the first bytes that are written.
type beginning struct {
	bytes.Buffer
	left int
}

var errEnough = errors.New("no more is needed")

func (b *beginning) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), b.left)])
	if b.left -= len(p); b.left <= 0 {
		return 0, errEnough
	}
	return len(p), nil
}

// settleNames gives the documents that are published their folders and names. Who
// has a name keeps it; of those who come together, another gets its hash added.
func (r *run) settleNames() {
	taken := make(map[string]bool)
	for key, d := range r.old {
		p := r.plans[parseKey(key)]
		if p != nil && p.published && p.readable {
			continue
		}
		for _, page := range d.Pages {
			if p != nil && p.published || r.stays(d, page) {
				taken[fold(baseOf(page.Name))] = true
			}
		}
	}
	var all []*plan
	for _, p := range r.plans {
		if !p.published || !p.readable {
			continue
		}
		p.folder = stem(p.service)
		if r.By == ByTag {
			p.folder = stem(cmp.Or(r.linker.scrub(p.tag), r.Words.Untagged))
		}
		if p.folder == "" || fold(p.folder) == IndexName {
			p.folder = stem(r.Words.Kind(p.kind))
		}
		p.base = cmp.Or(stem(p.title), stem(r.Words.Kind(p.kind)+" "+p.short))
		all = append(all, p)
	}
	holds := func(p *plan) string {
		old := r.old[p.key]
		if old == nil {
			return ""
		}
		for _, page := range old.Pages {
			if base := baseOf(page.Name); page.Earlier == "" && fold(base) == fold(p.folder+"/"+p.base) {
				return base
			}
		}
		return ""
	}
	slices.SortFunc(all, func(a, b *plan) int {
		return cmp.Or(-cmp.Compare(btoi(holds(a) != ""), btoi(holds(b) != "")), cmp.Compare(a.sum, b.sum))
	})
	for _, p := range all {
		if base := holds(p); base != "" {
			p.folder, p.base = path.Dir(base), path.Base(base) // also spelt as it is
		}
		plain := p.base
		for _, hash := range []string{"", p.short, p.key} {
			if hash != "" {
				p.base = plain + " (" + hash + ")"
			}
			if !taken[fold(p.folder+"/"+p.base)] {
				break
			}
		}
		taken[fold(p.folder+"/"+p.base)] = true
		t := r.linker.targets[p.sum]
		t.folder, t.base, t.forms = p.folder, p.base, p.forms
	}
}

// baseOf is the name of a page without its ending, and without what tells it from
// a file that has its name.
func baseOf(name string) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	return besideForm.ReplaceAllString(name, "")
}

// keyOf is a document's hash as the state has it, and parseKey the other way.
func keyOf(sum uint64) string { return fmt.Sprintf("%016x", sum) }

func parseKey(key string) (sum uint64) {
	_, _ = fmt.Sscanf(key, "%x", &sum) // the state's keys have that form
	return sum
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
