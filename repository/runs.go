package repository

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
)

// A RunRecord is what the manifests of one run tell of it.
type RunRecord struct {
	manifest.Header
	Manifest  string                 // id of its last manifest
	Documents map[manifest.State]int // that it looked at
	Saved     int                    // documents with a new version, all of them current
	Suspect   int                    // of those saved
}

// Runs gives all runs whose manifests are stored, the latest last. Damaged
// manifests are left out and given to Options.Warn.
func (r *Repository) Runs(ctx context.Context) ([]RunRecord, error) {
	c, err := r.read(ctx, At{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.warn()
	var runs []RunRecord
	for _, id := range c.listed.manifests {
		in, documents, err := c.readInput(ctx, manifestsPrefix, id)
		if corrupt := (*CorruptError)(nil); errors.As(err, &corrupt) {
			if c.included[id] {
				r.options.Warn(corrupt)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		runs, err = addRun(runs, in, documents)
		if err = errors.Join(err, documents.close()); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(runs, func(a, b RunRecord) int { return strings.Compare(a.Manifest, b.Manifest) })
	return runs, nil
}

// addRun adds a manifest to its run.
func addRun(runs []RunRecord, in *input, documents *stream) ([]RunRecord, error) {
	i := slices.IndexFunc(runs, func(r RunRecord) bool { return r.Run == in.header.Run })
	if i < 0 {
		i = len(runs)
		runs = append(runs, RunRecord{Documents: map[manifest.State]int{}})
	}
	run := &runs[i]
	complete := run.Complete || in.header.Complete
	run.Header, run.Manifest = *in.header, in.id
	run.Complete = complete
	stream := &documentStream{stream: documents}
	defer stream.close()
	for {
		doc, err := stream.next()
		if err != nil {
			return runs, ignoreEOF(err)
		}
		if doc.State != "" {
			run.Documents[doc.State]++
		}
		for _, v := range doc.Versions {
			if v.Saved == nil {
				continue
			}
			run.Saved++
			if v.Suspect != nil && *v.Suspect != "" {
				run.Suspect++
			}
		}
	}
}

// ResolveRun gives the moment at which the run had ended; ok is false if there
// is no such run.
func (r *Repository) ResolveRun(ctx context.Context, name string) (at At, ok bool, err error) {
	runs, err := r.Runs(ctx)
	if err != nil {
		return At{}, false, err
	}
	i := slices.IndexFunc(runs, func(run RunRecord) bool { return run.Run == name })
	if i < 0 {
		return At{}, false, nil
	}
	return At{Manifest: runs[i].Manifest}, true, nil
}
