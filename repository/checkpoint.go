package repository

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/manifest"
)

const (
	checkpointAfter = 30      // manifests that are in no checkpoint
	partSize        = 6 << 20 // bytes after which a part of a checkpoint ends
)

// Checkpoint writes a checkpoint if many manifests are in none, or if later
// runs could not open some of those that this one has read. It deletes
// nothing; w has committed its last manifest.
func (w *Run) Checkpoint(ctx context.Context) error {
	if w.contents.foreign() {
		return w.checkpoint(ctx)
	}
	open := w.manifests
	for _, in := range w.contents.inputs {
		if len(in.header.Includes) == 0 {
			open++
		}
	}
	if open <= checkpointAfter {
		return nil
	}
	return w.checkpoint(ctx)
}

// foreign reports whether some input is not sealed to the own identity, as it
// was lost or changed since.
func (c *Contents) foreign() bool {
	own := c.repo.Own
	return own != nil && c.repo.Sealed() && slices.ContainsFunc(c.inputs, func(in *input) bool {
		_, _, err := crypto.Open(in.body, in.body.Size(), own)
		return err != nil
	})
}

func (w *Run) checkpoint(ctx context.Context) error {
	c, err := w.repo.read(ctx, At{})
	if err != nil {
		return err
	}
	defer c.Close()
	h := w.header
	h.Complete, h.Ended, h.Resumes, h.Finished = true, manifest.AtEnd, nil, manifest.At(w.repo.Now())
	return c.checkpoint(ctx, h)
}

func (c *Contents) checkpoint(ctx context.Context, h manifest.Header) error {
	h.Sources, h.Includes, h.Condemned = c.sources(), c.includes(), c.stillCondemned()
	h.Lost = manifest.HashesOf(slices.Collect(maps.Keys(c.lost())))
	w := &checkpointWriter{repo: c.repo, ctx: ctx, header: &h, told: map[string]int{}, packs: map[string]int{}}
	// A pack that is not there now may come back, and so may a manifest that
	// cannot be read: what belongs to them must not be forgotten.
	for record, err := range c.merge(manifest.View{Stored: c.stored, Lost: true, Parts: true}) {
		if err == nil {
			err = w.document(record)
		}
		if err != nil {
			return errors.Join(err, w.discard())
		}
	}
	if err := w.endPart(); err != nil {
		return err
	}
	_, _, err := c.repo.putManifest(ctx, checkpointsPrefix, h, func(*manifest.Encoder) error { return nil })
	return err
}

// sources unites those of all inputs; where the scheme differs, the newest
// input's stands.
func (c *Contents) sources() []manifest.Source {
	inputs := slices.Clone(c.inputs)
	slices.SortFunc(inputs, func(a, b *input) int { return strings.Compare(b.id, a.id) })
	var all []manifest.Source
	for _, in := range inputs {
		all = append(all, in.header.Sources...)
	}
	slices.SortStableFunc(all, manifest.Source.Compare)
	return slices.CompactFunc(all, func(a, b manifest.Source) bool { return a.Compare(b) == 0 })
}

// includes are the inputs, and what they included and is still there.
func (c *Contents) includes() []string {
	listed := make(map[string]bool)
	for _, id := range slices.Concat(c.listed.manifests, c.listed.checkpoints) {
		listed[id] = true
	}
	var ids []string
	for _, in := range c.inputs {
		ids = append(ids, in.id)
		for _, id := range in.header.Includes {
			if listed[id] {
				ids = append(ids, id)
			}
		}
	}
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
	repo        *Repository
	ctx         context.Context
	header      *manifest.Header
	told, packs map[string]int // places in the header's tables

	object *objectWriter
	part   *manifest.Encoder
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
	for i := range r.Versions {
		doc.Versions = append(doc.Versions, w.version(&r.Versions[i]))
	}
	if err := w.part.Encode(&doc); err != nil {
		return err
	}
	if w.object.spool.Size() < partSize {
		return nil
	}
	return w.endPart()
}

func (w *checkpointWriter) version(r *manifest.VersionRecord) manifest.DocumentVersion {
	v := manifest.DocumentVersion{Name: r.Name, Revision: r.Revision, Title: r.Title, Told: new([4]int)}
	if r.Told[manifest.ToldVersion] != "" {
		saved, facts := manifest.At(r.Saved), r.Facts
		v.Saved, v.Facts = &saved, &facts
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
	anyone := cmp.Or(r.Told[:]...) // of what is not told
	for i, id := range r.Told {
		v.Told[i] = *w.place(cmp.Or(id, anyone))
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
	if w.object, err = w.repo.newObject(); err != nil {
		return err
	}
	w.part, err = manifest.NewPartEncoder(w.object, w.header)
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
	s, err := w.object.finish()
	w.object = nil
	if err != nil {
		return err
	}
	defer s.Close()
	part, err := w.repo.put(w.ctx, partsPrefix, jsonEnding, s)
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	w.header.Parts = append(w.header.Parts, part)
	return nil
}

func (w *checkpointWriter) discard() error {
	if w.object == nil {
		return nil
	}
	return w.object.discard()
}
