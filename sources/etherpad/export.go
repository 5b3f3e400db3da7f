package etherpad

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// maxExport is far more than any server takes back: 50 MB, unless set
// otherwise. Memory would bear more, but not the folder for temporary files,
// which holds eight exports at once, and ends the whole run when it is full.
const maxExport = 1 << 30

var (
	errUnchanged = errors.New("unchanged")

	// errNoExport is matched by errors for answers that are for this pad but
	// are not a complete export of it, and would not be the next time.
	errNoExport = errors.New("the server gives no complete export")

	// errForbidden is matched by the error for a pad that Etherpad itself, and
	// not something before it, shows in no form.
	errForbidden = fmt.Errorf("status 403: %w", fs.ErrPermission)
)

// forbiddenStart begins its page.
const forbiddenStart = "403 - Can't touch this"

// An answer is an export, received whole.
type answer struct {
	header http.Header
	body   *spool.Spool
}

func (a *answer) reader() *io.SectionReader {
	return io.NewSectionReader(a.body, 0, a.body.Size())
}

// take leaves the closing of the body to the caller.
func (a *answer) take() *spool.Spool {
	body := a.body
	a.body = nil
	return body
}

func (a *answer) replace(body *spool.Spool) error {
	old := a.body
	a.body = body
	return old.Close()
}

func (a *answer) close() error {
	if a.body == nil {
		return nil
	}
	return a.body.Close()
}

// export asks for an export of v's pad and gives the answer to use, which may
// take its body. If use fails with an error from again, it asks again. What
// needs a token or a password makes v no longer public.
func (s *Source) export(ctx context.Context, v *sources.Version, f format, etag string, use func(*answer) error) error {
	err := s.opened(ctx, v.ID, func(ctx context.Context, o opening) error {
		v.Public = v.Public && o.Public()
		return s.exportWith(ctx, o, v.ID, f, etag, use)
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("export as %s: %w", f.name, err)
	}
	return err
}

// An opening is what a request for a pad is sent with.
type opening struct {
	mypads.Opening
	session string // of Etherpad's own groups
}

// opened asks for a pad with what opens it, until it does.
func (s *Source) opened(ctx context.Context, id string, ask func(context.Context, opening) error) error {
	session := ""
	if group := groupOf(id); group != "" && s.access.Operator() {
		var err error
		if session, err = s.api.Session(ctx, group); err != nil {
			return err
		}
	}
	return s.account.Open(ctx, id, func(ctx context.Context, o mypads.Opening) error { return ask(ctx, opening{o, session}) })
}

func (s *Source) exportWith(ctx context.Context, o opening, id string, f format, etag string, use func(*answer) error) error {
	known, listed := o.Pad(id)
	request := func(ctx context.Context) (*http.Request, error) {
		path := "/p/" + url.PathEscape(id) + "/export/" + f.name + o.Query()
		r, err := s.server.Request(ctx, http.MethodGet, path, o.session, nil)
		if err != nil {
			return nil, err
		}
		if etag != "" {
			r.Header.Set("If-None-Match", etag)
		}
		return r, nil
	}
	handle := func(r *http.Response) error {
		if other, ok := respelling(r, id); ok {
			return other
		}
		body, err := s.receive(r, f, etag != "", known.Archived)
		if err != nil {
			return err
		}
		a := &answer{r.Header, body}
		return errors.Join(use(a), a.close())
	}
	err := s.server.Do(ctx, request, handle)
	if listed && errors.Is(err, mypads.ErrNoPad) {
		return fmt.Errorf("%w: MyPads lists it, and says that it does not exist", sources.ErrRefused)
	}
	return err
}

// receive judges an answer before its body is read, and reads it. For an
// archived pad the answer is a page.
func (s *Source) receive(r *http.Response, f format, conditional, archived bool) (*spool.Spool, error) {
	switch {
	case r.StatusCode == http.StatusOK:
	case r.StatusCode == http.StatusNotModified && conditional:
		return nil, errUnchanged
	default:
		return nil, refusal(r)
	}
	if err := f.checkHeader(r.Header); err != nil {
		start := server.Peek(r)
		switch page := string(start); {
		case isNotEnabled(page):
			return nil, fmt.Errorf("%w: %w: it is not enabled", errNoExport, sources.ErrRefused)
		case !f.page && server.ContentType(r.Header) == "text/html" && (archived || mypads.IsArchived(page)):
			return nil, errArchived
		}
		if barrier := sources.Recognize(r, start); barrier != nil {
			return nil, barrier
		}
		if server.ContentType(r.Header) == "text/html" {
			err = &sources.Barrier{Kind: sources.Page}
		}
		return nil, server.Again(fmt.Errorf("%w: %w", sources.ErrRefused, err))
	}
	if r.ContentLength > s.limit {
		return nil, fmt.Errorf("%w: %w: %w", errNoExport, sources.ErrRefused, spool.ErrTooLarge)
	}
	body, err := s.pool.Receive(r.Body, s.limit)
	if errors.Is(err, polite.ErrTemporary) || errors.Is(err, spool.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
	}
	return body, err
}

// refusal is the error for a status that comes without an export.
func refusal(r *http.Response) error {
	if server.IsRedirect(r) {
		return server.Redirected(r)
	}
	if err := server.CheckDoor(r); err != nil {
		return err
	}
	start := server.Peek(r)
	if barrier := sources.Recognize(r, start); barrier != nil {
		return barrier
	}
	switch code := r.StatusCode; {
	case code == http.StatusForbidden && bytes.HasPrefix(start, []byte(forbiddenStart)):
		return errForbidden
	case code == http.StatusNotFound:
		return fs.ErrNotExist
	case code == http.StatusUnauthorized && mypads.IsNoPad(r):
		return mypads.ErrNoPad
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return fmt.Errorf("%w: status %d: %w", errNoExport, code, fs.ErrPermission)
	case code == http.StatusTooManyRequests:
		return server.Again(errors.New("the server takes no more requests for now"))
	case code == http.StatusInternalServerError, code >= 400 && code < 500:
		return fmt.Errorf("%w: status %d: %w", errNoExport, code, sources.ErrRefused)
	default:
		return server.Again(fmt.Errorf("status %d: %w", code, sources.ErrRefused))
	}
}

// isNotEnabled recognises the page with status 200 that comes in place of a
// format for which the server is not set up.
func isNotEnabled(page string) bool { return strings.Contains(page, "export is not enabled") }

// etag is the server's, else what Etherpad's would be (a proxy may strip it).
func (a *answer) etag() (string, error) {
	if etag := a.header.Get("ETag"); isETag(etag) {
		return etag, nil
	}
	hash := sha1.New()
	if _, err := io.Copy(hash, a.reader()); err != nil {
		return "", err
	}
	sum := base64.RawStdEncoding.EncodeToString(hash.Sum(nil))
	return fmt.Sprintf(`W/"%x-%s"`, a.body.Size(), sum), nil
}

// expressETag is how Express says how long the body is.
var expressETag = regexp.MustCompile(`^W/"([0-9a-f]{1,12})-[A-Za-z0-9+/]{27}"$`)

// isCut says whether the body is shorter than the server said.
func (a *answer) isCut() bool {
	m := expressETag.FindStringSubmatch(a.header.Get("ETag"))
	if m == nil {
		return false
	}
	n, err := strconv.ParseInt(m[1], 16, 64)
	return err == nil && a.body.Size() < n
}

// isAttachment: the rest of the header is not to be trusted. Names that are
// not ASCII come as Latin-1 (1.8.14) or as broken bytes (3.3.1).
func isAttachment(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Disposition"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "attachment")
}
