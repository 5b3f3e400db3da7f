package mirror

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// StateName is the name of the file that says what stands in a mirror.
const StateName = ".padsync-mirror.json"

const (
	stateFormat  = "padsync-mirror"
	stateVersion = 1

	maxState     = 64 << 20 // bytes
	maxDocuments = 200_000
	maxObjects   = 1_000_000 // documents and pages
	maxPages     = 5_000     // of one document
	maxRefs      = 200       // of one page
)

// ErrNewer says that a newer padsync keeps the mirror.
var ErrNewer = errors.New("a newer padsync keeps this mirror")

var errStateTooLong = errors.New("more pages than a mirror can have")

// A state is what stands in a mirror, as the machines say that keep it. It is read
// from a place that others may write to: nothing in it is believed but that a file
// may be changed or deleted if it is as somebody says that padsync wrote it, and
// has a name that padsync gives. A machine deletes only what it has proven to itself
// that it wrote.
type state struct {
	Format    string      `json:"format"`
	Version   int         `json:"version"`
	Documents []*document `json:"documents"`
}

// A document is what stands of one.
type document struct {
	Document string    `json:"document"` // its hash: neither its address nor its id
	Writer   string    `json:"writer"`   // the machine that told this last
	Title    string    `json:"title"`
	Service  string    `json:"service,omitempty"`
	Folder   string    `json:"folder"`
	Version  string    `json:"version"`
	Line     *string   `json:"line,omitempty"` // the first line of that version, "" for none that says something; nil: not looked at
	State    State     `json:"state,omitempty"`
	Modified time.Time `json:"modified,omitzero"`
	Saved    time.Time `json:"saved,omitzero"`
	Pages    []*page   `json:"pages"`
}

// A page is a file.
type page struct {
	Name    string    `json:"name"`
	Form    string    `json:"form"`
	Writer  string    `json:"writer"`            // the machine that wrote it
	Earlier string    `json:"earlier,omitempty"` // the version, if it is not the document's
	Saved   time.Time `json:"saved,omitzero"`    // when an earlier one was
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256"`
	Proof   string    `json:"proof"`          // by which its writer knows that it wrote this page under this name
	Made    string    `json:"made,omitempty"` // a hash of what it was made from
	Refs    []string  `json:"refs,omitempty"` // hashes of the documents whose addresses are in it
}

// A State says what is to be known of a document's newest copy.
type State string

// The states.
const (
	Current State = ""
	Missing State = "missing" // its server no longer has it
	Suspect State = "suspect" // the newest copy looks like a loss: an older one is shown
	Failed  State = "failed"  // its server could not be asked at the last look
)

var (
	hashForm    = regexp.MustCompile(`^[0-9a-f]{16}$`)
	longForm    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	shortForm   = regexp.MustCompile(`^[0-9a-f]{32}$`)
	versionForm = regexp.MustCompile(`^[A-Za-z0-9._-]{0,100}$`)
)

// readState reads what stands. Without a file, and with one that is damaged, that
// is nothing.
func readState(ctx context.Context, store Store) (s *state, damaged bool, err error) {
	empty := &state{Format: stateFormat, Version: stateVersion}
	r, err := store.Get(ctx, StateName, 0, maxState+1)
	if errors.Is(err, fs.ErrNotExist) {
		return empty, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxState+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, false, fmt.Errorf("read what stands in the mirror: %w", err)
	}
	s = new(state)
	if len(text) > maxState || bytes.Count(text, []byte("{")) > maxObjects || !utf8.Valid(text) || json.Unmarshal(text, s) != nil || s.Format != stateFormat || s.Version < 1 {
		return empty, true, nil
	}
	if s.Version > stateVersion {
		return nil, false, ErrNewer
	}
	return s, s.sift(), nil
}

// sift leaves out what padsync cannot have written, and says whether there was
// such.
func (s *state) sift() (damaged bool) {
	taken, seen := make(map[string]bool), make(map[string]bool)
	kept := make([]*document, 0, min(len(s.Documents), maxDocuments))
	for _, d := range s.Documents {
		if len(kept) == maxDocuments || d == nil || seen[d.Document] || !d.sound() {
			damaged = true
			continue
		}
		sound := len(d.Pages)
		d.Pages = slices.DeleteFunc(d.Pages, func(p *page) bool {
			if p == nil || !p.sound() || !isPage(p.Name, p.Form) || taken[fold(p.Name)] {
				return true
			}
			taken[fold(p.Name)] = true
			return false
		})
		damaged = damaged || len(d.Pages) < sound
		seen[d.Document] = true
		kept = append(kept, d)
	}
	s.Documents = kept
	return damaged
}

func (d *document) sound() bool {
	return hashForm.MatchString(d.Document) && shortForm.MatchString(d.Writer) && versionForm.MatchString(d.Version) &&
		len(d.Title) <= 1000 && titleOf(d.Title, 1000) == d.Title && len(d.Service) <= 1000 && titleOf(d.Service, 1000) == d.Service &&
		(d.Line == nil || len(*d.Line) <= 1000 && titleOf(*d.Line, 1000) == *d.Line) &&
		clean(d.Folder) == d.Folder && len(d.Pages) <= maxPages && slices.Contains([]State{Current, Missing, Suspect, Failed}, d.State)
}

func (p *page) sound() bool {
	return longForm.MatchString(p.SHA256) && shortForm.MatchString(p.Writer) && p.Size >= 0 && versionForm.MatchString(p.Earlier) && len(p.Refs) <= maxRefs &&
		(p.Made == "" || shortForm.MatchString(p.Made)) &&
		!slices.ContainsFunc(p.Refs, func(ref string) bool { return !hashForm.MatchString(ref) })
}

// isBeside reports whether a name is one that beside gives.
func isBeside(name, of string) bool {
	for n := range maxBeside {
		if name == beside(of, n+1) {
			return true
		}
	}
	return false
}

// write stores what stands, unless the store has just that. The machines that keep
// a mirror do not wait for each other: what another one wrote meanwhile of its own
// documents is taken over.
func (s *state) write(ctx context.Context, store Store, own string) error {
	all := make(map[string]*document)
	for _, d := range s.Documents {
		all[d.Document] = d
	}
	now, damaged, err := readState(ctx, store)
	if err != nil {
		return err
	}
	there := now.encode()
	for _, d := range now.Documents {
		if here := all[d.Document]; d.Writer != own && (here == nil || here.Writer != own) {
			all[d.Document] = d
		}
	}
	s.Documents = slices.Collect(maps.Values(all))
	text := s.encode()
	if !damaged && bytes.Equal(text, there) {
		return nil
	}
	if len(text) > maxState || bytes.Count(text, []byte("{")) > maxObjects {
		return errStateTooLong // nobody could read it
	}
	return store.Replace(ctx, StateName, bytes.NewReader(text), int64(len(text)))
}

// encode gives the same bytes for the same state.
func (s *state) encode() []byte {
	slices.SortFunc(s.Documents, func(a, b *document) int { return strings.Compare(a.Document, b.Document) })
	for _, d := range s.Documents {
		slices.SortFunc(d.Pages, func(a, b *page) int { return strings.Compare(a.Name, b.Name) })
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil { // it has only what JSON can hold
		return nil
	}
	return text.Bytes()
}

// byTitle sorts documents for people.
func byTitle(a, b *document) int {
	return cmp.Or(strings.Compare(fold(a.Folder), fold(b.Folder)), strings.Compare(fold(a.Title), fold(b.Title)), strings.Compare(a.Document, b.Document))
}
