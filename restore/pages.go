package restore

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"

	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
)

// A Page is a document's page in a target folder.
type Page struct {
	Document *manifest.Record
	Version  *manifest.VersionRecord
	Name     string // below the target, with slashes
}

// Pages yields the pages that the target has of the documents of the contents,
// in their order: those that the plan writes, and those that were there. An
// error is the last thing yielded.
func Pages(p Plan) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		root, err := os.OpenRoot(p.Target)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(Page{}, fmt.Errorf("%w: %w", ErrTarget, err))
			return
		}
		defer root.Close()
		p.Formats = []string{"html"}
		r := &run{Plan: p}
		if r.names, err = newNames(p.Contents); err != nil {
			yield(Page{}, err)
			return
		}
		for record, err := range p.Contents.Documents() {
			if err != nil {
				yield(Page{}, err)
				return
			}
			v, _ := library.ChooseVersion(record, p.Newest)
			if v == nil || record.State == manifest.Erased {
				continue
			}
			for _, name := range r.namesOf(record, r.outputs(&Event{Document: record, Choice: library.Choice{Version: v}})) {
				if info, err := root.Stat(path.Clean(name)); err != nil || !info.Mode().IsRegular() {
					continue
				}
				if !yield(Page{record, v, name}, nil) {
					return
				}
			}
		}
	}
}
