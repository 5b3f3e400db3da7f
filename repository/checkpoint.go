package repository

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
)

const (
	checkpointAfter = 30      // manifests that are in no checkpoint
	partSize        = 6 << 20 // bytes after which a part of a checkpoint ends
)

// Checkpoint writes a checkpoint if many manifests are in none, or if later
// runs could not open some of those that this one has read. It deletes nothing.
// Call it after the last Commit.
func (w *Run) Checkpoint(ctx context.Context) error {
	w.mu.Lock()
	many := w.open > checkpointAfter
	w.mu.Unlock()
	if many || w.contents.foreign() {
		return w.checkpoint(ctx, true)
	}
	return nil
}

// checkpointOnTheWay writes a checkpoint while the run goes on, if many
// manifests are in none: a reader needs time for each. Since it tells all
// documents again, it waits until it at most triples what is stored.
func (w *Run) checkpointOnTheWay(ctx context.Context) {
	w.mu.Lock()
	due := !w.folding && w.open > checkpointAfter && 2*w.openSize >= w.includedSize
	w.folding = w.folding || due
	w.mu.Unlock()
	if !due {
		return
	}
	// What is saved does not depend on it: the next commit tries again, and
	// the last one says what is wrong.
	_ = w.checkpoint(ctx, false)
	w.mu.Lock()
	w.folding = false
	w.mu.Unlock()
}

// foreign reports whether some input is not sealed to the own identity, because
// that was lost or changed since.
func (c *Contents) foreign() bool {
	return slices.ContainsFunc(c.inputs, func(in *input) bool { return in.foreign })
}

// foreign reports whether what is stored is not sealed to the own identity.
func (r *Repository) foreign(s *spool.Spool) bool {
	if r.options.Own == nil || !r.Sealed() {
		return false
	}
	_, _, err := crypto.Open(s, s.Size(), r.options.Own)
	return err != nil
}

func (w *Run) checkpoint(ctx context.Context, last bool) error {
	c, err := w.repo.read(ctx, At{})
	if err != nil {
		return err
	}
	defer c.Close()
	w.mu.Lock()
	h := w.header
	w.mu.Unlock()
	resumes := h.Resumes
	h.Complete, h.Ended, h.Resumes, h.Finished = true, manifest.AtEnd, nil, manifest.At(w.repo.options.Now())
	if !last {
		h.Complete, h.Resumes = false, resumes
	}
	written, err := c.checkpoint(ctx, h)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.includes(c, written)
	return nil
}

// includes notes what a checkpoint includes.
func (w *Run) includes(c *Contents, written *input) {
	included := make(map[string]bool)
	for id := range written.replaces() {
		included[id] = true
	}
	if w.manifests > 0 {
		w.before = slices.DeleteFunc(w.before, func(id string) bool { return included[id] })
		w.before = united(append(w.before, written.id))
	}
	w.open, w.openSize, w.includedSize = 0, 0, written.size
	for id, size := range w.own {
		if included[id] {
			delete(w.own, id)
			continue
		}
		w.open++
		w.openSize += size
	}
}

// checkpoint gives the id, the size and the header of what it wrote.
func (c *Contents) checkpoint(ctx context.Context, h manifest.Header) (*input, error) {
	h.Sources, h.Condemned = sourcesOf(c.inputs), c.stillCondemned()
	h.Includes, h.Gone = c.includes()
	h.Before, h.Repairs = c.carriedOn()
	h.Lost = manifest.HashesOf(slices.Collect(maps.Keys(c.lost())))
	written := &input{header: &h}
	w := &checkpointWriter{header: &h, limit: partSize, create: c.repo.newJSON, store: func(s *spool.Spool) error {
		part := manifest.Pack{Key: fmt.Sprintf("%s%x%s", partsPrefix, s.SHA256(), c.repo.objects.Ending(jsonEnding)), Size: s.Size()}
		err := c.repo.objects.Sink.Put(ctx, part.Key, s, part.Size)
		if err = errors.Join(err, s.Close()); err != nil {
			return fmt.Errorf("write checkpoint: %w", err)
		}
		h.Parts = append(h.Parts, part)
		written.size += part.Size
		return nil
	}}
	// A pack that is not there now may come back, and so may a manifest that
	// cannot be read: what belongs to them must not be forgotten.
	if err := w.documents(c.merge(manifest.View{Stored: c.stored, Lost: true, Parts: true})); err != nil {
		return nil, err
	}
	id, size, err := c.repo.putManifest(ctx, checkpointsPrefix, h, func(*manifest.Encoder) error { return nil })
	written.id, written.size = id, written.size+size
	return written, err
}

