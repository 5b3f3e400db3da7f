package setup

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
)

var (
	// ErrNothing says that there is no document as asked for.
	ErrNothing = errors.New("no such document")

	// ErrLacking says that lists of documents are missing or cannot be read.
	ErrLacking = errors.New("lists are missing or cannot be read")

	// ErrIncomplete says that something was not done, and that it was said.
	ErrIncomplete = errors.New("not all documents")

	// ErrNoDocuments says that nobody named a document, ErrEmptyList that those
	// who did named none.
	ErrNoDocuments = errors.New("no documents")
	ErrEmptyList   = errors.New("empty list")

	// ErrUnopened says that no identity opens some objects.
	ErrUnopened = errors.New("no identity opens some objects")
)

// NothingWanted is the problem that there is nothing to back up, though something
// may have been named.
func (s *Settings) NothingWanted(named bool) error {
	switch {
	case named:
		return message.Of(message.Failed, ErrEmptyList, "nothing-listed")
	case !s.Found:
		return message.Of(message.Failed, ErrNoDocuments, "nothing-configured", "File", s.File)
	}
	return message.Of(message.Failed, ErrNoDocuments, "nothing-to-do", "File", s.File)
}

// Schemeless is err, with what to type instead of the first name for which
// nothing was found and that only lacks https:// to be an address.
func (k Kinds) Schemeless(s *library.Selection, err error) error {
	for _, text := range s.Unfound() {
		if address, ok := k.Completed(text); ok {
			return &SchemelessError{Completed: address, Err: err}
		}
	}
	return err
}

// A GuessError is for a change of documents that a pattern took, which somebody
// has to agree to.
type GuessError struct{ Fits []library.Fit }

// Error implements error. It names no document.
func (g *GuessError) Error() string { return "a pattern took these documents" }

// A NearError is for names for which nothing was found, where others are near.
type NearError struct {
	Names []string
	Err   error
}

// Error implements error. It names no document.
func (n *NearError) Error() string { return n.Err.Error() }

// Unwrap gives what is wrong without it.
func (n *NearError) Unwrap() error { return n.Err }

// Unfound is err, with what to type instead of the names for which nothing was
// found. Ids are shown to nobody but a person.
func (s *Setup) Unfound(selection *library.Selection, err error) error {
	if near := selection.Near(s.Attended); len(near) > 0 {
		err = &NearError{near, err}
	}
	return s.Kinds.Schemeless(selection, err)
}

// Nothing is the problem that there is no document as asked for. If lists of
// documents are lacking, they may tell it.
func (s *Setup) Nothing(selection *library.Selection, lacking int) error {
	switch cause := s.Unfound(selection, ErrNothing); {
	case lacking > 0 && selection.All():
		return lackingLists(lacking)
	case lacking > 0:
		return message.Of(message.Failed, errors.Join(ErrLacking, cause), "nothing-fits-lacking")
	default:
		return message.Of(message.Incomplete, cause, "nothing-fits")
	}
}

// ErrUnknown says that this machine knows no document as asked for.
var ErrUnknown = errors.New("no such document is known")

// Unknown is the problem that neither this machine nor a repository knows a document
// as asked for.
func (s *Setup) Unknown(selection *library.Selection) error {
	return message.Of(message.Incomplete, s.Unfound(selection, ErrUnknown), "nothing-known-fits")
}

// Lacking is the problem of a caller that wanted all documents where lists of
// them are missing or could not be read; nil if they are all there.
func Lacking(s *library.Selection, c *repository.Contents) error {
	n := c.Lacking()
	if n == 0 || !s.All() {
		return nil
	}
	return lackingLists(n)
}

func lackingLists(n int) error {
	return message.Of(message.Incomplete, ErrLacking, "lists-lacking", "Count", n)
}

// Outcome is the problem that the report of a backup adds up to, nil if all is
// well. Unlisted are the sources that could not be asked what they hold.
func Outcome(r *backup.Report, t *backup.Tally, unlisted []backup.Unlisted) error {
	var errs []error
	for _, repo := range r.Repositories {
		if repo.Err != nil {
			errs = append(errs, message.In(repo.Err, "repository", "Repository", repo.Name))
		}
	}
	switch {
	case r.Broken != nil:
		return message.Classed(message.Failed, r.Broken)
	case len(errs) > 0:
		return message.Classed(message.Failed, errors.Join(errs...))
	case r.Interrupted:
		return message.Of(message.Interrupted, context.Canceled, "interrupted")
	case len(unlisted) > 0:
		return Unlisted(message.Incomplete, unlisted)
	case r.Outcomes[backup.Failed] > 0 || r.New > 0 || slices.ContainsFunc(r.Repositories, func(repo backup.RepositoryReport) bool { return repo.Unreadable > 0 }):
		return message.Quiet(message.Incomplete, errors.Join(ErrIncomplete, t.Barriers()))
	}
	return nil
}

// Unlisted is the problem of sources that could not be asked what they hold, nil
// if there are none.
func Unlisted(class message.Class, sources []backup.Unlisted) error {
	var errs []error
	for _, s := range sources {
		errs = append(errs, message.Of(class, s.Err, "unlisted", "Source", s.URL, "Reason", s.Err))
	}
	if len(errs) == 0 {
		return nil
	}
	return message.Classed(class, errors.Join(errs...))
}

// Damage is what the problems that a check found add up to, with what to do
// about each kind of them. What no identity opens need not be damaged, and
// backing up again would not help. A list is not a pack: what packs hold can be
// read without it.
func Damage(report *repository.CheckReport) error {
	if len(report.Problems) == 0 {
		return nil
	}
	e := &message.Error{Message: message.New("check-problems", "Count", len(report.Problems)), Class: message.Failed, Silent: true}
	kinds := make(map[string]bool)
	for _, p := range report.Problems {
		head := (*repository.HeadError)(nil)
		switch {
		case p.Unopened:
		case p.Object == repository.HeadKey:
			if errors.As(p.Err, &head) {
				e.Hints = append(e.Hints, headHint(head))
			}
		case errors.Is(p.Err, repository.ErrSequence), errors.Is(p.Err, repository.ErrForeign):
			kinds["hint-intruder"] = true
		case strings.HasPrefix(p.Object, "packs/"):
			kinds["hint-damaged"] = true
		case p.Repaired:
			kinds["hint-repaired"] = true
		default:
			kinds["hint-damaged-list"] = true
		}
	}
	if report.Lost > 0 && report.Problems[0].Object == repository.HeadKey && len(report.Problems) == 1 {
		kinds["hint-damaged-list"] = true // packs alone, which nothing names
	}
	for _, id := range []string{"hint-damaged", "hint-damaged-list", "hint-repaired", "hint-intruder"} {
		if kinds[id] {
			e.Hints = append(e.Hints, message.New(id))
		}
	}
	if len(e.Hints) == 0 {
		e.Cause = ErrUnopened
	}
	return e
}

func headHint(e *repository.HeadError) message.Message {
	switch {
	case errors.Is(e, sinks.ErrNotFile):
		return message.New("hint-head-blocked", "Line", strings.Join(e.Lines, "\n"))
	case len(e.Lines) > 1:
		return message.New("hint-heads", "Lines", strings.Join(e.Lines, "\n"))
	}
	return message.New("hint-head", "Line", e.Lines[0])
}
