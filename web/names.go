package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/manifest"
)

// say notes in the catalogue what somebody says of documents. The repositories are told
// a minute after the last of it.
func (s *shared) say(ctx context.Context, keys []catalog.Key, change catalog.Change) error {
	c, err := s.Setup.OpenCatalog(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(c.Change(ctx, keys, change), c.Close()); err != nil {
		return err
	}
	s.teller.Changed()
	return nil
}

// tellTime is how long telling the repositories may take.
const tellTime = 30 * time.Second

// tell tells the repositories what was said. What they cannot be told now, the next
// backup tells them.
func (s *shared) tell(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	settings, err := s.settings()
	if err != nil {
		return
	}
	keys, err := settings.Sealing()
	if err != nil {
		return
	}
	c, err := s.Setup.OpenCatalog(ctx)
	if err != nil {
		return
	}
	defer c.Close()
	settings.Say(ctx, c, setup.Writing{Keys: keys})
}

// errNoTag says that no tag was typed.
var errNoTag = errors.New("no tag")

// readTags are the tags that somebody typed: between spaces or commas, with or without
// a # before each.
func readTags(typed string) (tags []string) {
	for _, tag := range strings.FieldsFunc(typed, func(r rune) bool { return r == ' ' || r == ',' || r == '\u00a0' }) {
		if tag = strings.TrimPrefix(tag, "#"); tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// wrongTag says what is wrong with tags, "" if that is not what the error is.
func (p *page) wrongTag(err error) string {
	switch {
	case errors.Is(err, errNoTag):
		return p.Words.Text("web-tag-none")
	case errors.Is(err, catalog.ErrTooLong):
		return p.Words.Text("web-tag-long", "Most", manifest.MaxTag, "Tags", manifest.MaxTags)
	case errors.Is(err, catalog.ErrCharacter):
		return p.Words.Text("web-bad-character")
	}
	return ""
}

// wrongText says the same of a text.
func (p *page) wrongText(err error, most int) string {
	switch {
	case errors.Is(err, catalog.ErrTooLong):
		return p.Words.Text("web-text-long", "Most", p.number(most))
	case errors.Is(err, catalog.ErrCharacter):
		return p.Words.Text("web-bad-character")
	}
	return ""
}

// A naming is the page on which somebody says what a document is called, and so on.
type naming struct {
	Row   row
	Hash  string
	Now   facts             // as the catalogue has them
	Typed facts             // as the form has them
	Wrong map[string]string // what is wrong with that, by field
	Other map[string]string // what another page said meanwhile, and this one replaced, by field
	Back  string

	RowOnly bool // the name is all that is asked for, within a row of a list
}

// facts are what somebody says of a document, as texts of a form.
type facts struct{ Name, Description, Tags, Choice string }

func factsOf(d *catalog.Document) facts {
	return facts{d.Name, d.Description, strings.Join(d.Tags, " "), string(d.Choice)}
}

// The fields of the form. Each has one beside it that begins with was: what it was when
// the form was made.
const (
	nameField        = "name"
	descriptionField = "description"
	tagsField        = "tags"
	choiceField      = "choice"
	was              = "was-"
)

func (f *facts) field(name string) *string {
	return map[string]*string{nameField: &f.Name, descriptionField: &f.Description, tagsField: &f.Tags, choiceField: &f.Choice}[name]
}

// Said is what the catalogue has now in a field, for the form that takes that back.
func (n *naming) Said(field string) string { return *n.Typed.field(field) }

var factFields = []string{nameField, descriptionField, tagsField, choiceField}

// Choices are those that there are.
func (*naming) Choices() []option {
	return []option{{string(catalog.Automatic), "web-choice-automatic"}, {string(catalog.Manual), "web-choice-manual"}, {string(catalog.Ignored), "web-ignored"}}
}

// Word is that for a field.
func (*naming) Word(field string) string {
	return map[string]string{nameField: "web-field-name", descriptionField: "web-field-description", tagsField: "web-field-tags", choiceField: "web-field-choice"}[field]
}

// naming is the page of a document.
func (p *page) naming(ctx context.Context, hash string) (*naming, error) {
	k, err := p.known(ctx)
	if err != nil {
		return nil, err
	}
	one := k.find(hash)
	if one == nil {
		return nil, errNotFound
	}
	c, err := p.Setup.OpenCatalog(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	d, err := c.Document(ctx, one.key)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, errNotFound
	}
	now := factsOf(d)
	now.Name = one.Name // nothing is said while that is what it is called anyway
	n := &naming{Row: *one, Hash: one.Hash, Now: now, Typed: now, Wrong: make(map[string]string), Other: make(map[string]string)}
	return n, nil
}

func (p *page) showNaming(w http.ResponseWriter, r *http.Request, status int, n *naming) error {
	return p.show(w, r, status, "name", view{Title: p.Words.Text("web-describe", "Document", n.Row.Name), Section: "documents", Of: n})
}

func (p *page) name(w http.ResponseWriter, r *http.Request) error {
	n, err := p.naming(r.Context(), r.PathValue("hash"))
	if err != nil {
		return err
	}
	n.Back = "/documents/" + n.Hash
	q := r.URL.Query()
	if q.Has(backField) {
		n.Back = ours(q.Get(backField))
	}
	n.RowOnly = q.Get("only") == nameField
	return p.showNaming(w, r, http.StatusOK, n)
}

// rename takes what somebody says. Only what she changed counts: what another page said
// meanwhile of something else stays. Where both changed the same, hers counts, and what
// it replaced is shown.
func (p *page) rename(w http.ResponseWriter, r *http.Request) error {
	n, err := p.naming(r.Context(), r.PathValue("hash"))
	if err != nil {
		return err
	}
	n.Back = back(r)
	var change catalog.Change
	changed := false
	for _, name := range factFields {
		if !r.PostForm.Has(name) {
			continue
		}
		typed, before, now := r.PostForm.Get(name), r.PostForm.Get(was+name), *n.Now.field(name)
		*n.Typed.field(name) = typed
		if typed == before {
			continue
		}
		changed = true
		if now != before && now != typed {
			n.Other[name] = now
		}
		if wrong := p.take(&change, name, typed, before); wrong != "" {
			n.Wrong[name] = wrong
		}
	}
	if len(n.Wrong) == 0 && changed {
		err = p.say(r.Context(), []catalog.Key{n.Row.key}, change)
		if wrong := p.wrongTag(err); wrong != "" && len(change.Tag) > 0 {
			n.Wrong[tagsField], err = wrong, nil
		}
	}
	switch {
	case err != nil:
		return err
	case len(n.Wrong) > 0:
		return p.showNaming(w, r, http.StatusUnprocessableEntity, n)
	case len(n.Other) > 0:
		n.Now = n.Typed
		return p.showNaming(w, r, http.StatusOK, n)
	case !changed:
		return p.done(w, r, n.Back, "")
	}
	return p.done(w, r, n.Back, "web-said-kept")
}

// take takes a field into the change, or says what is wrong with it.
func (p *page) take(change *catalog.Change, name, typed, before string) string {
	switch name {
	case nameField:
		change.Name = &typed
		return p.wrongText(catalog.Change{Name: &typed}.Valid(), manifest.MaxName)
	case descriptionField:
		change.Description = &typed
		return p.wrongText(catalog.Change{Description: &typed}.Valid(), manifest.MaxDescription)
	case tagsField:
		now, had := readTags(typed), readTags(before)
		change.Tag = slices.DeleteFunc(slices.Clone(now), func(tag string) bool { return slices.Contains(had, tag) })
		change.Untag = slices.DeleteFunc(had, func(tag string) bool { return slices.Contains(now, tag) })
		return p.wrongTag(catalog.Change{Tag: now}.Valid())
	default:
		choice := catalog.Choice(typed)
		if !choice.Valid() {
			return p.Words.Text("web-bad-form")
		}
		change.Choice = &choice
		return ""
	}
}
