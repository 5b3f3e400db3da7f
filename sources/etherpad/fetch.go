package etherpad

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// Fetch implements sources.Source. A pad has no title but the one that MyPads
// shows to an account. If the server answers for the pad but gives no complete
// .etherpad, the version is a rescue copy, and says so. The id may be another
// spelling of the pad's own id, which the version has.
func (s *Source) Fetch(ctx context.Context, id, validator string) (*sources.Version, error) {
	if IsUnaskable(id) {
		return nil, sources.ErrUnaskable
	}
	id, err := s.ownID(id)
	if err != nil {
		return nil, err
	}
	v, err := s.fetch(ctx, id, validator)
	if other, ok := errors.AsType[*respelled](err); ok {
		return s.fetch(ctx, other.id, validator)
	}
	return v, err
}

func (s *Source) fetch(ctx context.Context, id, validator string) (*sources.Version, error) {
	v := &sources.Version{ID: id, Public: s.access == Access{}}
	known, rest := splitState(validator)
	etag, lacking := knownETag(rest, s.formats)
	state, err := s.knownState(ctx, id)
	if err != nil && !(errors.Is(err, fs.ErrNotExist) && id != strings.ToLower(id)) {
		return nil, err // the API knows no pad by another spelling; an export shows it
	}
	if state != "" && state == known && etag != "" {
		v.Unchanged, v.Validator, v.Lacking = true, validator, lacking
		return v, nil
	}
	if state != "" && pad.IsReadOnly(id) {
		return s.fetchByAPI(ctx, v, state, known)
	}
	leaks, err := s.fetchPad(ctx, v, etag)
	if pad.IsReadOnly(id) && errors.Is(err, errForbidden) {
		err = fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	switch {
	case errors.Is(err, errUnchanged):
		v.Unchanged, v.Validator, v.Lacking = true, withState(state, rest), lacking
		return v, nil
	case errors.Is(err, errArchived):
		err = s.archived(ctx, v)
	case errors.Is(err, errNoExport):
		err = s.rescue(ctx, v, err)
	case err == nil:
		err = s.fetchExtra(ctx, v, leaks)
	}
	if err == nil {
		err = s.entitle(ctx, v)
	}
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	// The state was asked for first: a change in between shows the next time.
	v.Validator = withState(state, v.Validator)
	return v, nil
}

// entitle gives a pad the name that its members gave it.
func (s *Source) entitle(ctx context.Context, v *sources.Version) error {
	now, err := s.account.Membership(ctx)
	if err == nil {
		v.Title = now.Pads[v.ID].Name
	}
	return err
}

// ownID leaves an id as it is if the API, which lists ids so, opens it: old
// pads have names that servers would change today.
func (s *Source) ownID(id string) (string, error) {
	if s.access.Operator() {
		return id, checkID(id)
	}
	return cleanID(id)
}

// fetchPad adds the .etherpad to v, with what it shows. It leaks if the server
// gave the real id behind a read-only one.
func (s *Source) fetchPad(ctx context.Context, v *sources.Version, etag string) (leaks bool, err error) {
	err = s.export(ctx, v, padFormat, etag, func(a *answer) error {
		in, err := s.inspect(a.body, a.body.Size(), v.ID)
		switch {
		case errors.Is(err, pad.ErrNoPad), errors.Is(err, pad.ErrTooLarge):
			return fmt.Errorf("%w: %w", errNoExport, err)
		case errors.Is(err, sources.ErrRefused):
			return server.Again(err)
		case err != nil:
			return err
		}
		if v.Validator, err = a.etag(); err != nil {
			return err
		}
		leaks = in.Real() != ""
		if in.NeedsRewrite() {
			if in, err = s.rewrite(a, in); err != nil {
				return err
			}
		}
		v.Facts = factsOf(in)
		if !in.Readable {
			v.Suspect = sources.Unreadable
		}
		v.Revision = fmt.Sprint(in.Head)
		v.Modified = in.Modified
		v.Facts.Expires = s.Expires(v.ID, in.Modified)
		history, err := in.History()
		add(v, padFormat, a.take())
		v.Files[len(v.Files)-1].History = history
		return err
	})
	return leaks, err
}

// rewrite replaces the answer with what may be kept of it.
func (s *Source) rewrite(a *answer, in *pad.Inspection) (*pad.Inspection, error) {
	w := s.pool.Create()
	if err := in.Rewrite(w); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	body, err := w.Finish()
	if err != nil {
		return nil, err
	}
	if err := a.replace(body); err != nil {
		return nil, err
	}
	return s.inspect(body, body.Size(), in.ID)
}

// inspect is pad.Inspect for what a server, or a repository, gave. What is not
// an export of the pad matches sources.ErrRefused.
func (s *Source) inspect(r io.ReaderAt, size int64, id string) (*pad.Inspection, error) {
	in, err := s.inspector.Inspect(r, size, id)
	for _, refused := range []error{pad.ErrMalformed, pad.ErrTooLarge, pad.ErrNoPad, pad.ErrOtherPad} {
		if errors.Is(err, refused) {
			return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
		}
	}
	return in, err
}

func factsOf(in *pad.Inspection) sources.Facts {
	head, f := int64(in.Head), in.Facts
	return sources.Facts{
		Revision: &head, Length: f.Length, First: f.First, Start: f.Start, Content: f.Content, Text: f.Text, Flaw: f.Flaw, Blank: f.Blank,
	}
}

// fetchExtra adds the formats that were asked for and, beside an export that no
// text can be made from, text and HTML. A format that cannot be had does not
// cost the .etherpad; but if it may come next time, v gets no validator.
func (s *Source) fetchExtra(ctx context.Context, v *sources.Version, leaks bool) error {
	formats := s.formats
	if v.Suspect == sources.Unreadable {
		formats, _ = extraFormats([]string{textFormat.name, htmlFormat.name}, formats...)
	}
	for _, f := range formats {
		if leaks && f.magic != "" {
			v.Lacking = append(v.Lacking, f.name)
			continue // its title is the real id too, and is not to be changed
		}
		err := s.fetchFormat(ctx, v, f)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, spool.ErrFolder) {
			return err
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, errNoExport) && !errors.Is(err, fs.ErrNotExist) {
			v.Validator = ""
		}
		if !slices.ContainsFunc(s.formats, f.is) {
			break // a server that cannot make one form of it makes no other
		}
		v.Lacking = append(v.Lacking, f.name)
	}
	v.Validator = withFormats(v.Validator, s.formats, v.Lacking)
	if text := fileOf(v, textFormat); v.Suspect == sources.Unreadable && text != nil {
		var err error
		v.Facts.Length, err = countCharacters(section(text))
		return err
	}
	return nil
}

func (s *Source) fetchFormat(ctx context.Context, v *sources.Version, f format) error {
	return s.export(ctx, v, f, "", func(a *answer) error {
		if err := f.check(a); err != nil {
			return server.Again(fmt.Errorf("%w: %s: %w", sources.ErrRefused, f.name, err))
		}
		if f.name == htmlFormat.name && !f.page && pad.IsReadOnly(v.ID) {
			if err := s.retitle(a, v.ID); err != nil {
				return err
			}
		}
		add(v, f, a.take())
		return nil
	})
}

func add(v *sources.Version, f format, body *spool.Spool) {
	v.Files = append(v.Files, sources.File{
		Name: fileName(v.ID) + "." + f.name, Format: f.name,
		Size: body.Size(), SHA256: body.SHA256(), Content: body,
	})
	release := v.Release
	v.Release = func() error {
		if release != nil {
			return errors.Join(release(), body.Close())
		}
		return body.Close()
	}
}

func fileName(id string) string {
	return strings.ReplaceAll(strings.ReplaceAll(id, "/", "_"), "\x00", "_")
}
