package framadate

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

var _ sources.Importer = (*Source)(nil)

// Losses implements sources.Importer: the server's form shows what it wants of
// its organisers, and which ids and letters it takes. Errors are as Import's.
func (s *Source) Losses(ctx context.Context, v *sources.Version) ([]sources.Loss, error) {
	if v.As != "" {
		return nil, sources.ErrAs // the server chooses them
	}
	saved, err := polls.Saved(v)
	if err != nil {
		return nil, err
	}
	form, err := s.foreseen.Get(func() (creation, error) { return s.visitor().openCreation(ctx, saved.Kind) })
	if err != nil {
		return nil, err
	}
	d, err := s.draft(saved, v.ID, form)
	if err != nil {
		return nil, err
	}
	return d.losses, nil
}

// Import implements sources.Importer: it fills in the forms of Framadate 1.0.3
// to 1.2-alpha1, in French, as a visitor without a past would. The poll keeps its
// public id where that is free, and gets a new admin id. Its organiser gets the mails that the server sends about a new
// poll; votes and comments go through the admin page, which sends none. The
// server deletes polls that expired long ago whenever it makes one.
//
// Errors match ErrTooLarge, ErrNoDays or sources.ErrMail for what cannot be
// imported here; then nothing was made. They match sources.ErrUnsure if the
// last step of making the poll had no answer: it may be there, without votes,
// and its organiser may have got a mail with its links.
func (s *Source) Import(ctx context.Context, v *sources.Version) (*sources.Imported, error) {
	saved, err := polls.Saved(v)
	if err != nil {
		return nil, err
	}
	visitor := s.visitor()
	form, err := visitor.openCreation(ctx, saved.Kind)
	if err != nil {
		return nil, err
	}
	d, err := s.draft(saved, v.ID, form)
	if err != nil {
		return nil, err
	}
	l, err := visitor.create(ctx, d)
	if err != nil {
		return nil, err
	}
	made := &sources.Imported{
		ID: cmp.Or(d.id, l.key[:publicSize]), Private: map[string]string{"admin": s.base + "/adminstuds.php?poll=" + l.key},
	}
	p, err := visitor.look(ctx, l, nil)
	if err == nil {
		made.ID = p.publicID
		if d.id != "" && d.id != made.ID {
			d.renounces()
		}
		err = visitor.fill(ctx, l, p, d)
	}
	if err == nil {
		err = visitor.compare(ctx, l, d, saved)
	}
	made.Address, made.Losses = Address{Base: s.base, ID: made.ID}.URL(), d.losses
	if err != nil {
		return made, fmt.Errorf("%w: %w", sources.ErrDiffers, err)
	}
	return made, nil
}

// visitor is a Source for the same server without a session: the form that is
// being filled in lives in the session, and two polls at once would be mixed.
func (s *Source) visitor() *Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Source{
		base: s.base, client: s.client, pool: s.pool, upgrade: s.upgrade, options: Options{User: s.options.User, Password: s.options.Password},
		closed: make(chan struct{}, 1), unlocked: make(map[string]bool), admins: make(map[string]string),
	}
}

func (s *Source) target(id string) target {
	return target{password: s.password(locator{key: id}), mail: s.options.Mail}
}

// draft makes the draft for the server whose form this is.
func (s *Source) draft(saved *poll.Poll, id string, form creation) (*draft, error) {
	t := s.target(id)
	t.wide = form.wide
	d, err := draftOf(saved, t)
	if err != nil {
		return nil, err
	}
	if on(d.Settings.Password) && d.password == "" {
		d.password = rand.Text()
	}
	if _, ok := public(id); ok && form.custom {
		d.keeps(id)
	}
	if form.mail {
		if d.Settings.Mail == "" {
			return nil, sources.ErrMail
		}
		return d, nil
	}
	if d.Settings.Mail = ""; saved.Settings.Mail != "" {
		d.loses(LossMail)
	}
	return d, nil
}

