package pollaris

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

var _ sources.Importer = (*Source)(nil)

// Losses implements sources.Importer: the server's form tells whether it wants its
// organisers' addresses. Errors are as Import's.
func (s *Source) Losses(ctx context.Context, v *sources.Version) ([]sources.Loss, error) {
	if v.As != "" {
		return nil, sources.ErrAs // the server chooses them
	}
	saved, err := polls.Saved(v)
	if err != nil {
		return nil, err
	}
	form, err := s.foreseen.Get(func() (creation, error) { return s.openCreation(ctx, new(session), saved.Kind) })
	if err != nil {
		return nil, err
	}
	d, err := s.draft(saved, v.ID, form)
	if err != nil {
		return nil, err
	}
	return d.losses, nil
}

// Import implements sources.Importer: it fills in the forms of Pollaris 1.1 and 1.2,
// as a visitor would. Until all votes and comments are in, the poll is at an address
// that the server chose and nobody knows; then it gets the rules that hold votes
// back, its closing date and, where that is free, the address that it had. The server
// mails nobody, unless it demands the organiser's address: then it mails the links
// to that, once.
//
// Errors match ErrTooLarge, ErrNoDays or sources.ErrMail for what cannot be imported
// here, and nothing was made. Where the first step has no answer, there may be a
// draft that nobody can find.
func (s *Source) Import(ctx context.Context, v *sources.Version) (*sources.Imported, error) {
	saved, err := polls.Saved(v)
	if err != nil {
		return nil, err
	}
	m := &making{Source: s}
	form, err := s.openCreation(ctx, &m.session, saved.Kind)
	if err != nil {
		return nil, err
	}
	if m.draft, err = s.draft(saved, v.ID, form); err != nil {
		return nil, err
	}
	if err := m.create(ctx, form); err != nil {
		return nil, err
	}
	err = m.fill(ctx)
	if err == nil {
		err = m.compare(ctx)
	}
	made := &sources.Imported{
		ID: m.slug, Address: Address{Base: s.base, Slug: m.slug}.URL(),
		Private: map[string]string{"admin": s.base + "/polls/" + m.poll.String()}, Losses: m.draft.losses,
	}
	if err != nil {
		return made, fmt.Errorf("%w: %w", sources.ErrDiffers, err)
	}
	return made, nil
}

// draft makes the draft for the server whose form this is.
func (s *Source) draft(saved *poll.Poll, id string, form creation) (*draft, error) {
	d, err := draftOf(saved, id, target{password: s.password(id), mail: s.options.Mail})
	if err != nil {
		return nil, err
	}
	if on(d.Settings.Password) && d.password == "" {
		d.password = rand.Text()
	}
	if form.mail && d.Settings.Mail == "" {
		return nil, sources.ErrMail
	}
	return d, nil
}

// A making is a poll in the making.
type making struct {
	*Source
	draft   *draft
	session session // of its admin
	poll    locator
	slug    string // the one that it has
	mails   bool   // the server has the organiser's address already

	last time.Time // when it sent the last vote or comment
}

// fill does all that follows once the poll is there, as a draft of the server's.
func (m *making) fill(ctx context.Context) error {
	if err := m.sendChoices(ctx); err != nil {
		return err
	}
	// Whoever votes sees the votes, and the server mails nobody of them.
	if err := m.sendSettings(ctx, poll.Settings{Edit: poll.EditOwn}, "", ""); err != nil {
		return err
	}
	if !on(m.draft.Settings.Draft) {
		if err := m.publish(ctx); err != nil {
			return err
		}
	}
	for i := range m.draft.Votes {
		if err := m.cast(ctx, i); err != nil {
			return fmt.Errorf("vote %d of %d: %w", i+1, len(m.draft.Votes), err)
		}
	}
	for i := range m.draft.Comments {
		if err := m.comment(ctx, i); err != nil {
			return fmt.Errorf("comment %d of %d: %w", i+1, len(m.draft.Comments), err)
		}
	}
	if err := m.finish(ctx); err != nil {
		return err
	}
	if m.draft.opens == m.draft.Expires && (m.mails || m.draft.Settings.Mail == "") {
		return nil
	}
	return m.sendTexts(ctx)
}

// compare reads the new poll back by its admin link, and says whether it is the
// draft.
func (m *making) compare(ctx context.Context) error {
	reader, err := New(m.address(), m.client, m.pool, Options{Passwords: map[string]string{m.slug: m.draft.password}})
	if err != nil {
		return err
	}
	v, err := reader.Fetch(ctx, m.poll.String(), "")
	if err != nil {
		return err
	}
	defer v.Close()
	got, err := polls.Saved(v)
	if err != nil {
		return err
	}
	if v.Suspect != "" {
		return errors.New("its page and its table are not of the same votes")
	}
	if part := m.draft.differs(got); part != "" {
		return fmt.Errorf("its %s", part)
	}
	return nil
}