// sourcesOf unites those of all inputs; where the scheme differs, the newest
// input's stands.
func sourcesOf(inputs []*input) []manifest.Source {
	inputs = slices.Clone(inputs)
	slices.SortFunc(inputs, func(a, b *input) int { return strings.Compare(b.id, a.id) })
	var all []manifest.Source
	for _, in := range inputs {
		all = append(all, in.header.Sources...)
	}
	slices.SortStableFunc(all, manifest.Source.Compare)
	return slices.CompactFunc(all, func(a, b manifest.Source) bool { return a.Compare(b) == 0 })
}

// includes are the inputs, and what they included that is still there; gone is
// what they included that is not.
func (c *Contents) includes() (includes, gone []string) {
	listed := make(map[string]bool)
	for id := range c.listed.ids() {
		listed[id] = true
	}
	for _, in := range c.inputs {
		includes = append(includes, in.id)
		for id := range in.replaces() {
			if listed[id] {
				includes = append(includes, id)
			} else {
				gone = append(gone, id)
			}
		}
	}
	return united(includes), united(gone)
}

// carriedOn are the names in the inputs of what no checkpoint included, and
// what was made good.
func (c *Contents) carriedOn() (before, repairs []string) {
	inputs := make(map[string]bool)
	for _, in := range c.inputs {
		inputs[in.id] = true
	}
	for _, in := range c.inputs {
		for _, id := range in.header.Before {
			if !inputs[id] && !c.included[id] {
				before = append(before, id)
			}
		}
		repairs = append(repairs, in.header.Repairs...)
	}
	return united(before), united(repairs)
}

