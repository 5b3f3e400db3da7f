package etherpad

import (
	"context"
	"errors"
	"io/fs"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// A sight is what is found under an id.
type sight int

const (
	free  sight = iota // no pad
	same               // the pad that is to be imported
	other              // any other pad
)

// look says what is under an id. With the API, which knows best what is there,
// it costs an export only if something is.
func (s *Source) look(ctx context.Context, id string, was *saved) (sight, error) {
	missing := free
	if s.access.Operator() {
		err := s.api.Call(ctx, "getRevisionsCount", nil, "padID", id)
		if errors.Is(err, fs.ErrNotExist) {
			return free, nil
		}
		if err != nil {
			return other, err
		}
		missing = other
	}
	f := padFormat
	if was.reduced {
		f = textFormat
	}
	seen := other
	err := s.export(ctx, &sources.Version{ID: id}, f, "", func(a *answer) (err error) {
		seen, err = s.compare(was, id, a)
		return err
	})
	if errors.Is(err, errNoExport) && !was.reduced && !errors.Is(err, fs.ErrPermission) {
		// The pad is broken, or the server exports no pad so and does not say
		// whether there is one.
		err = s.export(ctx, &sources.Version{ID: id}, textFormat, "", func(*answer) error { return nil })
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing, nil
	case errors.Is(err, errNoExport) && !errors.Is(err, fs.ErrPermission):
		return other, nil
	}
	return seen, err
}

// compare compares an answer with what is to be imported.
func (s *Source) compare(was *saved, id string, a *answer) (sight, error) {
	if was.reduced {
		letters, err := lettersOf(a.reader())
		if err != nil || letters != was.letters {
			return other, err
		}
		return same, nil
	}
	if _, err := s.inspect(a.body, a.body.Size(), id); errors.Is(err, pad.ErrNoPad) {
		return other, nil
	} else if errors.Is(err, sources.ErrRefused) {
		return other, server.Again(err)
	} else if err != nil {
		return other, err
	}
	theirs, called, err := pad.ReadFingerprint(a.body, a.body.Size())
	if err == nil && theirs != was.fingerprint {
		return other, nil
	}
	if called.Authors != was.names.Authors {
		was.lose(LossNames) // the server knew them before, as they are called now
	}
	return same, err
}
