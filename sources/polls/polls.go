// Package polls has what the sources of servers of polls have in common: PHP's
// sessions, bodies that are whole, and what a version tells of a poll.
package polls

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
)

// MaxBody bounds a page and a table: 240 columns of 50 votes are some 4 MB.
const MaxBody = 16 << 20

// ErrMangled is for a body that may be better the next time.
var ErrMangled = polite.Temporary(fmt.Errorf("%w", sources.ErrRefused))

// Receive takes a body of at most MaxBody that is UTF-8 and whole, as its end shows.
// The caller closes it.
func Receive(pool *spool.Pool, resp *http.Response, end *regexp.Regexp) (*spool.Spool, error) {
	body, err := pool.Receive(transform.NewReader(resp.Body, encoding.UTF8Validator), MaxBody)
	switch {
	case errors.Is(err, spool.ErrTooLarge):
		return nil, fmt.Errorf("%w: more than %d bytes", sources.ErrRefused, MaxBody)
	case errors.Is(err, encoding.ErrInvalidUTF8):
		return nil, fmt.Errorf("%w: not UTF-8", ErrMangled)
	case errors.Is(err, polite.ErrTemporary):
		return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
	case err != nil:
		return nil, err
	}
	tail := make([]byte, min(body.Size(), 4096))
	if _, err := body.ReadAt(tail, body.Size()-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, body.Close())
	}
	if !end.Match(tail) {
		return nil, errors.Join(fmt.Errorf("%w: cut short", ErrMangled), body.Close())
	}
	return body, nil
}

// IsType reports whether an answer is said to be of a media type.
func IsType(resp *http.Response, mediaType string) bool {
	return strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), mediaType)
}

// Bodies are the files of a version in the making.
type Bodies struct {
	Files  []sources.File
	spools []io.Closer
}

// Add adds a file. It takes the body.
func (b *Bodies) Add(name, format string, body *spool.Spool) {
	b.Files = append(b.Files, sources.File{Name: name, Format: format, Size: body.Size(), SHA256: body.SHA256(), Content: body})
	b.Hold(body)
}

// Hold closes with the others what is no file.
func (b *Bodies) Hold(body io.Closer) { b.spools = append(b.spools, body) }

// Close frees them.
func (b *Bodies) Close() error {
	var errs []error
	for _, s := range b.spools {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Saved reads the poll of a version.
func Saved(v *sources.Version) (*poll.Poll, error) {
	at := slices.IndexFunc(v.Files, func(f sources.File) bool { return f.Format == "json" })
	if at < 0 {
		return nil, fmt.Errorf("%w: the version has no poll.json", poll.ErrInvalid)
	}
	return poll.Decode(io.NewSectionReader(v.Files[at].Content, 0, v.Files[at].Size))
}

// Parts are what a look saw of a poll, part by part, as manifest.Facts has them.
type Parts struct {
	Fields, Items map[string]string
	Unseen        []poll.Part
}

// NewParts has none.
func NewParts() Parts { return Parts{Fields: make(map[string]string), Items: make(map[string]string)} }

// Add takes a part that this look could see, or else says that it could not.
func (a *Parts) Add(part poll.Part, seen bool, value any) {
	text, err := json.Marshal(value)
	if !seen || err != nil {
		a.Unseen = append(a.Unseen, part)
		return
	}
	sum := sha256.Sum256(text)
	a.Fields[string(part)] = hex.EncodeToString(sum[:8])
}

// AddItems takes the single votes, choices and comments, of the parts that were
// added.
func (a *Parts) AddItems(p *poll.Poll, choices, comments []string) {
	several := map[poll.Part][]string{poll.PartComments: comments, poll.PartChoices: choices, poll.PartVotes: nil}
	for _, v := range p.Votes {
		several[poll.PartVotes] = append(several[poll.PartVotes], v.Name)
	}
	for part, items := range several {
		if text := sources.ItemsOf(items); text != "" && a.Fields[string(part)] != "" {
			a.Items[string(part)] = text
		}
	}
}

// Facts are what later runs compare, with the hash of the file that has the poll.
func Facts(p *poll.Poll, content [sha256.Size]byte) sources.Facts {
	texts := []string{p.Title, p.Description}
	for _, c := range p.Choices {
		texts = append(texts, c.Moment, c.Label)
	}
	for _, v := range p.Votes {
		texts = append(texts, v.Name)
	}
	for _, c := range p.Comments {
		texts = append(texts, c.Author, c.Text)
	}
	f := sources.Facts{
		Content: hex.EncodeToString(content[:]),
		Blank:   p.Votes != nil && len(p.Votes)+len(p.Comments) == 0,
	}
	for _, text := range texts {
		f.Length += int64(utf8.RuneCountInString(text))
	}
	return f
}

// A Foreseen answer is asked for once, also where there is none, so that a plan for
// hundreds of polls costs one request. It is safe for concurrent use.
type Foreseen[T any] struct {
	mu    sync.Mutex // guards what follows, also while the server is asked
	asked bool
	found T
	err   error
}

// Get gives what ask gave the first time.
func (f *Foreseen[T]) Get(ask func() (T, error)) (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.asked {
		f.found, f.err = ask()
		f.asked = true
	}
	return f.found, f.err
}