// fill fills the poll of this page: it casts the votes, writes the comments, and
// locks the poll, last.
func (s *Source) fill(ctx context.Context, l locator, p *page, d *draft) error {
	p, err := s.mendExpiry(ctx, l, p, d)
	if err != nil {
		return err
	}
	for i := range d.Votes {
		if p, err = s.cast(ctx, l, p, d, i); err != nil {
			return fmt.Errorf("vote %d of %d: %w", i+1, len(d.Votes), err)
		}
	}
	for i, c := range d.Comments {
		if err := s.comment(ctx, l, p.publicID, c); err != nil {
			return fmt.Errorf("comment %d of %d: %w", i+1, len(d.Comments), err)
		}
	}
	if on(d.Settings.Locked) {
		// 1.2-alpha1 answers 500; whether it worked is seen later.
		if _, err = s.look(ctx, l, url.Values{"rules": {"0"}, "update_poll_info": {"rules"}}); ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// mendExpiry asks for the day again where the poll ends a day early: a server
// whose database counts days in another zone than PHP takes one off when it
// makes a poll, but not when the day is changed. Whether it worked is seen
// later.
func (s *Source) mendExpiry(ctx context.Context, l locator, p *page, d *draft) (*page, error) {
	if next, err := time.Parse(time.DateOnly, p.Expires); err != nil || next.AddDate(0, 0, 1).Format(time.DateOnly) != d.Expires {
		return p, nil
	}
	mended, err := s.look(ctx, l, url.Values{"expiration_date": {french(d.Expires)}, "update_poll_info": {"expiration_date"}})
	switch {
	case ctx.Err() != nil:
		return nil, err
	case err != nil:
		return p, nil
	}
	return mended, nil
}

// look gets the poll's page, or sends a form to it.
func (s *Source) look(ctx context.Context, l locator, form url.Values) (*page, error) {
	p, body, err := s.fetchPage(ctx, l, form)
	if err != nil {
		return nil, err
	}
	return p, body.Close()
}

// tries is how often a vote or a comment is sent at most.
const tries = 4

// cast sends the vote i. The page that answers shows whether the vote was
// taken, whatever the page says. If it was not, the server took the name for
// another's, and the vote gets a new one. Without an answer, the poll is looked
// at before the vote is sent again.
func (s *Source) cast(ctx context.Context, l locator, p *page, d *draft, i int) (*page, error) {
	name := d.Votes[i].Name
	for range tries {
		after, err := s.look(ctx, l, voteForm(p.control, d.Votes[i]))
		if errors.Is(err, polite.ErrTemporary) && ctx.Err() == nil {
			after, err = s.look(ctx, l, nil)
		} else if err == nil && len(after.Votes) <= i {
			d.Votes[i].Name = d.unique(name)
		}
		if err != nil {
			return nil, err
		}
		if len(after.Votes) > i {
			return after, nil
		}
	}
	return nil, fmt.Errorf("%w: the server does not take it", sources.ErrRefused)
}

// voteForm has the answers in one list: PHP keeps them in the order in which
// they come, whatever numbers they have.
func voteForm(control string, v poll.Vote) url.Values {
	form := url.Values{"control": {control}, "name": {v.Name}, "save": {""}}
	for _, answer := range v.Answers {
		form.Add("choices[]", map[poll.Answer]string{poll.Yes: "2", poll.IfNeedBe: "1", poll.No: "0", poll.Unknown: " "}[answer])
	}
	return form
}

// comment writes a comment; the server takes the same one of an author once,
// so it may be sent again if there was no answer.
func (s *Source) comment(ctx context.Context, l locator, id string, c poll.Comment) (err error) {
	form := url.Values{"poll": {id}, "poll_admin": {l.key}, "name": {c.Author}, "comment": {c.Text}}
	for range tries {
		err = s.send(ctx, "action/add_comment.php?lang=fr", form, s.readCommented)
		if !errors.Is(err, polite.ErrTemporary) || ctx.Err() != nil {
			break
		}
	}
	return err
}

func (s *Source) readCommented(resp *http.Response) error {
	if err := checkStatus(resp); err != nil {
		return err
	}
	body, err := polls.Receive(s.pool, resp, objectEnd)
	if err != nil {
		return err
	}
	defer body.Close()
	var answer struct{ Result bool }
	err = json.NewDecoder(io.NewSectionReader(body, 0, body.Size())).Decode(&answer)
	if err != nil || !answer.Result {
		return fmt.Errorf("%w: the server does not take it", sources.ErrRefused)
	}
	return nil
}

// compare reads the new poll back, page and table, and says whether it is the
// draft. What the server is known to do to some is a loss of the draft.
func (s *Source) compare(ctx context.Context, l locator, d *draft, saved *poll.Poll) error {
	v, err := s.Fetch(ctx, l.key+adminSuffix, "")
	if err != nil {
		return err
	}
	defer v.Close()
	got, err := polls.Saved(v)
	if err != nil {
		return err
	}
	if v.Suspect != "" {
		return errors.New("its page and its table do not show the same votes")
	}
	d.losses = slices.DeleteFunc(d.losses, func(l sources.Loss) bool { return l == LossExpiry })
	if got.Expires != saved.Expires {
		d.loses(LossExpiry)
	}
	if on(d.Settings.Locked) && !on(got.Settings.Locked) {
		d.loses(LossLock)
	}
	if part := d.differs(got); part != "" {
		return fmt.Errorf("its %s", part)
	}
	return nil
}
