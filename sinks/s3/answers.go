package s3

import (
	"context"
	"crypto/sha256"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/padsync/padsync/sinks"
)

// A listing notes which of its pages were asked for, by hashes of their
// continuation tokens. It is for one goroutine.
type listing struct {
	asked map[[sha256.Size]byte]bool
	stuck func()
}

type listingKey struct{}

// steady is the context for the requests of one listing; stuck is called when
// the store answers with a page that it has given before, which the client
// would go on asking for.
func steady(ctx context.Context, stuck func()) context.Context {
	return context.WithValue(ctx, listingKey{}, &listing{make(map[[sha256.Size]byte]bool), stuck})
}

// answers sees the answers of a store go by, before its client does.
type answers struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	l, listing := r.Context().Value(listingKey{}).(*listing)
	token := sha256.Sum256([]byte(r.URL.Query().Get("continuation-token")))
	if listing && l.asked[token] {
		l.stuck()
		return nil, sinks.ErrEndless
	}
	answer, err := a.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if isWebPage(r, answer) {
		return asError(answer), nil
	}
	if listing && answer.StatusCode == http.StatusOK { // else it may be asked for again
		l.asked[token] = true
	}
	return answer, nil
}

// webPage is the code of the error that is made of a web page.
const webPage = "WebPage"

// isWebPage reports whether an answer that says success, or that something is
// not there, is a website's: the console of a store, or a login page before it.
// Where a server fails, its proxy may say so in HTML, which does not count.
func isWebPage(r *http.Request, answer *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if answer.StatusCode < http.StatusMultipleChoices && answer.Header.Get("X-Amz-Meta-"+ownPage) != "" {
		return false
	}
	return kind == "text/html" && r.Method != http.MethodHead && answer.StatusCode < http.StatusInternalServerError
}

// asError is a store's error in place of a web page: the client would take a
// 200 for the store's, and a 404 for a missing object.
func asError(page *http.Response) *http.Response {
	page.Body.Close()
	body := "<Error><Code>" + webPage + "</Code></Error>"
	said := *page
	said.Header = http.Header{"Content-Type": {"application/xml"}}
	said.Body, said.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	if said.StatusCode < http.StatusBadRequest {
		said.StatusCode = http.StatusBadRequest
	}
	return &said
}
