package jsonlines

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/manifest"
)

// A Version is a line of log, as are a Day and a Star.
type Version struct {
	Version  string `json:"version"`
	Saved    string `json:"saved"`
	Revision string `json:"revision"`
	Suspect  string `json:"suspect"`
	Files    []File `json:"files"`
}

// NewVersion is the line of a version.
func NewVersion(v *manifest.VersionRecord) Version {
	return Version{v.Name, Stamp(v.Saved), v.Revision, v.Suspect, Files(v)}
}

// A Day is one on which somebody wrote in a pad.
type Day struct {
	Day   string  `json:"day"` // "" if nobody knows when
	First int     `json:"first"`
	Last  int     `json:"last"`
	Edits []Edits `json:"edits"` // the most first
}

// Edits are those of one author.
type Edits struct {
	Author string `json:"author"`
	Name   string `json:"name"`
	Edits  int    `json:"edits"`
}

// NewDay is the line of a day. Names are those of authors, by id.
func NewDay(d pad.Day, names map[string]string) Day {
	day := Day{First: d.First, Last: d.Last, Edits: []Edits{}}
	if !d.Date.IsZero() {
		day.Day = d.Date.Format(time.DateOnly)
	}
	for author, edits := range d.Edits {
		day.Edits = append(day.Edits, Edits{author, names[author], edits})
	}
	slices.SortFunc(day.Edits, func(a, b Edits) int {
		return cmp.Or(cmp.Compare(b.Edits, a.Edits), strings.Compare(a.Author, b.Author))
	})
	return day
}

// A Star is a revision that people saved.
type Star struct {
	Star   int    `json:"star"`
	Label  string `json:"label"`
	Author string `json:"author"`
	Name   string `json:"name"`
	Time   string `json:"time"`
}

// NewStar is the line of a saved revision.
func NewStar(s pad.SavedRevision, names map[string]string) Star {
	return Star{s.Revision, s.Label, s.Author, names[s.Author], Stamp(s.Time)}
}
