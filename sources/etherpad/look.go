package etherpad

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf16"

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

// look says what is under an id. For who has the API, which knows best what is
// there, it costs an export only if something is.
func (s *Source) look(ctx context.Context, id string, l *load) (sight, error) {
	missing := free
	if s.access.operator() {
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
	if l.reduced {
		f = textFormat
	}
	seen := other
	err := s.export(ctx, id, f, "", func(a *answer) (err error) {
		seen, err = s.compare(l, id, a)
		return err
	})
	if errors.Is(err, errNoExport) && !l.reduced && !errors.Is(err, fs.ErrPermission) {
		// A pad that is broken; or a server that exports none so, and does not
		// tell whether there is one.
		err = s.export(ctx, id, textFormat, "", func(*answer) error { return nil })
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
func (s *Source) compare(l *load, id string, a *answer) (sight, error) {
	if l.reduced {
		letters, err := lettersOf(a.reader())
		if err != nil || letters != l.letters {
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
	if err == nil && theirs != l.fingerprint {
		return other, nil
	}
	if called.Authors != l.names.Authors {
		l.lose(LossNames) // the server knew them before, as they are called now
	}
	return same, err
}

// newIDs are the ids that a pad may get on another server, the best first. The
// name of one in a group keeps the group's id, and one that is known under a
// read-only id gets one that nobody can guess: who could not open or edit the
// old pad is not to find the new one by its name.
func newIDs(id string) []string {
	switch group := groupOf(id); {
	case strings.HasPrefix(id, "r."):
		return []string{strings.ToLower(rand.Text())}
	case group != "":
		_, name, _ := strings.Cut(id, "$")
		id = shorten(name, maxName-len(group)) + "-" + strings.TrimPrefix(group, "g.")
	}
	id = strings.ReplaceAll(id, "$", "_")
	if clean, err := cleanID(id); err == nil {
		id = clean
	}
	ids := []string{shorten(id, maxName)}
	for n := 2; n <= 9; n++ {
		suffix := fmt.Sprint("-", n)
		ids = append(ids, shorten(id, maxName-len(suffix))+suffix)
	}
	return ids
}

func isProtected(id string) bool { return pad.IsReadOnly(id) || groupOf(id) != "" }

// maxName is what servers take, in UTF-16 units.
const maxName = 50

func shorten(name string, most int) string {
	units := 0
	for i, r := range name {
		if units += max(utf16.RuneLen(r), 1); units > most {
			return name[:i]
		}
	}
	return name
}
