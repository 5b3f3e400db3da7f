// Package pollaris is the source for Pollaris servers, the Framadate of today: it
// fetches polls from their pages and tables, and checks what comes.
//
// It fetches only addresses that it builds itself, and never a link from a
// page. A backup sends nothing but GET, besides a poll's password and an
// operator's login. An import makes a poll by the server's own forms.
package pollaris

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

// Options are what a Source may know besides its address.
type Options struct {
	// User and Password are an operator's account, which has the list of all
	// polls.
	User, Password string

	// Passwords open polls, by the polls' slugs; that of "" is tried on all
	// others. The server gets them as a visitor's form sends them.
	Passwords map[string]string

	// Mail is the address of the organiser of polls that are made; "": as it was
	// saved.
	Mail string
}

// A Source is one Pollaris server. It implements sources.Lister and
// sources.Importer.
type Source struct {
	base    string
	client  *polite.Client
	pool    *spool.Pool
	options Options

	maxPages int // of a list

	// visitor's never saw an admin page: a session that did gets the admin link
	// within the poll's own page.
	visitor, organiser, operator session
	listing                      chan struct{} // holds who reads the list

	withholding sources.Withholding
	foreseen    polls.Foreseen[creation]

	mu      sync.Mutex // guards what follows
	upgrade bool       // from http to https, as the server wishes
	admins  map[string]locator
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
	return &Source{base: base, client: client, pool: pool, options: o, listing: make(chan struct{}, 1), maxPages: maxPages, admins: make(map[string]locator)}, nil
}

// Fetch implements sources.Source. The id is a locator: a slug, or
// ID/TOKEN/admin, which shows more, and stands in for a slug that List gave; the
// Version's ID is the slug, and its Private has the "admin" link.
//
// A poll that has not changed costs one request by its slug. By its admin link it
// costs three, two forms and the page, and four if its results are hidden. A poll
// that changed costs two, and up to six by its admin link. A password costs three
// more, once.
//
// By its slug, hidden results are left out, which is suspect, and a poll whose
// password is not known is ErrPassword. By its admin link that one is saved without
// its votes, and suspect.
func (s *Source) Fetch(ctx context.Context, id, validator string) (*sources.Version, error) {
	l, err := parseLocator(id)
	if err != nil {
		return nil, err
	}
	l = s.best(l)
	v, err := s.fetch(ctx, l, validator)
	if err == nil && v.Suspect == Disagreement {
		// Somebody voted between the two requests, or it is always so.
		first := v
		v, err = s.fetch(ctx, l, validator)
		err = errors.Join(err, first.Close())
	}
	return v, err
}

func (s *Source) fetch(ctx context.Context, l locator, validator string) (v *sources.Version, err error) {
	k := new(look)
	defer func() {
		if err != nil || v.Unchanged {
			err = errors.Join(err, k.files.Close())
		}
	}()
	if l.token == "" {
		err = s.lookAsVisitor(ctx, k, l.slug)
	} else {
		err = s.lookAsOrganiser(ctx, k, l)
	}
	if err != nil {
		return nil, err
	}
	current, err := k.validator()
	if err != nil {
		return nil, err
	}
	if validator == current {
		return &sources.Version{ID: k.slug, Validator: current, Unchanged: true, Public: k.public(l)}, nil
	}
	if err := s.complete(ctx, k, l); err != nil {
		return nil, err
	}
	return s.version(k, l, current)
}

// A look is what one Fetch saw of a poll.
type look struct {
	slug       string
	session    *session     // in which the page was shown
	page       *page        // nil: it could not be read
	forms      *forms       // of the admin link; nil by the slug alone
	admin      *adminPage   // nil: it was not needed, or is of a draft
	shownAdmin *spool.Spool // what it was read from
	choices    *choiceForm  // nil: it was not needed
	table      *table       // nil: there is none
	draft      bool
	files      polls.Bodies
}

// validator is a hash of all that was read, as there is neither ETag nor date,
// and the bytes of a page are never the same. The number is raised when more is
// read.
func (k *look) validator() (string, error) {
	seen := []any{k.slug, k.draft, k.page, k.forms}
	if k.page == nil {
		seen = append(seen, k.admin, k.choices)
	}
	text, err := json.Marshal(seen)
	if err != nil {
		return "", fmt.Errorf("hash what was seen: %w", err)
	}
	sum := sha256.Sum256(text)
	return "1-" + hex.EncodeToString(sum[:]), nil
}

// public reports whether nothing opened the poll but its public link.
func (k *look) public(l locator) bool { return l.token == "" && !k.session.isUnlocked(k.slug) }

func (s *Source) lookAsVisitor(ctx context.Context, k *look, slug string) (err error) {
	if wizard(slug) {
		return ErrShadowed
	}
	k.slug, k.session = slug, &s.visitor
	return s.openPage(ctx, k)
}

// lookAsOrganiser reads what tells of a change: two forms and the page. Where
// that cannot be read, it reads all that there is.
func (s *Source) lookAsOrganiser(ctx context.Context, k *look, l locator) (err error) {
	if k.forms, err = s.fetchForms(ctx, l); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = s.whichIsGone(ctx, l, err)
		}
		return err
	}
	k.slug, k.session = k.forms.Slug, &s.visitor
	if k.forms.hidden() {
		// Only a session that has seen the admin page is shown the votes.
		k.session = &s.organiser
		if err := s.fetchAdmin(ctx, k, l); err != nil {
			return err
		}
	}
	err = errNoPage
	if !wizard(k.slug) && !k.draft {
		err = s.openPage(ctx, k)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNoPage), errors.Is(err, ErrPassword), errors.Is(err, ErrWrongPassword), errors.Is(err, fs.ErrNotExist):
	default:
		return err
	}
	if err := s.fetchAdmin(ctx, k, l); err != nil {
		return err
	}
	if k.shownAdmin != nil {
		clean, err := s.cleaned(k.shownAdmin, l)
		if err != nil {
			return err
		}
		k.files.Add("page.html", "html", clean)
	}
	return s.fetchChoices(ctx, k, l)
}

// errNoPage is for a poll whose page cannot be asked for.
var errNoPage = errors.New("no page")

// complete asks for what only a new version needs.
func (s *Source) complete(ctx context.Context, k *look, l locator) error {
	if k.page == nil {
		return nil
	}
	if k.forms != nil {
		if err := s.fetchAdmin(ctx, k, l); err != nil {
			return err
		}
		if k.page.Kind == poll.Date {
			if err := s.fetchDates(ctx, k, l); err != nil {
				return err
			}
		}
	}
	return s.fetchTable(ctx, k)
}

func (s *Source) version(k *look, l locator, validator string) (*sources.Version, error) {
	joined, suspicion := k.join()
	seen := k.partsOf(joined)
	joined.Unseen = seen.Unseen
	encoded, err := joined.Encode()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
	}
	body, err := s.pool.Receive(bytes.NewReader(encoded), poll.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("keep poll: %w", err)
	}
	k.files.Add("poll.json", "json", body)
	slices.Reverse(k.files.Files) // the poll itself first
	v := &sources.Version{
		ID: k.slug, Validator: validator, Title: joined.Title, Suspect: suspicion, Public: k.public(l),
		Facts: polls.Facts(joined, body.SHA256()), Files: k.files.Files, Release: k.files.Close,
	}
	v.Facts.Fields, v.Facts.Items = seen.Fields, seen.Items
	if suspicion == Disagreement {
		v.Validator = "" // look again next time
	}
	if l.token != "" {
		v.Private = map[string]string{"admin": s.base + "/polls/" + l.String()}
	}
	return v, nil
}
