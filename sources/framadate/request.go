package framadate

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

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

// fetchPage gets the poll's page in French, and what it says. With a form, it
// sends that. The caller closes the body.
func (s *Source) fetchPage(ctx context.Context, l locator, form url.Values) (p *page, body *spool.Spool, err error) {
	script := "studs.php?poll="
	if l.admin {
		script = "adminstuds.php?poll="
	}
	err = s.send(ctx, script+l.key+"&lang=fr", form, func(resp *http.Response) error {
		if body, err = s.receivePage(resp); err != nil {
			return err
		}
		if p, err = parsePage(io.NewSectionReader(body, 0, body.Size())); err == nil {
			err = l.check(p)
		} else {
			err = recognized(resp, body, err)
		}
		if err != nil {
			err, body = errors.Join(err, body.Close()), nil
		}
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("page of the poll: %w", err)
	}
	return p, body, nil
}

// recognized says what a page that is not Framadate's is instead, if that is
// known.
func recognized(resp *http.Response, body *spool.Spool, err error) error {
	if !errors.Is(err, sources.ErrRefused) {
		return err
	}
	start := make([]byte, min(body.Size(), sources.RecognizeLength))
	if _, err := body.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if barrier := sources.Recognize(resp, start); barrier != nil {
		return barrier
	}
	return err
}

// check says whether the page is of the poll that was asked for. The server's
// database ignores case.
func (l locator) check(p *page) error {
	if l.admin && strings.EqualFold(p.adminID, l.key) || !l.admin && p.adminID == "" && strings.EqualFold(p.publicID, l.key) {
		return nil
	}
	return fmt.Errorf("%w: another poll", sources.ErrRefused)
}

// fetchTable gets the poll's table in French; both are nil if the server gives
// none, as it does for hidden polls. The caller closes the body.
func (s *Source) fetchTable(ctx context.Context, l locator, p *page) (t *table, body *spool.Spool, err error) {
	if p.hidden() {
		return nil, nil, nil
	}
	script := "exportcsv.php?poll="
	if l.admin {
		script = "exportcsv.php?admin="
	}
	err = s.send(ctx, script+l.key+"&lang=fr", nil, func(resp *http.Response) error {
		t, body, err = s.readTable(resp, p)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("table of the poll: %w", err)
	}
	return t, body, nil
}

func (s *Source) readTable(resp *http.Response, p *page) (*table, *spool.Spool, error) {
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return nil, nil, nil // not to be had here
	}
	if err := checkStatus(resp); err != nil {
		return nil, nil, err
	}
	if polls.IsType(resp, "text/html") {
		return nil, nil, s.readRefusal(resp)
	}
	// The rest of the header cannot be parsed: it has the title, unescaped.
	disposition := strings.ToLower(resp.Header.Get("Content-Disposition"))
	if !polls.IsType(resp, "text/csv") || !strings.HasPrefix(disposition, "attachment") {
		return nil, nil, fmt.Errorf("%w: not a table", sources.ErrRefused)
	}
	body, err := polls.Receive(s.pool, resp, lineEnd)
	if err != nil {
		return nil, nil, err
	}
	t, err := parseTable(io.NewSectionReader(body, 0, body.Size()), p.Kind, p.french)
	if err != nil {
		return nil, nil, errors.Join(err, body.Close())
	}
	return t, body, nil
}

// readRefusal is nil for Framadate's own page, with status 200, which says that
// a table is not for all.
func (s *Source) readRefusal(resp *http.Response) error {
	body, err := polls.Receive(s.pool, resp, pageEnd)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = parsePage(io.NewSectionReader(body, 0, body.Size()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%w: not a table", sources.ErrRefused)
}

// send sends a request for an address of the server that this package built:
// GET, or a form.
func (s *Source) send(ctx context.Context, address string, form url.Values, handle func(*http.Response) error) error {
	for {
		moved := false
		err := s.client.Do(ctx, func(ctx context.Context) (*http.Request, error) {
			return s.request(ctx, address, form)
		}, func(resp *http.Response) error {
			s.session.Keep(resp)
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

func (s *Source) request(ctx context.Context, address string, form url.Values) (*http.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	base := s.base
	if s.upgrade {
		base = "https" + strings.TrimPrefix(base, "http")
	}
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, base+"/"+address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("make a request") // net/http's error has the address
	}
	req.Header.Set("Accept-Language", "fr") // for what ?lang= does not reach
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if s.options.User != "" {
		req.SetBasicAuth(s.options.User, s.options.Password)
	}
	s.session.Add(req)
	return req, nil
}

// moved says whether the server wants the very same request over TLS. That is
// the only redirect that is followed, once for all requests.
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

// checkStatus: Framadate itself answers 200 to everything, and 500 for polls
// that are broken or while its database is away. 404 is what a proxy says, or
// another server that is there now: not that the poll is gone.
func checkStatus(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		return ErrCredentials
	}
	start, _ := io.ReadAll(io.LimitReader(resp.Body, sources.RecognizeLength)) // what breaks off still says something
	if isPollaris(string(start)) {
		return &sources.Barrier{Kind: sources.Replaced}
	}
	if barrier := sources.Recognize(resp, start); barrier != nil {
		return barrier
	}
	switch resp.StatusCode {
	case http.StatusGone:
		return fmt.Errorf("status %d: %w", resp.StatusCode, fs.ErrNotExist)
	case http.StatusNotFound:
		return &sources.Barrier{Kind: sources.NotThere}
	case http.StatusForbidden:
		return fmt.Errorf("status %d: %w", resp.StatusCode, fs.ErrPermission)
	}
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 {
		return polite.Temporary(fmt.Errorf("status %d", resp.StatusCode))
	}
	return fmt.Errorf("%w: status %d", sources.ErrRefused, resp.StatusCode)
}

// What shows that a body is whole. A page may have something after its end: PHP
// writes its warnings there.
var (
	pageEnd   = regexp.MustCompile(`(?i)</html>`)
	lineEnd   = regexp.MustCompile(`\n\z`)
	objectEnd = regexp.MustCompile(`\}\s*\z`)
)

// receivePage takes a page that is whole.
func (s *Source) receivePage(resp *http.Response) (*spool.Spool, error) {
	if err := checkStatus(resp); err != nil {
		return nil, err
	}
	if !polls.IsType(resp, "text/html") {
		return nil, fmt.Errorf("%w: not a page", sources.ErrRefused)
	}
	return polls.Receive(s.pool, resp, pageEnd)
}
