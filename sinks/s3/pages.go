package s3

import (
	"context"
	"crypto/sha256"
	"net/http"

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

// pages sees the pages of listings go by.
type pages struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p pages) RoundTrip(r *http.Request) (*http.Response, error) {
	l, ok := r.Context().Value(listingKey{}).(*listing)
	if !ok {
		return p.RoundTripper.RoundTrip(r)
	}
	token := sha256.Sum256([]byte(r.URL.Query().Get("continuation-token")))
	if l.asked[token] {
		l.stuck()
		return nil, sinks.ErrEndless
	}
	answer, err := p.RoundTripper.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusOK { // else it may be asked for again
		l.asked[token] = true
	}
	return answer, err
}
