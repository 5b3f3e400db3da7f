package pollaris

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/webpage"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

// ErrCredentials is matched by the error for a server that asks for a user and a
// password before it shows anything, or refuses those of its operator. It matches
// fs.ErrPermission.
var ErrCredentials = fmt.Errorf("the server asks for another user and password: %w", fs.ErrPermission)

// A session is one visitor's.
type session struct {
	polls.Session

	mu   sync.Mutex      // guards open
	open map[string]bool // polls that their passwords opened, whatever the case of their slugs
}

func (s *session) unlocked(slug string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[string]bool)
	}
	s.open[strings.ToLower(slug)] = true
}

func (s *session) isUnlocked(slug string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[strings.ToLower(slug)]
}

// An encoder is a form to send: url.Values, or a form whose fields have an order.
type encoder interface{ Encode() string }

// send sends a request for an address of the server that this package built: GET,
// or a form.
func (s *Source) send(ctx context.Context, in *session, address string, form encoder, handle func(*http.Response) error) error {
	for {
		moved := false
		err := s.client.Do(ctx, func(ctx context.Context) (*http.Request, error) {
			return s.request(ctx, in, address, form)
		}, func(resp *http.Response) error {
			in.Keep(resp)
			if moved = s.moved(resp); moved {
				return nil
			}
			return handle(resp)
		})
		if errors.Is(err, polite.ErrUnanswered) {
			return sources.AboutServer(err)
		}
		if !moved || err != nil {
			return err
		}
	}
}

func (s *Source) request(ctx context.Context, in *session, address string, form encoder) (*http.Request, error) {
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, s.address()+"/"+address, strings.NewReader(body))
	if err != nil {
		return nil, errors.New("make a request") // net/http's error has the address
	}
	req.Header.Set("Accept-Language", "en-GB") // whose days are read
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	in.Add(req)
	return req, nil
}

// address is the server's, over TLS if it wishes that.
func (s *Source) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upgrade {
		return "https" + strings.TrimPrefix(s.base, "http")
	}
	return s.base
}

// moved says whether the server wants the very same request over TLS. That is the
// only redirect that is followed, once for all requests.
func (s *Source) moved(resp *http.Response) bool {
	to, err := polite.Redirect(resp)
	from := resp.Request.URL
	if err != nil || to == nil || from.Scheme != "http" || to.Scheme != "https" || to.RequestURI() != from.RequestURI() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upgrade = true
	return true
}

// leads reports whether an answer redirects to this address of the server.
func (s *Source) leads(resp *http.Response, address string) bool {
	to, err := polite.Redirect(resp)
	if err != nil || to == nil {
		return false
	}
	want, err := url.Parse(s.address() + "/" + address)
	return err == nil && strings.TrimPrefix(to.Path, "/index.php") == want.Path
}

// checkStatus is nil for 200. A 404 tells that there is no such poll if it is
// Pollaris's own page: else it is what a proxy says, or another server that is
// there now.
func checkStatus(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		return ErrCredentials
	}
	start, _ := io.ReadAll(io.LimitReader(resp.Body, sources.RecognizeLength)) // what breaks off tells as much as it can
	gone := resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone
	if gone && isOwn(string(start)) {
		return fmt.Errorf("the server has no such poll: %w", fs.ErrNotExist)
	}
	if barrier := sources.Recognize(resp, start); barrier != nil {
		return barrier
	}
	switch {
	case gone:
		return &sources.Barrier{Kind: sources.NotThere}
	case resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("status %d: %w", resp.StatusCode, fs.ErrPermission)
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		return polite.Temporary(fmt.Errorf("status %d", resp.StatusCode))
	}
	return fmt.Errorf("%w: status %d", sources.ErrRefused, resp.StatusCode)
}

// What each page of Pollaris has, whatever it is called, and its own 404 too.
var (
	ownPage   = regexp.MustCompile(`<html\b[^>]*\sdata-controller="[^"]*\bcolor-scheme\b`)
	ownScript = regexp.MustCompile(`/assets/js/application[^"'/]*\.js\b|\bheader__link\b`)
)

func isOwn(start string) bool { return ownPage.MatchString(start) && ownScript.MatchString(start) }

// What shows that a body is whole.
var (
	pageEnd = regexp.MustCompile(`(?i)</html>|</turbo-frame>\s*\z`) // the latter of what is shown within a page
	lineEnd = regexp.MustCompile(`\n\z`)
)

// get asks for a page and gives it to read. What read does not take, matching
// sources.ErrRefused, is told as what it is instead, if that is known. The caller
// closes the body.
func (s *Source) get(ctx context.Context, in *session, address string, read func(*goquery.Document) error) (body *spool.Spool, err error) {
	err = s.send(ctx, in, address, nil, func(resp *http.Response) error {
		body, err = s.readPage(resp, read)
		return err
	})
	return body, err
}

// readPage reads an answer that is to be a page.
func (s *Source) readPage(resp *http.Response, read func(*goquery.Document) error) (*spool.Spool, error) {
	if err := checkStatus(resp); err != nil {
		return nil, err
	}
	if !polls.IsType(resp, "text/html") {
		return nil, fmt.Errorf("%w: not a page", sources.ErrRefused)
	}
	body, err := polls.Receive(s.pool, resp, pageEnd)
	if err != nil {
		return nil, err
	}
	doc, err := parse(io.NewSectionReader(body, 0, body.Size()))
	if err == nil {
		err = read(doc)
	}
	if err != nil {
		return nil, errors.Join(recognized(resp, body, err), body.Close())
	}
	return body, nil
}

// read is get for what is not kept.
func (s *Source) read(ctx context.Context, in *session, address string, read func(*goquery.Document) error) error {
	body, err := s.get(ctx, in, address, read)
	if err != nil {
		return err
	}
	return body.Close()
}

func parse(r io.Reader) (*goquery.Document, error) {
	root, err := webpage.Parse(r)
	if err != nil {
		return nil, fmt.Errorf("%w: not a page: %w", sources.ErrRefused, err)
	}
	return goquery.NewDocumentFromNode(root), nil
}

// recognized says of a page that is none of Pollaris's what it is instead, if that
// is known.
func recognized(resp *http.Response, body *spool.Spool, err error) error {
	if !errors.Is(err, sources.ErrRefused) {
		return err
	}
	start := make([]byte, min(body.Size(), sources.RecognizeLength))
	if _, err := body.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if isOwn(string(start)) {
		return err // a form for a password is no login before the server
	}
	if barrier := sources.Recognize(resp, start); barrier != nil {
		return barrier
	}
	return err
}
