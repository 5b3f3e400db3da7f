package repository

import (
	"context"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
)

// A RunRecord is what the manifests of one run tell of it.
type RunRecord struct {
	manifest.Header
	Manifest  string // id of its last manifest
	Documents map[manifest.State]int
	Saved     int // documents with a new version, all of them current
	Suspect   int // of those saved
}

// Runs gives all runs whose manifests are stored, the latest last. Damaged
// manifests are left out, and told to Options.Warn.
func (r *Repository) Runs(ctx context.Context) ([]RunRecord, error) {
	c, err := r.read(ctx, At{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.readManifests(ctx, func(id string) bool { return c.included[id] }); err != nil {
		return nil, err
	}
	c.warn()
	slices.SortFunc(c.inputs, func(a, b *input) int { return strings.Compare(a.id, b.id) })
	var runs []RunRecord
	for _, in := range c.inputs {
		if len(in.header.Includes) > 0 {
			continue // a checkpoint
		}
		if runs, err = c.addRun(runs, in); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(runs, func(a, b RunRecord) int { return strings.Compare(a.Manifest, b.Manifest) })
	return runs, nil
}

// addRun counts a manifest to its run.
func (c *Contents) addRun(runs []RunRecord, in *input) ([]RunRecord, error) {
	i := slices.IndexFunc(runs, func(r RunRecord) bool { return r.Run == in.header.Run })
	if i < 0 {
		i = len(runs)
		runs = append(runs, RunRecord{Documents: map[manifest.State]int{}})
	}
	run := &runs[i]
	complete := run.Complete || in.header.Complete
	run.Header, run.Manifest = *in.header, in.id
	run.Complete = complete
	stream := &documentStream{repo: c.repo, in: in}
	defer stream.close()
	for {
		doc, err := stream.next()
		if err != nil {
			return runs, ignoreEOF(err)
		}
		run.Documents[doc.State]++
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
