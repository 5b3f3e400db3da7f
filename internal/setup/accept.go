package setup

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// An Acceptance is a version that is said to be right.
type Acceptance struct {
	Source  manifest.Source
	ID      string
	Version manifest.VersionRecord // as it was; if it was not suspect, nothing had to be stored
}

// Accept says in the repository at a place that versions of the selected
// documents are right: those that the point means, by their name or as the
// newest at some moment. Names are those of all documents there. Those that a
// pattern took are accepted only if agreed; else the error is a *GuessError.
func (s *Settings) Accept(ctx context.Context, at Place, w Writing, selection *library.Selection, point string, changeRecipients, agreed bool) (all []Acceptance, names *library.Names, err error) {
	repo, err := s.OpenToWrite(ctx, at, w.Keys, new(spool.Pool), w.Warn)
	if errors.Is(err, ErrPlain) {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, Unwritten(at, err)
	}
	names, version, err := s.Reading(repo, at).accepting(ctx, selection, point, agreed)
	if err != nil {
		return nil, nil, otherRunner(err)
	}
	sequence, err := repo.Accept(ctx, s.runOptions(repo, changeRecipients), func(r *manifest.Record) *manifest.VersionRecord {
		v := version(r)
		if v == nil || r.State == manifest.Erased || !selection.Has(r.Source, r.ID) {
			return nil
		}
		all = append(all, Acceptance{r.Source, r.ID, *v})
		return v
	})
	if err != nil {
		return nil, nil, Unwritten(at, err)
	}
	if sequence > 0 {
		s.Machine.KeepLists(repo.ID(), sequence, s.Machine.Seen(repo.ID()))
	}
	return all, names, nil
}

// runOptions are those of a run that writes lists and no packs.
func (s *Settings) runOptions(repo *repository.Repository, changeRecipients bool) repository.RunOptions {
	return repository.RunOptions{
		Program: s.setup.Program, Host: HostName(), Last: s.Machine.Lists(repo.ID()).Sequence, ChangeRecipients: changeRecipients,
	}
}

var versionForm = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}$`)

// accepting gives the names of the repository's documents, and what finds the
// version that the point means.
func (r *Reading) accepting(ctx context.Context, selection *library.Selection, point string, agreed bool) (*library.Names, func(*manifest.Record) *manifest.VersionRecord, error) {
	c, err := r.Contents(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	names, err := selection.Learn(r.ID(), c)
	if err == nil && selection.ByPattern() && !agreed {
		err = guess(c, selection, names)
	}
	if err != nil {
		return nil, nil, r.In(err)
	}
	if versionForm.MatchString(point) {
		return names, func(r *manifest.Record) *manifest.VersionRecord {
			i := slices.IndexFunc(r.Versions, func(v manifest.VersionRecord) bool { return v.Name == point })
			if i < 0 {
				return nil
			}
			return &r.Versions[i]
		}, nil
	}
	at, err := r.Moment(ctx, point)
	return names, at.Newest, err
}

// guess is a *GuessError for the selected documents, nil if there are none.
func guess(c *repository.Contents, selection *library.Selection, names *library.Names) error {
	var took GuessError
	for record, err := range c.Documents() {
		if err != nil {
			return err
		}
		if record.State != manifest.Erased && selection.Has(record.Source, record.ID) {
			took.Fits = append(took.Fits, library.Fit{Known: library.KnownOf(record), Hash: names.Short(record.Source, record.ID)})
		}
	}
	if len(took.Fits) == 0 {
		return nil
	}
	return &took
}

// FromPacks finds in the packs of the repository at a place what no list tells,
// and takes it up if adopt. It calls observe, if not nil, for each pack. The
// caller closes what was found.
func (s *Settings) FromPacks(ctx context.Context, at Place, w Writing, adopt, changeRecipients bool, observe func(done, of int)) (*repository.Found, *Reading, error) {
	repo, err := s.OpenToWrite(ctx, at, w.Keys, new(spool.Pool), w.Warn)
	if errors.Is(err, ErrPlain) {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, Unwritten(at, err)
	}
	r := s.Reading(repo, at)
	if err := r.AddOwner(ctx); err != nil {
		return nil, nil, err
	}
	found, err := r.FromPacks(ctx, observe)
	if err != nil {
		return nil, nil, Unwritten(at, err)
	}
	if !adopt {
		return found, r, nil
	}
	sequence, seen, err := found.Adopt(ctx, s.runOptions(r.Repository, changeRecipients))
	if err != nil {
		return nil, nil, errors.Join(Unwritten(at, err), found.Close())
	}
	if sequence > 0 {
		s.Machine.KeepLists(r.ID(), sequence, seen)
	}
	return found, r, nil
}
