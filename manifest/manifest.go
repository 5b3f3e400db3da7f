// Package manifest is the JSON record of a run: what was looked at, what was
// saved, and where it lies. It reads, writes and merges such records one
// document at a time; it knows nothing of stores or keys.
//
// docs/format.md is normative.
package manifest

import (
	"fmt"
	"regexp"
	"time"
)

// Version is the version of the format that this package writes.
const Version = 1

// A Header is all of a manifest but its documents.
type Header struct {
	Format     string   `json:"format"`
	Version    int      `json:"version"`
	Repository string   `json:"repository"` // its id
	Sequence   int64    `json:"sequence"`
	Run        string   `json:"run"`
	Resumes    []string `json:"resumes,omitempty"` // the runs that this one takes up
	Started    Time     `json:"started"`
	Finished   Time     `json:"finished"`
	Complete   bool     `json:"complete"`
	Ended      Ending   `json:"ended,omitempty"`     // why the run goes no further, if it is not complete
	Before     []string `json:"before,omitempty"`    // ids that must exist, or be included
	Repairs    []string `json:"repairs,omitempty"`   // ids of lost ones, in whose place packs were read
	Includes   []string `json:"includes,omitempty"`  // checkpoints: the ids it replaces
	Gone       []string `json:"gone,omitempty"`      // checkpoints: ids that were included, and no longer exist
	Told       []string `json:"told,omitempty"`      // checkpoints: who first told a fact
	Condemned  []string `json:"condemned,omitempty"` // packs about to be deleted
	Program    string   `json:"program"`
	Host       string   `json:"host"`
	Recipients []string `json:"recipients,omitempty"` // hashes of who can read the packs
	Lost       Hashes   `json:"lost,omitempty"`       // recipients whose identities nobody has any more
	Sources    []Source `json:"sources"`
	Packs      []Pack   `json:"packs"`
	Parts      []Pack   `json:"parts,omitempty"` // checkpoints: where the documents are
}

// An Ending says why a run ended before all was looked at.
type Ending string

const (
	AtEnd    Ending = ""       // it looked at all
	BySignal Ending = "signal" // somebody ended it
	ByLimit  Ending = "limit"  // the time that it was given was up
	ByError  Ending = "error"  // the store took no more
)

// A Source names a server that holds documents.
type Source struct {
	Kind string `json:"kind"`
	URL  string `json:"url"` // normalised base address
	Name string `json:"name,omitempty"`
}

// A Pack is a stored object that others refer to by its place in a list.
type Pack struct {
	Key        string `json:"key"`
	Size       int64  `json:"size"`                 // bytes, as stored
	Recipients Hashes `json:"recipients,omitempty"` // who can read it; none: it is not sealed
}

// A State is what the last look at a document found.
type State string

const (
	Current State = "current" // it is there, and its newest version is what it holds
	Missing State = "missing" // the source no longer has it
	Failed  State = "failed"  // it could not be looked at
	Erased  State = "erased"  // a tombstone

	// Removed is of Records alone: somebody said after the last look that it
	// is no document, and it never had a version.
	Removed State = "removed"
)

// A Document is what a manifest tells of one document.
type Document struct {
	Source int    `json:"source"` // place in the header's sources
	ID     string `json:"id"`     // decoded text

	// The last look. Checked is absent where it is the header's Finished.
	State   State  `json:"state,omitempty"`
	Error   string `json:"error,omitempty"`
	Checked *Time  `json:"checked,omitempty"`
	Told    *int   `json:"told,omitempty"` // checkpoints: who told the look

	// Withheld is a request that this look did not make, or not again.
	Withheld *Withheld `json:"withheld,omitempty"`

	// Said is what somebody said of the document, without looking at it.
	Said *Said `json:"said,omitempty"`

	Versions []DocumentVersion `json:"versions,omitempty"`
}

