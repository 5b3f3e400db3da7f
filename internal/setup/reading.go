package setup

import (
	"context"
	"errors"
	"time"

	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
)

// A Reading is a repository that is open for reading. It is for one goroutine
// at a time.
type Reading struct {
	*repository.Repository
	Shown    string // its address, without secrets
	Settings *Settings
}

// Open opens the first repository for reading, as OpenToRead does.
func (s *Settings) Open(ctx context.Context, warn Warner) (*Reading, error) {
	at := s.Repositories[0]
	repo, err := s.OpenToRead(ctx, at, new(spool.Pool), warn)
	if errors.Is(err, repository.ErrNone) && !errors.Is(err, ErrAway) && !s.Found && len(s.options.Repositories) == 0 {
		return nil, message.In(repository.ErrNone, "repository-unconfigured", "Repository", at.Shown, "File", s.File)
	}
	if err != nil {
		return nil, err
	}
	return s.Reading(repo, at), nil
}

// OpenOwned opens the first repository as its owner, who reads all of it. The error
// matches repository.ErrNoIdentity where it is sealed and nobody gave a key.
func (s *Settings) OpenOwned(ctx context.Context, warn Warner) (*Reading, error) {
	r, err := s.Open(ctx, warn)
	if err != nil {
		return nil, err
	}
	if err := r.AddOwner(ctx); err != nil {
		return nil, err
	}
	if r.Sealed() && !s.OwnerGiven() {
		return nil, r.In(repository.ErrNoIdentity)
	}
	return r, nil
}

// OpenAt opens the repository at a place for reading, as OpenToRead does.
func (s *Settings) OpenAt(ctx context.Context, at Place, warn Warner) (*Reading, error) {
	repo, err := s.OpenToRead(ctx, at, new(spool.Pool), warn)
	if err != nil {
		return nil, err
	}
	return s.Reading(repo, at), nil
}

// Reading is of a repository that is open.
func (s *Settings) Reading(repo *repository.Repository, at Place) *Reading {
	return &Reading{repo, at.Shown, s}
}

// Lists calls do, which reads only lists of documents: the runner's identity is
// enough for it. If that does not open them, the owner's does.
func (r *Reading) Lists(ctx context.Context, do func() error) error {
	err := do()
	if !errors.Is(err, repository.ErrNoIdentity) {
		return err
	}
	if err := r.AddOwner(ctx); err != nil {
		return err
	}
	return do()
}

// Library is what the repository holds for readers. The machine remembers what
// they see there.
func (r *Reading) Library() library.Library {
	return library.Library{
		Repository: r.Repository,
		Kinds:      r.Settings.setup.Kinds.OfDocuments(),
		Seen:       func(c *repository.Contents) { r.Settings.Machine.KeepLists(r.ID(), 0, c.Seen()) },
	}
}

// CheckAll checks the repository, as its Check does, and the machine remembers what
// that found. Names are those of its
// documents, if something is wrong.
func (r *Reading) CheckAll(ctx context.Context, readData bool, observe func(done, of int)) (*repository.CheckReport, *library.Names, error) {
	report, err := r.Check(ctx, readData, observe)
	if err != nil {
		return nil, nil, err
	}
	r.Settings.Machine.KeepLists(r.ID(), 0, report.Seen)
	r.Settings.Machine.KeepChecked(r.ID(), machine.Checked{
		Time: time.Now(), Data: readData, Documents: report.Documents, Versions: report.Versions, Bytes: report.Bytes, Problems: len(report.Problems),
	})
	if len(report.Problems) == 0 {
		return report, library.NoNames(r.ID()), nil
	}
	c, err := r.Read(ctx, repository.At{})
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	names, err := library.Select(nil, nil).Learn(r.ID(), c)
	return report, names, err
}

// Contents reads what the repository held at the moment when, as
// library.Library has it. The caller closes them.
func (r *Reading) Contents(ctx context.Context, when string) (*repository.Contents, error) {
	at, err := r.Moment(ctx, when)
	if err != nil {
		return nil, err
	}
	return r.ContentsAt(ctx, at)
}

// ContentsAt reads what the repository held. The caller closes them.
func (r *Reading) ContentsAt(ctx context.Context, at repository.At) (*repository.Contents, error) {
	c, err := r.Library().ContentsAt(ctx, at)
	if err != nil {
		return nil, r.In(err)
	}
	return c, nil
}

// Moment reads what somebody says of a moment, which may be a run of the
// repository. The error for what is not a moment matches library.ErrWhen.
func (r *Reading) Moment(ctx context.Context, when string) (repository.At, error) {
	at, err := r.Library().Moment(ctx, when)
	if err != nil && !errors.Is(err, library.ErrWhen) {
		err = r.In(err)
	}
	return at, err
}

// In is an error that came while reading the repository.
func (r *Reading) In(err error) error { return message.In(err, "repository", "Repository", r.Shown) }
