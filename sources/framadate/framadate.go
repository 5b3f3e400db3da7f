// Package framadate is the source for Framadate servers: it fetches polls
// from their pages and tables, and checks what comes.
//
// It fetches only addresses that it builds itself, and never a link from a
// page: on an admin page, some of them delete.
package framadate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

// Options are what a Source may know besides its address.
type Options struct {
	// User and Password are for servers that ask for them before they show
	// anything, or before they show the list of all polls (HTTP Basic).
	User, Password string

	// Passwords open polls, by the polls' public ids; that of "" is tried on
	// all others. The server gets them as a visitor's form sends them. If a
	// poll had a password, the one that Import makes from it gets one from here
	// too, by the old id.
	Passwords map[string]string

	// Mail is the organiser's address of polls that Import makes, to which the
	// server mails their links. "": the one that was saved with each poll.
	Mail string
}

// A Source is one Framadate server. It implements sources.Lister and
// sources.Importer.
type Source struct {
	base    string
	client  *polite.Client
	pool    *spool.Pool
	options Options
	closed  chan struct{} // held by whoever fetches a poll with a password

	maxPages int // of a list

	session     polls.Session
	withholding sources.Withholding
	foreseen    polls.Foreseen[creation]

	mu       sync.Mutex // guards what follows
	upgrade  bool       // from http to https, as the server wishes
	unlocked map[string]bool
	admins   map[string]string // admin ids that List found, by public ids
	became   *bool             // another program; nil: not asked
}

var (
	_ sources.Lister     = (*Source)(nil)
	_ sources.Withholder = (*Source)(nil)
)

// New makes the source for the server at base, as ParseAddress gives it.
func New(base string, client *polite.Client, pool *spool.Pool, o Options) (*Source, error) {
	base, err := sources.Normalize(base)
	if err != nil {
		return nil, err
	}
	return &Source{
		base: base, client: client, pool: pool, options: o, closed: make(chan struct{}, 1), unlocked: make(map[string]bool), admins: make(map[string]string),
		maxPages: maxPages,
	}, nil
}

// Probe asks the server, with one request that changes nothing, whether the
// locator is one of Framadate's; where nothing is there, with one more, whether
// the server became a Pollaris, which is a sources.Barrier. Any other error that
// matches sources.ErrServer says that nobody can know now; else one that matches
// sources.ErrRefused says that the server is another one, and fs.ErrNotExist that
// it is Framadate and has no such poll.
func (s *Source) Probe(ctx context.Context, locator string) error {
	l, err := parseLocator(locator)
	if err != nil {
		return err
	}
	_, body, err := s.fetchPage(ctx, l, nil)
	err = s.replaced(ctx, err)
	barrier, barred := errors.AsType[*sources.Barrier](err)
	switch {
	case errors.Is(err, ErrPassword):
		return nil
	case barred && barrier.Kind == sources.NotThere:
		return fmt.Errorf("%w: it has no polls", sources.ErrRefused)
	case errors.Is(err, polite.ErrTemporary) && !errors.Is(err, polls.ErrMangled):
		return sources.AboutServer(polite.Temporary(errors.New("ask what the server is: no answer for now")))
	case err != nil:
		return err
	}
	return body.Close()
}

// Fetch implements sources.Source. The id is a locator: a public id, or
// ADMINID/admin, which shows more. If List found an admin id, it is used in
// place of the public one. The Version's ID is the public one, and its Private
// has the "admin" link. Polls that have not changed cost one request, others
// two.
//
// A poll with a password costs one more request, and such polls are fetched one
// at a time; without the password, or the admin link, which needs none, the
// error is ErrPassword. A poll whose votes are hidden is saved without them,
// and is suspect.
func (s *Source) Fetch(ctx context.Context, id, validator string) (*sources.Version, error) {
	l, err := parseLocator(id)
	if err != nil {
		return nil, err
	}
	l = s.best(l)
	if s.password(l) != "" {
		if err := s.enterClosed(ctx); err != nil {
			return nil, err
		}
		defer s.leaveClosed()
	}
	v, err := s.fetch(ctx, l, validator)
	if err == nil && v.Suspect == Disagreement {
		// Either somebody voted between the two requests, or it is always so.
		v, err = s.again(ctx, l, validator, v)
	}
	return v, err
}

func (s *Source) again(ctx context.Context, l locator, validator string, first *sources.Version) (*sources.Version, error) {
	v, err := s.fetch(ctx, l, validator)
	return v, errors.Join(err, first.Close())
}

func (s *Source) fetch(ctx context.Context, l locator, validator string) (v *sources.Version, err error) {
	var kept polls.Bodies
	defer func() {
		if err != nil || v.Unchanged {
			err = errors.Join(err, kept.Close())
		}
	}()
	p, body, err := s.openPage(ctx, l)
	if err != nil {
		return nil, s.replaced(ctx, err)
	}
	kept.Add("page.html", "html", body)
	current := validatorOf(body)
	if validator == current {
		return &sources.Version{ID: p.publicID, Validator: current, Unchanged: true, Public: s.public(l)}, nil
	}
	t, body, err := s.fetchTable(ctx, l, p)
	if err != nil {
		return nil, err
	}
	if body != nil {
		kept.Add("poll.csv", "csv", body)
	}
	joined, suspicion := p.join(t)
	seen := p.partsOf(joined)
	joined.Unseen = seen.Unseen
	repair(joined)
	encoded, err := joined.Encode()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
	}
	if body, err = s.pool.Receive(bytes.NewReader(encoded), poll.MaxSize); err != nil {
		return nil, fmt.Errorf("keep poll: %w", err)
	}
	kept.Add("poll.json", "json", body)
	slices.Reverse(kept.Files) // the poll itself first
	v = s.version(l, p, joined, suspicion, current, &kept)
	v.Facts.Fields, v.Facts.Items = seen.Fields, seen.Items
	return v, nil
}

func (s *Source) version(l locator, p *page, joined *poll.Poll, suspicion sources.Suspicion, validator string, kept *polls.Bodies) *sources.Version {
	v := &sources.Version{
		ID:        p.publicID,
		Validator: validator,
		Title:     joined.Title,
		Suspect:   suspicion,
		Public:    s.public(l),
		Facts:     polls.Facts(joined, kept.Files[0].SHA256),
		Files:     kept.Files,
		Release:   kept.Close,
	}
	v.Facts.Expires = cmp.Or(joined.Purge, joined.Expires)
	if suspicion == Disagreement {
		v.Validator = "" // look again next time
	}
	if l.admin {
		v.Private = map[string]string{"admin": s.base + "/adminstuds.php?poll=" + p.adminID}
	}
	return v
}

// validatorOf is the page's hash, as there is neither ETag nor date. The page
// shows all that the table has, and its bytes are the same as long as nothing
// changed (Framadate 1.0.3 to 1.2-alpha1). The number is raised when more is
// read from the same bytes.
func validatorOf(page *spool.Spool) string {
	sum := page.SHA256()
	return "3-" + hex.EncodeToString(sum[:])
}

// A locator is what Fetch calls an id.
type locator struct {
	key   string // a public id or an admin id
	admin bool
}

func parseLocator(id string) (locator, error) {
	if key, ok := strings.CutSuffix(id, adminSuffix); ok && adminID.MatchString(key) {
		return locator{key, true}, nil
	}
	if publicID.MatchString(id) {
		return locator{id, false}, nil
	}
	return locator{}, fmt.Errorf("%w: neither a public id nor an admin id", sources.ErrAddress)
}
