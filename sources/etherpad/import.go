package etherpad

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/mypads"
)

// What an Import may not bring back.
const (
	LossHistory    sources.Loss = "history"         // all revisions but the newest
	LossAuthors    sources.Loss = "authors"         // who wrote what
	LossNames      sources.Loss = "author-names"    // what authors were called then
	LossChat       sources.Loss = "chat"            //
	LossSaved      sources.Loss = "saved-revisions" // those with a star
	LossFormatting sources.Loss = "formatting"      // bold, lists and the like
	LossPlugins    sources.Loss = "plugins"         // what plugins kept with the pad
	LossProtection sources.Loss = "protection"      // anybody with the address may edit: it was in a group, or read-only
)

var _ sources.Importer = (*Source)(nil)

// ErrTaken is matched by the error for a pad all of whose ids are those of
// other pads.
var ErrTaken = errors.New("the server has other pads under this id and under similar ones")

// errNotTaken is matched by errors for an import that the server refuses, and
// would the next time.
var errNotTaken = errors.New("the server does not take it")

// Losses implements sources.Importer. The server is not asked: what it refuses is
// not known before.
func (s *Source) Losses(_ context.Context, v *sources.Version) ([]sources.Loss, error) {
	return s.losses(v), nil
}

func (s *Source) losses(v *sources.Version) []sources.Loss {
	var losses []sources.Loss
	if isProtected(v.ID) && s.group == "" {
		losses = append(losses, LossProtection)
	}
	switch {
	case fileOf(v, padFormat) != nil:
	case fileOf(v, htmlFormat) != nil:
		losses = append(losses, LossHistory, LossAuthors, LossChat, LossSaved)
	default:
		losses = append(losses, LossHistory, LossAuthors, LossChat, LossSaved, LossFormatting)
	}
	return losses
}

// Import implements sources.Importer: the pad is imported as .etherpad, which
// has all of it; where the server refuses that, as HTML or text. It gets the id
// that it had, if that is free, and in a group of MyPads a name. A pad that
// already holds the same is found.
func (s *Source) Import(ctx context.Context, v *sources.Version) (*sources.Imported, error) {
	was, err := s.openSaved(v)
	if err != nil {
		return nil, err
	}
	if s.group != "" {
		return s.importMember(ctx, was)
	}
	ids := newIDs(v.ID)
	if v.As != "" {
		if ids, err = asked(v.As); err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		seen, err := s.look(ctx, id, was)
		if other, ok := errors.AsType[*respelled](err); ok {
			id = other.id
			seen, err = s.look(ctx, id, was)
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("look for the new pad: %w", err)
		case seen == same:
			made := s.imported(id, was)
			made.Found = true
			return made, nil
		case seen == other:
			continue
		}
		if made, err := s.create(ctx, id, was); !errors.Is(err, ErrTaken) {
			return made, err
		}
	}
	if v.As != "" {
		return nil, sources.ErrAs
	}
	return nil, ErrTaken
}

func (s *Source) imported(id string, was *saved) *sources.Imported {
	address := Address{s.server.Base(), id}.URL()
	if s.group != "" {
		address = mypads.PadURL(s.server.Base(), s.group, id)
	}
	return &sources.Imported{ID: id, Address: address, Losses: was.losses}
}

// create makes the pad of an id that is free. ErrTaken says that it no longer
// is.
func (s *Source) create(ctx context.Context, id string, was *saved) (*sources.Imported, error) {
	err := errNotTaken
	if was.export != nil {
		err = s.createWhole(ctx, id, was)
	}
	if errors.Is(err, errNotTaken) {
		was.reduce()
		err = s.createReduced(ctx, id, was, err)
	}
	if err != nil && !errors.Is(err, sources.ErrDiffers) {
		return nil, err
	}
	return s.imported(id, was), err
}

func (s *Source) createWhole(ctx context.Context, id string, was *saved) error {
	body, err := s.addressTo(id, was.export)
	if err != nil {
		return err
	}
	defer body.Close()
	return s.send(ctx, id, was, func() error { return s.upload(ctx, id, padFormat, body, body.Size()) })
}

// createReduced imports as HTML, else as text. An operator's API takes what the
// import does not, which may be closed.
func (s *Source) createReduced(ctx context.Context, id string, was *saved, err error) error {
	for _, f := range []format{htmlFormat, textFormat} {
		body, made := was.as(s.pool, f)
		if errors.Is(made, fs.ErrNotExist) {
			continue
		}
		if made != nil {
			return made
		}
		if f.name == textFormat.name {
			was.lose(LossFormatting)
		}
		err = s.send(ctx, id, was, func() error { return s.upload(ctx, id, f, body, body.Size()) })
		if errors.Is(err, errNotTaken) && s.access.Operator() {
			err = s.send(ctx, id, was, func() error { return s.set(ctx, id, f, body) })
		}
		if closed := body.Close(); err == nil {
			err = closed
		}
		if !errors.Is(err, errNotTaken) {
			return err
		}
	}
	return err
}

const (
	sendTries  = 2
	settleTime = 5 * time.Second
)

// send sends what makes a pad and reads it back. Only the pad shows whether a
// request without an answer did something. What was done and does not show is
// not done again: the server may also not show a pad that was there before.
func (s *Source) send(ctx context.Context, id string, was *saved, post func() error) error {
	var err error
	var withheld *sources.WithheldError
	for try := range sendTries {
		if err = post(); errors.As(err, &withheld) && withheld.Err != nil {
			return fmt.Errorf("%w: %w", sources.ErrUnsure, err) // a look would also need the password
		}
		unanswered := errors.Is(err, polite.ErrTemporary) && !errors.Is(err, polite.ErrDown) && ctx.Err() == nil
		done := err == nil || try > 0 && errors.Is(err, ErrTaken) // by the try before, it seems
		if !done && !unanswered {
			return err
		}
		seen, looked := s.lookAgain(ctx, id, was)
		switch {
		case looked != nil:
			return fmt.Errorf("%w: read the new pad back: %w", sources.ErrUnsure, looked)
		case seen == same:
			return nil
		case seen == other:
			return sources.ErrDiffers
		case done:
			return fmt.Errorf("%w: the server says so, and does not show it", sources.ErrUnsure)
		}
	}
	return fmt.Errorf("%w: %w", errNotTaken, err)
}

// lookAgain gives a server some time: 1.8.14 answers before it has written
// all.
func (s *Source) lookAgain(ctx context.Context, id string, was *saved) (sight, error) {
	seen, err := s.look(ctx, id, was)
	if err != nil || seen == same {
		return seen, err
	}
	t := time.NewTimer(settleTime)
	defer t.Stop()
	select {
	case <-t.C:
		return s.look(ctx, id, was)
	case <-ctx.Done():
		return seen, context.Cause(ctx)
	}
}
