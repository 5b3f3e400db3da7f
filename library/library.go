package library

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/repository"
)

// A Library is a repository that is read. It is safe for concurrent use.
type Library struct {
	Repository *repository.Repository
	Kinds      documents.Kinds // as in a Query

	// Seen, if not nil, is called with all contents of now that were read, so
	// that a machine can remember what there was.
	Seen func(*repository.Contents)
}

// ErrNoRun is for the name of a run that the repository does not have. It
// matches ErrWhen.
var ErrNoRun = fmt.Errorf("%w: there is no run of this name", ErrWhen)

// Moment reads what somebody says of a moment, which may be a run of the
// repository. The error for what is not a moment matches ErrWhen.
func (l Library) Moment(ctx context.Context, text string) (repository.At, error) {
	at, run, err := ParseWhen(text, time.Local)
	if err != nil || run == "" {
		return at, err
	}
	at, found, err := l.Repository.ResolveRun(ctx, run)
	if err == nil && !found {
		err = ErrNoRun
	}
	return at, err
}

// Contents reads what the repository held at a moment, as Moment reads it; ""
// is now. The caller closes them.
func (l Library) Contents(ctx context.Context, moment string) (*repository.Contents, error) {
	at, err := l.Moment(ctx, moment)
	if err != nil {
		return nil, err
	}
	return l.ContentsAt(ctx, at)
}

// ContentsAt reads what the repository held. Where no list can be read, the
// error matches repository.ErrUnreadable. The caller closes them.
func (l Library) ContentsAt(ctx context.Context, at repository.At) (*repository.Contents, error) {
	c, err := l.Repository.Read(ctx, at)
	if err != nil {
		return nil, err
	}
	if at == (repository.At{}) && l.Seen != nil {
		l.Seen(c)
	}
	if c.Readable() != nil {
		return nil, errors.Join(repository.ErrUnreadable, c.Close())
	}
	return c, nil
}
