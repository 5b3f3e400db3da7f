package repository

import (
	"context"
	"errors"
	"slices"

	"github.com/padsync/padsync/manifest"
)

// Accept declares versions right, whatever they are suspect of: for each
// document the one that choose gives, or none if it gives nil. It stores
// nothing unless one of them is suspect; then it gives the place of what it
// wrote in the order of runs, else 0. It does not use o.Sources. A run that was
// interrupted can still be taken up.
func (r *Repository) Accept(ctx context.Context, o RunOptions, choose func(*manifest.Record) *manifest.VersionRecord) (sequence int64, err error) {
	c, err := r.Read(ctx, At{})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	o.Sources = sourcesOf(c.inputs)
	w, err := r.Begin(ctx, c, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	accepted := false
	for record, err := range c.Documents() {
		if err != nil {
			return 0, err
		}
		v := choose(record)
		if v == nil || v.Suspect == "" {
			continue
		}
		accepted = true
		source, _ := slices.BinarySearchFunc(o.Sources, record.Source, manifest.Source.Compare)
		w.Tell(manifest.Document{
			Source: source, ID: record.ID,
			Versions: []manifest.DocumentVersion{{Name: v.Name, Suspect: new("")}},
		})
		if err := w.CommitIfDue(ctx); err != nil {
			return 0, err
		}
	}
	if !accepted {
		return 0, nil
	}
	return w.Sequence(), w.Commit(ctx, manifest.AtEnd)
}