// A Withheld is a request with a password at which the connection broke, so
// that it may have harmed the server.
type Withheld struct {
	Since Time   `json:"since"` // when it was made
	Key   string `json:"key"`   // from the source, which sees by it whether the password has changed
}

// A DocumentVersion is what a manifest tells of one version. A fact that is
// absent is not told here, and stands as an older manifest told it.
type DocumentVersion struct {
	Name      string  `json:"version"`
	Saved     *Time   `json:"saved,omitempty"`
	Recovered bool    `json:"recovered,omitempty"` // told from packs
	Revision  string  `json:"revision,omitempty"`
	Modified  *Time   `json:"modified,omitempty"`
	Title     string  `json:"title,omitempty"`
	Facts     *Facts  `json:"facts,omitempty"`
	Validator *string `json:"validator,omitempty"`
	Suspect   *string `json:"suspect,omitempty"` // "" clears it
	Public    *bool   `json:"public,omitempty"`  // whether its public address was all that it took; nil: nothing is told
	Files     []File  `json:"files,omitempty"`

	// Checkpoints: who told the version first, its validator, its suspect, its
	// location and, if that is told, whether it is public.
	Told []int `json:"told,omitempty"`
}

// Places in DocumentVersion.Told.
const (
	ToldVersion = iota
	ToldValidator
	ToldSuspect
	ToldLocation
	ToldPublic
)

// A File is one saved form of a document and its place.
type File struct {
	Name   string   `json:"name"`
	Format string   `json:"format"`
	Size   int64    `json:"size"`
	SHA256 string   `json:"sha256"`
	Pack   int      `json:"pack"`   // place in the header's packs
	Frame  [2]int64 `json:"frame"`  // offset and length of a zstd frame in the opened pack
	Offset int64    `json:"offset"` // of the file in the decompressed frame

	// History is nil for a file that was stored whole and is not compared.
	History *History `json:"history,omitempty"`
}

// Time is a time in whole seconds, written in UTC as 2026-11-22T14:41:06Z.
type Time struct{ time.Time }

// At is t as manifests hold it.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Second)} }

const timeLayout = "2006-01-02T15:04:05Z"

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) {
	if y := t.Year(); y < 0 || y > 9999 {
		return nil, fmt.Errorf("year %d cannot be written", y)
	}
	return t.UTC().AppendFormat(nil, timeLayout), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Time) UnmarshalText(b []byte) error {
	parsed, err := time.Parse(timeLayout, string(b))
	if err != nil {
		return fmt.Errorf("time is not of the form %s", timeLayout)
	}
	t.Time = parsed
	return nil
}

// MarshalJSON keeps time.Time's own from being used.
func (t Time) MarshalJSON() ([]byte, error) {
	b, err := t.MarshalText()
	return append(append([]byte{'"'}, b...), '"'), err
}

// UnmarshalJSON keeps time.Time's own from being used.
func (t *Time) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return fmt.Errorf("time is not a string")
	}
	return t.UnmarshalText(b[1 : len(b)-1])
}

// ID is a manifest's name without the ending: sequence, time and the
// beginning of the hash of its stored bytes. Ids sort as strings in the order
// of sequences.
func ID(sequence int64, finished time.Time, sum [32]byte) string {
	return fmt.Sprintf("%010d-%s-%x", sequence, finished.UTC().Format("20060102T150405Z"), sum[:8])
}

var idForm = regexp.MustCompile(`^([0-9]{10})-([0-9]{8}T[0-9]{6}Z)-([0-9a-f]{16})$`)

// ParseID gives the parts of an id; ok is false for what is not one.
func ParseID(id string) (sequence int64, finished time.Time, hash string, ok bool) {
	m := idForm.FindStringSubmatch(id)
	if m == nil {
		return 0, time.Time{}, "", false
	}
	if _, err := fmt.Sscanf(m[1], "%d", &sequence); err != nil {
		return 0, time.Time{}, "", false
	}
	finished, err := time.Parse("20060102T150405Z", m[2])
	return sequence, finished, m[3], err == nil
}
