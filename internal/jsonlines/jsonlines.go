// Package jsonlines has what --json prints, for programs: one type for each
// kind of line. New keys may be added; none goes away, or changes its meaning
// (docs/commands.md).
package jsonlines

import (
	"time"

	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// Stamp is a time, "" for none.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// An Error is the last line of standard error, where a command failed.
type Error struct {
	Error string   `json:"error"`
	Hints []string `json:"hints,omitempty"`
	Code  int      `json:"code"` // the exit code
}

// A Document is a line of ls.
type Document struct {
	Source   string `json:"source"`
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	URL      string `json:"url"`
	Title    string `json:"title"`
	Hash     string `json:"hash"`
	State    string `json:"state"`
	Suspect  string `json:"suspect"`
	Expires  string `json:"expires"`
	Checked  string `json:"checked"`
	Saved    string `json:"saved"`
	Revision string `json:"revision"`
	Versions int    `json:"versions"`
	Files    []File `json:"files"`
}

// A File is one that was saved.
type File struct {
	Name   string `json:"name"`
	Format string `json:"format"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// NewDocument is the line of a document.
func NewDocument(kinds setup.Kinds, r *manifest.Record, names *library.Names, e setup.Expiries) Document {
	d := Document{
		Source: r.Source.URL, Kind: r.Source.Kind, ID: r.ID, URL: kinds.URL(r.Source, r.ID),
		Hash: names.Short(r.Source, r.ID), State: string(r.State), Checked: Stamp(r.Checked),
		Versions: len(r.Versions), Files: []File{},
	}
	newest := r.Newest()
	if newest == nil {
		return d
	}
	d.Title, d.Suspect, d.Revision, d.Saved = newest.Title, newest.Suspect, newest.Revision, Stamp(newest.Saved)
	d.Expires = e.Of(kinds, r)
	d.Files = Files(newest)
	return d
}

// Files are those of a version.
func Files(v *manifest.VersionRecord) []File {
	files := []File{}
	for _, f := range v.Files {
		files = append(files, File{f.Name, f.Format, f.Size, f.SHA256})
	}
	return files
}

// A Run is a line of runs.
type Run struct {
	Run       string `json:"run"`
	Manifest  string `json:"manifest"`
	Sequence  int64  `json:"sequence"`
	Started   string `json:"started"`
	Finished  string `json:"finished"`
	Complete  bool   `json:"complete"`
	Host      string `json:"host"`
	Documents Counts `json:"documents"`
}

// NewRun is the line of a run.
func NewRun(r repository.RunRecord) Run {
	return Run{
		Run: r.Run, Manifest: r.Manifest, Sequence: r.Sequence,
		Started: Stamp(r.Started.Time), Finished: Stamp(r.Finished.Time), Complete: r.Complete, Host: r.Host,
		Documents: Counts{
			r.Saved, r.Documents[manifest.Current] - r.Saved, r.Documents[manifest.Missing], r.Documents[manifest.Failed], r.Suspect,
		},
	}
}

// A Check is the line of check.
type Check struct {
	Documents int       `json:"documents"`
	Versions  int       `json:"versions"`
	Packs     int       `json:"packs"`
	Bytes     int64     `json:"bytes"`
	Problems  []Problem `json:"problems"`
	Unopened  []string  `json:"unopened"`          // packs that no identity opens
	Unnamed   int       `json:"unnamed,omitempty"` // packs that no list names
}

// A Problem is what is wrong with an object.
type Problem struct {
	Object    string  `json:"object"`
	Problem   string  `json:"problem"`
	Documents []Named `json:"documents"`
}

// A Named document is identified among all others.
type Named struct {
	Source string `json:"source"`
	ID     string `json:"id"`
	Hash   string `json:"hash"`
}

// NewCheck is the line of a report.
func NewCheck(r *repository.CheckReport, names *library.Names) *Check {
	c := &Check{r.Documents, r.Versions, r.Packs, r.Bytes, []Problem{}, append([]string{}, r.Sealed...), r.Unnamed}
	for _, p := range r.Problems {
		found := Problem{p.Object, p.Problem, []Named{}}
		for _, d := range p.Documents {
			found.Documents = append(found.Documents, Named{d.Source.URL, d.ID, names.Short(d.Source, d.ID)})
		}
		c.Problems = append(c.Problems, found)
	}
	return c
}

// An Accepted version is a line of accept.
type Accepted struct {
	Repository string `json:"repository"`
	Source     string `json:"source"`
	ID         string `json:"id"`
	Hash       string `json:"hash"`
	Version    string `json:"version"`
	Saved      string `json:"saved"`
	Suspect    string `json:"suspect"` // what it was suspect of; "": nothing had to be stored
}

// NewAccepted is the line of an acceptance in the repository with that shown
// address.
func NewAccepted(shown string, a setup.Acceptance, names *library.Names) Accepted {
	return Accepted{
		shown, a.Source.URL, a.ID, names.Short(a.Source, a.ID), a.Version.Name, Stamp(a.Version.Saved), a.Version.Suspect,
	}
}

// A Repaired version is a line of repair.
type Repaired struct {
	Repository string `json:"repository"`
	Source     string `json:"source"`
	ID         string `json:"id"`
	Hash       string `json:"hash"`
	Version    string `json:"version"`
	Saved      string `json:"saved"`
	Done       bool   `json:"done"` // it was taken up
}

// NewRepaired is the line of a version that was found in the repository with
// that shown address.
func NewRepaired(shown string, v repository.FoundVersion, names *library.Names, done bool) Repaired {
	return Repaired{shown, v.Source.URL, v.ID, names.Short(v.Source, v.ID), v.Version.Name, Stamp(v.Version.Saved.Time), done}
}

// A Moved document is a line of restore --into.
type Moved struct {
	Kind    string         `json:"kind"`
	Old     string         `json:"old"`
	Into    string         `json:"into"`
	New     string         `json:"new"`
	State   move.State     `json:"state"`
	Earlier bool           `json:"earlier"` // by an earlier run
	Saved   string         `json:"saved"`
	Lost    []sources.Loss `json:"lost"`
	Error   string         `json:"error"`
}

// NewMoved is the line of a document, whose error is put into words by the
// caller.
func NewMoved(kinds setup.Kinds, e move.Event) Moved {
	m := Moved{Kind: e.Document.Source.Kind, Old: kinds.URL(e.Document.Source, e.Document.ID), New: e.Address, State: e.State, Earlier: e.Earlier, Lost: e.Losses}
	if m.Lost == nil {
		m.Lost = []sources.Loss{}
	}
	if e.Target != nil {
		m.Into = e.Target.URL
	}
	if e.Version != nil {
		m.Saved = Stamp(e.Version.Saved)
	}
	return m
}