// united are the ids sorted, each once.
func united(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// stillCondemned are the packs that are condemned and not yet deleted.
func (c *Contents) stillCondemned() []string {
	keys := slices.Sorted(maps.Keys(c.condemned()))
	return slices.DeleteFunc(keys, func(key string) bool { _, there := c.listed.packs[key]; return !there })
}

// A checkpointWriter writes parts, and fills the tables of the header that
// they refer to.
type checkpointWriter struct {
	header *manifest.Header
	limit  int64                       // bytes after which a part ends
	create func() (*jsonWriter, error) // begins a part
	store  func(*spool.Spool) error    // takes a finished part, and closes it

	told, packs map[string]int // places in the header's tables
	json        *jsonWriter
	part        *manifest.Encoder
}

// documents writes all records.
func (w *checkpointWriter) documents(records iter.Seq2[*manifest.Record, error]) error {
	w.told, w.packs = make(map[string]int), make(map[string]int)
	for record, err := range records {
		if err == nil {
			err = w.document(record)
		}
		if err != nil {
			return errors.Join(err, w.discard())
		}
	}
	return w.endPart()
}

func (w *checkpointWriter) document(r *manifest.Record) error {
	if w.part == nil {
		if err := w.beginPart(); err != nil {
			return err
		}
	}
	source, _ := slices.BinarySearchFunc(w.header.Sources, r.Source, manifest.Source.Compare)
	doc := manifest.Document{Source: source, ID: r.ID}
	if r.Told != "" {
		checked := manifest.At(r.Checked)
		doc.State, doc.Error, doc.Checked, doc.Told = r.State, r.Error, &checked, w.place(r.Told)
		doc.Withheld = r.Withheld
	}
	doc.Said = w.said(&r.Said)
	for i := range r.Versions {
		doc.Versions = append(doc.Versions, w.version(&r.Versions[i]))
	}
	if err := w.part.Encode(&doc); err != nil {
		return err
	}
	if w.json.object.Size() < w.limit {
		return nil
	}
	return w.endPart()
}

// said is nil where nothing was said.
func (w *checkpointWriter) said(r *manifest.SaidRecord) *manifest.Said {
	said := new(manifest.Said)
	for _, c := range r.Choices {
		said.Choices = append(said.Choices, manifest.MachineChoice{Machine: c.Machine, Choice: c.Choice, Told: w.place(c.Told)})
	}
	anyone := cmp.Or(r.Told[:]...) // of what is not told
	switch {
	case anyone != "":
	case len(said.Choices) > 0:
		return said
	default:
		return nil
	}
	said.Told = new([4]int)
	for i, id := range r.Told {
		said.Told[i] = *w.place(cmp.Or(id, anyone))
	}
	if r.Told[manifest.SaidName] != "" {
		said.Name = &r.Name
	}
	if r.Told[manifest.SaidTags] != "" {
		said.Tags = append([]string{}, r.Tags...) // not nil
	}
	if r.Told[manifest.SaidDescription] != "" {
		said.Description = &r.Description
	}
	if r.Told[manifest.SaidRemoved] != "" {
		said.Removed = &r.Removed
	}
	return said
}

func (w *checkpointWriter) version(r *manifest.VersionRecord) manifest.DocumentVersion {
	v := manifest.DocumentVersion{Name: r.Name, Revision: r.Revision, Title: r.Title}
	if r.Told[manifest.ToldVersion] != "" {
		saved, facts := manifest.At(r.Saved), r.Facts
		v.Saved, v.Recovered, v.Facts = &saved, r.Recovered, &facts
	}
	if !r.Modified.IsZero() {
		modified := manifest.At(r.Modified)
		v.Modified = &modified
	}
	if r.Told[manifest.ToldValidator] != "" {
		v.Validator = &r.Validator
	}
	if r.Told[manifest.ToldSuspect] != "" {
		v.Suspect = &r.Suspect
	}
	if r.Told[manifest.ToldPublic] != "" {
		v.Public = &r.Public
	}
	anyone := cmp.Or(r.Told[:]...) // of what is not told
	for fact, id := range r.Told {
		if fact != manifest.ToldPublic || id != "" {
			v.Told = append(v.Told, *w.place(cmp.Or(id, anyone)))
		}
	}
	for _, f := range r.Files {
		v.Files = append(v.Files, f.Relocate(w.packPlace))
	}
	return v
}

// place gives the id's place in told, which grows.
func (w *checkpointWriter) place(id string) *int {
	i, ok := w.told[id]
	if !ok {
		i = len(w.header.Told)
		w.told[id] = i
		w.header.Told = append(w.header.Told, id)
	}
	return &i
}

func (w *checkpointWriter) packPlace(p manifest.Pack) int {
	i, ok := w.packs[p.Key]
	if !ok {
		i = len(w.header.Packs)
		w.packs[p.Key] = i
		w.header.Packs = append(w.header.Packs, p)
	}
	return i
}

func (w *checkpointWriter) beginPart() (err error) {
	if w.json, err = w.create(); err != nil {
		return err
	}
	w.part, err = manifest.NewPartEncoder(w.json, w.header)
	return err
}

func (w *checkpointWriter) endPart() error {
	if w.part == nil {
		return nil
	}
	if err := w.part.Close(); err != nil {
		return errors.Join(err, w.discard())
	}
	w.part = nil
	s, err := w.json.finish()
	w.json = nil
	if err != nil {
		return err
	}
	return w.store(s)
}

func (w *checkpointWriter) discard() error {
	if w.json == nil {
		return nil
	}
	return w.json.discard()
}
