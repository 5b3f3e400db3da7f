package pollaris

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
)

// maxPolls and maxPages bound a list: Pollaris has 25 polls on a page.
const (
	maxPolls = 1_000_000
	maxPages = maxPolls/25 + 1
)

// readings is how often a list of several pages is read at most.
const readings = 3

// ErrNoList is matched by the error for a server that shows its list of polls only
// to its operator. It matches fs.ErrPermission.
var ErrNoList = fmt.Errorf("the server lists its polls to its operator: %w", fs.ErrPermission)

// ErrLogin is matched by the error for an operator's account that the server does
// not take. It matches fs.ErrPermission.
var ErrLogin = fmt.Errorf("the server does not take the operator's user and password: %w", fs.ErrPermission)

// List implements sources.Lister with the page of all polls that the server's
// operator has. It remembers their admin links, so that Fetch sees what those
// show.
//
// What is deleted meanwhile moves the polls behind it to a page that was read
// already. As the server does not tell how many there are, a list of several pages
// is read until a reading finds nothing new.
func (s *Source) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		polls, err := s.list(ctx)
		if err != nil {
			yield("", fmt.Errorf("list of polls: %w", err))
			return
		}
		for slug := range polls {
			if !yield(slug, nil) {
				return
			}
		}
	}
}

func (s *Source) list(ctx context.Context) (map[string]bool, error) {
	select {
	case s.listing <- struct{}{}:
		defer func() { <-s.listing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	polls := make(map[string]bool)
	for range readings {
		before := len(polls)
		pages, err := s.readList(ctx, polls)
		if err != nil {
			return nil, err
		}
		if pages == 1 || len(polls) == before {
			break
		}
	}
	return polls, nil
}

// readList adds what all pages have to polls, and says how many pages there are.
// Behind the last comes the last again.
func (s *Source) readList(ctx context.Context, polls map[string]bool) (pages int, err error) {
	seen := make(map[string]bool)
	for number := 1; number <= s.maxPages && len(seen) <= maxPolls; number++ {
		found, err := s.openList(ctx, number)
		if err != nil {
			return 0, err
		}
		before := len(seen)
		for slug, admin := range found {
			seen[slug], polls[slug] = true, true
			s.remember(slug, admin)
		}
		if len(seen) == before {
			return max(number-1, 1), nil
		}
	}
	return 0, fmt.Errorf("%w: the list does not end", sources.ErrRefused)
}

func (s *Source) remember(slug string, admin locator) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admins[slug] = admin
}

// best is the admin's locator of a poll that was listed, or else l.
func (s *Source) best(l locator) locator {
	s.mu.Lock()
	defer s.mu.Unlock()
	if admin, ok := s.admins[l.slug]; ok && l.token == "" {
		return admin
	}
	return l
}

// openList gets a page of the list, and logs in if that is asked for.
func (s *Source) openList(ctx context.Context, number int) (map[string]locator, error) {
	found, err := s.fetchList(ctx, number)
	if !errors.Is(err, ErrNoList) || s.options.User == "" {
		return found, err
	}
	if err := s.login(ctx); err != nil {
		return nil, err
	}
	if found, err = s.fetchList(ctx, number); errors.Is(err, ErrNoList) {
		return nil, ErrLogin
	}
	return found, err
}

func (s *Source) fetchList(ctx context.Context, number int) (found map[string]locator, err error) {
	err = s.send(ctx, &s.operator, "admin?page="+strconv.Itoa(number), nil, func(resp *http.Response) error {
		if s.leads(resp, "login") || resp.StatusCode == http.StatusForbidden {
			return ErrNoList
		}
		body, err := s.readPage(resp, func(doc *goquery.Document) (err error) {
			found, err = parseList(doc)
			return err
		})
		if err != nil {
			return err
		}
		return body.Close()
	})
	return found, err
}

// login sends the operator's user and password, if that is no withheld one, once.
func (s *Source) login(ctx context.Context) error {
	secret := "login\x00" + s.options.User + "\x00" + s.options.Password
	if err := s.withholding.Check("", secret); err != nil {
		return err
	}
	form := url.Values{"_username": {s.options.User}, "_password": {s.options.Password}}
	ask := func(ctx context.Context) error {
		return s.read(ctx, &s.operator, "login", func(doc *goquery.Document) error {
			token, ok := doc.Find(`form input[name="_csrf_token"]`).Attr("value")
			if !ok || doc.Find(`form input[name="_username"]`).Length() == 0 {
				return fmt.Errorf("%w: no form to log in", sources.ErrRefused)
			}
			form.Set("_csrf_token", token)
			return nil
		})
	}
	if err := ask(ctx); err != nil {
		return fmt.Errorf("form to log in: %w", err)
	}
	err := polite.AskOnce(ctx, func(ctx context.Context) error {
		return s.send(ctx, &s.operator, "login", form, func(resp *http.Response) error {
			to, err := polite.Redirect(resp)
			switch {
			case err == nil && to != nil: // where to, only the list tells
				return nil
			case resp.StatusCode == http.StatusUnprocessableEntity:
				return ErrLogin
			}
			if err := checkStatus(resp); err != nil {
				return err
			}
			return ErrLogin
		})
	}, ask)
	if errors.Is(err, polite.ErrBroken) {
		return s.withholding.Broke("", secret, err)
	}
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return nil
}

// parseList reads a page of the list: each poll has its admin link in it, and its
// own.
func parseList(doc *goquery.Document) (map[string]locator, error) {
	if !strings.Contains(doc.Find("html").AttrOr("data-controller", ""), "color-scheme") || doc.Find(`input[name="_username"]`).Length() > 0 {
		return nil, fmt.Errorf("%w: not the list of polls", sources.ErrRefused)
	}
	found := make(map[string]locator)
	doc.Find("main li.panel").Each(func(_ int, row *goquery.Selection) {
		slug, admin := "", locator{}
		row.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			link := a.AttrOr("href", "")
			if strings.HasPrefix(link, "/") {
				link = "https://server.invalid" + link // only what stands behind it counts
			}
			address, err := ParseAddress(link)
			switch {
			case err != nil:
			case address.Token != "":
				admin = locator{id: strings.Clone(address.ID), token: strings.Clone(address.Token)}
			default:
				slug = strings.Clone(address.Slug)
			}
		})
		if slug == "" {
			slug = admin.id
		}
		if admin.token != "" {
			found[slug] = admin
		}
	})
	return found, nil
}
